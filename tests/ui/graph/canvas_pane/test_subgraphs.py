"""Subgraphs on the canvas: entered, left, and told where they are."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.builder import GraphBuilder
from modelpack_gui.core.records import GraphIndex, NodeInfo, TensorInfo
from modelpack_gui.ui.graph.canvas_pane.pane import CanvasPane
from modelpack_gui.ui.graph.selection import NodePick, Pick
from tests.ui.fake_client import FakeClient
from tests.ui.graph.canvas_pane.canvas_panes import box, last_request, open_graph, wait_for_scene
from tests.ui.graph.records import small_graph, stored

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def selected(pane: CanvasPane) -> Pick | None:
    return pane.state.selection.current


def test_a_loop_is_entered_and_left_again(qtbot: QtBot, pane: CanvasPane, client: FakeClient, tmp_path: Path) -> None:
    graph = open_graph(qtbot, pane, client, tmp_path, looping_graph(tmp_path))
    loop, scope = 1, 1
    pane.canvas.activate(box(pane, kinds.BOX_NODE, loop))
    wait_for_scene(qtbot, pane)
    assert last_request(client).scope == scope
    assert [crumb.title for crumb in pane.crumbs.crumbs] == ["main", "Loop loop: body"]
    assert selected(pane) is None
    pane.commands.leave.trigger()
    wait_for_scene(qtbot, pane)
    assert last_request(client).scope == 0
    assert pane.state.selection.current == NodePick(loop)
    assert graph.scopes[scope].owner == loop


def test_a_node_of_a_subgraph_is_told_where_it_is(
    qtbot: QtBot, pane: CanvasPane, client: FakeClient, tmp_path: Path
) -> None:
    open_graph(qtbot, pane, client, tmp_path, looping_graph(tmp_path))
    pane.state.selection.select(NodePick(2))
    assert pane.notice.text == "Neg inner is in Loop loop: body."
    qtbot.mouseClick(pane.notice.buttons[0], Qt.MouseButton.LeftButton)
    wait_for_scene(qtbot, pane)
    assert last_request(client).scope == 1
    assert pane.scenes.view.trail == (0,)


def looping_graph(folder: Path) -> GraphIndex:
    """A Relu, then a Loop whose body is a Neg."""
    value = TensorInfo("x", "float32", (2,))
    builder = GraphBuilder("main")
    builder.add_ports(0, [value], ())
    builder.add_node(NodeInfo(0, "Relu", "ai.onnx", "first", "", ("x",), ("a",), (TensorInfo("a", "float32", (2,)),)))
    loop = builder.add_node(
        NodeInfo(1, "Loop", "ai.onnx", "loop", "", ("a",), ("y",), (TensorInfo("y", "float32", (2,)),))
    )
    body = builder.add_scope("node 1 / body", "subgraph", 0, loop)
    inner = NodeInfo(2, "Neg", "ai.onnx", "inner", "", ("a",), ("b",), (TensorInfo("b", "float32", (2,)),))
    builder.add_node(inner, body)
    builder.add_ports(body, (), [TensorInfo("b", "float32", (2,))])
    builder.add_ports(0, (), [TensorInfo("y", "float32", (2,))])
    return stored(
        dataclasses.replace(small_graph(folder).artifact, path="/models/loop.onnx"), builder.finish(), folder
    )
