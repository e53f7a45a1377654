"""Compare two arrays: what is equal, how far apart the rest is, and whether that is within the tolerances.

Pure numpy. Arrays go through in chunks, in float64, so that an output of any size takes little more memory than
itself; memory-mapped ones do as well. Nothing is broadcast: dtype and shape are compared first, and differing ones
are a failure of their own. What is gathered here is judged by `core.parity.judgement`.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.parity.judgement import judge_output
from modelpack_gui.core.parity.tolerance import is_beyond, worst
from modelpack_gui.core.records import HullPoint, NoiseFigures, OutputParity, ParitySpec, Regime, TensorInfo, Verdict
from modelpack_gui.stages.parity.allclose import numpy_says
from modelpack_gui.stages.parity.chunked import chunks, float64, unravel
from modelpack_gui.stages.parity.top import top_agreement
from modelpack_gui.stages.parity.totals import Tolerance, Totals

if TYPE_CHECKING:
    import numpy.typing as npt

    Side = tuple[TensorInfo, npt.NDArray[Any]]


def compare(
    name: str,
    expected: Side,
    actual: Side,
    tolerance: Tolerance,
    *,
    spec: ParitySpec | None = None,
    regime: Regime = Regime.NORMAL,
    noise: NoiseFigures | None = None,
) -> OutputParity:
    """Judge one output.

    Floating-point and complex values are judged by the tolerances; integers, booleans and strings must be equal.
    NaN, +Inf and -Inf must be at the same places, and count neither as an error nor as agreement in the figures.

    Args:
        expected: From eager PyTorch; its dtype is taken from the info, since numpy lacks some of torch's.
        actual: From the artifact.
        tolerance: Of this output.
        spec: What else it is judged by.
        noise: The errors of the sides against float64, where they were measured.
    """
    spec = spec or ParitySpec()
    output = _blank(name, expected, actual, tolerance, spec)
    if expected[0].shape != actual[0].shape or expected[0].dtype != actual[0].dtype:
        output = _not_comparable(output, expected, actual)
    elif expected[1].dtype.kind in "OSU":
        output = dataclasses.replace(output, mismatched=_differing_texts(expected[1], actual[1]))
    else:
        output = _measured(output, expected, actual)
    floor = noise.eager if noise is not None else None
    return judge_output(dataclasses.replace(output, noise_floor=floor, noise=noise), spec, regime)


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
            with np.errstate(over="ignore"):
                difference = float(np.abs(left64[both] - right64[both]).max())
            largest = difference if largest is None else max(largest, difference)
    return largest


def is_identical(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> bool:
    """Whether two arrays have the same dtype, shape and values; NaN equals NaN."""
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    return all(
        bool(((left == right) | ((left != left) & (right != right))).all()) for _, left, right in chunks(one, other)
    )


def _measured(output: OutputParity, expected: Side, actual: Side) -> OutputParity:
    """With all figures of two arrays of numbers."""
    tolerance = Tolerance(output.rtol, output.atol)
    totals = Totals(expected[0].dtype, tolerance)
    for start, left, right in chunks(expected[1], actual[1]):
        totals.add(start, left, right)
    points = _Points(expected[1], actual[1])
    places = list(totals.hull.places)
    hull = [points.at(place) for place in places]
    if totals.first_beyond is not None and not any(is_beyond(one, output.rtol, output.atol) for one in hull):
        # Beyond by less than the rounding of the hull's lines: as a point of its own it is judged as it was counted.
        hull.append(points.at(totals.first_beyond))
    place = _worst_place(totals, hull, output, points)
    unequal_nans = 0 if output.nan_equal else totals.equal_nans
    has_figures = totals.compared > 0
    is_rankable = not totals.is_exact and expected[1].dtype.kind != "c"
    is_same = not totals.max_abs and not totals.misplaced
    return dataclasses.replace(
        output,
        mismatched=totals.differing if totals.is_exact else totals.beyond + totals.misplaced + unequal_nans,
        max_abs_diff=totals.max_abs if has_figures else None,
        max_rel_diff=totals.max_rel,
        mean_abs_diff=totals.sum_abs / totals.compared if has_figures else None,
        rmse=math.sqrt(totals.sum_square / totals.compared) if has_figures else None,
        max_budget=worst(hull, output.rtol, output.atol)[1] if has_figures and not totals.is_exact else None,
        cosine=totals.cosine,
        worst_index=place.index if place else None,
        worst_expected=place.expected if place else None,
        worst_actual=place.actual if place else None,
        expected_nans=totals.expected_nans,
        actual_nans=totals.actual_nans,
        expected_infs=totals.expected_infs,
        actual_infs=totals.actual_infs,
        histogram=totals.absolute.histogram if has_figures else None,
        hull=tuple(hull),
        misplaced=totals.misplaced,
        misplaced_finite=totals.misplaced_finite,
        max_expected=totals.max_expected if has_figures else None,
        min_expected_value=totals.min_value,
        max_expected_value=totals.max_value,
        relative_histogram=totals.relative.histogram if has_figures else None,
        max_ulp=totals.max_ulp,
        sqnr_db=totals.sqnr_db,
        top1=_top(expected[1], actual[1], 1, is_same=is_same) if is_rankable else None,
        top5=_top(expected[1], actual[1], 5, is_same=is_same) if is_rankable else None,
        allclose=_allclose(totals, hull, output, expected[1], actual[1]),
        equal_nans=totals.equal_nans,
        grid=totals.grid.grid if has_figures and not totals.is_exact else None,
    )


class _Points:
    """The elements of two arrays as points of the hull, by their flat index."""

    def __init__(self, expected: npt.NDArray[Any], actual: npt.NDArray[Any]) -> None:
        self._expected, self._actual = expected, actual

    def at(self, place: int) -> HullPoint:
        import numpy as np

        index = unravel(place, self._expected.shape)
        left, right = (float64(np.asarray(side[index])) for side in (self._expected, self._actual))
        with np.errstate(all="ignore"):
            difference = np.abs(right - left)
        return HullPoint(float(abs(left)), float(difference), index, _real(left), _real(right))


def _worst_place(totals: Totals, hull: list[HullPoint], output: OutputParity, points: _Points) -> HullPoint | None:
    if totals.first_misplaced is not None:
        return points.at(totals.first_misplaced)
    if totals.most_differing is not None:
        return points.at(totals.most_differing)
    return worst(hull, output.rtol, output.atol)[0] if hull else None


def _allclose(
    totals: Totals, hull: list[HullPoint], output: OutputParity, expected: npt.NDArray[Any], actual: npt.NDArray[Any]
) -> bool | None:
    """What numpy.testing.assert_allclose says.

    It computes in the dtype of the values: where that may matter, numpy itself is asked.
    """
    if totals.misplaced or (totals.equal_nans and not output.nan_equal):
        return False
    is_close = not any(is_beyond(one, output.rtol, output.atol) for one in hull)
    if totals.is_exact or not hull:
        return is_close
    is_narrow = expected.dtype.itemsize < 4
    is_borderline = abs(worst(hull, output.rtol, output.atol)[1] - 1.0) < 1e-5
    if totals.max_abs and (is_narrow or is_borderline):
        return numpy_says(expected, actual, output.rtol, output.atol, nan_equal=output.nan_equal)
    return is_close


def _top(expected: npt.NDArray[Any], actual: npt.NDArray[Any], k: int, *, is_same: bool) -> float | None:
    return top_agreement(expected, expected if is_same else actual, k)


def _not_comparable(output: OutputParity, expected: Side, actual: Side) -> OutputParity:
    counts = [_non_finite_counts(values) for _, values in (expected, actual)]
    return dataclasses.replace(
        output,
        mismatched=output.elements,
        expected_nans=counts[0][0],
        actual_nans=counts[1][0],
        expected_infs=counts[0][1],
        actual_infs=counts[1][1],
        allclose=numpy_says(expected[1], actual[1], output.rtol, output.atol, nan_equal=output.nan_equal),
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


def _differing_texts(expected: npt.NDArray[Any], actual: npt.NDArray[Any]) -> int:
    return sum(
        int(sum(one != other for one, other in zip(left, right, strict=True)))
        for _, left, right in chunks(expected, actual)
    )


def _blank(name: str, expected: Side, actual: Side, tolerance: Tolerance, spec: ParitySpec) -> OutputParity:
    """An output of which nothing is known yet."""
    return OutputParity(
        name=name,
        verdict=Verdict.SKIPPED,
        reason="",
        expected=expected[0],
        actual=actual[0],
        elements=int(expected[1].size),
        mismatched=0,
        max_abs_diff=None,
        max_rel_diff=None,
        mean_abs_diff=None,
        rmse=None,
        max_budget=None,
        cosine=None,
        worst_index=None,
        worst_expected=None,
        worst_actual=None,
        expected_nans=0,
        actual_nans=0,
        expected_infs=0,
        actual_infs=0,
        noise_floor=None,
        histogram=None,
        rtol=tolerance.rtol,
        atol=tolerance.atol,
        nan_equal=spec.nan_equal,
    )


def _real(value: Any) -> float:
    """The value for a record; of a complex one its magnitude."""
    return float(abs(value)) if value.dtype.kind == "c" else float(value)
