"""What every picture must hold, on graphs of all kinds."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.box_text import box_lines
from modelpack_gui.core.graph.builder import graph_of
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.layout.engine import lay_out
from modelpack_gui.core.records import LayoutRequest, TensorInfo
from tests.unit.core.graph.layout.graphs import any_graph, check_scene, everything, graph_from, node


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    count=st.integers(1, 60),
    modules=st.integers(1, 5),
    reach=st.sampled_from((2, 5, 60)),
    direction=st.sampled_from(("down", "right")),
    opened=st.floats(0, 1),
)
def test_no_box_overlaps_and_no_edge_passes_through_one(
    seed: int, count: int, modules: int, reach: int, direction: str, opened: float
) -> None:
    graph = any_graph(seed, count, modules, reach)
    pick = random.Random(seed + 1)
    groups = tuple(group for group in everything(graph) if pick.random() < opened)
    request = LayoutRequest(
        "", opened=groups, direction="down" if direction == "down" else "right", char_width=6.37, padding=7.1
    )

    scene = lay_out(graph, request).scene

    check_scene(graph, scene)
    assert all(box >= 0 for box in scene.node_box)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(2, 80), reach=st.sampled_from((2, 80)))
def test_every_edge_of_the_graph_is_drawn_when_all_is_open(seed: int, count: int, reach: int) -> None:
    graph = any_graph(seed, count, 3, reach)

    scene = lay_out(graph, LayoutRequest("", opened=everything(graph))).scene

    drawn = set()
    cut: dict[int, set[int]] = {}
    for edge in range(len(scene.edge_source)):
        source, target = scene.edge_source[edge], scene.edge_target[edge]
        if scene.box_kind[source] == kinds.BOX_STUB_FROM:
            cut.setdefault(scene.box_ref[target], set()).add(scene.box_ref[source])
        elif scene.box_kind[source] == scene.box_kind[target] == kinds.BOX_NODE:
            drawn.add((scene.box_ref[source], scene.box_ref[target]))
    for reader in range(len(graph.nodes)):
        for value in graph.inputs(reader):
            maker = graph.producers[value]
            assert maker < 0 or (maker, reader) in drawn or value in cut[reader]


def test_the_same_request_gives_the_same_picture() -> None:
    graph = any_graph(7, 200, 6, 30)
    request = LayoutRequest("", opened=everything(graph))

    first, second = lay_out(graph, request).scene, lay_out(Graph(dict(graph.columns)), request).scene

    assert first.box_x == second.box_x
    assert first.edge_y == second.edge_y


def test_a_group_that_others_come_between_is_drawn_in_parts_and_said_so() -> None:
    nodes = [
        node(0, ["x"], module="a.in"), node(1, ["v0"], module="a.in"),
        node(2, ["v1"], module="b.mid"), node(3, ["v2"], module="b.mid"),
        node(4, ["v3"], module="a.out"), node(5, ["v4"], module="a.out"),
    ]  # fmt: skip
    graph = graph_from(nodes, ["v5"])

    found = lay_out(graph, LayoutRequest(""))

    titles = [
        (graph.text("group_title", ref), part, parts)
        for kind, ref, part, parts in zip(
            found.scene.box_kind, found.scene.box_ref, found.scene.box_part, found.scene.box_parts, strict=True
        )
        if kind == kinds.BOX_GROUP
    ]
    assert sorted(titles) == [("a", 0, 2), ("a", 1, 2), ("b.mid", 0, 1)]
    assert "a (2)" in found.notes[0]
    check_scene(graph, found.scene)


def test_a_cycle_in_a_broken_file_is_cut_and_said_so() -> None:
    graph = graph_from([node(0, ["v2", "x"]), node(1, ["v0"]), node(2, ["v1"]), node(3, ["v3"])], ["v2"])

    found = lay_out(graph, LayoutRequest(""))

    assert "2 edges would close a cycle" in found.notes[0]
    assert Counter(found.scene.box_kind)[kinds.BOX_STUB_FROM] == 2
    check_scene(graph, found.scene)


def test_nodes_in_any_order_are_drawn_from_source_to_target() -> None:
    graph = graph_from([node(0, ["v1"]), node(1, ["v2"]), node(2, ["x"])], ["v0"])

    found = lay_out(graph, LayoutRequest(""))

    assert not found.notes
    y = {found.scene.box_ref[box]: found.scene.box_y[box] for box in range(5) if found.scene.box_kind[box] == 0}
    assert y[2] < y[1] < y[0]


def test_what_one_value_feeds_over_many_layers_is_cut_into_stubs_that_know_each_other() -> None:
    nodes = [node(0, ["x"], "Mask"), *(node(i, [f"v{i - 1}", "v0"]) for i in range(1, 60))]
    graph = graph_from(nodes, ["v59"])

    scene = lay_out(graph, LayoutRequest("", opened=everything(graph))).scene

    stubs = [box for box, kind in enumerate(scene.box_kind) if kind == kinds.BOX_STUB_FROM]
    assert stubs
    assert {scene.box_far[box] for box in stubs} == {scene.node_box[0]}
    (leaving,) = (box for box, kind in enumerate(scene.box_kind) if kind == kinds.BOX_STUB_TO)
    assert scene.box_count[leaving] == len(stubs)
    check_scene(graph, scene)


def test_a_tall_chain_is_wrapped_into_columns() -> None:
    graph = graph_from([node(i, [f"v{i - 1}" if i else "x"]) for i in range(119)], ["v118"])

    scene = lay_out(graph, LayoutRequest("")).scene

    width, height = scene.size
    assert 0.4 < width / height < 4
    check_scene(graph, scene)


def test_hundreds_of_inputs_of_one_box_are_one_box() -> None:
    inputs = [TensorInfo(f"p{i}", "float32", (4,)) for i in range(300)]
    names = [info.name for info in inputs]
    graph = graph_of(
        [
            node(0, ["x", *names[:150]], module="a"),
            node(1, ["v0", *names[150:]], module="a"),
            node(2, ["v1"], module="b"),
        ],
        (),
        [TensorInfo("x", "float32", (1,)), *inputs],
        [TensorInfo("v2", "float32", (1,))],
    )
    for opened, counts in (((), [301]), (everything(graph), [151, 150])):  # open, they are where each is read
        scene = lay_out(graph, LayoutRequest("", opened=opened)).scene

        boxes = [box for box, kind in enumerate(scene.box_kind) if kind == kinds.BOX_INPUT]
        assert [scene.box_count[box] for box in boxes] == counts
        assert box_lines(graph, kinds.BOX_INPUT, scene.box_ref[boxes[0]], count=301)[0] == "301 inputs"
        carried = [n for n, source in zip(scene.edge_count, scene.edge_source, strict=True) if source in boxes]
        assert sum(carried) == 301
        check_scene(graph, scene)


def test_the_line_of_the_model_is_straight_beside_skips_and_stubs() -> None:
    nodes = [node(0, ["x"], "Mask"), *(node(i, [f"v{i - 1}", "v0"]) for i in range(1, 30))]
    nodes += [node(i, [f"v{i - 1}", f"v{i - 3}"] if i % 3 == 0 else [f"v{i - 1}"]) for i in range(30, 42)]

    scene = lay_out(graph_from(nodes, ["v41"]), LayoutRequest("")).scene

    boxes = [scene.node_box[i] for i in range(10, 42)]
    assert len({scene.box_x[box] + scene.box_w[box] / 2 for box in boxes}) == 1


def test_lines_into_a_frame_do_not_cross_where_they_need_not() -> None:
    nodes = [node(0, ["x"], "Left"), node(1, ["x"], "Right"), node(2, ["v0"]), node(3, ["v1"])]
    nodes += [node(4, ["v2"], module="both"), node(5, ["v3"], module="both"), node(6, ["v4", "v5"], module="both")]
    nodes += [node(7, ["v6", "v2"]), node(8, ["v7"], module="after"), node(9, ["v8"], module="after")]
    graph = graph_from(nodes, ["v9"])

    scene = lay_out(graph, LayoutRequest("", opened=everything(graph))).scene

    left = [scene.box_x[scene.node_box[i]] for i in (0, 2, 4)]
    right = [scene.box_x[scene.node_box[i]] for i in (1, 3, 5)]
    assert all(a < b for a, b in zip(left, right, strict=True)) or all(
        a > b for a, b in zip(left, right, strict=True)
    )
