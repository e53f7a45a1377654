"""Colours Python in a text document."""

from __future__ import annotations

from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.models.code_spans import Span, Style, code_spans


class CodeHighlighter(QSyntaxHighlighter):
    """For documents that are only ever replaced as a whole, by `set_code`: a text is read once, not per line."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._lines: list[list[Span]] = []
        self._formats = _formats()

    def set_code(self, text: str) -> None:
        """Put a text into the document, coloured."""
        self._lines = code_spans(text)
        self.document().setPlainText(text)

    def follow_theme(self) -> None:
        """Take the colours of the theme."""
        self._formats = _formats()
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:  # noqa: ARG002 (Qt's signature; the pieces are known)
        """Colour one line."""
        number = self.currentBlock().blockNumber()
        for start, length, style in self._lines[number] if number < len(self._lines) else ():
            self.setFormat(start, length, self._formats[style])


def _formats() -> dict[Style, QTextCharFormat]:
    colors = theme().colors
    return {
        Style.KEYWORD: _format(colors.accent),
        Style.BUILTIN: _format(colors.stale),
        Style.DEFINED: _format(colors.text, is_strong=True),
        Style.DECORATOR: _format(colors.warning),
        Style.STRING: _format(colors.passed),
        Style.DOCSTRING: _format(colors.passed, is_italic=True),
        Style.NUMBER: _format(colors.stale),
        Style.COMMENT: _format(colors.muted, is_italic=True),
    }


def _format(color: str, *, is_italic: bool = False, is_strong: bool = False) -> QTextCharFormat:
    made = QTextCharFormat()
    made.setForeground(QColor(color))
    made.setFontItalic(is_italic)
    if is_strong:
        made.setFontWeight(QFont.Weight.DemiBold)
    return made
