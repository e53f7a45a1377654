"""Search on the canvas."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.ui.graph.canvas_pane.pane import CanvasPane
from modelpack_gui.ui.graph.selection import GroupPick, NodePick
from tests.ui.graph.canvas_pane.canvas_panes import HEAD, wait_for_scene

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def found(pane: CanvasPane) -> list[int]:
    return list(pane.canvas.coloring.found)


def test_search_counts_as_you_type_and_return_opens_what_it_finds(
    qtbot: QtBot, pane: CanvasPane, graph: Graph
) -> None:
    pane.show_find()
    qtbot.waitUntil(lambda: pane.state.search is not None and pane.state.search.is_ready)
    qtbot.keyClicks(pane.finder.field, "op:Conv")
    assert pane.finder.count.text() == "6 found"
    assert found(pane) == [0, 2, 4, 6, 8, 10]
    qtbot.keyClick(pane.finder.field, Qt.Key.Key_Return)
    wait_for_scene(qtbot, pane)
    assert pane.state.selection.current == NodePick(0)
    qtbot.keyClick(pane.finder.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert pane.finder.count.text() == "6 of 6"
    assert pane.state.selection.current == NodePick(10)
    qtbot.keyClick(pane.finder.field, Qt.Key.Key_Escape)
    assert not pane.finder.isVisible()
    assert found(pane) == []


def test_escape_ends_the_search_and_then_the_highlight(qtbot: QtBot, pane: CanvasPane, graph: Graph) -> None:
    pane.state.selection.select(GroupPick(HEAD))
    pane.commands.trace.trigger()
    pane.show_find()
    qtbot.keyClick(pane.canvas, Qt.Key.Key_Escape)
    assert not pane.finder.isVisible()
    assert pane.commands.trace.isChecked()
    qtbot.keyClick(pane.canvas, Qt.Key.Key_Escape)
    assert not pane.commands.trace.isChecked()
    assert pane.canvas.trace_steps == (0, 0)
