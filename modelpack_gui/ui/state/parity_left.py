"""What a run of parity left out, for lack of time or as it was cancelled, and going on with that."""

from __future__ import annotations

from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import ParityReport
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.status import Status


def is_live(controller: Controller) -> bool:
    """Whether the cases of a run are what there is to see: it is on, or it ended without a report."""
    state = controller.state(Stage.PARITY)
    if not controller.parity.cases:
        return False
    is_there = state.result is not None and state.error is None
    return state.status is Status.RUNNING or not is_there or state.status is Status.STALE


def cases_left(controller: Controller) -> int:
    """How many cases can be gone on with; 0 while parity runs or waits."""
    state, runs = controller.state(Stage.PARITY), controller.parity
    if state.is_under_way:
        return 0
    if is_live(controller):
        return max(runs.planned - len(runs.cases), 1)
    report = controller.result(Stage.PARITY, ParityReport)
    return len(report.left) if report is not None and state.status is not Status.STALE else 0


def go_on(controller: Controller) -> None:
    """Run the cases that are left; those that ran are kept."""
    report = controller.result(Stage.PARITY, ParityReport)
    controller.go_on(controller.parity.cases if report is None or is_live(controller) else report.cases)
