"""Paints boxes at one of three distances: plain ones, plain ones with texts, and all that a box can have."""

from __future__ import annotations

import functools

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QTransform

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.ui.graph.canvas.arrays import Floats, Ints, SceneArrays
from modelpack_gui.ui.graph.canvas.labels import Labels
from modelpack_gui.ui.graph.canvas.look import Argb, Look, family
from modelpack_gui.ui.graph.canvas.picking import enterable
from modelpack_gui.ui.graph.canvas.strokes import fill_rects
from modelpack_gui.ui.look.color_scale import readable_on

INNER = np.array([0.5, 0.5, -1.0, -1.0])
"""What turns a rectangle into that of its border."""
_STRIP, _STRIP_INSET = 4.0, np.array([1.0, 1.0, 0.0, -2.0])
_STUBS = (kinds.BOX_STUB_FROM, kinds.BOX_STUB_TO)


class BoxPainter:
    """Of one scene in one theme. Rectangles are (n, 4) on the widget, one for each box."""

    def __init__(self, graph: Graph, arrays: SceneArrays, labels: Labels, look: Look) -> None:
        self._graph = graph
        self._arrays = arrays
        self._labels = labels
        self._look = look
        self._enterable = enterable(graph, arrays)

    def far(self, painter: QPainter, rects: Floats, fills: Argb, *, has_border: bool) -> None:
        """Rectangles, with a border where they are large enough for one."""
        if has_border:
            fill_rects(painter, rects + INNER, fills, QPen(self._look.border, 1))
        else:
            fill_rects(painter, rects, fills)

    def middle(
        self, painter: QPainter, zoom: float, boxes: Ints, rects: Floats, fills: Argb, *, is_overlaid: bool
    ) -> None:
        """Rectangles with texts: round corners could not be seen, and would take most of the time."""
        self.far(painter, rects, fills, has_border=True)
        is_node = self._arrays.kind[boxes] == kinds.BOX_NODE
        if not is_overlaid and is_node.any():
            strips = rects[is_node] + _STRIP_INSET
            strips[:, 2] = _STRIP * zoom
            fill_rects(painter, strips, self._hues(boxes[is_node]))
        self.texts(painter, zoom, boxes, rects, fills, is_overlaid=is_overlaid)

    def near(
        self, painter: QPainter, zoom: float, boxes: Ints, rects: Floats, fills: Argb, *, is_overlaid: bool
    ) -> None:
        """Round corners, signs and texts."""
        pen, dashed = QPen(self._look.border, 1), QPen(self._look.border, 1, Qt.PenStyle.DashLine)
        hues = self._hues(boxes)
        kind_of = self._arrays.kind[boxes].tolist()
        for box, kind, rect, fill, hue in zip(
            boxes.tolist(), kind_of, (rects + INNER).tolist(), fills.tolist(), hues.tolist(), strict=True
        ):
            place = QRectF(*rect)
            painter.setPen(dashed if kind in _STUBS else pen)
            painter.setBrush(QColor.fromRgba(fill))
            radius = 4.5 * zoom
            if kind not in (kinds.BOX_NODE, kinds.BOX_GROUP):
                radius = min(rect[3] / 2, 14 * zoom)
            if kind == kinds.BOX_GROUP or box in self._enterable:  # a second sheet behind it: there is more inside
                painter.drawRoundedRect(place.translated(2.5 * zoom, 2.5 * zoom), radius, radius)
            painter.drawRoundedRect(place, radius, radius)
            if kind == kinds.BOX_GROUP:
                color = _readable(fill) if is_overlaid else self._look.muted
                self._sign(painter, zoom, rect[0] + 6.5 * zoom, rect[1] + rect[3] / 2, color, is_open=False)
            elif kind == kinds.BOX_NODE and not is_overlaid:
                strip = QRectF(rect[0] + 1, rect[1] + 2, _STRIP * zoom, rect[3] - 4)
                painter.fillRect(strip, QColor.fromRgba(hue))
            if box in self._enterable:
                self._sign(
                    painter, zoom, place.right() - 6 * zoom, place.center().y(), self._look.muted, is_open=False
                )
        self.texts(painter, zoom, boxes, rects, fills, is_overlaid=is_overlaid)

    def frames(self, painter: QPainter, zoom: float, rects: Floats, fills: Argb, *, is_near: bool) -> None:
        """Open groups, the outer ones first."""
        pen = QPen(self._look.border, 1)
        for place, fill in zip(rects + INNER, fills.tolist(), strict=True):
            painter.setPen(pen)
            painter.setBrush(QColor.fromRgba(fill))
            if is_near:
                painter.drawRoundedRect(QRectF(*place.tolist()), 7 * zoom, 7 * zoom)
            else:
                painter.drawRect(QRectF(*place.tolist()))

    def headers(self, painter: QPainter, zoom: float, boxes: Ints, rects: Floats, fills: Argb) -> None:
        """Titles of open groups, in front of the edges that come in there."""
        for box, rect, fill in zip(boxes.tolist(), rects.tolist(), fills.tolist(), strict=True):
            for line in self._labels.lines(box):
                size = line.static.size() * zoom
                place = QRectF(rect[0] + (line.x - 3) * zoom, rect[1] + line.y * zoom, size.width(), size.height())
                painter.fillRect(place.adjusted(0, 0, 6 * zoom, 0), QColor.fromRgba(fill))
            self._sign(painter, zoom, rect[0] + 8 * zoom, rect[1] + 12 * zoom, self._look.muted, is_open=True)
        self.texts(painter, zoom, boxes, rects, fills, is_overlaid=False)

    def texts(
        self, painter: QPainter, zoom: float, boxes: Ints, rects: Floats, fills: Argb, *, is_overlaid: bool
    ) -> None:
        """The lines of boxes; first all titles, then the rest: another font for each costs more than its text."""
        look, labels = self._look, self._labels
        lines = [labels.lines(box) for box in boxes.tolist()]
        kept = painter.worldTransform()
        for is_title in (True, False):
            painter.setFont(labels.title_font if is_title else labels.font)
            painter.setPen(look.text if is_title else look.muted)
            for one, rect, fill, kind in zip(
                lines, rects.tolist(), fills.tolist(), self._arrays.kind[boxes].tolist(), strict=True
            ):
                shown = [line for line in one if line.is_title == is_title]
                if not shown:
                    continue
                painter.setWorldTransform(QTransform(zoom, 0.0, 0.0, zoom, rect[0], rect[1]))
                is_on_color = is_overlaid and kind in (kinds.BOX_NODE, kinds.BOX_GROUP)
                if is_overlaid:
                    plain = look.text if is_title else look.muted
                    painter.setPen(_readable(fill) if is_on_color else plain)
                for line in shown:
                    painter.drawStaticText(QPointF(line.x, line.y), line.static)
        painter.setWorldTransform(kept)

    def _hues(self, boxes: Ints) -> Argb:
        """The hue of each box's operator; of no use for what is no node."""
        op_types = self._graph.ints("node_op_type")
        is_node, refs = self._arrays.kind[boxes] == kinds.BOX_NODE, self._arrays.ref[boxes]
        ops = [op_types[ref] if is_one else -1 for ref, is_one in zip(refs.tolist(), is_node.tolist(), strict=True)]
        table = {op: family(self._graph.texts[op]).rgba() if op >= 0 else 0 for op in set(ops)}
        return np.array([table[op] for op in ops], dtype=np.uint32)

    def _sign(self, painter: QPainter, zoom: float, x: float, y: float, color: QColor, *, is_open: bool) -> None:
        """A chevron: `>` for a closed group, `v` for an open one."""
        painter.setPen(QPen(color, max(1.0, 1.5 * zoom)))
        a, b = 2.2 * zoom, 3.6 * zoom
        ends, tip = (((-b, -a), (b, -a)), (0.0, a)) if is_open else (((-a, -b), (-a, b)), (a, 0.0))
        for across, down in ends:
            painter.drawLine(QPointF(x + across, y + down), QPointF(x + tip[0], y + tip[1]))


@functools.lru_cache(maxsize=4096)
def _readable(fill: int) -> QColor:
    return readable_on(QColor.fromRgba(fill))
