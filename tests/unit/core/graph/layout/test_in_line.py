"""What makes a picture easy to follow: the way through a model is a straight line, what belongs together is near."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.builder import graph_of
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.layout.engine import lay_out
from modelpack_gui.core.graph.layout.place import Placer
from modelpack_gui.core.graph.layout.ranks import ranks_of
from modelpack_gui.core.graph.layout.wrap import COLUMN_GAP, SHAPE, columns_of
from modelpack_gui.core.graph.scene import Scene
from modelpack_gui.core.records import LayoutRequest, TensorInfo
from tests.unit.core.graph.layout.graphs import check_scene, everything, graph_from, node


def layers_that_share_a_mask(count: int) -> Graph:
    """Layers whose attention reads what the layer takes and a mask, and ends at one side of its branches."""
    nodes = [node(i, [f"v{i - 1}" if i else "x"], "Mask") for i in range(3)]
    x = "x"
    for layer in range(count):
        at, own = len(nodes), f"layers.{layer}"
        nodes += [
            node(at, [x], "Query", f"{own}.attn"),
            node(at + 1, [x], "Key", f"{own}.attn"),
            node(at + 2, [x], "Value", f"{own}.attn"),
            node(at + 3, [f"v{at}", f"v{at + 1}"], "MatMul", f"{own}.attn"),
            node(at + 4, [f"v{at + 3}", "v2"], "Add", f"{own}.attn"),
            node(at + 5, [f"v{at + 4}", f"v{at + 2}"], "MatMul", f"{own}.attn"),
            node(at + 6, [f"v{at + 5}"], "Dense", f"{own}.output"),
            node(at + 7, [f"v{at + 6}", x], "Add", f"{own}.output"),
        ]
        x = f"v{at + 7}"
    return graph_from(nodes, [x])


def middle(scene: Scene, box: int) -> float:
    return scene.box_x[box] + scene.box_w[box] / 2


@pytest.mark.parametrize("dots", [2, 3])
def test_open_layers_that_share_a_mask_are_no_staircase(dots: int) -> None:
    graph = layers_that_share_a_mask(4)

    scene = lay_out(graph, LayoutRequest("", opened=opened_to(graph, dots))).scene

    assert len({middle(scene, scene.node_box[3 + 8 * layer]) for layer in range(4)}) == 1
    check_scene(graph, scene)


def test_the_line_goes_on_to_the_next_node_where_that_is_not_in_the_middle() -> None:
    layers = [[0], [1, 2, 3], [4]]  # 2 and 3 are results
    links = [(0, 1), (0, 2), (0, 3), (1, 4)]
    lower = [[(other, 0.0, 0.0) for one, other in links if one == box] for box in range(5)]
    upper = [[(one, 0.0, 0.0) for one, other in links if other == box] for box in range(5)]

    middles = Placer(layers, [63, 60, 70, 70, 37], [12] * 5, lower, upper, [False] * 5, [0, 0, 2, 2, 0]).middles()

    assert middles[0] == middles[1] == middles[4]


def test_what_leads_only_to_one_box_is_next_to_it_with_all_above_it() -> None:
    links = [(0, 1), (1, 2), (2, 3), (3, 4), (5, 7), (6, 7), (7, 4)]  # 5, 6 and 7 need not be at the top

    ranks = ranks_of(8, links, (), ())

    assert ranks == [0, 1, 2, 3, 4, 2, 2, 3]


def cached_layers(count: int) -> Graph:
    """Layers that each take a cache of their own and give a new one, as language models do."""
    nodes = [node(0, ["x"], "Embed")]
    for layer in range(count):
        at = 2 * layer + 1
        nodes += [
            node(at, [f"v{at - 1}", f"past.{layer}"], "Concat", f"h.{layer}"),
            node(at + 1, [f"v{at}"], "Norm", f"h.{layer}"),
        ]
    nodes.append(node(2 * count + 1, [f"v{2 * count}"], "Head"))
    ports = [TensorInfo(name, "float32", (1, 8)) for name in ("x", *(f"past.{i}" for i in range(count)))]
    results = [f"v{2 * count + 1}", *(f"v{2 * i + 1}" for i in range(count))]
    return graph_of(nodes, (), ports, [TensorInfo(name, "float32", (1, 8)) for name in results])


def opened_to(graph: Graph, dots: int) -> tuple[int, ...]:
    return tuple(group for group in everything(graph) if graph.text("group_path", group).count(".") < dots)


def test_many_inputs_and_results_of_an_open_group_are_where_they_are_read_and_made() -> None:
    count = 20
    graph = cached_layers(count)

    scene = lay_out(graph, LayoutRequest("", opened=opened_to(graph, 1))).scene

    found = Counter(scene.box_kind)
    assert found[kinds.BOX_INPUT] == found[kinds.BOX_OUTPUT] == count + 1
    for source, target in zip(scene.edge_source, scene.edge_target, strict=True):
        if {scene.box_kind[source], scene.box_kind[target]} & {kinds.BOX_INPUT, kinds.BOX_OUTPUT}:
            assert abs(scene.box_y[source] - scene.box_y[target]) < 200
    check_scene(graph, scene)


def test_what_enters_and_leaves_an_open_group_foremost_is_in_line_with_its_layers() -> None:
    graph = cached_layers(12)

    scene = lay_out(graph, LayoutRequest("", opened=opened_to(graph, 1))).scene

    line = [0, *(1 + 2 * layer for layer in range(12)), len(graph.nodes) - 1]
    assert len({middle(scene, scene.node_box[place]) for place in line}) == 1


def test_layers_with_caches_are_wrapped_into_columns_however_many_they_are() -> None:
    graph = cached_layers(24)

    width, height = lay_out(graph, LayoutRequest("", opened=everything(graph))).scene.size

    assert 0.4 < width / height < 4


@pytest.mark.parametrize(("many", "wanted", "columns"), [(12, 8, 6), (12, 7, 6), (12, 6, 6), (9, 3, 3)])
def test_columns_are_filled_alike(many: int, wanted: int, columns: int) -> None:
    heights = [10.0, *[2000.0] * many]  # what enters the group makes the first column higher
    tops = [0.0, *itertools.accumulate(heights[:-1])]
    width = SHAPE * sum(heights) / wanted**2 - COLUMN_GAP

    found = columns_of(tops, heights, [0.0] * len(tops), [width] * len(tops), [1] * len(tops))

    assert found is not None
    assert list(Counter(found.column[1:]).values()) == [many // columns] * columns
