"""The Graph page, empty and with the small graph."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.core.records import GraphIndex
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.inspection import Inspection
from modelpack_gui.ui.pages.graph import GraphPage
from modelpack_gui.ui.settings import Settings
from tests.ui.fake_client import FakeClient
from tests.ui.graph.page.parts import read
from tests.ui.graph.records import small_graph


@pytest.fixture
def graph(tmp_path: Path) -> GraphIndex:
    return small_graph(tmp_path)


@pytest.fixture
def page(qtbot: QtBot, controller: Controller, settings: Settings) -> GraphPage:
    made = GraphPage(controller, settings)
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    return made


@pytest.fixture
def filled(qtbot: QtBot, page: GraphPage, client: FakeClient, tmp_path: Path, graph: GraphIndex) -> GraphPage:
    read(qtbot, page, client, tmp_path, graph)
    return page


@pytest.fixture
def inspected(controller: Controller) -> list[Inspection]:
    seen: list[Inspection] = []
    controller.inspected.connect(seen.append)
    return seen
