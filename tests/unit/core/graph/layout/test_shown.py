"""What a picture shows and what it leaves out: weights, constants, folded pairs, subgraphs."""

from __future__ import annotations

from collections import Counter

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.builder import GraphBuilder
from modelpack_gui.core.graph.layout.engine import lay_out
from modelpack_gui.core.records import LayoutRequest, TensorInfo
from tests.unit.core.graph.layout.graphs import check_scene, graph_from, node


def test_weights_are_no_boxes_and_hidden_nodes_are_seen_in_those_that_read_them() -> None:
    graph = graph_from(
        [
            node(0, [], "Constant"),
            node(1, ["x", "w", "v0"], "Conv"),
            node(2, ["v1"], "Identity"),
            node(3, ["v2", "v2"], "Relu"),
        ],
        ["v3"],
        ["w"],
    )

    found = lay_out(graph, LayoutRequest("", hidden=("constants", "identities")))

    assert found.hidden_count == 2
    boxes = {
        graph.text("node_op_type", ref)
        for kind, ref in zip(found.scene.box_kind, found.scene.box_ref, strict=True)
        if kind == kinds.BOX_NODE
    }
    assert boxes == {"Conv", "Relu"}
    assert found.scene.node_box[0] == found.scene.node_box[1]
    assert found.scene.node_box[2] == found.scene.node_box[3]
    assert len(found.scene.edge_source) == 3


def test_a_list_of_constants_is_hidden_with_them_and_one_of_a_value_is_not() -> None:
    graph = graph_from(
        [
            node(0, [], "Constant"),
            node(1, ["v0", "v0"], "ListConstruct"),
            node(2, ["v1", "v0"], "TupleConstruct"),
            node(3, ["x", "v0"], "ListConstruct"),
            node(4, ["v2", "v3"], "conv2d"),
        ],
        ["v4"],
    )

    found = lay_out(graph, LayoutRequest("", hidden=("constants",)))

    assert found.hidden_count == 3
    drawn = [found.scene.box_ref[box] for box, kind in enumerate(found.scene.box_kind) if kind == kinds.BOX_NODE]
    assert sorted(drawn) == [3, 4]


def test_pairs_of_quantize_and_dequantize_are_folded_but_not_a_quantize_that_something_else_reads() -> None:
    graph = graph_from(
        [
            node(0, ["x", "scale"], "QuantizeLinear"),
            node(1, ["v0", "scale"], "DequantizeLinear"),
            node(2, ["weight", "scale"], "DequantizeLinear"),
            node(3, ["v1", "v2"], "Conv"),
            node(4, ["v3", "scale"], "QuantizeLinear"),
            node(5, ["v4", "scale"], "DequantizeLinear"),
            node(6, ["v4", "v5"], "QLinearAdd"),
        ],
        ["v6"],
        ["weight", "scale"],
    )

    scene = lay_out(graph, LayoutRequest("", hidden=("qdq",))).scene

    drawn = [scene.box_ref[box] for box, kind in enumerate(scene.box_kind) if kind == kinds.BOX_NODE]
    assert sorted(drawn) == [3, 4, 5, 6]
    check_scene(graph, scene)


def test_a_subgraph_is_drawn_with_what_it_takes_from_around_and_its_owner_reads_that_too() -> None:
    builder = GraphBuilder("net")
    builder.add_ports(0, [TensorInfo("x", "float32", (1,)), TensorInfo("condition", "bool", ())], ())
    builder.add_node(node(0, ["x"], "Relu"))
    owner = builder.add_node(node(1, ["condition"], "If"))
    inner = builder.add_scope("node 1 / then_branch", "subgraph", 0, owner)
    builder.add_node(node(2, ["v0", "x"], "Mul"), inner)
    builder.add_ports(inner, (), [TensorInfo("v2", "float32", (1,))])
    builder.add_ports(0, (), [TensorInfo("v1", "float32", (1,))])
    graph = builder.finish()

    outside = lay_out(graph, LayoutRequest("")).scene
    inside = lay_out(graph, LayoutRequest("", scope=inner)).scene

    read = {
        graph.value_name(value)
        for value, target in zip(outside.edge_value, outside.edge_target, strict=True)
        if target == outside.node_box[owner]
    }
    assert read == {"condition", "v0", "x"}
    taken = {
        graph.value_name(ref)
        for kind, ref in zip(inside.box_kind, inside.box_ref, strict=True)
        if kind == kinds.BOX_INPUT
    }
    assert taken == {"v0", "x"}
    assert Counter(inside.box_kind) == {kinds.BOX_INPUT: 2, kinds.BOX_NODE: 1, kinds.BOX_OUTPUT: 1}
