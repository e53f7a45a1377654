"""The tool bar of the canvas: flat buttons in one line, fewer of them where there is no room for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QMenu, QSpinBox, QToolButton, QWidget

from modelpack_gui.ui.graph.canvas_pane.commands import CanvasCommands
from modelpack_gui.ui.look.theme import GRID
from modelpack_gui.ui.widgets.basics import ActionButton, IconToolButton
from modelpack_gui.ui.widgets.flow_layout import FlowLayout

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.canvas_pane.pane import CanvasPane


_SPIN_ROOM = 36
"""Pixels of a spin box that are not text."""


class _LevelSpin(QSpinBox):
    """Gives the keys back to the canvas once a click or Return has set it; who steps by keys keeps them."""

    set_once = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.lineEdit().setTextMargins(GRID, 0, 0, 0)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """An arrow was clicked: the text is a widget of its own."""
        super().mouseReleaseEvent(event)
        self.set_once.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return sets it."""
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.set_once.emit()


class PictureButton(IconToolButton):
    """Opens the menu of pictures; dragged, it gives a picture to another window."""

    dragged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Save a picture, or drag one out from here", "image", parent)
        self._pressed: QPointF | None = None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click opens the menu, but only once it is sure that it is one."""
        self._pressed = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag."""
        if self._pressed is not None:
            moved = (event.position() - self._pressed).manhattanLength()
            if moved >= QApplication.startDragDistance():
                self._pressed = None
                self.dragged.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Open the menu."""
        if self._pressed is not None and event.button() == Qt.MouseButton.LeftButton:
            self._pressed = None
            self.showMenu()


class CanvasBar(QWidget):
    """Buttons for what is done most; the rest is in the menus behind them, and all of it in the window's menu."""

    def __init__(self, pane: CanvasPane, commands: CanvasCommands) -> None:
        super().__init__(pane)
        self.setObjectName("canvas-bar")
        row = FlowLayout(self, gap=0)
        find = IconToolButton("Find (Ctrl+F)", "search")
        find.clicked.connect(pane.show_find)
        row.addWidget(find)
        self.level = _LevelSpin()
        self.level.setObjectName("canvas-level")
        self.level.setPrefix("Level ")
        self.level.setMinimum(1)
        self.level.setToolTip("Open all groups down to this level")
        self.level.setAccessibleName("Open groups down to level")
        self.level.setKeyboardTracking(False)
        self.level.setFixedWidth(self.fontMetrics().horizontalAdvance("Level 10") + _SPIN_ROOM)
        self.level.valueChanged.connect(pane.scenes.open_to_level)
        self.level.set_once.connect(lambda: pane.canvas.setFocus(Qt.FocusReason.OtherFocusReason))
        row.addWidget(self.level)
        self.zoom = QToolButton()
        self.zoom.setAutoRaise(True)
        self.zoom.setObjectName("canvas-zoom")
        self.zoom.setToolTip("Zoom: click for 100 % (Shift+Backspace)")
        self.zoom.clicked.connect(commands.actual.trigger)
        self.zoom.setMinimumWidth(self.fontMetrics().horizontalAdvance("100 %") + 14)
        self.show_zoom(1.0)
        smaller, larger = ActionButton(commands.zoom_out), ActionButton(commands.zoom_in)
        fit_selection = ActionButton(commands.fit_selection)
        for widget in (smaller, self.zoom, larger, ActionButton(commands.fit), fit_selection):
            row.addWidget(widget)
        view = IconToolButton("What is shown: attributes, weights, names, clutter", "eye")
        self._give_menu(view, commands.view_menu(self))
        row.addWidget(view)
        self.trace = ActionButton(commands.trace)
        self.trace.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.trace.setMenu(pane.reach.trace_menu(self))
        row.addWidget(self.trace)
        self.around = ActionButton(commands.around)
        self.around.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.around.setMenu(pane.reach.around_menu(self))
        row.addWidget(self.around)
        self.picture = PictureButton()
        self.picture.setObjectName("canvas-picture")
        self._give_menu(self.picture, commands.picture_menu(self))
        self.picture.dragged.connect(pane.pictures.drag)
        row.addWidget(self.picture)
        self._spared: Sequence[QWidget] = (larger, smaller, self.zoom, fit_selection, self.picture)

    @property
    def whole_width(self) -> int:
        """Pixels that all buttons take in one line."""
        row = self.layout()
        items = [row.itemAt(place) for place in range(row.count())] if row is not None else []
        return sum(widget.sizeHint().width() for item in items if item and (widget := item.widget()) is not None)

    def fit_into(self, width: int) -> None:
        """Leave out what the wheel and keys do too, as much as one line of a width needs."""
        needed = self.whole_width
        for widget in self._spared:
            widget.setVisible(needed <= width)
            if needed > width:
                needed -= widget.sizeHint().width()

    def show_level(self, level: int, deepest: int) -> None:
        """Show the level that is open, without calling it the user's choice."""
        self.level.blockSignals(True)
        self.level.setMaximum(deepest)
        self.level.setValue(min(level, deepest))
        self.level.setEnabled(deepest > 1)
        self.level.blockSignals(False)

    def show_zoom(self, zoom: float) -> None:
        """Show how large the graph is drawn."""
        percent = 100.0 * zoom
        self.zoom.setText(f"{percent:.0f} %" if percent >= 1 else f"{percent:.1f} %")

    def _give_menu(self, button: QToolButton, menu: QMenu) -> None:
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(menu)
