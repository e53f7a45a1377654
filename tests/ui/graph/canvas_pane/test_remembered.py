"""What the canvas remembers of a graph: what is open, the direction, the place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.canvas_pane.pane import CanvasPane
from modelpack_gui.ui.job_center import JobCenter
from modelpack_gui.ui.settings import Settings
from tests.ui.fake_client import FakeClient
from tests.ui.graph.canvas_pane.canvas_panes import (
    HEAD,
    STAGES,
    answer_layout,
    box,
    last_request,
    made_pane,
    open_graph,
    wait_for_scene,
)
from tests.ui.graph.records import small_graph

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


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
