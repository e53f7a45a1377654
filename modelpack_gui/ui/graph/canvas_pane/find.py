"""Finds nodes on the canvas as you type: names, op types, tensors and attributes, in the language of the table."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from modelpack_gui.core.graph.query import parse
from modelpack_gui.ui.graph.state import GraphState
from modelpack_gui.ui.theme import SPACING
from modelpack_gui.ui.widgets.basics import IconToolButton

_READY_MS = 50
"""How soon it is tried again while the texts of a graph that was just read are being prepared."""


class CanvasFind(QWidget):
    """Return and Shift+Return (or F3) go on and back, Escape closes it.

    Attributes:
        found: The nodes, in order.
    """

    found_changed = Signal()  # others are found
    step_wanted = Signal(int)  # a node that is to be shown and selected
    closed = Signal()

    def __init__(self, state: GraphState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("canvas-find")
        self._state = state
        self.found: Sequence[int] = ()
        self._at = -1  # place in `found`
        self.field = QLineEdit(placeholderText="Find: name, op:Conv, shape:?x3x, attr:group>1")
        self.field.setAccessibleName("Find in the graph")
        self.field.setClearButtonEnabled(True)
        self.field.setObjectName("canvas-find-field")
        self.field.setToolTip(
            "Words in names, op types, tensors and attributes; or a field: op: name: module: in: out: dtype: domain: "
            "source: shape:?x3x attr:group>1. A minus before a term leaves its nodes out."
        )
        self.field.textChanged.connect(self.search)
        self.count = QLabel()
        self.count.setObjectName("canvas-find-count")
        self.count.setProperty("role", "muted")
        self._again = QTimer(self, singleShot=True, interval=_READY_MS)
        self._again.timeout.connect(self.search)
        back = IconToolButton("Previous (Shift+Return)", "chevron-up")
        back.clicked.connect(lambda: self.step(-1))
        on = IconToolButton("Next (Return)", "chevron-down")
        on.clicked.connect(lambda: self.step(1))
        close = IconToolButton("Close the search (Escape)", "close")
        close.clicked.connect(self.close_search)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING // 2)
        row.addWidget(self.field, 1)
        row.addWidget(self.count)
        for button in (back, on, close):
            row.addWidget(button)
        state.changed.connect(self.search)
        self.hide()

    def open_search(self) -> None:
        """Show it, ready to type."""
        self.show()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()
        self.search()

    def close_search(self) -> None:
        """Hide it, and what is marked of it."""
        self.hide()
        self._put(())
        self.closed.emit()

    def search(self) -> None:
        """Find what the field says."""
        query, search = parse(self.field.text()), self._state.search
        if not self.isVisible() or not query or search is None:
            self._put(())
        elif not search.is_ready:
            self._again.start()
        else:
            self._put(search.nodes(query))

    @property
    def current(self) -> int:
        """The node that the search is at; -1 before the first step."""
        return self.found[self._at] if 0 <= self._at < len(self.found) else -1

    def step(self, direction: int) -> None:
        """Go to the next one, or to the one before; from the end it begins anew."""
        if self._again.isActive():
            self._again.stop()
            self.search()
        if not self.found:
            return
        if self._at < 0 and direction < 0:
            self._at = 0
        self._at = (self._at + direction) % len(self.found)
        self._tell()
        self.step_wanted.emit(self.current)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return, Shift+Return, Escape."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F3):
            self.step(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        elif event.key() == Qt.Key.Key_Escape:
            self.close_search()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Escape is ours while the field has the focus, not the window's command."""
        is_override = event.type() == QEvent.Type.ShortcutOverride
        if is_override and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def _put(self, found: Sequence[int]) -> None:
        is_other = found != self.found
        self.found = found
        if is_other:
            self._at = -1
        self._tell()
        if is_other:
            self.found_changed.emit()

    def _tell(self) -> None:
        text = ""
        if self.found:
            text = f"{self._at + 1:,} of {len(self.found):,}" if self._at >= 0 else f"{len(self.found):,} found"
        elif self.isVisible() and parse(self.field.text()):
            text = "not found"
        self.count.setText(text)
