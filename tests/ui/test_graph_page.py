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
from modelpack_gui.ui.inspection import Inspection, Section
from modelpack_gui.ui.pages.graph import GraphPage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.graph_tables import Tab
from tests.ui.fake_client import FakeClient
from tests.ui.graph_records import small_graph, stats

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
    client.answers["inspect"] = graph
    path = tmp_path / "shapes.onnx"
    if not path.exists():
        path.write_bytes(b"onnx")  # it is never read: the fake client answers
    page.controller.open_artifact(path)
    qtbot.waitUntil(lambda: page.controller.graph.index is graph)


@pytest.fixture
def filled(qtbot: QtBot, page: GraphPage, client: FakeClient, tmp_path: Path, graph: GraphIndex) -> GraphPage:
    read(qtbot, page, client, tmp_path, graph)
    return page


@pytest.fixture
def inspected(controller: Controller) -> list[Inspection]:
    seen: list[Inspection] = []
    controller.inspected.connect(seen.append)
    return seen


def shown(page: GraphPage, tab: Tab = Tab.NODES) -> list[str]:
    records = page.tables.tables[tab].model.records
    return [record.op_type if isinstance(record, NodeInfo) else record.name for record in records]


def nodes(page: GraphPage) -> Sequence[NodeInfo]:
    graph = page.controller.graph.graph
    assert graph is not None
    return graph.nodes


def shown_tab(page: GraphPage) -> Tab:
    return page.tables.tab


def count(page: GraphPage) -> str:
    return page.tables.count_label.text()


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
    assert "TorchScript" in [label.text() for label in page.facts.findChildren(QLabel)]


def test_facts_name_inputs_outputs_opset_and_producer(filled: GraphPage) -> None:
    texts = [label.toolTip() or label.text() for label in filled.facts.findChildren(QLabel)]
    for expected in ("image", "batch × 3 × 32 × 32", "logits", "batch × 5", "ai.onnx 20", "pytorch 2.13.0"):
        assert expected in texts


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
    more = next(button for button in page.facts.findChildren(QPushButton) if button.text() == "38 more")
    qtbot.mouseClick(more, Qt.MouseButton.LeftButton)
    assert shown_tab(page) is Tab.PORTS
    assert count(page) == "41 of 41"


def test_typing_filters_the_nodes_and_counts_them(qtbot: QtBot, filled: GraphPage) -> None:
    qtbot.keyClicks(filled.tables.filter_field, "relu STAGES.3")
    assert shown(filled) == ["Relu"]
    assert count(filled) == "1 of 12"
    qtbot.keyClick(filled.tables.filter_field, Qt.Key.Key_Escape)
    assert count(filled) == "12 of 12"


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
    filled.tables.filter_field.setText(typed)
    assert set(shown(filled)) == expected


