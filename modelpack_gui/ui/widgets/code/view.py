"""Python source to read and copy, coloured by the theme."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QPlainTextEdit, QWidget

from modelpack_gui.ui.look.theme import GRID, mono_font
from modelpack_gui.ui.widgets.basics import IconToolButton
from modelpack_gui.ui.widgets.code.highlighter import CodeHighlighter


class CodeView(QWidget):
    """Read-only text with a copy button in its corner."""

    def __init__(self, accessible_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.editor = QPlainTextEdit()
        self.editor.setReadOnly(True)
        self.editor.setAccessibleName(accessible_name)
        self.editor.setFont(mono_font())
        self.editor.setTabChangesFocus(True)
        self.editor.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        flags = Qt.TextInteractionFlag
        self.editor.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
        self._highlighter = CodeHighlighter(self.editor.document())
        copy = IconToolButton("Copy the code", "copy")
        copy.setObjectName("copy-code")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text))
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(self.editor, 0, 0)
        corner = QWidget()
        corner_grid = QGridLayout(corner)
        corner_grid.setContentsMargins(0, GRID, GRID + 14, 0)
        corner_grid.addWidget(copy)
        grid.addWidget(corner, 0, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)
        self.setFocusProxy(self.editor)

    @property
    def text(self) -> str:
        """What is shown."""
        return self.editor.toPlainText()

    def set_text(self, text: str) -> None:
        """Show another text; the scroll position stays."""
        if text == self.text:
            return
        bar, side = self.editor.verticalScrollBar(), self.editor.horizontalScrollBar()
        place, across = bar.value(), side.value()
        self._highlighter.set_code(text)
        bar.setValue(place)
        side.setValue(across)

    def fit_lines(self, limit: int) -> None:
        """Be as high as the text, up to some lines."""
        lines = min(self.text.count("\n") + 2, limit)
        self.editor.setFixedHeight(lines * self.editor.fontMetrics().lineSpacing() + 24)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._highlighter.follow_theme()
