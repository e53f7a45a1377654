"""The worker's side of the protocol, spoken to directly."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelpack_gui.client.process import Gone, Message, Ready, WorkerProcess
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import Done, Event, Failed, Prepare, Run, Shutdown, Started
from modelpack_gui.core.records import ScanRequest
from tests.places import WORKER_FIXTURES
from tests.worker.harness import PATIENCE_S

Inbox = queue.SimpleQueue[Message]


@pytest.fixture
def inbox() -> Inbox:
    return queue.SimpleQueue()


@pytest.fixture
def worker(inbox: Inbox) -> Iterator[WorkerProcess]:
    worker = WorkerProcess("", WORKER_FIXTURES, lambda _sender, message: inbox.put(message))
    assert isinstance(inbox.get(timeout=PATIENCE_S), Ready)
    yield worker
    worker.kill()
    assert worker.join(PATIENCE_S)


def next_of(inbox: Inbox, *kinds: type) -> Message:
    while True:
        message = inbox.get(timeout=PATIENCE_S)
        if isinstance(message, kinds):
            return message


@pytest.mark.parametrize(
    ("line", "job"),
    [
        (b"this is not JSON", ""),
        (b"\xff\xfe", ""),
        (b"[1, 2]", ""),
        (b'{"kind": "Run", "job": "x-1"}', "x-1"),
        (b'{"kind": "Run", "job": "x-2", "stage": "scan", "request": {"kind": "Nonsense"}}', "x-2"),
    ],
)
def test_a_malformed_command_is_answered_and_the_worker_serves_on(
    worker: WorkerProcess, inbox: Inbox, line: bytes, job: str
) -> None:
    worker.send_raw(line)
    answer = next_of(inbox, Failed)
    assert isinstance(answer, Failed)
    assert (answer.job, answer.error.code) == (job, "protocol-malformed")
    worker.send(Run("next", "scan", ScanRequest(file="misbehaving.py")))
    assert isinstance(next_of(inbox, Done, Failed), Done)


def test_an_unknown_stage_is_a_failure(worker: WorkerProcess, inbox: Inbox) -> None:
    worker.send(Run("j", "paint", ScanRequest(file="misbehaving.py")))
    assert next_of(inbox, Started) == Started("j", "paint")
    answer = next_of(inbox, Done, Failed)
    assert isinstance(answer, Failed)
    assert answer.error.code == "stage-unknown"


def test_a_request_of_another_stage_is_a_failure_with_a_traceback(worker: WorkerProcess, inbox: Inbox) -> None:
    worker.send(Run("j", "load", ScanRequest(file="misbehaving.py")))
    answer = next_of(inbox, Done, Failed)
    assert isinstance(answer, Failed)
    assert answer.error.code == "stage-fault"
    assert "Traceback" in answer.error.details


def test_to_be_prepared_is_answered_by_nothing_whether_it_can_be_or_not(worker: WorkerProcess, inbox: Inbox) -> None:
    worker.send(Prepare("graph.layout"))
    worker.send(Prepare("paint"))
    worker.send(Run("j", "scan", ScanRequest(file="misbehaving.py")))
    assert next_of(inbox, Started, Done, Failed) == Started("j", "scan")
    assert isinstance(next_of(inbox, Done, Failed), Done)


def test_a_shutdown_ends_it_with_success(worker: WorkerProcess, inbox: Inbox) -> None:
    worker.send(Shutdown())
    assert next_of(inbox, Gone) == Gone(0)


def test_jobs_run_in_the_order_they_came_each_with_one_terminal_event(worker: WorkerProcess, inbox: Inbox) -> None:
    for number in range(20):
        worker.send(Run(f"job-{number}", "scan", ScanRequest(file="misbehaving.py")))
    events: list[Event] = []
    while len([event for event in events if isinstance(event, Done)]) < 20:
        message = next_of(inbox, Started, Done, Failed)
        assert isinstance(message, (Started, Done))
        events.append(message)
    expected = [(kind, f"job-{number}") for number in range(20) for kind in (Started, Done)]
    assert [(type(event), event.job) for event in events] == expected


def test_text_that_is_not_unicode_crosses_the_channel(worker: WorkerProcess, inbox: Inbox) -> None:
    worker.send(Run("j", "scan", ScanRequest(file="no-\udcff-such.py")))
    answer = next_of(inbox, Done, Failed)
    assert isinstance(answer, Failed)
    assert answer.error.code != "protocol-malformed"
    assert isinstance(answer.error, ErrorInfo)


def test_the_scratch_folder_is_deleted_with_the_worker(worker: WorkerProcess) -> None:
    scratch: Path = worker.scratch
    assert scratch.is_dir()
    worker.kill()
    assert worker.join(PATIENCE_S)
    assert not scratch.exists()
