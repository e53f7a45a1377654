"""The memory of tensors over the run, node by node, as a small curve that leads to the nodes."""

from __future__ import annotations

import bisect
from array import array
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from modelpack_gui.core.figures import percent, size
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.plain_text import plain_tooltip

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_HEIGHT = 36
_MARGIN = 3
_FILL_ALPHA = 70  # of 255


class MemoryStrip(QWidget):
    """From the first node on the left to the last on the right; a click chooses the highest node of that place."""

    node_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("memory-strip")
        self.setAccessibleName("Memory of tensors while the nodes run, in their order")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._nodes: Sequence[int] = ()
        self._title: Callable[[int], str] = str
        self._live: npt.NDArray[np.float64] | None = None
        self._place = -1  # of the selected node

    def show_run(self, nodes: Sequence[int], title: Callable[[int], str], live: array[float]) -> None:
        """Show another run.

        Args:
            nodes: Numbers of the nodes in the order that they run in.
            title: Of a node, by its number.
            live: Bytes by number of node.
        """
        import numpy as np

        self._nodes, self._title, self._place = nodes, title, -1
        self._live = np.frombuffer(live, np.float64)[np.asarray(nodes, np.int64)] if len(nodes) else None
        self.update()

    @property
    def is_worth_it(self) -> bool:
        """Whether there is anything to see: more than two nodes, of which one takes memory."""
        return self._live is not None and len(self._live) > 2 and float(self._live.max()) > 0

    def mark(self, node: int) -> None:
        """Mark a node; one that is not in the main graph marks nothing."""
        place = bisect.bisect_left(self._nodes, node)
        self._place = place if place < len(self._nodes) and self._nodes[place] == node else -1
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(160, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """A few pixels for each of some nodes."""
        return QSize(80, _HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """An area under the highest value of each pixel, the peak, and the selected node."""
        if not self.is_worth_it or self._live is None:
            return
        colors = theme().colors
        room = self._room()
        tops = self._tops(max(2, int(room.width())))
        highest = float(self._live.max())
        step = room.width() / (len(tops) - 1)
        points = [
            QPointF(room.left() + i * step, room.bottom() - room.height() * float(value) / highest)
            for i, value in enumerate(tops)
        ]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill = QColor(colors.accent)
        fill.setAlpha(_FILL_ALPHA)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawPolygon(QPolygonF([*points, room.bottomRight(), room.bottomLeft()]))
        painter.setPen(QPen(QColor(colors.accent), 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))
        if self._place >= 0:
            x = self._x(self._place, room)
            painter.setPen(QPen(QColor(colors.text), 1.0))
            painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()))
        peak = QPointF(self._x(int(self._live.argmax()), room), room.top())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.accent))
        painter.drawEllipse(peak, 2.5, 2.5)
        if self.hasFocus():
            painter.setPen(QPen(QColor(colors.accent), 1.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the node below the pointer."""
        if event.button() == Qt.MouseButton.LeftButton and self.is_worth_it:
            self._choose(self._place_at(event.position().toPoint()))
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right go from node to node."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if step and self.is_worth_it:
            self._choose(min(max(0, self._place + step), len(self._nodes) - 1))
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """The node below the pointer, and what is there while it runs."""
        if isinstance(event, QHelpEvent) and self._live is not None and self.is_worth_it:
            place = self._place_at(event.pos())
            value, highest = float(self._live[place]), float(self._live.max())
            share = percent(value / highest)
            text = f"{self._title(self._nodes[place])}: {size(int(value))} of tensors, {share} of the peak"
            QToolTip.showText(event.globalPos(), plain_tooltip(text), self)
            return True
        return super().event(event)

    def _choose(self, place: int) -> None:
        self._place = place
        self.update()
        self.node_chosen.emit(self._nodes[place])

    def _room(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)

    def _x(self, place: int, room: QRectF) -> float:
        return room.left() + room.width() * (place + 0.5) / len(self._nodes)

    def _tops(self, pixels: int) -> npt.NDArray[np.float64]:
        """The highest value of each pixel."""
        import numpy as np

        assert self._live is not None
        starts = np.arange(pixels, dtype=np.int64) * len(self._live) // pixels
        return np.asarray(np.maximum.reduceat(self._live, starts), np.float64)

    def _place_at(self, point: QPoint) -> int:
        """The highest of the nodes that a pixel stands for."""
        assert self._live is not None
        room = self._room()
        count = len(self._live)
        share = min(max((point.x() - room.left()) / room.width(), 0.0), 1.0)
        first = min(int(share * count), count - 1)
        last = min(first + max(1, int(count / room.width())), count)
        return first + int(self._live[first:last].argmax())
