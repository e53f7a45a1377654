"""Costs of nodes added up per op type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from modelpack_gui.core.graph.costs.formulas import formula_of
from modelpack_gui.core.graph.costs.node_costs import KNOWN, REASONS, Costs
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records.graph_costs import CostSum, OpTypeCosts

_SUMMED = ("macs", "flops", "activation_bytes")


def op_costs(graph: Graph, costs: Costs) -> tuple[OpTypeCosts, ...]:
    """The op types with what their nodes cost, those with the most macs, then flops, then nodes first."""
    kinds: dict[tuple[int, int], list[int]] = {}
    for node, kind in enumerate(zip(graph.ints("node_domain"), graph.ints("node_op_type"), strict=True)):
        kinds.setdefault(kind, []).append(node)
    weights = _weights(graph)
    found = [
        _costs_of_kind(graph, costs, graph.texts[kind[0]], graph.texts[kind[1]], nodes, weights.get(kind, (0.0, 0.0)))
        for kind, nodes in kinds.items()
    ]
    return tuple(sorted(found, key=lambda row: (-row.macs.value, -row.flops.value, -row.nodes, row.op_type)))


def _costs_of_kind(
    graph: Graph, costs: Costs, domain: str, op_type: str, nodes: Sequence[int], weights: tuple[float, float]
) -> OpTypeCosts:
    scopes = graph.ints("node_scope")
    own = [node for node in nodes if scopes[node] == 0]
    sums = {}
    for figure in _SUMMED:
        column = costs.of(figure)
        values = [column[node] for node in own]
        known = [value for value in values if value == value]
        sums[figure] = CostSum(sum(known), len(values) - len(known))
    formula = formula_of(domain, op_type)
    reasons = Counter(costs.why[node] for node in nodes if costs.why[node] != KNOWN)
    why = REASONS[reasons.most_common(1)[0][0]] if reasons else ""
    return OpTypeCosts(
        op_type,
        domain,
        len(nodes),
        *weights,
        sums["macs"],
        sums["flops"],
        sums["activation_bytes"],
        formula.text if formula is not None else "",
        formula.source if formula is not None else "",
        why,
    )


def _weights(graph: Graph) -> dict[tuple[int, int], tuple[float, float]]:
    """Elements and bytes of the initializers that the nodes of each kind read."""
    domains, op_types = graph.ints("node_domain"), graph.ints("node_op_type")
    sizes = graph.ints("initializer_bytes")
    found: dict[tuple[int, int], tuple[float, float]] = {}
    for row, value in enumerate(graph.ints("initializer_value")):
        elements = 1.0
        for size in graph.value_info(value).shape or ():
            elements *= size if isinstance(size, int) else 1
        for kind in {(domains[node], op_types[node]) for node in graph.consumers(value)}:
            before = found.get(kind, (0.0, 0.0))
            found[kind] = (before[0] + elements, before[1] + sizes[row])
    return found
