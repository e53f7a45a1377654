"""The source view: files, lines, marks and searching."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.core.explain.explanation import SourcePlace
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import LintFinding
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.code.source_view import SourceView
from tests.ui.export.explained import BRANCH
from tests.ui.fake_client import FakeClient
from tests.ui.source.view.parts import CODE, choose, export, warning_at

pytestmark = [pytest.mark.qt_log_ignore("This plugin does not support", extend=True)]


def finished(qtbot: QtBot, controller: Controller, stage: Stage) -> None:
    settled = (Status.PASSED, Status.WARNING, Status.FAILED)
    qtbot.waitUntil(lambda: controller.state(stage).status in settled)


def test_it_says_what_to_do_while_there_is_no_file(qtbot: QtBot, controller: Controller) -> None:
    view = SourceView(controller)
    qtbot.addWidget(view)
    view.show()
    assert view.message.isVisible()
    assert not view.open_button.isEnabled()
    assert view.place is None


def test_it_shows_the_model_file_and_another_one_when_that_is_chosen(
    view: SourceView, controller: Controller, tmp_path: Path
) -> None:
    assert view.editor.toPlainText() == CODE
    other = tmp_path / "other.py"
    other.write_text("y = 2\n", encoding="utf-8")
    choose(controller, other)
    assert view.file == str(other)
    assert view.editor.toPlainText() == "y = 2\n"
    assert [view.files.itemData(i) for i in range(view.files.count())] == [str(other)]


def test_a_file_that_was_gone_to_stays_while_the_recipe_is_edited(
    view: SourceView, controller: Controller, tmp_path: Path
) -> None:
    other = tmp_path / "other.py"
    other.write_text("y = 2\n", encoding="utf-8")
    view.show_place(SourcePlace(str(other), 1))
    recipe = controller.recipe
    controller.edit(dataclasses.replace(recipe, inputs=()), "remove inputs")
    assert view.file == str(other)
    assert view.files.count() == 2
    view.files.setCurrentIndex(0)
    view.files.activated.emit(0)
    assert view.editor.toPlainText() == CODE


def test_a_file_that_is_not_here_is_told(view: SourceView) -> None:
    view.show_place(SourcePlace("/gone/model.py", 3))
    assert view.message.isVisible()
    assert "/gone/model.py" in view.message.text()
    assert not view.open_button.isEnabled()


def test_a_line_that_is_gone_to_is_in_view_and_flashes_for_a_moment(
    qtbot: QtBot, view: SourceView, model: Path
) -> None:
    view.show_place(SourcePlace(str(model), 80))
    assert view.editor.line == 80
    assert view.line_field.value() == 80
    assert view.editor.is_flashing
    top = view.editor.firstVisibleBlock().blockNumber() + 1
    assert top < 80 < top + 15
    qtbot.waitUntil(lambda: not view.editor.is_flashing)


def test_a_line_beyond_the_end_goes_to_the_last(view: SourceView, model: Path) -> None:
    view.show_place(SourcePlace(str(model), 5000))
    assert view.editor.line == view.editor.blockCount()


def test_ctrl_g_goes_to_a_line(qtbot: QtBot, view: SourceView) -> None:
    view.editor.setFocus()
    qtbot.keyClick(view.editor, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    assert view.line_field.hasFocus()
    qtbot.keyClicks(view.line_field, "33")
    qtbot.keyClick(view.line_field, Qt.Key.Key_Return)
    assert view.editor.line == 33
    assert view.editor.hasFocus()


def test_it_reads_the_file_again_when_an_editor_replaces_it_and_keeps_its_place(
    qtbot: QtBot, view: SourceView, model: Path
) -> None:
    view.editor.go_to(60)
    place = view.editor.verticalScrollBar().value()
    written = model.with_suffix(".tmp")
    written.write_text(CODE.replace("field_100", "renamed"), encoding="utf-8")
    written.replace(model)  # as editors save
    qtbot.waitUntil(lambda: "renamed" in view.editor.toPlainText())
    assert view.editor.line == 60
    assert view.editor.verticalScrollBar().value() == place
    with model.open("a", encoding="utf-8") as file:  # the watch holds on to the new file
        file.write("\nlast = True")
    qtbot.waitUntil(lambda: "last = True" in view.editor.toPlainText())


def test_a_file_that_comes_back_is_shown_again(qtbot: QtBot, view: SourceView, model: Path) -> None:
    model.unlink()
    qtbot.waitUntil(lambda: view.message.isVisible())
    model.write_text("z = 3\n", encoding="utf-8")
    qtbot.waitUntil(lambda: view.editor.isVisible() and view.editor.toPlainText() == "z = 3\n")


def test_searching_counts_steps_around_and_closes(qtbot: QtBot, view: SourceView) -> None:
    view.editor.setFocus()
    qtbot.keyClick(view.editor, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    bar = view.find_bar
    assert bar.field.hasFocus()
    qtbot.keyClicks(bar.field, "FIELD_11")
    assert bar.count.text() == "1 of 11"
    assert view.editor.textCursor().selectedText() == "field_11"
    assert view.editor.line == 11
    qtbot.keyClick(bar.field, Qt.Key.Key_Return)
    assert bar.count.text() == "2 of 11"
    qtbot.keyClick(bar.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(bar.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert bar.count.text() == "11 of 11"
    qtbot.keyClicks(bar.field, "x")
    assert bar.count.text() == "not found"
    qtbot.keyClick(bar.field, Qt.Key.Key_Escape)
    assert not bar.isVisible()
    assert view.editor.hasFocus()


def test_a_warning_marks_its_line_and_its_menu_leads_back(
    qtbot: QtBot, view: SourceView, controller: Controller, client: FakeClient, model: Path
) -> None:
    warning = warning_at(model, 12)
    export(controller, client, model, warnings=(warning,))
    finished(qtbot, controller, Stage.EXPORT)
    qtbot.waitUntil(lambda: 12 in view.editor.marks)
    view.editor.go_to(12)
    qtbot.keyClick(view.editor, Qt.Key.Key_Return)
    menu = view.findChild(QMenu, "marks-menu")
    assert isinstance(menu, QMenu)
    (action,) = menu.actions()
    assert action.text() == "Export: TracerWarning: frozen at 12"
    with qtbot.waitSignal(view.subject_wanted) as wanted:
        action.trigger()
    assert wanted.args == [Stage.EXPORT, warning]
    menu.close()


def test_a_click_on_a_mark_in_the_gutter_asks_for_its_menu_and_elsewhere_does_not(
    qtbot: QtBot, view: SourceView, controller: Controller, client: FakeClient, model: Path
) -> None:
    export(controller, client, model, warnings=(warning_at(model, 2),))
    qtbot.waitUntil(lambda: 2 in view.editor.marks)
    gutter = view.editor.findChild(QWidget, "source-gutter")
    assert isinstance(gutter, QWidget)
    spot = view.editor.place_of(view.editor.document().findBlockByNumber(1)).center().toPoint()
    with qtbot.waitSignal(view.editor.marks_wanted) as wanted:
        qtbot.mouseClick(gutter, Qt.MouseButton.LeftButton, pos=QPoint(8, spot.y()))
    assert wanted.args is not None
    assert wanted.args[0] == 2
    menu = view.findChild(QMenu, "marks-menu")
    assert isinstance(menu, QMenu)
    menu.close()
    spot = view.editor.place_of(view.editor.document().findBlockByNumber(4)).center().toPoint()
    with qtbot.assertNotEmitted(view.editor.marks_wanted):
        qtbot.mouseClick(gutter, Qt.MouseButton.LeftButton, pos=QPoint(8, spot.y()))


def test_findings_of_lint_are_marked_as_they_come_and_go(
    qtbot: QtBot, view: SourceView, controller: Controller, model: Path
) -> None:
    explained = dataclasses.replace(BRANCH, places=(SourcePlace(str(model), 15),))
    controller.put_findings((LintFinding(explained, "error", "source"),))
    qtbot.waitUntil(lambda: 15 in view.editor.marks)
    assert view.editor.marks[15].status is Status.FAILED
    controller.put_findings(())
    qtbot.waitUntil(lambda: 15 not in view.editor.marks)


def test_alt_down_and_up_walk_from_mark_to_mark(
    qtbot: QtBot, view: SourceView, controller: Controller, client: FakeClient, model: Path
) -> None:
    export(controller, client, model, warnings=(warning_at(model, 12), warning_at(model, 90)))
    qtbot.waitUntil(lambda: 90 in view.editor.marks)
    lines = []
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up):
        qtbot.keyClick(view.editor, key, Qt.KeyboardModifier.AltModifier)
        lines.append(view.editor.line)
    assert lines == [12, 90, 12, 90]


def test_progress_of_a_stage_does_not_count_the_marks_anew(
    qtbot: QtBot, view: SourceView, controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[object] = []
    monkeypatch.setattr("modelpack_gui.ui.widgets.code.source_view.source_marks", counted.append)
    for _ in range(5):
        controller.stage_changed.emit(Stage.EXPORT)
    qtbot.waitUntil(lambda: not view._late.isActive())
    assert counted == []
