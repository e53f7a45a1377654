"""The figures of a comparison against exact arithmetic, against numpy's own verdict, and against walks in bits."""

from __future__ import annotations

import math
import tracemalloc
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from modelpack_gui.core.parity.judgement import rejudge_output
from modelpack_gui.core.records import OutputParity, ParitySpec, TensorInfo, Verdict
from modelpack_gui.stages.parity import chunked
from modelpack_gui.stages.parity.hull import MAX_VERTICES
from modelpack_gui.stages.parity.metrics import compare
from modelpack_gui.stages.parity.totals import Tolerance

EXACT = settings(max_examples=150)
FLOATS = st.floats(allow_nan=False, allow_infinity=False, width=32)
PAIRS = st.lists(st.tuples(FLOATS, FLOATS), min_size=1, max_size=30)
TOLERANCES = st.floats(0, 10, allow_nan=False) | st.just(0.0)


def _compare(expected: Any, actual: Any, rtol: float = 1e-3, atol: float = 1e-5, **others: Any) -> OutputParity:
    left, right = np.asarray(expected), np.asarray(actual)
    spec = ParitySpec(rtol=rtol, atol=atol, low_precision={}, **others)
    sides = [(TensorInfo("y", values.dtype.name, values.shape), values) for values in (left, right)]
    return compare("y", sides[0], sides[1], Tolerance(rtol, atol), spec=spec)


def _near(value: float | None, exact: Fraction) -> bool:
    """Equal but for the rounding of a few operations in float64."""
    return value is not None and abs(Fraction(value) - exact) <= abs(exact) * Fraction(1, 10**12)


@EXACT
@given(PAIRS)
def test_sums_and_extremes_are_those_of_exact_arithmetic(pairs: list[tuple[float, float]]) -> None:
    expected, actual = (np.array(side, np.float32) for side in zip(*pairs, strict=True))
    output = _compare(expected, actual)
    differences = [abs(Fraction(b) - Fraction(a)) for a, b in pairs]
    squares = [difference**2 for difference in differences]
    assert output.max_abs_diff == float(max(differences))
    assert _near(output.mean_abs_diff, sum(differences, Fraction()) / len(pairs))
    assert output.rmse is not None
    assert _near(output.rmse**2, sum(squares, Fraction()) / len(pairs))
    assert output.max_expected == max(abs(a) for a, _ in pairs)
    assert (output.min_expected_value, output.max_expected_value) == (min(expected), max(expected))
    relative = [difference / abs(Fraction(a)) for (a, _), difference in zip(pairs, differences, strict=True) if a]
    assert (output.max_rel_diff is None) == (not relative)
    assert not relative or _near(output.max_rel_diff, max(relative))
    signal = sum(Fraction(a) ** 2 for a, _ in pairs)
    if signal and sum(squares):
        assert output.sqnr_db == pytest.approx(10 * math.log10(signal / sum(squares)), abs=1e-9)
    else:
        assert output.sqnr_db == (math.inf if signal else None)


@EXACT
@given(PAIRS, TOLERANCES, TOLERANCES)
def test_the_budget_and_the_mismatched_are_those_of_exact_arithmetic(
    pairs: list[tuple[float, float]], rtol: float, atol: float
) -> None:
    expected, actual = (np.array(side, np.float32) for side in zip(*pairs, strict=True))
    limits = [Fraction(atol) + Fraction(rtol) * abs(Fraction(a)) for a, _ in pairs]
    differences = [abs(Fraction(b) - Fraction(a)) for a, b in pairs]
    used = [
        difference / limit if limit else Fraction(bool(difference) * 10**300)
        for difference, limit in zip(differences, limits, strict=True)
    ]
    assume(all(abs(share - 1) > Fraction(1, 10**12) for share in used))  # there float64 may say either
    output = _compare(expected, actual, rtol, atol)
    assert output.mismatched == sum(share > 1 for share in used)
    assert (output.verdict is Verdict.FAILED) == any(share > 1 for share in used)
    assert output.max_budget is not None
    worst = max(used)
    if worst < 10**290:
        assert _near(output.max_budget, worst)
        assert output.worst_index is not None
        assert _near(output.max_budget, used[output.worst_index[0]])
    else:
        assert output.max_budget > 1e290


@EXACT
@given(PAIRS, TOLERANCES, TOLERANCES)
def test_the_vertices_say_at_any_tolerance_what_all_elements_say(
    pairs: list[tuple[float, float]], rtol: float, atol: float
) -> None:
    expected, actual = (np.array(side, np.float32) for side in zip(*pairs, strict=True))
    anew = rejudge_output(_compare(expected, actual), ParitySpec(rtol=rtol, atol=atol, low_precision={}))
    full = _compare(expected, actual, rtol, atol)
    assume(full.max_budget is None or abs(full.max_budget - 1) > 1e-12)
    assert (anew.verdict, anew.max_budget) == (full.verdict, full.max_budget)


