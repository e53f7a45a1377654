"""One strip for each runner, as long as its run: what takes how much of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from modelpack_gui.core.figures import microseconds, percent
from modelpack_gui.ui.look.color_scale import readable_on
from modelpack_gui.ui.look.colors import VIRIDIS
from modelpack_gui.ui.look.theme import GRID, SPACING, theme

_BAR_HEIGHT = 26
_LEAST_WIDTH = 1.0  # pixels
_TEXT_MARGIN = 6
_PLAIN = {"between the operators"}


@dataclass(frozen=True)
class StripItem:
    """One piece of a strip."""

    title: str
    us: float


@dataclass(frozen=True)
class Strip:
    """A runner's strip, its pieces in the order they are drawn."""

    title: str
    items: tuple[StripItem, ...]

    @property
    def us(self) -> float:
        """All pieces together."""
        return sum(item.us for item in self.items)


class ShareStrips(QWidget):
    """Draws strips one below the other on one scale. The same piece has the same colour in all of them."""

    piece_chosen = Signal(str)  # title of a piece that was clicked

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("share-strips")
        self.setAccessibleName("Shares of the time")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self._strips: tuple[Strip, ...] = ()
        self._colors: dict[str, QColor] = {}
        self._chosen = ""

    def show_strips(self, strips: Sequence[Strip]) -> None:
        """Draw other strips."""
        self._strips = tuple(strips)
        totals: dict[str, float] = {}
        for strip in strips:
            for item in strip.items:
                totals[item.title] = totals.get(item.title, 0.0) + item.us
        ranked = [title for title in sorted(totals, key=lambda title: -totals[title]) if title not in _PLAIN]
        last = len(VIRIDIS) - 1
        places = {
            title: min(last, 1 + round(rank * (last - 1) / max(6, len(ranked) - 1)))
            for rank, title in enumerate(ranked)
        }
        self._colors = {title: QColor(VIRIDIS[place]) for title, place in places.items()}
        described = (
            f"{strip.title}: " + ", ".join(f"{item.title} {percent(item.us / strip.us)}" for item in strip.items)
            for strip in strips
            if strip.us > 0.0
        )
        self.setAccessibleDescription("; ".join(described))
        self.updateGeometry()
        self.update()

    def mark(self, title: str) -> None:
        """Mark a piece; an empty title marks none."""
        self._chosen = title
        self.update()

    def sizeHint(self) -> QSize:
        """A line of text and a bar for each strip."""
        return QSize(300, max(1, len(self._strips)) * self._line_height())

    def minimumSizeHint(self) -> QSize:
        """As high as that."""
        return QSize(120, self.sizeHint().height())

    def pieces(self) -> list[tuple[QRectF, Strip, StripItem]]:
        """Where each piece is drawn."""
        longest = max((strip.us for strip in self._strips), default=0.0)
        if longest <= 0.0:
            return []
        found = []
        for number, strip in enumerate(self._strips):
            left = 0.0
            top = number * self._line_height() + self.fontMetrics().height() + GRID // 2
            for item in strip.items:
                width = max(_LEAST_WIDTH, item.us / longest * self.width())
                found.append((QRectF(left, top, width, _BAR_HEIGHT), strip, item))
                left += item.us / longest * self.width()
        return found

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw all of it."""
        painter = QPainter(self)
        colors = theme().colors
        for number, strip in enumerate(self._strips):
            line = QRectF(0.0, number * self._line_height(), self.width(), self.fontMetrics().height())
            time = microseconds(strip.us)
            painter.setPen(QColor(colors.text))
            title = self.fontMetrics().elidedText(strip.title, Qt.TextElideMode.ElideRight, int(line.width()) - 90)
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft, title)
            painter.setPen(QColor(colors.muted))
            painter.drawText(line, Qt.AlignmentFlag.AlignRight, time)
        for place, strip, item in self.pieces():
            is_plain = item.title in _PLAIN
            color = QColor(colors.border) if is_plain else self._colors[item.title]
            painter.fillRect(place.adjusted(0.0, 0.0, -1.0 if place.width() > 3 else 0.0, 0.0), color)
            if item.title == self._chosen:
                painter.setPen(QColor(colors.text))
                painter.drawRect(place.adjusted(0.5, 0.5, -1.5, -0.5))
            self._draw_text(painter, place, f"{item.title}  {percent(item.us / strip.us)}", item.title, color)
        painter.end()

    def _draw_text(self, painter: QPainter, place: QRectF, long: str, short: str, color: QColor) -> None:
        room = place.width() - 2 * _TEXT_MARGIN
        text = next((one for one in (long, short) if self.fontMetrics().horizontalAdvance(one) <= room), "")
        if text:
            painter.setPen(readable_on(color))
            inside = place.adjusted(_TEXT_MARGIN, 0.0, -_TEXT_MARGIN, 0.0)
            painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)

    def event(self, event: QEvent) -> bool:
        """The tooltip of the piece below the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self._at(event.pos())
            if found is None:
                QToolTip.hideText()
            else:
                strip, item = found
                share = percent(item.us / strip.us)
                QToolTip.showText(
                    event.globalPos(), f"{item.title}: {microseconds(item.us)}, {share} of {strip.title}"
                )
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a piece."""
        found = self._at(event.position().toPoint())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self.piece_chosen.emit(found[1].title)

    def _at(self, point: QPoint) -> tuple[Strip, StripItem] | None:
        hits = [(strip, item) for place, strip, item in self.pieces() if place.contains(point)]
        return hits[-1] if hits else None

    def _line_height(self) -> int:
        return self.fontMetrics().height() + _BAR_HEIGHT + SPACING
