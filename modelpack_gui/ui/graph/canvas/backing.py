"""What was painted last, kept as a picture: moving about paints only what comes into view."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRect, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPixmap

from modelpack_gui.ui.graph.canvas.strokes import painting

PaintArea = Callable[[QPainter, QRectF], None]


class Backing:
    """The picture behind a widget, as dense as its screen."""

    def __init__(self) -> None:
        self._pixmap = QPixmap()
        self._at: tuple[float, QPointF] | None = None

    def forget(self) -> None:
        """What is drawn is not right any more."""
        self._at = None

    def update(
        self, size: QSize, ratio: float, zoom: float, origin: QPointF, background: QColor, paint: PaintArea
    ) -> QPixmap:
        """Bring it in line with a zoom and place, and give it.

        Args:
            size: Of the widget.
            ratio: Pixels of the screen for one of the widget.
            paint: Paints a rectangle of the widget.
        """
        wanted = QSize(math.ceil(size.width() * ratio), math.ceil(size.height() * ratio))
        if self._pixmap.size() != wanted or self._pixmap.devicePixelRatio() != ratio:
            self._pixmap = QPixmap(wanted)
            self._pixmap.setDevicePixelRatio(ratio)
            self._at = None
        areas = self._exposed(size, ratio, zoom, origin)
        if areas:
            with painting(self._pixmap) as painter:
                for area in areas:
                    painter.save()
                    painter.setClipRect(area)
                    painter.fillRect(area, background)
                    paint(painter, QRectF(area))
                    painter.restore()
        self._at = zoom, QPointF(origin)
        return self._pixmap

    def _exposed(self, size: QSize, ratio: float, zoom: float, origin: QPointF) -> list[QRect]:
        """Move what is there; what has to be painted then."""
        whole = QRect(0, 0, size.width(), size.height())
        if self._at is None or self._at[0] != zoom:
            return [whole]
        moved = origin - self._at[1]
        across, down = moved.x() * ratio, moved.y() * ratio
        if not (across.is_integer() and down.is_integer()):
            return [whole]
        dx, dy = round(moved.x()), round(moved.y())
        if not (dx or dy):
            return []
        if abs(dx) >= size.width() or abs(dy) >= size.height():
            return [whole]
        self._pixmap.scroll(round(across), round(down), self._pixmap.rect())
        areas = []
        if dx:
            areas.append(QRect(0 if dx > 0 else size.width() + dx, 0, abs(dx), size.height()))
        if dy:
            areas.append(QRect(0, 0 if dy > 0 else size.height() + dy, size.width(), abs(dy)))
        return areas
