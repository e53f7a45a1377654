"""Which nodes are shown as one."""

from __future__ import annotations

from collections.abc import Sequence

from modelpack_gui.core.graph.builder import GraphBuilder, graph_of
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.grouping.stretches import MOST
from modelpack_gui.core.graph.layout.engine import lay_out
from modelpack_gui.core.records import LayoutRequest, NodeInfo, TensorInfo


def node(index: int, inputs: Sequence[str], module: str = "", name: str = "", op_type: str = "Add") -> NodeInfo:
    made = TensorInfo(f"v{index}", "float32", (2,))
    return NodeInfo(
        index,
        op_type,
        "ai.onnx",
        name,
        module,
        tuple(inputs),
        (made.name,),
        (made,),
        module_class=module and "torch.nn.Thing",
    )


def chain(paths: Sequence[str], names: Sequence[str] = ()) -> Graph:
    names = names or [""] * len(paths)
    return graph_of(
        [
            node(i, [f"v{i - 1}" if i else "x"], path, name)
            for i, (path, name) in enumerate(zip(paths, names, strict=True))
        ],
        graph_name="net",
    )


def tree(graph: Graph, group: int = 0) -> dict[str, object]:
    inner = {graph.groups[child].title: tree(graph, child) for child in graph.group_children[group]}
    nodes = len(graph.group_nodes[group])
    return {**inner, "nodes": nodes} if nodes else dict(inner)


def test_modules_are_groups_and_a_chain_of_single_ones_is_one() -> None:
    graph = chain(["net.stem.conv", "net.stem.conv", "net.body.0.fc", "net.body.0.fc", "net.body.1.fc", "net.body.1"])

    assert tree(graph) == {
        "stem.conv": {"nodes": 2},
        "body": {"body.0.fc": {"nodes": 2}, "body.1": {"fc": {"nodes": 1}, "nodes": 1}},
    }
    stem = graph.groups[graph.ints("node_group")[0]]
    assert (stem.path, stem.module_class, stem.kind) == ("net.stem.conv", "torch.nn.Thing", "module")


def test_names_tell_groups_where_no_module_is_known() -> None:
    names = [
        "bert/layer_0/query/MatMul",
        "bert/layer_0/query/Add",
        "bert/layer_0/Softmax",
        "bert/layer_1/a",
        "bert/layer_1/b",
    ]
    graph = chain([""] * 5, names)

    assert tree(graph) == {"layer_0": {"query": {"nodes": 2}, "nodes": 1}, "layer_1": {"nodes": 2}}
    assert graph.groups[1].kind == "prefix"


def test_names_that_tell_nothing_make_no_groups() -> None:
    assert tree(chain([""] * 4, ["Conv_0", "Relu_1", "Conv_2", "tail/Relu_3"])) == {"nodes": 4}


def test_a_constant_that_knows_no_module_is_with_those_who_read_it() -> None:
    graph = graph_of(
        [
            node(0, [], op_type="Constant"),
            node(1, ["x", "v0"], "a.b"),
            node(2, ["v1"], "a.b"),
            node(3, ["v2"]),
            node(4, ["v3"], "a.c"),
            node(5, ["v4"], "a.c"),
            node(6, ["v5"]),
            node(7, ["v6"], "d"),
            node(8, ["v7"], "d"),
        ]
    )
    groups = [graph.groups[group].path for group in graph.ints("node_group")]
    assert groups == ["a.b", "a.b", "a.b", "a", "a.c", "a.c", "", "d", "d"]


def test_a_flat_graph_is_cut_into_stretches_where_few_values_pass() -> None:
    nodes = []
    for block in range(0, 1000, 10):  # within a block everything reads everything; one value leaves it
        nodes += [
            node(i, [f"v{j}" for j in range(block, i)] or [f"v{block - 1}" if block else "x"])
            for i in range(block, block + 10)
        ]
    graph = graph_of(nodes)

    kinds = {group.kind for group in graph.groups if group.index}
    assert kinds == {"stretch"}
    firsts = [graph.group_nodes[group][0] for group in graph.group_children[0]]
    assert all(first % 10 == 0 for first in firsts)
    assert graph.groups[1].title.startswith("Add · 0–")


def test_no_group_is_too_full_however_flat_the_graph() -> None:
    graph = chain([""] * 20_000)
    assert max(len(graph.group_nodes[g]) + len(graph.group_children[g]) for g in range(len(graph.groups))) <= MOST
    assert sorted(n for nodes in graph.group_nodes for n in nodes) == list(range(20_000))


def test_many_modules_side_by_side_are_told_by_the_first_and_the_last() -> None:
    graph = chain([f"layers.{i // 2}" for i in range(600)])
    assert graph.groups[1].title.startswith("layers.0 – layers.")


def test_a_path_of_a_million_parts_makes_no_million_groups() -> None:
    graph = chain(["a." * 1_000_000] * 2 + ["b"] * 2)
    assert len(graph.groups) < 40


def test_each_scope_has_a_root_of_its_own() -> None:
    builder = GraphBuilder("net")
    owner = builder.add_node(node(0, ["x"], op_type="If"))
    inner = builder.add_scope("node 0 / then_branch", "subgraph", 0, owner)
    builder.add_node(node(1, ["v0"], "a"), inner)
    graph = builder.finish()

    assert graph.groups[graph.root_group(inner)].title == "node 0 / then_branch"
    assert graph.groups[graph.ints("node_group")[1]].scope == inner


def test_what_quantises_is_with_those_who_read_the_result() -> None:
    graph = graph_of(
        [
            node(0, ["x"], "stem"),
            node(1, ["v0", "scale"], op_type="QuantizeLinear"),
            node(2, ["v1", "scale"], op_type="DequantizeLinear"),
            node(3, ["weight", "scale"], op_type="DequantizeLinear"),
            node(4, ["v2", "v3"], "head"),
        ]
    )
    assert [graph.groups[group].path for group in graph.ints("node_group")] == [
        "stem",
        "head",
        "head",
        "head",
        "head",
    ]


def test_what_quantises_between_modules_is_with_its_maker_where_its_reader_is_in_none() -> None:
    graph = graph_of(
        [
            node(0, ["x"], "stem"),
            node(1, ["v0", "scale"], op_type="QuantizeLinear"),
            node(2, ["v1", "scale"], op_type="DequantizeLinear"),
            node(3, ["v2"]),
            node(4, ["v3", "scale"], op_type="QuantizeLinear"),
            node(5, ["v4", "scale"], op_type="DequantizeLinear"),
            node(6, ["v5"], "head"),
        ]
    )
    paths = [graph.groups[group].path for group in graph.ints("node_group")]
    assert paths == ["stem", "stem", "stem", "", "head", "head", "head"]
    assert not lay_out(graph, LayoutRequest("")).notes


def test_stretches_follow_the_flow_and_not_the_numbers() -> None:
    count = 200  # every second module reads from one of the others, the first from the last
    nodes = [node(i, ["x"], f"layers.{i}") for i in range(count)]
    for i in range(count):
        nodes.append(node(count + i, [f"v{i}", f"v{count - 1 - i}"] if i % 2 else [f"v{i}"], f"layers.{i}"))
    graph = graph_of(nodes)

    assert any(group.kind == "stretch" for group in graph.groups)
    assert not [note for note in lay_out(graph, LayoutRequest("")).notes if "parts" in note]
