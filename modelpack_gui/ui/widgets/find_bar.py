"""Searching in a text: what to find, how often it is there, back and forth."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from modelpack_gui.ui.theme import SPACING
from modelpack_gui.ui.widgets.basics import IconToolButton
from modelpack_gui.ui.widgets.source_editor import SourceEditor, find_all

_LIMIT = 2000


class FindBar(QWidget):
    """Finds in a SourceEditor as you type. Return and Shift+Return go on and back, Escape closes it."""

    closed = Signal()

    def __init__(self, editor: SourceEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("find-bar")
        self._editor = editor
        self._matches: list[QTextCursor] = []
        self.field = QLineEdit(placeholderText="Find")
        self.field.setAccessibleName("Find in the source code")
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._on_text_changed)
        self.count = QLabel()
        self.count.setProperty("role", "muted")
        self.count.setObjectName("find-count")
        back = IconToolButton("Previous match (Shift+Return)", "chevron-up")
        back.clicked.connect(lambda: self.step(-1))
        on = IconToolButton("Next match (Return)", "chevron-down")
        on.clicked.connect(lambda: self.step(1))
        close = IconToolButton("Close the search (Escape)", "close")
        close.clicked.connect(self.close_search)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING)
        row.addWidget(self.field, 1)
        row.addWidget(self.count)
        for button in (back, on, close):
            row.addWidget(button)
        self.hide()

    def open_search(self) -> None:
        """Show it with what is selected, ready to type."""
        chosen = self._editor.textCursor().selectedText()
        self.show()
        if chosen and "\u2029" not in chosen:  # Qt's end of a line
            self.field.setText(chosen)
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()
        self.search_again()

    def close_search(self) -> None:
        """Hide it, and the highlights with it."""
        self.hide()
        self._show(())
        self.closed.emit()

    def search_again(self) -> None:
        """Find anew in another text; the caret stays."""
        if self.isVisible():
            self._show(find_all(self._editor, self.field.text(), _LIMIT))

    def step(self, direction: int) -> None:
        """Select the next match, or the one before; from the end it begins anew."""
        if not self._matches:
            return
        caret = self._editor.textCursor()
        if direction > 0:
            later = [one for one in self._matches if one.selectionStart() >= caret.selectionEnd()]
            self._select(later[0] if later else self._matches[0])
        else:
            earlier = [one for one in self._matches if one.selectionEnd() <= caret.selectionStart()]
            self._select(earlier[-1] if earlier else self._matches[-1])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return, Shift+Return."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
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

    def _on_text_changed(self, text: str) -> None:
        self._show(find_all(self._editor, text, _LIMIT))
        here = self._editor.textCursor().selectionStart()
        ahead = [one for one in self._matches if one.selectionStart() >= here]
        if self._matches:
            self._select(ahead[0] if ahead else self._matches[0])

    def _select(self, match: QTextCursor) -> None:
        self._editor.setTextCursor(match)
        self._editor.centerCursor()
        place = self._matches.index(match) + 1
        more = "+" if len(self._matches) == _LIMIT else ""
        self.count.setText(f"{place} of {len(self._matches)}{more}")

    def _show(self, matches: Sequence[QTextCursor]) -> None:
        self._matches = list(matches)
        self._editor.set_matches(self._matches)
        found = f"{len(matches)} found" if matches else "not found"
        self.count.setText(found if self.field.text() else "")
