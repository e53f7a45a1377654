"""What the window judges anew from a few vertices is what numpy finds with all elements."""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np
import pytest

from modelpack_gui.core.parity.judgement import (
    frontier,
    rejudge_case,
    rejudge_output,
    rejudge_report,
    smallest_atol,
    smallest_rtol,
)
from modelpack_gui.core.records import (
    NoiseFigures,
    OutputParity,
    ParityCase,
    ParityReport,
    ParitySpec,
    Regime,
    TensorInfo,
    Verdict,
)
from modelpack_gui.stages.parity.metrics import compare
from modelpack_gui.stages.parity.totals import Tolerance


def _spec(rtol: float, atol: float, **others: Any) -> ParitySpec:
    return ParitySpec(rtol=rtol, atol=atol, low_precision={}, **others)


def _output(expected: Any, actual: Any, spec: ParitySpec | None = None, **others: Any) -> OutputParity:
    spec = spec or _spec(1e-3, 1e-5)
    sides = [
        (TensorInfo("y", values.dtype.name, values.shape), values) for values in map(np.asarray, (expected, actual))
    ]
    return compare("y", sides[0], sides[1], Tolerance(spec.rtol, spec.atol), spec=spec, **others)


def _random_pair(seed: int, size: int = 500) -> tuple[Any, Any]:
    """Values of many magnitudes with errors of many magnitudes, some in proportion and some exact."""
    draw = np.random.default_rng(seed)
    expected = draw.normal(size=size) * 10.0 ** draw.uniform(-6, 3, size)
    error = draw.normal(size=size) * 10.0 ** draw.uniform(-9, -1, size)
    error = np.where(draw.random(size) < 0.3, error * np.abs(expected), error)
    error = np.where(draw.random(size) < 0.2, 0.0, error)
    if seed % 3 == 0:
        expected[draw.integers(size)] = 0.0
    dtype = (np.float64, np.float32, np.float16)[seed % 3]
    return expected.astype(dtype), (expected + error).astype(dtype)


@pytest.mark.parametrize("seed", range(30))
def test_judged_anew_at_any_tolerance_it_is_as_if_it_had_been_compared_with_it(seed: int) -> None:
    expected, actual = _random_pair(seed)
    output = _output(expected, actual)
    draw = np.random.default_rng(1000 + seed)
    for _ in range(20):
        rtol, atol = (float(10.0 ** draw.uniform(-9, 0)) * (draw.random() > 0.1) for _ in range(2))
        spec = _spec(rtol, atol)
        anew, full = rejudge_output(output, spec), _output(expected, actual, spec)
        assert anew.verdict is full.verdict, (rtol, atol)
        assert anew.max_budget == pytest.approx(full.max_budget, rel=1e-12)
        assert (anew.rtol, anew.atol, anew.worst_index) == (rtol, atol, full.worst_index)
        assert (anew.mismatched == 0) == (full.mismatched == 0)
        if not full.mismatched:
            assert anew.counted


@pytest.mark.parametrize("seed", range(6))
def test_the_estimated_number_of_mismatched_elements_is_near_the_real_one(seed: int) -> None:
    expected, actual = _random_pair(seed, 20_000)
    output = _output(expected, actual)
    for rtol, atol in ((0.0, 1e-4), (1e-2, 0.0), (1e-4, 1e-6), (0.0, 0.0)):
        anew, full = rejudge_output(output, _spec(rtol, atol)), _output(expected, actual, _spec(rtol, atol))
        assert not anew.counted
        assert anew.mismatched == pytest.approx(full.mismatched, rel=0.15)
        assert anew.reason.startswith("about ")


def test_at_the_same_tolerances_nothing_changes() -> None:
    output = _output(*_random_pair(1))
    assert rejudge_output(output, _spec(1e-3, 1e-5)) == output


@pytest.mark.parametrize("seed", range(20))
def test_the_frontier_passes_and_a_little_less_does_not(seed: int) -> None:
    expected, actual = _random_pair(seed)
    output = _output(expected, actual)
    pairs = frontier(output)
    assert [rtol for rtol, _ in pairs] == sorted({rtol for rtol, _ in pairs})
    assert pairs[0] == (0.0, float(np.abs(actual.astype(float) - expected.astype(float)).max()))
    for rtol, atol in pairs:
        assert _output(expected, actual, _spec(rtol, atol)).mismatched == 0
        assert _output(expected, actual, _spec(rtol * (1 - 1e-9), atol * (1 - 1e-9))).mismatched > 0


