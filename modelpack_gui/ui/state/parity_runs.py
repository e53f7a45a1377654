"""What is particular about running parity: cases come one by one, their arrays lie in a folder, and a run goes on."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from modelpack_gui.client.results import ResultsFolder
from modelpack_gui.core.events import Failed, Partial, TerminalEvent
from modelpack_gui.core.records import ParityCase, ParityPart, ParityReport, ParityRequest
from modelpack_gui.ui.job_center import JobCenter


class ParityRuns(QObject):
    """Follows the run that is on. What it gave in the end is the stage's result, and not kept here.

    Attributes:
        cases: Of the run that is on, or that ended without a result: cancelled, failed or crashed.
        planned: How many that run was to have; 0 before the first one came.
    """

    changed = Signal()  # another case came, or they were forgotten

    def __init__(self, jobs: JobCenter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._results = ResultsFolder()
        self._folder: Path | None = None  # of the run that is on, or was last
        self._kept: Path | None = None  # of the result that there is
        self._added = 0
        self._job = ""
        self._ran_with: tuple[Any, ...] = ()
        self._now: tuple[Any, ...] = ()
        self.cases: tuple[ParityCase, ...] = ()
        self.planned = 0
        jobs.partial_added.connect(self._on_partial_added)

    def folder_beside(self) -> str:
        """A place for arrays that are added to the result's, and go with them."""
        self._added += 1
        return str((self._kept or self._results.path) / f"added-{self._added}")

    def prepare(self, request: ParityRequest, known: tuple[ParityCase, ...]) -> ParityRequest:
        """Give a run its folder. One that goes on takes over `known`, and the folder that their arrays are in."""
        if not known or self._folder is None:
            self._results.keep_only(self._kept)
            self._folder = self._results.new("parity")
        self._put(known, 0)
        return dataclasses.replace(request, folder=str(self._folder), known=known)

    def start(self, job: str, measured_by: tuple[Any, ...]) -> None:
        """It runs from now on, with these settings (see `pipeline.settings_of`)."""
        self._job = job
        self._ran_with = self._now = measured_by

    def follow(self, measured_by: tuple[Any, ...]) -> None:
        """The settings are others: the cases of a run that ended without a result may say nothing of them."""
        self._now = measured_by
        if not self._job and self._now != self._ran_with:
            self._put((), 0)

    def end(self, event: TerminalEvent) -> None:
        """It ended; without a result, the cases that came stay, so that the next run can go on from them."""
        self._job = ""
        self.follow(self._now)
        if not isinstance(event, Failed) and event.result is not None:
            self._kept = self._folder
            self._results.keep_only(self._kept)
            self._put((), 0)

    def forget(self) -> None:
        """Another project or another artifact takes the place of the one that they are about."""
        self._job = ""
        self._put((), 0)

    def clear(self) -> None:
        """Forget it all, arrays included: the window closes, or shows another project."""
        self.forget()
        self._folder = self._kept = None
        self._results.remove()

    def _on_partial_added(self, partial: Partial) -> None:
        part = partial.result
        if partial.job == self._job and isinstance(part, ParityPart):
            cases = self.cases
            if any(case.choice.key == part.case.choice.key for case in cases):  # with other arrays than before
                self._put(_replaced(cases, (part.case,)), part.planned)
            else:
                self._put((*cases, part.case), part.planned)

    def _put(self, cases: tuple[ParityCase, ...], planned: int) -> None:
        is_other = (cases, planned) != ((), 0) or (self.cases, self.planned) != ((), 0)
        self.cases, self.planned = cases, planned
        if is_other:
            self.changed.emit()


def with_cases(report: ParityReport, cases: tuple[ParityCase, ...]) -> ParityReport:
    """A report with cases that were run again in place of what it had for the same inputs."""
    return dataclasses.replace(report, cases=_replaced(report.cases, cases))


def _replaced(cases: tuple[ParityCase, ...], others: tuple[ParityCase, ...]) -> tuple[ParityCase, ...]:
    again = {case.choice.key: case for case in others}
    return tuple(again.get(case.choice.key, case) for case in cases)
