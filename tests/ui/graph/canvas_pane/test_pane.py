from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.builder import GraphBuilder
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import GraphIndex, NodeInfo, TensorInfo
from modelpack_gui.core.records.graph_layout import Around, LayoutRequest
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.canvas_pane.menu import context_menu
from modelpack_gui.ui.graph.canvas_pane.pane import CanvasPane
from modelpack_gui.ui.graph.selection import GroupPick, NodePick, Pick, ValuePick
from modelpack_gui.ui.job_center import JobCenter
from modelpack_gui.ui.settings import Settings
from tests.ui.fake_client import FakeClient
from tests.ui.graph.canvas_pane.canvas_panes import answer_layout, open_graph
from tests.ui.graph.records import small_graph, stored

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

STAGES, HEAD = 1, 13  # groups of the small graph
CONV = 2  # a node in `stages`


def made_pane(qtbot: QtBot, controller: Controller, settings: Settings) -> CanvasPane:
    pane = CanvasPane(controller, settings)
    qtbot.addWidget(pane)
    pane.resize(700, 700)
    pane.show()
    return pane


@pytest.fixture
def pane(qtbot: QtBot, controller: Controller, settings: Settings) -> CanvasPane:
    return made_pane(qtbot, controller, settings)


@pytest.fixture
def graph(qtbot: QtBot, pane: CanvasPane, client: FakeClient, tmp_path: Path) -> Graph:
    return open_graph(qtbot, pane, client, tmp_path, small_graph(tmp_path))


def last_request(client: FakeClient) -> LayoutRequest:
    request = client.last("graph.layout").request
    assert isinstance(request, LayoutRequest)
    return request


def box(pane: CanvasPane, kind: int, ref: int) -> int:
    assert pane.canvas.arrays is not None
    return pane.canvas.arrays.box_of[kind, ref]


def middle(pane: CanvasPane, at: int) -> QPoint:
    assert pane.canvas.arrays is not None
    return pane.canvas.viewport.to_widget(pane.canvas.arrays.rect(at).center()).toPoint()


def selected(pane: CanvasPane) -> Pick | None:
    return pane.state.selection.current


def found(pane: CanvasPane) -> list[int]:
    return list(pane.canvas.coloring.found)


def is_exact(pane: CanvasPane) -> bool:
    """Whether the selection is drawn as what it is."""
    return not pane.canvas.shown.is_inside


def wait_for_scene(qtbot: QtBot, pane: CanvasPane) -> None:
    qtbot.waitUntil(lambda: not pane.scenes.is_running and pane.scenes.shown == pane.scenes.view)


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


def test_what_is_too_big_to_draw_is_neither_remembered_nor_in_the_way_of_a_node(
    qtbot: QtBot, pane: CanvasPane, graph: Graph, client: FakeClient, settings: Settings
) -> None:
    pane.scenes.open_groups(HEAD)
    wait_for_scene(qtbot, pane)
    kept = settings.text("graph/canvas/views")
    client.answers["graph.layout"] = ErrorInfo("layout-too-big", "It would have 30,000 boxes.", "Close some groups.")
    pane.scenes.open_to_level(3)
    qtbot.waitUntil(lambda: pane.scenes.error is not None)
    assert settings.text("graph/canvas/views") == kept
    client.answers["graph.layout"] = answer_layout
    pane.scenes.show_node(0)
    wait_for_scene(qtbot, pane)
    assert HEAD in last_request(client).opened
    assert len(last_request(client).opened) < len(graph.groups) - 1


def test_only_the_newest_of_two_layouts_is_drawn(
    qtbot: QtBot, pane: CanvasPane, graph: Graph, client: FakeClient
) -> None:
    del client.answers["graph.layout"]
    pane.scenes.open_groups(STAGES)
    first = client.last("graph.layout")
    pane.scenes.open_groups(HEAD)
    second = client.last("graph.layout")
    assert first.is_cancelled
    second.answer(answer_layout(second.request))
    wait_for_scene(qtbot, pane)
    assert box(pane, kinds.BOX_FRAME, STAGES) >= 0
    assert box(pane, kinds.BOX_FRAME, HEAD) >= 0


