"""What the canvas computes: what is in view, under the pointer, next to what, and where it is drawn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF, QSizeF

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.scene import Scene
from modelpack_gui.ui.graph.canvas.arrays import CORNER, SceneArrays
from modelpack_gui.ui.graph.canvas.look import widths_of
from modelpack_gui.ui.graph.canvas.travel import beside, first_box, follow, trace
from modelpack_gui.ui.graph.canvas.viewport import LARGEST, SMALLEST, Viewport

PLACES = st.floats(-500.0, 500.0)


def scene_of(
    boxes: list[tuple[int, float, float]], edges: list[tuple[int, int]], node_count: int | None = None
) -> Scene:
    """Boxes of a kind at a place, 100 x 20, and straight edges from the bottom of one to the top of the other."""
    scene = Scene()
    for number, (kind, x, y) in enumerate(boxes):
        scene.add_box(kind, number, (x, y, 100.0, 20.0))
    for source, target in edges:
        (_, x, y), (_, to_x, to_y) = boxes[source], boxes[target]
        scene.add_edge(source, target, source, [(x + 50, y + 20), (to_x + 50, to_y)], count=1, size_bytes=-1)
    scene.node_box.extend(range(len(boxes) if node_count is None else node_count))
    return scene


def diamond() -> SceneArrays:
    """0 above 1 and 2, which are above 3; 3 leads to 4."""
    node = kinds.BOX_NODE
    boxes = [(node, 100.0, 0.0), (node, 0.0, 100.0), (node, 200.0, 100.0), (node, 100.0, 200.0), (node, 100.0, 300.0)]
    return SceneArrays(scene_of(boxes, [(0, 1), (0, 2), (1, 3), (2, 3), (3, 4)]))


def cut() -> SceneArrays:
    """0 leads to 1, and over a cut edge to 4: stub 2 is below 0, stub 3 above 4."""
    boxes = [
        (kinds.BOX_NODE, 0.0, 0.0), (kinds.BOX_NODE, 0.0, 100.0), (kinds.BOX_STUB_TO, 200.0, 100.0),
        (kinds.BOX_STUB_FROM, 0.0, 500.0), (kinds.BOX_NODE, 0.0, 600.0),
    ]  # fmt: skip
    scene = scene_of(boxes, [(0, 1), (0, 2), (3, 4)])
    scene.box_far[2], scene.box_far[3] = 4, 0
    return SceneArrays(scene)


# The viewport


@given(st.floats(0.05, 20.0), st.floats(0.0, 800.0), st.floats(0.0, 600.0), st.floats(0.1, 2.0))
def test_zooming_leaves_the_place_under_the_pointer_where_it_is(
    factor: float, x: float, y: float, zoom: float
) -> None:
    viewport = Viewport()
    viewport.size, viewport.zoom = QSizeF(800, 600), zoom
    about = QPointF(x, y)
    before = viewport.to_scene(about)
    viewport.zoom_at(factor, about)
    assert SMALLEST <= viewport.zoom <= LARGEST
    moved = viewport.to_widget(before) - about
    assert max(abs(moved.x()), abs(moved.y())) <= 0.51  # whole pixels


@given(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5))
def test_however_far_it_is_moved_some_of_the_picture_stays_in_view(across: float, down: float) -> None:
    viewport = Viewport()
    viewport.size, viewport.bounds = QSizeF(800, 600), QRectF(0, 0, 300, 5000)
    viewport.pan(across, down)
    assert viewport.shows(viewport.bounds)


def test_fitting_shows_all_and_does_not_enlarge() -> None:
    viewport = Viewport()
    viewport.size, viewport.bounds = QSizeF(800, 600), QRectF(10, 20, 3000, 900)
    viewport.fit(viewport.bounds)
    assert viewport.view.contains(viewport.bounds)
    viewport.fit(QRectF(10, 20, 30, 30))
    assert viewport.zoom == 1.0


def test_a_long_graph_begins_readable_at_its_top() -> None:
    viewport = Viewport()
    viewport.size, viewport.bounds = QSizeF(800, 600), QRectF(0, 0, 300, 50_000)
    viewport.start(is_down=True)
    assert viewport.zoom == 1.0
    assert -30 < viewport.view.top() <= 0
    assert viewport.view.left() < 0 < 300 < viewport.view.right()


@pytest.mark.parametrize(("begin", "middle"), [(100.0, 501.0), (2000.0, 2000.0), (4950.0, 4499.0)])
def test_a_wide_graph_is_shown_from_where_it_begins(begin: float, middle: float) -> None:
    viewport = Viewport()
    viewport.size, viewport.bounds, viewport.begin = QSizeF(800, 600), QRectF(0, 0, 5000, 9000), QPointF(begin, 0)
    viewport.start(is_down=True)
    assert viewport.zoom == 0.75
    assert viewport.view.center().x() == pytest.approx(middle, abs=1.5)
    assert viewport.view.left() <= begin <= viewport.view.right()


# What is in view and under the pointer


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(PLACES, PLACES), min_size=1, max_size=12), PLACES, PLACES, st.floats(1.0, 400.0))
def test_boxes_and_edges_in_view_are_those_that_touch_it(
    places: list[tuple[float, float]], x: float, y: float, size: float
) -> None:
    boxes = [(kinds.BOX_NODE, *place) for place in places]
    arrays = SceneArrays(scene_of(boxes, [(i, i + 1) for i in range(len(boxes) - 1)]))
    view = QRectF(x, y, size, size)
    wanted = [i for i in range(len(boxes)) if view.intersects(arrays.rect(i))]
    assert arrays.boxes_in(view).tolist() == wanted
    for edge in set(range(len(boxes) - 1)) - set(arrays.edges_in(view).tolist()):
        points = arrays.points[arrays.starts[edge] : arrays.starts[edge + 1]]
        for share in np.linspace(0.0, 1.0, 20):
            at = points[0] + (points[-1] - points[0]) * share
            assert not QRectF(x + 1e-6, y + 1e-6, size - 2e-6, size - 2e-6).contains(QPointF(*at))


def test_the_innermost_box_is_hit_and_edges_within_reach() -> None:
    scene = scene_of(
        [(kinds.BOX_FRAME, 0.0, 0.0), (kinds.BOX_NODE, 30.0, 50.0), (kinds.BOX_NODE, 30.0, 150.0)], [(1, 2)]
    )
    scene.box_w[0], scene.box_h[0] = 200.0, 300.0
    arrays = SceneArrays(scene)
    assert arrays.box_at(QPointF(80, 60)) == 1
    assert arrays.box_at(QPointF(10, 60)) == 0
    assert arrays.box_at(QPointF(500, 60)) == -1
    assert arrays.edge_at(QPointF(84, 100), 5) == 0
    assert arrays.edge_at(QPointF(90, 100), 5) == -1


def test_an_empty_scene_has_nothing_anywhere() -> None:
    arrays = SceneArrays(Scene())
    assert arrays.bounds.isEmpty()
    assert arrays.box_at(QPointF()) == -1
    assert arrays.edge_at(QPointF(), 5) == -1
    assert len(arrays.lines[0]) == len(arrays.rounded[0]) == 0
    assert first_box(arrays) == -1


@given(st.lists(st.tuples(PLACES, PLACES), min_size=2, max_size=8, unique=True))
def test_rounded_corners_begin_and_end_where_the_line_does_and_stay_near_it(
    points: list[tuple[float, float]],
) -> None:
    scene = scene_of([(kinds.BOX_NODE, 0.0, 0.0)] * 2, [])
    for _ in range(2):
        scene.add_edge(0, 1, 0, points, count=1, size_bytes=-1)
    arrays = SceneArrays(scene)
    lines, begins = arrays.rounded
    assert begins.tolist() == [0, len(lines) // 2, len(lines)]
    one = lines[: begins[1]]
    assert tuple(one[0, :2]) == pytest.approx(points[0])
    assert tuple(one[-1, 2:]) == pytest.approx(points[-1])
    assert np.allclose(one[1:, :2], one[:-1, 2:])
    straight = SceneArrays(scene)
    for x, y in one[:, :2]:
        assert straight.edge_at(QPointF(x, y), CORNER) >= 0


def test_edges_are_thick_for_large_tensors_and_thin_where_none_is() -> None:
    assert widths_of(np.array([-1.0, 1e3, 1e5, 1e6])).tolist() == [1.0, 1.0, 2.75, 4.0]
    assert widths_of(np.array([10.0, 4000.0])).tolist() == [1.0, 1.0]
    assert widths_of(np.array([])).tolist() == []


# From box to box


def test_keys_follow_edges_straight_ahead_and_step_aside() -> None:
    arrays = diamond()
    assert follow(arrays, 3, is_forward=True, is_down=True) == (4, 4)
    assert follow(arrays, 1, is_forward=False, is_down=True) == (0, 0)
    assert beside(arrays, 1, is_after=True, is_down=True) == 2
    assert beside(arrays, 2, is_after=False, is_down=True) == 1
    assert follow(arrays, 4, is_forward=True, is_down=True) == (-1, -1)
    assert first_box(arrays) == 0


def test_keys_cross_a_cut_edge_without_stopping_at_its_stubs() -> None:
    arrays = cut()
    assert follow(arrays, 0, is_forward=True, is_down=True)[0] == 1  # what is drawn whole comes first
    assert follow(arrays, 2, is_forward=True, is_down=True)[0] == 4
    assert follow(arrays, 4, is_forward=False, is_down=True)[0] == 0


def test_a_trace_reaches_so_many_steps_each_way() -> None:
    found = trace(diamond(), [3], 1, 1)
    assert found.boxes.nonzero()[0].tolist() == [1, 2, 3, 4]
    assert found.edges.nonzero()[0].tolist() == [2, 3, 4]
    assert found.up.nonzero()[0].tolist() == [2, 3]
    assert trace(diamond(), [4], 9, 0).boxes.all()
    assert trace(diamond(), [4], 0, 9).boxes.nonzero()[0].tolist() == [4]


def test_a_trace_goes_on_behind_a_cut_edge() -> None:
    down = trace(cut(), [0], 0, 1)
    assert down.boxes.nonzero()[0].tolist() == [0, 1, 2, 3, 4]
    up = trace(cut(), [4], 1, 0)
    assert up.boxes.nonzero()[0].tolist() == [0, 3, 4]


def test_a_trace_from_a_frame_starts_at_all_that_is_in_it() -> None:
    boxes = [
        (kinds.BOX_FRAME, 0.0, 0.0),
        (kinds.BOX_NODE, 0.0, 0.0),
        (kinds.BOX_NODE, 0.0, 50.0),
        (kinds.BOX_NODE, 0.0, 90.0),
    ]
    scene = scene_of(boxes, [(1, 2), (2, 3)])
    scene.box_parent[1] = scene.box_parent[2] = 0
    assert trace(SceneArrays(scene), [0], 0, 1).boxes.all()
