"""The Runs tab: the list, two runs laid over each other, the gate, and what can be done with a run."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QInputDialog, QMenu, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from modelpack_gui.client.bench.store import BenchStore, bench_folder
from modelpack_gui.core import serde
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import BenchReport
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.models.bench_run_rows import when_text
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.bench.runs_view import RunsView
from tests.ui import made_reports as made
from tests.ui.bench.made_bench import lab_report


@pytest.fixture
def store(controller: Controller, tmp_path: Path) -> BenchStore:
    controller.save(tmp_path / "project" / "net.toml")
    controller.edit(made.ready_recipe(), "start")
    return BenchStore(bench_folder(controller.base, controller.recipe.export))


@pytest.fixture
def old(store: BenchStore) -> str:
    return store.keep(dataclasses.replace(lab_report(), started_at="2026-11-01T09:00:00Z")).id


@pytest.fixture
def new(store: BenchStore, old: str) -> str:
    return store.keep(dataclasses.replace(lab_report(is_slower=1.3), started_at="2026-11-02T09:00:00Z")).id


@pytest.fixture
def view(qtbot: QtBot, controller: Controller, settings: Settings, new: str) -> RunsView:
    made_view = RunsView(controller, settings)
    qtbot.addWidget(made_view)
    made_view.resize(800, 700)
    made_view.show()
    controller.bench_runs.refresh()
    qtbot.waitUntil(lambda: len(controller.bench_runs.runs) == 2 and not controller.bench_runs.is_busy)
    return made_view


def _claims(view: RunsView) -> dict[str, str]:
    model = view.comparison.table.records_model
    return {row.change.title: row.change.claim for row in model.records}


def test_without_runs_it_says_what_will_be_here(qtbot: QtBot, controller: Controller, settings: Settings) -> None:
    view = RunsView(controller, settings)
    qtbot.addWidget(view)
    view.show()
    assert not view.table.isVisible()


def test_runs_are_listed_newest_first_and_the_newest_is_compared_with_the_one_before(
    view: RunsView, old: str, new: str
) -> None:
    QAbstractItemModelTester(view.model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    assert [row.run.id for row in view.model.records] == [new, old]
    assert [run.id for run in view.chosen] == [new]
    claims = _claims(view)
    assert claims["ONNX Runtime"] == "slower"
    assert claims["PyTorch eager"] == "equal"
    assert claims["PyTorch eager (dtype bfloat16)"] == "invalid"
    assert "ONNX Runtime" in view.comparison.sentence.text()


def test_a_run_with_nothing_before_it_stands_alone(view: RunsView, controller: Controller, old: str) -> None:
    view.choose(old)
    assert view.comparison.sentence.text().endswith("There is no other run to compare it with yet.")
    assert not view.comparison.table.isVisible()
    assert not view.comparison.gate_row.isVisible()


def test_a_run_that_stands_alone_keeps_its_runners_apart_where_they_share_a_colour(
    qtbot: QtBot, controller: Controller, settings: Settings, store: BenchStore
) -> None:
    one = lab_report()
    many = tuple(dataclasses.replace(one.runners[0], runner=f"eager[threads={i}]") for i in range(1, 9))
    kept = store.keep(dataclasses.replace(one, runners=(*one.runners, *many))).id
    view = RunsView(controller, settings)
    qtbot.addWidget(view)
    controller.bench_runs.refresh()
    qtbot.waitUntil(lambda: [run.id for run in view.chosen] == [kept] and len(view.comparison.series) == 13)
    assert len({(series.color, series.dash) for series in view.comparison.series}) == 13


def test_two_runs_are_laid_over_each_other_in_the_same_colours_the_older_dashed(
    view: RunsView, old: str, new: str, qtbot: QtBot
) -> None:
    view.choose(old, new)
    assert {one.key for one in view.comparison.series} == {"onnxruntime", "older: onnxruntime"}, "that which changed"
    view.comparison.table.selectAll()
    series = view.comparison.series
    newer = {one.key: one for one in series if not one.dash}
    older = {one.key: one for one in series if one.dash}
    assert len(newer) == len(older) == 5
    assert all(newer[key.removeprefix("older: ")].color == one.color for key, one in older.items())
    assert not newer["eager[dtype=bfloat16]"].is_valid


def test_a_run_is_gated_against_the_baseline_with_what_is_allowed(
    view: RunsView, controller: Controller, settings: Settings, old: str, new: str, qtbot: QtBot
) -> None:
    assert not view.comparison.gate_row.isVisible()
    view.choose(old)
    view.baseline_button.click()
    qtbot.waitUntil(lambda: controller.bench_runs.baseline == old and not controller.bench_runs.is_busy)
    view.choose(new)
    qtbot.waitUntil(view.comparison.gate_row.isVisible)
    (strict,) = view.comparison.gate_texts()
    view.comparison.limit.setValue(50.0)
    (loose,) = view.comparison.gate_texts()
    assert strict != loose
    assert "ONNX Runtime" in strict
    again = RunsView(controller, settings)
    qtbot.addWidget(again)
    assert again.comparison.limit.value() == 50.0
    view.choose(old)
    assert view.baseline_button.text() == "No baseline"
    view.baseline_button.click()
    qtbot.waitUntil(lambda: controller.bench_runs.baseline == "")


def test_a_run_is_named_in_a_dialog(view: RunsView, controller: Controller, new: str, qtbot: QtBot) -> None:
    view.rename_button.click()
    dialog = view.findChild(QInputDialog, "rename-run")
    assert dialog is not None
    dialog.setTextValue("after the fix")
    dialog.accept()
    qtbot.waitUntil(lambda: view.model.records[0].run.name == "after the fix")
    assert [run.id for run in view.chosen] == [new]
    assert view.comparison.title.whole.startswith("after the fix against ")


def test_deleting_asks_first(
    view: RunsView, controller: Controller, store: BenchStore, old: str, new: str, qtbot: QtBot
) -> None:
    view.choose(old, new)
    view.delete_button.click()
    box = view.findChild(QMessageBox, "delete-run")
    assert box is not None
    assert box.text() == "Delete 2 runs for good?"
    box.reject()
    assert len(store.runs()) == 2
    view.choose(new)
    view.delete_button.click()
    box = view.findChildren(QMessageBox, "delete-run")[-1]
    next(button for button in box.findChildren(QPushButton) if button.text() == "Delete").click()
    qtbot.waitUntil(lambda: [row.run.id for row in view.model.records] == [old])
    assert [run.id for run in store.runs()] == [old]
    assert [run.id for run in view.chosen] == [old]


def test_a_run_is_written_as_json(view: RunsView, controller: Controller, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(controller.bench_runs.exported):
        controller.bench_runs.export(view.chosen[0].id, tmp_path / "run.json")
    data = json.loads((tmp_path / "run.json").read_text())
    assert data["kind"] == "BenchReport"
    assert len(data["runners"][0]["latencies_ms"]) == 500


def test_an_exported_run_is_opened_beside_the_others(
    view: RunsView, controller: Controller, store: BenchStore, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(controller.bench_runs.exported):
        controller.bench_runs.export(view.chosen[0].id, tmp_path / "server.json")
    controller.bench_runs.take_file(tmp_path / "server.json")
    qtbot.waitUntil(lambda: view.model.rowCount() == 3 and not controller.bench_runs.is_busy)
    opened = store.find("server")
    assert store.read(opened.id).report == store.read(view.chosen[0].id).report
    assert controller.bench_runs.current != opened.id, "it is not shown on the other tabs unasked"


def test_a_file_that_is_no_run_is_told(view: RunsView, controller: Controller, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "other.json").write_text("{}")
    with qtbot.waitSignal(controller.message_raised) as told:
        controller.bench_runs.take_file(tmp_path / "other.json")
    assert told.args[0].code == "bench-run-not-readable"


def test_a_project_without_a_file_takes_runs_of_files_too(
    qtbot: QtBot, controller: Controller, settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "laptop.json"
    path.write_text(serde.dumps(serde.encode_tagged(lab_report())))
    controller.bench_runs.take_file(path)
    qtbot.waitUntil(lambda: [run.name for run in controller.bench_runs.runs] == ["laptop"])


def test_an_export_that_fails_is_told(view: RunsView, controller: Controller, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(controller.message_raised) as told:
        controller.bench_runs.export(view.chosen[0].id, tmp_path)
    assert told.args[0].code == "file-is-folder"


def test_a_run_is_shown_on_the_other_tabs_by_its_button(
    view: RunsView, controller: Controller, old: str, qtbot: QtBot
) -> None:
    view.choose(old)
    view.show_button.click()
    qtbot.waitUntil(lambda: controller.bench_runs.current == old)
    assert controller.result(Stage.BENCH, BenchReport) == dataclasses.replace(
        lab_report(), started_at="2026-11-01T09:00:00Z"
    )
    assert [row.is_shown for row in view.model.records] == [False, True]


def test_the_menu_of_a_row_has_what_the_buttons_have(view: RunsView, qtbot: QtBot) -> None:
    menu = QMenu()
    qtbot.addWidget(menu)
    view.table.context_menu_made.emit(menu, view.model.records[0])
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts == ["Show on the other tabs", "Set as baseline", "Rename…", "Export JSON…", "Delete…"]


def test_a_run_that_the_command_line_keeps_comes_when_the_tab_is_looked_at(
    view: RunsView, store: BenchStore, qtbot: QtBot
) -> None:
    view.hide()
    store.keep(dataclasses.replace(lab_report(), started_at="2026-11-03T09:00:00Z"))
    view.show()
    qtbot.waitUntil(lambda: view.model.rowCount() == 3)


def test_what_is_no_time_is_shown_as_it_is_written() -> None:
    assert when_text("yesterday") == "yesterday"
    assert when_text("") == "unknown"
    assert when_text("2026-11-30T12:00:00Z").endswith(" 2026, " + when_text("2026-11-30T12:00:00Z")[-5:])
