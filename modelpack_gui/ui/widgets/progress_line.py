"""How far a job is: a bar, and below it what is being done."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.widgets.basics import ElidedLabel

_STEPS = 1000


class ProgressLine(QWidget):
    """Hidden while nothing runs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self._message = ElidedLabel("", Qt.TextElideMode.ElideRight)
        self._message.setProperty("role", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addWidget(self.bar)
        column.addWidget(self._message)
        self.hide()

    @property
    def text(self) -> str:
        """What is being done, in full."""
        return self._message.whole

    def show_progress(self, message: str | None, fraction: float | None = None) -> None:
        """Show how far it is.

        Args:
            message: None while nothing runs.
            fraction: 0..1; None if that cannot be known.
        """
        self.bar.setRange(0, 0 if fraction is None else _STEPS)
        self.bar.setValue(round(_STEPS * (fraction or 0.0)))
        self._message.set_text(message or "")
        self.setVisible(message is not None)