def test_the_smallest_tolerances_are_those_of_the_definition() -> None:
    output = _output([1.0, 10.0], [1.5, 12.0])
    assert smallest_atol(output, 0.0) == 2.0
    assert smallest_atol(output, 0.1) == pytest.approx(1.0)
    assert smallest_rtol(output, 0.0) == 0.5
    assert smallest_rtol(output, 0.5) == pytest.approx(0.15)
    first, second, last = frontier(output)
    assert (first, last) == ((0.0, 2.0), (0.5, 0.0))
    assert second == pytest.approx((1.5 / 9, 0.5 - 1.5 / 9))


def test_an_error_where_zero_is_expected_needs_an_atol() -> None:
    output = _output([0.0, 1.0], [0.25, 1.0])
    assert (smallest_rtol(output, 0.0), smallest_rtol(output, 0.25)) == (None, 0.0)
    assert frontier(output) == ((0.0, 0.25),)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ([1.0, math.nan], [1.0, 2.0]),
        ([1, 2], [1, 3]),
        (np.ones(2, np.float32), np.ones(2)),
        (np.ones(2), np.ones(3)),
        ([1.7e308], [-1.7e308]),
    ],
)
def test_no_tolerance_helps_where_it_is_not_a_matter_of_tolerances(expected: Any, actual: Any) -> None:
    output = _output(expected, actual)
    assert (frontier(output), smallest_atol(output, 0.1), smallest_rtol(output, 1.0)) in (
        ((), None, None),
        ((), None, 0.0),
    )
    assert rejudge_output(output, _spec(1.0, 1e9)).verdict is Verdict.FAILED


def test_equal_outputs_need_no_tolerance() -> None:
    for values in ([1.0, 2.0], [1, 2], ["a", "b"]):
        output = _output(values, values)
        assert frontier(output) == ((0.0, 0.0),)
        assert rejudge_output(output, _spec(0.0, 0.0)).verdict is Verdict.PASSED


def test_nan_on_both_sides_agrees_or_not_as_one_likes() -> None:
    output = _output([1.0, 2.0, math.nan], [1.0, 2.5, math.nan], _spec(1.0, 0.0))
    assert (output.verdict, output.mismatched, output.allclose) == (Verdict.WARNING, 0, True)
    strict = rejudge_output(output, _spec(1.0, 0.0, nan_equal=False))
    assert (strict.verdict, strict.mismatched, strict.allclose) == (Verdict.FAILED, 1, False)
    assert strict == _output([1.0, 2.0, math.nan], [1.0, 2.5, math.nan], _spec(1.0, 0.0, nan_equal=False))
    assert rejudge_output(strict, _spec(1.0, 0.0)) == output


def test_integers_stay_exact_and_what_assert_allclose_says_of_them_follows_the_tolerance() -> None:
    output = _output([1000, 5], [1001, 5])
    assert (output.verdict, output.allclose) == (Verdict.FAILED, True)
    anew = rejudge_output(output, _spec(1e-4, 0.0))
    assert (anew.verdict, anew.mismatched, anew.allclose) == (Verdict.FAILED, 1, False)


def _noise(ratio: float) -> NoiseFigures:
    return NoiseFigures(1e-6, ratio * 1e-6, None, 1e-7, 1e-7, None, 1e-6)


def test_an_error_of_many_noise_floors_fails_within_the_tolerance_if_that_is_asked_for() -> None:
    output = _output([1.0, 2.0], [1.0, 2.0001], noise=_noise(100.0))
    assert output.verdict is Verdict.PASSED
    limited = rejudge_output(output, _spec(1e-3, 1e-5, max_noise_ratio=8.0))
    assert (limited.verdict, limited.reason) == (
        Verdict.FAILED,
        "The error is 100 times the noise floor, and 8 times is allowed.",
    )
    assert rejudge_output(output, _spec(1e-3, 1e-5, max_noise_ratio=101.0)).verdict is Verdict.PASSED


