"""A line edit that says in place what is wrong with its text."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QAction, QColor
from PySide6.QtWidgets import QLineEdit, QWidget

from modelpack_gui.ui.look.theme import status_icon, theme
from modelpack_gui.ui.status import Status


class MarkedLine(QLineEdit):
    """A line that can be marked as wrong: text colour, a mark at its end, the reason as tooltip."""

    def __init__(self, accessible_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(accessible_name)
        self.problem = ""
        self._mark: QAction | None = None

    def follow(self, text: str) -> None:
        """Show a text; the cursor stays where it is if that is shown already."""
        if self.text() != text:
            self.setText(text)
            self.setCursorPosition(0)

    def set_problem(self, problem: str) -> None:
        """Mark it as wrong; empty takes the mark away."""
        if problem == self.problem:
            return
        self.problem = problem
        self.setToolTip(problem)
        if problem and self._mark is None:
            self._mark = self.addAction(status_icon(Status.FAILED), QLineEdit.ActionPosition.TrailingPosition)
        elif not problem and self._mark is not None:
            self.removeAction(self._mark)
            self._mark.deleteLater()
            self._mark = None
        self._tint()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            if self._mark is not None:
                self._mark.setIcon(status_icon(Status.FAILED))
            self._tint()

    def _tint(self) -> None:
        color = QColor(theme().colors.failed if self.problem else theme().colors.text)
        palette = self.palette()
        if palette.color(palette.ColorRole.Text) != color:
            palette.setColor(palette.ColorRole.Text, color)
            self.setPalette(palette)
