"""What tests of the graph inspector share."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.overlays.state import GraphOverlays
from tests.ui.fake_client import FakeClient
from tests.ui.graph_records import small_graph


@pytest.fixture
def overlays(qtbot: QtBot, controller: Controller, client: FakeClient, tmp_path: Path) -> GraphOverlays:
    """Those of the small graph, as a user opens it."""
    path = tmp_path / "shapes.onnx"
    path.write_bytes(b"onnx")  # it is never read: the fake client answers
    index = small_graph(tmp_path)
    client.answers["inspect"] = dataclasses.replace(
        index, artifact=dataclasses.replace(index.artifact, path=str(path))
    )
    controller.open_artifact(path)
    qtbot.waitUntil(lambda: controller.graph.index is not None)
    return controller.graph.overlays
