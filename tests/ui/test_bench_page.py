"""The benchmark page: settings, live samples, the report, a cancelled run, and runners that failed."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import Cancelled, Log, Progress, Sample
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import BenchReport, Doubt, runner_specs
from modelpack_gui.ui.bench_live import TimeLeft, runner_at_work
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.inspection import Inspection
from modelpack_gui.ui.models.record_table import COPY_ROLE
from modelpack_gui.ui.pages.bench import BenchPage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.bench_tabs import LATENCY, LOAD
from tests.ui import made_reports as made
from tests.ui.fake_client import FakeClient, FakeJob
from tests.ui.made_bench import lab_report
from tests.ui.samples import make_export_record


@pytest.fixture
def page(qtbot: QtBot, client: FakeClient, controller: Controller, settings: Settings) -> BenchPage:
    client.answers.update({"export": make_export_record(), "hello": made.capabilities()})
    controller.edit(made.ready_recipe(), "start")
    controller.undo_stack.clear()
    page = BenchPage(controller, settings)
    qtbot.addWidget(page)
    page.resize(900, 640)
    page.show()
    controller.refresh_capabilities()
    qtbot.waitUntil(lambda: controller.capabilities is not None)
    return page


def _start(controller: Controller, client: FakeClient, qtbot: QtBot) -> FakeJob:
    controller.run(Stage.BENCH)
    qtbot.waitUntil(lambda: any(job.stage == "bench" and job.ended is None for job in client.jobs))
    return client.last("bench")


@pytest.fixture
def job(page: BenchPage, controller: Controller, client: FakeClient, qtbot: QtBot) -> FakeJob:
    return _start(controller, client, qtbot)


def _answer(job: FakeJob, report: BenchReport, controller: Controller, qtbot: QtBot) -> None:
    job.answer(report)
    qtbot.waitUntil(lambda: controller.state(Stage.BENCH).result is report)


def _column(page: BenchPage, title: str) -> list[str]:
    model = page.table.model()
    titles = [model.headerData(i, Qt.Orientation.Horizontal) for i in range(model.columnCount())]
    return [model.index(row, titles.index(title)).data() for row in range(model.rowCount())]


# Settings


def test_numbers_edit_the_recipe_undoably(page: BenchPage, controller: Controller) -> None:
    page.settings.iterations.setValue(1000)
    page.settings.warmup_runs.setValue(0)
    page.settings.block_runs.setValue(50)
    page.settings.threads.setValue(3)
    bench = controller.recipe.bench
    assert (bench.iterations, bench.warmup_runs, bench.block_runs, bench.threads) == (1000, 0, 50, 3)
    for _ in range(4):
        controller.undo_stack.undo()
    assert (
        page.settings.iterations.value(),
        page.settings.warmup_runs.value(),
        page.settings.block_runs.value(),
    ) == (500, 50, 25)
    assert page.settings.threads.text() == "auto (2)"
    assert not controller.undo_stack.canUndo()


def test_automatic_threads_are_none_in_the_recipe(page: BenchPage, controller: Controller) -> None:
    page.settings.threads.setValue(3)
    page.settings.threads.setValue(0)
    assert controller.recipe.bench.threads is None


# Live


def test_no_part_of_the_page_is_a_window_of_its_own(
    page: BenchPage, job: FakeJob, controller: Controller, qtbot: QtBot
) -> None:
    _answer(job, made.bench_report(has_error=True), controller, qtbot)
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
    job = _start(controller, client, qtbot)
    now = [100.0]
    monkeypatch.setattr("modelpack_gui.ui.bench_live.time.monotonic", lambda: now[0])
    job.give(Progress(job.id, "Round 1 of 2: Eager PyTorch", 0.1))
    job.give(Sample(job.id, "eager", "timed", (1.0, 2.0)))
    qtbot.waitUntil(lambda: "eager" in page.live.samples)
    now[0] += 10.0
    job.give(Sample(job.id, "onnxruntime", "timed", (1.0, 2.0)))
    qtbot.waitUntil(lambda: page.live.time_left() == "about 22 s left")  # 10 of runs, and 2 x 2 x 3 of load


def test_the_tabs_stay_where_they_are_from_one_to_the_other(
    page: BenchPage, job: FakeJob, controller: Controller, qtbot: QtBot
) -> None:
    _answer(job, lab_report(), controller, qtbot)
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
    monkeypatch.setattr("modelpack_gui.ui.bench_live.time.monotonic", lambda: now[0])
    left = TimeLeft()
    left.start(0.2)
    assert left.text(0.2) == ""
    now[0] += 30.0
    assert left.text(0.5) == "about 50 s left"
    assert left.text(None) == ""
    assert left.text(1.0) == ""


# Report


def test_a_runner_with_wrong_outputs_is_drawn_as_invalid_and_said_so(
    page: BenchPage, job: FakeJob, controller: Controller, qtbot: QtBot
) -> None:
    _answer(job, lab_report(), controller, qtbot)
    assert _column(page, "Outputs") == [
        "reference",
        "max 4.20e-07",
        "max 4.20e-07",
        "34.1 dB, top-1 99.5 %",
        "wrong, 3.40 dB",
    ]
    assert _column(page, "Speed-up [95 %]")[4] == "✕ invalid"
    assert page.table.model().index(4, 1).data(Qt.ItemDataRole.FontRole).strikeOut()
    assert page.table.model().index(3, 1).data(Qt.ItemDataRole.FontRole) is None
    assert page.badge.status is Status.WARNING
    wrong, lossy, noise, few = page.results.notes.texts()
    assert wrong.startswith("PyTorch eager (dtype bfloat16): wrong outputs, so its speed does not count. ")
    assert lossy.startswith("ONNX Runtime (shapes-int8.onnx): lossy on purpose. ")
    assert noise.startswith("The machine was quiet")
    assert few == "PyTorch eager, TorchScript traced – Few runs: 200 runs are a first look."


def test_many_remarks_are_folded_the_gravest_stay_in_view(
    page: BenchPage, job: FakeJob, controller: Controller, qtbot: QtBot
) -> None:
    report = lab_report()
    doubts = tuple(Doubt("stalls", f"Stall {i}.") for i in range(6))
    first = dataclasses.replace(report.runners[0], doubts=doubts)
    _answer(job, dataclasses.replace(report, runners=(first, *report.runners[1:])), controller, qtbot)
    assert len(page.results.notes.texts()) == 10
    assert page.results.notes.more.isVisible()
    assert not page.results.notes.more.is_open
    page.show_result(report)
    assert not page.results.notes.more.isVisible()


def test_the_inspector_has_outputs_cold_start_and_verdict(
    page: BenchPage, job: FakeJob, controller: Controller, qtbot: QtBot
) -> None:
    _answer(job, lab_report(), controller, qtbot)
    with qtbot.waitSignal(controller.inspected) as told:
        page.table.selectRow(1)
    sections = {section.title: section for section in told.args[0].sections}
    assert {"Verdict", "Outputs", "Cold start", "Doubts"} <= set(sections)
    cold = {row.name: row.value for row in sections["Cold start"].properties}
    assert cold["of it compiling"] == "500 ms"
    assert cold["steady after"] == "12 runs (30 ms)"


def test_the_report_replaces_the_live_view(
    page: BenchPage, job: FakeJob, controller: Controller, qtbot: QtBot
) -> None:
    job.give(Sample(job.id, "eager", "timed", (2.0, 2.5)))
    qtbot.waitUntil(page.progress.isVisible)
    _answer(job, made.bench_report(), controller, qtbot)
    assert page.table.isVisible()
    assert not page.progress.isVisible()
    assert page.sentence.text().startswith("ONNX Runtime is 3.98 times as fast")
    assert page.badge.status is Status.PASSED


def test_the_table_has_intervals_and_copies_all_digits(
    page: BenchPage, job: FakeJob, controller: Controller, qtbot: QtBot
) -> None:
    report = made.bench_report()
    _answer(job, report, controller, qtbot)
    assert _column(page, "Runner") == ["Eager PyTorch", "TorchScript (traced)", "ONNX Runtime"]
    assert _column(page, "Speed-up [95 %]")[0] == "baseline"
    assert _column(page, "p50 ms [95 %]")[0].startswith("2.48 [2.4")
    summary = report.runners[0].summary
    assert summary is not None
    copied = [page.table.model().index(0, i).data(COPY_ROLE) for i in range(page.table.model().columnCount())]
    p50 = summary.p50_ms
    assert f"{p50.value!r} [{p50.low!r}, {p50.high!r}]" in copied
    assert repr(summary.mean_ms) in copied


def test_latencies_sort_as_numbers_with_failed_runners_last(
    page: BenchPage, job: FakeJob, controller: Controller, qtbot: QtBot
) -> None:
    _answer(job, made.bench_report(has_error=True), controller, qtbot)
    page.table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert _column(page, "Runner") == ["ONNX Runtime", "TorchScript (traced)", "Eager PyTorch", "OpenVINO"]


def test_errors_and_doubts_of_runners_are_told_in_plain_words(
    page: BenchPage, job: FakeJob, controller: Controller, qtbot: QtBot
) -> None:
    _answer(job, made.bench_report(has_error=True), controller, qtbot)
    openvino, traced = page.results.notes.texts()
    assert openvino == "OpenVINO: openvino is not installed. python3 -m pip install openvino"
    assert traced.startswith("TorchScript (traced) – Drift: The last third of the runs was 14% slower")
    assert page.badge.status is Status.WARNING


def test_the_machine_is_told(page: BenchPage, job: FakeJob, controller: Controller, qtbot: QtBot) -> None:
    _answer(job, made.bench_report(), controller, qtbot)
    assert page.results.machine.whole.startswith(
        "Intel Xeon Platinum 8370C · 4 cores · 16.0 GB memory · python 3.11.7 · "
    )
    assert page.results.machine.whole.endswith("2 threads, took 8.1 s")
    assert "avx2" in page.results.machine.toolTip()


def test_a_cancelled_benchmark_keeps_what_was_measured_and_says_so(
    page: BenchPage, job: FakeJob, controller: Controller, qtbot: QtBot
) -> None:
    job.give(Sample(job.id, "eager", "timed", (2.0,)))
    qtbot.waitUntil(page.progress.isVisible)
    job.give(Cancelled(job.id, made.bench_report(60, is_complete=False)))
    qtbot.waitUntil(page.table.isVisible)
    assert page.sentence.text().startswith("Cancelled before the end, from what was measured until then: ")
    assert "Stopped early" not in page.sentence.text()
    assert page.badge.status is Status.WARNING
    assert "cancelled after" in page.results.machine.whole


def test_a_run_cancelled_before_anything_was_measured_leaves_the_empty_page(
    page: BenchPage, job: FakeJob, controller: Controller, qtbot: QtBot
) -> None:
    job.give(Sample(job.id, "eager", "warmup", (2.0,)))
    qtbot.waitUntil(page.progress.isVisible)
    qtbot.mouseClick(page.cancel_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: controller.state(Stage.BENCH).status is Status.CANCELLED)
    assert not page.chart.isVisible()


def test_after_a_failed_second_run_the_first_result_is_back(
    page: BenchPage, job: FakeJob, controller: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    _answer(job, made.bench_report(), controller, qtbot)
    second = _start(controller, client, qtbot)
    second.give(Sample(second.id, "eager", "timed", (77.0,)))
    qtbot.waitUntil(page.progress.isVisible)
    assert not page.sentence.isVisible()  # it is about the run before
    second.answer(ErrorInfo("worker-died", "The worker was killed.", "Free some memory."))
    qtbot.waitUntil(page.table.isVisible)
    assert page.sentence.isVisible()
    assert page.error_panel.isVisible()
    qtbot.waitUntil(lambda: page.chart.line_places("eager")[:1] == [pytest.approx(2.48, abs=0.01)])


def test_the_choice_of_chart_is_remembered(
    page: BenchPage, controller: Controller, settings: Settings, qtbot: QtBot
) -> None:
    page.results.modes.buttons["ecdf"].click()
    again = BenchPage(controller, settings)
    qtbot.addWidget(again)
    assert again.chart.mode == "ecdf"
    assert again.results.modes.value == "ecdf"


def test_the_log_box_shows_and_sets_the_axis(
    page: BenchPage, job: FakeJob, controller: Controller, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(page.chart.drawn):
        _answer(job, made.bench_report(), controller, qtbot)
    assert not page.results.log_scale.isChecked()
    with qtbot.waitSignal(page.chart.drawn):
        page.results.log_scale.click()
    assert page.chart.is_log


def test_selecting_a_runner_fills_the_inspector(
    page: BenchPage, job: FakeJob, controller: Controller, qtbot: QtBot
) -> None:
    _answer(job, made.bench_report(), controller, qtbot)
    with qtbot.waitSignal(controller.inspected) as told:
        page.table.selectRow(2)
    shown = told.args[0]
    assert isinstance(shown, Inspection)
    assert shown.title == "ONNX Runtime"
    assert {"Latency, ms", "Rate", "Process"} <= {section.title for section in shown.sections}


def test_the_table_model_keeps_qts_rules(page: BenchPage, job: FakeJob, controller: Controller, qtbot: QtBot) -> None:
    tester = QAbstractItemModelTester(page.table.model(), QAbstractItemModelTester.FailureReportingMode.Fatal)
    _answer(job, made.bench_report(has_error=True), controller, qtbot)
    page.table.sortByColumn(3, Qt.SortOrder.DescendingOrder)
    assert tester.model() is page.table.model()
