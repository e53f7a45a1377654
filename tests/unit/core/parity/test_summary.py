from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from modelpack_gui.core.parity.judgement import judge_report
from modelpack_gui.core.parity.summary import percent
from modelpack_gui.core.records import (
    Attribution,
    CaseChoice,
    NoiseFigures,
    Origin,
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

SIZES = {"n": 2, "w": 4}
SPEC = ParitySpec()


def _output(expected: Any, actual: Any, *, name: str = "y") -> OutputParity:
    left, right = np.asarray(expected), np.asarray(actual)
    infos = [TensorInfo(name, values.dtype.name, values.shape) for values in (left, right)]
    return compare(name, (infos[0], left), (infos[1], right), Tolerance(SPEC.rtol, SPEC.atol))


GOOD = _output([1.0, 2.0], [1.0, 2.0])
CLOSE = _output([1.0, 2.0], [1.0, 2.0001])
BAD = _output([1.0, 2.0], [1.0, 3.5])


def _case(output: OutputParity, sizes: Mapping[str, int] | None = None, seed: int = 0) -> ParityCase:
    all_sizes = {**SIZES, **(sizes or {})}
    is_example = not sizes and seed == 0
    return ParityCase("label", all_sizes, seed, is_example, output.verdict, (output,))


def _summary(*cases: ParityCase, sizes: Mapping[str, int] | None = SIZES, computes_in: str = "") -> str:
    return judge_report(_report(*cases, sizes=sizes, computes_in=computes_in)).summary


def _report(*cases: ParityCase, sizes: Mapping[str, int] | None = SIZES, computes_in: str = "") -> ParityReport:
    return ParityReport(
        "a.onnx",
        SPEC,
        Verdict.SKIPPED,
        "",
        cases,
        "ONNX Runtime 1, CPU",
        (),
        1.0,
        computes_in=computes_in,
        example_sizes=sizes or {},
        runtime_title="ONNX Runtime",
    )


def _fixed(case: ParityCase) -> ParityCase:
    """Of a model without dynamic dimensions."""
    return dataclasses.replace(case, sizes={})


def test_agreement_says_how_much_of_the_tolerance_was_used() -> None:
    assert _summary(_case(GOOD), _case(CLOSE, {"n": 3, "w": 3})) == (
        "Passed: 2 cases agree within rtol 0.001, atol 1e-05; the largest error used 5 % of the tolerance."
    )
    assert _summary(_fixed(_case(GOOD)), sizes=None) == "Passed: 1 case agrees exactly."


def test_judged_by_the_tolerances_of_half_precision_it_says_so() -> None:
    text = _summary(_fixed(_case(GOOD)), sizes=None, computes_in="float16")
    assert text.endswith("The artifact computes in float16 inside, and was judged by the tolerances for that.")


def test_agreement_without_another_size_of_each_dynamic_axis_is_doubtful() -> None:
    assert _summary(_case(GOOD), _case(GOOD, {"n": 3})) == (
        "Doubtful: 2 cases agree exactly, but nothing was compared at a size of w other than 4."
    )


def test_a_failure_at_sizes_only_points_to_that_dimension() -> None:
    assert _summary(_case(GOOD), _case(BAD, {"n": 5}), _case(BAD, {"n": 3}), _case(GOOD, {"w": 3})) == (
        "Failed: y is wrong at n = 3, 5 (largest error 1.5, 746 times the tolerance); "
        "the example size passes, so the export froze something that depends on n."
    )


def test_of_many_places_the_first_are_named_and_the_rest_counted() -> None:
    odd = [
        dataclasses.replace(_case(BAD, {"n": size}), regime=regime)
        for regime in (Regime.ZEROS, Regime.LARGE, Regime.TINY, Regime.EQUAL, Regime.NORMAL)
        for size in (3, 5)
    ]
    text = _summary(_case(GOOD), _case(GOOD, {"w": 3}), *odd)
    assert text.startswith(
        "Failed: y is wrong at n = 3, 5 and at n = 3, 5 with zeros and at n = 3, 5 with large values "
        "and in 4 more cases ("
    )


def test_what_was_not_tried_for_lack_of_time_leaves_a_pass_in_doubt() -> None:
    left = (CaseChoice({"n": 5, "w": 4}, 0, Regime.NORMAL),)
    cases = (_case(GOOD), _case(GOOD, {"n": 3, "w": 3}))
    report = judge_report(dataclasses.replace(_report(*cases), left=left))
    assert report.verdict is Verdict.WARNING
    assert report.summary == ("Passed so far: 2 cases agree exactly. 1 of 3 cases was not tried for lack of time.")
    failed = judge_report(dataclasses.replace(_report(*cases, _case(BAD, {"n": 3})), left=left))
    assert failed.verdict is Verdict.FAILED
    assert failed.summary.startswith("Failed: ")


def test_a_failure_of_two_dimensions_together_names_both() -> None:
    text = _summary(_case(GOOD), _case(GOOD, {"n": 3}), _case(BAD, {"n": 3, "w": 5}))
    assert text.startswith("Failed: y is wrong at n = 3 with w = 5 (")
    assert text.endswith("depends on n and w.")


def test_a_failure_of_other_values_points_to_the_values() -> None:
    assert _summary(_case(GOOD), _case(BAD, seed=1), _case(GOOD, {"n": 3})) == (
        "Failed: y is wrong at the example size with other values (largest error 1.5, 746 times the tolerance); "
        "the example's own values pass at that size, so the export froze something that depends on the values."
    )


def test_slight_errors_are_not_blamed_on_a_frozen_size() -> None:
    slight = _output([1.0, 2.0], [1.0, 2.005])
    assert "; so little may be rounding in float64." in _summary(_case(GOOD), _case(slight, {"n": 3}))


def test_errors_as_large_as_those_of_the_model_itself_are_called_rounding() -> None:
    noise = NoiseFigures(1.0, 1.5, None, 1.0, 1.5, None, floor=1.0)
    noisy = _case(dataclasses.replace(BAD, noise=noise), {"n": 3})
    assert _summary(_case(GOOD), noisy).endswith(
        "the largest error is 746 times the tolerance, "
        "and the artifact is as near to the exact result as eager is (1.5x): rounding."
    )
    fault = _case(dataclasses.replace(BAD, noise=dataclasses.replace(noise, actual=11.0)), {"n": 3})
    assert _summary(_case(GOOD), noisy, fault).endswith("depends on n.")


def test_what_an_investigation_found_says_more_than_where_it_fails() -> None:
    found = Attribution(Origin.OPTIMIZER, "y differs: it is the optimiser", "n = 3", why="it is the optimiser")
    report = _report(_case(GOOD), _case(BAD, {"n": 3}))
    assert judge_report(dataclasses.replace(report, attribution=found)).summary.endswith("; it is the optimiser.")
    export = dataclasses.replace(found, origin=Origin.EXPORT)
    assert judge_report(dataclasses.replace(report, attribution=export)).summary.endswith("depends on n.")


def test_nan_at_other_places_shows_both_values() -> None:
    text = _summary(_case(GOOD), _case(_output([1.0, 2.0], [1.0, math.nan]), {"n": 3}))
    assert "(nan instead of 2 at [1])" in text
    assert text.endswith("depends on n.")


def test_each_wrong_output_is_named() -> None:
    outputs = (BAD, _output([1, 2], [1, 3], name="7"))
    case = dataclasses.replace(_fixed(_case(BAD)), outputs=outputs)
    text = _summary(case, sizes=None)
    assert text == (
        "Failed: y is wrong at the example size (largest error 1.5, 746 times the tolerance); "
        "output 7 is wrong at the example size (largest error 1)."
    )


def test_a_doubtful_output_is_named_with_its_reason() -> None:
    zero = _output([0.0], [0.0])
    assert _summary(_case(GOOD), _case(zero, {"n": 3})) == (
        "Doubtful: 2 cases agree exactly, but y proves little at n = 3: "
        "Every element is zero on both sides, which proves nothing: use other inputs."
    )


def test_small_shares_are_not_rounded_to_nothing() -> None:
    assert [percent(share) for share in (1.0, 0.0123, 1e-9)] == ["100 %", "1.2 %", "less than 0.01 %"]