def test_ctrl_f_goes_to_the_filter_and_down_to_the_table(qtbot: QtBot, filled: GraphPage) -> None:
    qtbot.waitActive(filled)
    filled.tables.table.setFocus()
    qtbot.keyClick(filled.tables.table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert filled.tables.filter_field.hasFocus()
    qtbot.keyClick(filled.tables.filter_field, Qt.Key.Key_Down)
    assert filled.tables.table.hasFocus()
    assert filled.tables.table.currentIndex().row() == 0


def test_nodes_are_sorted_by_their_numbers(filled: GraphPage) -> None:
    table = filled.tables.table
    model = filled.tables.tables[Tab.NODES].model
    table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    assert [record.index for record in model.records] == list(range(11, -1, -1))
    module = [column.title for column in model.columns].index("Module")
    table.sortByColumn(module, Qt.SortOrder.AscendingOrder)
    assert [record.module_path for record in model.records][-2:] == ["stages.9", "stages.10"]
    shape = [column.title for column in model.columns].index("Output shape")
    table.sortByColumn(shape, Qt.SortOrder.AscendingOrder)
    assert model.record(0).op_type == "Gemm"


def test_clicking_op_types_filters_to_them_and_clear_shows_all(qtbot: QtBot, filled: GraphPage) -> None:
    view = filled.tables.op_counts.view

    def click(row: int, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        place = view.visualRect(view.model().index(row, 0)).center()
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, modifier, place)

    click(0)
    assert (set(shown(filled)), count(filled)) == ({"Conv"}, "6 of 12")
    click(2, Qt.KeyboardModifier.ControlModifier)
    assert (set(shown(filled)), count(filled)) == ({"Conv", "Gemm"}, "7 of 12")
    filled.tables.filter_field.setText("head")
    assert shown(filled) == ["Gemm"]
    filled.tables.filter_field.clear()
    qtbot.mouseClick(filled.tables.op_counts.findChild(QPushButton), Qt.MouseButton.LeftButton)
    assert count(filled) == "12 of 12"


def test_selecting_a_node_fills_the_inspector(filled: GraphPage, inspected: list[Inspection]) -> None:
    filled.tables.table.selectRow(0)
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
    filled.tables.table.selectRow(2)
    assert values(section(inspected[-1], "Inputs")) == {
        "v1": "float32  batch × 16 × 31 × 32",
        "–": "left out (optional)",
    }


def test_the_largest_initializer_of_a_node_gets_statistics(
    qtbot: QtBot, filled: GraphPage, client: FakeClient, inspected: list[Inspection]
) -> None:
    filled.tables.table.selectRow(0)
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
    filled.tables.table.selectRow(0)
    qtbot.waitUntil(lambda: any(job.stage == "tensor-stats" for job in client.jobs))
    late = client.last("tensor-stats")
    filled.tables.table.selectRow(1)
    late.answer(stats("conv.weight"))
    with qtbot.waitSignal(filled.controller.jobs.job_changed, check_params_cb=lambda view: view.ended_s is not None):
        pass
    assert inspected[-1].subtitle == "node_Relu_1"
    assert len(inspected) == 2


def test_statistics_are_read_once_for_each_tensor(
    qtbot: QtBot, filled: GraphPage, client: FakeClient, inspected: list[Inspection]
) -> None:
    client.answers["tensor-stats"] = lambda request: stats(getattr(request, "name"))  # noqa: B009
    filled.tables.table.selectRow(0)
    qtbot.waitUntil(lambda: len(inspected) == 2)
    filled.tables.table.selectRow(1)
    filled.tables.table.selectRow(0)
    assert values(section(inspected[-1], "Values of conv.weight"))["Mean"] == "0.500"
    assert len([job for job in client.jobs if job.stage == "tensor-stats"]) == 1


def test_going_through_rows_quickly_reads_only_the_last_tensor(
    qtbot: QtBot, filled: GraphPage, client: FakeClient
) -> None:
    filled.tables.show_tab(Tab.INITIALIZERS)
    for row in range(3):
        filled.tables.table.selectRow(row)
    qtbot.waitUntil(lambda: any(job.stage == "tensor-stats" for job in client.jobs))
    names = [job.request.name for job in client.jobs if isinstance(job.request, TensorStatsRequest)]
    assert names == ["head.weight"]


def test_a_tensor_that_cannot_be_read_says_why(
    qtbot: QtBot, filled: GraphPage, client: FakeClient, inspected: list[Inspection]
) -> None:
    client.answers["tensor-stats"] = ErrorInfo("data-missing", "The file shapes.onnx.data is not there.")
    filled.tables.show_tab(Tab.INITIALIZERS)
    filled.tables.table.selectRow(2)
    qtbot.waitUntil(lambda: len(inspected) == 2)
    assert values(section(inspected[-1], "Values"))["Why"] == "The file shapes.onnx.data is not there."


def test_an_initializer_of_a_node_leads_to_its_row_and_back(
    filled: GraphPage, inspected: list[Inspection], graph: GraphIndex
) -> None:
    filled.tables.filter_field.setText("gemm")
    filled.tables.table.selectRow(0)
    seen = inspected[-1]
    target = next(item.target for item in section(seen, "Inputs").properties if item.name == "head.weight")
    assert seen.follow is not None
    seen.follow(target)
    assert shown_tab(filled) is Tab.INITIALIZERS
    assert inspected[-1].title == "head.weight"

    filled.tables.tables[Tab.NODES].view.clearSelection()
    user = section(inspected[-1], "Read by").properties[0]
    assert user.name == "11 Gemm"
    assert inspected[-1].follow is not None
    inspected[-1].follow(user.target)
    assert shown_tab(filled) is Tab.NODES
    assert filled.tables.table.currentIndex().row() == 0


def test_a_node_hidden_by_filters_is_shown_when_it_is_wanted(filled: GraphPage) -> None:
    filled.tables.choose_ops("Conv")
    filled.tables.filter_field.setText("stages.2")
    filled.tables.select_node(nodes(filled)[11])
    assert count(filled) == "12 of 12"
    assert filled.tables.table.currentIndex().row() == 11


def test_the_menu_of_a_node_offers_its_kind_and_its_initializers(filled: GraphPage) -> None:
    menu = QMenu(filled)
    filled.tables.table.context_menu_made.emit(menu, nodes(filled)[0])
    actions = {action.text(): action for action in menu.actions()}
    actions["Show initializer conv.bias"].trigger()
    assert shown_tab(filled) is Tab.INITIALIZERS
    assert filled.tables.table.currentIndex().row() == 1
    actions["Show only Conv"].trigger()
    assert set(shown(filled)) == {"Conv"}


def test_selecting_an_input_of_the_graph_tells_who_reads_it(filled: GraphPage, inspected: list[Inspection]) -> None:
    filled.tables.show_tab(Tab.PORTS)
    filled.tables.table.selectRow(0)
    assert (inspected[-1].title, inspected[-1].subtitle) == ("image", "graph input")
    assert values(section(inspected[-1], "Read by")) == {"0 Conv": "node_Conv_0"}


def test_each_tab_keeps_its_own_filter(qtbot: QtBot, filled: GraphPage) -> None:
    filled.tables.filter_field.setText("gemm")
    filled.tables.show_tab(Tab.INITIALIZERS)
    assert (filled.tables.filter_field.text(), count(filled)) == ("", "3 of 3")
    filled.tables.filter_field.setText("bias")
    assert shown(filled, Tab.INITIALIZERS) == ["conv.bias"]
    filled.tables.show_tab(Tab.NODES)
    assert (filled.tables.filter_field.text(), count(filled)) == ("gemm", "1 of 12")


def test_a_failed_shape_inference_is_said_with_its_message(
    qtbot: QtBot, page: GraphPage, client: FakeClient, tmp_path: Path
) -> None:
    read(qtbot, page, client, tmp_path, small_graph(tmp_path, shape_inference_error="InferenceError: Gemm of 3 by 4"))
    assert page.badge.status is Status.WARNING
    assert page.inference.isVisible()
    assert "InferenceError: Gemm of 3 by 4" in page.inference_text.toPlainText()


def test_without_a_failed_shape_inference_nothing_is_said_of_it(filled: GraphPage) -> None:
    assert not filled.inference.isVisible()


def test_another_graph_replaces_all_of_the_first(
    qtbot: QtBot, filled: GraphPage, client: FakeClient, tmp_path: Path, graph: GraphIndex
) -> None:
    other = dataclasses.replace(small_graph(tmp_path, nodes_kept=1), initializer_count=0)
    read(qtbot, filled, client, tmp_path, other)
    assert sentence(filled).startswith("1 node of 1 kind, opset 20, no initializers")
    assert count(filled) == "1 of 1"
    assert filled.tables.op_counts.view.model().rowCount() == 1


def test_the_page_fits_into_780_pixels(filled: GraphPage) -> None:
    assert filled.minimumSizeHint().width() <= 780


def test_a_node_that_is_wanted_by_its_index_is_selected_whatever_is_filtered(
    filled: GraphPage, inspected: list[Inspection]
) -> None:
    filled.tables.filter_field.setText("Gemm")
    filled.reveal(2)
    assert inspected[-1].subtitle == "node_Conv_2"
    assert filled.tables.filter_field.text() == ""


def test_a_wanted_node_is_in_view_also_where_the_page_gets_its_size_only_now(
    qtbot: QtBot, controller: Controller, settings: Settings, client: FakeClient, tmp_path: Path, graph: GraphIndex
) -> None:
    page = GraphPage(controller, settings)
    qtbot.addWidget(page)
    read(qtbot, page, client, tmp_path, graph)
    page.reveal(11)
    page.resize(900, 420)
    page.show()
    table = page.tables.table
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
