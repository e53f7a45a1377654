from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from modelpack_gui.client.matrix_store import MatrixStore, fingerprint_of
from modelpack_gui.client.recipe_file import save_recipe
from modelpack_gui.core.events import Cancelled, Done, Partial, Progress
from modelpack_gui.core.matrix import recommend
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import (
    Capabilities,
    ExportRecord,
    InputSpec,
    MatrixCell,
    MatrixChoice,
    MatrixReport,
    MatrixRequest,
    MatrixSpec,
)
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.inspection import Inspection
from modelpack_gui.ui.models.matrix_table import COLUMNS, MatrixRow, inspect_row
from modelpack_gui.ui.pages.export import EXPORT_TAB, MATRIX_TAB, ExportPage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from tests.ui.fake_client import FakeClient, FakeJob
from tests.ui.samples import FAULT, make_capabilities, make_recipe
from tests.unit.core.matrix_cells import DYNAMO, SCRIPT, TRACE, cell, failed


def capabilities() -> Capabilities:
    return dataclasses.replace(make_capabilities(), exporters=(DYNAMO, TRACE, SCRIPT))


@pytest.fixture
def project(controller: Controller, client: FakeClient, tmp_path: Path) -> Controller:
    (tmp_path / "model.py").write_text("", encoding="utf-8")
    client.answers |= {"hello": capabilities()}
    save_recipe(make_recipe("model.py"), tmp_path / "recipe.toml")
    controller.open_recipe(tmp_path / "recipe.toml", is_trusted=True)
    return controller


@pytest.fixture
def page(qtbot: QtBot, project: Controller, settings: Settings) -> ExportPage:
    qtbot.waitUntil(lambda: project.capabilities is not None)
    return make_page(qtbot, project, settings)


def make_page(qtbot: QtBot, project: Controller, settings: Settings) -> ExportPage:
    made = ExportPage(project, settings)
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    made.tabs.setCurrentIndex(MATRIX_TAB)
    return made


def start(page: ExportPage, client: FakeClient) -> FakeJob:
    page.matrix.choose()
    dialog = page.matrix.dialog
    assert dialog is not None
    dialog.try_button.click()
    return client.last("matrix")


def made(choice: MatrixChoice, folder: Path) -> MatrixCell:
    """An exported cell whose artifact is there."""
    path = folder / f"{choice.exporter}.onnx"
    path.write_bytes(b"x" * 10)
    one = cell(choice.exporter, choice.opset_version, size_bytes=10, ms=(1.0, 0.9, 1.1))
    assert one.export is not None
    artifact = dataclasses.replace(one.export.artifact, path=str(path))
    return dataclasses.replace(one, export=dataclasses.replace(one.export, artifact=artifact))


def report(page: ExportPage, *cells: MatrixCell, is_complete: bool = True) -> MatrixReport:
    recommended, reason = recommend(cells, page.controller.recipe.export)
    return MatrixReport(cells, recommended, reason, is_complete, 12.0, 0, 2)


def finish(page: ExportPage, client: FakeClient, qtbot: QtBot, *cells: MatrixCell) -> None:
    job = start(page, client)
    job.answer(report(page, *cells))
    qtbot.waitUntil(lambda: not page.matrix.state.is_running)


def status(page: ExportPage) -> Status:
    return page.matrix._badge.status


def shown(page: ExportPage, row: int) -> list[str]:
    model = page.matrix.model
    return [str(model.index(row, column).data()) for column in range(model.columnCount())]


def test_before_the_first_run_the_view_says_what_it_does_and_offers_it(page: ExportPage) -> None:
    assert page.matrix._empty_button.isVisible()
    assert not page.try_button.isVisible()
    page.tabs.setCurrentIndex(EXPORT_TAB)
    assert page.try_button.isVisible()
    page.try_button.click()
    assert page.tabs.currentIndex() == MATRIX_TAB
    assert page.matrix.dialog is not None


