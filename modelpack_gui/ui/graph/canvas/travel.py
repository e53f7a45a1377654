"""From box to box: along edges, to the side, and everything that leads to a box or comes from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.ui.graph.canvas.arrays import Ints, Mask, SceneArrays


def follow(arrays: SceneArrays, box: int, *, is_forward: bool, is_down: bool) -> tuple[int, int]:
    """The next box along an edge, the one straight ahead if there are several; the stubs of a cut edge are no stop.

    Returns:
        The box, -1 if nothing leads there, and the edge.
    """
    edges = arrays.edges_from(box) if is_forward else arrays.edges_to(box)
    if not len(edges):
        return _across_stub(arrays, box, -1, is_forward=is_forward)
    ends = arrays.target[edges] if is_forward else arrays.source[edges]
    axis = 0 if is_down else 1
    middle = arrays.rects[:, axis] + arrays.rects[:, 2 + axis] / 2
    is_stub = (arrays.kind[ends] == kinds.BOX_STUB_TO) | (arrays.kind[ends] == kinds.BOX_STUB_FROM)
    away = np.abs(middle[ends] - middle[box]) + np.where(is_stub, 1e6, 0.0)
    best = int(np.argmin(away))
    return _across_stub(arrays, int(ends[best]), int(edges[best]), is_forward=is_forward)


def _across_stub(arrays: SceneArrays, box: int, edge: int, *, is_forward: bool) -> tuple[int, int]:
    stub = kinds.BOX_STUB_TO if is_forward else kinds.BOX_STUB_FROM
    if arrays.kind[box] == stub and arrays.far[box] >= 0:
        return int(arrays.far[box]), edge
    return (box, edge) if edge >= 0 else (-1, -1)


def beside(arrays: SceneArrays, box: int, *, is_after: bool, is_down: bool) -> int:
    """The nearest box to the right or left (below or above where edges lead to the right); -1 if there is none."""
    across, along = (0, 1) if is_down else (1, 0)
    middles = arrays.rects[:, :2] + arrays.rects[:, 2:] / 2
    away = (middles[:, across] - middles[box, across]) * (1 if is_after else -1)
    shift = np.abs(middles[:, along] - middles[box, along])
    is_candidate = (away > 1.0) & (arrays.kind != kinds.BOX_FRAME) & (shift <= np.maximum(away, arrays.rects[box, 3]))
    found = np.flatnonzero(is_candidate)
    if not len(found):
        return -1
    return int(found[np.argmin(away[found] + 3.0 * shift[found])])


def first_box(arrays: SceneArrays) -> int:
    """Where a graph begins: its first input, or else the box highest up; -1 if it is empty."""
    inputs = np.flatnonzero(arrays.kind == kinds.BOX_INPUT)
    if len(inputs):
        return int(inputs[0])
    solid = np.flatnonzero(arrays.kind != kinds.BOX_FRAME)
    return int(solid[np.lexsort((arrays.rects[solid, 0], arrays.rects[solid, 1]))[0]]) if len(solid) else -1


def begin_of(arrays: SceneArrays) -> QPointF:
    """Where one should look first: the middle of where a graph begins."""
    box = first_box(arrays)
    return arrays.rect(box).center() if box >= 0 else QPointF()


@dataclass(frozen=True)
class Trace:
    """What leads to some boxes and comes from them.

    Attributes:
        boxes, edges: Whether each box and edge belongs to it.
        up: Whether each edge leads to them.
    """

    boxes: Mask
    edges: Mask
    up: Mask


def trace(arrays: SceneArrays, start: list[int], steps_up: int, steps_down: int) -> Trace:
    """Follow edges from some boxes. The two ends of a cut edge are one step apart from what they connect."""
    boxes, edges = np.zeros(arrays.box_count, dtype=np.bool_), np.zeros(arrays.edge_count, dtype=np.bool_)
    inside = _with_content(arrays, start)
    boxes[inside] = True
    if steps_up:
        _spread(arrays, inside, steps_up, boxes, edges, is_forward=False)
    up = edges.copy()
    if steps_down:
        _spread(arrays, inside, steps_down, boxes, edges, is_forward=True)
    return Trace(boxes, edges, up)


def _with_content(arrays: SceneArrays, start: list[int]) -> Ints:
    """A frame stands for the boxes in it."""
    is_in = np.zeros(arrays.box_count, dtype=np.bool_)
    is_in[start] = True
    for frame in (box for box in start if arrays.kind[box] == kinds.BOX_FRAME):
        is_in |= inside(arrays, frame)
    return np.flatnonzero(is_in)


def inside(arrays: SceneArrays, frame: int) -> Mask:
    """Whether each box lies in a frame, or in one of its frames."""
    above, found = arrays.parent.copy(), np.zeros(arrays.box_count, dtype=np.bool_)
    while (above >= 0).any():
        found |= above == frame
        above = np.where(above >= 0, arrays.parent[above], -1)
    return found


def _spread(arrays: SceneArrays, start: Ints, steps: int, boxes: Mask, edges: Mask, *, is_forward: bool) -> None:
    """Mark what so many steps reach. A cut edge goes on from the stub that tells of the other end."""
    begins, ends = (arrays.source, arrays.target) if is_forward else (arrays.target, arrays.source)
    tellers = np.flatnonzero((arrays.kind == kinds.BOX_STUB_FROM) & (arrays.far >= 0))
    fresh = np.zeros(arrays.box_count, dtype=np.bool_)
    fresh[start] = True
    seen = fresh.copy()
    for _ in range(steps):
        if is_forward:  # what is cut here goes on at the stubs that say "from here"
            jumped = tellers[fresh[arrays.far[tellers]]]
            fresh[jumped] = True
            boxes[jumped] = True
        found = fresh[begins] & ~edges
        edges |= found
        reached = np.zeros(arrays.box_count, dtype=np.bool_)
        reached[ends[found]] = True
        if not is_forward:
            reached[arrays.far[tellers[reached[tellers]]]] = True
        fresh = reached & ~seen
        seen |= reached
        if not fresh.any():
            break
    boxes |= seen