def _with_oddities(draw: np.random.Generator, dtype: Any) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Values of many sizes, errors of many sizes, and some of zero, -0.0, NaN, +Inf and -Inf on one or both sides."""
    size = int(draw.integers(1, 30))
    expected = draw.normal(size=size) * 10.0 ** draw.uniform(-6, 4)
    actual = expected + draw.normal(size=size) * np.abs(expected) * 10.0 ** draw.uniform(-9, -1)
    for value in (0.0, -0.0, math.nan, math.inf, -math.inf):
        if draw.random() < 0.25:
            place = draw.integers(size)
            expected[place] = value
            actual[place] = value if draw.random() < 0.8 else draw.choice([0.0, 1e-6, math.nan, math.inf, -math.inf])
    return expected.astype(dtype), actual.astype(dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("nan_equal", [True, False])
def test_it_agrees_with_assert_allclose(dtype: Any, nan_equal: bool) -> None:
    draw = np.random.default_rng(7)
    seen = []
    for _ in range(200):
        with np.errstate(over="ignore"):  # Inf in float16 is one of the cases
            expected, actual = _with_oddities(draw, dtype)
        rtol, atol = (float(10.0 ** draw.uniform(-8, -1)) * (draw.random() > 0.1) for _ in range(2))
        try:
            with np.errstate(all="ignore"):
                np.testing.assert_allclose(actual, expected, rtol, atol, equal_nan=nan_equal)
            passes = True
        except AssertionError:
            passes = False
        output = _compare(expected, actual, rtol, atol, nan_equal=nan_equal)
        assert output.allclose is passes, (expected, actual, rtol, atol)
        if dtype is not np.float16:  # in which numpy computes, and we do not
            assert (output.verdict is not Verdict.FAILED) == passes, (expected, actual, rtol, atol, output.reason)
        seen.append(passes)
    assert 20 < sum(seen) < 180


def test_what_assert_allclose_says_is_known_where_it_is_no_verdict() -> None:
    assert _compare(np.array([1000]), np.array([1001])).allclose
    assert _compare(np.ones(2, np.float32), np.ones(2)).allclose
    assert _compare(np.ones(2), np.array(1.0)).allclose, "a scalar is broadcast there"
    assert not _compare(np.ones((3, 1)), np.ones((1, 3))).allclose
    assert _compare(np.array(["a"]), np.array(["a"])).allclose is None


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("start", [0.0, -0.0, 1.0, -1.0, 1e-7, 5e-324, 60000.0])
def test_ulps_count_the_steps_of_a_walk_from_number_to_number(dtype: Any, start: float) -> None:
    first = dtype(start)
    for target in (-math.inf, math.inf):
        walked = first
        for steps in range(1, 40):
            walked = np.nextafter(walked, dtype(target))
            assert _compare([first], [walked]).max_ulp == steps
            assert _compare([walked], [first]).max_ulp == steps


def test_ulps_of_bfloat16_are_steps_of_bfloat16_whichever_way_it_is_held() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    bits = np.array([0x3F80, 0x3F83], np.uint16)
    own = bits.view(ml_dtypes.bfloat16)
    for one, other in ((own[:1], own[1:]), (own[:1].astype(np.float32), own[1:].astype(np.float32))):
        infos = [TensorInfo("y", "bfloat16", values.shape) for values in (one, other)]
        output = compare("y", (infos[0], one), (infos[1], other), Tolerance(1e-3, 1e-5))
        assert output.max_ulp == 3


def test_ulps_take_the_largest_leave_out_what_is_not_finite_and_mean_nothing_for_integers() -> None:
    one = np.float32(1.0)
    two = np.nextafter(np.nextafter(one, np.float32(2)), np.float32(2))
    output = _compare(np.array([1, 1, math.nan, math.inf], np.float32), np.array([1, two, math.nan, math.inf], "f4"))
    assert output.max_ulp == 2
    limits = np.finfo(np.float64).max
    assert _compare([limits], [-limits]).max_ulp == 2 * int(np.array(limits).view(np.int64))
    assert _compare([1], [2]).max_ulp is None


@pytest.mark.parametrize("shape", [(7,), (40, 9), (6, 5, 8)])
def test_the_top_agreement_is_that_of_sorting_each_row(shape: tuple[int, ...]) -> None:
    draw = np.random.default_rng(3)
    expected = draw.normal(size=shape)
    actual = expected + draw.normal(size=shape) * 0.3
    output = _compare(expected, actual)
    rows = [(a, b) for a, b in zip(expected.reshape(-1, shape[-1]), actual.reshape(-1, shape[-1]), strict=True)]
    for k, found in ((1, output.top1), (5, output.top5)):
        same = [set(np.argsort(a)[-k:]) == set(np.argsort(b)[-k:]) for a, b in rows]
        assert found == pytest.approx(sum(same) / len(same))


def test_top_agreement_is_for_scores_only() -> None:
    for values in (np.ones((2, 1)), np.ones((2, 3, 4, 9)), np.ones((2, 9), np.int64), np.zeros((0, 9))):
        output = _compare(values, values)
        assert (output.top1, output.top5) == (None, None)
    few = _compare(np.arange(8.0).reshape(2, 4), np.arange(8.0).reshape(2, 4))
    assert (few.top1, few.top5) == (1.0, None)


@pytest.mark.parametrize(
    ("values", "atol", "text"),
    [
        (np.full(6, 2.5), 1e-5, "Every expected value is 2.50000"),
        (np.array([1e-7, -2e-7]), 1e-5, "so that zeros would pass as well at atol 1e-05"),
        (np.array([5.0, 5.0005]), 1e-5, ""),
        (np.array([2.5]), 1e-5, ""),
        (np.array([0.0, -math.inf]), 1e-5, ""),
        (np.full(6, 3), 1e-5, ""),
        (np.array([True, True]), 1e-5, ""),
    ],
)
def test_only_what_a_constant_would_pass_as_well_proves_nothing(values: Any, atol: float, text: str) -> None:
    output = _compare(values, values, 1e-3, atol)
    assert text in output.reason
    assert output.verdict is (Verdict.WARNING if text else Verdict.PASSED), output.reason


def test_a_constant_in_the_place_of_nearly_equal_values_proves_nothing_and_says_so() -> None:
    expected = np.array([5.0, 5.0005, 5.001])
    output = _compare(expected, np.full(3, 5.0005))
    assert output.verdict is Verdict.WARNING
    assert "All expected values lie between 5.00000 and 5.00100" in output.reason


def test_an_error_that_is_a_smooth_function_of_the_value_keeps_few_vertices_and_nearly_the_exact_budget() -> None:
    expected = np.random.default_rng(5).uniform(0.01, 100.0, 200_000)
    actual = expected + 1e-3 * np.sqrt(expected)  # concave: every element is a vertex
    output = _compare(expected, actual)
    assert len(output.hull) <= MAX_VERTICES + 1
    for rtol, atol in ((1e-3, 1e-5), (1e-5, 1e-2), (1e-2, 1e-6)):
        anew = rejudge_output(output, ParitySpec(rtol=rtol, atol=atol, low_precision={}))
        assert anew.max_budget == pytest.approx(_compare(expected, actual, rtol, atol).max_budget, rel=1e-4)
        exact = float((np.abs(actual - expected) / (atol + rtol * expected)).max())
        assert anew.max_budget == pytest.approx(exact, rel=1e-4)


def test_a_view_with_other_strides_is_compared_in_a_few_chunks_of_memory() -> None:
    expected = np.random.default_rng(1).normal(size=(1000, 2000)).astype(np.float32)
    actual = expected + np.float32(1e-6)
    tracemalloc.start()
    try:
        output = _compare(expected.T, actual.T)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert output.elements == 2_000_000
    assert output.max_abs_diff == pytest.approx(1e-6, rel=0.3)
    assert peak < 100 * 8 * chunked.CHUNK / 4 < 2 * expected.nbytes


def test_values_at_the_limits_of_float64_overflow_to_infinity_and_fail_at_any_tolerance() -> None:
    output = _compare([1e308, 1.0], [-1e308, 1.0])
    assert (output.verdict, output.max_abs_diff, output.max_budget) == (Verdict.FAILED, math.inf, math.inf)
    assert rejudge_output(output, ParitySpec(rtol=1.0, atol=1e300)).verdict is Verdict.FAILED


def test_subnormal_values_are_compared_as_any_others() -> None:
    output = _compare([5e-324, 1.0], [1e-323, 1.0], rtol=0.5, atol=0.0)
    assert (output.verdict, output.max_abs_diff, output.max_ulp) == (Verdict.FAILED, 5e-324, 1)
    assert _compare([5e-324, 1.0], [1e-323, 1.0], rtol=1.0, atol=0.0).mismatched == 0
