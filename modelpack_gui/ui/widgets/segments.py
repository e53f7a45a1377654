"""A choice of one among few, all in view."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget

# The palette's own colours, so that it follows the theme without being told.
_STYLE = "QPushButton:checked { background: palette(highlight); border-color: palette(link); }"


class Segments(QWidget):
    """Buttons in a row, one of them down. Values are keys, titles are shown."""

    chosen = Signal(str)  # by the user

    def __init__(self, titles: Mapping[str, str], tooltips: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for value, title in titles.items():
            button = QPushButton(title)
            button.setCheckable(True)
            button.setToolTip(tooltips.get(value, ""))
            button.setStyleSheet(_STYLE)
            button.setObjectName(f"segment-{value}")
            button.clicked.connect(lambda _checked, value=value: self.chosen.emit(value))
            self._group.addButton(button)
            self.buttons[value] = button
            row.addWidget(button)

    @property
    def value(self) -> str:
        """What is chosen; empty before the first choice."""
        return next((value for value, button in self.buttons.items() if button.isChecked()), "")

    def set_value(self, value: str) -> None:
        """Choose, without calling it the user's choice."""
        self.buttons[value].setChecked(True)
