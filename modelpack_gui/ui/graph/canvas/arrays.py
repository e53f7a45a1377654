"""A scene as numpy arrays: what is in view, under the pointer, and next to what."""

from __future__ import annotations

import functools
from array import array

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF

from modelpack_gui.core.graph.scene import Scene

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

CORNER = 10.0
"""Radius of an edge's corners, pixels at zoom 1."""
_CORNER_STEPS = np.linspace(0.0, 1.0, 4)


class SceneArrays:
    """Boxes and edges by number, as `core.graph.scene.Scene` numbers them.

    Attributes:
        kind, ref, part, parts, parent, far, many: Of each box, the columns `box_…` of `Scene`; `many` is `box_count`.
        rects: (boxes, 4): left, top, width, height, pixels at zoom 1.
        source, target, value, count, size: Of each edge, the columns `edge_…`; `size` is `edge_bytes`.
        starts: Where the points of each edge begin; one more than there are edges.
        points: (points, 2).
        node_box: For each node of the graph the box that it is seen in; -1 if in none.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.kind, self.ref = _ints(scene.box_kind), _ints(scene.box_ref)
        self.part, self.parts, self.parent = _ints(scene.box_part), _ints(scene.box_parts), _ints(scene.box_parent)
        self.far, self.many = _ints(scene.box_far), _ints(scene.box_count)
        self.rects = np.column_stack([np.asarray(c) for c in (scene.box_x, scene.box_y, scene.box_w, scene.box_h)])
        self.source, self.target = _ints(scene.edge_source), _ints(scene.edge_target)
        self.value, self.count = _ints(scene.edge_value), _ints(scene.edge_count)
        self.size = np.asarray(scene.edge_bytes)
        self.starts = _ints(scene.edge_starts)
        self.points = np.column_stack([np.asarray(scene.edge_x), np.asarray(scene.edge_y)])
        self.node_box = _ints(scene.node_box)
        self.right = self.rects[:, 0] + self.rects[:, 2]
        self.bottom = self.rects[:, 1] + self.rects[:, 3]

    def prepare(self) -> None:
        """Compute what painting and pointing need, on whatever thread: for many boxes it takes long."""
        for computed in (
            self.bounds, self.edge_bounds, self.lines, self.rounded, self.tips, self.depth, self.box_of,
            self._by_source, self._by_target,
        ):  # fmt: skip
            assert computed is not None

    @property
    def box_count(self) -> int:
        """Boxes, frames included."""
        return len(self.kind)

    @property
    def edge_count(self) -> int:
        """Edges."""
        return len(self.source)

    def rect(self, box: int) -> QRectF:
        """Where a box is."""
        return QRectF(*(float(one) for one in self.rects[box]))

    @functools.cached_property
    def bounds(self) -> QRectF:
        """Of all boxes and edges."""
        if not self.box_count:
            return QRectF()
        left, top = self.rects[:, 0].min(), self.rects[:, 1].min()
        right, bottom = self.right.max(), self.bottom.max()
        if len(self.points):
            low, high = self.points.min(axis=0), self.points.max(axis=0)
            left, top, right, bottom = min(left, low[0]), min(top, low[1]), max(right, high[0]), max(bottom, high[1])
        return QRectF(float(left), float(top), float(right - left), float(bottom - top))

    def bounds_of(self, boxes: Ints | list[int]) -> QRectF:
        """Of some boxes; empty if there are none."""
        at = np.asarray(boxes, dtype=np.int64)
        if not len(at):
            return QRectF()
        left, top = float(self.rects[at, 0].min()), float(self.rects[at, 1].min())
        return QRectF(left, top, float(self.right[at].max()) - left, float(self.bottom[at].max()) - top)

    # What is in view

    def boxes_in(self, view: QRectF) -> Ints:
        """Boxes that any of is in a rectangle."""
        rects = self.rects
        return np.flatnonzero(
            (rects[:, 0] < view.right())
            & (self.right > view.left())
            & (rects[:, 1] < view.bottom())
            & (self.bottom > view.top())
        )

    def edges_in(self, view: QRectF) -> Ints:
        """Edges whose surroundings touch a rectangle."""
        left, top, right, bottom = self.edge_bounds
        return np.flatnonzero(
            (left <= view.right()) & (right >= view.left()) & (top <= view.bottom()) & (bottom >= view.top())
        )

    @functools.cached_property
    def edge_bounds(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Left, top, right and bottom of each edge."""
        if not self.edge_count:
            none = np.empty(0)
            return none, none, none, none
        begins = self.starts[:-1]
        low = np.minimum.reduceat(self.points, begins, axis=0)
        high = np.maximum.reduceat(self.points, begins, axis=0)
        return low[:, 0], low[:, 1], high[:, 0], high[:, 1]

    # Lines

    @functools.cached_property
    def lines(self) -> tuple[Floats, Ints]:
        """Straight pieces of all edges, (pieces, 4): x, y, x, y; and where those of each edge begin."""
        return _pieces(self.points, self.starts)

    @functools.cached_property
    def rounded(self) -> tuple[Floats, Ints]:
        """The same with rounded corners."""
        return _pieces(*_rounded(self.points, self.starts))

    @functools.cached_property
    def tips(self) -> tuple[Floats, Floats]:
        """Where each edge ends, and the direction it comes in, as unit vectors."""
        ends = self.starts[1:] - 1
        last, before = self.points[ends], self.points[np.maximum(ends - 1, 0)]
        along = last - before
        length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)
        return last, along / length[:, None]

    # Under the pointer

    def box_at(self, place: QPointF) -> int:
        """The innermost box at a place; -1 if there is none. A frame counts where nothing in it is."""
        x, y = place.x(), place.y()
        rects = self.rects
        hits = np.flatnonzero((rects[:, 0] <= x) & (self.right >= x) & (rects[:, 1] <= y) & (self.bottom >= y))
        if not len(hits):
            return -1
        return int(hits[np.argmin(rects[hits, 2] * rects[hits, 3])])

    def edge_at(self, place: QPointF, within: float) -> int:
        """The edge nearest to a place, at most `within` pixels from it; -1 if there is none."""
        near = self.edges_in(QRectF(place.x() - within, place.y() - within, 2 * within, 2 * within))
        if not len(near):
            return -1
        lines, begins = self.lines
        at, edge = spread(begins, near)
        distance = _distances(lines[at], place.x(), place.y())
        best = int(np.argmin(distance))
        return int(near[edge[best]]) if distance[best] <= within else -1

    # Neighbours

    @functools.cached_property
    def _by_source(self) -> tuple[Ints, Ints]:
        return _grouped(self.source, self.box_count)

    @functools.cached_property
    def _by_target(self) -> tuple[Ints, Ints]:
        return _grouped(self.target, self.box_count)

    def edges_from(self, box: int) -> Ints:
        """Edges that begin at a box."""
        starts, edges = self._by_source
        return edges[starts[box] : starts[box + 1]]

    def edges_to(self, box: int) -> Ints:
        """Edges that end at a box."""
        starts, edges = self._by_target
        return edges[starts[box] : starts[box + 1]]

    @functools.cached_property
    def box_of(self) -> dict[tuple[int, int], int]:
        """The first box of a kind and number."""
        found: dict[tuple[int, int], int] = {}
        for box, key in enumerate(zip(self.kind.tolist(), self.ref.tolist(), strict=True)):
            found.setdefault(key, box)
        return found

    @functools.cached_property
    def depth(self) -> Ints:
        """How many frames are around each box."""
        depth = np.zeros(self.box_count, dtype=np.int64)
        above = self.parent.copy()
        while (above >= 0).any():
            inside = above >= 0
            depth[inside] += 1
            above[inside] = self.parent[above[inside]]
        return depth


