"""A field with its name before it, for what flows in a line."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from modelpack_gui.ui.look.theme import SPACING


def labelled(field: QWidget, tip: str) -> QWidget:
    """The field beside its accessible name; `tip` is the tooltip of both."""
    made = QWidget()
    field.setToolTip(tip)
    label = QLabel(field.accessibleName())
    label.setBuddy(field)
    label.setToolTip(tip)
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(SPACING)
    row.addWidget(label)
    row.addWidget(field)
    return made
