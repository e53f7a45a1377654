"""A small histogram, painted by itself: it must be light enough to redraw at every selection."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from modelpack_gui.core import figures as fmt
from modelpack_gui.ui.inspection import Histogram
from modelpack_gui.ui.theme import GRID, theme

BARS_HEIGHT = 84


class HistogramView(QWidget):
    """Bars of counts over a value axis with its two ends labelled; hovering a bar tells its range and count."""

    def __init__(self, histogram: Histogram, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.histogram = histogram
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
                QToolTip.showText(event.globalPos(), self.bar_text(bar), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Bars, base line, the ends of the axis, and zero where it lies between them."""
        colors = theme().colors
        counts, edges = self.histogram.counts, self.histogram.edges
        painter = QPainter(self)
        highest = max(counts, default=0)
        width = self.width() / max(len(counts), 1)
        gap = 1.0 if width >= 4 else 0.0
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.accent))
        for i, number in enumerate(counts):
            if number:  # one value among millions is still to be seen
                height = max(1.0, (BARS_HEIGHT - GRID) * number / highest)
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
        painter.end()
