"""Go through the planned cases: what is known is taken over, the rest is run until the time is up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from modelpack_gui.core.context import Context
from modelpack_gui.core.parity.plan import Case
from modelpack_gui.core.records import CaseChoice, ParityCase, ParityPart, ParityRequest
from modelpack_gui.stages.common.paths import resolve
from modelpack_gui.stages.parity.keep import ValueStore, with_files_there, without_values
from modelpack_gui.stages.parity.one_case import Compared


class Tried(NamedTuple):
    """What was run or taken over, in the order of the plan, and what the time left out."""

    cases: tuple[ParityCase, ...]
    left: tuple[CaseChoice, ...]


def go_through(
    planned: Sequence[Case],
    request: ParityRequest,
    compare: Callable[[Case], Compared],
    context: Context,
    clock: Callable[[], float],
) -> Tried:
    """Run the cases one after another; each goes to the context as it comes, and only its own arrays are held.

    Args:
        clock: Seconds; what the time budget is measured by. At least one case is run.

    Raises:
        UserError: What the comparison of the example raises.
        JobCancelled: The user asked to stop.
    """
    asked = {choice.key for choice in request.only}
    known = {case.choice.key: with_files_there(case) for case in request.known}
    store = _store(request, context, tuple(known.values()))
    results = {key: case for key, case in known.items() if key not in asked}
    to_run = [case for case in planned if case.choice.key not in results]
    budget_s = request.parity.time_budget_s if request.parity.sweep and not asked else 0.0
    begun = clock()
    left: list[CaseChoice] = []
    for done, case in enumerate(to_run):
        context.check_cancelled()
        if done and 0 < budget_s <= clock() - begun:
            left = [item.choice for item in to_run[done:]]
            break
        number = len(planned) - len(to_run) + done + 1
        context.progress(f"Comparing at {case.label} ({number} of {len(planned)})", (number - 1) / len(planned))
        found, values = compare(case)
        if store is not None and values:
            found, evicted = store.keep(found, values, is_asked=bool(asked))
            for key in evicted & results.keys():
                results[key] = without_values(results[key])
                context.partial(ParityPart(results[key], number, len(planned)))
        results[case.choice.key] = found
        context.partial(ParityPart(found, number, len(planned)))
        del found, values
    if store is not None:
        store.tell()
    order = {case.choice.key: place for place, case in enumerate(planned)}
    ordered = sorted(results.items(), key=lambda item: order.get(item[0], len(order)))
    return Tried(tuple(case for _, case in ordered), tuple(left))


def _store(request: ParityRequest, context: Context, known: Sequence[ParityCase]) -> ValueStore | None:
    if not request.folder:
        return None
    store = ValueStore(resolve(context, request.folder), request.keep_bytes, context, known)
    if not request.only:
        store.delete_strays()
    return store
