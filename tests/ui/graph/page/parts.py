"""The parts of the Graph page, and of what is inspected."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from modelpack_gui.core.records import GraphIndex
from modelpack_gui.ui.graph.side_pane import INITIALIZERS, PORTS
from modelpack_gui.ui.graph.tables.initializers_view import InitializersView
from modelpack_gui.ui.graph.tables.nodes_view import NodesView
from modelpack_gui.ui.graph.tables.ports_view import PortsView
from modelpack_gui.ui.pages.graph import GraphPage
from tests.ui.fake_client import FakeClient
from tests.ui.graph.opening import open_index


def read(qtbot: QtBot, page: GraphPage, client: FakeClient, tmp_path: Path, graph: GraphIndex) -> None:
    """Open a file as a user would, and have the worker answer."""
    open_index(qtbot, page.controller, client, tmp_path, graph)


def nodes_view(page: GraphPage) -> NodesView:
    return page.view.side.nodes


def initializers_view(page: GraphPage) -> InitializersView:
    view = page.view.side.show_tab(INITIALIZERS)
    assert isinstance(view, InitializersView)
    return view


def ports_view(page: GraphPage) -> PortsView:
    view = page.view.side.show_tab(PORTS)
    assert isinstance(view, PortsView)
    return view


def count(page: GraphPage) -> str:
    return nodes_view(page).filter.count.text()
