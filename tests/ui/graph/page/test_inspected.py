"""What the inspector shows of what is selected in the tables."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import TensorStatsRequest
from modelpack_gui.ui.inspection import Inspection, Section
from modelpack_gui.ui.pages.graph import GraphPage
from tests.ui.fake_client import FakeClient
from tests.ui.graph.page.parts import initializers_view, nodes_view, ports_view
from tests.ui.graph.records import stats

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def section(inspection: Inspection, title: str) -> Section:
    return next(item for item in inspection.sections if item.title == title)


def values(part: Section) -> dict[str, str]:
    return {item.name: item.value for item in part.properties}


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


def test_selecting_an_input_of_the_graph_tells_who_reads_it(filled: GraphPage, inspected: list[Inspection]) -> None:
    ports_view(filled).table.selectRow(0)
    assert (inspected[-1].title, inspected[-1].subtitle) == ("image", "graph input")
    assert values(section(inspected[-1], "Read by")) == {"0 Conv": "node_Conv_0"}
