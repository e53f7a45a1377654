"""A small histogram, painted by itself: it must be light enough to redraw at every selection."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from modelpack_gui.core import figures as fmt
from modelpack_gui.ui.inspection import Histogram
from modelpack_gui.ui.look.theme import GRID, theme

BARS_HEIGHT = 84


class HistogramView(QWidget):
    """Bars of counts over a value axis with its two ends labelled; hovering a bar tells its range and count.

    A click, or Space, makes the heights logarithmic: a weight that is mostly zeros has one bar above all others.

    Attributes:
        is_log: Whether they are.
    """

    def __init__(self, histogram: Histogram, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.histogram = histogram
        self.is_log = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setObjectName("histogram")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        edges = histogram.edges
        self.setAccessibleName("Histogram of the values")
        self.setAccessibleDescription(
            f"{fmt.plural(sum(histogram.counts), 'value')} from {fmt.significant(edges[0])} to"
            f" {fmt.significant(edges[-1])}, {fmt.plural(len(histogram.counts), 'bin')}"
        )

    def sizeHint(self) -> QSize:
        """The bars and one line of labels."""
        return QSize(200, BARS_HEIGHT + GRID + self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        """Narrow panels are fine."""
        return QSize(80, self.sizeHint().height())

    def bar_text(self, bar: int) -> str:
        """What the tooltip of a bar says."""
        histogram = self.histogram
        low, high = histogram.edges[bar], histogram.edges[bar + 1]
        return (
            f"{fmt.significant(low, 4)} to {fmt.significant(high, 4)}\n{fmt.plural(histogram.counts[bar], 'value')}"
        )

    def height_of(self, bar: int) -> float:
        """How high a bar is, 0..1; one value among millions is still to be seen."""
        number, highest = self.histogram.counts[bar], max(self.histogram.counts)
        if not number:
            return 0.0
        return math.log1p(number) / math.log1p(highest) if self.is_log else number / highest

    def toggle_log(self) -> None:
        """Other heights."""
        self.is_log = not self.is_log
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Other heights."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.toggle_log()
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space gives other heights too."""
        if event.key() == Qt.Key.Key_Space:
            self.toggle_log()
        else:
            super().keyPressEvent(event)

    def bar_at(self, x: float) -> int:
        """The bar at a horizontal position; -1 beside the chart."""
        count = len(self.histogram.counts)
        bar = int(x / max(self.width(), 1) * count)
        return bar if 0 <= x < self.width() and 0 <= bar < count else -1

    def event(self, event: QEvent) -> bool:
        """Tell the bar under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            bar = self.bar_at(event.pos().x())
            if bar >= 0:
                QToolTip.showText(event.globalPos(), f"{self.bar_text(bar)}\n{self._offer()}", self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def _offer(self) -> str:
        return f"Click for {'plain' if self.is_log else 'logarithmic'} heights"

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Bars, base line, the ends of the axis, and zero where it lies between them."""
        colors = theme().colors
        counts, edges = self.histogram.counts, self.histogram.edges
        painter = QPainter(self)
        width = self.width() / max(len(counts), 1)
        gap = 1.0 if width >= 4 else 0.0
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.accent))
        for i, number in enumerate(counts):
            if number:
                height = max(1.0, (BARS_HEIGHT - GRID) * self.height_of(i))
                painter.drawRect(QRectF(i * width, BARS_HEIGHT - height, max(width - gap, 1.0), height))
        painter.setPen(QPen(QColor(colors.border), 1))
        painter.drawLine(QPointF(0, BARS_HEIGHT + 0.5), QPointF(self.width(), BARS_HEIGHT + 0.5))
        low, high = edges[0], edges[-1]
        labels = QRectF(0, BARS_HEIGHT + GRID, self.width(), self.fontMetrics().height())
        painter.setPen(QColor(colors.muted))
        painter.drawText(labels, Qt.AlignmentFlag.AlignLeft, fmt.significant(low))
        painter.drawText(labels, Qt.AlignmentFlag.AlignRight, fmt.significant(high))
        if low < 0 < high:
            x = self.width() * -low / (high - low)
            painter.setPen(QPen(QColor(colors.muted), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, 0), QPointF(x, BARS_HEIGHT))
            if 0.25 < x / self.width() < 0.75:
                painter.drawText(labels.translated(x - self.width() / 2, 0), Qt.AlignmentFlag.AlignHCenter, "0")
        if self.is_log:
            painter.setPen(QColor(colors.muted))
            painter.drawText(QRectF(0, 0, self.width(), BARS_HEIGHT), Qt.AlignmentFlag.AlignRight, "log")
        if self.hasFocus():
            painter.setPen(QPen(QColor(colors.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
