"""Runs one ordinary job alone, in a fresh process that measures: nothing else of the client runs beside it."""

from __future__ import annotations

import dataclasses

from modelpack_gui.client.gate import Gate
from modelpack_gui.client.job import WorkerJob
from modelpack_gui.client.job_director import JobDirector
from modelpack_gui.client.lane import Lane
from modelpack_gui.core.errors import JobCancelled
from modelpack_gui.core.events import Cancelled, Done, Event, Failed, TerminalEvent


class LoneJobDirector(JobDirector):
    """Waits until the client is quiet, has one process do the job, and ends that process.

    Args:
        interpreter: Of that process.
        gate: Says when no other job of the client runs.
    """

    def __init__(self, job: WorkerJob, interpreter: str, gate: Gate) -> None:
        super().__init__(f"alone: {job.stage}", job, gate)
        self._lane = Lane(interpreter, is_measuring=True)
        self._part: WorkerJob | None = None
        job.on_cancel(self._on_cancel)

    def _started_lanes(self) -> tuple[Lane, ...]:
        return (self._lane,) if self._part is not None else ()

    def _direct(self) -> TerminalEvent:
        job = self._job
        try:
            self._wait_for_gate()
        except JobCancelled:
            return Cancelled(job.id)
        part = WorkerJob(job.stage, job.request, self._forward, job.base, job.deadline_s)
        self._lane.start()
        with self._lock:
            self._part = part
        if job.is_cancel_requested:  # it came between the check and the line above
            part.cancel()
        self._lane.submit(part)
        answer = part.wait()
        assert answer is not None
        if isinstance(answer, Failed):
            return Failed(job.id, answer.outcome, answer.error)
        return Done(job.id, answer.result) if isinstance(answer, Done) else Cancelled(job.id, answer.result)

    def _forward(self, event: Event) -> None:
        """Pass on all that it says on its way, as said by the job that was asked for."""
        if not isinstance(event, (Done, Failed, Cancelled)):
            self._job.emit(dataclasses.replace(event, job=self._job.id))

    def _on_cancel(self) -> None:
        with self._news:
            part = self._part
            self._news.notify_all()
        if part is not None:
            part.cancel()
