"""The columns of the table of nodes."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QIcon

from modelpack_gui.core.graph.columns import floats
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.order import NodeOrder
from modelpack_gui.core.records.lint import Severity
from modelpack_gui.ui.graph.tables.row_table import RowColumn, row_column
from modelpack_gui.ui.look.theme import icon, status_icon, theme
from modelpack_gui.ui.models.node_times import NodeTimes
from modelpack_gui.ui.status import Status

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.checks import GraphChecks

TIME_TITLE = "Time µs"
OP_TITLE = "Op type"
FINDINGS_TITLE = "Findings"
_ATTRIBUTES_SHOWN = 200  # characters
_GRAVITY: tuple[Severity, ...] = ("error", "warning", "info")
_STATUS = {"error": Status.FAILED, "warning": Status.WARNING}


class NodeRows:
    """What the columns read: the graph that is shown now.

    Attributes:
        times: Of the last profile of this file.
        checks: What was found about them.
    """

    def __init__(self, checks: GraphChecks) -> None:
        self.graph: Graph | None = None
        self.order: NodeOrder | None = None
        self.times = NodeTimes()
        self.checks = checks

    def show(self, graph: Graph) -> None:
        """Read another graph."""
        self.graph, self.order = graph, NodeOrder(graph)

    def forget(self) -> None:
        """There is no graph any more."""
        self.graph = self.order = None

    @property
    def _read(self) -> Graph:
        assert self.graph is not None
        return self.graph

    def text(self, column: str) -> Callable[[int], str]:
        """What a column of texts says of a node."""
        return lambda node: self._read.text(column, node)

    def keys(self, make: Callable[[NodeOrder], array[float]]) -> Callable[[], array[float]]:
        """What a column is sorted by."""
        return lambda: make(self.order) if self.order is not None else floats()

    def module(self, node: int) -> str:
        """Path of the module, and its class."""
        path, kind = self.text("node_module_path")(node), self.text("node_module_class")(node)
        return f"{path} ({kind})" if kind else path

    def shape(self, node: int) -> str:
        """Of the first output."""
        value = self._first_output(node)
        shape = self._read.value_info(value) if value >= 0 else None
        return shape.shape_text if shape is not None and shape.shape is not None else "–"

    def shapes(self, node: int) -> str:
        """Of all outputs, a line each."""
        infos = self._read.nodes[node].output_infos
        return "\n".join(f"{info.name}: {info.shape_text}" for info in infos if info.name)

    def dtype(self, node: int) -> str:
        """Of the first output."""
        value = self._first_output(node)
        return self._read.text("value_dtype", value) if value >= 0 else ""

    def dtypes(self, node: int) -> str:
        """Of all outputs."""
        return ", ".join(info.dtype or "unknown" for info in self._read.nodes[node].output_infos)

    def inputs(self, node: int) -> str:
        """Names of what it reads; an optional one that is left out has none."""
        return ", ".join(self._read.value_name(value) or "–" for value in self._read.inputs(node))

    def outputs(self, node: int) -> str:
        """Names of what it makes."""
        return ", ".join(self._read.value_name(value) or "–" for value in self._read.outputs(node))

    def attributes(self, node: int) -> str:
        """Names and values."""
        return ", ".join(f"{item.name}={item.value}" for item in self._read.nodes[node].attributes)

    def inside(self, node: int) -> str:
        """The subgraph or function that it is in; empty in the main graph."""
        return self._read.text("scope_title", self._read.ints("node_scope")[node])

    def number_keys(self) -> array[float]:
        """By the place in the graph."""
        return floats(range(len(self._read.nodes)))

    def inside_keys(self) -> array[float]:
        """The main graph first, then each scope."""
        return floats(self._read.ints("node_scope"))

    def time_keys(self) -> array[float]:
        """By the time of the last profile."""
        return self.times.keys(len(self._read.nodes))

    def mark(self, node: int) -> QIcon:
        """Of the gravest finding about a node; no icon if there is none."""
        severity = self.checks.marks.get(node)
        if severity is None:
            return QIcon()
        return icon("info", theme().colors.muted) if severity == "info" else status_icon(_STATUS[severity])

    def findings(self, node: int) -> str:
        """What was found about it, the gravest first."""
        found = self.checks.of_node(node)
        return found[0][1].text + (f" (and {len(found) - 1} more)" if len(found) > 1 else "") if found else ""

    def all_findings(self, node: int) -> str:
        """All of that, a line each."""
        return "\n".join(f"{result.title}: {finding.text}" for result, finding in self.checks.of_node(node))

    def finding_keys(self) -> array[float]:
        """The gravest first; nodes without a finding last."""
        keys = floats([math.nan]) * len(self._read.nodes)
        for node, severity in self.checks.marks.items():
            keys[node] = float(_GRAVITY.index(severity))
        return keys

    def _first_output(self, node: int) -> int:
        starts = self._read.ints("output_starts")
        return self._read.ints("output_values")[starts[node]] if starts[node] < starts[node + 1] else -1


def node_columns(rows: NodeRows) -> tuple[RowColumn, ...]:
    """Those that every graph has; overlays add theirs."""
    text, keys = rows.text, rows.keys
    return (
        row_column(
            "#",
            str,
            rows.number_keys,
            icon=rows.mark,
            is_number=True,
            is_largest_first=False,
            width=60,
            tooltip="Position in the graph, from 0",
        ),
        row_column(
            OP_TITLE,
            text("node_op_type"),
            keys(lambda order: order.texts("node_op_type")),
            width=140,
        ),
        row_column(
            TIME_TITLE,
            rows.times.text,
            rows.time_keys,
            full=rows.times.full_text,
            share=rows.times.share,
            is_number=True,
            is_hidden=True,
            width=92,
            tooltip="Of the last profile of this file: a run of the model; the bar is the share of all operators",
        ),
        row_column("Name", text("node_name"), keys(lambda order: order.texts("node_name")), is_mono=True, width=140),
        row_column(
            "Module",
            text("node_module_path"),
            keys(lambda order: order.texts("node_module_path")),
            full=rows.module,
            is_mono=True,
            width=152,
            tooltip="Path of the PyTorch module that the node came from",
        ),
        row_column(
            "Output shape",
            rows.shape,
            keys(lambda order: order.output_sizes()),
            full=rows.shapes,
            is_largest_first=True,
            width=152,
            tooltip="Of the first output; sorted by the number of elements of one sample",
        ),
        row_column(
            "Dtype",
            rows.dtype,
            keys(lambda order: order.output_dtypes()),
            full=rows.dtypes,
            width=76,
            tooltip="Of the first output",
        ),
        row_column(
            "Inputs",
            rows.inputs,
            keys(lambda order: order.counts("input")),
            is_largest_first=True,
            is_mono=True,
            width=220,
            tooltip="Values that the node reads; sorted by how many there are",
        ),
        row_column(
            "Outputs",
            rows.outputs,
            keys(lambda order: order.counts("output")),
            is_largest_first=True,
            is_mono=True,
            width=140,
            tooltip="Values that the node makes; sorted by how many there are",
        ),
        row_column("Domain", text("node_domain"), keys(lambda order: order.texts("node_domain")), width=96),
        row_column(
            "Attributes",
            lambda node: rows.attributes(node)[:_ATTRIBUTES_SHOWN],
            keys(lambda order: order.counts("attribute")),
            is_largest_first=True,
            full=rows.attributes,
            is_mono=True,
            is_hidden=True,
            width=220,
            tooltip="Sorted by how many there are",
        ),
        row_column(
            "Module class",
            text("node_module_class"),
            keys(lambda order: order.texts("node_module_class")),
            is_mono=True,
            is_hidden=True,
            width=140,
        ),
        row_column(
            "Source",
            text("node_source_location"),
            keys(lambda order: order.texts("node_source_location")),
            is_mono=True,
            is_hidden=True,
            width=200,
            tooltip="Line of Python that made the node",
        ),
        row_column(
            "Inside",
            rows.inside,
            rows.inside_keys,
            is_hidden=True,
            width=140,
            tooltip="The subgraph or function that the node is in",
        ),
        row_column(
            FINDINGS_TITLE,
            rows.findings,
            rows.finding_keys,
            full=rows.all_findings,
            is_hidden=True,
            width=240,
            tooltip="What the checks found; sorted by how grave it is",
        ),
    )
