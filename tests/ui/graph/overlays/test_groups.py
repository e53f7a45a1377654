from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from modelpack_gui.core.graph import graph_overlays
from modelpack_gui.core.graph.builder import graph_of
from modelpack_gui.core.graph.columns import floats
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.overlay import Overlay
from modelpack_gui.core.records import NodeInfo, TensorInfo
from modelpack_gui.ui.graph.overlays.groups import group_values

NAN = math.nan


def made(op_type: str, output: str, module: str = "") -> NodeInfo:
    info = TensorInfo(output, "float32", (1, 4))
    return NodeInfo(0, op_type, "ai.onnx", f"n_{output}", module, (), (output,), (info,))


def overlay(values: Sequence[float], **more: object) -> Overlay:
    return Overlay("made", "Made", "", "sequential", floats(values), **more)  # type: ignore[arg-type]


@pytest.fixture
def graph() -> Graph:
    """Two modules: `a` with two nodes and `a.b` with one inside, and one node outside of both."""
    return graph_of([made("Conv", "y0", "a"), made("Relu", "y1", "a"), made("Conv", "y2", "a.b"), made("Add", "y3")])


def by_path(graph: Graph, overlay: Overlay) -> dict[str, float]:
    return dict(zip((group.path for group in graph.groups), map(float, group_values(graph, overlay)), strict=True))


def test_sum_of_a_group_holds_the_groups_inside_and_leaves_unknown_nodes_out(graph: Graph) -> None:
    found = by_path(graph, overlay([1.0, NAN, 10.0, 100.0], combine="sum"))
    assert found == {"": 111.0, "a": 11.0, "a.b": 10.0}


def test_largest_and_smallest_of_a_group(graph: Graph) -> None:
    values = [3.0, 5.0, -2.0, 9.0]
    assert by_path(graph, overlay(values, combine="max")) == {"": 9.0, "a": 5.0, "a.b": -2.0}
    assert by_path(graph, overlay(values, combine="min")) == {"": -2.0, "a": -2.0, "a.b": -2.0}


def test_group_of_unknown_nodes_is_unknown(graph: Graph) -> None:
    found = by_path(graph, overlay([1.0, 2.0, NAN, 3.0], combine="max"))
    assert math.isnan(found["a.b"])
    assert found["a"] == 2.0


def test_group_has_its_most_frequent_category(graph: Graph) -> None:
    types = graph_overlays.op_types(graph)
    assert types.categories == ("Conv", "Relu", "Add")
    assert {path: types.text(value) for path, value in by_path(graph, types).items()} == {
        "": "Conv",
        "a": "Conv",
        "a.b": "Conv",
    }


def test_given_values_of_groups_are_taken(graph: Graph) -> None:
    found = by_path(graph, overlay([1.0] * 4, combine="sum", groups=floats([7.0, 8.0, 9.0])))
    assert found == {"": 7.0, "a": 8.0, "a.b": 9.0}
