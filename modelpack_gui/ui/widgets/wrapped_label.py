"""Plain text over as many lines as it needs, long paths included."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLabel, QMenu, QWidget

from modelpack_gui.ui.look.theme import icon

_BREAK = "\u200b"  # zero-width space: QLabel wraps at it
_LONG_WORD = re.compile(r"\S{41,}")
_PIECE = re.compile(r"[^/\\_.,:;\-]{24}|[^/\\_.,:;\-]{0,23}[/\\_.,:;\-]")


class WrappedLabel(QLabel):
    """A QLabel takes the width of its longest word; here a long one may break after any part of it.

    What is read or copied from it has no trace of that.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show another text."""
        self._whole = text
        super().setText(_LONG_WORD.sub(lambda word: _PIECE.sub(rf"\g<0>{_BREAK}", word.group()), text))

    def text(self) -> str:
        """What was set."""
        return self._whole

    def copy(self) -> None:
        """Put the selected text on the clipboard, or all of it."""
        QGuiApplication.clipboard().setText(self.selectedText().replace(_BREAK, "") or self._whole)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+C."""
        if event.matches(QKeySequence.StandardKey.Copy) and self.hasSelectedText():
            self.copy()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Copy, where text can be selected."""
        if not self.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse:
            event.ignore()
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(icon("copy"), "Copy").triggered.connect(self.copy)
        menu.popup(event.globalPos())
