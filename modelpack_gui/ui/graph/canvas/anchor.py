"""What stays in its place when another picture of the same graph comes: nobody should have to look for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.ui.graph.canvas.arrays import SceneArrays
from modelpack_gui.ui.graph.canvas.picking import shown_of
from modelpack_gui.ui.graph.canvas.viewport import Viewport
from modelpack_gui.ui.graph.selection import GroupPick, NodePick

_GROUPS = (kinds.BOX_GROUP, kinds.BOX_FRAME)

Key = tuple[int, int]
"""Kind and number of a box: the same in every picture."""


def anchors_of(
    arrays: SceneArrays, viewport: Viewport, toggled: int | None, selected: Sequence[int]
) -> list[tuple[Key, QPointF]]:
    """Boxes and where their upper left corners are, the one to hold first.

    Args:
        toggled: A group that was opened or closed, which comes before all else.
        selected: Boxes that come next, if they are in view; the others in view follow from the middle outwards.
    """
    view = viewport.view
    first = [arrays.box_of.get((kind, toggled), -1) for kind in _GROUPS] if toggled is not None else []
    visible = arrays.boxes_in(view)
    middles = arrays.rects[visible, :2] + arrays.rects[visible, 2:] / 2
    away = np.hypot(middles[:, 0] - view.center().x(), middles[:, 1] - view.center().y())
    away += np.where(arrays.kind[visible] == kinds.BOX_FRAME, 1e9, 0.0)
    boxes = [
        *(box for box in first if box >= 0),
        *(box for box in selected if viewport.shows(arrays.rect(box))),
        *visible[np.argsort(away, kind="stable")].tolist(),
    ]
    return [
        ((int(arrays.kind[box]), int(arrays.ref[box])), viewport.to_widget(arrays.rect(box).topLeft()))
        for box in boxes
    ]


def box_of_key(graph: Graph, arrays: SceneArrays, key: Key) -> int:
    """The box of a kind and number in a picture, of a group in whatever state it is there; -1 if there is none."""
    kind, ref = key
    if kind in _GROUPS:
        found = shown_of(graph, arrays, GroupPick(ref)).boxes
    elif kind == kinds.BOX_NODE:
        found = shown_of(graph, arrays, NodePick(ref)).boxes
    else:
        found = [arrays.box_of.get(key, -1)]
    return found[0] if found else -1
