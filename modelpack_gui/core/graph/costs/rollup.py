"""Values of nodes added up: per module group with all that is in it, and per op type.

A group has its own nodes and those of the groups in it, all of one scope. What the graphs inside a node cost (the
branches of an If, the body of a Loop) is in the value of that node, so a total never counts it twice.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from modelpack_gui.core.graph.columns import floats, ints
from modelpack_gui.core.graph.graph import Graph


@dataclass(frozen=True)
class Totals:
    """Sums by number of group.

    Attributes:
        sums: Of what is known; where `unknown` is not zero it is at least that.
        unknown: Nodes whose value is not known (NaN).
    """

    sums: array[float]
    unknown: array[int]


def totals(graph: Graph, values: array[float]) -> Totals:
    """Add up the values of nodes per group.

    Args:
        values: One for each node; NaN is unknown.
    """
    sums, unknown = floats([0.0]) * len(graph.groups), ints([0]) * len(graph.groups)
    for group, value in zip(graph.ints("node_group"), values, strict=True):
        if value == value:
            sums[group] += value
        else:
            unknown[group] += 1
    parents = graph.ints("group_parent")
    for group in innermost_first(graph):
        parent = parents[group]
        if parent >= 0:
            sums[parent] += sums[group]
            unknown[parent] += unknown[group]
    return Totals(sums, unknown)


def highest(graph: Graph, values: array[float]) -> array[float]:
    """The highest value of a node in each group and the groups in it; NaN where none is known, 0 without any node."""
    found = floats([float("nan")]) * len(graph.groups)
    for group, value in zip(graph.ints("node_group"), values, strict=True):
        if not found[group] >= value:  # also where one of the two is NaN
            found[group] = value if value == value else found[group]
    parents = graph.ints("group_parent")
    for group in innermost_first(graph):
        parent = parents[group]
        if parent >= 0 and not found[parent] >= found[group] and found[group] == found[group]:
            found[parent] = found[group]
    for group, nodes in enumerate(node_counts(graph)):
        if not nodes:  # a branch that hands on its weights, or a file without a node
            found[group] = 0.0
    return found


def innermost_first(graph: Graph) -> list[int]:
    """All groups, each before the one around it."""
    children = graph.group_children
    order = [group for group, parent in enumerate(graph.ints("group_parent")) if parent < 0]
    for group in order:  # it grows while it is walked through
        order += children[group]
    return order[::-1]


def node_counts(graph: Graph) -> array[int]:
    """Nodes in each group and the groups in it; those of the graphs inside nodes are counted in their own scopes."""
    counts = ints([0]) * len(graph.groups)
    for group in graph.ints("node_group"):
        counts[group] += 1
    parents = graph.ints("group_parent")
    for group in innermost_first(graph):
        if parents[group] >= 0:
            counts[parents[group]] += counts[group]
    return counts


def last_nodes(graph: Graph) -> array[int]:
    """The last node in each group and the groups in it: by it modules are in the order that they end in.

    The first is no such order: exporters move shared weights and constants of any module to the front.
    """
    found = ints([-1]) * len(graph.groups)
    parents = graph.ints("group_parent")
    for node, group in enumerate(graph.ints("node_group")):
        found[group] = node
    for group in innermost_first(graph):
        parent = parents[group]
        if parent >= 0 and found[parent] < found[group]:
            found[parent] = found[group]
    return found


@dataclass(frozen=True)
class WeightUse:
    """What the initializers add up to where they are read: one that several nodes read counts once in a total.

    Attributes:
        nodes: By node; that of a node with graphs inside has what those read.
        groups: By group, the groups in it included; what nothing reads counts in the whole file alone.
    """

    nodes: array[float]
    groups: array[float]


def weight_use(graph: Graph, weights: Sequence[Iterable[float]]) -> list[WeightUse]:
    """Add up facts of the initializers, such as their elements and their bytes.

    Args:
        weights: For each fact its value for every initializer, by the initializer's number.
    """
    uses = [WeightUse(floats([0.0]) * len(graph.nodes), floats([0.0]) * len(graph.groups)) for _ in weights]
    node_scope, owners = graph.ints("node_scope"), graph.ints("scope_owner")
    node_group, parents = graph.ints("node_group"), graph.ints("group_parent")
    for value, amounts in zip(graph.ints("initializer_value"), zip(*weights, strict=True), strict=True):
        nodes: set[int] = set()
        for consumer in graph.consumers(value):
            node = consumer
            while node >= 0 and node not in nodes:
                nodes.add(node)
                node = owners[node_scope[node]]
        groups: set[int] = set() if nodes else {graph.root_group(0)}
        for node in nodes:
            group = node_group[node]
            while group >= 0 and group not in groups:
                groups.add(group)
                group = parents[group]
        for use, amount in zip(uses, amounts, strict=True):
            for node in nodes:
                use.nodes[node] += amount
            for group in groups:
                use.groups[group] += amount
    return uses
