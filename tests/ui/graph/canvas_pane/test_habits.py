"""Habits of the hand: keys go to the canvas, the begin is in view, and out leads to where one came from."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.builder import GraphBuilder
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import GraphIndex, NodeInfo, TensorInfo
from modelpack_gui.core.records.graph_layout import LayoutRequest
from modelpack_gui.ui.graph.canvas.tips import edge_tip
from modelpack_gui.ui.graph.canvas_pane.menu import context_menu
from modelpack_gui.ui.graph.canvas_pane.pane import CanvasPane
from modelpack_gui.ui.graph.canvas_pane.words import told_of
from modelpack_gui.ui.graph.selection import GroupPick, NodePick
from tests.ui.fake_client import FakeClient
from tests.ui.graph.canvas_pane.canvas_panes import open_graph, wait_for_scene
from tests.ui.graph.records import small_graph, stored

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def test_a_file_that_is_opened_gives_its_keys_to_the_canvas(pane: CanvasPane, graph: Graph) -> None:
    assert pane.canvas.hasFocus()


def test_who_types_goes_on_typing_while_a_file_is_opened(
    qtbot: QtBot, pane: CanvasPane, client: FakeClient, tmp_path: Path
) -> None:
    pane.show_find()
    assert pane.finder.field.hasFocus()
    open_graph(qtbot, pane, client, tmp_path, small_graph(tmp_path))
    assert pane.finder.field.hasFocus()


def test_the_level_gives_the_keys_back_after_a_click_or_return(qtbot: QtBot, pane: CanvasPane, graph: Graph) -> None:
    level = pane.bar.level
    level.setFocus()
    qtbot.mouseClick(level, Qt.MouseButton.LeftButton, pos=level.rect().topRight() + QPoint(-6, 6))
    assert level.value() == 2
    assert pane.canvas.hasFocus()
    level.setFocus()
    qtbot.keyClick(level, Qt.Key.Key_Up)
    assert level.value() == 3
    assert level.hasFocus()
    qtbot.keyClick(level, Qt.Key.Key_Return)
    assert pane.canvas.hasFocus()


def test_another_level_is_shown_from_its_begin_until_the_view_was_moved(
    qtbot: QtBot, pane: CanvasPane, graph: Graph
) -> None:
    canvas = pane.canvas
    pane.scenes.open_to_level(2)
    wait_for_scene(qtbot, pane)
    assert canvas.is_untouched
    canvas.zoom_to(1.5)
    pane.scenes.open_to_level(3)
    wait_for_scene(qtbot, pane)
    assert canvas.viewport.zoom == 1.5


def test_tools_and_colours_are_side_by_side_where_there_is_room(pane: CanvasPane) -> None:
    pane.resize(1100, 500)
    QApplication.processEvents()
    bar, colors = pane.bar.geometry(), pane.overlay_bar.geometry()
    assert colors.left() >= bar.right()
    assert bar.top() <= colors.center().y() <= bar.bottom()
    pane.resize(460, 500)
    QApplication.processEvents()
    assert pane.width() == 460
    assert pane.overlay_bar.geometry().top() >= pane.bar.geometry().bottom()


def calling_graph(folder: Path) -> GraphIndex:
    """Two calls of one function, which is a Neg."""
    value = TensorInfo("x", "float32", (2,))
    builder = GraphBuilder("main")
    builder.add_ports(0, [value], ())
    for number, (name, source, target) in enumerate((("first", "x", "a"), ("second", "a", "y"))):
        output = TensorInfo(target, "float32", (2,))
        builder.add_node(NodeInfo(number, "Gate", "my", name, "", (source,), (target,), (output,)))
    builder.add_ports(0, (), [TensorInfo("y", "float32", (2,))])
    body = builder.add_scope("function my::Gate", "function")
    builder.add_ports(body, [TensorInfo("b", "", None)], ())
    builder.add_node(NodeInfo(2, "Neg", "ai.onnx", "", "", ("b",), ("c",), (TensorInfo("c", "", None),)), body)
    builder.add_ports(body, (), [TensorInfo("c", "", None)])
    artifact = dataclasses.replace(small_graph(folder).artifact, path="/models/calls.onnx")
    return stored(artifact, builder.finish(), folder)


def test_out_of_a_function_leads_to_the_call_at_which_it_was_entered(
    qtbot: QtBot, pane: CanvasPane, client: FakeClient, tmp_path: Path
) -> None:
    open_graph(qtbot, pane, client, tmp_path, calling_graph(tmp_path))
    assert pane.canvas.arrays is not None
    second = 1
    pane.canvas.activate(pane.canvas.arrays.box_of[kinds.BOX_NODE, second])
    wait_for_scene(qtbot, pane)
    request = client.last("graph.layout").request
    assert isinstance(request, LayoutRequest)
    assert request.scope == 1
    qtbot.keyClick(pane.canvas, Qt.Key.Key_Backspace)
    wait_for_scene(qtbot, pane)
    assert pane.state.selection.current == NodePick(second)


def test_the_menu_of_a_node_offers_each_tensor_once(pane: CanvasPane, graph: Graph) -> None:
    menu = context_menu(pane, NodePick(0))
    offered = [action.text() for action in menu.actions() if action.text().startswith("Show the values of")]
    assert len(offered) == len(graph.nodes[0].inputs) - 1  # all but the tensor that is computed
    assert len(set(offered)) == len(offered)


def test_the_bytes_of_an_edge_say_which_size_was_taken_for_an_open_one(pane: CanvasPane, graph: Graph) -> None:
    arrays = pane.canvas.arrays
    assert arrays is not None
    sizes = [edge_tip(graph, arrays, 0, {"batch": batch}).split("\n")[-2] for batch in (1, 8)]
    assert sizes == ["12.3 kB at batch = 1", "98.3 kB at batch = 8"]
    assert edge_tip(graph, arrays, 0, {}).split("\n")[-2] == sizes[0]


def test_a_graph_without_anything_in_it_says_so(
    qtbot: QtBot, pane: CanvasPane, client: FakeClient, tmp_path: Path
) -> None:
    artifact = dataclasses.replace(small_graph(tmp_path).artifact, inputs=(), outputs=())
    open_graph(qtbot, pane, client, tmp_path, stored(artifact, GraphBuilder("empty").finish(), tmp_path))
    qtbot.waitUntil(lambda: "nothing to draw" in pane.notice.text)


def test_the_tip_of_a_module_says_what_most_of_it_is(
    qtbot: QtBot, pane: CanvasPane, client: FakeClient, tmp_path: Path
) -> None:
    open_graph(qtbot, pane, client, tmp_path, small_graph(tmp_path))
    pane.state.overlays.choose("op-type")
    assert told_of(pane.state, GroupPick(0)) == ["Op type: mostly Conv"]
    assert told_of(pane.state, NodePick(0))[0] == "Op type: Conv"
