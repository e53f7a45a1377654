"""The benchmark page: settings, the report, a cancelled run, and runners that failed."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import Cancelled, Sample
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import Doubt
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.inspection import Inspection
from modelpack_gui.ui.models.record_table import COPY_ROLE
from modelpack_gui.ui.pages.bench import BenchPage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from tests.ui import made_reports as made
from tests.ui.bench.made_bench import lab_report
from tests.ui.bench.runs import answer, start
from tests.ui.fake_client import FakeClient, FakeJob


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


# Report


def test_a_runner_with_wrong_outputs_is_drawn_as_invalid_and_said_so(
    page: BenchPage, job: FakeJob, controller: Controller, qtbot: QtBot
) -> None:
    answer(job, lab_report(), controller, qtbot)
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
    answer(job, dataclasses.replace(report, runners=(first, *report.runners[1:])), controller, qtbot)
    assert len(page.results.notes.texts()) == 10
    assert page.results.notes.more.isVisible()
    assert not page.results.notes.more.is_open
    page.show_result(report)
    assert not page.results.notes.more.isVisible()


def test_the_inspector_has_outputs_cold_start_and_verdict(
    page: BenchPage, job: FakeJob, controller: Controller, qtbot: QtBot
) -> None:
    answer(job, lab_report(), controller, qtbot)
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
    answer(job, made.bench_report(), controller, qtbot)
    assert page.table.isVisible()
    assert not page.progress.isVisible()
    assert page.sentence.text().startswith("ONNX Runtime is 3.98 times as fast")
    assert page.badge.status is Status.PASSED


def test_the_table_has_intervals_and_copies_all_digits(
    page: BenchPage, job: FakeJob, controller: Controller, qtbot: QtBot
) -> None:
    report = made.bench_report()
    answer(job, report, controller, qtbot)
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
    answer(job, made.bench_report(has_error=True), controller, qtbot)
    page.table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert _column(page, "Runner") == ["ONNX Runtime", "TorchScript (traced)", "Eager PyTorch", "OpenVINO"]


def test_errors_and_doubts_of_runners_are_told_in_plain_words(
    page: BenchPage, job: FakeJob, controller: Controller, qtbot: QtBot
) -> None:
    answer(job, made.bench_report(has_error=True), controller, qtbot)
    openvino, traced = page.results.notes.texts()
    assert openvino == "OpenVINO: openvino is not installed. python3 -m pip install openvino"
    assert traced.startswith("TorchScript (traced) – Drift: The last third of the runs was 14% slower")
    assert page.badge.status is Status.WARNING


def test_the_machine_is_told(page: BenchPage, job: FakeJob, controller: Controller, qtbot: QtBot) -> None:
    answer(job, made.bench_report(), controller, qtbot)
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
    answer(job, made.bench_report(), controller, qtbot)
    second = start(controller, client, qtbot)
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
        answer(job, made.bench_report(), controller, qtbot)
    assert not page.results.log_scale.isChecked()
    with qtbot.waitSignal(page.chart.drawn):
        page.results.log_scale.click()
    assert page.chart.is_log


def test_selecting_a_runner_fills_the_inspector(
    page: BenchPage, job: FakeJob, controller: Controller, qtbot: QtBot
) -> None:
    answer(job, made.bench_report(), controller, qtbot)
    with qtbot.waitSignal(controller.inspected) as told:
        page.table.selectRow(2)
    shown = told.args[0]
    assert isinstance(shown, Inspection)
    assert shown.title == "ONNX Runtime"
    assert {"Latency, ms", "Rate", "Process"} <= {section.title for section in shown.sections}


def test_the_table_model_keeps_qts_rules(page: BenchPage, job: FakeJob, controller: Controller, qtbot: QtBot) -> None:
    tester = QAbstractItemModelTester(page.table.model(), QAbstractItemModelTester.FailureReportingMode.Fatal)
    answer(job, made.bench_report(has_error=True), controller, qtbot)
    page.table.sortByColumn(3, Qt.SortOrder.DescendingOrder)
    assert tester.model() is page.table.model()
