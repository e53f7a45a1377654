"""A client that does no work: each job plays back the events a test prepared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from modelpack_gui.client.api import Listener
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import Cancelled, Done, Event, Failed, Outcome, Started, TerminalEvent
from modelpack_gui.core.records import Request, Result

Answer: TypeAlias = "Result | ErrorInfo | Callable[[Request], Result | ErrorInfo]"


class FakeJob:
    """A job whose events the test gives by hand, or that was answered at once."""

    def __init__(self, job_id: str, stage: str, request: Request, listener: Listener) -> None:
        self.id = job_id
        self.stage = stage
        self.request = request
        self._listener = listener
        self.ended: TerminalEvent | None = None
        self.is_cancelled = False

    def give(self, event: Event) -> None:
        """Send an event to whoever listens."""
        if isinstance(event, (Done, Failed, Cancelled)):
            self.ended = event
        self._listener(event)

    def answer(self, answer: Result | ErrorInfo) -> None:
        """End the job."""
        if isinstance(answer, ErrorInfo):
            self.give(Failed(self.id, Outcome.FAILED, answer))
        else:
            self.give(Done(self.id, answer))

    def cancel(self) -> None:
        self.is_cancelled = True
        if self.ended is None:
            self.give(Cancelled(self.id))

    def wait(self, timeout_s: float | None = None) -> TerminalEvent | None:
        return self.ended


class FakeClient:
    """Answers jobs of the stages in `answers` at once; others stay open until the test calls `job.answer`."""

    def __init__(self, answers: dict[str, Answer] | None = None) -> None:
        self.answers: dict[str, Answer] = dict(answers or {})
        self.jobs: list[FakeJob] = []
        self.interpreters: list[str] = []
        self.bases: list[Path | None] = []
        self.is_closed = False

    def run(
        self,
        stage: str,
        request: Request,
        listener: Listener,
        *,
        interpreter: str = "",
        base: Path | None = None,
        deadline_s: float | None = None,
    ) -> FakeJob:
        job = FakeJob(f"job-{len(self.jobs) + 1}", stage, request, listener)
        self.jobs.append(job)
        self.interpreters.append(interpreter)
        self.bases.append(base)
        job.give(Started(job.id, stage))
        answer = self.answers.get(stage)
        if callable(answer):
            job.answer(answer(request))
        elif answer is not None:
            job.answer(answer)
        return job

    def last(self, stage: str) -> FakeJob:
        """The newest job of a stage."""
        return [job for job in self.jobs if job.stage == stage][-1]

    def close(self) -> None:
        self.is_closed = True
