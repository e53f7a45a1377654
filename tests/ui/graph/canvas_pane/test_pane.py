"""The canvas beside the table: what is drawn, clicked, travelled and opened."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records.graph_layout import Around
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.canvas_pane.menu import context_menu
from modelpack_gui.ui.graph.canvas_pane.pane import CanvasPane
from modelpack_gui.ui.graph.selection import GroupPick, NodePick, ValuePick
from modelpack_gui.ui.settings import Settings
from tests.ui.fake_client import FakeClient
from tests.ui.graph.canvas_pane.canvas_panes import (
    HEAD,
    STAGES,
    answer_layout,
    box,
    last_request,
    open_graph,
    wait_for_scene,
)
from tests.ui.graph.records import small_graph

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

CONV = 2  # a node in `stages`


def middle(pane: CanvasPane, at: int) -> QPoint:
    assert pane.canvas.arrays is not None
    return pane.canvas.viewport.to_widget(pane.canvas.arrays.rect(at).center()).toPoint()


def is_exact(pane: CanvasPane) -> bool:
    """Whether the selection is drawn as what it is."""
    return not pane.canvas.shown.is_inside


def test_a_graph_is_drawn_with_its_modules_closed(pane: CanvasPane, graph: Graph, client: FakeClient) -> None:
    assert last_request(client).opened == ()
    assert box(pane, kinds.BOX_GROUP, STAGES) >= 0
    assert box(pane, kinds.BOX_GROUP, HEAD) >= 0
    assert pane.bar.level.value() == 1


def test_nothing_is_laid_out_while_the_canvas_is_hidden(
    qtbot: QtBot, controller: Controller, settings: Settings, client: FakeClient, tmp_path: Path
) -> None:
    pane = CanvasPane(controller, settings)
    qtbot.addWidget(pane)
    client.answers.update({"inspect": small_graph(tmp_path), "graph.layout": answer_layout})
    path = tmp_path / "shapes.onnx"
    path.write_bytes(b"onnx")
    controller.open_artifact(path)
    qtbot.waitUntil(lambda: controller.graph.graph is not None)
    assert "graph.layout" not in [job.stage for job in client.jobs]
    pane.show()
    qtbot.waitUntil(lambda: pane.canvas.arrays is not None)


def test_a_click_selects_for_every_view_and_a_double_click_opens(
    qtbot: QtBot, pane: CanvasPane, graph: Graph, client: FakeClient
) -> None:
    where = middle(pane, box(pane, kinds.BOX_GROUP, STAGES))
    qtbot.mouseClick(pane.canvas, Qt.MouseButton.LeftButton, pos=where)
    assert pane.state.selection.current == GroupPick(STAGES)
    qtbot.mouseDClick(pane.canvas, Qt.MouseButton.LeftButton, pos=where)
    wait_for_scene(qtbot, pane)
    assert last_request(client).opened == (STAGES,)
    assert box(pane, kinds.BOX_FRAME, STAGES) >= 0


def test_the_box_that_is_opened_stays_where_it_was(qtbot: QtBot, pane: CanvasPane, graph: Graph) -> None:
    canvas = pane.canvas
    before = canvas.viewport.to_widget(_corner(pane, kinds.BOX_GROUP, HEAD))
    canvas.activate(box(pane, kinds.BOX_GROUP, HEAD))
    wait_for_scene(qtbot, pane)
    after = canvas.viewport.to_widget(_corner(pane, kinds.BOX_FRAME, HEAD))
    assert (after - before).manhattanLength() <= 2.0


def _corner(pane: CanvasPane, kind: int, ref: int) -> QPointF:
    assert pane.canvas.arrays is not None
    return pane.canvas.arrays.rect(box(pane, kind, ref)).topLeft()


def test_a_node_selected_elsewhere_is_ringed_in_its_closed_group_and_shown_on_request(
    qtbot: QtBot, pane: CanvasPane, graph: Graph
) -> None:
    pane.state.selection.select(NodePick(CONV))
    assert not is_exact(pane)
    assert pane.canvas.shown.boxes == [box(pane, kinds.BOX_GROUP, STAGES)]
    assert pane.notice.text == "Conv node_Conv_2 is inside stages."
    qtbot.mouseClick(pane.notice.buttons[0], Qt.MouseButton.LeftButton)
    wait_for_scene(qtbot, pane)
    assert pane.canvas.shown.boxes == [box(pane, kinds.BOX_NODE, CONV)]
    assert is_exact(pane)
    assert pane.notice.text == ""
    view = pane.canvas.viewport.view
    assert pane.canvas.arrays is not None
    assert view.contains(pane.canvas.arrays.rect(pane.canvas.current))


def test_arrows_travel_along_edges(qtbot: QtBot, pane: CanvasPane, graph: Graph) -> None:
    pane.scenes.open_to_level(2)
    wait_for_scene(qtbot, pane)
    canvas = pane.canvas
    canvas.choose(box(pane, kinds.BOX_NODE, 3))
    qtbot.keyClick(canvas, Qt.Key.Key_Down)
    assert pane.state.selection.current == NodePick(4)
    qtbot.keyClick(canvas, Qt.Key.Key_Up)
    qtbot.keyClick(canvas, Qt.Key.Key_Up)
    assert pane.state.selection.current == NodePick(2)
    assert canvas.accessibleDescription() == "Node Conv node_Conv_2; 1 edge in, 1 out; in stages."


def test_the_level_opens_and_closes_groups(qtbot: QtBot, pane: CanvasPane, graph: Graph, client: FakeClient) -> None:
    assert pane.bar.level.maximum() == 3
    pane.bar.level.setValue(2)
    wait_for_scene(qtbot, pane)
    assert last_request(client).opened == (STAGES, HEAD)
    pane.bar.level.setValue(1)
    wait_for_scene(qtbot, pane)
    assert last_request(client).opened == ()


def test_a_layout_that_is_cancelled_says_so_and_the_picture_stays(
    qtbot: QtBot, pane: CanvasPane, graph: Graph, client: FakeClient
) -> None:
    before = pane.canvas.arrays
    del client.answers["graph.layout"]
    pane.scenes.open_to_level(3)
    qtbot.waitUntil(lambda: "Laying" in pane.notice.text or "worker" in pane.notice.text or pane.notice.text != "")
    assert pane.notice.buttons[0].text() == "Cancel"
    qtbot.mouseClick(pane.notice.buttons[0], Qt.MouseButton.LeftButton)
    assert client.last("graph.layout").is_cancelled
    qtbot.waitUntil(lambda: pane.notice.text == "The layout was cancelled.")
    assert pane.canvas.arrays is before
    qtbot.mouseClick(pane.notice.buttons[1], Qt.MouseButton.LeftButton)
    assert pane.notice.text == ""
    assert pane.bar.level.value() == 1


def test_a_graph_too_big_offers_a_neighbourhood(
    qtbot: QtBot, pane: CanvasPane, graph: Graph, client: FakeClient
) -> None:
    client.answers["graph.layout"] = ErrorInfo("layout-too-big", "It would have 30,000 boxes.", "Close some groups.")
    pane.state.selection.select(NodePick(4))
    pane.scenes.open_to_level(3)
    qtbot.waitUntil(lambda: pane.notice.text == "It would have 30,000 boxes. Close some groups.")
    client.answers["graph.layout"] = answer_layout
    qtbot.mouseClick(pane.notice.buttons[0], Qt.MouseButton.LeftButton)
    wait_for_scene(qtbot, pane)
    assert last_request(client).around == Around((4,), 2, 2)
    assert pane.notice.text == "Only 2 steps around Conv node_Conv_4."
    qtbot.keyClick(pane.canvas, Qt.Key.Key_Backspace)
    wait_for_scene(qtbot, pane)
    assert last_request(client).around is None


def test_producers_and_consumers_stand_out_up_to_a_depth(qtbot: QtBot, pane: CanvasPane, graph: Graph) -> None:
    pane.scenes.open_to_level(2)
    wait_for_scene(qtbot, pane)
    pane.state.selection.select(NodePick(4))
    pane.commands.trace.trigger()
    assert pane.canvas.painter is not None
    lit = pane.canvas.painter.paints.lit
    assert lit is not None
    assert pane.canvas.arrays is not None
    shown = {int(pane.canvas.arrays.ref[at]) for at in lit.nonzero()[0]}
    assert shown == {2, 3, 4, 5, 6}
    pane.commands.trace.trigger()
    assert pane.canvas.painter.paints.lit is None


def test_the_crumbs_lead_to_the_groups_around_the_selection(qtbot: QtBot, pane: CanvasPane, graph: Graph) -> None:
    pane.state.selection.select(NodePick(CONV))
    assert [crumb.title for crumb in pane.crumbs.crumbs] == ["main_graph", "stages", "stages.2"]
    following = pane.canvas.nextInFocusChain()
    assert following is not None
    assert following.parent() is pane.crumbs  # made late, and yet where they are seen
    pane.crumbs.wanted.emit(pane.crumbs.crumbs[1])
    assert pane.state.selection.current == GroupPick(STAGES)


def test_the_menu_of_a_value_leads_to_where_it_is_made(qtbot: QtBot, pane: CanvasPane, graph: Graph) -> None:
    value = graph.value_named("v3")
    menu = context_menu(pane, ValuePick(value))
    assert _titles(menu)[:3] == [
        "Go to where it is made: Relu",
        "Go to where it is read: Conv node_Conv_4",
        "Copy the name",
    ]
    menu.actions()[0].trigger()
    wait_for_scene(qtbot, pane)
    assert pane.state.selection.current == NodePick(3)
    assert pane.canvas.shown.boxes == [box(pane, kinds.BOX_NODE, 3)]


def test_the_menu_of_a_node_filters_the_table(qtbot: QtBot, pane: CanvasPane, graph: Graph) -> None:
    menu = context_menu(pane, NodePick(0))
    action = next(one for one in menu.actions() if one.text() == "List all Conv nodes")
    with qtbot.waitSignal(pane.state.filter_wanted) as asked:
        action.trigger()
    assert asked.args == ["op:Conv"]
    next(one for one in menu.actions() if one.text() == "Copy the name").trigger()
    assert QGuiApplication.clipboard().text() == "node_Conv_0"


def test_the_menu_of_a_node_leads_to_the_values_of_its_weights(qtbot: QtBot, pane: CanvasPane, graph: Graph) -> None:
    menu = context_menu(pane, NodePick(0))
    assert "Show the values of bias" in _titles(menu)
    with qtbot.waitSignal(pane.state.tensor_wanted) as asked:
        next(one for one in menu.actions() if one.text() == "Show the values of weight").trigger()
    assert asked.args == [graph.value_named("conv.weight")]


def _titles(menu: QMenu) -> list[str]:
    return [one.text() for one in menu.actions() if not one.isSeparator()]


def test_an_overlay_colours_boxes_and_its_worst_nodes_are_fitted(
    qtbot: QtBot, pane: CanvasPane, graph: Graph
) -> None:
    pane.state.overlays.choose(next(one.key for one in pane.state.overlays.all if not one.problem))
    assert pane.canvas.painter is not None
    assert pane.canvas.painter.paints.is_overlaid
    pane.state.overlays.fit_wanted.emit((2, 3))
    wait_for_scene(qtbot, pane)
    assert pane.canvas.arrays is not None
    view = pane.canvas.viewport.view
    assert all(view.contains(pane.canvas.arrays.rect(box(pane, kinds.BOX_NODE, node))) for node in (2, 3))


def test_every_key_of_the_canvas_is_in_the_menu_once(pane: CanvasPane) -> None:
    actions = [action for action in pane.menu_actions if action is not None]
    keys = [action.shortcut().toString() for action in actions if not action.shortcut().isEmpty()]
    assert len(keys) == len(set(keys))
    wanted = {"Space", "Shift+Backspace", "Shift+Up", "Shift+Down", "Backspace", "Ctrl+D", "Ctrl+I", "Ctrl+U"}
    assert wanted | {"Ctrl+Shift+E", "Ctrl+Alt+E"} <= set(keys)


def test_another_graph_takes_the_place_of_the_first(
    qtbot: QtBot, pane: CanvasPane, graph: Graph, client: FakeClient, tmp_path: Path
) -> None:
    pane.scenes.open_groups(STAGES)
    wait_for_scene(qtbot, pane)
    other = dataclasses.replace(small_graph(tmp_path))
    other = dataclasses.replace(other, artifact=dataclasses.replace(other.artifact, path="/models/other.onnx"))
    open_graph(qtbot, pane, client, tmp_path, other)
    qtbot.waitUntil(lambda: pane.canvas.graph is pane.state.graph and pane.canvas.arrays is not None)
    assert last_request(client).opened == ()
