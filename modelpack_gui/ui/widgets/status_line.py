"""A sentence with the shape and colour of its gravity."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from modelpack_gui.ui.look.theme import SPACING, status_icon
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import wrapped_label


class StatusLine(QWidget):
    """An icon, then text over as many lines as it needs; hidden while there is none."""

    def __init__(self, status: Status, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._status = status
        self._picture = QLabel()
        self._label = wrapped_label("", is_selectable=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING // 2)
        row.addWidget(self._picture, alignment=Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._label, 1)
        self._tint()
        self._label.setText(text)
        if not text:
            self.hide()  # never shown from here: without a parent yet it would be a window of its own

    @property
    def text(self) -> str:
        """What is shown."""
        return self._label.text()

    def set_text(self, text: str) -> None:
        """Show another text; none hides the line."""
        self._label.setText(text)
        self.setVisible(bool(text))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()

    def _tint(self) -> None:
        self._picture.setPixmap(status_icon(self._status).pixmap(16, 16))
