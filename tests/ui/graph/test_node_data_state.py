from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.graph.columns import floats, write_columns
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import NodeDataOverlay, NodeDataReport, NodeDataRequest
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.node_data_commands import NodeDataCommands
from modelpack_gui.ui.settings import Settings
from tests.ui.fake_client import FakeClient
from tests.ui.graph.opening import open_index
from tests.ui.graph.records import small_graph

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.fixture
def graph(qtbot: QtBot, controller: Controller, client: FakeClient, tmp_path: Path) -> Graph:
    return open_index(qtbot, controller, client, tmp_path, small_graph(tmp_path))


@pytest.fixture
def commands(qtbot: QtBot, controller: Controller, settings: Settings, graph: Graph) -> NodeDataCommands:
    page = QWidget()
    qtbot.addWidget(page)
    return NodeDataCommands(controller, settings, page)


def report_of(folder: Path, *titles: str) -> NodeDataReport:
    columns = folder / "values.columns"
    write_columns(columns, {title: floats([float(i) for i in range(12)]) for title in titles})
    overlays = tuple(
        NodeDataOverlay(f"file:{title}", title, "us", "sequential", title, (), "sum", False, "") for title in titles
    )
    return NodeDataReport("/home/me/run.json", str(columns), overlays, 12, ("fused_1",), 1)


def test_a_loaded_file_is_drawn_and_what_it_lacks_is_told(
    qtbot: QtBot, controller: Controller, client: FakeClient, graph: Graph, tmp_path: Path
) -> None:
    state = controller.graph
    client.answers["graph.node-data"] = report_of(tmp_path, "first", "second")
    with qtbot.waitSignal(state.node_data.told) as told:
        state.node_data.load(tmp_path / "run.json")
    request = client.last("graph.node-data").request
    assert isinstance(request, NodeDataRequest)
    assert state.index is not None
    assert request.columns == state.index.columns
    assert told.args == ["2 results for 12 nodes from run.json; 1 name in it fit no node of this graph: fused_1."]
    current = state.overlays.current
    assert current is not None
    assert (current.title, current.values[5]) == ("first", 5.0)
    assert "file:second" in [offer.key for offer in state.overlays.all]


def test_a_file_that_cannot_be_read_is_told(
    qtbot: QtBot, controller: Controller, client: FakeClient, commands: NodeDataCommands, tmp_path: Path
) -> None:
    error = ErrorInfo("node-data-unreadable", "It is no JSON.")
    client.answers["graph.node-data"] = error
    with qtbot.waitSignal(controller.message_raised) as raised:
        controller.graph.node_data.load(tmp_path / "run.json")
    assert raised.args == [error]


def test_the_files_for_other_viewers_are_written(
    qtbot: QtBot, controller: Controller, client: FakeClient, graph: Graph, tmp_path: Path
) -> None:
    state = controller.graph
    overlay = state.overlays.overlay("op-type")
    assert overlay is not None
    with qtbot.waitSignal(state.node_data.told):
        state.node_data.save_for_model_explorer(tmp_path / "colours.json", overlay)
    results = json.loads((tmp_path / "colours.json").read_text())["main_graph"]["results"]
    assert results["node_Gemm_11"]["value"] == "Gemm"
    state.node_data.save_for_netron(tmp_path / "attachment.json")
    assert not (tmp_path / "attachment.json").exists()  # what the nodes cost is being counted
    with qtbot.waitSignal(state.node_data.told):
        client.last("graph.costs").answer(ErrorInfo("costs-failed", "There are no shapes."))
    rows = json.loads((tmp_path / "attachment.json").read_text())
    names = {row["name"] for row in rows["metrics"] + rows["metadata"]}
    assert {"Op type", "Weight bytes"} <= names


def test_a_folder_that_cannot_be_written_is_told_and_nothing_is_left(
    qtbot: QtBot, controller: Controller, client: FakeClient, graph: Graph, tmp_path: Path
) -> None:
    client.answers["graph.costs"] = ErrorInfo("costs-failed", "There are no shapes.")
    with qtbot.waitSignal(controller.graph.node_data.failed):
        controller.graph.node_data.save_for_netron(tmp_path / "no such folder" / "attachment.json")
    assert not (tmp_path / "no such folder").exists()


def test_what_cannot_be_done_now_is_off(controller: Controller, commands: NodeDataCommands) -> None:
    load, for_explorer, for_netron = commands.actions
    assert (load.isEnabled(), for_explorer.isEnabled(), for_netron.isEnabled()) == (True, False, True)
    controller.graph.overlays.choose("op-type")
    assert for_explorer.isEnabled()
    assert for_explorer.toolTip() == "The values and colours of Op type"
