"""The one judgement on parity: of the worker, which gathers the figures, and of the window, at other tolerances.

What a verdict needs is in the records: the vertices of the hull say exactly whether all elements are within any
tolerances, and which is the worst (see HullPoint). So a whole report is judged anew, its sentence included, without
its arrays and in about a millisecond. Judge the report that the worker gave, not one that was judged anew: there the
number of elements beyond the tolerance may be an estimate.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from modelpack_gui.core.figures import rounded
from modelpack_gui.core.parity.excuses import excuse
from modelpack_gui.core.parity.summary import Found, is_empty, summarise, untried
from modelpack_gui.core.parity.tolerance import (
    estimated_beyond,
    frontier,
    is_beyond,
    is_exact,
    smallest_atol,
    smallest_rtol,
    worst,
)
from modelpack_gui.core.parity.vacuity import vacuity
from modelpack_gui.core.records import OutputParity, ParityCase, ParityReport, ParitySpec, Regime, TieFacts, Verdict

__all__ = [
    "frontier",
    "judge_output",
    "judge_report",
    "kind_problem",
    "rejudge_case",
    "rejudge_output",
    "rejudge_report",
    "smallest_atol",
    "smallest_rtol",
]


def rejudge_report(report: ParityReport, spec: ParitySpec) -> ParityReport:
    """A report as it would be with these tolerances: verdicts, worst elements, sentence; its cases stay as they ran.

    Only the tolerances of `spec` count, with nan_equal and max_noise_ratio.
    """
    judged_by = dataclasses.replace(
        report.parity,
        rtol=spec.rtol,
        atol=spec.atol,
        low_precision=spec.low_precision,
        nan_equal=spec.nan_equal,
        max_noise_ratio=spec.max_noise_ratio,
    )
    cases = tuple(rejudge_case(case, judged_by, report.computes_in) for case in report.cases)
    return judge_report(dataclasses.replace(report, parity=judged_by, cases=cases))


def judge_report(report: ParityReport) -> ParityReport:
    """A report with its verdict and its sentence, from cases that are judged."""
    doubts = _doubts(report.cases)
    verdicts: list[Verdict] = [
        Verdict.PASSED if case.verdict is Verdict.WARNING else case.verdict for case in report.cases
    ]
    if doubts or report.is_random or is_empty(report) or untried(report) or report.left:
        verdicts.append(Verdict.WARNING)
    verdict = Verdict.worst(verdicts)
    return dataclasses.replace(report, verdict=verdict, summary=summarise(report, doubts))


def rejudge_case(case: ParityCase, spec: ParitySpec, computes_in: str = "") -> ParityCase:
    """A case as it would be with these tolerances; one that could not be compared stays as it is.

    Args:
        computes_in: See ParityReport.
    """
    if not case.outputs:
        return case
    outputs = tuple(rejudge_output(output, spec, computes_in, case.regime) for output in case.outputs)
    return dataclasses.replace(case, outputs=outputs, verdict=Verdict.worst([one.verdict for one in outputs]))


def rejudge_output(
    output: OutputParity, spec: ParitySpec, computes_in: str = "", regime: Regime = Regime.NORMAL
) -> OutputParity:
    """An output as it would be with these tolerances.

    The verdict, the worst element and its budget are exact, and so is the number of mismatched elements where the
    output passes or its tolerances are what they were; else that is an estimate.
    """
    rtol, atol = spec.tolerance_of(output.expected.dtype, computes_in)
    changes: dict[str, Any] = {}
    if output.hull and is_exact(output.expected.dtype):
        changes["allclose"] = _allclose(output, rtol, atol, nan_equal=True)
    elif output.hull:
        changes |= _measured_by(output, rtol, atol, nan_equal=spec.nan_equal)
    if output.tie is not None:
        of_scores = spec.tolerance_of(output.tie.dtype, computes_in)
        changes["tie"] = dataclasses.replace(output.tie, rtol=of_scores[0], atol=of_scores[1])
    changed = dataclasses.replace(output, rtol=rtol, atol=atol, nan_equal=spec.nan_equal, **changes)
    return judge_output(changed, spec, regime)


def _measured_by(output: OutputParity, rtol: float, atol: float, *, nan_equal: bool) -> dict[str, Any]:
    """The figures that depend on the tolerances, by the name of the field."""
    unequal_nans = 0 if output.nan_equal else output.equal_nans
    beyond, counted = output.mismatched - output.misplaced - unequal_nans, output.counted
    if (rtol, atol) != (output.rtol, output.atol):
        beyond, counted = _beyond(output, rtol, atol)
    point, max_budget = worst(output.hull, rtol, atol)
    is_same = (rtol, atol, nan_equal) == (output.rtol, output.atol, output.nan_equal)
    figures = {
        "mismatched": output.misplaced + (0 if nan_equal else output.equal_nans) + beyond,
        "max_budget": max_budget,
        "counted": counted,
        "allclose": output.allclose if is_same else _allclose(output, rtol, atol, nan_equal=nan_equal),
    }
    if output.misplaced:
        return figures
    return {
        **figures,
        "worst_index": point.index,
        "worst_expected": point.expected,
        "worst_actual": point.actual,
    }


def _beyond(output: OutputParity, rtol: float, atol: float) -> tuple[int, bool]:
    """How many elements are beyond the tolerance, and whether that is a count."""
    vertices = sum(is_beyond(point, rtol, atol) for point in output.hull)
    if not vertices:
        return 0, True
    estimate = estimated_beyond(output.grid, rtol, atol) if output.grid is not None else 0
    return min(max(vertices, estimate), output.elements), False


def _allclose(output: OutputParity, rtol: float, atol: float, *, nan_equal: bool) -> bool:
    return (
        not output.misplaced
        and (nan_equal or not output.equal_nans)
        and not any(is_beyond(point, rtol, atol) for point in output.hull)
    )


def judge_output(output: OutputParity, spec: ParitySpec, regime: Regime = Regime.NORMAL) -> OutputParity:
    """An output with its verdict and the reason for it, from its figures, which are by its own tolerances."""
    ties = _ties(output.tie)
    verdict, reason = _verdict(output, ties, spec, regime)
    if (verdict, reason, ties) == (output.verdict, output.reason, output.ties):
        return output  # as most of a report are: a copy takes longer than the judgement
    return dataclasses.replace(output, verdict=verdict, reason=reason, ties=ties)


def _ties(tie: TieFacts | None) -> str:
    """Whether the scores tie where the indices differ, in a sentence; empty if it is no question."""
    if tie is None:
        return ""
    if tie.unexplained:
        return f"{tie.unexplained} of {tie.differing} indices that differ are no choice between equal scores."
    gap = max(point.abs_diff for point in tie.hull)
    if _is_tie(tie):
        return f"Where they differ, the scores in {tie.scores} tie: they are at most {gap:.2g} apart."
    return f"Where they differ, the scores in {tie.scores} do not tie: they are up to {gap:.2g} apart."


def _is_tie(tie: TieFacts) -> bool:
    return not tie.unexplained and not any(is_beyond(point, tie.rtol, tie.atol) for point in tie.hull)


def kind_problem(output: OutputParity) -> str:
    """Why an output cannot be compared at all: its shape or its dtype; empty if it can."""
    expected, actual = output.expected, output.actual
    if expected.shape != actual.shape:
        return f"The shape is {actual.shape_text} instead of {expected.shape_text}."
    if expected.dtype != actual.dtype:
        return f"The dtype is {actual.dtype} instead of {expected.dtype}."
    return ""


def _verdict(output: OutputParity, ties: str, spec: ParitySpec, regime: Regime) -> tuple[Verdict, str]:
    problem = kind_problem(output)
    if problem:
        return Verdict.FAILED, problem
    if output.tie is not None and _is_tie(output.tie):
        of = f"{output.mismatched} of {output.elements} indices differ"
        return Verdict.WARNING, f"{of}, only where either choice is right. {ties}"
    problem = _fault(output) or _noise(output, spec)
    if problem:
        reason = excuse(output, regime, spec)
        if reason:
            return Verdict.WARNING, f"{problem[:-1]}; {reason}."
        return Verdict.FAILED, f"{problem} {ties}".rstrip()
    if regime in (Regime.NAN, Regime.INF) and (output.equal_nans or output.expected_infs):
        return Verdict.PASSED, ""  # that they come out at the same places is what these inputs are for
    found = vacuity(output, spec)
    if found is not None:
        return Verdict.WARNING, found.reason
    if output.equal_nans:
        return Verdict.WARNING, (
            f"{output.equal_nans} of {output.elements} elements are NaN on both sides, where nothing is compared."
        )
    return Verdict.PASSED, ""


def _noise(output: OutputParity, spec: ParitySpec) -> str:
    """Why its error is too large in units of the noise floor; empty if it is not."""
    ratio = output.noise.ratio if output.noise is not None else None
    if ratio is None or not 0 < spec.max_noise_ratio < ratio:
        return ""
    return f"The error is {rounded(ratio)} times the noise floor, and {spec.max_noise_ratio:g} times is allowed."


def _fault(output: OutputParity) -> str:
    """What is wrong with its values; empty if nothing is."""
    if output.misplaced:
        places = "place" if output.misplaced == 1 else "places"
        return (
            f"NaN or Inf is at other places than expected, at {output.misplaced} {places}: expected has "
            f"{output.expected_nans} NaN and {output.expected_infs} Inf, actual {output.actual_nans} and "
            f"{output.actual_infs}."
        )
    of = f"{output.mismatched} of {output.elements} elements"
    if output.equal_nans and not output.nan_equal:
        return f"{of} differ, {output.equal_nans} of them as NaN on both sides, which were asked not to agree."
    if not output.mismatched:
        return ""
    if is_exact(output.expected.dtype):
        return f"{of} differ; values of this dtype must be equal."
    about = "" if output.counted else "about "
    return f"{about}{of} are beyond the tolerance, the worst by a factor of {_factor(output.max_budget or 0.0)}."


def _factor(budget: float) -> str:
    """A factor above 1, never rounded to 1."""
    if math.isinf(budget):
        return "infinity (the tolerance is zero there)"
    if budget < 1.01:
        return "just over 1"
    return rounded(budget, 3)


def _doubts(cases: Sequence[ParityCase]) -> tuple[Found, ...]:
    """The outputs with a warning that puts the whole in doubt, with their cases.

    Extreme inputs may well give an output that proves nothing, as zeros give zeros, and one size a constant, as a
    softmax over one element: that does not count if the same output passes with usual inputs elsewhere.
    """
    found = [(case, output) for case in cases for output in case.outputs]
    proved = {
        output.name for case, output in found if case.regime is Regime.NORMAL and output.verdict is Verdict.PASSED
    }
    return tuple(
        (case, output)
        for case, output in found
        if output.verdict is Verdict.WARNING
        and not (output.name in proved and (case.regime is not Regime.NORMAL or _is_constant(output)))
    )


def _is_constant(output: OutputParity) -> bool:
    found = vacuity(output, ParitySpec())
    return found is not None and found.is_constant
