"""Neighbourhoods: what is near a node, and that there is more."""

from __future__ import annotations

from collections import Counter

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.layout.engine import lay_out
from modelpack_gui.core.records import Around, LayoutRequest
from tests.unit.core.graph.layout.graphs import check_scene, graph_from, node


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


def test_the_neighbourhood_of_a_node_that_is_hidden_says_so() -> None:
    graph = graph_from([node(0, [], "Constant"), node(1, ["x"])], ["v1"])
    found = lay_out(graph, LayoutRequest("", hidden=("constants",), around=Around((0,))))
    assert "hidden" in found.notes[0]
