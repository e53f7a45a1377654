"""Times of a profile, put to the nodes of the graph page."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from modelpack_gui.core.figures import full, listed, microseconds, percent, significant
from modelpack_gui.core.graph.columns import floats
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.operator_kinds import kind_of
from modelpack_gui.core.records import NodeInfo, ProfileReport, ProfileRow
from modelpack_gui.ui.inspection import Property, Section


@dataclass(frozen=True)
class NodeTime:
    """What the profile says of one node.

    Attributes:
        row: The row that does its work.
        is_main: Whether the row's time is shown at this node; else it runs within another one that is.
    """

    row: ProfileRow
    is_main: bool

    @property
    def us(self) -> float | None:
        """What is shown at this node, microseconds; None where it runs within another."""
        return self.row.mean_us if self.is_main else None


class NodeTimes:
    """Times by the number of the node; the column of the node table reads them here."""

    def __init__(self) -> None:
        self._times: dict[int, NodeTime] = {}
        self.title = ""

    def show(self, report: ProfileReport | None, graph: Graph | None) -> None:
        """Take the times of another profile of the file that the graph is of."""
        self._times = {}
        self.title = report.title if report is not None else ""
        if report is None or graph is None:
            return
        by_name, count = graph.nodes_by_name, len(graph.nodes)
        for row in report.rows:
            indices = row.indices or tuple(by_name[name] for name in row.originals if name in by_name)
            nodes = [index for index in indices if index < count]
            main = main_of(row, nodes, graph)
            for node in nodes:
                self._times.setdefault(node, NodeTime(row, node == main))

    def __bool__(self) -> bool:
        return bool(self._times)

    def of(self, node: int) -> NodeTime | None:
        """What is known of a node."""
        return self._times.get(node)

    def share(self, node: int) -> float | None:
        """Of the time in all operators, 0..1; None where nothing is shown."""
        time = self.of(node)
        return time.row.share if time is not None and time.is_main else None

    def keys(self, count: int) -> array[float]:
        """The times of all nodes to sort by, microseconds; NaN where nothing is shown."""
        keys = floats([math.nan]) * count
        for node, time in self._times.items():
            if time.us is not None:
                keys[node] = time.us
        return keys

    def section(self, node: NodeInfo) -> Section | None:
        """What the inspector says of it."""
        time = self.of(node.index)
        if time is None:
            return None
        row = time.row
        others = len(row.originals) - 1
        rows = [
            Property("a run", microseconds(row.mean_us), full(row.mean_us), is_mono=True),
            Property("share", percent(row.share), full(row.share), is_mono=True),
            Property("ran as", f"{row.op_type} {row.name}", is_mono=True),
            Property("provider", row.provider),
        ]
        if others:
            names = [name for name in row.originals if name != node.name]
            rows.append(Property("together with", listed(names, 4), ", ".join(names), is_mono=True))
        return Section(f"Time in {self.title}", tuple(rows))

    def text(self, node: int) -> str:
        """What a cell shows."""
        time = self.of(node)
        if time is None:
            return ""
        return significant(time.us) if time.is_main else "fused"

    def full_text(self, node: int) -> str:
        """What its tooltip says: all digits, and what ran together."""
        time = self.of(node)
        if time is None:
            return ""
        row = time.row
        text = f"{full(row.mean_us)} µs, {percent(row.share)} of the time"
        if time.is_main and len(row.originals) < 2:
            return text
        return f"{text}, in {row.op_type} {row.name}, which does {', '.join(row.originals)}"


def main_of(row: ProfileRow, nodes: Sequence[int], graph: Graph) -> int | None:
    """The node that a fused row's time is shown at: of the type it is named after, of its kind, or the first."""

    def op_type(node: int) -> str:
        return graph.text("node_op_type", node)

    fused = row.op_type.lower()
    named = [node for node in nodes if op_type(node).lower() in fused]
    alike = [node for node in nodes if kind_of(op_type(node)) == kind_of(row.op_type)]
    if named:
        return max(named, key=lambda node: len(op_type(node)))
    return next(iter((*alike, *nodes)), None)
