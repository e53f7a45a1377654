from __future__ import annotations

from pytestqt.qtbot import QtBot

from modelpack_gui.core.records.graph_layout import LayoutRequest
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.latest_job import LatestJob
from tests.ui.fake_client import FakeClient


def test_a_job_that_a_benchmark_keeps_waiting_says_so(
    qtbot: QtBot, controller: Controller, client: FakeClient
) -> None:
    jobs, request = controller.graph.jobs, LayoutRequest("columns")
    jobs.run("bench", request, "Benchmark", lambda _ended: None)
    job = LatestJob(jobs, controller.graph.project_jobs)
    job.start("graph.layout", request, "Lay the graph out")
    assert job.message == "Waiting for “Benchmark” to end: it runs alone, so that its times are true"

    client.last("bench").cancel()
    qtbot.waitUntil(lambda: not jobs.lone_text)
    job.start("graph.layout", request, "Lay the graph out")
    assert "Benchmark" not in job.message
