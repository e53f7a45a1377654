"""What passes the border of a group, against the plain way to find it."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from modelpack_gui.core.graph.builder import graph_of
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import InitializerInfo, NodeInfo, TensorInfo
from modelpack_gui.ui.graph.inspector.group_contents import contents_of


def random_graph(seed: int) -> Graph:
    seeded = random.Random(seed)
    known = ["x", "w", ""]
    nodes = []
    for i in range(60):
        inputs = tuple(seeded.choice(known) for _ in range(seeded.randint(0, 3)))
        given = tuple(f"v{i}_{k}" for k in range(seeded.randint(0, 2)))
        known += given
        path = ".".join(seeded.choice("ab") for _ in range(seeded.randint(0, 3)))
        infos = tuple(TensorInfo(name, "float32", ()) for name in given)
        nodes.append(NodeInfo(i, seeded.choice(("Add", "Mul")), "ai.onnx", "", path, inputs, given, infos))
    outputs = [TensorInfo(name, "float32", ()) for name in seeded.sample(known[3:], 3)]
    return graph_of(nodes, [InitializerInfo("w", "float32", (), 4)], [TensorInfo("x", "float32", ())], outputs)


@pytest.mark.parametrize("seed", range(8))
def test_it_is_what_a_look_at_each_node_gives(seed: int) -> None:
    graph = random_graph(seed)
    given = {value for scope in graph.scopes for value in scope.outputs}
    for group in range(len(graph.groups)):
        found = contents_of(graph, group)
        inside = [node for node in range(60) if group in graph.groups_above(graph.ints("node_group")[node])]
        assert found.nodes == len(inside)
        assert dict(found.ops) == Counter(graph.nodes[node].op_type for node in inside)
        reads = [value for node in inside for value in graph.inputs(node) if value >= 0]
        outside = [v for v in reads if v not in graph.initializer_of and graph.producers[v] not in inside]
        assert found.reads == list(dict.fromkeys(outside))
        made = [value for node in inside for value in graph.outputs(node)]
        assert found.gives == [
            value for value in made if value in given or any(node not in inside for node in graph.consumers(value))
        ]
