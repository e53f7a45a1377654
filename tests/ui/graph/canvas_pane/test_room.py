"""What is around the graph leaves it its room, and what a search looks at is given back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records.graph_layout import LayoutReport
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.canvas_pane.pane import CanvasPane
from modelpack_gui.ui.graph.selection import NodePick
from modelpack_gui.ui.settings import Settings
from tests.ui.fake_client import FakeClient
from tests.ui.graph.canvas_pane.canvas_panes import open_graph
from tests.ui.graph.records import small_graph

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.fixture
def around(qtbot: QtBot) -> QWidget:
    """As a window of its own, the pane would be no narrower than its content wants."""
    made = QWidget()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def pane(around: QWidget, controller: Controller, settings: Settings) -> CanvasPane:
    pane = CanvasPane(controller, settings, around)
    pane.resize(420, 360)
    around.show()
    return pane


@pytest.fixture
def graph(qtbot: QtBot, pane: CanvasPane, client: FakeClient, tmp_path: Path) -> Graph:
    found = open_graph(qtbot, pane, client, tmp_path, small_graph(tmp_path))
    pane.scenes.open_to_level(3)
    qtbot.waitUntil(lambda: not pane.scenes.is_running and pane.scenes.shown == pane.scenes.view)
    pane.show_find()
    qtbot.waitUntil(lambda: pane.state.search is not None and pane.state.search.is_ready)
    return found


def place(pane: CanvasPane) -> tuple[float, QPointF]:
    return pane.canvas.viewport.zoom, QPointF(pane.canvas.viewport.origin)


@pytest.mark.parametrize("end", ["nothing is found", "Escape"])
def test_the_view_comes_back_from_what_was_only_looked_at(
    qtbot: QtBot, pane: CanvasPane, graph: Graph, end: str
) -> None:
    before = place(pane)
    qtbot.keyClicks(pane.finder.field, "op:Gemm")
    assert place(pane) != before
    if end == "Escape":
        pane.finder.field.selectAll()
        qtbot.keyClicks(pane.finder.field, "op:Relu")  # another look does not change where it began
        qtbot.keyClick(pane.finder.field, Qt.Key.Key_Escape)
    else:
        qtbot.keyClicks(pane.finder.field, "zzz")
        assert pane.finder.count.text() == "not found"
    assert place(pane) == before


@pytest.mark.parametrize("way", ["chosen by Return", "moved by the user"])
def test_the_view_stays_where_the_user_went(qtbot: QtBot, pane: CanvasPane, graph: Graph, way: str) -> None:
    before = place(pane)
    qtbot.keyClicks(pane.finder.field, "op:Gemm")
    if way == "chosen by Return":
        qtbot.keyClick(pane.finder.field, Qt.Key.Key_Return)
        assert isinstance(pane.state.selection.current, NodePick)
    else:
        pane.canvas.pan_by(0.0, 30.0)
    there = place(pane)
    pane.finder.close_search()
    assert place(pane) == there != before


@pytest.mark.parametrize("width", [240, 320, 420, 900])
def test_the_tool_bar_takes_one_line_however_narrow(pane: CanvasPane, width: int) -> None:
    pane.resize(width, 360)
    assert pane.bar.width() <= width
    assert pane.bar.heightForWidth(pane.bar.width()) == pane.bar.level.sizeHint().height()
    assert pane.bar.zoom.isVisibleTo(pane) == (width >= 420)
    assert pane.bar.trace.isVisibleTo(pane)


def test_where_one_is_lies_on_the_canvas_within_its_width(qtbot: QtBot, pane: CanvasPane, graph: Graph) -> None:
    pane.finder.close_search()
    pane.state.selection.select(NodePick(2))
    pane.way.show_report(LayoutReport("", 1, 1, 1234, ("Drawn in parts.",)))
    for width in (500, 240):
        pane.resize(width, 360)
        qtbot.waitUntil(lambda: pane.way.width() == min(pane.way.sizeHint().width(), pane.canvas.width() - 4))
        assert pane.way.parentWidget() is pane.canvas
    assert len(pane.crumbs.crumbs) == 3
