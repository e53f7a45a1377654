"""A canvas pane over the small graph."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.canvas_pane.pane import CanvasPane
from modelpack_gui.ui.settings import Settings
from tests.ui.fake_client import FakeClient
from tests.ui.graph.canvas_pane.canvas_panes import made_pane, open_graph
from tests.ui.graph.records import small_graph


@pytest.fixture
def pane(qtbot: QtBot, controller: Controller, settings: Settings) -> CanvasPane:
    return made_pane(qtbot, controller, settings)


@pytest.fixture
def graph(qtbot: QtBot, pane: CanvasPane, client: FakeClient, tmp_path: Path) -> Graph:
    return open_graph(qtbot, pane, client, tmp_path, small_graph(tmp_path))
