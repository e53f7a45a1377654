"""Benchmarks of the page in tests: begun, and ended with a report."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import BenchReport
from modelpack_gui.ui.controller import Controller
from tests.ui.fake_client import FakeClient, FakeJob


def start(controller: Controller, client: FakeClient, qtbot: QtBot) -> FakeJob:
    """Run the benchmark; its job waits for what it is told."""
    controller.run(Stage.BENCH)
    qtbot.waitUntil(lambda: any(job.stage == "bench" and job.ended is None for job in client.jobs))
    return client.last("bench")


def answer(job: FakeJob, report: BenchReport, controller: Controller, qtbot: QtBot) -> None:
    """Let the job end with a report, and wait until that is the stage's result."""
    job.answer(report)
    qtbot.waitUntil(lambda: controller.state(Stage.BENCH).result is report)
