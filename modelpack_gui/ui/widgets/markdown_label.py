"""Markdown over as many lines as it needs."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QLabel, QWidget


class MarkdownLabel(QLabel):
    """For texts that ship with a library, such as the documentation of an operator; a file's own text is plain.

    Attributes:
        source: The Markdown.
    """

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source = text
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setOpenExternalLinks(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.LinksAccessibleByMouse
        )
        self.setText(html_of(text))


def html_of(text: str) -> str:
    """Markdown without the HTML that may be in it: `Tensor<T>` is a type and no tag."""
    document = QTextDocument()
    features = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML
    document.setMarkdown(text, features)
    return document.toHtml()