def test_the_chooser_counts_the_cells_and_remembers_which_exporters_are_not_wanted(
    page: ExportPage, client: FakeClient, settings: Settings
) -> None:
    page.matrix.choose()
    dialog = page.matrix.dialog
    assert dialog is not None
    assert dialog.try_button.text() == "Try 5 cells"
    dialog.boxes["torchscript/script"].setChecked(False)
    dialog.newest_box.setChecked(False)
    dialog.others_edit.setText("18")
    dialog.others_edit.textEdited.emit("18")
    dialog.workers.setValue(1)
    assert dialog.try_button.text() == "Try 4 cells"
    dialog.others_edit.textEdited.emit("many")
    assert not dialog.try_button.isEnabled()
    dialog.others_edit.textEdited.emit("18")
    dialog.try_button.click()
    request = client.last("matrix").request
    assert isinstance(request, MatrixRequest)
    assert [(one.exporter, one.opset_version) for one in request.matrix.choices] == [
        ("dynamo", 18),
        ("dynamo", 20),
        ("trace", 17),
        ("trace", 18),
    ]
    assert request.matrix.workers == 1
    assert settings.text("matrix/unchecked") == "torchscript/script"


def test_the_table_fills_as_cells_come_and_says_what_is_recommended_so_far(
    page: ExportPage, client: FakeClient, qtbot: QtBot
) -> None:
    QAbstractItemModelTester(page.matrix.model, QAbstractItemModelTester.FailureReportingMode.Warning)
    job = start(page, client)
    assert [row.cell.outcome for row in page.matrix.model.records] == ["waiting"] * 5
    job.give(Partial(job.id, MatrixCell(MatrixChoice("onnx", "trace", 17), "running", "Exporting")))
    job.give(Partial(job.id, cell("dynamo", 20)))
    job.give(Progress(job.id, "1 of 5 cells; trace, opset 17: Exporting", 0.2))
    qtbot.waitUntil(lambda: page.matrix.sentence.isVisible())
    assert page.matrix.sentence.text() == "So far: dynamo, opset 20: passes in all 3 cases."
    rows = {row.cell.choice: row for row in page.matrix.model.records}
    assert rows[MatrixChoice("onnx", "dynamo", 20)].is_recommended
    assert rows[MatrixChoice("onnx", "trace", 17)].cell.outcome == "running"
    qtbot.waitUntil(lambda: page.matrix.progress.bar.value() == 200)
    assert page.matrix.cancel_button.isVisible()
    assert not page.matrix.use_button.isVisible()


def test_the_inspector_follows_the_selected_cell_as_it_runs(
    page: ExportPage, client: FakeClient, qtbot: QtBot
) -> None:
    job = start(page, client)
    page.matrix.table.setCurrentIndex(page.matrix.model.index(0, 0))
    with qtbot.waitSignal(page.controller.inspected) as inspected:
        job.give(Partial(job.id, cell("dynamo", 20)))
    assert [section.title for section in inspected.args[0].sections] == ["Artifact", "Parity at each size"]


def test_a_finished_matrix_shows_the_reason_and_the_details_of_the_selected_cell(
    page: ExportPage, client: FakeClient, qtbot: QtBot
) -> None:
    finish(
        page, client, qtbot, cell(ms=(2.0, 1.9, 2.1)), cell("trace", 17, wrong_at="batch = 3"), failed("script", 17)
    )
    view = page.matrix
    assert status(page) is Status.PASSED
    assert view.sentence.text().startswith(
        "dynamo, opset 20: passes in all 3 cases; trace, opset 17 is wrong at batch = 3"
    )
    assert shown(page, 0) == ["dynamo", "20", "yes", "", "", "3 cases", "30", "1.00 kB", "2.5", "2.00 ± 5 %"]
    assert shown(page, 1)[5] == "at batch = 3"
    assert shown(page, 2)[2] == "failed"
    assert view.selected == view.model.records[0].cell  # the recommended one: ready to be used
    with qtbot.waitSignal(page.controller.inspected) as inspected:
        view.table.select_record(view.model.records[1])
    found = inspected.args[0]
    assert isinstance(found, Inspection)
    sizes = next(section for section in found.sections if section.title == "Parity at each size")
    assert [(one.name, one.value) for one in sizes.properties] == [
        ("example", "passed, 1.00e-06 off"),
        ("batch = 1", "passed, 1.00e-06 off"),
        ("batch = 3", "failed, 0.140 off"),
    ]
    assert view.use_button.isEnabled()
    assert "It is wrong at batch = 3." in view.use_button.toolTip()


