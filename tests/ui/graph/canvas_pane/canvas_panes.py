"""A canvas pane over a small graph, with a layout that answers at once."""

from __future__ import annotations

import uuid
from pathlib import Path

from pytestqt.qtbot import QtBot

from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import GraphIndex, Request
from modelpack_gui.core.records.graph_layout import LayoutReport, LayoutRequest
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.canvas_pane.pane import CanvasPane
from modelpack_gui.ui.settings import Settings
from tests.ui.fake_client import FakeClient
from tests.ui.graph.canvas.made_scenes import chain_scene

STAGES, HEAD = 1, 13  # groups of the small graph


def answer_layout(request: Request) -> LayoutReport:
    """What the job gives, but one box below the other."""
    assert isinstance(request, LayoutRequest)
    scene = chain_scene(Graph.read(Path(request.columns)), request.opened, scope=request.scope)
    path = Path(request.folder) / f"{uuid.uuid4().hex}.scene"
    scene.write(path)
    return LayoutReport(str(path), len(scene.box_kind), len(scene.edge_source), 0)


def open_graph(qtbot: QtBot, pane: CanvasPane, client: FakeClient, folder: Path, graph: GraphIndex) -> Graph:
    """Open a file as a user would; the graph, once it is drawn."""
    client.answers["inspect"] = graph
    client.answers.setdefault("graph.layout", answer_layout)
    path = folder / "shapes.onnx"
    path.write_bytes(b"onnx")  # it is never read: the fake client answers
    with qtbot.waitSignal(pane.scenes.came, check_params_cb=None):
        pane.controller.open_artifact(path)
        qtbot.waitUntil(lambda: pane.scenes.arrays is not None)
    found = pane.state.graph
    assert found is not None
    return found


def made_pane(qtbot: QtBot, controller: Controller, settings: Settings) -> CanvasPane:
    pane = CanvasPane(controller, settings)
    qtbot.addWidget(pane)
    pane.resize(700, 700)
    with qtbot.waitActive(pane):  # keys go to a window that has them
        pane.show()
    return pane


def last_request(client: FakeClient) -> LayoutRequest:
    request = client.last("graph.layout").request
    assert isinstance(request, LayoutRequest)
    return request


def box(pane: CanvasPane, kind: int, ref: int) -> int:
    assert pane.canvas.arrays is not None
    return pane.canvas.arrays.box_of[kind, ref]


def wait_for_scene(qtbot: QtBot, pane: CanvasPane) -> None:
    qtbot.waitUntil(lambda: not pane.scenes.is_running and pane.scenes.shown == pane.scenes.view)
