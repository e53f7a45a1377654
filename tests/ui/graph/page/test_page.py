"""The Graph page: what it says of a file, and a node that another page wants."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import GraphIndex, TensorInfo
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.side_pane import PORTS
from modelpack_gui.ui.graph.tables.ports_view import file_facts
from modelpack_gui.ui.inspection import Inspection
from modelpack_gui.ui.pages.graph import GraphPage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from tests.ui.fake_client import FakeClient
from tests.ui.graph.page.parts import count, nodes_view, ports_view, read
from tests.ui.graph.records import small_graph

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def sentence(page: GraphPage) -> str:
    return page.sentence.text()


def test_the_sentence_says_how_big_the_graph_is(filled: GraphPage) -> None:
    assert sentence(filled) == "12 nodes of 3 kinds, opset 20, 768 parameters in 3 initializers; 312 kB."


def test_a_torchscript_file_has_no_opset_to_tell(
    qtbot: QtBot, page: GraphPage, client: FakeClient, tmp_path: Path, graph: GraphIndex
) -> None:
    artifact = dataclasses.replace(
        graph.artifact, format="torchscript", opset_version=None, ir_version=None, opset_imports={}, producer=""
    )
    read(qtbot, page, client, tmp_path, dataclasses.replace(graph, artifact=artifact, initializer_count=0))
    assert sentence(page) == "12 nodes of 3 kinds, no initializers; 312 kB."
    assert "TorchScript" in [label.text() for label in ports_view(page).findChildren(QLabel)]


def test_the_facts_name_inputs_and_outputs_and_the_rest_is_a_click_away(qtbot: QtBot, filled: GraphPage) -> None:
    assert filled.facts.label.whole == "image float32 batch × 3 × 32 × 32  →  logits float32 batch × 5"
    qtbot.mouseClick(filled.facts.more, Qt.MouseButton.LeftButton)
    assert filled.view.side.current == PORTS
    index = filled.controller.graph.index
    assert index is not None
    facts = {item.name: item.value for item in file_facts(index)}
    assert (facts["Opset ai.onnx"], facts["IR version"], facts["Producer"]) == ("20", "10", "pytorch 2.13.0")


def test_many_inputs_are_one_click_away(
    qtbot: QtBot, page: GraphPage, client: FakeClient, tmp_path: Path, graph: GraphIndex
) -> None:
    inputs = tuple(TensorInfo(f"past_{i}", "float16", (1, i)) for i in range(40))
    read(
        qtbot,
        page,
        client,
        tmp_path,
        dataclasses.replace(graph, artifact=dataclasses.replace(graph.artifact, inputs=inputs)),
    )
    assert page.facts.more.text() == "38 more"
    qtbot.mouseClick(page.facts.more, Qt.MouseButton.LeftButton)
    assert page.view.side.current == PORTS
    assert ports_view(page).model.rowCount() == 41


def test_a_failed_shape_inference_is_said_with_its_message(
    qtbot: QtBot, page: GraphPage, client: FakeClient, tmp_path: Path
) -> None:
    read(qtbot, page, client, tmp_path, small_graph(tmp_path, shape_inference_error="InferenceError: Gemm of 3 by 4"))
    assert page.badge.status is Status.WARNING
    assert page.notes.isVisible()
    assert "InferenceError: Gemm of 3 by 4" in page.notes_text.toPlainText()


def test_without_a_failed_shape_inference_nothing_is_said_of_it(filled: GraphPage) -> None:
    assert not filled.notes.isVisible()


def test_another_graph_replaces_all_of_the_first(
    qtbot: QtBot, filled: GraphPage, client: FakeClient, tmp_path: Path, graph: GraphIndex
) -> None:
    other = dataclasses.replace(small_graph(tmp_path, nodes_kept=1), initializer_count=0)
    read(qtbot, filled, client, tmp_path, other)
    assert sentence(filled).startswith("1 node of 1 kind, opset 20, no initializers")
    assert count(filled) == "1"


def test_columns_that_cannot_be_read_are_told(
    qtbot: QtBot, page: GraphPage, client: FakeClient, tmp_path: Path, graph: GraphIndex
) -> None:
    client.answers["inspect"] = dataclasses.replace(graph, columns=str(tmp_path / "gone.columns"))
    path = tmp_path / "shapes.onnx"
    path.write_bytes(b"onnx")
    with qtbot.waitSignal(page.controller.message_raised) as told:
        page.controller.open_artifact(path)
    assert told.args is not None
    assert told.args[0].code == "graph-unreadable"
    assert nodes_view(page).model.rowCount() == 0


def test_the_page_fits_into_780_pixels(filled: GraphPage) -> None:
    assert filled.minimumSizeHint().width() <= 780


def test_a_node_that_is_wanted_by_its_index_is_selected_whatever_is_filtered(
    filled: GraphPage, inspected: list[Inspection]
) -> None:
    nodes_view(filled).filter.field.setText("Gemm")
    filled.reveal(2)
    assert inspected[-1].subtitle == "node_Conv_2"
    assert nodes_view(filled).filter.field.text() == ""


def test_a_wanted_node_is_in_view_also_where_the_page_gets_its_size_only_now(
    qtbot: QtBot, controller: Controller, settings: Settings, client: FakeClient, tmp_path: Path, graph: GraphIndex
) -> None:
    page = GraphPage(controller, settings)
    qtbot.addWidget(page)
    read(qtbot, page, client, tmp_path, graph)
    page.reveal(11)
    page.resize(900, 420)
    page.show()
    table = nodes_view(page).table
    qtbot.waitUntil(lambda: table.viewport().rect().contains(table.visualRect(table.currentIndex()).center()))


def test_a_node_that_is_wanted_before_the_graph_was_read_is_selected_once_it_is(
    qtbot: QtBot,
    page: GraphPage,
    client: FakeClient,
    tmp_path: Path,
    graph: GraphIndex,
    inspected: list[Inspection],
) -> None:
    read(qtbot, page, client, tmp_path, graph)
    recipe = page.controller.recipe
    page.controller.edit(dataclasses.replace(recipe, source=dataclasses.replace(recipe.source, name="Other")), "x")
    assert page.controller.state(Stage.GRAPH).status is Status.STALE
    again = small_graph(tmp_path)
    client.answers["inspect"] = again
    page.reveal(4)
    qtbot.waitUntil(lambda: page.controller.graph.index is again)
    assert inspected[-1].subtitle == "node_Conv_4"
