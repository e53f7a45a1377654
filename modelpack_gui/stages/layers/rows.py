"""One row: the figures of a value and the verdict on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelpack_gui.core.figures import rounded
from modelpack_gui.core.records import LayerRow, ParitySpec, TensorInfo, Verdict
from modelpack_gui.stages.layers.aligned import Aligned
from modelpack_gui.stages.layers.measure import Errors, measure
from modelpack_gui.stages.source.inputs import dtype_name, tensor_info

if TYPE_CHECKING:
    import torch

QUIET_RATIO = 8.0
"""Up to so many noise floors, an error beyond the tolerance is rounding: inner values may be of any size."""


def make_row(
    item: Aligned,
    level: str,
    depth: int,
    values: tuple[torch.Tensor, torch.Tensor, torch.Tensor | None],
    spec: ParitySpec,
    computes_in: str,
) -> LayerRow:
    """Compare one value.

    Args:
        values: Of eager, of the artifact, and the exact one.
    """
    expected, actual, exact = values
    info = tensor_info(item.value, actual)
    if not _is_alike(expected, actual):
        reason = f"It is {info.dtype} {info.shape_text} instead of {tensor_info('', expected).dtype} " + (
            tensor_info("", expected).shape_text + "."
        )
        return _row(item, level, depth, info, Errors(), (Verdict.FAILED, reason), is_float=False)
    narrow = dtype_name(actual.dtype) if dtype_name(actual.dtype) != dtype_name(expected.dtype) else computes_in
    tolerance = spec.tolerance_of(dtype_name(expected.dtype), narrow)
    errors = measure(expected, actual, exact, tolerance, nan_equal=spec.nan_equal, computes_in=computes_in)
    is_float = expected.is_floating_point() or expected.is_complex()
    return _row(item, level, depth, info, errors, _verdict(errors, is_float=is_float), is_float=is_float)


def _is_alike(expected: torch.Tensor, actual: torch.Tensor) -> bool:
    kinds = [tensor.is_floating_point() or tensor.is_complex() for tensor in (expected, actual)]
    return expected.shape == actual.shape and kinds[0] == kinds[1]


def _verdict(errors: Errors, *, is_float: bool) -> tuple[Verdict, str]:
    if not errors.elements:
        return Verdict.PASSED, "It has no elements."
    if not is_float:
        if errors.unequal:
            return Verdict.FAILED, f"{errors.unequal} of {errors.elements} elements differ."
        return Verdict.PASSED, ""
    if errors.misplaced:
        return Verdict.FAILED, f"NaN or Inf is at other places than expected, at {errors.misplaced}."
    if errors.max_budget <= 1:
        return Verdict.PASSED, ""
    ratio = errors.ratio
    beyond = f"The worst element is beyond the tolerance by a factor of {rounded(errors.max_budget or 0.0, 3)}"
    if ratio is not None and ratio <= QUIET_RATIO:
        return Verdict.PASSED, f"{beyond}, and within {rounded(ratio)} noise floors: rounding."
    return Verdict.FAILED, f"{beyond}." if ratio is None else f"{beyond}, which is {rounded(ratio)} noise floors."


def _row(
    item: Aligned,
    level: str,
    depth: int,
    info: TensorInfo,
    errors: Errors,
    verdict: tuple[Verdict, str],
    *,
    is_float: bool,
) -> LayerRow:
    has_figures = errors.compared > 0
    return LayerRow(
        node=item.node.index,
        node_name=item.node.name,
        op_type=item.node.op_type,
        value=item.value,
        depth=depth,
        info=info,
        module_path=item.node.module_path,
        source_location=item.node.location or item.location,
        aligned_by=item.by,
        eager_name=item.eager_name,
        optimization=level,
        verdict=verdict[0],
        reason=verdict[1],
        max_abs_diff=errors.max_abs if has_figures else None,
        max_rel_diff=errors.max_rel if has_figures and is_float else None,
        rmse=errors.rmse,
        max_ulp=errors.max_ulp,
        max_budget=errors.max_budget if has_figures and is_float else None,
        noise_floor=errors.floor,
        noise_ratio=errors.ratio,
        misplaced=errors.misplaced,
        max_expected=errors.max_expected if has_figures else None,
    )
