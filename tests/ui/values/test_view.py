"""The values of an output, seen: every view, judged anew, and nothing read on the GUI thread."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QGraphicsView, QLabel
from pytestqt.qtbot import QtBot

from modelpack_gui.core.records import (
    CaseChoice,
    HullPoint,
    ValueFiles,
    Verdict,
)
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.values import view as views
from modelpack_gui.ui.widgets.values.view import ValuesView
from tests.ui import made_reports as made
from tests.ui.values.outputs import Array, Show, case_of, image


@pytest.fixture
def _light_again() -> Iterator[None]:
    yield
    theme().choose("light")


def test_importing_the_view_imports_neither_pyqtgraph_nor_numpy() -> None:
    code = (
        "import sys, modelpack_gui.ui.widgets.values.view;"
        "print([name for name in ('pyqtgraph', 'numpy', 'torch', 'onnx') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert told.stdout.strip() == "[]"


def test_without_an_output_it_says_what_to_do(view: ValuesView) -> None:
    assert view.why_nothing.isVisible()
    assert "Choose an output" in view.why_nothing.text()
    assert not view.keep_button.isVisible()
    assert not view.export_button.isEnabled()


def test_values_that_were_not_kept_can_be_asked_for(view: ValuesView, qtbot: QtBot) -> None:
    output = made.output("logits", Verdict.FAILED, 2, 1e-3)
    view.show_view(views.SCATTER)
    view.show_output(None, case_of(output), output)
    assert "not kept" in view.why_nothing.text()
    with qtbot.waitSignal(view.values_wanted) as asked:
        view.keep_button.click()
    assert asked.args == [CaseChoice({"batch": 3}, 1)]


def test_histograms_need_no_kept_values(view: ValuesView, qtbot: QtBot) -> None:
    output = made.output("logits", Verdict.FAILED, 2, 1e-3)
    view.show_view(views.HISTOGRAMS)
    view.show_output(None, case_of(output), output)
    assert not view.why_nothing.isVisible()
    qtbot.waitUntil(lambda: view.histograms.absolute.has_picture)


def test_the_sentence_counts_what_is_beyond_the_tolerance(view: ValuesView, show: Show) -> None:
    show(*image())
    assert view.badge.status is Status.FAILED
    assert "0.1 + 0" in view.sentence.whole
    assert view.source.mismatched == 2


def test_other_tolerances_judge_anew_without_reading_anew(view: ValuesView, show: Show, qtbot: QtBot) -> None:
    show(*image())
    values = view.source.values
    with qtbot.waitSignal(view.source.counted):
        view.set_tolerance(0.0, 0.75)
    assert (view.source.mismatched, view.source.values) == (1, values)
    with qtbot.waitSignal(view.source.counted):
        view.set_tolerance(0.0, 2.0)
    assert view.badge.status is Status.PASSED


def test_the_same_output_judged_anew_keeps_its_values(view: ValuesView, show: Show, qtbot: QtBot) -> None:
    output = show(*image())
    values = view.source.values
    again = dataclasses.replace(output, atol=0.75)
    with qtbot.waitSignal(view.source.counted):
        view.show_output(None, case_of(again), again)
    assert (view.source.mismatched, view.source.values) == (1, values)


def test_the_newest_of_many_tolerances_wins(view: ValuesView, show: Show, qtbot: QtBot) -> None:
    show(*image())
    for i in range(1, 50):
        view.set_tolerance(0.0, 0.75 + i / 1e6)
    view.set_tolerance(0.0, 0.4)
    qtbot.waitUntil(lambda: not view.source.is_counting)
    assert view.source.mismatched == 2


def test_a_file_that_is_gone_is_told_with_the_way_out(view: ValuesView, tmp_path: Path, qtbot: QtBot) -> None:
    base = made.output("logits", Verdict.FAILED, 2, 1e-3)
    output = dataclasses.replace(base, values=ValueFiles(str(tmp_path / "no.npy"), str(tmp_path / "no.npy")))
    view.show_view(views.HEAT_MAP)
    view.show_output(None, case_of(output), output)
    qtbot.waitUntil(lambda: view.source.error is not None)
    assert "no longer" in view.why_nothing.text()
    assert view.keep_button.isVisible()


def test_other_shapes_are_told_in_every_view(view: ValuesView, show: Show) -> None:
    show(np.zeros((2, 3)), np.zeros(3))
    for name in (views.SCATTER, views.HEAT_MAP, views.WORST):
        view.show_view(name)
        assert "shapes differ" in view.why_nothing.text()


@pytest.mark.parametrize(
    "array",
    [
        np.array(1.5, np.float32),
        np.arange(5.0),
        np.full((4, 6), np.nan),
        np.zeros((2, 3)),
        np.arange(6).reshape(2, 3),
        np.array([True, False]),
        np.array([1 + 2j, 3j]),
        np.ones((2, 3), np.float16),
        np.zeros((0, 5)),
        np.array(["cat", "<s>"]),
        np.array([[1e308, -1e308], [0.0, np.inf]]),
    ],
    ids=lambda array: f"{array.dtype}-{array.shape}",
)
def test_every_kind_of_output_is_drawn_or_says_why_not(
    view: ValuesView, show: Show, qtbot: QtBot, array: Array
) -> None:
    view.show_view(views.HISTOGRAMS)
    show(array, array.copy())
    assert view.source.mismatched == 0
    for name in (views.HISTOGRAMS, views.SCATTER, views.HEAT_MAP, views.WORST, views.FRONTIER):
        view.show_view(name)
        qtbot.waitUntil(lambda: not view.source.is_busy)
        assert view.source.error is None
        if view.why_nothing.isVisible():
            assert view.why_nothing.text()
        elif name != views.WORST:
            qtbot.waitUntil(lambda: view.picture_source() is not None or _says_why(view))


def _says_why(view: ValuesView) -> bool:
    """Whether a chart in view says in place of its plot why there is none."""
    return any(label.isVisible() and label.text() for label in view.findChildren(QLabel, "chart-empty"))


@pytest.mark.parametrize("array", [np.full((4, 6), np.nan), np.zeros((0, 5))])
def test_agreement_of_nothing_finite_is_no_pass(view: ValuesView, show: Show, array: Array) -> None:
    show(array, array.copy())
    assert view.badge.status is Status.WARNING


def test_the_heat_map_opens_at_the_worst_element(view: ValuesView, show: Show, qtbot: QtBot) -> None:
    view.show_view(views.HEAT_MAP)
    with qtbot.waitSignal(view.heat_map.drawn):
        show(*image(), worst_index=(1, 2, 7, 9))
    assert [field.value() for field in view.heat_map.axes.fields] == [1, 2]


def test_another_slice_is_drawn_when_an_axis_moves(view: ValuesView, show: Show, qtbot: QtBot) -> None:
    view.show_view(views.HEAT_MAP)
    with qtbot.waitSignal(view.heat_map.drawn):
        show(*image())
    with qtbot.waitSignal(view.heat_map.drawn):
        view.heat_map.axes.fields[0].setValue(1)
    assert view.heat_map.slice_choice().at(5, 6) == (1, 0, 5, 6)
    rows = view.heat_map.axes.rows
    with qtbot.waitSignal(view.heat_map.drawn):
        rows.setCurrentIndex(3)
        rows.activated.emit(3)  # the axis of the columns: the two change places
    assert view.heat_map.slice_choice().at(5, 6) == (1, 0, 6, 5)


def test_the_cursor_tells_index_and_values(view: ValuesView, show: Show, qtbot: QtBot) -> None:
    view.show_view(views.HEAT_MAP)
    with qtbot.waitSignal(view.heat_map.drawn):
        show(np.zeros((2, 3)), np.array([[0.0, 0.0, 0.0], [0.0, 0.25, 0.0]]))
    panes = view.heat_map.panes
    for rect in panes.pane_rects():  # linked: the same element in each of them
        QTest.mouseClick(panes, Qt.MouseButton.LeftButton, pos=rect.center().toPoint() + QPoint(0, 20))
        assert view.heat_map.told.whole.startswith("[1, 1]   expected 0   actual 0.2500000   difference 0.250")
    QTest.keyClick(panes, Qt.Key.Key_Up)
    assert view.heat_map.told.whole.startswith("[0, 1]")


def test_the_worst_element_is_a_click_away(view: ValuesView, show: Show, qtbot: QtBot) -> None:
    view.show_view(views.HEAT_MAP)
    with qtbot.waitSignal(view.heat_map.drawn):
        show(*image(), worst_index=(0, 0, 0, 0))
    view.heat_map.worst_button.click()
    qtbot.waitUntil(lambda: view.heat_map.panes.cursor_place == (7, 9))
    assert view.heat_map.slice_choice().at(7, 9) == (1, 2, 7, 9)


def test_zooming_shows_less_and_home_shows_all(view: ValuesView, show: Show, qtbot: QtBot) -> None:
    view.show_view(views.HEAT_MAP)
    with qtbot.waitSignal(view.heat_map.drawn):
        show(*image())
    panes = view.heat_map.panes
    QTest.keyClick(panes, Qt.Key.Key_Plus)
    assert panes.view.width() < 40
    QTest.keyClick(panes, Qt.Key.Key_Home)
    assert (panes.view.width(), panes.view.height()) == (40, 30)


def test_a_double_click_in_the_table_goes_to_the_heat_map(view: ValuesView, show: Show, qtbot: QtBot) -> None:
    view.show_view(views.WORST)
    show(*image())
    qtbot.waitUntil(lambda: view.worst.model.total == 2)
    assert [one.index for one in view.worst.model.records] == [(1, 2, 7, 9), (0, 1, 3, 4)]
    view.worst.table.activated.emit(view.worst.model.index(1, 0))
    assert view.choice.value == views.HEAT_MAP
    qtbot.waitUntil(lambda: view.heat_map.panes.cursor_place == (3, 4))


def test_the_scatter_draws_the_worst_elements_whatever_the_grid(view: ValuesView, show: Show, qtbot: QtBot) -> None:
    view.show_view(views.SCATTER)
    with qtbot.waitSignal(view.scatter.drawn):
        show(*image())
    qtbot.waitUntil(lambda: view.scatter.has_picture)
    expected = float(image()[0][1, 2, 7, 9])
    assert "[1, 2, 7, 9]" in view.scatter.describe_at(expected, expected + 1.0)


def test_what_is_zoomed_into_is_counted_anew(view: ValuesView, show: Show, qtbot: QtBot) -> None:
    view.show_view(views.SCATTER)
    with qtbot.waitSignal(view.scatter.drawn):
        show(*image())
    qtbot.waitUntil(lambda: view.scatter.is_counted and view.scatter.is_up_to_date)
    plot = view.scatter.findChild(QGraphicsView)
    assert plot is not None
    place = QPointF(plot.viewport().rect().center())
    turn = QWheelEvent(
        place,
        plot.viewport().mapToGlobal(place),
        QPoint(),
        QPoint(0, 480),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    all_of_it = view.scatter.shown_range
    QApplication.sendEvent(plot.viewport(), turn)
    assert view.scatter.shown_range == all_of_it  # a page that is scrolled past must not change
    view.scatter.setFocus()
    QApplication.sendEvent(plot.viewport(), turn)
    qtbot.waitUntil(lambda: view.scatter.shown_range != all_of_it)
    QTest.mouseDClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=place.toPoint())
    assert view.scatter.shown_range == all_of_it


def test_closing_while_values_are_read_is_quiet(
    controller: Controller, settings: Settings, qtbot: QtBot, tmp_path: Path
) -> None:
    np.save(tmp_path / "big.npy", np.zeros((1000, 3000), np.float32))
    files = ValueFiles(str(tmp_path / "big.npy"), str(tmp_path / "big.npy"))
    output = dataclasses.replace(made.output("logits", Verdict.FAILED, 2, 1e-3), values=files)
    other = ValuesView(controller, settings)
    other.show()
    other.show_output(None, case_of(output), output)
    assert other.source.is_busy
    shiboken6.delete(other)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("values")]


def test_the_tolerances_tell_what_would_pass(view: ValuesView) -> None:
    hull = (HullPoint(0.0, 0.25, (0,), 0.0, 0.25), HullPoint(10.0, 1.25, (1,), 10.0, 11.25))
    output = dataclasses.replace(made.output("logits", Verdict.FAILED, 2, 1e-3), hull=hull)
    view.frontier.show_output(output, 0.0, 0.1)
    assert view.frontier.describe(-1.0) == "rtol 0.100 needs atol 0.250 or more"
    assert "rtol 0 needs atol 1.25" in view.frontier.note


@pytest.mark.usefixtures("_light_again")
def test_the_heat_map_follows_the_theme(view: ValuesView, show: Show, qtbot: QtBot) -> None:
    view.show_view(views.HEAT_MAP)
    with qtbot.waitSignal(view.heat_map.drawn):
        show(*image())
    view.heat_map.copy_picture()
    light = QGuiApplication.clipboard().image().pixelColor(1, 1)
    theme().choose("dark")
    view.heat_map.copy_picture()
    assert QGuiApplication.clipboard().image().pixelColor(1, 1) != light


# What is remembered


def test_choices_are_remembered(view: ValuesView, controller: Controller, settings: Settings, qtbot: QtBot) -> None:
    view.show_view(views.WORST)
    view.worst.number.setValue(7)
    view.up.buttons["difference"].click()
    other = ValuesView(controller, settings)
    qtbot.addWidget(other)
    assert (other.choice.value, other.worst.number.value(), other.up.value) == (views.WORST, 7, "difference")
