"""The source view: files, lines, marks, searching, and the ways in and out of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.explanation import SourcePlace
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import CapturedWarning, LintFinding
from modelpack_gui.ui import app as gui
from modelpack_gui.ui import editor_launcher
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.selection import NodePick
from modelpack_gui.ui.main_window import MainWindow
from modelpack_gui.ui.pages.export import ExportPage
from modelpack_gui.ui.pages.graph import GraphPage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.error_panel import ErrorPanel
from modelpack_gui.ui.widgets.source_view import SourceView
from modelpack_gui.ui.widgets.traceback_block import TracebackBlock
from modelpack_gui.ui.widgets.warnings_table import WarningsTable
from tests.ui.export.explained import BRANCH
from tests.ui.fake_client import FakeClient
from tests.ui.graph.records import small_graph
from tests.ui.samples import make_capabilities, make_export_record, make_recipe

pytestmark = [pytest.mark.qt_log_ignore("This plugin does not support", extend=True)]

CODE = "\n".join(["import torch", "", "class ShapesNet:", *(f"    field_{i} = {i}" for i in range(4, 121))])


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.py"
    path.write_text(CODE, encoding="utf-8")
    return path


@pytest.fixture
def view(qtbot: QtBot, controller: Controller, model: Path) -> SourceView:
    made = SourceView(controller)
    qtbot.addWidget(made)
    made.resize(800, 260)
    made.show()
    choose(controller, model)
    return made


def choose(controller: Controller, path: Path) -> None:
    recipe = make_recipe(str(path))
    controller.edit(recipe, "choose model file")


def warning_at(path: Path, line: int) -> CapturedWarning:
    return CapturedWarning("TracerWarning", f"frozen at {line}", str(path), line)


def export(controller: Controller, client: FakeClient, model: Path, **more: object) -> None:
    client.answers["export"] = dataclasses.replace(make_export_record(), **more)  # type: ignore[arg-type]
    controller.run(Stage.EXPORT)


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
    monkeypatch.setattr("modelpack_gui.ui.widgets.source_view.source_marks", counted.append)
    for _ in range(5):
        controller.stage_changed.emit(Stage.EXPORT)
    qtbot.waitUntil(lambda: not view._late.isActive())
    assert counted == []


# In the window


@pytest.fixture
def window(client: FakeClient, settings: Settings, _themed: None, qtbot: QtBot) -> Iterator[MainWindow]:
    client.answers["hello"] = make_capabilities()
    settings.set_text("theme", "light")
    made = gui.make_window(client, settings)
    made.resize(1280, 800)
    made.show()
    yield made
    made.controller.undo_stack.setClean()  # else closing asks
    made.close()
    made.deleteLater()


@pytest.fixture
def opened(window: MainWindow, client: FakeClient, model: Path, qtbot: QtBot) -> MainWindow:
    """A project with an export and its graph, whose marks point into the model file."""
    client.answers["inspect"] = small_graph(
        model.parent,
        lambda node: dataclasses.replace(node, source_location=f"{model}:{7 if node.op_type == 'Conv' else 8}"),
    )
    window.new_project()
    choose(window.controller, model)
    places = (SourcePlace(str(model), 20),)
    explained = dataclasses.replace(BRANCH, places=places)
    export(window.controller, client, model, warnings=(warning_at(model, 12),), explanations=(explained,))
    window.controller.run(Stage.GRAPH)
    qtbot.waitUntil(lambda: window.controller.graph.graph is not None)
    return window


def command(window: MainWindow, text: str) -> None:
    (found,) = [action for action in window.menus.actions if action.text().replace("&", "").startswith(text)]
    assert found.isEnabled()
    found.trigger()


def test_the_dock_comes_with_its_shortcut_and_takes_the_focus(opened: MainWindow, qtbot: QtBot) -> None:
    assert not opened.docks.source.dock.isVisible()
    qtbot.keyClick(opened, Qt.Key.Key_U, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert opened.docks.source.dock.isVisible()
    qtbot.waitUntil(lambda: opened.docks.source.view.editor.hasFocus())
    assert opened.height() == 800


def test_a_double_click_on_a_warning_goes_to_its_line(opened: MainWindow, model: Path) -> None:
    page = opened.page(Stage.EXPORT)
    table = page.findChild(WarningsTable)
    assert isinstance(table, WarningsTable)
    table.table.record_activated.emit(warning_at(model, 12))
    assert opened.docks.source.view.place == SourcePlace(str(model), 12)
    assert opened.docks.source.dock.isVisible()


def test_the_menu_of_a_node_leads_to_its_line(opened: MainWindow, model: Path) -> None:
    page = opened.page(Stage.GRAPH)
    assert isinstance(page, GraphPage)
    menu = QMenu(page)
    page.view.side.nodes.table.context_menu_made.emit(menu, 0)
    next(action for action in menu.actions() if action.text() == "Go to source").trigger()
    assert opened.docks.source.view.place == SourcePlace(str(model), 7)


def test_the_inspector_leads_from_a_node_to_its_line(opened: MainWindow, model: Path, qtbot: QtBot) -> None:
    page = opened.page(Stage.GRAPH)
    page.findChild(QWidget, "graph-nodes")
    assert isinstance(page, GraphPage)
    page.view.side.nodes.table.selectRow(1)
    link = next(one for one in opened.docks.inspector.findChildren(QPushButton) if one.accessibleName() == "Source")
    qtbot.mouseClick(link, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: opened.docks.source.dock.isVisible())
    assert opened.docks.source.view.place == SourcePlace(str(model), 8)


def test_the_code_follows_the_selection_of_the_graph_while_it_is_in_view(
    opened: MainWindow, model: Path, qtbot: QtBot
) -> None:
    selection = opened.controller.graph.selection
    selection.select(NodePick(0))
    assert not opened.docks.source.dock.isVisible()  # it is not opened by that
    command(opened, "Source code")
    table = opened.page(Stage.GRAPH).findChild(QWidget, "graph-nodes")
    assert isinstance(table, QWidget)
    table.setFocus()
    selection.select(NodePick(1))
    assert opened.docks.source.view.place == SourcePlace(str(model), 8)
    assert table.hasFocus()


def test_the_caret_on_a_line_selects_the_first_node_that_the_line_made(opened: MainWindow, qtbot: QtBot) -> None:
    selection = opened.controller.graph.selection
    command(opened, "Source code")
    view = opened.docks.source.view
    qtbot.waitUntil(lambda: view.editor.hasFocus() and 7 in view.editor.marks)
    view.editor.go_to(8)
    assert selection.current == NodePick(1)
    view.editor.go_to(7)
    assert selection.current == NodePick(0)
    selection.select(NodePick(2))  # of line 7 too
    view.editor.go_to(7)
    assert selection.current == NodePick(2)


def test_the_nodes_of_a_line_are_filtered_and_the_first_is_selected(opened: MainWindow) -> None:
    view = opened.docks.source.view
    found = view.editor.marks[7]
    view.subject_wanted.emit(Stage.GRAPH, found.nodes)
    page = opened.page(Stage.GRAPH)
    assert isinstance(page, GraphPage)
    assert page.view.side.nodes.filter.text == "source:model.py:7"
    assert page.view.side.nodes.filter.count.text() == "6 of 12"
    assert page.view.side.nodes.table.currentIndex().row() == 0
    assert opened.current_stage is Stage.GRAPH


def test_a_mark_leads_to_its_warning_and_its_explanation(opened: MainWindow, model: Path) -> None:
    view = opened.docks.source.view
    opened.show_stage(Stage.SOURCE)
    for line in (12, 20):
        (mark,) = view.editor.marks[line].marks
        view.subject_wanted.emit(mark.stage, mark.subject)
    page = opened.page(Stage.EXPORT)
    assert isinstance(page, ExportPage)
    assert page.results.warnings.table.currentIndex().row() == 0
    assert page.explanations.cards[0].fold.is_open


def test_a_line_of_a_traceback_is_a_link(opened: MainWindow, model: Path, qtbot: QtBot) -> None:
    details = f'Traceback (most recent call last):\n  File "{model}", line 33, in forward\n    oops\nValueError: no'
    panel = ErrorPanel(opened.controller)
    qtbot.addWidget(panel)
    panel.resize(700, 300)
    panel.show_error(ErrorInfo("x", "It broke.", "", details))
    panel._fold.set_open(is_open=True)
    panel.show()
    block = panel.findChild(TracebackBlock)
    assert isinstance(block, TracebackBlock)
    cursor = block.textCursor()
    cursor.setPosition(details.index('File "') + 8)
    block.setTextCursor(cursor)
    qtbot.mouseClick(block.viewport(), Qt.MouseButton.LeftButton, pos=block.cursorRect().center())
    assert opened.docks.source.view.place == SourcePlace(str(model), 33)
    opened.docks.source.view.editor.go_to(1)
    qtbot.keyClick(block, Qt.Key.Key_Return)
    assert opened.docks.source.view.editor.line == 33


def test_the_line_opens_in_the_users_editor_by_command(
    opened: MainWindow, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, SourcePlace]] = []
    monkeypatch.setattr(editor_launcher, "open_in_editor", lambda command, place: asked.append((command, place)))
    opened._settings.set_text(editor_launcher.COMMAND_KEY, "mine {file}:{line}")
    opened.controller.show_place(SourcePlace(str(model), 9))
    command(opened, "Open the source in my editor")
    opened.docks.source.view.open_button.click()
    assert asked == [("mine {file}:{line}", SourcePlace(str(model), 9))] * 2


def test_an_editor_that_is_missing_is_told_above_the_page(opened: MainWindow, model: Path) -> None:
    opened._settings.set_text(editor_launcher.COMMAND_KEY, "no-such-editor-here {file}")
    opened.controller.show_place(SourcePlace(str(model), 9))
    command(opened, "Open the source in my editor")
    assert opened.message_bar.isVisible()


def test_another_project_shows_its_own_file(qtbot: QtBot, opened: MainWindow, model: Path, tmp_path: Path) -> None:
    opened.controller.show_place(SourcePlace(str(model), 9))
    other = tmp_path / "next" / "model.py"
    other.parent.mkdir()
    other.write_text("second = True\n", encoding="utf-8")
    opened.controller.undo_stack.setClean()
    opened.new_project()
    assert opened.docks.source.view.file == ""
    choose(opened.controller, other)
    assert opened.docks.source.view.editor.toPlainText() == "second = True\n"
    files = opened.docks.source.view.files
    qtbot.waitUntil(lambda: [files.itemData(i) for i in range(files.count())] == [str(other)])


def test_saving_and_running_leave_the_caret_where_it_is(opened: MainWindow, model: Path, tmp_path: Path) -> None:
    opened.controller.show_place(SourcePlace(str(model), 44))
    opened.controller.save(tmp_path / "recipe.toml")
    opened.controller.edit(dataclasses.replace(opened.controller.recipe, inputs=()), "remove inputs")
    assert opened.docks.source.view.place == SourcePlace(str(model), 44)
