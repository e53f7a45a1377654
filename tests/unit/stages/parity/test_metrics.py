from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from modelpack_gui.core.records import OutputParity, ParitySpec, TensorInfo, Verdict
from modelpack_gui.stages.parity import chunked, metrics
from modelpack_gui.stages.parity.metrics import compare
from modelpack_gui.stages.parity.totals import Tolerance

TOLERANCE = Tolerance(rtol=1e-3, atol=1e-5)


def _compare(expected: Any, actual: Any, tolerance: Tolerance = TOLERANCE) -> OutputParity:
    left, right = np.asarray(expected), np.asarray(actual)
    return compare("y", (_info(left), left), (_info(right), right), tolerance)


def _info(values: npt.NDArray[Any]) -> TensorInfo:
    return TensorInfo("y", values.dtype.name, values.shape)


def test_equal_arrays_pass_with_no_reason() -> None:
    result = _compare(np.array([[1.0, -2.0]], np.float32), np.array([[1.0, -2.0]], np.float32))
    assert (result.verdict, result.reason, result.mismatched, result.max_abs_diff) == (Verdict.PASSED, "", 0, 0.0)
    assert result.cosine == pytest.approx(1.0)
    assert result.histogram is not None
    assert result.histogram.zeros == 2


def test_figures_are_those_of_the_definitions() -> None:
    expected = np.array([[1.0, 2.0, 0.0], [4.0, -5.0, 6.0]])
    actual = expected + np.array([[0.0, 0.5, 0.1], [0.0, -1.0, 0.0]])
    result = _compare(expected, actual)
    difference = np.abs(actual - expected)
    assert result.verdict is Verdict.FAILED
    assert (result.elements, result.mismatched) == (6, 3)
    assert result.max_abs_diff == pytest.approx(1.0)
    assert result.max_rel_diff == pytest.approx(0.25)
    assert result.mean_abs_diff == pytest.approx(difference.mean())
    assert result.rmse == pytest.approx(math.sqrt((difference**2).mean()))
    assert result.max_budget == pytest.approx(0.1 / 1e-5)
    assert (result.worst_index, result.worst_expected, result.worst_actual) == ((0, 2), 0.0, 0.1)
    norms = np.linalg.norm(expected) * np.linalg.norm(actual)
    assert result.cosine == pytest.approx((expected * actual).sum() / norms)


@pytest.mark.parametrize("seed", range(20))
def test_the_verdict_is_that_of_assert_allclose(seed: int) -> None:
    random = np.random.default_rng(seed)
    expected = random.normal(size=200)
    actual = expected * (1 + random.normal(size=200) * 10.0 ** random.uniform(-5, -2))
    close = np.isclose(actual, expected, rtol=TOLERANCE.rtol, atol=TOLERANCE.atol)
    result = _compare(expected, actual)
    assert result.mismatched == int((~close).sum())
    assert (result.verdict is Verdict.PASSED) == bool(close.all())


def test_a_difference_of_exactly_the_tolerance_passes_and_the_next_number_fails() -> None:
    tolerance = Tolerance(rtol=0.0, atol=0.5)
    assert _compare([1.0], [1.5], tolerance).verdict is Verdict.PASSED
    result = _compare([1.0], [np.nextafter(1.5, 2.0)], tolerance)
    assert (result.verdict, result.mismatched) == (Verdict.FAILED, 1)


def test_without_tolerance_every_difference_fails() -> None:
    result = _compare([0.0, 1.0], [1e-30, 1.0], Tolerance(0.0, 0.0))
    assert (result.verdict, result.mismatched, result.max_budget) == (Verdict.FAILED, 1, math.inf)


@pytest.mark.parametrize(
    ("expected", "actual", "reason"),
    [
        (np.zeros((3, 1), np.float32), np.zeros((1, 3), np.float32), "The shape is 1 × 3 instead of 3 × 1."),
        (np.float32(1.0), np.ones((2, 2), np.float32), "The shape is 2 × 2 instead of scalar."),
        (np.ones(2, np.float32), np.ones(2, np.float64), "The dtype is float64 instead of float32."),
        (np.ones(2, np.int64), np.ones(2, np.int32), "The dtype is int32 instead of int64."),
    ],
)
def test_shapes_and_dtypes_are_compared_before_values_and_never_broadcast(
    expected: Any, actual: Any, reason: str
) -> None:
    result = _compare(expected, actual)
    assert (result.verdict, result.reason, result.max_abs_diff) == (Verdict.FAILED, reason, None)
    assert result.mismatched == result.elements == np.asarray(expected).size


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (np.array([1000, 5]), np.array([1001, 5])),
        (np.array([2**53, 1]), np.array([2**53 + 1, 1])),
        (np.array([1, 0], np.uint8), np.array([2, 0], np.uint8)),
        (np.array([True, False]), np.array([False, False])),
        (np.array(["ab", "c"]), np.array(["ax", "c"])),
    ],
)
def test_integers_booleans_and_strings_must_be_equal(expected: Any, actual: Any) -> None:
    result = _compare(expected, actual)
    assert (result.verdict, result.mismatched, result.elements) == (Verdict.FAILED, 1, 2)
    assert _compare(expected, expected).verdict is Verdict.PASSED


