"""The source view in the window: its dock, and the ways from and to graph, warnings, tracebacks and an editor."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.explain.explanation import SourcePlace
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.ui import app as gui
from modelpack_gui.ui import editor_launcher
from modelpack_gui.ui.graph.selection import NodePick
from modelpack_gui.ui.pages.export import ExportPage
from modelpack_gui.ui.pages.graph import GraphPage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.error_panel import ErrorPanel
from modelpack_gui.ui.widgets.traceback_block import TracebackBlock
from modelpack_gui.ui.widgets.warnings_table import WarningsTable
from modelpack_gui.ui.window.main_window import MainWindow
from tests.ui.export.explained import BRANCH
from tests.ui.fake_client import FakeClient
from tests.ui.graph.records import small_graph
from tests.ui.samples import make_capabilities
from tests.ui.source.view.parts import choose, export, warning_at

pytestmark = [pytest.mark.qt_log_ignore("This plugin does not support", extend=True)]


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
