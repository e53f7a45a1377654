from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.graph.compare.difference import State
from modelpack_gui.core.records import (
    Around,
    GraphIndex,
    LayoutReport,
    LayoutRequest,
    NodeInfo,
    Request,
    WeightChange,
    WeightChanges,
)
from modelpack_gui.stages.inspection.layout import run as lay_out
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.comparison.canvases import CompareCanvases
from modelpack_gui.ui.graph.comparison.compared import Asked
from modelpack_gui.ui.graph.comparison.view import CompareView
from modelpack_gui.ui.graph.selection import NodePick
from tests.ui.fake_client import FakeClient
from tests.ui.graph.comparison.compared import comparison, other_graph, pair, pick

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def answer_layout(request: Request) -> LayoutReport:
    """The layout itself: it is quick, and needs nothing that the window lacks."""
    assert isinstance(request, LayoutRequest)
    return lay_out(request, PlainContext())


def drawn(qtbot: QtBot, view: CompareView, client: FakeClient) -> CompareCanvases:
    """The pair as a drawing, once both sides are there."""
    client.answers.setdefault("graph.layout", answer_layout)
    view.pair.modes.buttons["drawing"].click()
    canvases = view.pair.canvases
    assert canvases is not None
    qtbot.waitUntil(lambda: not any(side.scene.is_running for side in canvases.sides))
    return canvases


def test_the_two_nodes_are_drawn_with_what_is_around_them(
    qtbot: QtBot, compared: CompareView, client: FakeClient
) -> None:
    pick(compared, 3)
    canvases = drawn(qtbot, compared, client)
    request = client.last("graph.layout").request
    assert isinstance(request, LayoutRequest)
    assert request.around == Around((3,), 2, 2)
    for side in canvases.sides:
        arrays, coloring = side.canvas.arrays, side.canvas.coloring
        assert arrays is not None
        assert [node for node, box in enumerate(arrays.node_box) if box >= 0] == [1, 2, 3, 4, 5]
        assert coloring.nodes is not None
        assert [node for node, color in enumerate(coloring.nodes) if color] == [3]
        assert side.message == ""


def test_a_node_that_is_in_the_drawing_is_chosen_without_another_layout(
    qtbot: QtBot, compared: CompareView, client: FakeClient, controller: Controller
) -> None:
    pick(compared, 3)
    canvases = drawn(qtbot, compared, client)
    before = len(client.jobs)
    canvases.sides[1].canvas.picked.emit(NodePick(4))
    assert controller.graph.selection.current == NodePick(4)
    assert pair(compared)["Operator"][0] == "Conv"
    assert len(client.jobs) == before
    canvases.steps.setValue(1)
    qtbot.waitUntil(lambda: not any(side.scene.is_running for side in canvases.sides))
    arrays = canvases.sides[0].canvas.arrays
    assert arrays is not None
    assert [node for node, box in enumerate(arrays.node_box) if box >= 0] == [3, 4, 5]


def test_beside_a_node_that_is_gone_stands_what_its_neighbours_became(
    qtbot: QtBot, view: CompareView, client: FakeClient, tmp_path: Path, graph: GraphIndex, other: Path
) -> None:
    client.answers["graph.compare"] = comparison(graph, other_graph(tmp_path, nodes_kept=11), tmp_path)
    view.compare(Asked(other=str(other)))
    qtbot.waitUntil(lambda: view.pairs.total > 0)
    view.facets.choose("state:REMOVED")
    pick(view, 11)
    canvases = drawn(qtbot, view, client)
    arrays = canvases.sides[1].canvas.arrays
    assert arrays is not None
    assert arrays.node_box[10] >= 0
    assert pair(view)["Operator"] == ("Gemm", "", State.SAME)


def test_a_layout_that_fails_says_so_in_place_of_the_picture(
    qtbot: QtBot, compared: CompareView, client: FakeClient
) -> None:
    client.answers["graph.layout"] = ErrorInfo("layout-too-big", "It would have 30,000 boxes.", "Take fewer steps.")
    pick(compared, 3)
    canvases = drawn(qtbot, compared, client)
    assert canvases.sides[0].message == "It would have 30,000 boxes. Take fewer steps."


def cast_weights(node: NodeInfo) -> NodeInfo:
    """The last node reads another weight."""
    return dataclasses.replace(node, inputs=("v10", "conv.weight")) if node.index == 11 else node


@pytest.fixture
def weighed(
    qtbot: QtBot, view: CompareView, client: FakeClient, tmp_path: Path, graph: GraphIndex, other: Path
) -> CompareView:
    """With another file, in which the last node reads another weight."""
    client.answers["graph.compare"] = comparison(graph, other_graph(tmp_path, cast_weights), tmp_path)
    view.compare(Asked(other=str(other)))
    qtbot.waitUntil(lambda: view.pairs.total > 0)
    return view


def test_how_much_weights_differ_is_measured_when_somebody_looks(
    qtbot: QtBot, weighed: CompareView, client: FakeClient, controller: Controller
) -> None:
    assert "graph.weights" not in [job.stage for job in client.jobs]
    row = WeightChange("head.weight", "conv.weight", 11, 11, "float32", "float16", (5, 64), 320, 8, 0.5, 0.25, 0.031)
    client.answers["graph.weights"] = WeightChanges((row,), {"conv.bias": "The data file is gone."})
    weighed.tabs.setCurrentIndex(2)
    qtbot.waitUntil(lambda: weighed.weights.rows.total == 1)
    assert weighed.weights.sentence.text() == "1 weight differs, head.weight the most: by 3.1 % of its size."
    assert "The data file is gone." in weighed.weights.note.text
    weighed.weights.table.selectRow(0)
    assert controller.graph.selection.current == NodePick(11)
    weighed.tabs.setCurrentIndex(0)
    weighed.tabs.setCurrentIndex(2)
    assert [job.stage for job in client.jobs].count("graph.weights") == 1
    weighed.weights.table.activated.emit(weighed.weights.rows.index(0, 0))
    assert weighed.tabs.currentIndex() == 0


def test_weights_have_no_tab_where_none_differ(compared: CompareView) -> None:
    assert not compared.tabs.isTabVisible(2)


def test_weights_that_cannot_be_measured_say_why(qtbot: QtBot, weighed: CompareView, client: FakeClient) -> None:
    client.answers["graph.weights"] = ErrorInfo("comparison-unreadable", "It is gone.", "Compare again.")
    weighed.tabs.setCurrentIndex(2)
    qtbot.waitUntil(lambda: weighed.weights.note.text == "It is gone. Compare again.")


def test_what_differs_stands_first_in_the_pair(weighed: CompareView) -> None:
    pick(weighed, 11)
    first = weighed.pair.lines.record(0)
    assert (first.what, first.state) == ("Input 2", State.CHANGED)
    assert first.before.startswith("head.weight")
    assert first.after.startswith("conv.weight")
