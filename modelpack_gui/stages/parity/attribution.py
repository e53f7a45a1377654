"""Say where the largest difference comes from: rounding, or else the export, the runtime's optimiser, the runtime.

Where all is well, or a matter of rounding, the figures of the cases say so and nothing more is run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from modelpack_gui.core.context import Context
from modelpack_gui.core.parity_plan import Case
from modelpack_gui.core.parity_summary import shown_name
from modelpack_gui.core.records import Attribution, Origin, OutputParity, ParityCase, ParityRequest, Regime, Verdict
from modelpack_gui.core.rounding import nearness
from modelpack_gui.stages.parity.opening import Opened
from modelpack_gui.stages.parity.way import has_fault, is_same, is_unlike, severity


def attribute(
    judged: Sequence[ParityCase],
    planned: Sequence[Case],
    opened: Opened,
    request: ParityRequest,
    context: Context,
    clock: Callable[[], float],
    *,
    is_random: bool,
) -> Attribution | None:
    """The origin of the largest difference; None if nothing could be compared, or all that failed did not run.

    Args:
        judged: All cases of a comparison.
        planned: The same, as inputs.
        is_random: See ParityReport.

    Raises:
        JobCancelled: The user asked to stop.
    """
    worst = worst_case(judged)
    if worst is None:
        return None
    whom = short(opened.reference.title)
    if is_random:
        sentence = "the model gives different answers to the same input: no difference can be told from its own"
        return Attribution(Origin.UNKNOWN, sentence, worst.label)
    found = at_a_glance(worst, whom, opened.computes_in)
    if found is not None:
        return found
    case = next((item for item in planned if item.choice.key == worst.choice.key), None)
    if case is None:
        return Attribution(Origin.UNKNOWN, difference(worst, whom), worst.label)
    from modelpack_gui.stages.parity.investigation import Investigation  # it needs the exporters, which take a while

    is_of_size = agrees_at_example(judged, planned, worst)
    return Investigation(case, worst, opened, request, context, clock, is_of_size=is_of_size).attribution()


def short(title: str) -> str:
    """What is compared with, as a sentence has room for it: `eager`."""
    return title.removesuffix(" PyTorch")


def worst_case(judged: Sequence[ParityCase]) -> ParityCase | None:
    """The case with the largest error in noise floors: of those that failed, and of those with usual values.

    None where the failed ones have no values: beside them those that agree would say nothing of the failure.
    """
    failed = [case for case in judged if case.verdict is Verdict.FAILED]
    candidates = [case for case in failed or judged if case.outputs]
    candidates = [case for case in candidates if case.regime is Regime.NORMAL] or candidates
    return max(candidates, key=lambda case: max(map(severity, case.outputs)), default=None)


def agrees_at_example(judged: Sequence[ParityCase], planned: Sequence[Case], worst: ParityCase) -> bool:
    """Whether values of the same kind agree at all sizes of the example, so that a failure is one of another size."""
    keys = {case.choice.key for case in planned if not case.changed and case.regime is worst.regime}
    there = [case for case in judged if case.choice.key in keys]
    return bool(there) and not any(
        case.verdict is not Verdict.PASSED or any(map(has_fault, case.outputs)) for case in there
    )


def worst_output(case: ParityCase) -> OutputParity:
    """The output of a case with the largest error; a failed one if there is one."""
    return max(case.outputs, key=lambda output: (output.verdict is Verdict.FAILED, severity(output)))


def at_a_glance(case: ParityCase, whom: str, computes_in: str) -> Attribution | None:
    """What the figures of a case tell without another run; None if they show more than rounding.

    Args:
        whom: It is compared with.
        computes_in: See ParityReport.
    """
    if any(map(has_fault, case.outputs)):
        return None
    if all(map(is_same, case.outputs)):
        return Attribution(Origin.NONE, f"agrees exactly with {whom}", case.label)
    output = worst_output(case)
    lower = computes_in if computes_in and computes_in != output.expected.dtype else ""
    text = difference(case, whom)
    if output.noise is None:
        if lower:
            sentence = f"{text}, within the tolerance for {lower}, which it computes in"
            return Attribution(Origin.PRECISION, sentence, case.label)
        sentence = f"{text}, within the tolerance; the exact result is not known"
        return Attribution(Origin.UNKNOWN, sentence, case.label)
    tight = "; the tolerance is tighter than that" if output.verdict is Verdict.FAILED else ""
    near = nearness(output.noise, lower)
    if lower:
        sentence = f"{text}, {near}: its lower precision{tight}"
        return Attribution(Origin.PRECISION, sentence, case.label)
    return Attribution(Origin.ROUNDING, f"{text}, {near}: rounding{tight}", case.label)


def difference(case: ParityCase, whom: str) -> str:
    """How a case differs at its worst: `logits differs from eager by 3e-06`; without the name of a lone output."""
    output = worst_output(case)
    name = f"{shown_name(output)} " if len(case.outputs) > 1 else ""
    if output.expected.shape != output.actual.shape:
        return f"{name}has another shape than {whom} gives"
    if output.expected.dtype != output.actual.dtype:
        return f"{name}has another dtype than {whom} gives"
    if output.misplaced:
        return f"{name}has NaN or Inf at other places than {whom}"
    if is_unlike(output):
        return f"{name}differs from {whom} in {output.mismatched} of {output.elements} elements"
    if output.max_abs_diff is None or math.isnan(output.max_abs_diff):
        return f"{name}differs from {whom}"
    return f"{name}differs from {whom} by {output.max_abs_diff:.2g}"
