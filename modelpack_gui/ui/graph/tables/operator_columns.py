"""The op types of a graph with what their nodes cost, as rows of a table and in words."""

from __future__ import annotations

from collections.abc import Callable

from modelpack_gui.core.figures import amount, count, full, size
from modelpack_gui.core.graph.costs.text import FIGURE_OF, sum_text, whole_text
from modelpack_gui.core.records import CostSum, OpTypeCosts
from modelpack_gui.ui.models.record_table import Column

STANDARD_DOMAIN = "ai.onnx"


def op_name(row: OpTypeCosts) -> str:
    """`Conv`, `com.microsoft::FusedMatMul`."""
    return row.op_type if row.domain == STANDARD_DOMAIN else f"{row.domain}::{row.op_type}"


def _short_name(row: OpTypeCosts) -> str:
    """The operator first, whatever there is room for: `FusedMatMul · microsoft`."""
    return row.op_type if row.domain == STANDARD_DOMAIN else f"{row.op_type} · {row.domain.rpartition('.')[2]}"


def _sum_column(key: str, found: Callable[[OpTypeCosts], CostSum], width: int = 84) -> Column[OpTypeCosts]:
    figure = FIGURE_OF[key]

    def text(row: OpTypeCosts) -> str:
        one = found(row)
        return sum_text(figure, one) if one.value or one.unknown else "–"

    def whole(row: OpTypeCosts) -> str:
        one = found(row)
        reason = f" ({row.why})" if one.unknown and row.why else ""
        return f"{whole_text(figure, one.value, one.unknown)}{reason}"

    def value(row: OpTypeCosts) -> float | None:
        one = found(row)
        return None if one.unknown and not one.value else one.value

    return Column(
        figure.title, value=value, text=text, full=whole, is_number=True, width=width, tooltip=figure.meaning
    )


OPERATOR_COLUMNS: tuple[Column[OpTypeCosts], ...] = (
    Column("Op type", value=lambda row: row.op_type, text=_short_name, full=op_name, is_mono=True, width=140),
    Column("Nodes", value=lambda row: row.nodes, text=lambda row: count(row.nodes), is_number=True, width=64),
    _sum_column("macs", lambda row: row.macs),
    _sum_column("flops", lambda row: row.flops),
    Column(
        "Parameters",
        value=lambda row: row.parameters,
        text=lambda row: amount(row.parameters) if row.parameters else "–",
        full=lambda row: full(row.parameters),
        is_number=True,
        width=92,
        tooltip=FIGURE_OF["parameters"].meaning,
    ),
    Column(
        "Weights",
        value=lambda row: row.weight_bytes,
        text=lambda row: size(int(row.weight_bytes)) if row.weight_bytes else "–",
        full=lambda row: full(row.weight_bytes),
        is_number=True,
        width=84,
        tooltip=FIGURE_OF["weight_bytes"].meaning,
    ),
    _sum_column("activation_bytes", lambda row: row.activation_bytes, 92),
    Column("Unknown", value=lambda row: row.why, width=180, tooltip="Why some of the numbers are not known"),
)


def how_counted(row: OpTypeCosts) -> str:
    """How the work of an op type is counted, and where that is from."""
    name = op_name(row)
    if not row.formula:
        return f"{name}: {row.why or 'counted by what is inside it'}."
    unknown = f" Of some of them {row.why}." if row.why else ""
    return f"{name}: {row.formula}. {row.source}.{unknown}"
