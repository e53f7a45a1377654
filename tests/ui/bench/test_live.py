"""The benchmark page while a benchmark runs: which runner is how far, its samples, what is left."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from modelpack_gui.core.events import Log, Progress, Sample
from modelpack_gui.core.records import runner_specs
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.pages.bench import BenchPage
from modelpack_gui.ui.state.bench_live import TimeLeft, runner_at_work
from modelpack_gui.ui.widgets.bench.tabs import LATENCY, LOAD
from tests.ui import made_reports as made
from tests.ui.bench.made_bench import lab_report
from tests.ui.bench.runs import answer, start
from tests.ui.fake_client import FakeClient, FakeJob


def test_no_part_of_the_page_is_a_window_of_its_own(
    page: BenchPage, job: FakeJob, controller: Controller, qtbot: QtBot
) -> None:
    answer(job, made.bench_report(has_error=True), controller, qtbot)
    windows = [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
    assert windows == [page]


def test_before_the_first_sample_it_says_which_runner_is_made_ready(
    page: BenchPage, job: FakeJob, qtbot: QtBot
) -> None:
    assert page.progress.isVisible()
    assert page.cancel_button.isVisible()
    assert not page.chart.has_picture
    assert page.progress.words("eager") == "waiting for its turn"
    job.give(Progress(job.id, "Preparing Eager PyTorch", 0.0))
    qtbot.waitUntil(lambda: page.progress.words("eager") == "is made ready")
    job.give(Log(job.id, "warning", "Eager PyTorch is left out: The model could not be built."))
    job.give(Progress(job.id, "Preparing ONNX Runtime", 0.1))
    qtbot.waitUntil(lambda: page.progress.words("onnxruntime") == "is made ready")
    assert page.progress.words("eager") == "left out: The model could not be built."
    job.give(Progress(job.id, "Preparing TorchScript (traced)", 0.2))
    qtbot.waitUntil(lambda: page.progress.words("onnxruntime") == "ready")
    job.give(Progress(job.id, "Preparing ONNX Runtime, a second time", 0.3))
    qtbot.waitUntil(lambda: page.progress.at_work == "")
    job.give(Progress(job.id, "Warming up ONNX Runtime", 0.4))
    qtbot.waitUntil(lambda: page.progress.words("onnxruntime") == "warming up")


def test_samples_fill_the_chart_and_the_progress_while_it_runs(page: BenchPage, job: FakeJob, qtbot: QtBot) -> None:
    job.give(Sample(job.id, "eager", "warmup", (9.0, 8.0)))
    qtbot.waitUntil(page.progress.isVisible)
    qtbot.waitUntil(lambda: page.progress.words("eager") == "warming up, 2 of 50")
    assert page.progress.words("onnxruntime") == "waiting for its turn"
    assert not page.chart.has_picture
    job.give(Sample(job.id, "eager", "timed", (2.0, 3.0, 4.0)))
    job.give(Sample(job.id, "eager", "timed", (5.0, 6.0)))
    qtbot.waitUntil(lambda: page.progress.words("eager") == "5 of 500 timed · p50 so far 4.00 ms")
    qtbot.waitUntil(lambda: bool(page.chart.line_places("eager")))  # drawn ten times a second at most
    assert page.chart.line_places("eager")[0] == pytest.approx(4.0)


def test_samples_of_another_job_are_not_drawn(page: BenchPage, job: FakeJob, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.controller.jobs.job_changed):
        page.controller.jobs.samples_added.emit(Sample("job-of-another-project", "eager", "timed", (1.0,)))
        job.give(Progress(job.id, "Loading", None))
    assert page.live.samples == {}


def test_a_changed_setting_while_it_runs_does_not_change_what_is_promised(
    page: BenchPage, job: FakeJob, qtbot: QtBot
) -> None:
    job.give(Sample(job.id, "eager", "timed", (2.0,)))
    qtbot.waitUntil(page.progress.isVisible)
    page.settings.iterations.setValue(7)
    job.give(Sample(job.id, "eager", "timed", (2.0,)))
    qtbot.waitUntil(lambda: page.progress.words("eager").startswith("2 of 500"))


def test_the_runner_at_work_is_in_bold(page: BenchPage, job: FakeJob, qtbot: QtBot) -> None:
    job.give(Sample(job.id, "eager", "timed", (2.0,)))
    qtbot.waitUntil(page.progress.isVisible)
    qtbot.waitUntil(lambda: page.progress.at_work == "eager")
    job.give(Progress(job.id, "Round 1 of 20: ONNX Runtime", 0.2))
    qtbot.waitUntil(lambda: page.progress.at_work == "onnxruntime")


def test_while_it_runs_wrong_outputs_are_named_and_drawn_as_invalid(
    page: BenchPage, job: FakeJob, qtbot: QtBot
) -> None:
    job.give(Log(job.id, "warning", "ONNX Runtime gives wrong outputs: 5 of 5 elements are beyond the tolerance."))
    job.give(Sample(job.id, "onnxruntime", "timed", (1.0, 2.0, 3.0)))
    qtbot.waitUntil(
        lambda: page.progress.words("onnxruntime") == "wrong outputs · 3 of 500 timed · p50 so far 2.00 ms"
    )
    assert page.chart.legend.entries["onnxruntime"].text().endswith("(wrong outputs)")


def test_a_runner_that_ends_midway_says_why_while_the_others_go_on(
    page: BenchPage, job: FakeJob, qtbot: QtBot
) -> None:
    job.give(Sample(job.id, "eager", "timed", (1.0, 2.0, 3.0)))
    job.give(Log(job.id, "warning", "Eager PyTorch is measured no further: The worker process crashed."))
    qtbot.waitUntil(lambda: page.progress.words("eager") == "measured no further: The worker process crashed.")


def test_what_is_left_counts_the_seconds_under_load(
    page: BenchPage, controller: Controller, client: FakeClient, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    runners = runner_specs("eager", "onnxruntime")
    bench = dataclasses.replace(controller.recipe.bench, runners=runners, iterations=4, callers=(1, 2), load_s=3.0)
    controller.edit(dataclasses.replace(controller.recipe, bench=bench), "load")
    job = start(controller, client, qtbot)
    now = [100.0]
    monkeypatch.setattr("modelpack_gui.ui.state.bench_live.time.monotonic", lambda: now[0])
    job.give(Progress(job.id, "Round 1 of 2: Eager PyTorch", 0.1))
    job.give(Sample(job.id, "eager", "timed", (1.0, 2.0)))
    qtbot.waitUntil(lambda: "eager" in page.live.samples)
    now[0] += 10.0
    job.give(Sample(job.id, "onnxruntime", "timed", (1.0, 2.0)))
    qtbot.waitUntil(lambda: page.live.time_left() == "about 22 s left")  # 10 of runs, and 2 x 2 x 3 of load


def test_the_tabs_stay_where_they_are_from_one_to_the_other(
    page: BenchPage, job: FakeJob, controller: Controller, qtbot: QtBot
) -> None:
    answer(job, lab_report(), controller, qtbot)
    bar, places = page.tabs.tabBar(), []
    for name in (LATENCY, LOAD, LATENCY):
        page.tabs.show_tab(name)
        QApplication.processEvents()
        places.append(bar.mapTo(page, bar.rect().topLeft()))
        assert page.sentence.isVisible() == (name == LATENCY)
    assert len(set(map(str, places))) == 1


def test_of_two_titles_that_end_alike_the_longer_is_the_runner_at_work() -> None:
    titles = {"a": "Runtime", "b": "ONNX Runtime"}
    assert runner_at_work("Round 1 of 2: ONNX Runtime", titles) == "b"
    assert runner_at_work("Warming up Runtime", titles) == "a"
    assert runner_at_work("Computing intervals", titles) == ""


def test_what_is_left_is_told_from_how_far_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("modelpack_gui.ui.state.bench_live.time.monotonic", lambda: now[0])
    left = TimeLeft()
    left.start(0.2)
    assert left.text(0.2) == ""
    now[0] += 30.0
    assert left.text(0.5) == "about 50 s left"
    assert left.text(None) == ""
    assert left.text(1.0) == ""
