"""The parity page: what a user sees of a proof, of a silent failure, and of a tolerance being changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import ParityReport
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.inspection import Inspection
from modelpack_gui.ui.models.record_table import COPY_ROLE
from modelpack_gui.ui.pages.parity import ParityPage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.parity.matrix import ParityMatrix, ParityMatrixModel
from modelpack_gui.ui.widgets.parity.tabs import LAYERS
from tests.ui import made_reports as made
from tests.ui.fake_client import FakeClient
from tests.ui.parity import made_layers
from tests.ui.parity.pages import open_parity_page

Show = Callable[[ParityReport], ParityPage]


@pytest.fixture
def page(qtbot: QtBot, client: FakeClient, controller: Controller, settings: Settings) -> ParityPage:
    return open_parity_page(qtbot, client, controller, settings, height=640)


@pytest.fixture
def show(page: ParityPage, qtbot: QtBot, client: FakeClient, controller: Controller) -> Show:
    def run(report: ParityReport) -> ParityPage:
        controller.run(Stage.PARITY)
        qtbot.waitUntil(lambda: any(job.stage == "parity" and job.ended is None for job in client.jobs))
        client.last("parity").answer(report)
        qtbot.waitUntil(lambda: controller.state(Stage.PARITY).result is report)
        return page

    return run


def _type(page: ParityPage, field: str, text: str) -> None:
    edit = page.fields[field]
    edit.selectAll()
    QTest.keyClicks(edit, text)


def _cell(page: ParityPage, label: str, seed: int, output: str) -> QPoint:
    matrix = page.overview.matrix.matrix
    titles = [(matrix.index(row, 0).data(), matrix.index(row, 1).data()) for row in range(matrix.rowCount())]
    index = matrix.index(titles.index((label, str(seed))), 2 + matrix.names.index(output))
    page.overview.matrix.scrollTo(index)
    return page.overview.matrix.visualRect(index).center()


def test_before_the_first_run_the_page_says_what_to_do(page: ParityPage) -> None:
    assert not page.overview.matrix.isVisible()
    assert page.fields["rtol"].isVisible()  # tolerances can be set before


def test_the_verdict_sentence_is_the_reports_own(show: Show) -> None:
    page = show(made.parity_report())
    assert page.sentence.text().startswith("The artifact agrees")
    assert page.badge.status is Status.PASSED


def test_the_matrix_has_a_row_per_case_and_a_column_per_output(show: Show) -> None:
    page = show(made.parity_report(names=("logits", "embedding")))
    matrix = page.overview.matrix.matrix
    titles = [matrix.headerData(i, Qt.Orientation.Horizontal) for i in range(matrix.columnCount())]
    assert titles == ["Case", "Seed", "logits", "embedding"]
    assert matrix.rowCount() == 10
    assert matrix.index(0, 0).data() == "example (batch = 2)"
    assert matrix.index(3, 0).data() == "batch = 1"
    assert matrix.index(3, 1).data() == "1"


def test_the_first_verdict_stays_in_sight_beside_long_names_of_cases(qtbot: QtBot) -> None:
    matrix = ParityMatrix()
    qtbot.addWidget(matrix)
    matrix.resize(700, 300)
    matrix.show_cases(made.parity_report().cases)
    whole = matrix.columnWidth(0)
    needed = matrix.columnWidth(1) + matrix.columnWidth(2)
    matrix.show()
    matrix.resize(whole + needed - 10, 300)
    assert matrix.columnWidth(0) < whole
    assert matrix.columnWidth(0) + needed <= matrix.viewport().width()
    matrix.resize(700, 300)
    assert matrix.columnWidth(0) == whole


def test_the_first_failing_cell_is_selected_and_explained(show: Show) -> None:
    page = show(made.parity_report(failing=(3, 5, 17), names=("logits", "embedding")))
    assert page.badge.status is Status.FAILED
    current = page.overview.matrix.currentIndex()
    assert (current.siblingAtColumn(0).data(), current.siblingAtColumn(1).data()) == ("batch = 3", "0")
    assert "1,500 of 3,000 elements differ" in page.overview.reason.text()
    assert page.overview.table.currentIndex().siblingAtColumn(0).data() == "logits"


def test_a_click_on_a_cell_shows_its_case_and_fills_the_inspector(
    show: Show, qtbot: QtBot, controller: Controller
) -> None:
    page = show(made.parity_report(failing=(3,), names=("logits", "embedding")))
    shown: list[Inspection] = []
    controller.inspected.connect(shown.append)
    where = _cell(page, "batch = 17", 1, "embedding")
    qtbot.mouseClick(page.overview.matrix.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert page.overview.table.currentIndex().siblingAtColumn(0).data() == "embedding"
    assert page.overview.table.currentIndex().siblingAtColumn(2).data() == "17 × 1000"
    assert shown[-1].title == "embedding"
    assert shown[-1].subtitle == "Output · batch = 17, seed 1"
    assert not page.overview.reason.isVisible()


def test_a_click_on_an_output_row_moves_the_matrix_with_it(show: Show, qtbot: QtBot) -> None:
    page = show(made.parity_report(names=("logits", "embedding")))
    index = page.overview.table.model().index(1, 0)
    where = page.overview.table.visualRect(index).center()
    qtbot.mouseClick(page.overview.table.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert page.overview.matrix.currentIndex().column() == 3


def test_cells_show_the_budget_or_the_largest_difference(show: Show) -> None:
    page = show(made.parity_report())
    cell = page.overview.matrix.matrix.index(0, 2)
    assert cell.data() == "0.00382"
    page.overview.measure.setCurrentIndex(1)
    assert cell.data() == "4.20e-07"


def test_a_case_that_could_not_run_shows_its_error_in_place_of_figures(show: Show) -> None:
    page = show(made.parity_report_with_error())
    assert page.overview.matrix.currentIndex().siblingAtColumn(2).data() == "did not run"
    assert page.overview.case_error.isVisible()
    assert not page.overview.table.isVisible()
    assert not page.overview.chart.has_picture


def test_copied_figures_have_all_their_digits(show: Show) -> None:
    page = show(made.parity_report())
    row = [
        page.overview.table.model().index(0, i).data(COPY_ROLE)
        for i in range(page.overview.table.model().columnCount())
    ]
    output = made.parity_report().cases[0].outputs[0]
    assert repr(output.rmse) in row
    assert repr(output.max_rel_diff) in row
    page.overview.matrix.copy_matrix()
    lines = QGuiApplication.clipboard().text().split("\n")
    assert lines[0] == "Case\tSeed\tlogits"
    assert lines[1] == f"example (batch = 2)\t0\tpassed {output.max_budget!r}"


def test_warnings_are_counted_and_folded(show: Show) -> None:
    page = show(made.parity_report())
    assert page.overview.warnings.isVisible()
    assert not page.overview.warnings_text.isVisible()
    assert "shapes.py:61" in page.overview.warnings_text.toPlainText()


def test_the_histogram_can_be_of_one_output_a_case_or_all(show: Show, qtbot: QtBot) -> None:
    page = show(made.parity_report(names=("logits", "embedding")))
    qtbot.waitUntil(lambda: page.overview.chart.has_picture)
    assert page.overview.chart.note == "400 of 2,000 elements agree exactly."
    page.overview.scope.setCurrentIndex(1)
    assert page.overview.chart.note == "800 of 4,000 elements agree exactly."
    page.overview.scope.setCurrentIndex(2)
    assert page.overview.chart.note == "22,400 of 112,000 elements agree exactly."


@pytest.mark.parametrize(
    ("field", "typed", "expected"),
    [
        ("rtol", "1e-4", 1e-4),
        ("atol", "0", 0.0),
        ("sizes", "1, 4 9", (1, 4, 9)),
        ("sizes", " ", ()),
        ("seeds", "0,7", (0, 7)),
    ],
)
def test_typing_a_setting_edits_the_recipe_as_one_undoable_step(
    page: ParityPage, controller: Controller, field: str, typed: str, expected: object
) -> None:
    before = controller.recipe
    _type(page, field, typed)
    assert getattr(controller.recipe.parity, field) == expected
    controller.undo_stack.undo()
    assert controller.recipe == before
    assert not controller.undo_stack.canUndo()


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("rtol", "1e-", "must be a number"),
        ("atol", "-1", "zero or more"),
        ("atol", "inf", "finite"),
        ("sizes", "1, 0", "1 or more"),
        ("sizes", "two", "whole numbers"),
        ("seeds", ",", "at least one"),
        ("seeds", "-3", "0 or more"),
    ],
)
def test_what_cannot_be_read_is_explained_and_changes_nothing(
    page: ParityPage, controller: Controller, field: str, typed: str, told: str
) -> None:
    before = controller.recipe
    _type(page, field, typed)
    assert controller.recipe == before
    assert page.problem.isVisible()
    assert told in page.problem.text


def test_an_undo_elsewhere_shows_the_old_value_in_the_field(page: ParityPage, controller: Controller) -> None:
    _type(page, "rtol", "0.01")
    controller.undo_stack.undo()
    assert page.fields["rtol"].text() == "0.001"


def test_changed_sizes_mark_the_result_as_out_of_date(show: Show) -> None:
    page = show(made.parity_report())
    _type(page, "sizes", "4")
    assert page.badge.status is Status.STALE
    assert page.sentence.text().startswith("Out of date")


def test_while_it_runs_again_the_old_verdict_is_called_previous(show: Show, controller: Controller) -> None:
    page = show(made.parity_report())
    controller.run(Stage.PARITY)
    assert page.badge.status is Status.RUNNING
    assert page.sentence.text().startswith("Previous result: ")


def test_the_matrix_model_keeps_qts_rules(qapp: object) -> None:
    model = ParityMatrixModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    whole = made.parity_report_with_error().cases
    model.set_cases(whole[:4])
    model.set_cases(whole)
    model.set_measure("max_abs_diff")
    model.set_cases(())
    assert tester.model() is model


def test_the_fault_that_a_mark_leads_to_is_shown_among_the_layers(show: Show) -> None:
    page = show(made.parity_report(failing=(3,)))
    fault = made_layers.report(fault=14).fault
    page.reveal(fault)
    assert page.tabs.currentIndex() == LAYERS
    assert page.tabs.layers is not None
    assert page.tabs.layers.head.case.whole == "Case: batch = 3"


def test_a_tab_takes_no_more_height_than_its_own_view_needs(show: Show, qtbot: QtBot) -> None:
    page = show(made.parity_report())
    overview = page.tabs.heightForWidth(800)
    page.tabs.setCurrentIndex(LAYERS)
    layers = page.tabs.layers
    assert layers is not None
    qtbot.waitUntil(layers.isVisible)
    assert layers.minimumSizeHint().height() <= page.tabs.heightForWidth(800) != overview


def test_no_tab_needs_more_width_than_there_is_beside_the_inspector_of_a_small_screen(
    page: ParityPage, show: Show, qtbot: QtBot
) -> None:
    page.resize(620, 600)
    show(made.swept(failing=(3,)))
    for tab in range(page.tabs.count()):
        page.tabs.setCurrentIndex(tab)
    values, layers = page.tabs.values, page.tabs.layers
    assert values is not None
    assert layers is not None
    layers.fault.show_report(made_layers.report(fault=9))
    qtbot.waitUntil(layers.fault.isVisible)
    # A page may ask 640 of the docks beside it; its margins and scroll bar are among them.
    for part in (values, layers, page.details, page.settings, page.overview):
        layout = part.layout()
        assert layout is not None
        layout.activate()
        assert part.minimumSizeHint().width() <= 560, part.objectName()
