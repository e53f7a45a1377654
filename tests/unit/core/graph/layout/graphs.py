"""Graphs for tests of the layout, and what every picture of one must hold."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Sequence

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.builder import graph_of
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.scene import Scene
from modelpack_gui.core.records import InitializerInfo, NodeInfo, TensorInfo

FRAMELESS = (
    kinds.BOX_NODE,
    kinds.BOX_GROUP,
    kinds.BOX_INPUT,
    kinds.BOX_OUTPUT,
    kinds.BOX_STUB_FROM,
    kinds.BOX_STUB_TO,
)


def node(index: int, inputs: Sequence[str], op_type: str = "Add", module: str = "", outputs: int = 1) -> NodeInfo:
    infos = tuple(TensorInfo(f"v{index}" if not i else f"v{index}.{i}", "float32", (2, 8)) for i in range(outputs))
    return NodeInfo(
        index, op_type, "ai.onnx", f"n{index}", module, tuple(inputs), tuple(i.name for i in infos), infos
    )


def graph_from(nodes: Sequence[NodeInfo], outputs: Sequence[str] = (), weights: Sequence[str] = ()) -> Graph:
    return graph_of(
        nodes,
        [InitializerInfo(name, "float32", (8, 8), 256) for name in weights],
        [TensorInfo("x", "float32", ("batch", 8))],
        [TensorInfo(name, "float32", (2, 8)) for name in outputs],
    )


def any_graph(seed: int, count: int, modules: int, reach: int) -> Graph:
    """A random graph of modules within modules; `reach` is how far back a node may read."""
    pick = random.Random(seed)
    nodes = []
    for i in range(count):
        near = [f"v{pick.randrange(max(0, i - reach), i)}" for _ in range(pick.randint(1, 3))] if i else ["x"]
        path = (
            f"m{pick.randrange(modules)}.{pick.randrange(3)}" if pick.random() < 0.7 else f"m{i * modules // count}"
        )
        nodes.append(node(i, near, module=path if pick.random() < 0.95 else "", outputs=pick.randint(1, 2)))
    return graph_from(nodes, [f"v{count - 1}"])


def everything(graph: Graph) -> tuple[int, ...]:
    return tuple(range(len(graph.groups)))


def check_scene(graph: Graph, scene: Scene) -> None:
    boxes = range(len(scene.box_kind))
    around: dict[int, list[int]] = {}
    for box in boxes:
        around.setdefault(scene.box_parent[box], []).append(box)
        parent = scene.box_parent[box]
        if parent >= 0:
            assert parent < box
            assert scene.box_kind[parent] == kinds.BOX_FRAME
            assert scene.box_x[parent] <= scene.box_x[box]
            assert scene.box_y[parent] <= scene.box_y[box]
            assert scene.box_x[box] + scene.box_w[box] <= scene.box_x[parent] + scene.box_w[parent]
            assert scene.box_y[box] + scene.box_h[box] <= scene.box_y[parent] + scene.box_h[parent]
    for siblings in around.values():
        for i, first in enumerate(siblings):
            for second in siblings[i + 1 :]:
                assert not overlap(scene, first, second), (first, second)
    for column in (scene.box_x, scene.box_y, scene.box_w, scene.box_h):
        assert all(number.is_integer() for number in column)
    check_edges(scene)
    shown = Counter(scene.box_ref[box] for box in boxes if scene.box_kind[box] == kinds.BOX_NODE)
    assert not shown or max(shown.values()) == 1


def overlap(scene: Scene, first: int, second: int) -> bool:
    return (
        scene.box_x[first] < scene.box_x[second] + scene.box_w[second]
        and scene.box_x[second] < scene.box_x[first] + scene.box_w[first]
        and scene.box_y[first] < scene.box_y[second] + scene.box_h[second]
        and scene.box_y[second] < scene.box_y[first] + scene.box_h[first]
    )


def check_edges(scene: Scene) -> None:
    solid = [box for box, kind in enumerate(scene.box_kind) if kind in FRAMELESS]
    for edge in range(len(scene.edge_source)):
        source, target = scene.edge_source[edge], scene.edge_target[edge]
        start, end = scene.edge_starts[edge], scene.edge_starts[edge + 1]
        points = list(zip(scene.edge_x[start:end], scene.edge_y[start:end], strict=True))
        assert len(points) >= 2
        assert on_border(scene, source, points[0])
        assert on_border(scene, target, points[-1])
        for first, second in itertools.pairwise(points):
            for box in solid:
                assert not passes(scene, box, first, second), (edge, box)


def on_border(scene: Scene, box: int, point: tuple[float, float]) -> bool:
    left, top = scene.box_x[box], scene.box_y[box]
    right, bottom = left + scene.box_w[box], top + scene.box_h[box]
    x, y = point
    is_within = left - 0.1 <= x <= right + 0.1 and top - 0.1 <= y <= bottom + 0.1
    return is_within and min(abs(x - left), abs(x - right), abs(y - top), abs(y - bottom)) < 0.1


def passes(scene: Scene, box: int, first: tuple[float, float], second: tuple[float, float]) -> bool:
    """Whether a line goes through the inside of a box (Liang and Barsky)."""
    low, high = 0.0, 1.0
    for start, end, near, far in (
        (first[0], second[0], scene.box_x[box] + 0.1, scene.box_x[box] + scene.box_w[box] - 0.1),
        (first[1], second[1], scene.box_y[box] + 0.1, scene.box_y[box] + scene.box_h[box] - 0.1),
    ):
        if start == end:
            if not near < start < far:
                return False
            continue
        one, other = (near - start) / (end - start), (far - start) / (end - start)
        low, high = max(low, min(one, other)), min(high, max(one, other))
    return low < high
