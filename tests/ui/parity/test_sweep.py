"""A sweep on the parity page: its cases as they come, the grid of sizes and values, and going on where it stopped."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QStyle, QStyleOptionComboBox
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import Partial
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import (
    Attribution,
    CaseChoice,
    Origin,
    ParityCase,
    ParityPart,
    ParityReport,
    ParityRequest,
    Regime,
    SideResult,
    Verdict,
)
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.color_scale import readable_on, viridis
from modelpack_gui.ui.models.parity_grid import ParityGridModel
from modelpack_gui.ui.models.parity_measures import MEASURES, measure_text
from modelpack_gui.ui.models.parity_text import noise_floor, noise_text
from modelpack_gui.ui.pages.parity import ParityPage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.parity.case_browser import CaseBrowser
from tests.ui import made_reports as made
from tests.ui.fake_client import FakeClient, FakeJob
from tests.ui.parity.pages import open_parity_page

LEFT = (CaseChoice({"batch": 64}), CaseChoice({"batch": 128}))


@pytest.fixture
def page(qtbot: QtBot, client: FakeClient, controller: Controller, settings: Settings) -> ParityPage:
    recipe = made.ready_recipe()
    sweeping = dataclasses.replace(recipe, parity=dataclasses.replace(recipe.parity, sweep=True))
    return open_parity_page(qtbot, client, controller, settings, sweeping)


def _start(page: ParityPage, qtbot: QtBot, client: FakeClient, controller: Controller) -> FakeJob:
    controller.run(Stage.PARITY)
    qtbot.waitUntil(lambda: bool(controller.job_of(Stage.PARITY)))
    assert page.controller is controller
    return client.last("parity")


def _finish(page: ParityPage, qtbot: QtBot, job: FakeJob, report: ParityReport) -> None:
    job.answer(report)
    qtbot.waitUntil(lambda: page.controller.state(Stage.PARITY).result is report)


def _give(job: FakeJob, cases: tuple[ParityCase, ...], planned: int) -> None:
    for number, case in enumerate(cases, start=1):
        job.give(Partial(job.id, ParityPart(case, number, planned)))


def _shown(page: ParityPage) -> int:
    return page.overview.matrix.matrix.rowCount()


def test_the_button_says_what_it_will_do_and_the_fold_how_much(page: ParityPage, controller: Controller) -> None:
    assert page.run_button.text() == "Sweep"
    assert "planned" in page.settings.folds.headers["cases"].whole
    page.sweep.click()
    assert not controller.recipe.parity.sweep
    assert page.run_button.text() == "Compare"
    controller.undo_stack.undo()
    assert page.sweep.isChecked()


def test_kinds_of_values_and_the_time_budget_are_edited_undoably(page: ParityPage, controller: Controller) -> None:
    page.settings.folds.headers["cases"].click()
    assert page.settings.folds.opened == "cases"
    panel = page.settings.cases
    panel.regimes[Regime.NAN].click()
    assert Regime.NAN not in controller.recipe.parity.regimes
    for box in panel.regimes.values():
        if box.isChecked():
            box.click()
    assert controller.recipe.parity.regimes == (Regime.NORMAL,)  # never none
    panel.budget.setValue(30)
    assert controller.recipe.parity.time_budget_s == 30.0
    controller.undo_stack.undo()
    assert controller.recipe.parity.time_budget_s == 120.0
    page.settings.folds.headers["sides"].click()
    assert page.settings.folds.opened == "sides"  # one at a time
    page.settings.folds.headers["sides"].click()
    assert page.settings.folds.opened == ""


def test_cases_are_drawn_as_they_come(
    page: ParityPage, qtbot: QtBot, client: FakeClient, controller: Controller
) -> None:
    job = _start(page, qtbot, client, controller)
    assert not page.overview.isVisible()
    report = made.swept(failing=(3,))
    _give(job, report.cases[:10], 12)
    qtbot.waitUntil(lambda: _shown(page) == 10)
    assert page.overview.isVisible()
    assert page.sentence.text() == "10 of 12 cases so far: 2 failed."
    assert not page.details.isVisible()
    again = dataclasses.replace(report.cases[9], verdict=Verdict.PASSED)  # its arrays had to make room
    _give(job, (again,), 12)
    qtbot.waitUntil(lambda: page.sentence.text() == "10 of 12 cases so far: 1 failed.")
    _finish(page, qtbot, job, report)
    assert _shown(page) == 12
    assert page.sentence.text() == report.summary
    assert controller.parity.cases == ()


def test_a_run_that_is_cancelled_keeps_its_cases_and_goes_on_from_them(
    page: ParityPage, qtbot: QtBot, client: FakeClient, controller: Controller
) -> None:
    job = _start(page, qtbot, client, controller)
    cases = made.swept().cases[:5]
    _give(job, cases, 12)
    qtbot.waitUntil(lambda: _shown(page) == 5)
    controller.cancel(Stage.PARITY)
    qtbot.waitUntil(lambda: page.go_on.isVisible())
    assert page.sentence.text() == "Stopped after 5 of 12 cases: all of them agree."
    assert page.go_on.text() == "Go on (7 left)"
    page.go_on.click()
    qtbot.waitUntil(lambda: client.last("parity") is not job)
    first, second = job.request, client.last("parity").request
    assert isinstance(first, ParityRequest)
    assert isinstance(second, ParityRequest)
    assert second.known == cases
    assert second.folder == first.folder  # their arrays lie there


def test_a_run_that_crashed_goes_on_too_and_a_changed_model_forgets_its_cases(
    page: ParityPage, qtbot: QtBot, client: FakeClient, controller: Controller
) -> None:
    job = _start(page, qtbot, client, controller)
    _give(job, made.swept().cases[:5], 12)
    job.answer(ErrorInfo("worker-crashed", "The worker died.", "Run it again."))
    qtbot.waitUntil(lambda: page.error_panel.isVisible())
    assert page.go_on.isVisible()
    assert _shown(page) == 5
    page.settings.cases.sizes.setText("")
    recipe = controller.recipe
    controller.edit(dataclasses.replace(recipe, parity=dataclasses.replace(recipe.parity, sizes=(9,))), "sizes")
    qtbot.waitUntil(lambda: not page.go_on.isVisible())
    assert controller.parity.cases == ()


def test_what_the_time_budget_left_out_is_gone_on_with(
    page: ParityPage, qtbot: QtBot, client: FakeClient, controller: Controller
) -> None:
    report = made.swept(left=LEFT)
    _finish(page, qtbot, _start(page, qtbot, client, controller), report)
    assert page.go_on.text() == "Go on (2 left)"
    page.go_on.click()
    qtbot.waitUntil(lambda: bool(controller.job_of(Stage.PARITY)))
    request = client.last("parity").request
    assert isinstance(request, ParityRequest)
    assert request.known == report.cases
    assert not page.go_on.isVisible()


def test_a_plain_run_knows_nothing_of_an_earlier_one_and_has_a_folder_of_its_own(
    page: ParityPage, qtbot: QtBot, client: FakeClient, controller: Controller
) -> None:
    job = _start(page, qtbot, client, controller)
    _finish(page, qtbot, job, made.swept(left=LEFT))
    again = _start(page, qtbot, client, controller)
    first, second = job.request, again.request
    assert isinstance(first, ParityRequest)
    assert isinstance(second, ParityRequest)
    assert second.known == ()
    assert first.folder != second.folder != ""


def test_a_sweep_opens_with_sizes_against_values_and_its_gravest_cell(
    page: ParityPage, qtbot: QtBot, client: FakeClient, controller: Controller
) -> None:
    _finish(page, qtbot, _start(page, qtbot, client, controller), made.swept(failing=(3,)))
    grid = page.overview.browser.grid
    model = grid.model
    assert grid.isVisible()
    assert not page.overview.chart.isVisible()
    assert model.titles == ("batch = 2 (example)", "batch = 1", "batch = 3")
    assert [model.headerData(i, Qt.Orientation.Horizontal) for i in range(3)] == ["Normal", "Zeros", "Inf"]
    assert grid.table.currentIndex().row() == 2
    assert page.overview.case is not None
    assert page.overview.case.verdict is Verdict.FAILED
    assert page.overview.table.currentIndex().siblingAtColumn(0).data() == "logits"


def test_a_cell_of_several_seeds_lets_one_choose_among_them(
    page: ParityPage, qtbot: QtBot, client: FakeClient, controller: Controller
) -> None:
    _finish(page, qtbot, _start(page, qtbot, client, controller), made.swept(failing=(3,)))
    browser = page.overview.browser
    assert browser.which.isVisible()
    assert browser.which.count() == 2
    browser.which.setCurrentIndex(1)
    browser.which.activated.emit(1)
    assert page.overview.case is not None
    assert page.overview.case.seed == 1
    browser.grid.table.setCurrentIndex(browser.grid.model.index(0, 1))
    assert not browser.which.isVisible()
    assert page.overview.case.regime is Regime.ZEROS


def test_the_list_shows_the_case_that_was_chosen_in_the_grid(
    page: ParityPage, qtbot: QtBot, client: FakeClient, controller: Controller
) -> None:
    _finish(page, qtbot, _start(page, qtbot, client, controller), made.swept())
    browser = page.overview.browser
    browser.grid.table.setCurrentIndex(browser.grid.model.index(1, 2))
    browser.view.setCurrentIndex(0)
    assert browser.matrix.isVisible()
    assert page.overview.chart.isVisible()
    assert browser.matrix.currentIndex().siblingAtColumn(0).data() == "batch = 1, inf"
    browser.view.setCurrentIndex(1)
    assert browser.grid.table.currentIndex() == browser.grid.model.index(1, 2)


def test_a_cell_without_cases_says_that_it_was_not_tried() -> None:
    model = ParityGridModel()
    model.set_cases(made.swept().cases[:5])  # batch = 1 was not tried with zeros
    assert model.cell(1, 1) is None
    assert model.index(1, 1).data(Qt.ItemDataRole.ToolTipRole).startswith("Not tried.")
    assert not model.index(1, 1).data()


@pytest.mark.parametrize(("width", "is_beside"), [(260, False), (700, True)])
def test_the_choices_above_the_cases_are_whole_at_any_width(qtbot: QtBot, width: int, is_beside: bool) -> None:
    browser = CaseBrowser()
    qtbot.addWidget(browser)
    browser.resize(width, 400)
    browser.show()
    boxes = (browser.view, browser.measure)
    qtbot.waitUntil(lambda: (boxes[0].y() == boxes[1].y()) is is_beside)
    for box in boxes:
        longest = max(box.fontMetrics().horizontalAdvance(box.itemText(i)) for i in range(box.count()))
        option = QStyleOptionComboBox()
        box.initStyleOption(option)
        part = QStyle.SubControl.SC_ComboBoxEditField
        room = box.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, box)
        assert room.width() >= longest


def test_cells_are_coloured_by_the_measure_and_marked_by_the_verdict() -> None:
    model = ParityGridModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_cases(made.swept(failing=(3,)).cases)
    good, bad = model.index(0, 0), model.index(2, 0)
    assert bad.data() == "4.7e+05"
    role = Qt.ItemDataRole.BackgroundRole
    assert bad.data(role).color() == viridis(1.0)
    assert good.data(role).color() != bad.data(role).color()
    assert "2 cases, 2 failed" in bad.data(Qt.ItemDataRole.ToolTipRole)
    model.set_measure("sqnr_db")
    assert bad.data() == "131"
    assert model.cell(2, 1) is not None
    model.set_cases(())
    assert model.rowCount() == 0
    assert tester.model() is model


@pytest.mark.parametrize("place", [i / 20 for i in range(21)])
def test_numbers_can_be_read_on_every_colour(place: float) -> None:
    def luminance(color: QColor) -> float:
        red, green, blue = (
            part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
            for part in (color.redF(), color.greenF(), color.blueF())
        )
        return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)

    back = viridis(place)
    light, dark = sorted((luminance(back), luminance(readable_on(back))), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_a_measure_has_its_place_on_its_scale_whatever_it_is() -> None:
    ratio, sqnr = MEASURES["noise_ratio"], MEASURES["sqnr_db"]
    assert [ratio.place(value, 1.0, 1e3) for value in (0.0, 1.0, 1e3, float("inf"), float("nan"))] == [0, 0, 1, 1, 1]
    assert [sqnr.place(value, 140.0, 20.0) for value in (float("inf"), 140.0, 80.0, -5.0)] == [0, 0, 0.5, 1]
    assert sqnr.worst(output for case in made.swept().cases for output in case.outputs) == 131.0
    assert MEASURES["max_abs_diff"].scale([]) == (1e-8, 1.0)


def test_a_figure_in_a_cell_is_short_enough_to_be_read_whole() -> None:
    assert [measure_text(value) for value in (0.000244, 0.00205, 0.894, 12_345.0, 560_484.0)] == [
        "2.4e-04",
        "0.00205",
        "0.894",
        "12,345",
        "5.6e+05",
    ]


def test_the_grid_is_copied_with_verdicts_and_all_digits(
    page: ParityPage, qtbot: QtBot, client: FakeClient, controller: Controller
) -> None:
    _finish(page, qtbot, _start(page, qtbot, client, controller), made.swept(failing=(3,)))
    page.overview.browser.grid.copy_table()
    lines = QGuiApplication.clipboard().text().split("\n")
    assert lines[0] == "\tNormal\tZeros\tInf"
    assert lines[3].startswith(f"batch = 3\tfailed {0.137 / 2.9e-7!r}\t")


def test_where_it_comes_from_stands_below_the_verdict_with_the_sides_on_demand(
    page: ParityPage, qtbot: QtBot, client: FakeClient, controller: Controller
) -> None:
    sides = (
        SideResult("off", Verdict.PASSED, 3e-7, 0.002, 0.9),
        SideResult("all", Verdict.FAILED, 0.137, 1245.0, 470_000.0),
        SideResult("onnx.reference", Verdict.SKIPPED, None, None, None, "it takes too long"),
    )
    found = Attribution(Origin.OPTIMIZER, "differs only from level extended on", "batch = 3", "extended", sides)
    report = dataclasses.replace(made.swept(failing=(3,)), attribution=found)
    _finish(page, qtbot, _start(page, qtbot, client, controller), report)
    details = page.details
    assert details.origin.text() == "At batch = 3: differs only from level extended on."
    assert details.allclose.text() == "numpy.testing.assert_allclose: fails for 3 of 12 outputs"
    assert not details.noise.isVisible()  # the sentence says it
    assert not details.sides.isVisible()
    details.how.click()
    assert details.sides.isVisible()
    rows = details.sides.records_model
    assert [rows.index(row, 0).data() for row in range(3)] == [
        "Optimisation off",
        "Optimisation all",
        "onnx.reference",
    ]
    assert rows.index(2, 1).data() == "did not run"


def test_what_agrees_exactly_is_said_once(
    page: ParityPage, qtbot: QtBot, client: FakeClient, controller: Controller
) -> None:
    found = Attribution(Origin.NONE, "agrees exactly with eager", "example")
    report = dataclasses.replace(made.swept(), attribution=found)
    _finish(page, qtbot, _start(page, qtbot, client, controller), report)
    assert page.details.allclose.isVisible()
    assert not page.details.origin.isVisible()
    assert not page.details.noise.isVisible()


def test_the_noise_floor_is_what_its_ratio_is_measured_in() -> None:
    output = made.swept().cases[0].outputs[0]
    assert output.noise is not None
    halved = dataclasses.replace(output, noise=dataclasses.replace(output.noise, floor=0.036), noise_floor=4.4e-6)
    assert noise_floor(halved) == 0.036
    assert noise_floor(dataclasses.replace(halved, noise=None)) == 4.4e-6


def test_a_noise_ratio_is_said_in_words() -> None:
    assert noise_text(None) == ""
    assert noise_text(0.9) == "0.9x the noise floor: rounding"
    assert noise_text(776_936.0) == "780,000x the noise floor: more than rounding gives"


def test_values_that_were_not_kept_are_run_again_and_join_the_report(
    page: ParityPage, qtbot: QtBot, client: FakeClient, controller: Controller
) -> None:
    report = made.swept(failing=(3,))
    _finish(page, qtbot, _start(page, qtbot, client, controller), report)
    chosen = page.overview.case
    assert chosen is not None
    page.tabs.values_wanted.emit(chosen.choice)
    job = client.last("parity")
    request = job.request
    assert isinstance(request, ParityRequest)
    assert request.only == (chosen.choice,)
    assert request.folder.startswith(str(controller.parity._results.path))
    again = dataclasses.replace(chosen, label="again")
    job.answer(dataclasses.replace(report, cases=(again,)))
    qtbot.waitUntil(lambda: page.overview.case is again)
    now = controller.result(Stage.PARITY, ParityReport)
    assert now is not None
    assert len(now.cases) == len(report.cases)
    assert controller.state(Stage.PARITY).status is Status.FAILED
