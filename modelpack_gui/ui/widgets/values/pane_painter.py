"""Draws one pane of a heat map: title, picture, cursor, indices along its edges, and the scale of its colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter, QPen, qGray

from modelpack_gui.core.figures import significant
from modelpack_gui.ui.look.theme import GRID, SPACING, theme
from modelpack_gui.ui.widgets.values.colors import Scale, stops

TICK_SPACE = 44.0
"""Left of a pane, for the indices of its rows."""
_LIGHT = 128
_DIGITS = (6, 5, 4, 3, 2)
_RING = 7.0
_ROOMY = 24.0
"""Pixels: the outline of so large a cell is seen without lines that point to it."""


@dataclass(frozen=True)
class Pane:
    """What one of the pictures is of."""

    title: str
    scale: Scale


@dataclass(frozen=True)
class Layer:
    """Pictures of a part of the slice, one for each pane.

    Attributes:
        place: What they show, in columns and rows.
        numbers: What each of their pixels says, by pane, row and column; empty where there is no room for it anyway.
    """

    place: QRectF
    images: tuple[QImage, ...]
    numbers: tuple[Sequence[Sequence[float]], ...] = ()


class PanePainter:
    """Draws on a painter, in a rectangle that shows the part `view` of the slice."""

    def __init__(self, painter: QPainter, rect: QRectF, view: QRectF) -> None:
        self._painter = painter
        self._rect = rect
        self._view = view
        self._metrics = painter.fontMetrics()

    def draw(
        self, pane: Pane, layers: Sequence[Layer], number: int, marks: Sequence[tuple[tuple[int, int], bool]]
    ) -> None:
        """Draw pane `number` of the layers, and marks: places, and whether each was picked."""
        painter, rect = self._painter, self._rect
        self._draw_title(pane.title)
        painter.save()
        painter.setClipRect(rect)
        for layer in layers:
            self._draw_layer(layer, number)
        for place, is_picked in marks:
            self._draw_mark(place, is_picked=is_picked)
        painter.restore()
        painter.setPen(QColor(theme().colors.border))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(rect)
        self._draw_ticks()
        self._draw_scale(pane.scale)

    def _on_screen(self, place: QRectF) -> QRectF:
        across, down = self._rect.width() / self._view.width(), self._rect.height() / self._view.height()
        return QRectF(
            self._rect.left() + (place.left() - self._view.left()) * across,
            self._rect.top() + (place.top() - self._view.top()) * down,
            place.width() * across,
            place.height() * down,
        )

    def _draw_title(self, title: str) -> None:
        painter, rect = self._painter, self._rect
        painter.setPen(QColor(theme().colors.text))
        line = self._metrics.height()
        room = QRectF(rect.left(), rect.top() - line - 2, max(rect.width(), 120.0), line)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)

    def _draw_layer(self, layer: Layer, pane: int) -> None:
        image, target = layer.images[pane], self._on_screen(layer.place)
        self._painter.drawImage(target, image)
        if layer.numbers:
            self._draw_numbers(target, image, layer.numbers[pane])

    def _draw_numbers(self, target: QRectF, image: QImage, numbers: Sequence[Sequence[float]]) -> None:
        """As many digits as there is room for, in every cell as many; a cell too narrow for its own stays without."""
        wide, high = target.width() / image.width(), target.height() / image.height()
        if high < self._metrics.height() or wide < 4 * self._metrics.averageCharWidth():
            return
        for digits in _DIGITS:
            words = [[significant(number, digits) for number in row] for row in numbers]
            if all(self._fits(word, wide) for row in words for word in row):
                break
        for row, texts in enumerate(words):
            for column, text in enumerate(texts):
                cell = QRectF(target.left() + column * wide, target.top() + row * high, wide, high)
                if cell.intersects(self._rect) and self._fits(text, wide):
                    is_light = qGray(image.pixel(column, row)) > _LIGHT
                    self._painter.setPen(QColor("#10151c" if is_light else "#ffffff"))
                    self._painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, text)

    def _fits(self, text: str, width: float) -> bool:
        return self._metrics.horizontalAdvance(text) + GRID <= width

    def draw_ring(self, place: tuple[int, int]) -> None:
        """Point to an element that may be as small as a pixel."""
        centre = self._on_screen(QRectF(place[1], place[0], 1, 1)).center()
        if not self._rect.contains(centre):
            return
        self._painter.save()
        self._painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._painter.setPen(QPen(QColor(theme().colors.text), 1.5))
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        self._painter.drawEllipse(centre, _RING, _RING)
        self._painter.restore()

    def _draw_mark(self, place: tuple[int, int], *, is_picked: bool) -> None:
        painter, rect = self._painter, self._rect
        cell = self._on_screen(QRectF(place[1], place[0], 1, 1))
        centre = cell.center()
        for color, width in (("#000000", 3.0), ("#ffffff", 1.0)):  # to be seen on any colour
            line = QColor(color)
            line.setAlpha(150 if is_picked or width < 2 else 60)
            pen = QPen(line, width, Qt.PenStyle.SolidLine if is_picked else Qt.PenStyle.DotLine)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            if is_picked:
                painter.drawRect(cell)
            if min(cell.width(), cell.height()) > _ROOMY:
                continue
            gap = max(5.0, cell.width() / 2, cell.height() / 2)
            for start, end in (
                (QPointF(rect.left(), centre.y()), QPointF(centre.x() - gap, centre.y())),
                (QPointF(centre.x() + gap, centre.y()), QPointF(rect.right(), centre.y())),
                (QPointF(centre.x(), rect.top()), QPointF(centre.x(), centre.y() - gap)),
                (QPointF(centre.x(), centre.y() + gap), QPointF(centre.x(), rect.bottom())),
            ):
                painter.drawLine(start, end)

    def _draw_ticks(self) -> None:
        painter, rect = self._painter, self._rect
        painter.setPen(QColor(theme().colors.muted))
        line = self._metrics.height()
        apart = 4.0 * self._metrics.averageCharWidth() + SPACING
        for place in _ticks(self._view.top(), self._view.bottom(), rect.height() / (1.6 * line)):
            cell = self._on_screen(QRectF(0, place, 1, 1))
            room = QRectF(rect.left() - TICK_SPACE, cell.center().y() - line / 2, TICK_SPACE - GRID, line)
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(place))
        for place in _ticks(self._view.left(), self._view.right(), rect.width() / apart):
            cell = self._on_screen(QRectF(place, 0, 1, 1))
            room = QRectF(cell.center().x() - 60, rect.bottom() + 1, 120, line)
            painter.drawText(room, Qt.AlignmentFlag.AlignHCenter, str(place))

    def _draw_scale(self, scale: Scale) -> None:
        painter, rect = self._painter, self._rect
        line = self._metrics.height()
        width = min(max(rect.width(), 90.0), 260.0)
        bar = QRectF(rect.left(), rect.bottom() + line + 2 * GRID, width, 8)
        fill = QLinearGradient(bar.topLeft(), bar.topRight())
        colors = stops(scale, is_dark=theme().colors.is_dark)
        for i, color in enumerate(colors):
            fill.setColorAt(i / (len(colors) - 1), QColor(color))
        painter.fillRect(bar, fill)
        painter.setPen(QColor(theme().colors.muted))
        room = QRectF(bar.left(), bar.bottom() + 1, bar.width(), line)
        low, middle, high = scale.labels()
        metrics = self._metrics
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft, low)
        painter.drawText(room, Qt.AlignmentFlag.AlignRight, high)
        if metrics.horizontalAdvance(low + middle + high) + 4 * SPACING < room.width():
            painter.drawText(room, Qt.AlignmentFlag.AlignHCenter, middle)


def _ticks(low: float, high: float, most: float) -> list[int]:
    """Round indices between two places, at most so many."""
    span = max(1.0, high - low)
    step = 1
    for power in range(12):
        found = [factor * 10**power for factor in (1, 2, 5) if span / (factor * 10**power) <= max(1.0, most)]
        if found:
            step = found[0]
            break
    first = math.ceil((low - 0.4) / step) * step
    return [place for place in range(max(0, first), math.ceil(high), step) if low <= place + 0.5 <= high]
