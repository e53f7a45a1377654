"""Markdown over as many lines as it needs."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent, QTextCursor, QTextDocument, QTextOption, QWheelEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

_FEATURES = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML
"""Without HTML: `Tensor<T>` is a type and no tag."""


class MarkdownLabel(QTextBrowser):
    """As high as its text, and never wider than it is given room: a long word breaks anywhere.

    For texts that ship with a library, such as the documentation of an operator; a file's own text is plain.

    Attributes:
        source_text: The Markdown.
    """

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source_text = text
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet("background: transparent; border: none; padding: 0;")
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setOpenExternalLinks(True)
        self.document().setDocumentMargin(0)
        self._read()
        self.document().documentLayout().documentSizeChanged.connect(lambda _size: self.updateGeometry())

    def sizeHint(self) -> QSize:
        """As high as the wrapped lines."""
        return QSize(120, math.ceil(self.document().size().height()) + 1)

    def minimumSizeHint(self) -> QSize:
        """It is never lower than its hint."""
        return QSize(40, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Other wrapping, other height."""
        super().resizeEvent(event)
        self.updateGeometry()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme: the colour of links is set when the text is read."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._read()

    def _read(self) -> None:
        document = self.document()
        document.setMarkdown(self.source_text, _FEATURES)
        block = document.firstBlock()
        while block.isValid():  # code wraps too: there is no way to scroll to what would be cut
            layout = block.blockFormat()
            layout.setNonBreakableLines(False)
            QTextCursor(block).setBlockFormat(layout)
            block = block.next()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The page scrolls, not this."""
        event.ignore()