def test_the_sentence_about_a_failure_by_noise_names_the_noise_and_not_the_tolerance() -> None:
    report = _report(_output([1.0, 2.0], [1.0, 2.0001], noise=_noise(0.9)), _output([1.0, 2.0], [1.0, 2.0]))
    limited = rejudge_report(report, _spec(1e-3, 1e-5, max_noise_ratio=0.5))
    assert limited.verdict is Verdict.FAILED
    assert "(largest error 0.0001, 0.9 times the noise floor); all are within the tolerance" in limited.summary


def test_rounding_of_extreme_values_is_a_warning_and_of_usual_ones_a_failure() -> None:
    for regime, verdict in ((Regime.NORMAL, Verdict.FAILED), (Regime.LARGE, Verdict.WARNING)):
        output = _output([1.0, 2.0], [1.0, 2.1], noise=_noise(2.0), regime=regime)
        assert output.verdict is verdict
    assert _output([1.0, 2.0], [1.0, 2.1], noise=_noise(50.0), regime=Regime.LARGE).verdict is Verdict.FAILED


def _report(*outputs: OutputParity, regimes: tuple[Regime, ...] = ()) -> ParityReport:
    chosen = regimes or (Regime.NORMAL,) * len(outputs)
    cases = [
        ParityCase(f"case {i}", {"n": 2 + i}, 0, i == 0, output.verdict, (output,), regime=regime)
        for i, (output, regime) in enumerate(zip(outputs, chosen, strict=True))
    ]
    report = ParityReport(
        "a.onnx",
        _spec(1e-3, 1e-5),
        Verdict.SKIPPED,
        "",
        tuple(cases),
        "ONNX Runtime 1",
        (),
        1.0,
        example_sizes={"n": 2},
    )
    return rejudge_report(report, report.parity)


def test_a_report_is_judged_anew_with_its_sentence() -> None:
    report = _report(_output([1.0, 2.0], [1.0, 2.0]), _output([1.0, 2.0], [1.0, 2.5]))
    assert report.verdict is Verdict.FAILED
    assert report.summary.startswith("Failed: y is wrong at n = 3 (largest error 0.5, 249 times the tolerance); ")
    wide = rejudge_report(report, _spec(0.3, 0.0))
    assert wide.verdict is Verdict.PASSED
    assert (
        wide.summary == "Passed: 2 cases agree within rtol 0.3, atol 0; the largest error used 83 % of the tolerance."
    )
    assert wide.parity == dataclasses.replace(report.parity, rtol=0.3, atol=0.0)
    assert rejudge_report(wide, report.parity).verdict is Verdict.FAILED


def test_a_case_that_could_not_be_compared_stays_as_it_is() -> None:
    case = ParityCase("n = 3", {"n": 3}, 0, False, Verdict.FAILED, ())
    assert rejudge_case(case, _spec(1.0, 1.0)) is case


def test_what_proves_nothing_with_extreme_inputs_does_not_put_the_whole_in_doubt() -> None:
    good, zero = _output([1.0, 2.0], [1.0, 2.0]), _output([0.0, 0.0], [0.0, 0.0])
    assert _report(good, zero, regimes=(Regime.NORMAL, Regime.ZEROS)).verdict is Verdict.PASSED
    assert _report(good, zero).verdict is Verdict.WARNING
    assert _report(zero, zero, regimes=(Regime.NORMAL, Regime.ZEROS)).verdict is Verdict.WARNING


def test_a_constant_output_counts_only_if_it_is_constant_in_every_case() -> None:
    good, constant = _output([1.0, 2.0], [1.0, 2.0]), _output([1.0, 1.0], [1.0, 1.0])
    assert constant.verdict is Verdict.WARNING
    assert _report(good, constant).verdict is Verdict.PASSED
    assert _report(constant, constant).summary.startswith(
        "Doubtful: 2 cases agree exactly, but y proves little in all"
    )


def _calls(work: Callable[[], object]) -> int:
    """Functions called by it: a measure of its time that no other program changes."""
    count = 0

    def told(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(told)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def test_to_judge_anew_costs_nearly_the_same_for_ten_times_the_elements() -> None:
    calls = []
    for size in (5_000, 50_000):
        report = _report(*(_output(*_random_pair(seed, size)) for seed in range(3)))
        calls.append(_calls(lambda report=report: rejudge_report(report, _spec(1e-2, 1e-4))))  # type: ignore[misc]
    assert calls[1] < 2 * calls[0] < 50_000
