"""Values of nodes added up per group."""

from __future__ import annotations

import math

import pytest

from modelpack_gui.core.graph.builder import GraphBuilder, graph_of
from modelpack_gui.core.graph.columns import floats
from modelpack_gui.core.graph.costs import rollup
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import InitializerInfo, NodeInfo, TensorInfo


def _node(op_type: str, inputs: tuple[str, ...], output: str, module: str = "") -> NodeInfo:
    info = TensorInfo(output, "float32", (1,))
    return NodeInfo(0, op_type, "ai.onnx", "", module, inputs, (output,), (info,))


@pytest.fixture
def graph() -> Graph:
    """Two layers with a weight that both read, and a node outside."""
    return graph_of(
        [
            _node("MatMul", ("x", "w"), "a", "layers.0.linear"),
            _node("Relu", ("a",), "b", "layers.0"),
            _node("MatMul", ("b", "w"), "c", "layers.1.linear"),
            _node("Add", ("c", "bias"), "d", "layers.1"),
            _node("Identity", ("d",), "y"),
        ],
        [InitializerInfo("w", "float32", (10, 10), 400), InitializerInfo("bias", "float32", (10,), 40)],
    )


def _by_path(graph: Graph, values: object) -> dict[str, float]:
    return {group.path: values[group.index] for group in graph.groups}  # type: ignore[index]


def test_a_group_has_the_sum_of_what_is_in_it(graph: Graph) -> None:
    found = _by_path(graph, rollup.totals(graph, floats([1, 2, 4, 8, 16])).sums)
    assert found[""] == 31
    assert found["layers"] == 15
    assert found["layers.0"] == 3
    assert found["layers.0.linear"] == 1
    assert found["layers.1"] == 12


def test_what_is_unknown_is_counted_and_not_taken_for_zero(graph: Graph) -> None:
    totals = rollup.totals(graph, floats([1, math.nan, 4, math.nan, 16]))
    assert _by_path(graph, totals.sums)[""] == 21
    assert _by_path(graph, totals.unknown) == {
        "": 2, "layers": 2, "layers.0": 1, "layers.0.linear": 0, "layers.1": 1, "layers.1.linear": 0
    }  # fmt: skip


def test_the_highest_of_a_group_is_that_of_any_node_in_it(graph: Graph) -> None:
    found = _by_path(graph, rollup.highest(graph, floats([1, 9, 4, math.nan, 2])))
    assert found[""] == 9
    assert found["layers.1"] == 4
    assert found["layers.0.linear"] == 1


def test_the_highest_of_unknown_values_is_unknown(graph: Graph) -> None:
    assert all(math.isnan(value) for value in rollup.highest(graph, floats([math.nan] * 5)))


def test_the_highest_where_there_is_no_node_at_all_is_zero() -> None:
    assert list(rollup.highest(graph_of(()), floats())) == [0.0]


def test_a_weight_that_two_modules_share_counts_once_above_both(graph: Graph) -> None:
    elements, sizes = rollup.weight_use(graph, [[100.0, 10.0], [400.0, 40.0]])
    assert list(elements.nodes) == [100, 0, 100, 10, 0]
    found = _by_path(graph, elements.groups)
    assert found["layers.0.linear"] == 100
    assert found["layers.1"] == 110
    assert found["layers"] == found[""] == 110
    assert _by_path(graph, sizes.groups)[""] == 440


def test_a_node_has_the_weights_that_its_branches_read() -> None:
    builder = GraphBuilder()
    builder.add_initializer(InitializerInfo("w", "float32", (3,), 12))
    owner = builder.add_node(_node("If", ("condition",), "y", "gate"))
    branch = builder.add_scope("then", "subgraph", 0, owner)
    builder.add_node(_node("Add", ("w", "w"), "inner"), branch)
    graph = builder.finish()
    (use,) = rollup.weight_use(graph, [[3.0]])
    assert list(use.nodes) == [3, 3]
    assert use.groups[graph.ints("node_group")[owner]] == 3


def test_groups_count_their_nodes(graph: Graph) -> None:
    assert _by_path(graph, rollup.node_counts(graph))["layers"] == 4


def test_modules_end_with_their_last_nodes(graph: Graph) -> None:
    found = _by_path(graph, rollup.last_nodes(graph))
    assert found == {"": 4, "layers": 3, "layers.0": 1, "layers.0.linear": 0, "layers.1": 3, "layers.1.linear": 2}


def test_a_weight_that_nothing_reads_counts_in_the_file_alone(graph: Graph) -> None:
    nodes = [node for node in graph.nodes if node.op_type != "Add"]  # the one that reads the bias
    found = graph_of(nodes, list(graph.initializers))
    (use,) = rollup.weight_use(found, [[100.0, 10.0]])
    assert list(use.nodes) == [100, 0, 100, 0]
    assert {path: use for path, use in _by_path(found, use.groups).items() if use > 100} == {"": 110}
