from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import GraphIndex, NodeInfo, TensorInfo, TensorStatsRequest
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.selection import NodePick
from modelpack_gui.ui.graph.side_pane import INITIALIZERS, NODES, PORTS
from modelpack_gui.ui.graph.tables.initializers_view import InitializersView
from modelpack_gui.ui.graph.tables.nodes_view import NodesView
from modelpack_gui.ui.graph.tables.ports_view import PortsView, file_facts
from modelpack_gui.ui.inspection import Inspection, Section
from modelpack_gui.ui.pages.graph import GraphPage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from tests.ui.fake_client import FakeClient
from tests.ui.graph.opening import open_index
from tests.ui.graph.records import small_graph, stats

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


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


def read(qtbot: QtBot, page: GraphPage, client: FakeClient, tmp_path: Path, graph: GraphIndex) -> None:
    """Open a file as a user would, and have the worker answer."""
    open_index(qtbot, page.controller, client, tmp_path, graph)


@pytest.fixture
def filled(qtbot: QtBot, page: GraphPage, client: FakeClient, tmp_path: Path, graph: GraphIndex) -> GraphPage:
    read(qtbot, page, client, tmp_path, graph)
    return page


@pytest.fixture
def inspected(controller: Controller) -> list[Inspection]:
    seen: list[Inspection] = []
    controller.inspected.connect(seen.append)
    return seen


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


def type_filter(page: GraphPage, text: str) -> None:
    nodes_view(page).filter.field.setText(text)


def shown(page: GraphPage) -> list[str]:
    return [nodes(page)[node].op_type for node in nodes_view(page).model.shown]


def shown_initializers(page: GraphPage) -> list[str]:
    view = initializers_view(page)
    return [view.rows.read.initializers[row].name for row in view.model.shown]


def column_of(page: GraphPage, title: str) -> int:
    return [column.title for column in nodes_view(page).model.columns].index(title)


def nodes(page: GraphPage) -> Sequence[NodeInfo]:
    graph = page.controller.graph.graph
    assert graph is not None
    return graph.nodes


def count(page: GraphPage) -> str:
    return nodes_view(page).filter.count.text()


def sentence(page: GraphPage) -> str:
    return page.sentence.text()


def section(inspection: Inspection, title: str) -> Section:
    return next(item for item in inspection.sections if item.title == title)


def values(part: Section) -> dict[str, str]:
    return {item.name: item.value for item in part.properties}


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


def test_typing_filters_the_nodes_and_counts_them(qtbot: QtBot, filled: GraphPage) -> None:
    qtbot.keyClicks(nodes_view(filled).filter.field, "relu STAGES.3")
    assert shown(filled) == ["Relu"]
    assert count(filled) == "1 of 12"
    qtbot.keyClick(nodes_view(filled).filter.field, Qt.Key.Key_Escape)
    assert count(filled) == "12"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("op:conv", {"Conv"}),
        ("op:re", {"Relu"}),
        ("op:Conv op:Gemm", {"Conv", "Gemm"}),
        ("op:absent", set()),
        ("module:head", {"Gemm"}),
        ("in:conv.weight", {"Conv"}),
        ("shape:batch×5", {"Gemm"}),
        ("op:", {"Conv", "Relu", "Gemm"}),
        ("conv2d", {"Conv"}),  # the class of the module, which has no column of its own
    ],
)
def test_a_field_before_a_colon_narrows_where_to_look(filled: GraphPage, typed: str, expected: set[str]) -> None:
    nodes_view(filled).filter.field.setText(typed)
    assert set(shown(filled)) == expected