def test_the_verdict_columns_have_words_for_tooltips_the_clipboard_and_a_screen_reader(
    page: ExportPage, client: FakeClient, qtbot: QtBot
) -> None:
    finish(page, client, qtbot, cell())
    model = page.matrix.model
    checked = next(i for i, column in enumerate(COLUMNS) if column.title == "Checked")
    index = model.index(0, checked)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "passed"
    assert not index.data(Qt.ItemDataRole.DecorationRole).isNull()
    page.matrix.table.selectRow(0)
    page.matrix.table.copy_rows()
    assert "passed\tpassed" in QGuiApplication.clipboard().text()


def test_a_failed_cell_says_why_in_the_inspector() -> None:
    found = inspect_row(MatrixRow(failed("script", 17)))
    assert found.sections[0].title == "Not exported"
    assert [(one.name, one.value) for one in found.sections[0].properties] == [
        ("what", "The exporter gave up."),
        ("next", "Use another."),
    ]


def test_using_a_cell_is_one_undoable_edit_and_its_artifact_becomes_the_recipes_own(
    page: ExportPage, client: FakeClient, qtbot: QtBot, tmp_path: Path
) -> None:
    controller = page.controller
    traced = made(MatrixChoice("onnx", "trace", 17), tmp_path)
    finish(page, client, qtbot, cell(), traced)
    page.matrix.table.select_record(page.matrix.model.records[1])
    page.matrix.use_button.click()
    export = controller.recipe.export
    assert (export.exporter, export.opset_version, export.output_path) == ("trace", 17, "build/shapes.onnx")
    assert (tmp_path / "build" / "shapes.onnx").read_bytes() == b"x" * 10
    record = controller.result(Stage.EXPORT, ExportRecord)
    assert record is not None
    assert record.asked == export
    assert controller.state(Stage.EXPORT).status is Status.PASSED
    assert controller.artifact_path == str(tmp_path / "build" / "shapes.onnx")
    assert not [job for job in client.jobs if job.stage == "export"]
    assert page.tabs.currentIndex() == EXPORT_TAB
    assert not page.matrix.state.stale
    controller.undo_stack.undo()
    assert controller.recipe.export.exporter == "dynamo"
    assert controller.state(Stage.EXPORT).status is Status.STALE


def test_using_a_cell_whose_artifact_is_gone_says_so_and_keeps_what_was_exported(
    page: ExportPage, client: FakeClient, qtbot: QtBot
) -> None:
    finish(page, client, qtbot, cell("trace", 17))
    with qtbot.waitSignal(page.controller.message_raised) as raised:
        page.matrix.table.activated.emit(page.matrix.model.index(0, 0))
    assert raised.args[0].code == "artifact-missing"
    assert page.controller.result(Stage.EXPORT, ExportRecord) is None


def test_using_a_cell_of_a_recipe_with_post_steps_exports_anew(
    page: ExportPage, client: FakeClient, qtbot: QtBot, tmp_path: Path
) -> None:
    controller = page.controller
    recipe = controller.recipe
    export = dataclasses.replace(recipe.export, post_steps=("simplify",))
    controller.edit(dataclasses.replace(recipe, export=export), "add a step")
    finish(page, client, qtbot, made(MatrixChoice("onnx", "trace", 17), tmp_path))
    page.matrix.table.activated.emit(page.matrix.model.index(0, 0))
    assert client.jobs[-1].stage == "export"