def spread(begins: Ints, rows: Ints) -> tuple[Ints, Ints]:
    """The items of some rows one after another, where row r has items `begins[r]` to `begins[r + 1]`.

    Returns:
        The items, and for each the place of its row in `rows`.
    """
    counts = begins[rows + 1] - begins[rows]
    row = np.repeat(np.arange(len(rows)), counts)
    first = np.cumsum(counts) - counts
    return begins[rows][row] + np.arange(len(row)) - first[row], row


def _ints(column: array[int]) -> Ints:
    return np.asarray(column, dtype=np.int64)


def _grouped(keys: Ints, count: int) -> tuple[Ints, Ints]:
    order = np.argsort(keys, kind="stable")
    starts = np.searchsorted(keys[order], np.arange(count + 1))
    return starts.astype(np.int64), order.astype(np.int64)


def _pieces(points: Floats, starts: Ints) -> tuple[Floats, Ints]:
    if not len(points):
        return np.empty((0, 4)), np.zeros(len(starts), dtype=np.int64)
    lines = np.hstack([points[:-1], points[1:]])
    is_piece = np.ones(len(lines), dtype=np.bool_)
    is_piece[starts[1:-1] - 1] = False  # from the end of an edge to the begin of the next
    return np.ascontiguousarray(lines[is_piece]), starts - np.arange(len(starts))


def _rounded(points: Floats, starts: Ints) -> tuple[Floats, Ints]:
    """Each bend becomes a few points of a quadratic curve, that leaves its lines at most `CORNER` from it."""
    if not len(points):
        return points, starts
    is_end = np.zeros(len(points), dtype=np.bool_)
    is_end[starts[:-1]] = True
    is_end[starts[1:] - 1] = True
    bends = np.flatnonzero(~is_end)
    here, before, after = points[bends], points[bends - 1], points[bends + 1]
    from_, to = _towards(here, before), _towards(here, after)
    steps = _CORNER_STEPS[None, :, None]
    curve = (1 - steps) ** 2 * from_[:, None] + 2 * steps * (1 - steps) * here[:, None] + steps**2 * to[:, None]
    many = np.ones(len(points), dtype=np.int64)
    many[bends] = len(_CORNER_STEPS)
    first = np.concatenate([[0], np.cumsum(many)])
    made = np.empty((int(first[-1]), 2))
    made[first[:-1][is_end]] = points[is_end]
    made[(first[bends][:, None] + np.arange(len(_CORNER_STEPS))).ravel()] = curve.reshape(-1, 2)
    return made, first[starts]


def _towards(here: Floats, other: Floats) -> Floats:
    along = other - here
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)
    return here + along * (np.minimum(CORNER, length / 2) / length)[:, None]


def _distances(lines: Floats, x: float, y: float) -> Floats:
    """Of a place from each piece."""
    begin, along = lines[:, :2], lines[:, 2:] - lines[:, :2]
    rest = np.array([x, y]) - begin
    length = np.maximum((along**2).sum(axis=1), 1e-9)
    share = np.clip((rest * along).sum(axis=1) / length, 0.0, 1.0)
    away = rest - along * share[:, None]
    distances: Floats = np.hypot(away[:, 0], away[:, 1])
    return distances
