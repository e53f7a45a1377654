"""What the tests of the comparison share: a view beside a graph, and one with a comparison in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.core.records import GraphIndex
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.comparison.compared import Asked
from modelpack_gui.ui.graph.comparison.view import CompareView
from modelpack_gui.ui.settings import Settings
from tests.ui.fake_client import FakeClient
from tests.ui.graph.comparison.compared import comparison, first_graph, opened_view, other_graph


@pytest.fixture
def graph(tmp_path: Path) -> GraphIndex:
    return first_graph(tmp_path)


@pytest.fixture
def view(
    qtbot: QtBot, controller: Controller, settings: Settings, client: FakeClient, tmp_path: Path, graph: GraphIndex
) -> CompareView:
    """Beside a graph that has been read."""
    return opened_view(qtbot, controller, settings, client, tmp_path, graph)


@pytest.fixture
def other(tmp_path: Path) -> Path:
    path = tmp_path / "other.onnx"
    path.write_bytes(b"onnx")
    return path


@pytest.fixture
def compared(
    qtbot: QtBot, view: CompareView, client: FakeClient, tmp_path: Path, graph: GraphIndex, other: Path
) -> CompareView:
    """With another file, in which one Relu is a Gelu."""
    client.answers["graph.compare"] = comparison(graph, other_graph(tmp_path), tmp_path)
    view.compare(Asked(other=str(other)))
    qtbot.waitUntil(lambda: view.pairs.total > 0)
    return view
