"""Compare two arrays: what is equal, how far apart the rest is, and whether that is within the tolerances.

Pure numpy. Arrays go through in chunks, in float64, so that an output of any size takes little more memory than
itself. Nothing is broadcast: dtype and shape are compared first, and differing ones are a failure of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelpack_gui.core.records import OutputParity, TensorInfo, Verdict
from modelpack_gui.stages.parity.totals import Tolerance, Totals, chunks, float64

if TYPE_CHECKING:
    import numpy.typing as npt


def compare(
    name: str,
    expected: tuple[TensorInfo, npt.NDArray[Any]],
    actual: tuple[TensorInfo, npt.NDArray[Any]],
    tolerance: Tolerance,
    noise_floor: float | None = None,
) -> OutputParity:
    """Judge one output.

    Floating-point and complex values are judged by the tolerances; integers, booleans and strings must be equal.
    NaN, +Inf and -Inf must be at the same places, and count neither as an error nor as agreement in the figures.

    Args:
        expected: From eager PyTorch; its dtype is taken from the info, since numpy lacks some of torch's.
        actual: From the artifact.
    """
    expected_info, expected_values = expected
    actual_info, actual_values = actual
    problem = _kind_problem(expected_info, actual_info)
    if problem:
        return _not_comparable(name, problem, expected, actual, tolerance, noise_floor)
    totals = Totals(tolerance)
    if expected_values.dtype.kind in "OSU":
        totals.add_texts(expected_values.reshape(-1), actual_values.reshape(-1))
    else:
        is_exact = _is_exact(expected_info.dtype)
        for start, left, right in chunks(expected_values, actual_values):
            totals.add(start, left, right, is_exact)
    return totals.judged(name, expected_info, actual_info, noise_floor)


def largest_difference(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float | None:
    """Largest |one - other| over the elements that are finite in both; None if shapes differ or there are none."""
    import numpy as np

    if one.shape != other.shape or one.dtype.kind in "OSU":
        return None
    largest: float | None = None
    for _, left, right in chunks(one, other):
        left64, right64 = float64(left), float64(right)
        both = np.isfinite(left64) & np.isfinite(right64)
        if both.any():
            difference = float(np.abs(left64[both] - right64[both]).max())
            largest = difference if largest is None else max(largest, difference)
    return largest


def is_identical(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> bool:
    """Whether two arrays have the same dtype, shape and values; NaN equals NaN."""
    import numpy as np

    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    same = one == other
    return bool(np.all(same | ((one != one) & (other != other))))


def _kind_problem(expected: TensorInfo, actual: TensorInfo) -> str:
    if expected.shape != actual.shape:
        return f"The shape is {actual.shape_text} instead of {expected.shape_text}."
    if expected.dtype != actual.dtype:
        return f"The dtype is {actual.dtype} instead of {expected.dtype}."
    return ""


def _is_exact(dtype: str) -> bool:
    return not dtype.startswith(("float", "bfloat", "complex"))


def _not_comparable(
    name: str,
    reason: str,
    expected: tuple[TensorInfo, npt.NDArray[Any]],
    actual: tuple[TensorInfo, npt.NDArray[Any]],
    tolerance: Tolerance,
    noise_floor: float | None,
) -> OutputParity:
    counts = [_non_finite_counts(values) for values in (expected[1], actual[1])]
    return OutputParity(
        name=name,
        verdict=Verdict.FAILED,
        reason=reason,
        expected=expected[0],
        actual=actual[0],
        elements=int(expected[1].size),
        mismatched=int(expected[1].size),
        max_abs_diff=None,
        max_rel_diff=None,
        mean_abs_diff=None,
        rmse=None,
        max_budget=None,
        cosine=None,
        worst_index=None,
        worst_expected=None,
        worst_actual=None,
        expected_nans=counts[0][0],
        actual_nans=counts[1][0],
        expected_infs=counts[0][1],
        actual_infs=counts[1][1],
        noise_floor=noise_floor,
        histogram=None,
        rtol=tolerance.rtol,
        atol=tolerance.atol,
    )


def _non_finite_counts(values: npt.NDArray[Any]) -> tuple[int, int]:
    import numpy as np

    if values.dtype.kind in "OSU":
        return 0, 0
    nans = infs = 0
    for _, chunk, _ in chunks(values, values):
        wide = float64(chunk)
        nans += int(np.isnan(wide).sum())
        infs += int(np.isinf(wide).sum())
    return nans, infs
