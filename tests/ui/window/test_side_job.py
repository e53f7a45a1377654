from __future__ import annotations

from pytestqt.qtbot import QtBot

from modelpack_gui.core.records.graph_layout import LayoutRequest
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.state.side_job import SideJob
from tests.ui.fake_client import FakeClient


def test_the_end_of_a_forgotten_job_is_not_taken_for_that_of_the_next(
    qtbot: QtBot, controller: Controller, client: FakeClient
) -> None:
    jobs = controller.graph.jobs
    job = SideJob(jobs, controller.graph.project_jobs)
    job.start("graph.layout", LayoutRequest("first"), "First")
    first = client.last("graph.layout")
    job.forget()
    job.start("graph.layout", LayoutRequest("second"), "Second")
    first.cancel()
    qtbot.waitUntil(lambda: not jobs.is_running(first.id))
    assert job.is_running
    assert not job.was_cancelled
