"""A comparison as the window shows it: both graphs, what became of each node, and the ways to choose among them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from modelpack_gui.core.graph.compare.difference import Difference, State
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import GraphComparison, GraphIndex


class PairRow(NamedTuple):
    """A node of either graph with its counterpart; -1 where there is none."""

    state: State
    node: int
    other: int


@dataclass(frozen=True)
class Asked:
    """What was asked for.

    Attributes:
        other: Absolute path of the other file; empty for the optimised graph.
        level: Of the optimiser.
        is_swapped: Whether the graph that the window shows is the second.
    """

    other: str = ""
    level: str = ""
    is_swapped: bool = False


@dataclass(frozen=True, eq=False)
class Compared:
    """A comparison with both its graphs.

    Attributes:
        asked: What it answers.
        rows: Every node once, those that are added behind what they follow.
    """

    asked: Asked
    report: GraphComparison
    before: Graph
    after: Graph
    difference: Difference
    rows: Sequence[PairRow]

    @property
    def own(self) -> GraphIndex:
        """The side that the window shows."""
        return self.report.after if self.asked.is_swapped else self.report.before

    @property
    def other_title(self) -> str:
        """What it is compared with, in a few words."""
        return "what ONNX Runtime makes of it" if self.asked.level else Path(self.asked.other).name

    def own_node(self, row: PairRow) -> int:
        """The node of a row in the graph that the window shows; -1 if it is not there."""
        return row.other if self.asked.is_swapped else row.node

    @functools.cached_property
    def row_of(self) -> dict[int, int]:
        """The place of each node of the graph that the window shows among the rows."""
        return {self.own_node(row): place for place, row in enumerate(self.rows) if self.own_node(row) >= 0}


def rows_of(difference: Difference) -> list[PairRow]:
    """Every node of the first graph, and what is added behind what it follows in the second."""
    added: dict[int, list[int]] = {}
    last = -1
    for other, node in enumerate(difference.back):
        if node >= 0:
            last = node
        elif difference.back_state[other] == State.ADDED:
            added.setdefault(last, []).append(other)
    rows = [PairRow(State.ADDED, -1, other) for other in added.get(-1, ())]
    for node, (state, other) in enumerate(zip(difference.state, difference.partner, strict=True)):
        rows.append(PairRow(State(state), node, other))
        rows += [PairRow(State.ADDED, -1, one) for one in added.get(node, ())]
    return rows
