"""What is above the canvas: its tool bar and the colours, side by side where there is room."""

from __future__ import annotations

from PySide6.QtCore import QSize, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from modelpack_gui.ui.graph.canvas_pane.bar import CanvasBar
from modelpack_gui.ui.look.theme import SPACING

_COLORS_ROOM = 360
"""Pixels that the colours need beside the tool bar: the choice, a legend that can be read, and the worst nodes."""


class CanvasHead(QWidget):
    """One row on a wide canvas: the graph gets the height of the other."""

    def __init__(self, bar: CanvasBar, colors: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bar = bar
        self._row = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(SPACING // 2)
        self._row.addWidget(bar)
        self._row.addWidget(colors, 1)

    def minimumSizeHint(self) -> QSize:
        """One below the other they need less, and that is what a narrow place gets."""
        return QSize(self._bar.minimumSizeHint().width(), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put them side by side, or one below the other."""
        super().resizeEvent(event)
        needed = self._bar.whole_width
        is_row = self.width() >= needed + _COLORS_ROOM
        wanted = QBoxLayout.Direction.LeftToRight if is_row else QBoxLayout.Direction.TopToBottom
        if is_row:
            self._bar.setFixedWidth(needed + SPACING)
        elif self._row.direction() != wanted:
            self._bar.setMinimumWidth(0)
            self._bar.setMaximumWidth(_UNBOUNDED)
        if self._row.direction() != wanted:
            self._row.setDirection(wanted)
            # What is around it is being laid out just now, and would keep the height of before.
            QTimer.singleShot(0, self, self.updateGeometry)
        self._bar.fit_into(self.width())


_UNBOUNDED = 16777215
"""Qt's QWIDGETSIZE_MAX."""
