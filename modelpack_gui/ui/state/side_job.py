"""One job beside the stages, which its owner starts again and again: how far it is, and how the last one ended."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import Cancelled, Failed, Partial, TerminalEvent
from modelpack_gui.core.records import Request
from modelpack_gui.ui.job_center import JobCenter, JobView
from modelpack_gui.ui.project.jobs import ProjectJobs


class SideJob(QObject):
    """Follows the job.

    Attributes:
        error: Why the last one gave nothing; None if it did, or while the next one runs.
        was_cancelled: Whether the user stopped the last one; it may have given a part of its result.
        message, fraction: What is being done while it runs.
    """

    changed = Signal()  # it started, went on, or ended
    part_came = Signal(object)  # the record of a Partial
    ended = Signal(object)  # the record that it gave; None if it gave none

    def __init__(self, jobs: JobCenter, project_jobs: ProjectJobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._project_jobs = project_jobs
        self._job = ""
        self._number = 0  # of the newest; the end of one that was forgotten may come while the next runs
        self.error: ErrorInfo | None = None
        self.was_cancelled = False
        self.message = ""
        self.fraction: float | None = None
        jobs.partial_added.connect(self._on_partial)
        jobs.job_changed.connect(self._on_job_changed)

    @property
    def is_running(self) -> bool:
        """Whether it is under way."""
        return bool(self._job)

    def start(self, stage: str, request: Request, title: str) -> None:
        """Run it; not while one runs."""
        if self._job:
            return
        self.error, self.was_cancelled = None, False
        self.message, self.fraction = self._jobs.lone_text or "Waiting for a worker", None
        self._number += 1
        number = self._number

        def ended(event: TerminalEvent) -> None:
            if number == self._number:
                self._on_ended(event)

        self._job = self._project_jobs.run(stage, request, title, ended)
        self.changed.emit()

    def cancel(self) -> None:
        """Ask it to stop."""
        if self._job:
            self._project_jobs.cancel(self._job)

    def forget(self) -> None:
        """Stop it, and wait for nothing of it: another project takes the place of the one it is about."""
        self.cancel()
        self._number += 1
        self._job, self.error, self.was_cancelled = "", None, False
        self.changed.emit()

    def _on_partial(self, partial: Partial) -> None:
        if self._job and partial.job == self._job:
            self.part_came.emit(partial.result)

    def _on_job_changed(self, view: JobView) -> None:
        if self._job and view.id == self._job and view.ended_s is None:
            self.message, self.fraction = view.message, view.fraction
            self.changed.emit()

    def _on_ended(self, event: TerminalEvent) -> None:
        self._job = ""
        if isinstance(event, Failed):
            self.error = event.error
            self.ended.emit(None)
        else:
            self.was_cancelled = isinstance(event, Cancelled)
            self.ended.emit(event.result)
        self.changed.emit()
