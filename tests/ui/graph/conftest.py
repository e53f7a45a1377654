"""What tests of the graph inspector share."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.overlays.state import GraphOverlays
from tests.ui.fake_client import FakeClient
from tests.ui.graph.opening import located, open_index
from tests.ui.graph.records import small_graph


@pytest.fixture
def overlays(qtbot: QtBot, controller: Controller, client: FakeClient, tmp_path: Path) -> GraphOverlays:
    """Those of the small graph, as a user opens it."""
    open_index(qtbot, controller, client, tmp_path, located(small_graph(tmp_path), tmp_path))
    return controller.graph.overlays
