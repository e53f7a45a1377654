"""What is in a group and what passes its border, over whole columns: a group may hold all of 100,000 nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from modelpack_gui.core.graph.graph import Graph

_Ints = npt.NDArray[np.int32]


@dataclass(frozen=True)
class GroupContents:
    """Of a group with those within it.

    Attributes:
        nodes: How many nodes.
        groups: How many groups, itself included.
        ops: Op types with their nodes, the most frequent first.
        reads: Values that its nodes read and do not make, stored ones left out.
        gives: Values that its nodes make and others read, or that the graph gives.
    """

    nodes: int
    groups: int
    ops: list[tuple[str, int]]
    reads: list[int]
    gives: list[int]


def contents_of(graph: Graph, group: int) -> GroupContents:
    """Look at all nodes once."""
    groups = [group]
    for one in groups:  # it grows meanwhile
        groups += graph.group_children[one]
    is_in_group = np.zeros(len(graph.groups), np.bool_)
    is_in_group[groups] = True
    is_inside = is_in_group[_column(graph, "node_group")]
    numbers, counts = np.unique(_column(graph, "node_op_type")[is_inside], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    ops = [(graph.texts[numbers[place]], int(counts[place])) for place in order]

    read, readers = _places(graph, "input")
    made, makers = _places(graph, "output")
    stored = np.zeros(graph.value_count, np.bool_)
    stored[_column(graph, "initializer_value")] = True
    made_inside = np.zeros(graph.value_count, np.bool_)
    made_inside[made[is_inside[makers]]] = True
    taken = read[is_inside[readers]]
    reads = _in_order(taken[~made_inside[taken] & ~stored[taken]])
    wanted = np.zeros(graph.value_count, np.bool_)
    wanted[read[~is_inside[readers]]] = True
    given = _column(graph, "scope_outputs")
    wanted[given[given >= 0]] = True
    own = made[is_inside[makers]]
    return GroupContents(int(is_inside.sum()), len(groups), ops, reads, _in_order(own[wanted[own]]))


def _column(graph: Graph, name: str) -> _Ints:
    column: Any = graph.ints(name)
    return np.frombuffer(column, np.int32) if len(column) else np.zeros(0, np.int32)


def _places(graph: Graph, side: str) -> tuple[_Ints, _Ints]:
    """The values on one side of all nodes, and the node of each; what is left out is left out."""
    starts, values = _column(graph, f"{side}_starts"), _column(graph, f"{side}_values")
    nodes = np.repeat(np.arange(len(starts) - 1, dtype=np.int32), np.diff(starts))
    is_there = values >= 0
    return values[is_there], nodes[is_there]


def _in_order(values: _Ints) -> list[int]:
    """Each once, where it is first."""
    found, first = np.unique(values, return_index=True)
    return [int(value) for value in found[np.argsort(first)]]
