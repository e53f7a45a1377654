"""A row to find with: what is looked for, how often it is there, on and back."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.widgets.basics import IconToolButton


class FindRow(QWidget):
    """Return and Shift+Return (or F3) go on and back, Escape closes it. Hidden until it is opened.

    Attributes:
        field: What is looked for.
        count: Says how often it is there.
    """

    closed = Signal()

    def __init__(self, name: str, placeholder: str, accessible_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"{name}-bar")
        self.field = QLineEdit(placeholderText=placeholder)
        self.field.setAccessibleName(accessible_name)
        self.field.setClearButtonEnabled(True)
        self.field.setObjectName(f"{name}-field")
        self.count = QLabel()
        self.count.setObjectName(f"{name}-count")
        self.count.setProperty("role", "muted")
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
        self.hide()

    def open_search(self) -> None:
        """Show it, ready to type."""
        self.show()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def close_search(self) -> None:
        """Hide it, and what is marked of it."""
        self.hide()
        self.unmark()
        self.closed.emit()

    def unmark(self) -> None:
        """Nothing is found any more."""
        raise NotImplementedError

    def step(self, direction: int) -> None:
        """Go to the next place (1), or to the one before (-1)."""
        raise NotImplementedError

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
