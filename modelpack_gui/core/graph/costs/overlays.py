"""What a graph costs, as overlays."""

from __future__ import annotations

from dataclasses import dataclass

from modelpack_gui.core.graph.columns import floats
from modelpack_gui.core.graph.costs.node_costs import Costs
from modelpack_gui.core.graph.overlay import UNKNOWN, Combine, Overlay, Unit


@dataclass(frozen=True)
class CostFigure:
    """One of the figures.

    Attributes:
        key, title, unit, combine: Of its overlay.
        figure: Its column in `Costs`.
        what: What it says, in a sentence.
    """

    key: str
    title: str
    unit: Unit
    figure: str
    what: str
    combine: Combine = "sum"


COST_FIGURES = (
    CostFigure(
        "macs", "MACs", "count", "macs",
        "Multiplications with an addition, by a formula for each operator; those without one are not known.",
    ),
    CostFigure(
        "flops", "FLOPs", "count", "flops",
        "Floating-point operations, by a formula for each operator; those without one are not known.",
    ),
    CostFigure(
        "activation-bytes", "Activation bytes", "B", "activation_bytes",
        "Memory that the outputs of a node take; none for views and constants.",
    ),
    CostFigure(
        "live-bytes", "Memory while it runs", "B", "live_bytes",
        "Memory of all tensors that are there while a node runs, at least: the largest is the peak.", "max",
    ),
)  # fmt: skip


def cost_overlay(figure: CostFigure, costs: Costs) -> Overlay:
    """The figure of each node, and what was counted for groups: nothing for one of which nothing is known."""
    totals, many = costs.groups[figure.figure], costs.group_nodes
    groups = floats(
        [
            UNKNOWN if unknown and unknown == count else value
            for value, unknown, count in zip(totals.sums, totals.unknown, many, strict=True)
        ]
    )
    return Overlay(
        figure.key, figure.title, figure.unit, "sequential", costs.of(figure.figure),
        combine=figure.combine, is_log=True, groups=groups, note=figure.what,
    )  # fmt: skip
