"""A job of which only the newest counts: what is asked for now takes the place of what was asked for before."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import Cancelled, Failed, TerminalEvent
from modelpack_gui.core.records import Request
from modelpack_gui.ui.job_center import JobCenter, JobView
from modelpack_gui.ui.project.jobs import ProjectJobs


class LatestJob(QObject):
    """Follows the newest job; one that is still under way when the next starts is cancelled, and not heard.

    Attributes:
        error: Why the last one gave nothing; None if it did, or while the next one runs.
        was_cancelled: Whether the user stopped the last one.
        message, fraction: What is being done while it runs.
    """

    changed = Signal()  # it started, went on, or ended
    ended = Signal(object)  # the record that it gave; not sent if it gave none

    def __init__(self, jobs: JobCenter, project_jobs: ProjectJobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._project_jobs = project_jobs
        self._job = ""
        self._number = 0  # of the newest; a job may end before its id is known
        self.is_running = False
        self.error: ErrorInfo | None = None
        self.was_cancelled = False
        self.message = ""
        self.fraction: float | None = None
        jobs.job_changed.connect(self._on_job_changed)

    def start(self, stage: str, request: Request, title: str) -> None:
        """Run it, in the place of the one before."""
        self._drop()
        number = self._number
        self.error, self.was_cancelled, self.is_running = None, False, True
        self.message, self.fraction = self._jobs.lone_text, None

        def ended(event: TerminalEvent) -> None:
            if number == self._number:
                self._on_ended(event)

        job = self._project_jobs.run(stage, request, title, ended)
        if self.is_running and number == self._number:
            self._job = job
        self.changed.emit()

    def cancel(self) -> None:
        """Ask it to stop."""
        if self._job:
            self._project_jobs.cancel(self._job)

    def forget(self) -> None:
        """Stop it, and wait for nothing of it."""
        self._drop()
        self.error, self.was_cancelled = None, False
        self.changed.emit()

    def _drop(self) -> None:
        self._number += 1
        job, self._job, self.is_running = self._job, "", False
        if job:
            self._project_jobs.cancel(job)

    def _on_job_changed(self, view: JobView) -> None:
        if self._job and view.id == self._job and view.ended_s is None:
            self.message, self.fraction = view.message, view.fraction
            self.changed.emit()

    def _on_ended(self, event: TerminalEvent) -> None:
        self._job, self.is_running = "", False
        if isinstance(event, Failed):
            self.error = event.error
        elif isinstance(event, Cancelled):
            self.was_cancelled = True
        else:
            self.ended.emit(event.result)
        self.changed.emit()