def test_a_cancel_keeps_the_finished_cells_and_offers_the_rest(
    page: ExportPage, client: FakeClient, qtbot: QtBot
) -> None:
    job = start(page, client)
    job.give(Partial(job.id, cell("dynamo", 20)))
    cut = report(
        page, cell("dynamo", 20), failed("trace", 17, "cancelled"), failed("trace", 20, "crashed"), is_complete=False
    )
    job.give(Cancelled(job.id, cut))
    qtbot.waitUntil(lambda: not page.matrix.state.is_running)
    assert status(page) is Status.CANCELLED
    assert shown(page, 0)[2] == "yes"
    assert page.matrix.missing_button.text() == "Run the other 2"
    page.matrix.missing_button.click()
    request = client.last("matrix").request
    assert isinstance(request, MatrixRequest)
    assert not request.is_fresh
    assert len(request.matrix.choices) == 3


def test_run_all_again_forgets_what_is_kept(page: ExportPage, client: FakeClient, qtbot: QtBot) -> None:
    finish(page, client, qtbot, cell())
    page.matrix.again_button.click()
    request = client.last("matrix").request
    assert isinstance(request, MatrixRequest)
    assert request.is_fresh


def test_a_matrix_that_could_not_go_on_says_why(page: ExportPage, client: FakeClient, qtbot: QtBot) -> None:
    start(page, client).answer(FAULT)
    qtbot.waitUntil(lambda: not page.matrix.state.is_running)
    assert page.matrix.error_panel.isVisible()
    assert status(page) is Status.FAILED
    assert page.matrix.try_button.isEnabled()


def test_reopening_shows_the_kept_cells_and_an_edit_makes_them_out_of_date_until_it_is_undone(
    qtbot: QtBot, project: Controller, settings: Settings, tmp_path: Path
) -> None:
    qtbot.waitUntil(lambda: project.capabilities is not None)
    choice = MatrixChoice("onnx", "trace", 17)
    recipe = project.recipe
    request = MatrixRequest(recipe.source, recipe.inputs, recipe.export, recipe.parity, MatrixSpec((choice,)))
    assert project.capabilities is not None
    MatrixStore(tmp_path, recipe.export).put(
        made(choice, tmp_path), fingerprint_of(request, project.capabilities, tmp_path)
    )
    page = make_page(qtbot, project, settings)
    assert shown(page, 0)[:3] == ["trace", "17", "yes"]
    assert status(page) is Status.PASSED
    assert page.tabs.tabText(MATRIX_TAB) == "Matrix (1)"

    project.edit(dataclasses.replace(recipe, inputs=(InputSpec("image", (4, 3, 32, 32)),)), "change inputs")
    assert status(page) is Status.STALE
    assert shown(page, 0)[2] == "stale"
    assert page.matrix.sentence.text().startswith("Out of date")
    project.undo_stack.undo()
    assert status(page) is Status.PASSED

    (tmp_path / "model.py").write_text("x = 1", encoding="utf-8")
    again = make_page(qtbot, project, settings)
    assert status(again) is Status.STALE


def test_another_project_takes_nothing_over(page: ExportPage, client: FakeClient, qtbot: QtBot) -> None:
    job = start(page, client)
    job.give(Partial(job.id, cell()))
    page.controller.new_project()
    assert page.matrix.state.cells == {}
    assert job.is_cancelled
    job.give(Done(job.id, report(page, cell())))
    assert page.matrix.state.cells == {}
    assert page.matrix.empty.problem.text()


def test_the_context_menu_offers_to_use_an_exported_cell(page: ExportPage, client: FakeClient, qtbot: QtBot) -> None:
    finish(page, client, qtbot, cell())
    table = page.matrix.table
    table.customContextMenuRequested.emit(table.visualRect(page.matrix.model.index(0, 0)).center() + QPoint(0, 0))
    menu = table.findChild(QMenu)
    assert menu is not None
    assert menu.actions()[0].text() == "Use this export"
    menu.close()
