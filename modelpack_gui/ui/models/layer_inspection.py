"""What the inspector shows of one value of a comparison layer by layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from modelpack_gui.core.explain.explanation import place_of
from modelpack_gui.core.figures import full, significant
from modelpack_gui.core.records import AlignedBy, LayerRow
from modelpack_gui.ui.inspection import Inspection, Property, Section
from modelpack_gui.ui.models.layer_columns import mark_text, node_title
from modelpack_gui.ui.models.layer_series import level_title

_ALIGNED = {
    AlignedBy.MODULE: "the output of that module",
    AlignedBy.OPERATION: "the operation on that source line",
    AlignedBy.OUTPUT: "the output of the model",
}


class NodeTarget(NamedTuple):
    """A link to a node of the artifact."""

    node: int


def row_inspection(row: LayerRow, follow: Callable[[Any], None] | None = None) -> Inspection:
    """All figures of a row, and its links.

    Args:
        follow: Gets a NodeTarget or a SourcePlace.
    """

    def number(name: str, value: float | None) -> Property:
        return Property(name, significant(value), full(value), is_mono=True)

    shape = row.info.shape_text if row.info.shape is not None else ""
    place = place_of(row.source_location)
    where = [
        Property("node", node_title(row), is_mono=True, target=NodeTarget(row.node)),
        Property("op_type", row.op_type),
        Property("value", row.value, is_mono=True),
        Property("tensor", "  ".join(part for part in (row.info.dtype, shape) if part), is_mono=True),
        Property("depth", str(row.depth), is_mono=True),
    ]
    if row.module_path:
        where.append(Property("module", row.module_path, is_mono=True))
    if row.source_location:
        where.append(Property("source", row.source_location, is_mono=True, target=place))
    errors = (
        number("max_abs_diff", row.max_abs_diff),
        number("max_rel_diff", row.max_rel_diff),
        number("RMSE", row.rmse),
        number("ULP", row.max_ulp),
        number("budget used", row.max_budget),
        number("largest |expected|", row.max_expected),
        Property("NaN or Inf misplaced", f"{row.misplaced:,}", is_mono=True),
    )
    origin = (
        number("introduced here", row.introduced),
        number("propagated into it", row.propagated),
        number("noise floor", row.noise_floor),
        number("noise ratio", row.noise_ratio),
    )
    eager = (
        Property("counterpart", row.eager_name, is_mono=True),
        Property("aligned by", _ALIGNED[row.aligned_by]),
    )
    return Inspection(
        row.value,
        f"{row.op_type} · depth {row.depth}, {level_title(row.optimization)}",
        (
            Section("Verdict", (Property("mark", mark_text(row)),), row.reason, is_prose=True),
            Section("Errors", errors),
            Section("Where it comes from", origin),
            Section("Node", tuple(where)),
            Section("In the eager run", eager),
        ),
        follow,
    )
