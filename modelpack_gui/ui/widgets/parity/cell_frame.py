"""How a chosen cell is marked in a table whose cells are coloured."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from modelpack_gui.ui.look.theme import theme


class CellFrame(QStyledItemDelegate):
    """Marks the selected cell by a frame: a fill would hide the colour of its verdict."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw a cell."""
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        option.state &= ~(QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_HasFocus)
        if is_selected:  # Qt has filled the row's panel already
            painter.fillRect(option.rect, option.palette.base())
        super().paint(painter, option, index)
        if is_selected:
            painter.save()
            painter.setPen(QPen(QColor(theme().colors.accent), 2))
            painter.drawRect(option.rect.adjusted(1, 1, -1, -1))
            painter.restore()
