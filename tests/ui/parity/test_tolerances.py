"""Tolerances on the parity page: they judge anew what was measured, at once, undoably, and without a run."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import LOW_PRECISION, ParityReport, Verdict
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.inspection import Inspection
from modelpack_gui.ui.pages.parity import ParityPage
from modelpack_gui.ui.project import my_defaults
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.parity.tolerance_field import position_of, value_at
from tests.ui import made_reports as made
from tests.ui.fake_client import FakeClient
from tests.ui.parity.pages import open_parity_page


@pytest.fixture
def page(qtbot: QtBot, client: FakeClient, controller: Controller, settings: Settings) -> ParityPage:
    client.answers["parity"] = lambda request: _as_asked(request)
    return open_parity_page(qtbot, client, controller, settings)


def _as_asked(request: object) -> ParityReport:
    del request
    report = made.swept(failing=(3,))
    return ParityReport(**{**vars(report), "parity": type(report.parity)()})


@pytest.fixture
def failed(page: ParityPage, qtbot: QtBot, controller: Controller) -> ParityPage:
    controller.run(Stage.PARITY)
    qtbot.waitUntil(lambda: controller.state(Stage.PARITY).status is Status.FAILED)
    return page


def _type(page: ParityPage, field: str, text: str) -> None:
    edit = page.fields[field]
    edit.selectAll()
    QTest.keyClicks(edit, text)


def _status(controller: Controller) -> Status:
    return controller.state(Stage.PARITY).status


def test_every_place_of_the_slider_is_the_place_of_its_own_value() -> None:
    assert value_at(0) == 0.0
    assert value_at(1) == 1e-12
    assert value_at(position_of(1.0)) == 1.0
    assert all(position_of(value_at(place)) == place for place in range(position_of(1.0) + 1))
    assert position_of(5.0) == position_of(1.0)
    assert position_of(1e-300) == 1


def test_a_wider_tolerance_passes_what_failed_at_once_and_without_a_run(
    failed: ParityPage, client: FakeClient, controller: Controller
) -> None:
    jobs = len(client.jobs)
    _type(failed, "atol", "1")
    assert controller.state(Stage.PARITY).status is Status.PASSED
    assert failed.badge.status is Status.PASSED
    assert not failed.sentence.text().startswith("Out of date")
    assert len(client.jobs) == jobs
    report = controller.result(Stage.PARITY, ParityReport)
    assert report is not None
    assert report.parity.atol == 1.0
    assert all(case.verdict is Verdict.PASSED for case in report.cases)


def test_an_undo_of_a_tolerance_gives_the_very_report_that_was_measured(
    failed: ParityPage, controller: Controller
) -> None:
    measured = controller.result(Stage.PARITY, ParityReport)
    _type(failed, "atol", "1")
    assert controller.result(Stage.PARITY, ParityReport) is not measured
    controller.undo_stack.undo()
    assert controller.result(Stage.PARITY, ParityReport) is measured
    assert failed.badge.status is Status.FAILED


def test_what_is_chosen_stays_chosen_while_it_is_judged_anew(failed: ParityPage) -> None:
    index = failed.overview.matrix.matrix.index(1, 2)
    failed.overview.matrix.setCurrentIndex(index)
    chosen = failed.overview.case
    assert chosen is not None
    _type(failed, "rtol", "1")
    now = failed.overview.case
    assert now is not None
    assert now is not chosen
    assert now.choice == chosen.choice
    assert failed.overview.output is now.outputs[0]
    assert failed.overview.table.currentIndex().siblingAtColumn(0).data() == "logits"


def test_a_drag_of_a_slider_is_one_step_to_undo_and_two_drags_are_two(
    failed: ParityPage, controller: Controller
) -> None:
    slider = failed.settings.tolerances["rtol"].slider
    before = controller.recipe
    for end in (60, 90):
        slider.sliderPressed.emit()
        slider.setSliderDown(True)
        for place in range(30, end, 5):
            slider.setValue(place)
        slider.setSliderDown(False)
    assert controller.recipe.parity.rtol == value_at(85)
    assert failed.fields["rtol"].text() == failed.fields["rtol"]._spell(value_at(85))
    controller.undo_stack.undo()
    assert controller.recipe.parity.rtol == value_at(55)
    assert slider.value() == 55
    controller.undo_stack.undo()
    assert controller.recipe == before


def test_a_slider_stays_under_the_pointer_while_the_sentence_above_it_changes(failed: ParityPage) -> None:
    failed.resize(620, 700)  # the sentence takes several lines
    slider = failed.settings.tolerances["atol"].slider
    QApplication.processEvents()
    slider.sliderPressed.emit()
    before, failure = slider.mapTo(failed, QPoint()).y(), failed.sentence.text()
    slider.setValue(position_of(1.0))
    QApplication.processEvents()
    assert len(failed.sentence.text()) < len(failure)
    assert slider.mapTo(failed, QPoint()).y() == before
    slider.sliderReleased.emit()
    QApplication.processEvents()
    assert slider.mapTo(failed, QPoint()).y() <= before


def test_the_arrow_keys_move_a_slider_by_a_tenth_of_a_decade(page: ParityPage, controller: Controller) -> None:
    slider = page.settings.tolerances["atol"].slider
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert controller.recipe.parity.atol == 1.3e-5
    QTest.keyClick(slider, Qt.Key.Key_PageUp)
    assert controller.recipe.parity.atol == 1.3e-4
    QTest.keyClick(slider, Qt.Key.Key_Home)
    assert controller.recipe.parity.atol == 0.0


def test_the_inspector_follows_when_a_slider_rests(failed: ParityPage, qtbot: QtBot, controller: Controller) -> None:
    shown: list[Inspection] = []
    controller.inspected.connect(shown.append)
    for place in range(20, 60, 10):
        failed.settings.tolerances["rtol"].slider.setValue(place)
    assert not shown
    qtbot.waitUntil(lambda: len(shown) == 1)
    verdict = {item.name: item.value for item in shown[0].sections[0].properties}
    assert verdict["rtol, atol"].startswith(f"{value_at(50):g}, ")


def test_nan_and_the_noise_ratio_judge_anew_too(failed: ParityPage, controller: Controller) -> None:
    _type(failed, "atol", "1")
    assert _status(controller) is Status.PASSED
    ratio = failed.settings.judging.ratio
    QTest.keyClicks(ratio, "4")
    assert controller.recipe.parity.max_noise_ratio == 4.0
    assert _status(controller) is Status.FAILED
    ratio.selectAll()
    QTest.keyClick(ratio, Qt.Key.Key_Backspace)
    assert controller.recipe.parity.max_noise_ratio == 0.0
    assert _status(controller) is Status.PASSED
    failed.settings.judging.nan_equal.click()
    assert not controller.recipe.parity.nan_equal
    assert _status(controller) is not Status.STALE


def test_tolerances_by_dtype_are_edited_saved_for_new_recipes_and_reset(
    page: ParityPage, controller: Controller, settings: Settings
) -> None:
    judging = page.settings.judging
    cell = judging.cells["float16", 1]
    cell.selectAll()
    QTest.keyClicks(cell, "0.25")
    assert controller.recipe.parity.low_precision["float16"] == (LOW_PRECISION["float16"][0], 0.25)
    assert "own tolerances by dtype" in page.settings.folds.headers["judging"].whole
    judging.save.click()
    assert not judging.save.isEnabled()
    assert my_defaults.new_recipe(settings).parity.low_precision["float16"][1] == 0.25
    judging.reset.click()
    assert dict(controller.recipe.parity.low_precision) == dict(LOW_PRECISION)
    controller.undo_stack.undo()
    assert controller.recipe.parity.low_precision["float16"][1] == 0.25


@pytest.mark.parametrize("kept", ["", "{", "[1]", '{"float16": 3}', '{"float16": [1]}', '{"float16": ["a", "b"]}'])
def test_defaults_that_cannot_be_read_are_those_of_the_app(settings: Settings, kept: str) -> None:
    settings.set_text("parity/low-precision", kept)
    assert my_defaults.my_low_precision(settings) == dict(LOW_PRECISION)
