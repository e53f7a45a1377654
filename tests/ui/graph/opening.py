"""Opens a made graph in the window's controller, as a user opens a file."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from pytestqt.qtbot import QtBot

from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import GraphIndex
from modelpack_gui.ui.controller import Controller
from tests.ui.fake_client import FakeClient


def open_index(qtbot: QtBot, controller: Controller, client: FakeClient, folder: Path, index: GraphIndex) -> Graph:
    """Open a file whose graph the worker says is this one; the graph, once it is read."""
    client.answers["inspect"] = index
    path = folder / Path(index.artifact.path).name
    if not path.exists():
        path.write_bytes(b"onnx")  # it is never read: the fake client answers
    controller.open_artifact(path)
    qtbot.waitUntil(lambda: controller.graph.index is index)
    graph = controller.graph.graph
    assert graph is not None
    return graph


def located(index: GraphIndex, folder: Path) -> GraphIndex:
    """The same, of a file in a folder: what was measured of that file is about this graph."""
    path = folder / Path(index.artifact.path).name
    return dataclasses.replace(index, artifact=dataclasses.replace(index.artifact, path=str(path)))
