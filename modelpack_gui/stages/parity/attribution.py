"""Say where the largest difference comes from: rounding, or else the export, the runtime's optimiser, the runtime.

Where all is well, or a matter of rounding, the figures of the cases say so and nothing more is run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from modelpack_gui.core.context import Context
from modelpack_gui.core.parity.plan import Case
from modelpack_gui.core.records import Attribution, Origin, ParityCase, ParityRequest, Regime, Verdict
from modelpack_gui.stages.parity.glance import at_a_glance, difference, short
from modelpack_gui.stages.parity.opening import Opened
from modelpack_gui.stages.parity.way import has_fault, severity


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
