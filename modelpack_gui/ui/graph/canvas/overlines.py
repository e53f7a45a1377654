"""What is drawn over a picture anew each time: the selection with its edges, the pointer, what a search is at."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.ui.graph.canvas.arrays import Ints, spread
from modelpack_gui.ui.graph.canvas.look import Look
from modelpack_gui.ui.graph.canvas.painter import ScenePainter
from modelpack_gui.ui.graph.canvas.picking import Shown
from modelpack_gui.ui.graph.canvas.strokes import draw_lines, fill_triangles
from modelpack_gui.ui.graph.canvas.viewport import Viewport

_MOST_EDGES = 400
_MOST_RINGS = 40
_RING = 2.5
_LEAST_RING = 7.0
"""Widget pixels: a ring round a smaller box is drawn round its middle, so that it can be seen from afar."""


def paint_live(
    painter: QPainter,
    scene: ScenePainter,
    viewport: Viewport,
    shown: Shown,
    found: Shown,
    hovered: tuple[int, int],
) -> None:
    """Draw it. `hovered` are the box and the edge under the pointer, -1 for none."""
    look, arrays = scene.look, scene.arrays
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if len(shown.boxes) == 1 and arrays.kind[shown.boxes[0]] != kinds.BOX_FRAME:
        box = shown.boxes[0]
        _draw_edges(painter, scene, viewport, arrays.edges_to(box), look.up)
        _draw_edges(painter, scene, viewport, arrays.edges_from(box), look.down)
    _draw_edges(painter, scene, viewport, np.asarray(shown.edges, dtype=np.int64), look.accent, extra=1.0)
    box, edge = hovered
    if edge >= 0:
        _draw_edges(painter, scene, viewport, np.array([edge]), look.accent, extra=1.0)
    scene.paint_headers(painter, viewport.zoom, viewport.origin, viewport.view)
    if box >= 0:
        _ring(painter, scene, viewport, box, look.accent, 1.5)
    for box in found.boxes:
        _ring(painter, scene, viewport, box, look.found, 3.5)
    boxes = arrays.boxes_in(viewport.view)
    for box in np.intersect1d(np.asarray(shown.boxes, dtype=np.int64), boxes).tolist()[:_MOST_RINGS]:
        _ring(painter, scene, viewport, box, look.accent, _RING, is_dashed=shown.is_inside)


def paint_band(painter: QPainter, look: Look, band: QRectF | None) -> None:
    """The box that is to be zoomed to."""
    if band is not None:
        tint = QColor(look.accent)
        tint.setAlpha(40)
        painter.setPen(QPen(look.accent, 1))
        painter.fillRect(band, tint)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(band)


def paint_border(painter: QPainter, look: Look, rect: QRect, *, has_focus: bool) -> None:
    """As a table has it; in another colour where keys go."""
    painter.setPen(QPen(look.accent if has_focus else QColor(look.colors.border), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5))


def _draw_edges(
    painter: QPainter, scene: ScenePainter, viewport: Viewport, edges: Ints, color: QColor, extra: float = 0.0
) -> None:
    arrays = scene.arrays
    edges = edges[np.isin(edges, arrays.edges_in(viewport.view))][:_MOST_EDGES]
    if not len(edges):
        return
    lines, begins = arrays.rounded
    pieces, _ = spread(begins, edges)
    at = np.array([viewport.origin.x(), viewport.origin.y()])
    pen = QPen(color, 1.8 + extra)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    draw_lines(painter, lines[pieces] * viewport.zoom + np.tile(at, 2))
    ends, along = arrays.tips
    size = max(6.0, 9.0 * viewport.zoom)
    fill_triangles(painter, ends[edges] * viewport.zoom + at, along[edges], size, size, color)


def _ring(
    painter: QPainter,
    scene: ScenePainter,
    viewport: Viewport,
    box: int,
    color: QColor,
    width: float,
    *,
    is_dashed: bool = False,
) -> None:
    rect = viewport.rect_to_widget(scene.arrays.rect(box)).adjusted(-2, -2, 2, 2)
    if rect.width() < _LEAST_RING or rect.height() < _LEAST_RING:
        size = max(rect.width(), rect.height(), _LEAST_RING)
        middle = rect.center()
        rect = QRectF(middle.x() - size / 2, middle.y() - size / 2, size, size)
    pen = QPen(color, width)
    if is_dashed:
        pen.setDashPattern([3.0, 2.0])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    radius = min(8.0, 6.0 * viewport.zoom + 2.0)
    if scene.arrays.kind[box] in (kinds.BOX_NODE, kinds.BOX_GROUP, kinds.BOX_FRAME):
        painter.drawRoundedRect(rect, radius, radius)
    else:
        radius = rect.height() / 2 if rect.height() < 44 * viewport.zoom else 16 * viewport.zoom
        painter.drawRoundedRect(rect, radius, radius)
