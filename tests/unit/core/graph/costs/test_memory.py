"""Memory of tensors over the run, against counts made by hand."""

from __future__ import annotations

import math

from modelpack_gui.core.graph.builder import GraphBuilder, graph_of
from modelpack_gui.core.graph.costs.memory import activations
from tests.unit.core.graph.costs.made_nodes import info, node_of, weight


def test_a_tensor_lives_from_the_node_that_makes_it_to_its_last_reader() -> None:
    graph = graph_of(
        [
            node_of("Relu", ["x"], [info("a", (100,))]),  # x, a
            node_of("Relu", ["a"], [info("b", (10,))]),  # a, b
            node_of("Relu", ["b"], [info("c", (10,))]),  # a, b, c: a is read once more
            node_of("Add", ["a", "c"], [info("y", (100,))]),  # a, c, y
        ],
        inputs=[info("x", (50,))],
        outputs=[info("y", (100,))],
    )
    found = activations(graph)
    assert list(found.made) == [400, 40, 40, 400]
    assert list(found.live) == [600, 440, 480, 840]
    assert list(found.unknown) == [0]


def test_weights_and_constants_are_no_activations() -> None:
    graph = graph_of(
        [
            node_of("Constant", [], [info("k", (1000,))]),
            node_of("MatMul", ["x", "w"], [info("a", (10,))]),
            node_of("Add", ["a", "k"], [info("y", (10,))]),
        ],
        [weight("w", 10, 10)],
        [info("x", (10,))],
        [info("y", (10,))],
    )
    found = activations(graph)
    assert list(found.made) == [0, 40, 40]
    assert list(found.live) == [40, 80, 80]


def test_another_view_of_a_tensor_keeps_it_and_takes_nothing_itself() -> None:
    graph = graph_of(
        [
            node_of("Relu", ["x"], [info("a", (100,))]),
            node_of("Reshape", ["a", "shape"], [info("b", (10, 10))]),
            node_of("Relu", ["x"], [info("c", (1,))]),
            node_of("Add", ["b", "c"], [info("y", (100,))]),
        ],
        [weight("shape", 2)],
        [info("x", (1,))],
        [info("y", (100,))],
    )
    found = activations(graph)
    assert found.made[1] == 0
    assert list(found.live) == [404, 404, 408, 804]


def test_an_output_lives_until_the_end() -> None:
    graph = graph_of(
        [node_of("Relu", ["x"], [info("a", (10,))]), node_of("Relu", ["x"], [info("b", (10,))])],
        inputs=[info("x", (10,))],
        outputs=[info("a", (10,)), info("b", (10,))],
    )
    assert list(activations(graph).live) == [80, 120]


def test_small_elements_are_packed() -> None:
    graph = graph_of([node_of("Cast", ["x"], [info("a", (5,), "int4")])], inputs=[info("x", (2,), "float16")])
    found = activations(graph)
    assert list(found.made) == [3]
    assert list(found.live) == [7]


def test_a_tensor_of_unknown_size_is_counted_as_unknown() -> None:
    graph = graph_of(
        [node_of("Relu", ["x"], [info("a", ("batch",))]), node_of("Relu", ["a"], [info("b", (10,))])],
        inputs=[info("x", (10,))],
    )
    found = activations(graph)
    assert math.isnan(found.made[0])
    assert list(found.live) == [40, 40]
    assert list(found.unknown) == [1]


def test_a_node_holds_what_the_larger_graph_inside_it_holds() -> None:
    builder = GraphBuilder()
    builder.add_ports(0, [info("x", (10,))], ())
    builder.add_node(node_of("Relu", ["x"], [info("a", (10,))]))
    owner = builder.add_node(node_of("If", ["x"], [info("y", (10,))]))
    for place, size in enumerate((1000, 10)):
        scope = builder.add_scope(f"branch {place}", "subgraph", 0, owner)
        builder.add_node(node_of("Expand", ["a"], [info(f"b{place}", (size,))]), scope)
    builder.add_ports(0, (), [info("y", (10,))])
    found = activations(builder.finish())
    assert list(found.live[:2]) == [80, 120 + 4000]  # the branch reads a, so it is still there


def test_what_is_no_tensor_takes_no_memory() -> None:
    graph = graph_of([node_of("ListConstruct", ["x"], [info("a", None, "List[int]")], "prim")])
    found = activations(graph)
    assert list(found.made) == [0]


def test_what_is_computed_of_constants_alone_is_no_activation() -> None:
    graph = graph_of(
        [
            node_of("DequantizeLinear", ["w", "scale"], [info("weight", (100, 10))]),
            node_of("MatMul", ["x", "weight"], [info("y", (1, 10))]),
        ],
        [weight("w", 100, 10), weight("scale", 1)],
        [info("x", (1, 100))],
        [info("y", (1, 10))],
    )
    found = activations(graph)
    assert list(found.made) == [0, 40]
    assert list(found.live) == [400, 440]


def test_an_optional_output_that_nobody_reads_is_not_made() -> None:
    graph = graph_of(
        [node_of("MaxPool", ["x"], [info("y", (5,)), info("places", (5,), "int64")])],
        inputs=[info("x", (10,))],
        outputs=[info("y", (5,))],
    )
    assert list(activations(graph).made) == [20]
