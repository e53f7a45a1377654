"""Exit statuses, and which one some results stand for."""

from __future__ import annotations

from collections.abc import Sequence

from modelpack_gui.cli.further import FurtherResult
from modelpack_gui.client.recipe_run import StageResult
from modelpack_gui.core.events import Outcome
from modelpack_gui.core.records import Verdict

PASSED = 0
NOT_PASSED = 1
BAD_INPUT = 2
CRASHED = 3
CANCELLED = 130
READER_GONE = 141  # as a program that SIGPIPE ended: with `pipefail`, 0 would say that everything passed


def exit_status(results: Sequence[StageResult], further: Sequence[FurtherResult] = ()) -> int:
    """The exit status of some stages: that of the gravest ending among them.

    Args:
        further: What followed: how it ended, and whether it lets the command pass.
    """
    outcomes = {result.outcome for result in results} | {found.outcome for found in further}
    if Outcome.CANCELLED in outcomes:
        return CANCELLED
    if outcomes & {Outcome.CRASHED, Outcome.TIMED_OUT}:
        return CRASHED
    if Outcome.FAILED in outcomes:
        return BAD_INPUT
    ran = [result for result in results if not result.skipped]
    # A check or a parity without a single case has the verdict `skipped`: it proves nothing, so it did not pass.
    is_passed = all(result.verdict in (Verdict.PASSED, Verdict.WARNING) for result in ran)
    is_passed = is_passed and all(found.is_passed for found in further)
    return PASSED if ran and is_passed else NOT_PASSED