def test_the_difference_of_unsigned_integers_does_not_wrap() -> None:
    assert _compare(np.array([1], np.uint8), np.array([2], np.uint8)).max_abs_diff == 1.0


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ([1.0, np.nan], [1.0, 2.0]),
        ([1.0, 2.0], [1.0, np.nan]),
        ([1.0, np.inf], [1.0, -np.inf]),
        ([1.0, np.inf], [1.0, np.nan]),
        ([1.0, 2.0], [1.0, np.inf]),
    ],
)
def test_nan_and_inf_at_other_places_fail_and_the_place_is_named(expected: Any, actual: Any) -> None:
    result = _compare(expected, actual)
    assert (result.verdict, result.mismatched, result.worst_index) == (Verdict.FAILED, 1, (1,))
    assert "NaN or Inf is at other places" in result.reason


def test_nan_on_both_sides_is_a_warning_and_equal_inf_passes() -> None:
    both_nan = _compare([1.0, np.nan], [1.0, np.nan])
    assert (both_nan.verdict, both_nan.expected_nans, both_nan.actual_nans) == (Verdict.WARNING, 1, 1)
    both_inf = _compare([1.0, -np.inf], [1.0, -np.inf])
    assert (both_inf.verdict, both_inf.expected_infs, both_inf.max_abs_diff) == (Verdict.PASSED, 1, 0.0)


@pytest.mark.parametrize(
    "values", [np.zeros((0, 3), np.float32), np.zeros(4), np.full(4, 1e-31), np.full(4, np.nan), np.full(4, np.inf)]
)
def test_an_output_without_signal_proves_nothing(values: Any) -> None:
    result = _compare(values, values)
    assert result.verdict is Verdict.WARNING
    assert "proves nothing" in result.reason


def test_an_actual_output_of_zeros_where_values_are_expected_fails() -> None:
    result = _compare([1.0, 2.0], [0.0, 0.0])
    assert (result.verdict, result.cosine) == (Verdict.FAILED, None)


def test_complex_values_are_judged_by_the_magnitude_of_the_difference() -> None:
    result = _compare(np.array([1 + 1j]), np.array([1 + 2j]))
    assert (result.verdict, result.max_abs_diff) == (Verdict.FAILED, 1.0)
    assert _compare(np.array([1 + 1j]), np.array([1 + 1j])).verdict is Verdict.PASSED


def test_bfloat16_is_compared_in_float64() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    values = np.array([1.0, 2.0], ml_dtypes.bfloat16)
    other = np.array([1.0, 2.015625], ml_dtypes.bfloat16)
    result = _compare(values, other)
    assert (result.verdict, result.max_abs_diff) == (Verdict.FAILED, 0.015625)


def test_the_histogram_has_the_same_bins_for_all_and_loses_no_element() -> None:
    expected = np.zeros(6)
    actual = np.array([0.0, 1e-30, 1e-12, 0.1, 1.0, 1e9])
    histogram = _compare(expected, actual).histogram
    assert histogram is not None
    assert (histogram.log10_low, histogram.log10_step, len(histogram.counts)) == (-12.0, 0.25, 64)
    assert (histogram.zeros, sum(histogram.counts)) == (1, 5)
    assert (histogram.counts[0], histogram.counts[-1], histogram.counts[48]) == (2, 1, 1)


def test_results_do_not_depend_on_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(1)
    expected = random.normal(size=(10, 13)).astype(np.float32)
    expected[3, 3] = np.nan
    actual = expected + random.normal(scale=1e-3, size=expected.shape).astype(np.float32)
    whole = _compare(expected, actual)
    monkeypatch.setattr(chunked, "CHUNK", 7)
    parts = _compare(expected, actual)
    for name in (
        "mismatched",
        "max_abs_diff",
        "max_budget",
        "worst_index",
        "histogram",
        "expected_nans",
        "reason",
        "hull",
    ):
        assert getattr(parts, name) == getattr(whole, name), name
    assert parts.rmse == pytest.approx(whole.rmse)
    assert parts.cosine == pytest.approx(whole.cosine)


def test_values_near_the_limits_of_float64_give_inf_and_no_warning() -> None:
    result = _compare([1.7e308, 5e-324], [-1.7e308, 1.0])
    assert (result.verdict, result.max_rel_diff, result.rmse) == (Verdict.FAILED, math.inf, math.inf)


def test_identity_counts_nan_as_itself_and_dtype_as_part_of_it() -> None:
    values = np.array([1.0, np.nan])
    assert metrics.is_identical(values, values.copy())
    assert not metrics.is_identical(values, np.array([1.0, 2.0]))
    assert not metrics.is_identical(values, values.astype(np.float32))


def test_an_output_in_half_precision_is_judged_by_the_wider_tolerances_of_its_dtype() -> None:
    spec = ParitySpec(rtol=1e-3, atol=1e-5)
    assert spec.tolerance_of("float32") == (1e-3, 1e-5)
    assert spec.tolerance_of("float16") == spec.low_precision["float16"]
    assert spec.tolerance_of("float32", "float16") == spec.low_precision["float16"]
    assert spec.tolerance_of("float32", "float32") == (1e-3, 1e-5)
    assert ParitySpec(rtol=0.5, atol=0.25).tolerance_of("bfloat16") == (0.5, 0.25)
    assert ParitySpec(low_precision={}).tolerance_of("float16") == (1e-3, 1e-5)