def test_what_is_open_and_how_it_is_drawn_is_remembered(
    qtbot: QtBot, pane: CanvasPane, graph: Graph, client: FakeClient, settings: Settings, tmp_path: Path
) -> None:
    pane.scenes.open_groups(HEAD)
    pane.commands.direction.trigger()
    pane.commands.details["attributes"].trigger()
    pane.commands.hidden["constants"].trigger()
    wait_for_scene(qtbot, pane)
    assert json.loads(settings.text("graph/canvas/views")) == {
        "/models/shapes.onnx": json.dumps({"scope": "", "opened": ["head"]})
    }
    jobs = JobCenter(client)
    other = Controller(jobs)
    again = made_pane(qtbot, other, settings)
    open_graph(qtbot, again, client, tmp_path, small_graph(tmp_path))
    request = last_request(client)
    assert (request.opened, request.direction) == ((HEAD,), "right")
    assert (request.details, request.hidden) == (("attributes",), ("constants",))
    assert again.commands.hidden["constants"].isChecked()
    jobs.close()


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


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_picture_of_all_is_written(qtbot: QtBot, pane: CanvasPane, graph: Graph, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"graph.{kind}"
    pane.pictures.write(path)
    qtbot.waitUntil(lambda: not pane.pictures.is_drawing)
    if kind == "png":
        image = QImage(str(path))
        assert image.height() > 2 * pane.canvas.viewport.bounds.height()
        assert len({image.pixel(x, image.height() // 2) for x in range(image.width())}) > 2
    else:
        text = path.read_text(encoding="utf-8")
        assert "stages" in text
        assert "<title>main_graph</title>" in text
    assert pane.notice.text == ""


def test_a_picture_that_cannot_be_written_is_told(
    qtbot: QtBot, pane: CanvasPane, graph: Graph, tmp_path: Path
) -> None:
    with qtbot.waitSignal(pane.controller.message_raised) as raised:
        pane.pictures.write(tmp_path / "missing" / "graph.png")
    assert raised.args[0].code == "picture-not-written"


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


def test_a_file_read_again_keeps_what_is_open_and_in_view(
    qtbot: QtBot, pane: CanvasPane, graph: Graph, client: FakeClient, tmp_path: Path
) -> None:
    pane.scenes.open_groups(STAGES)
    wait_for_scene(qtbot, pane)
    pane.canvas.zoom_to(1.7)
    pane.canvas.pan_by(0, -90)
    center = pane.canvas.viewport.view.center()
    client.answers["inspect"] = small_graph(tmp_path)
    pane.controller.run(Stage.GRAPH)
    qtbot.waitUntil(lambda: pane.state.graph is not graph)
    qtbot.waitUntil(lambda: pane.canvas.graph is pane.state.graph and not pane.scenes.is_running)
    assert last_request(client).opened == (STAGES,)
    assert pane.canvas.viewport.zoom == pytest.approx(1.7)
    moved = pane.canvas.viewport.view.center() - center
    assert max(abs(moved.x()), abs(moved.y())) <= 1.0


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


def test_a_file_opened_in_another_session_is_looked_at_where_it_was(
    qtbot: QtBot, pane: CanvasPane, graph: Graph, client: FakeClient, settings: Settings, tmp_path: Path
) -> None:
    pane.canvas.zoom_to(1.7)
    pane.canvas.pan_by(30, -90)
    view = pane.canvas.viewport.view
    qtbot.waitUntil(lambda: settings.text("graph/canvas/places") != "")
    jobs = JobCenter(client)
    again = made_pane(qtbot, Controller(jobs), settings)
    open_graph(qtbot, again, client, tmp_path, small_graph(tmp_path))
    center = again.canvas.viewport.view.center() - view.center()
    assert max(abs(center.x()), abs(center.y())) <= 1.0
    assert again.canvas.viewport.zoom == pytest.approx(1.7)
    jobs.close()


def test_a_place_in_a_picture_of_another_size_is_not_taken(
    qtbot: QtBot, pane: CanvasPane, client: FakeClient, settings: Settings, tmp_path: Path
) -> None:
    settings.set_text("graph/canvas/places", json.dumps({"/models/shapes.onnx": [1.0, 1.0, 3.0, 9.0, 9.0]}))
    open_graph(qtbot, pane, client, tmp_path, small_graph(tmp_path))
    assert pane.canvas.is_untouched
