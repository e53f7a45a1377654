"""Paints a scene, as coarsely as it is looked at: signs and texts from near, plain boxes from afar, and a picture
made once where so much is in view that nothing of it can be told apart."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.ui.graph.canvas.arrays import Floats, Ints, Mask, SceneArrays, spread
from modelpack_gui.ui.graph.canvas.boxes import BoxPainter
from modelpack_gui.ui.graph.canvas.labels import Labels
from modelpack_gui.ui.graph.canvas.look import Argb, Look, widths_of
from modelpack_gui.ui.graph.canvas.strokes import draw_lines, draw_rects, fill_triangles, painting

TEXT_FROM = 0.36
"""Zoom from which texts are drawn."""
ROUND_FROM = 0.6
"""Zoom from which corners are round."""
NEAR_MOST = 700
"""Boxes in view, at most, for rounded corners and texts."""
MANY_EDGES, MANY_BOXES = 7_000, 9_000
"""From so many in view on, a picture made once is drawn instead."""
OVERVIEW_SIZE = 2048
_DIMMED = 0.22
_BORDER_FROM = 0.12
_HEAD = 5.0
_SMOOTH_HEADS = 300
"""Heads of edges, at most, to be drawn without steps: as one path they take longest of all."""
_OUTER = np.array([-1.0, -1.0, 2.0, 2.0])
"""What turns a rectangle into that of a line around it."""
_ROUND_FROM = 2.0
"""Widget pixels: the pieces of a thinner line would darken each other where their round ends meet."""
_FADED = 0.75
"""Zoom below which edges are thin."""


@dataclass
class Paints:
    """What is drawn on the boxes and edges.

    Attributes:
        near, far: Fill of each box, with texts and without.
        is_overlaid: Whether the fills are an overlay's: texts are black or white on them.
        found: Boxes that a search found.
        lit: Boxes that stand out, all others are dimmed; None if all are the same.
        lit_edges: The same for edges.
        up: Edges of those that lead to the selection; the others lead away from it.
        marks: Boxes with a sign, by severity: its colour is `mark_colors`.
    """

    near: Argb
    far: Argb
    is_overlaid: bool = False
    found: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    lit: Mask | None = None
    lit_edges: Mask | None = None
    up: Mask | None = None
    marks: dict[str, Ints] = field(default_factory=dict)


class ScenePainter:
    """Paints one scene in one theme. Holds no widget: a thread may paint a picture with one of its own."""

    def __init__(self, graph: Graph, arrays: SceneArrays, labels: Labels, look: Look) -> None:
        self.arrays = arrays
        self.labels = labels
        self.look = look
        self._graph = graph
        self._boxes = BoxPainter(graph, arrays, labels, look)
        self._widths = widths_of(arrays.size)
        self.paints = self.default_paints()
        self._is_frame = arrays.kind == kinds.BOX_FRAME
        self._overviews: dict[int, tuple[QImage, float]] = {}

    def set_paints(self, paints: Paints) -> None:
        """Draw in other colours."""
        self.paints = paints
        self._overviews.clear()

    def default_paints(self) -> Paints:
        """Without overlay, marks or anything found."""
        return Paints(*self.look.both_fills(self._graph, self.arrays))

    # Painting

    def paint(
        self, painter: QPainter, zoom: float, origin: QPointF, shown: QRectF, *, is_picture: bool = False
    ) -> None:
        """Paint what is in a rectangle of the widget; whatever is there is painted over.

        Args:
            is_picture: All texts, however many, and nothing from the overview.
        """
        painter.fillRect(shown, self.look.background)
        view = QRectF((shown.topLeft() - origin) / zoom, shown.size() / zoom)
        boxes, edges = self.arrays.boxes_in(view), self.arrays.edges_in(view)
        if not is_picture and (len(edges) > MANY_EDGES or len(boxes) > MANY_BOXES):
            self._paint_overview(painter, zoom, origin, view)
            return
        is_near = is_picture or (zoom >= TEXT_FROM and len(boxes) <= NEAR_MOST)
        self._paint(painter, zoom, origin, boxes, edges, is_near=is_near, is_picture=is_picture)

    def paint_headers(self, painter: QPainter, zoom: float, origin: QPointF, view: QRectF) -> None:
        """Paint the titles of the open groups in view once more, in front of what was drawn over them."""
        boxes = self.arrays.boxes_in(view)
        frames = boxes[self._is_frame[boxes]]
        if zoom >= TEXT_FROM and len(boxes) <= NEAR_MOST and len(frames):
            rects = self.placed(zoom, np.array([origin.x(), origin.y()]), frames)
            self._boxes.headers(painter, zoom, frames, rects, self.paints.near[frames])

    def overview(self, size: int = OVERVIEW_SIZE) -> tuple[QImage, float]:
        """The whole scene as a picture of at most so many pixels a side, and its zoom. Made once for each size."""
        if size not in self._overviews:
            bounds = self.arrays.bounds
            longest = max(bounds.width(), bounds.height(), 1.0)
            zoom = min(0.5, size / longest)
            image = QImage(
                max(1, round(bounds.width() * zoom)),
                max(1, round(bounds.height() * zoom)),
                QImage.Format.Format_RGB32,
            )
            image.fill(self.look.background)
            every = np.arange(self.arrays.box_count), np.arange(self.arrays.edge_count)
            with painting(image) as painter:
                self._paint(painter, zoom, -bounds.topLeft() * zoom, *every, is_near=False)
            self._overviews[size] = image, zoom
        return self._overviews[size]

    def _paint_overview(self, painter: QPainter, zoom: float, origin: QPointF, view: QRectF) -> None:
        image, scale = self.overview()
        bounds = self.arrays.bounds
        shown = view.intersected(bounds)
        if shown.isEmpty():
            return
        source = QRectF((shown.topLeft() - bounds.topLeft()) * scale, shown.size() * scale)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(shown.topLeft() * zoom + origin, shown.size() * zoom), image, source)

    def _paint(
        self,
        painter: QPainter,
        zoom: float,
        origin: QPointF,
        boxes: Ints,
        edges: Ints,
        *,
        is_near: bool,
        is_picture: bool = False,
    ) -> None:
        at = np.array([origin.x(), origin.y()])
        is_frame = self._is_frame[boxes]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, is_near)
        frames, paints, solid = boxes[is_frame], self.paints, boxes[~is_frame]
        frame_rects, frame_fills = self.placed(zoom, at, frames), paints.near[frames]
        self._boxes.frames(painter, zoom, frame_rects, frame_fills, is_near=is_near)
        if paints.lit is None or paints.lit_edges is None:
            self._paint_edges(painter, zoom, at, edges, self.look.edge, is_near=is_near)
            self._paint_boxes(painter, zoom, at, solid, is_near=is_near, is_picture=is_picture)
        else:
            lit, lit_edges = paints.lit[solid], paints.lit_edges[edges]
            painter.setOpacity(_DIMMED)
            self._paint_edges(painter, zoom, at, edges[~lit_edges], self.look.edge, is_near=is_near)
            self._paint_boxes(painter, zoom, at, solid[~lit], is_near=is_near, is_picture=is_picture)
            painter.setOpacity(1.0)
            bright = edges[lit_edges]
            up = paints.up[bright] if paints.up is not None else np.ones(len(bright), dtype=np.bool_)
            self._paint_edges(painter, zoom, at, bright[up], self.look.up, is_near=is_near)
            self._paint_edges(painter, zoom, at, bright[~up], self.look.down, is_near=is_near)
            self._paint_boxes(painter, zoom, at, solid[lit], is_near=is_near, is_picture=is_picture)
        if is_near:
            self._boxes.headers(painter, zoom, frames, frame_rects, frame_fills)
        self._paint_found(painter, zoom, at, boxes)
        self._paint_marks(painter, zoom, at, boxes)

    def placed(self, zoom: float, at: Floats, boxes: Ints) -> Floats:
        """Rectangles of boxes on the widget, on whole pixels so that borders are crisp; (n, 4)."""
        rects = self.arrays.rects[boxes] * zoom
        rects[:, :2] += at
        right_bottom = np.round(rects[:, :2] + rects[:, 2:])
        rects[:, :2] = np.round(rects[:, :2])
        rects[:, 2:] = np.maximum(right_bottom - rects[:, :2], 1.0)
        return rects

    def _paint_edges(
        self, painter: QPainter, zoom: float, at: Floats, edges: Ints, color: QColor, *, is_near: bool
    ) -> None:
        arrays = self.arrays
        if not len(edges):
            return
        lines, begins = arrays.rounded if zoom >= ROUND_FROM else arrays.lines
        pieces, edge = spread(begins, edges)
        placed = crisp(lines[pieces] * zoom + np.tile(at, 2))
        widths = self._widths[edges]
        is_thin = zoom < _FADED and not is_near
        for width in (1.0,) if is_thin else np.unique(widths).tolist():
            pen = QPen(color, max(1.0, width * min(zoom, 1.5)))
            pen.setCapStyle(Qt.PenCapStyle.FlatCap if pen.widthF() < _ROUND_FROM else Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            draw_lines(painter, placed if is_thin else placed[widths[edge] == width])
        if is_near:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, len(edges) <= _SMOOTH_HEADS)
            ends, along = arrays.tips
            for width in np.unique(widths).tolist():
                chosen = edges[widths == width]
                size = zoom * (_HEAD + 1.5 * width)
                fill_triangles(painter, ends[chosen] * zoom + at, along[chosen], size, size, color)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def _paint_boxes(
        self, painter: QPainter, zoom: float, at: Floats, boxes: Ints, *, is_near: bool, is_picture: bool
    ) -> None:
        rects, paints = self.placed(zoom, at, boxes), self.paints
        if not is_near:
            has_border = len(boxes) <= NEAR_MOST * 4 and zoom > _BORDER_FROM
            self._boxes.far(painter, rects, paints.far[boxes], has_border=has_border)
            return
        paint = self._boxes.near if is_picture or zoom >= ROUND_FROM else self._boxes.middle
        paint(painter, zoom, boxes, rects, paints.near[boxes], is_overlaid=paints.is_overlaid)

    def _paint_found(self, painter: QPainter, zoom: float, at: Floats, boxes: Ints) -> None:
        found = self.paints.found
        if len(found):
            shown = found[np.isin(found, boxes)]
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.look.found, 2 if zoom >= TEXT_FROM else 1.5))
            draw_rects(painter, self.placed(zoom, at, shown) + _OUTER)

    def _paint_marks(self, painter: QPainter, zoom: float, at: Floats, boxes: Ints) -> None:
        """Signs at the upper right corners of boxes: a cross, a triangle, a dot."""
        for severity, marked in self.paints.marks.items():
            shown = marked[np.isin(marked, boxes)]
            rects = self.placed(zoom, at, shown)
            size = min(15.0, max(4.0, 13.0 * zoom))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for left, top, width, _height in rects.tolist():
                draw_mark(painter, self.look, severity, left + width - size * 0.5, top + size * 0.1, size)


def crisp(lines: Floats) -> Floats:
    """Upright and level pieces in the middle of pixels, (n, 4): half on each of two they would look grey."""
    for start in (0, 1):
        is_straight = np.abs(lines[:, start] - lines[:, start + 2]) < 1e-6
        middle = np.floor(lines[is_straight, start]) + 0.5
        lines[is_straight, start] = lines[is_straight, start + 2] = middle
    return lines


def draw_mark(painter: QPainter, look: Look, severity: str, x: float, y: float, size: float) -> None:
    """The sign of a severity (`error`, `warning`, or anything else for a remark), around a place."""
    colors = look.colors
    color = QColor({"error": colors.failed, "warning": colors.warning}.get(severity, colors.accent))
    painter.setPen(QPen(look.background, max(1.0, size / 10)))
    painter.setBrush(color)
    half = size / 2
    if severity == "warning":
        painter.drawPolygon([QPointF(x, y - half), QPointF(x + half, y + half), QPointF(x - half, y + half)])
    else:
        painter.drawEllipse(QRectF(x - half, y - half, size, size))
    if size < 9:
        return
    painter.setPen(QPen(look.background, size / 8))
    third = size / 5
    if severity == "error":
        painter.drawLine(QPointF(x - third, y - third), QPointF(x + third, y + third))
        painter.drawLine(QPointF(x - third, y + third), QPointF(x + third, y - third))
    else:
        painter.drawLine(QPointF(x, y - third / 2), QPointF(x, y + third * 0.8))
        painter.drawPoint(QPointF(x, y + third * 1.8))
