"""The sweep of the benchmark page: settings, cells as they come, what is kept, and going on."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QMenu, QPushButton
from pytestqt.qtbot import QtBot

from modelpack_gui.client.recipe_file import save_recipe
from modelpack_gui.client.sweep_store import Fingerprints, SweepStore
from modelpack_gui.core import sweep
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import Cancelled, Done, Partial, Progress
from modelpack_gui.core.records import (
    OutputsCheck,
    SweepCell,
    SweepChoice,
    SweepReport,
    SweepRequest,
    SweepSpec,
    Verdict,
    runner_specs,
)
from modelpack_gui.core.stats import latencies as stats
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.bench.tabs import BenchTabs
from modelpack_gui.ui.widgets.sweep.view import SweepView
from tests.ui.fake_client import FakeClient, FakeJob
from tests.ui.made_reports import capabilities
from tests.ui.samples import make_recipe

SPEC = SweepSpec(runner_specs("eager", "onnxruntime"), threads=(1, 2), batch_sizes=(1, 8))


@pytest.fixture
def project(controller: Controller, client: FakeClient, tmp_path: Path) -> Controller:
    (tmp_path / "model.py").write_text("", encoding="utf-8")
    client.answers |= {"hello": capabilities()}
    recipe = dataclasses.replace(make_recipe("model.py"), sweep=SPEC)
    save_recipe(recipe, tmp_path / "recipe.toml")
    controller.open_recipe(tmp_path / "recipe.toml", is_trusted=True)
    return controller


@pytest.fixture
def view(qtbot: QtBot, project: Controller, settings: Settings) -> SweepView:
    qtbot.waitUntil(lambda: project.capabilities is not None)
    made = SweepView(project, settings)
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    return made


def _measured(choice: SweepChoice, p50_ms: float = 2.0, *, is_right: bool = True) -> SweepCell:
    summary = stats.summarise([p50_ms * (choice.batch_size or 1) / choice.threads] * 20)
    outputs = OutputsCheck(Verdict.PASSED if is_right else Verdict.FAILED)
    rate = sweep.throughput(summary.p50_ms, choice.batch_size or 1)
    return SweepCell(choice, choice.runner.runner, "measured", summary, rate, outputs, duration_s=1.0)


def _start(view: SweepView, client: FakeClient) -> tuple[FakeJob, list[SweepChoice]]:
    view.state.start()
    job = client.last("sweep")
    assert isinstance(job.request, SweepRequest)
    return job, [cell.choice for cell in view.state.cells.values()]


def _end(qtbot: QtBot, view: SweepView) -> None:
    """Events come by way of the bridge."""
    qtbot.waitUntil(lambda: not view.state.is_running)


def _button(view: SweepView, name: str) -> QPushButton:
    found = view.findChild(QPushButton, name)
    assert found is not None
    return found


def test_the_table_keeps_the_rules_of_item_models(view: SweepView) -> None:
    QAbstractItemModelTester(view.model, QAbstractItemModelTester.FailureReportingMode.Warning)
    assert len(view.model.records) == 8


def test_before_the_first_sweep_it_says_what_one_is_for(view: SweepView, client: FakeClient, qtbot: QtBot) -> None:
    assert view.settings.count.text() == "8 cells"
    assert not view.table.isVisible()
    qtbot.mouseClick(_button(view, "sweep-run-first"), Qt.MouseButton.LeftButton)
    request = client.last("sweep").request
    assert isinstance(request, SweepRequest)
    assert request.sweep == SPEC
    assert request.folder.endswith("sweep/shapes") or "/sweep/" in request.folder.replace("\\", "/")
    assert view.table.isVisible()


def test_cells_are_shown_as_they_come_with_the_time_left(view: SweepView, client: FakeClient, qtbot: QtBot) -> None:
    job, choices = _start(view, client)
    job.give(Progress(job.id, "1 of 8 cells, about 2 min 03 s left: eager, 2 threads", 0.125))
    job.give(Partial(job.id, _measured(choices[0])))
    qtbot.waitUntil(lambda: bool(view.state.measured) and bool(view.progress.text))
    assert view.cancel_button.isVisible()
    assert not view.run_button.isVisible()
    assert "about 2 min 03 s left" in view.progress.text
    assert view.sentence.text().startswith("So far: eager, 1 thread, batch 1 is best in both")
    states = [row.cell.outcome for row in view.model.records]
    assert states.count("measured") == 1
    assert not view.settings.threads.isEnabled()


def test_it_is_no_wider_than_a_small_window_has_room_for(view: SweepView, client: FakeClient, qtbot: QtBot) -> None:
    job, choices = _start(view, client)
    cells = [_measured(choice) for choice in choices[:4]]
    job.give(Done(job.id, SweepReport(SPEC, tuple(cells), "x", {}, False, 8.0)))
    _end(qtbot, view)
    view.resize(600, 700)
    assert view.width() == 600
    buttons = (view.run_button, view.again_button, view.bench_button)
    qtbot.waitUntil(lambda: all(view.rect().contains(_place(button, view)) for button in buttons))
    for column in (3, 4):  # with their intervals
        assert view.table.sizeHintForColumn(column) <= view.table.columnWidth(column)


def _place(button: QPushButton, view: SweepView) -> QRect:
    return QRect(button.mapTo(view, QPoint()), button.size())


def test_the_end_names_the_best_and_offers_what_is_left(view: SweepView, client: FakeClient, qtbot: QtBot) -> None:
    job, choices = _start(view, client)
    cells = [_measured(choice) for choice in choices]
    cells[3] = SweepCell(choices[3], "eager", "crashed", error=ErrorInfo("worker-crashed", "It crashed.", "Look."))
    cells[4] = _measured(choices[4], 0.1, is_right=False)
    job.give(Done(job.id, SweepReport(SPEC, tuple(cells), "x", {}, True, 8.0)))
    _end(qtbot, view)
    assert not view.cancel_button.isVisible()
    assert view.run_button.text() == "Measure the other 1"
    assert "1 cell with wrong outputs left out; 1 cell gave no figure" in view.sentence.text()
    words = {str(view.model.index(row, 5).data()) for row in range(8)}
    assert {
        "crashed",
        "wrong outputs",
        "best latency",
        "best items/s",
    } <= words or "best latency and items/s" in words
    with qtbot.waitSignal(view.map.drawn):
        view.map.redraw()
    assert view.map.best is not None


def test_a_cancel_keeps_what_was_measured(view: SweepView, client: FakeClient, qtbot: QtBot) -> None:
    job, choices = _start(view, client)
    job.give(Partial(job.id, _measured(choices[0])))
    qtbot.waitUntil(lambda: bool(view.state.measured))
    qtbot.mouseClick(view.cancel_button, Qt.MouseButton.LeftButton)
    _end(qtbot, view)
    assert job.is_cancelled
    assert view.state.job.was_cancelled
    assert view.run_button.text() == "Measure the other 7"


def test_a_cancelled_sweep_with_a_report_shows_it(view: SweepView, client: FakeClient, qtbot: QtBot) -> None:
    job, choices = _start(view, client)
    cells = (_measured(choices[0]), *(SweepCell(choice, "x", "cancelled") for choice in choices[1:]))
    job.give(Cancelled(job.id, SweepReport(SPEC, cells, "Stopped early.", {}, False, 8.0)))
    _end(qtbot, view)
    assert view._badge.status is Status.CANCELLED


def test_a_sweep_that_cannot_run_says_why(view: SweepView, client: FakeClient, qtbot: QtBot) -> None:
    job, _ = _start(view, client)
    job.answer(ErrorInfo("interpreter-not-usable", "There is no such Python.", "Choose another."))
    _end(qtbot, view)
    assert view.error_panel.isVisible()
    assert view.run_button.isVisible()


def test_kept_cells_are_back_after_the_window_was_closed(
    project: Controller, view: SweepView, client: FakeClient, qtbot: QtBot, settings: Settings
) -> None:
    assert project.capabilities is not None
    job, choices = _start(view, client)
    assert isinstance(job.request, SweepRequest)
    prints = Fingerprints(job.request, project.capabilities, project.base)
    store = SweepStore(Path(job.request.folder))
    store.put(_measured(choices[0]), prints.of(choices[0]))
    store.put(_measured(choices[1]), "another model")
    again = SweepView(project, settings)
    qtbot.addWidget(again)
    again.show()
    assert [row.cell.outcome for row in again.model.records].count("measured") == 2
    assert len(again.state.stale) == 1
    assert again.run_button.text() == "Measure the other 7"
    assert "1 of 8 cells are out of date" in again.sentence.text()
    assert again.map.cells[1].outcome == "waiting"


def test_settings_are_edits_of_the_recipe(view: SweepView, project: Controller, qtbot: QtBot) -> None:
    view.settings.threads.setText("1, 2, 4")
    view.settings.threads.textEdited.emit("1, 2, 4")
    assert project.recipe.sweep.threads == (1, 2, 4)
    assert view.settings.count.text() == "12 cells"
    view.settings.iterations.setValue(50)
    view.settings.budget.setValue(0)
    assert (project.recipe.sweep.iterations, project.recipe.sweep.cell_budget_s) == (50, None)
    project.undo_stack.undo()
    assert project.recipe.sweep.cell_budget_s == SPEC.cell_budget_s


def test_runners_are_ticked_in_a_menu_and_the_last_one_stays(view: SweepView, project: Controller) -> None:
    menu = view.settings.runners.menu()
    assert isinstance(menu, QMenu)
    menu.aboutToShow.emit()
    ticked = [action for action in menu.actions() if action.isChecked()]
    assert len(ticked) == 2
    ticked[0].trigger()
    assert [one.key for one in project.recipe.sweep.runners] == ["onnxruntime"]
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.isChecked()).trigger()
    assert [one.key for one in project.recipe.sweep.runners] == ["onnxruntime"]


def test_a_cell_goes_to_the_benchmark_with_its_threads_and_batch(
    view: SweepView, client: FakeClient, project: Controller, qtbot: QtBot
) -> None:
    job, choices = _start(view, client)
    job.give(Done(job.id, SweepReport(SPEC, tuple(map(_measured, choices)), "x", {}, True, 8.0)))
    _end(qtbot, view)
    chosen = next(row for row in view.model.records if sweep.key_of(row.cell.choice) == ("eager", 2, 8))
    view.map.cell_chosen.emit(chosen.cell)
    assert view.selected == chosen.cell
    view.bench_button.click()
    assert (project.recipe.bench.threads, project.recipe.bench.batch_size) == (2, 8)
    assert "eager" in {one.key for one in project.recipe.bench.runners}


def test_the_page_has_a_tab_for_it(project: Controller, settings: Settings, qtbot: QtBot) -> None:
    tabs = BenchTabs(project, settings, QPushButton("latency"))
    qtbot.addWidget(tabs)
    assert isinstance(tabs.show_tab("sweep"), SweepView)
