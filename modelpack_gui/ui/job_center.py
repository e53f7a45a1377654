"""The jobs of the window: starts them through the client and follows each to its end."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from modelpack_gui.client.api import Client, Job
from modelpack_gui.core.events import (
    Cancelled,
    Done,
    Event,
    Failed,
    Log,
    Partial,
    Progress,
    Sample,
    Started,
    TerminalEvent,
)
from modelpack_gui.core.pipeline import verdict_of
from modelpack_gui.core.records import Request
from modelpack_gui.ui.bridge import EventBridge
from modelpack_gui.ui.look.theme import status_of
from modelpack_gui.ui.status import Status

LOG_LIMIT = 5000
JOB_LIMIT = 500
"""Jobs that have ended: each click on a node asks for some, and the list of them is drawn anew for each."""

LONE_STAGES = frozenset({"bench", "sweep", "profile"})
"""Stages that measure times: the client runs nothing beside them."""

Ended = Callable[[TerminalEvent], None]


@dataclass(frozen=True)
class JobView:
    """A job as the job dock shows it.

    Attributes:
        started_s, ended_s: `time.monotonic()`; `ended_s` is None while it runs or waits.
        error: Message of the failure; empty if there is none.
    """

    id: str
    stage: str
    title: str
    status: Status
    message: str
    fraction: float | None
    started_s: float
    ended_s: float | None = None
    error: str = ""

    @property
    def elapsed_s(self) -> float:
        """Seconds it took, or has taken so far."""
        return (self.ended_s if self.ended_s is not None else time.monotonic()) - self.started_s


@dataclass(frozen=True)
class LogLine:
    """One line of the log, and when and by which job it came."""

    time: datetime.datetime
    title: str
    log: Log


class JobCenter(QObject):
    """Keeps the jobs of this window, newest last; of those that have ended, the latest.

    Lives on the GUI thread. What runs is told every 50 ms, an end at once.
    """

    job_changed = Signal(object)  # JobView, also when it is new
    log_added = Signal(object)  # LogLine
    samples_added = Signal(object)  # core.events.Sample
    partial_added = Signal(object)  # core.events.Partial

    def __init__(self, client: Client, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._bridge = EventBridge(self)
        self._bridge.event_received.connect(self._on_event)
        self._handles: dict[str, Job] = {}
        self._ended: dict[str, Ended] = {}
        self.jobs: dict[str, JobView] = {}
        self.log: deque[LogLine] = deque(maxlen=LOG_LIMIT)

    def run(
        self,
        stage: str,
        request: Request,
        title: str,
        ended: Ended,
        *,
        interpreter: str = "",
        base: Path | None = None,
    ) -> str:
        """Start a job; `ended` is called once, on the GUI thread. Gives the job's id."""
        waiting = self.lone_text or "Waiting for a worker"
        job = self._client.run(stage, request, self._bridge.post, interpreter=interpreter, base=base)
        self._handles[job.id] = job
        self._ended[job.id] = ended
        self._put(JobView(job.id, stage, title, Status.RUNNING, waiting, None, time.monotonic()))
        return job.id

    @property
    def lone_text(self) -> str:
        """Why a job that is asked for now waits; empty unless times are being measured."""
        lone = [view for view in self.jobs.values() if view.ended_s is None and view.stage in LONE_STAGES]
        return f"Waiting for “{lone[0].title}” to end: it runs alone, so that its times are true" if lone else ""

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop."""
        if job_id in self._handles:
            self._put(dataclasses.replace(self.jobs[job_id], message="Cancelling"))
            self._handles[job_id].cancel()

    def is_running(self, job_id: str) -> bool:
        """Whether it has not ended yet."""
        return job_id in self._handles

    def close(self) -> None:
        """End everything; no signal comes after this."""
        self._bridge.close()
        self._client.close()

    def _on_event(self, event: Event) -> None:
        view = self.jobs.get(event.job)
        if view is None or view.ended_s is not None:
            return
        if isinstance(event, Started):
            self._put(dataclasses.replace(view, message="Starting"))
        elif isinstance(event, Progress):
            self._put(dataclasses.replace(view, message=event.message, fraction=event.fraction))
        elif isinstance(event, Log):
            line = LogLine(datetime.datetime.now().astimezone(), view.title, event)
            self.log.append(line)
            self.log_added.emit(line)
        elif isinstance(event, Sample):
            self.samples_added.emit(event)
        elif isinstance(event, Partial):
            self.partial_added.emit(event)
        else:
            self._end(view, event)

    def _end(self, view: JobView, event: Done | Failed | Cancelled) -> None:
        status, error = Status.CANCELLED, ""
        if isinstance(event, Done):
            status = status_of(verdict_of(event.result))
        elif isinstance(event, Failed):
            status, error = Status.FAILED, event.error.message
        del self._handles[view.id]
        self._put(
            dataclasses.replace(view, status=status, message="", fraction=None, ended_s=time.monotonic(), error=error)
        )
        self._ended.pop(view.id)(event)
        self._forget_oldest()

    def _forget_oldest(self) -> None:
        surplus = len(self.jobs) - len(self._handles) - JOB_LIMIT
        ended = (id_ for id_ in self.jobs if id_ not in self._handles)
        for id_ in tuple(itertools.islice(ended, max(0, surplus))):
            del self.jobs[id_]

    def _put(self, view: JobView) -> None:
        self.jobs[view.id] = view
        self.job_changed.emit(view)