def test_ctrl_f_goes_to_the_filter_and_down_to_the_table(qtbot: QtBot, filled: GraphPage) -> None:
    with qtbot.waitActive(filled):
        filled.activateWindow()
    nodes_view(filled).table.setFocus()
    qtbot.keyClick(nodes_view(filled).table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert nodes_view(filled).filter.field.hasFocus()
    qtbot.keyClick(nodes_view(filled).filter.field, Qt.Key.Key_Down)
    assert nodes_view(filled).table.hasFocus()
    assert nodes_view(filled).table.currentIndex().row() == 0


def test_nodes_are_sorted_by_their_numbers(filled: GraphPage) -> None:
    table, model = nodes_view(filled).table, nodes_view(filled).model
    table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    assert list(model.shown) == list(range(11, -1, -1))
    table.sortByColumn(column_of(filled, "Module"), Qt.SortOrder.AscendingOrder)
    assert [nodes(filled)[node].module_path for node in model.shown][-2:] == ["stages.9", "stages.10"]
    table.sortByColumn(column_of(filled, "Output shape"), Qt.SortOrder.AscendingOrder)
    assert nodes(filled)[model.record(0)].op_type == "Gemm"


def test_selecting_a_node_fills_the_inspector(filled: GraphPage, inspected: list[Inspection]) -> None:
    nodes_view(filled).table.selectRow(0)
    seen = inspected[-1]
    assert (seen.title, seen.subtitle) == ("Conv", "node_Conv_0")
    facts = values(section(seen, "Node"))
    assert facts["Module"] == "stages.0"
    assert facts["Class"] == "torch.nn.Conv2d"
    assert facts["Source"] == "/home/me/shapes.py:37"
    assert values(section(seen, "Attributes")) == {"kernel_shape": "[3, 3]"}
    assert values(section(seen, "Inputs"))["image"] == "float32  batch × 3 × 32 × 32"
    assert values(section(seen, "Inputs"))["conv.weight"] == "float32  16 × 3 × 3 × 3"
    assert values(section(seen, "Outputs")) == {"v0": "float32  batch × 16 × 32 × 32"}


def test_an_omitted_input_is_said_to_be_left_out(filled: GraphPage, inspected: list[Inspection]) -> None:
    nodes_view(filled).table.selectRow(2)
    assert values(section(inspected[-1], "Inputs")) == {
        "v1": "float32  batch × 16 × 31 × 32",
        "–": "left out (optional)",
    }


def test_the_largest_initializer_of_a_node_gets_statistics(
    qtbot: QtBot, filled: GraphPage, client: FakeClient, inspected: list[Inspection]
) -> None:
    nodes_view(filled).table.selectRow(0)
    assert values(section(inspected[-1], "Values of conv.weight")) == {"Statistics": "reading…"}
    qtbot.waitUntil(lambda: any(job.stage == "tensor-stats" for job in client.jobs))
    job = client.last("tensor-stats")
    assert isinstance(job.request, TensorStatsRequest)
    assert job.request.name == "conv.weight"
    job.answer(stats("conv.weight"))
    qtbot.waitUntil(lambda: len(inspected) == 2)
    part = section(inspected[-1], "Values of conv.weight")
    assert values(part)["Mean"] == "0.500"
    assert part.histogram is not None
    assert part.histogram.counts == (1, 2, 1)


def test_an_answer_that_comes_after_another_selection_is_not_shown(
    qtbot: QtBot, filled: GraphPage, client: FakeClient, inspected: list[Inspection]
) -> None:
    nodes_view(filled).table.selectRow(0)
    qtbot.waitUntil(lambda: any(job.stage == "tensor-stats" for job in client.jobs))
    late = client.last("tensor-stats")
    nodes_view(filled).table.selectRow(1)
    late.answer(stats("conv.weight"))
    with qtbot.waitSignal(filled.controller.jobs.job_changed, check_params_cb=lambda view: view.ended_s is not None):
        pass
    assert inspected[-1].subtitle == "node_Relu_1"
    assert len(inspected) == 2


def test_statistics_are_read_once_for_each_tensor(
    qtbot: QtBot, filled: GraphPage, client: FakeClient, inspected: list[Inspection]
) -> None:
    client.answers["tensor-stats"] = lambda request: stats(getattr(request, "name"))  # noqa: B009
    nodes_view(filled).table.selectRow(0)
    qtbot.waitUntil(lambda: len(inspected) == 2)
    nodes_view(filled).table.selectRow(1)
    nodes_view(filled).table.selectRow(0)
    assert values(section(inspected[-1], "Values of conv.weight"))["Mean"] == "0.500"
    assert len([job for job in client.jobs if job.stage == "tensor-stats"]) == 1


def test_going_through_rows_quickly_reads_only_the_last_tensor(
    qtbot: QtBot, filled: GraphPage, client: FakeClient
) -> None:
    for row in range(3):
        initializers_view(filled).table.selectRow(row)
    qtbot.waitUntil(lambda: any(job.stage == "tensor-stats" for job in client.jobs))
    names = [job.request.name for job in client.jobs if isinstance(job.request, TensorStatsRequest)]
    assert names == ["head.weight"]


def test_a_tensor_that_cannot_be_read_says_why(
    qtbot: QtBot, filled: GraphPage, client: FakeClient, inspected: list[Inspection]
) -> None:
    client.answers["tensor-stats"] = ErrorInfo("data-missing", "The file shapes.onnx.data is not there.")
    initializers_view(filled).table.selectRow(2)
    qtbot.waitUntil(lambda: len(inspected) == 2)
    assert values(section(inspected[-1], "Values"))["Why"] == "The file shapes.onnx.data is not there."


def test_an_initializer_of_a_node_is_followed_and_back_leads_to_the_node(
    filled: GraphPage, inspected: list[Inspection]
) -> None:
    nodes_view(filled).table.selectRow(11)
    seen = inspected[-1]
    target = next(item.target for item in section(seen, "Inputs").properties if item.name == "head.weight")
    assert seen.follow is not None
    seen.follow(target)
    assert inspected[-1].title == "head.weight"
    assert not nodes_view(filled).table.selectionModel().hasSelection()
    table = initializers_view(filled).table
    assert table.currentIndex().siblingAtColumn(0).data() == "head.weight"
    filled.controller.graph.selection.back()
    assert nodes_view(filled).table.currentIndex().row() == 11
    assert not table.selectionModel().hasSelection()


def test_a_node_that_the_filter_hides_is_one_click_away(qtbot: QtBot, filled: GraphPage) -> None:
    type_filter(filled, "op:Conv")
    filled.controller.graph.selection.select(NodePick(11))
    assert nodes_view(filled).filter.text == "op:Conv"  # selecting elsewhere leaves what was typed
    hint = filled.findChild(QPushButton, "graph-nodes-hidden")
    assert isinstance(hint, QPushButton)
    assert hint.text() == "Node 11 is selected, and hidden by the filter"
    qtbot.mouseClick(hint, Qt.MouseButton.LeftButton)
    assert count(filled) == "12"
    assert nodes_view(filled).table.currentIndex().row() == 11
    assert not hint.isVisible()


def test_the_menu_of_a_node_offers_its_kind_and_its_initializers(filled: GraphPage) -> None:
    menu = QMenu(filled)
    nodes_view(filled).table.context_menu_made.emit(menu, 0)
    actions = {action.text(): action for action in menu.actions()}
    actions["Show initializer conv.bias"].trigger()
    assert filled.view.side.current == INITIALIZERS
    assert initializers_view(filled).table.currentIndex().row() == 1
    actions["Show only Conv"].trigger()
    assert set(shown(filled)) == {"Conv"}


def test_selecting_an_input_of_the_graph_tells_who_reads_it(filled: GraphPage, inspected: list[Inspection]) -> None:
    ports_view(filled).table.selectRow(0)
    assert (inspected[-1].title, inspected[-1].subtitle) == ("image", "graph input")
    assert values(section(inspected[-1], "Read by")) == {"0 Conv": "node_Conv_0"}


def test_each_tab_keeps_its_own_filter(filled: GraphPage) -> None:
    type_filter(filled, "gemm")
    assert shown_initializers(filled) == ["conv.weight", "conv.bias", "head.weight"]
    for typed, expected in (
        ("bias", ["conv.bias"]),
        ("shape:16x", ["conv.weight"]),
        ("FLOAT32 head", ["head.weight"]),
        (".data", ["head.weight"]),
        ("conv absent", []),
    ):
        initializers_view(filled).filter.field.setText(typed)
        assert shown_initializers(filled) == expected
    filled.view.side.show_tab(NODES)
    assert count(filled) == "1 of 12"


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
