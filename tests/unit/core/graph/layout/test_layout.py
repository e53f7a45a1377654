"""What every picture must hold, on graphs of all kinds."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import JobCancelled, UserError
from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.box_text import box_lines
from modelpack_gui.core.graph.builder import GraphBuilder, graph_of
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.layout.engine import MOST_KNOWN, Known, lay_out
from modelpack_gui.core.graph.scene import Scene
from modelpack_gui.core.records import Around, InitializerInfo, LayoutRequest, NodeInfo, TensorInfo
from modelpack_gui.core.records.graph_layout import Hidden
from modelpack_gui.stages.inspection.layout import run

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


def test_the_neighbourhood_shows_what_is_near_and_that_there_is_more() -> None:
    graph = graph_from([node(i, [f"v{i - 1}" if i else "x"]) for i in range(300)], ["v299"])

    scene = lay_out(graph, LayoutRequest("", around=Around((150,), 2, 3))).scene

    drawn = [scene.box_ref[box] for box, kind in enumerate(scene.box_kind) if kind == kinds.BOX_NODE]
    assert sorted(drawn) == [148, 149, 150, 151, 152, 153]
    assert Counter(scene.box_kind)[kinds.BOX_STUB_FROM] == Counter(scene.box_kind)[kinds.BOX_STUB_TO] == 1
    check_scene(graph, scene)


def test_a_neighbourhood_of_thousands_is_cut_to_the_nearest() -> None:
    graph = graph_from([node(0, ["x"]), *(node(i, ["v0"]) for i in range(1, 3000))])

    found = lay_out(graph, LayoutRequest("", around=Around((0,), 1, 1), most_boxes=200))

    assert len(found.scene.box_kind) < 300
    assert "the nearest" in found.notes[0]


def test_a_picture_that_is_too_big_is_refused_with_a_way_out() -> None:
    graph = any_graph(3, 400, 4, 10)
    with pytest.raises(UserError) as caught:
        lay_out(graph, LayoutRequest("", opened=everything(graph), most_boxes=100))
    assert caught.value.info.code == "layout-too-big"
    assert "neighbourhood" in caught.value.info.hint


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


def test_the_job_writes_a_scene_and_keeps_the_graph_for_the_next_picture(tmp_path: Path) -> None:
    any_graph(1, 50, 3, 5).write(tmp_path / "graph.columns")
    context = PlainContext(scratch=tmp_path)
    request = LayoutRequest(str(tmp_path / "graph.columns"), str(tmp_path))

    report = run(request, context)
    (tmp_path / "graph.columns").unlink()
    again = run(request, context)

    scene = Scene.read(Path(report.scene))
    assert report.box_count == again.box_count == len(scene.box_kind)
    assert report.edge_count == len(scene.edge_source)
    assert report.scene != again.scene


def test_the_job_says_what_is_wrong_with_columns_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        run(LayoutRequest(str(tmp_path / "graph.columns")), PlainContext())
    assert caught.value.info.code == "graph-unreadable"


def test_a_layout_stops_when_it_is_asked_to() -> None:
    graph = any_graph(5, 400, 4, 30)

    def stop() -> None:
        raise JobCancelled

    with pytest.raises(JobCancelled):
        lay_out(graph, LayoutRequest("", opened=everything(graph)), stop)


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


def test_what_is_not_in_the_graph_is_refused() -> None:
    graph = any_graph(3, 10, 2, 3)
    for request in (LayoutRequest("", scope=7), LayoutRequest("", around=Around((400,)))):
        with pytest.raises(UserError) as caught:
            lay_out(graph, request)
        assert caught.value.info.code == "layout-unknown"
    assert len(lay_out(graph, LayoutRequest("", opened=(99,))).scene.box_kind) > 0


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


def test_only_a_few_ways_to_look_at_a_graph_are_kept() -> None:
    graph = any_graph(3, 30, 2, 3)
    known: Known = {}
    hidden: tuple[tuple[Hidden, ...], ...] = ((), ("constants",), ("identities",), ("qdq",), ("constants", "qdq"))
    for number, way in enumerate(hidden, 1):
        lay_out(graph, LayoutRequest("", hidden=way), known=known)
        assert len(known) == min(number, MOST_KNOWN)
    assert (0, ()) not in known


def test_the_neighbourhood_of_a_node_that_is_hidden_says_so() -> None:
    graph = graph_from([node(0, [], "Constant"), node(1, ["x"])], ["v1"])
    found = lay_out(graph, LayoutRequest("", hidden=("constants",), around=Around((0,))))
    assert "hidden" in found.notes[0]
