"""What a view shows while there is nothing yet: what it is for, and the button that begins."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.widgets.basics import IconLabel, wrapped_label

WIDTH = 420  # pixels: lines of a length that reads well
_NARROWEST = 160


class EmptyState(QWidget):
    """An icon, a few sentences, and what belongs below them, in the middle.

    Attributes:
        problem: Why it cannot begin; hidden while there is no reason.
    """

    def __init__(self, icon_name: str, text: str, *below: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        label = wrapped_label(text, is_muted=True)
        self.problem = wrapped_label("")
        self._sentences = (label, self.problem)
        self.problem.hide()
        for sentences in self._sentences:
            sentences.setAlignment(Qt.AlignmentFlag.AlignCenter)
            sentences.setFixedWidth(WIDTH)
        column = QVBoxLayout(self)
        column.setSpacing(SPACING + 4)
        column.addStretch(2)
        for widget in (IconLabel(icon_name, 48, is_muted=True), label, self.problem, *below):
            line = QHBoxLayout()  # an alignment would take the height for the page's width, and cut the second line
            line.addStretch(1)
            line.addWidget(widget)
            line.addStretch(1)
            column.addLayout(line)
        column.addStretch(3)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Sentences are no wider than a narrow pane."""
        super().resizeEvent(event)
        for sentences in self._sentences:
            sentences.setFixedWidth(min(WIDTH, max(_NARROWEST, event.size().width() - 3 * SPACING)))

    def set_problem(self, problem: str) -> None:
        """Say why it cannot begin; empty says nothing."""
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
