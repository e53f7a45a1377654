"""Searching in a text: what to find, how often it is there, back and forth."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QWidget

from modelpack_gui.ui.widgets.code.source_editor import SourceEditor, find_all
from modelpack_gui.ui.widgets.find_row import FindRow

_LIMIT = 2000


class FindBar(FindRow):
    """Finds in a SourceEditor as you type."""

    def __init__(self, editor: SourceEditor, parent: QWidget | None = None) -> None:
        super().__init__("find", "Find", "Find in the source code", parent)
        self._editor = editor
        self._matches: list[QTextCursor] = []
        self.field.textChanged.connect(self._on_text_changed)

    def open_search(self) -> None:
        """Show it with what is selected, ready to type."""
        chosen = self._editor.textCursor().selectedText()
        if chosen and "\u2029" not in chosen:  # Qt's end of a line
            self.field.setText(chosen)
        super().open_search()
        self.search_again()

    def unmark(self) -> None:
        """The highlights go."""
        self._show(())

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
