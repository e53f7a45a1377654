"""The job that lays out: its file, what it remembers, cancelling, and requests that are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import JobCancelled, UserError
from modelpack_gui.core.graph.layout.engine import MOST_KNOWN, Known, lay_out
from modelpack_gui.core.graph.scene import Scene
from modelpack_gui.core.records import Around, LayoutRequest
from modelpack_gui.core.records.graph_layout import Hidden
from modelpack_gui.stages.inspection.layout import run
from tests.unit.core.graph.layout.graphs import any_graph, everything


def test_a_picture_that_is_too_big_is_refused_with_a_way_out() -> None:
    graph = any_graph(3, 400, 4, 10)
    with pytest.raises(UserError) as caught:
        lay_out(graph, LayoutRequest("", opened=everything(graph), most_boxes=100))
    assert caught.value.info.code == "layout-too-big"
    assert "neighbourhood" in caught.value.info.hint


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


def test_what_is_not_in_the_graph_is_refused() -> None:
    graph = any_graph(3, 10, 2, 3)
    for request in (LayoutRequest("", scope=7), LayoutRequest("", around=Around((400,)))):
        with pytest.raises(UserError) as caught:
            lay_out(graph, request)
        assert caught.value.info.code == "layout-unknown"
    assert len(lay_out(graph, LayoutRequest("", opened=(99,))).scene.box_kind) > 0


def test_only_a_few_ways_to_look_at_a_graph_are_kept() -> None:
    graph = any_graph(3, 30, 2, 3)
    known: Known = {}
    hidden: tuple[tuple[Hidden, ...], ...] = ((), ("constants",), ("identities",), ("qdq",), ("constants", "qdq"))
    for number, way in enumerate(hidden, 1):
        lay_out(graph, LayoutRequest("", hidden=way), known=known)
        assert len(known) == min(number, MOST_KNOWN)
    assert (0, ()) not in known
