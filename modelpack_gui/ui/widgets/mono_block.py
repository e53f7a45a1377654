"""Output of a tool: monospace, selectable, as high as its text up to a limit, then it scrolls."""

from __future__ import annotations

import math

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetricsF, QResizeEvent, QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QWidget

from modelpack_gui.ui.look.theme import mono_font


class MonoBlock(QPlainTextEdit):
    """Read-only text that never makes the page wider, nor higher than `max_lines`."""

    def __init__(self, text: str = "", max_lines: int = 16, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._max_lines = max_lines
        self.setReadOnly(True)
        self.setFont(mono_font())
        self.setTabChangesFocus(True)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.document().documentLayout().documentSizeChanged.connect(lambda _size: self.updateGeometry())
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Show another text."""
        self.setPlainText(text)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """As high as the wrapped lines, up to the limit."""
        lines = max(1, min(round(self.document().size().height()), self._max_lines))
        around = 2 * (self.frameWidth() + self.document().documentMargin())
        return QSize(120, math.ceil(lines * self._line_height() + around) + 1)

    def _line_height(self) -> float:
        """As laid out: a font's line spacing is rounded up for each line."""
        first = self.document().firstBlock()
        drawn = first.layout().lineCount()
        if not drawn:
            return math.ceil(QFontMetricsF(self.font()).lineSpacing())
        return float(self.blockBoundingRect(first).height() / drawn)

    def minimumSizeHint(self) -> QSize:
        """It is never lower than its hint."""
        return QSize(40, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Other wrapping, other height."""
        super().resizeEvent(event)
        self.updateGeometry()
