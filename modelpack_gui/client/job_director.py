"""What the threads share that steer a job of many processes: a benchmark, a matrix."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

from modelpack_gui.client import crash
from modelpack_gui.client.gate import Gate
from modelpack_gui.client.job import WorkerJob
from modelpack_gui.client.lane import Lane
from modelpack_gui.core.errors import ErrorInfo, JobCancelled, UserError
from modelpack_gui.core.events import Failed, Outcome, TerminalEvent

HELLO_S = 60.0
"""A process that has not said by then what it can do has hung."""


class StopJobError(Exception):
    """The job cannot go on at all."""

    def __init__(self, outcome: Outcome, error: ErrorInfo) -> None:
        super().__init__(error.message)
        self.outcome = outcome
        self.error = error


class JobDirector(threading.Thread, ABC):
    """Sees one job to its one terminal event, and every process that it started to its end.

    Args:
        name: Of the thread.
        gate: The job's ticket is given back to it at the end.
    """

    def __init__(self, name: str, job: WorkerJob, gate: Gate) -> None:
        super().__init__(name=name, daemon=True)
        self._job = job
        self._gate = gate
        self._lock = threading.Lock()  # what other threads look at is changed under it
        self._news = threading.Condition(self._lock)

    @abstractmethod
    def _direct(self) -> TerminalEvent:
        """Do the job; runs on the thread. UserError, StopJobError and whatever else it raises become a failure."""

    @abstractmethod
    def _started_lanes(self) -> tuple[Lane, ...]:
        """Every lane that was started; called with the lock held."""

    def stop(self) -> None:
        """Cancel it, without waiting."""
        self._job.cancel()

    def kill_workers(self) -> None:
        """End every process at once, from any thread."""
        for lane in self._lanes_now():
            lane.kill_workers()

    def join_workers(self, timeout_s: float) -> bool:
        """Wait until the job has ended and no process is left; False if the time passed first."""
        self.join(timeout_s)
        return not self.is_alive()

    def run(self) -> None:
        """The thread."""
        try:
            terminal = self._direct()
        except UserError as error:
            terminal = Failed(self._job.id, Outcome.FAILED, error.info)
        except StopJobError as stop:
            terminal = Failed(self._job.id, stop.outcome, stop.error)
        except Exception as error:  # noqa: BLE001 (whatever it is, the job must end)
            terminal = Failed(self._job.id, Outcome.FAILED, crash.fault(error))
        lanes = self._lanes_now()
        for lane in lanes:
            lane.stop()
        for lane in lanes:
            lane.join_workers(5.0)
        self._gate.leave(self._job.ticket)
        self._job.emit(terminal)

    def _wait_for_gate(self) -> None:
        """Wait until the job may start.

        Raises:
            JobCancelled: It was cancelled before that.
        """
        self._gate.watch(self._on_news)
        try:
            with self._news:
                self._news.wait_for(lambda: self._job.is_cancel_requested or self._gate.may_start(self._job.ticket))
        finally:
            self._gate.unwatch(self._on_news)
        if self._job.is_cancel_requested:
            raise JobCancelled

    def _on_news(self) -> None:
        """Have who waits look again."""
        with self._news:
            self._news.notify_all()

    def _lanes_now(self) -> tuple[Lane, ...]:
        with self._lock:
            return self._started_lanes()
