"""A failure that belongs to no page, shown above them until it is closed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import PAGE_MARGIN, SPACING
from modelpack_gui.ui.widgets.basics import IconToolButton
from modelpack_gui.ui.widgets.error_panel import ErrorPanel


class MessageBar(QWidget):
    """Hidden while there is nothing to say."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("message-bar")
        self.panel = ErrorPanel(controller)
        close = IconToolButton("Close this message", "close")
        close.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(PAGE_MARGIN, SPACING, SPACING, 0)
        row.addWidget(self.panel, 1)
        row.addWidget(close, alignment=Qt.AlignmentFlag.AlignTop)
        self.hide()

    def show_error(self, error: ErrorInfo) -> None:
        """Show a failure."""
        self.panel.show_error(error)
        self.show()
