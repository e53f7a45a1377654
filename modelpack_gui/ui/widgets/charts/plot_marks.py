"""Marks on a plot, many colours in one item: what pyqtgraph makes of each takes longer than the rest of an update."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

Spot = tuple[float, float, str]
"""x, y, colour."""

_SHAPES = {
    "right": ((-0.5, -0.5), (0.5, 0.0), (-0.5, 0.5)),
    "up": ((-0.5, 0.5), (0.0, -0.5), (0.5, 0.5)),
}
EVERYWHERE = QRectF(-1e9, -1e9, 2e9, 2e9)
"""Bounds of what is drawn at any place of the plot."""


class Marks(QGraphicsItem):
    """Marks of one shape and size in pixels, at places of the plot.

    Args:
        shape: `disc`, `ring`, `cross`, `right` or `up`.
        rim: Colour about a filled mark, which parts it from what is behind it.
    """

    def __init__(self, shape: str, size: float, rim: str) -> None:
        super().__init__()
        self._shape = shape
        self._size = size
        self._rim = QPen(QColor(rim), 1.0)
        self._spots: tuple[Spot, ...] = ()

    def set_spots(self, spots: Sequence[Spot]) -> None:
        """Draw other marks."""
        given = tuple(spots)
        if given != self._spots:
            self._spots = given
            self.setVisible(bool(given))
            self.update()

    def boundingRect(self) -> QRectF:
        """The plot moves below it."""
        return EVERYWHERE

    def shape(self) -> QPainterPath:
        """Nothing: the pointer goes through."""
        return QPainterPath()

    def paint(
        self,
        painter: QPainter,
        _option: QStyleOptionGraphicsItem,
        _widget: QWidget | None = None,
    ) -> None:
        """In pixels, at the places that the plot gives."""
        to_pixels = painter.worldTransform()  # a plot is moved and scaled, never turned
        scale_x, scale_y, left, top = to_pixels.m11(), to_pixels.m22(), to_pixels.dx(), to_pixels.dy()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        last = ""
        for x, y, color in self._spots:
            if color != last:
                self._take_color(painter, color)
                last = color
            self._draw(painter, QPointF(x * scale_x + left, y * scale_y + top))
        painter.restore()

    def _take_color(self, painter: QPainter, color: str) -> None:
        if self._shape in ("ring", "cross"):
            painter.setPen(QPen(QColor(color), 1.2))
            painter.setBrush(QBrush())
        else:
            painter.setPen(self._rim)
            painter.setBrush(QColor(color))

    def _draw(self, painter: QPainter, place: QPointF) -> None:
        half = self._size / 2
        if self._shape in ("disc", "ring"):
            painter.drawEllipse(place, half, half)
        elif self._shape == "cross":
            painter.drawLine(place + QPointF(-half, -half), place + QPointF(half, half))
            painter.drawLine(place + QPointF(-half, half), place + QPointF(half, -half))
        else:
            corners = [place + QPointF(self._size * x, self._size * y) for x, y in _SHAPES[self._shape]]
            painter.drawPolygon(QPolygonF(corners))
