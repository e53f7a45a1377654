"""What the tests with real worker processes share."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable
from pathlib import Path

from modelpack_gui.client.api import Job
from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.core.events import Cancelled, Done, Event, Failed, Log, TerminalEvent
from modelpack_gui.core.records import InputSpec, LoadRequest, ModelSource, Request
from tests.places import WORKER_FIXTURES

PATIENCE_S = 90.0


class SharedClient:
    """Workers that outlive the command which closes its client; each start of torch costs seconds."""

    def __init__(self, client: WorkerClient) -> None:
        self.run = client.run

    def close(self) -> None:
        """Keep the workers for the next test."""


class Recorder:
    """A listener that keeps the events of a job, and lets a test wait for one."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._news = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def wait_for(self, is_meant: Callable[[Event], bool]) -> Event:
        def found() -> Event | None:
            return next((event for event in self.events if is_meant(event)), None)

        with self._news:
            event = self._news.wait_for(found, PATIENCE_S)
        assert event is not None, f"it did not come; there were {self.events}"
        return event

    def wait_for_line(self, start: str) -> str:
        event = self.wait_for(lambda event: isinstance(event, Log) and event.message.startswith(start))
        assert isinstance(event, Log)
        return event.message.removeprefix(start)

    @property
    def lines(self) -> list[tuple[str, str]]:
        return [(event.source, event.message) for event in self.events if isinstance(event, Log)]

    @property
    def terminals(self) -> list[Event]:
        return [event for event in self.events if isinstance(event, (Done, Failed, Cancelled))]


def ended(job: Job) -> TerminalEvent:
    event = job.wait(PATIENCE_S)
    assert event is not None, f"{job.stage} did not end"
    return event


def run(
    client: WorkerClient,
    stage: str,
    request: Request,
    *,
    interpreter: str = "",
    base: Path = WORKER_FIXTURES,
    deadline_s: float | None = None,
) -> tuple[TerminalEvent, Recorder]:
    recorder = Recorder()
    event = ended(client.run(stage, request, recorder, interpreter=interpreter, base=base, deadline_s=deadline_s))
    assert recorder.terminals == [event]
    assert recorder.events[-1] == event
    return event, recorder


def load(name: str, file: str = "misbehaving.py", inputs: tuple[InputSpec, ...] = ()) -> LoadRequest:
    return LoadRequest(ModelSource(file=file, name=name), inputs)


class ProcessWatch:
    """Knows when a process that is not our child has ended (Linux)."""

    def __init__(self, pid: int) -> None:
        self._fd = os.pidfd_open(pid)

    def has_ended(self) -> bool:
        ready, _, _ = select.select([self._fd], [], [], PATIENCE_S)
        os.close(self._fd)
        return bool(ready)
