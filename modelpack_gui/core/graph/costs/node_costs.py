"""What each node of a graph costs: weights, arithmetic and memory; what is not known stays NaN.

Arithmetic is counted by a formula for each operator (see `formulas`). A node with graphs inside it has what those
cost: the dearer branch of an If, the body of a Scan once for each step. How often a Loop runs is only known when it
runs, so what it costs is unknown unless its body costs nothing.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from modelpack_gui.core.graph.columns import Column, ColumnsError, floats, ints, read_columns, write_columns
from modelpack_gui.core.graph.costs.formulas import formula_of
from modelpack_gui.core.graph.costs.formulas.base import NodeView, UnknownSize, Work, first
from modelpack_gui.core.graph.costs.memory import activations
from modelpack_gui.core.graph.costs.rollup import Totals, highest, node_counts, totals, weight_use
from modelpack_gui.core.graph.graph import Graph

FIGURES = ("parameters", "weight_bytes", "macs", "flops", "activation_bytes", "live_bytes")
"""Columns of numbers of a node, and of a group."""

COUNTED_WITH = ("shapes", "value_shape", "texts", "value_dtype")
"""Columns of the graph that are kept beside the costs: it was counted with other shapes and dtypes than it has."""

REASONS = (
    "",
    "no formula for this operator",
    "a shape that is needed is not known",
    "it depends on the values or on the algorithm",
    "how often its body runs is not known",
    "something inside it is unknown",
)
KNOWN, NO_FORMULA, NO_SHAPE, DEPENDS, REPEATS, INSIDE = range(6)
CHECK_EVERY = 2000
_ZERO = Work(0.0, 0.0)
_UNKNOWN = Work(math.nan, math.nan)


@dataclass(frozen=True)
class Costs:
    """Numbers by node and by group.

    Attributes:
        parameters, weight_bytes: Of the initializers that a node reads.
        macs, flops: See `formulas.base.Work`; NaN if unknown.
        activation_bytes: Memory that the node's outputs take; NaN if unknown, 0 for views and constants.
        live_bytes: Memory of all tensors that are there while the node runs, at least.
        why: By node, the place in REASONS of why macs or flops are unknown; 0 if both are known.
        groups: By figure; of live_bytes the highest of the group's nodes, of the others sums. Weights that several
            nodes of a group read count once. Unknown of live_bytes are tensors, counted in the root groups alone.
        group_nodes: Nodes in each group.
    """

    parameters: array[float]
    weight_bytes: array[float]
    macs: array[float]
    flops: array[float]
    activation_bytes: array[float]
    live_bytes: array[float]
    why: array[int]
    groups: Mapping[str, Totals]
    group_nodes: array[int]

    def of(self, figure: str) -> array[float]:
        """A column by its name in FIGURES."""
        return cast("array[float]", getattr(self, figure))

    def write(self, path: Path, more: Mapping[str, Column]) -> None:
        """Write them to a file of columns, for `read`; `more` is kept beside them."""
        columns: dict[str, Column] = {f"node_{name}": self.of(name) for name in FIGURES}
        for name, found in self.groups.items():
            columns[f"group_{name}"], columns[f"group_{name}_unknown"] = found.sums, found.unknown
        columns |= {"node_why": self.why, "group_nodes": self.group_nodes, **more}
        write_columns(path, columns)

    @classmethod
    def read(cls, path: Path) -> Costs:
        """Read them from a file.

        Raises:
            OSError, ColumnsError: It is not there, or no such file.
        """
        columns: dict[str, Any] = read_columns(path)
        try:
            return cls(
                **{name: columns[f"node_{name}"] for name in FIGURES},
                why=columns["node_why"],
                groups={name: Totals(columns[f"group_{name}"], columns[f"group_{name}_unknown"]) for name in FIGURES},
                group_nodes=columns["group_nodes"],
            )
        except KeyError as error:
            raise ColumnsError(f"{path} has no column {error}") from error


def shapes_counted_with(path: Path, graph: Graph) -> Graph:
    """The graph with the shapes that the costs in a file were counted with; raises as `Costs.read`."""
    columns = read_columns(path)
    missing = set(COUNTED_WITH) - columns.keys()
    if missing:
        raise ColumnsError(f"{path} has no column {missing.pop()}")
    return Graph({**graph.columns, **{name: columns[name] for name in COUNTED_WITH}})


def costs_of(
    graph: Graph, check: Callable[[], None] = lambda: None, calls: Mapping[int, Work] | None = None
) -> Costs:
    """What the nodes of a graph cost with the shapes that it has.

    Args:
        check: Called now and then; it may raise to stop.
        calls: What nodes that call functions compute, where that is known better than from the functions' own nodes.
    """
    work = _NodeWork(graph, check, calls or {})
    memory = activations(graph)
    idle = _idle_scopes(graph)
    for node, scope in enumerate(graph.ints("node_scope") if idle else ()):
        if scope in idle:
            memory.made[node] = 0.0
    check()
    parameters = [_parameters(graph, value) for value in graph.ints("initializer_value")]
    elements, sizes = weight_use(graph, [parameters, [float(size) for size in graph.ints("initializer_bytes")]])
    check()
    none_unknown = ints([0]) * len(graph.groups)
    tensors_unknown = ints(none_unknown)
    for scope, unknown in enumerate(memory.unknown):
        tensors_unknown[graph.root_group(scope)] = 0 if scope in idle else unknown
    groups = {
        "parameters": Totals(elements.groups, none_unknown),
        "weight_bytes": Totals(sizes.groups, none_unknown),
        "macs": totals(graph, work.macs),
        "flops": totals(graph, work.flops),
        "activation_bytes": totals(graph, memory.made),
        "live_bytes": Totals(highest(graph, memory.live), tensors_unknown),
    }
    return Costs(
        elements.nodes, sizes.nodes, work.macs, work.flops, memory.made, memory.live, work.why, groups,
        node_counts(graph),
    )  # fmt: skip


def _idle_scopes(graph: Graph) -> frozenset[int]:
    """Branches that are not run with the sizes that the graph has, and what is inside them."""
    marks = cast("array[int]", graph.columns.get("scope_idle", ()))
    idle = {scope for scope, is_idle in enumerate(marks) if is_idle}
    for scope, parent in enumerate(graph.ints("scope_parent") if idle else ()):
        if parent in idle:  # a scope comes after the one around it
            idle.add(scope)
    return frozenset(idle)


def _parameters(graph: Graph, value: int) -> float:
    shape = graph.ints("value_shape")[value]
    sizes = graph.shapes[shape] if shape >= 0 else None
    if sizes is None:
        return 0.0
    return float(math.prod(size for size in sizes if isinstance(size, int)))  # of a scalar: 1


class _NodeWork:
    """Goes through the graphs of a file, those inside nodes before the nodes."""

    def __init__(self, graph: Graph, check: Callable[[], None], calls: Mapping[int, Work]) -> None:
        count = len(graph.nodes)
        self.macs, self.flops = floats([math.nan]) * count, floats([math.nan]) * count
        self.why = ints([KNOWN]) * count
        self._graph, self._calls, self._idle = graph, calls, _idle_scopes(graph)
        self._view = NodeView(graph)
        self._sums: list[Work | None] = [None] * len(graph.scopes)
        self._waits = False  # whether a function was called that is not counted yet
        scopes = graph.ints("node_scope")
        nodes: list[list[int]] = [[] for _ in graph.scopes]
        for node, scope in enumerate(scopes):
            nodes[scope].append(node)
        for _ in range(1 + len(graph.function_scopes)):
            self._waits = False
            for scope in reversed(range(len(nodes))):
                if self._sums[scope] is None:
                    self._count(scope, nodes[scope], check)
            if not self._waits:
                break

    def _count(self, scope: int, nodes: list[int], check: Callable[[], None]) -> None:
        macs, steps = 0.0, 0.0
        was_waiting, self._waits = self._waits, False
        for place, node in enumerate(nodes):
            if place % CHECK_EVERY == 0:
                check()
            done, why = (_ZERO, KNOWN) if scope in self._idle else self._of(node)
            self.macs[node], self.flops[node], self.why[node] = done.macs, done.flops, why
            macs, steps = macs + done.macs, steps + done.steps
        if not self._waits:  # else it is counted again when the function is
            self._sums[scope] = Work(macs, steps)
        self._waits = self._waits or was_waiting

    def _of(self, node: int) -> tuple[Work, int]:
        graph = self._graph
        domain, op_type = graph.text("node_domain", node), graph.text("node_op_type", node)
        inner = graph.scopes_of_node.get(node)
        try:
            if inner:
                return self._inside(node, op_type, inner)
            if node in self._calls:
                return _judged(self._calls[node], INSIDE)
            if (domain, op_type) in graph.function_scopes:
                called = self._sums[graph.function_scopes[domain, op_type]]
                if called is None:
                    self._waits = True
                return _judged(called or _UNKNOWN, INSIDE)
            view = self._view.at(node)
            if domain in ("aten", "prim") and view.makes_no_tensor:
                return _ZERO, KNOWN
            formula = formula_of(domain, op_type)
            if formula is None:
                return _UNKNOWN, NO_FORMULA
            return _judged(formula.work(view), DEPENDS)
        except (UnknownSize, OverflowError, ZeroDivisionError):  # the latter of a file that contradicts itself
            return _UNKNOWN, NO_SHAPE

    def _inside(self, node: int, op_type: str, scopes: tuple[int, ...]) -> tuple[Work, int]:
        bodies = [self._sums[scope] for scope in scopes]
        self._waits = self._waits or None in bodies
        known = [body or _UNKNOWN for body in bodies]
        if op_type in ("If", "cond"):
            # max lets NaN through only where it comes first
            sums = [math.nan if any(map(math.isnan, part)) else max(part) for part in zip(*known, strict=True)]
            return _judged(Work(*sums), INSIDE)
        if all(body == _ZERO for body in known):
            return _ZERO, KNOWN
        if op_type == "Scan":
            steps = self._scan_length(node)
            return _judged(Work(*(steps * part for part in known[0])), INSIDE)
        return _UNKNOWN, REPEATS

    def _scan_length(self, node: int) -> int:
        view = self._view.at(node)
        count = view.number("num_scan_inputs", 1)
        axes = view.numbers("scan_input_axes") or (0,)
        return first(view.input(view.input_count - count), axes[0])


def _judged(work: Work, reason: int) -> tuple[Work, int]:
    return work, KNOWN if work.flops == work.flops else reason
