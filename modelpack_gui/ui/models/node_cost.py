"""What quantising a node costs, as a row of the table and in the inspector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelpack_gui.core.figures import full, significant
from modelpack_gui.core.records import SensitivityRow
from modelpack_gui.ui.inspection import Inspection, Property, Section
from modelpack_gui.ui.look.theme import icon, theme
from modelpack_gui.ui.models.record_table import Column, figure_column


@dataclass(frozen=True)
class NodeCost:
    """A node with its share of the noise that all nodes make, each alone; 0..1, None if it was not measured.

    Noise powers of nodes add up where they are independent, which they roughly are: the share says where to begin.
    """

    row: SensitivityRow
    share: float | None
    is_excluded: bool
    rank: int


def node_costs(rows: Sequence[SensitivityRow], excluded: Sequence[str]) -> list[NodeCost]:
    """The rows with their shares, the dearest first; nodes that were not measured last."""
    out = frozenset(excluded)
    # A node alone gives an output with this SQNR: its noise power, beside a signal of one, is 10^(-dB / 10).
    noise = {one.node: 10.0 ** (-one.sqnr_db / 10.0) for one in rows if one.sqnr_db is not None and one.is_measured}
    whole = sum(noise.values())
    ordered = sorted(rows, key=lambda one: (not one.is_measured, -noise.get(one.node, 0.0)))
    return [
        NodeCost(
            one,
            noise.get(one.node, 0.0) / whole if whole and one.is_measured else None,
            one.node in out,
            place + 1,
        )
        for place, one in enumerate(ordered)
    ]


def worst_nodes(costs: Sequence[NodeCost], number: int) -> list[str]:
    """Names of the dearest nodes."""
    return [cost.row.node for cost in sorted(costs, key=lambda cost: cost.rank)[:number]]


def _sqnr_text(cost: NodeCost) -> str:
    if not cost.row.is_measured:
        return "not measured"
    return "no change" if cost.row.sqnr_db is None else f"{cost.row.sqnr_db:.1f}"


SHARE = "Share of the error"
COST_COLUMNS: tuple[Column[NodeCost], ...] = (
    Column(
        "Node",
        value=lambda cost: cost.row.node,
        icon=lambda cost: icon("remove" if cost.is_excluded else "passed", theme().colors.muted),
        color=lambda cost: theme().colors.muted if cost.is_excluded else theme().colors.text,
        full=lambda cost: f"{cost.row.node}: left in float32" if cost.is_excluded else cost.row.node,
        is_mono=True,
        width=200,
    ),
    Column(
        SHARE,
        value=lambda cost: cost.share,
        text=lambda cost: "–" if cost.share is None else f"{100 * cost.share:.1f} %",
        full=lambda cost: full(cost.share),
        is_number=True,
        width=130,
        tooltip="Its part of the noise power that all nodes make, each quantised alone",
    ),
    Column(
        "SQNR dB",
        value=lambda cost: cost.row.sqnr_db if cost.row.is_measured else None,
        text=_sqnr_text,
        full=lambda cost: full(cost.row.sqnr_db) or _sqnr_text(cost),
        is_number=True,
        width=116,
        tooltip="Signal over noise of the worst output with this node alone in low precision: the lower, the dearer",
    ),
    Column("Op type", value=lambda cost: cost.row.op_type, width=90),
    Column("Module", value=lambda cost: cost.row.module, is_mono=True, width=140, tooltip="Its PyTorch module"),
    figure_column("Weight SQNR dB", lambda cost: cost.row.weight_sqnr_db, "Of its weight alone, rounded to 8 bits"),
    Column(
        "In",
        value=lambda cost: cost.is_excluded,
        text=lambda cost: "float32" if cost.is_excluded else "8 bits",
        tooltip="What the recipe says; a double click changes it",
    ),
)


def inspect_cost(cost: NodeCost) -> Inspection:
    """A node, for the inspector."""
    row = cost.row
    rows = (
        Property("op type", row.op_type),
        Property("module", row.module or "–", is_mono=True),
        Property("share of the error", "–" if cost.share is None else f"{100 * cost.share:.2f} %", full(cost.share)),
        Property("SQNR, dB", _sqnr_text(cost), full(row.sqnr_db)),
        Property("weight SQNR, dB", significant(row.weight_sqnr_db), full(row.weight_sqnr_db)),
        Property("kept in", "float32" if cost.is_excluded else "8 bits"),
    )
    return Inspection(row.node, "Node, quantised alone", (Section("", rows),))
