"""What is under the pointer, for all that a chart shows, in a card beside the pointer."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.widgets.charts.legend import LegendItem, draw_swatch

_PADDING = 8
_GAP = 14
_SWATCH = 14
_AWAY = 16
_MOST = 12
_WIDEST_TITLE = 240


@dataclass(frozen=True)
class Readout:
    """A small table.

    Attributes:
        head: What the place is.
        columns: Titles of the figures.
        rows: What each belongs to, and its figures.
    """

    head: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[LegendItem | None, tuple[str, ...]], ...] = ()


class ReadoutCard(QWidget):
    """Draws a Readout over the window of a chart, which may be lower than the card; the pointer goes through it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._chart = parent
        parent.destroyed.connect(self.deleteLater)  # it moves to the window
        self.setObjectName("chart-readout")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.readout = Readout("")
        self._widths: tuple[int, ...] = ()
        self.hide()

    def show_at(self, readout: Readout, place: QPoint) -> None:
        """Show it beside a place of the chart: on the chart as far as it fits there, and always whole."""
        window = self._chart.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        if readout != self.readout or not self.isVisible():
            self.readout = readout
            self.resize(self._measured())
            self.update()
        area = QRect(self._chart.mapTo(window, QPoint()), self._chart.size())
        place = self._chart.mapTo(window, place)
        x = place.x() + _AWAY
        if x + self.width() > area.right():
            x = place.x() - _AWAY - self.width()
        y = min(max(area.top(), place.y() - self.height() // 2), max(area.top(), area.bottom() - self.height()))
        y = max(window.rect().top(), min(y, window.rect().bottom() - self.height()))
        self.move(max(area.left(), x), y)
        self.show()
        self.raise_()

    def _measured(self) -> QSize:
        readout, metrics = self.readout, self.fontMetrics()
        rows = readout.rows[:_MOST]
        names = [metrics.horizontalAdvance(item.title) for item, _ in rows if item is not None]
        first = min(max(names, default=0), _WIDEST_TITLE) + _SWATCH + 6 if names else 0
        cells = [readout.columns, *(figures for _, figures in rows)]
        self._widths = (
            first,
            *(
                max(metrics.horizontalAdvance(row[i]) for row in cells if i < len(row))
                for i in range(len(readout.columns))
            ),
        )
        head = QFontMetrics(self._bold()).horizontalAdvance(readout.head) + 2
        inner = max(sum(self._widths) + _GAP * len(readout.columns), head)
        lines = 1 + len(rows) + any(readout.columns) + (len(readout.rows) > _MOST)
        return QSize(inner + 2 * _PADDING, lines * self._line() + 2 * _PADDING - 4)

    def _bold(self) -> QFont:
        font = QFont(self.font())
        font.setBold(True)
        return font

    def _line(self) -> int:
        return self.fontMetrics().height() + 3

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Head, titles, rows."""
        colors, readout, line = theme().colors, self.readout, self._line()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colors.border), 1))
        painter.setBrush(QColor(colors.window))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        y = _PADDING - 2
        painter.setFont(self._bold())
        painter.setPen(QColor(colors.text))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRect(_PADDING, y, self.width() - _PADDING, line), left, readout.head)
        painter.setFont(self.font())
        y += line
        if any(readout.columns):
            self._figures(painter, readout.columns, y, colors.muted)
            y += line
        for item, figures in readout.rows[:_MOST]:
            if item is not None:
                draw_swatch(painter, QRectF(_PADDING, y + line / 2 - 5, _SWATCH, 10), item)
                start = _PADDING + _SWATCH + 6
                room = self._widths[0] - _SWATCH - 6
                text = self.fontMetrics().elidedText(item.title, Qt.TextElideMode.ElideMiddle, room + 1)
                painter.setPen(QColor(colors.text))
                painter.drawText(QRect(start, y, room + 1, line), left, text)
            self._figures(painter, figures, y, colors.text)
            y += line
        if len(readout.rows) > _MOST:
            painter.setPen(QColor(colors.muted))
            more = f"and {len(readout.rows) - _MOST} more"
            painter.drawText(QRect(_PADDING, y, self.width() - _PADDING, line), left, more)
        painter.end()

    def _figures(self, painter: QPainter, figures: tuple[str, ...], y: int, color: str) -> None:
        painter.setPen(QColor(color))
        x = _PADDING + self._widths[0]
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for width, text in zip(self._widths[1:], figures, strict=False):
            painter.drawText(QRect(x + _GAP, y, width, self._line()), right, text)
            x += _GAP + width
