"""Rows of a comparison layer by layer, as the tables list them."""

from __future__ import annotations

from collections.abc import Callable

from modelpack_gui.core.graph.search import short_location
from modelpack_gui.core.records import LayerRow, UnalignedNode, Verdict
from modelpack_gui.ui.look.theme import status_icon, status_of, theme
from modelpack_gui.ui.models.layer_series import level_rank, level_title
from modelpack_gui.ui.models.parity_text import GRAVITY
from modelpack_gui.ui.models.record_table import Column, figure_column


def node_title(row: LayerRow | UnalignedNode) -> str:
    """The node's name, or its place in the graph."""
    return row.node_name or f"node {row.node}"


def mark_text(row: LayerRow) -> str:
    """What a row's mark says."""
    if row.is_fault:
        return "fault"
    return "propagated" if row.verdict is Verdict.FAILED else row.verdict.value


def _number(title: str, value: Callable[[LayerRow], float | None], tooltip: str) -> Column[LayerRow]:
    return figure_column(title, value, tooltip, 102)


def _color(row: LayerRow) -> str:
    return theme().colors.text if row.verdict is Verdict.PASSED else theme().status_color(status_of(row.verdict))


ROW_COLUMNS: tuple[Column[LayerRow], ...] = (
    Column(
        "Mark",
        value=lambda row: -1 if row.is_fault else GRAVITY[row.verdict],
        text=mark_text,
        full=lambda row: f"{mark_text(row)}: {row.reason}" if row.reason else mark_text(row),
        icon=lambda row: status_icon(status_of(row.verdict)),
        color=_color,
        width=116,
        tooltip="fault: its error rises here; propagated: beyond the tolerance, as its inputs were already",
    ),
    Column(
        "Depth",
        value=lambda row: row.depth,
        is_number=True,
        is_largest_first=False,
        width=58,
        tooltip="Position in execution order",
    ),
    Column("Op type", value=lambda row: row.op_type, width=104),
    Column("Module", value=lambda row: row.module_path, is_mono=True, width=128, tooltip="PyTorch module it is of"),
    Column(
        "Source",
        value=lambda row: row.source_location,
        text=lambda row: short_location(row.source_location),
        full=lambda row: row.source_location,
        is_mono=True,
        width=112,
        tooltip="Line of your code that made it",
    ),
    _number("max_abs_diff", lambda row: row.max_abs_diff, "Largest |actual − expected|"),
    _number(
        "Noise ratio", lambda row: row.noise_ratio, "Error against float64, in units of eager's own: 1 is rounding"
    ),
    _number("Introduced", lambda row: row.introduced, "Error of this node alone, on eager's own inputs"),
    _number("Propagated", lambda row: row.propagated, "Largest error of the values that it is computed from"),
    _number("max_rel_diff", lambda row: row.max_rel_diff, "Largest |actual − expected| / |expected|"),
    _number("ULP", lambda row: row.max_ulp, "Largest distance in representable numbers of the dtype"),
    _number("Budget used", lambda row: row.max_budget, "Largest |d| / (atol + rtol · |expected|): 1 is the limit"),
    Column(
        "Level",
        value=lambda row: level_rank(row.optimization),
        text=lambda row: level_title(row.optimization),
        width=124,
        tooltip="The runtime's graph optimisations",
    ),
    Column("Node", value=node_title, is_mono=True, width=150),
    Column("Value", value=lambda row: row.value, is_mono=True, width=150),
    Column("Eager counterpart", value=lambda row: row.eager_name, is_mono=True, width=200),
    Column("Aligned by", value=lambda row: row.aligned_by.value, width=90),
)

UNALIGNED_COLUMNS: tuple[Column[UnalignedNode], ...] = (
    Column("Index", value=lambda one: one.node, is_number=True, is_largest_first=False, width=58),
    Column("Op type", value=lambda one: one.op_type, width=110),
    Column("Reason", value=lambda one: one.reason.value, width=120),
    Column("Why", value=lambda one: one.text, width=330),
    Column(
        "Level", value=lambda one: level_title(one.optimization) if one.optimization else "every level", width=124
    ),
    Column("Node", value=node_title, is_mono=True, width=180),
)


def row_haystack(row: LayerRow) -> str:
    """What the filter looks into: names, not figures."""
    names = (row.node_name, row.op_type, row.module_path, row.source_location, row.value, row.eager_name)
    return "\n".join((*names, mark_text(row), level_title(row.optimization), f"depth:{row.depth}"))
