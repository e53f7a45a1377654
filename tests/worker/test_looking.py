"""What was clicked on is told while something long runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.core.events import Done
from modelpack_gui.core.records import OperatorDocs, OperatorDocsRequest
from tests.places import WORKER_FIXTURES
from tests.worker.harness import Recorder, ended, load


@pytest.fixture
def client() -> Iterator[WorkerClient]:
    made = WorkerClient()
    yield made
    made.close()


def test_a_question_about_what_is_selected_does_not_wait_for_a_job_that_takes_long(client: WorkerClient) -> None:
    busy = Recorder()
    hanging = client.run("load", load("loops"), busy, base=WORKER_FIXTURES)
    request = OperatorDocsRequest("Conv", "ai.onnx", 20)
    event = ended(client.run("operator-docs", request, Recorder(), base=WORKER_FIXTURES))
    assert isinstance(event, Done)
    assert isinstance(event.result, OperatorDocs)
    assert event.result.since_version == 11
    assert not busy.terminals
    hanging.cancel()
    ended(hanging)
