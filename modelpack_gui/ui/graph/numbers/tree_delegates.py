"""Cells of the module tree: a name with its class beside it, and a figure with its share as a bar."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from modelpack_gui.ui.graph.numbers.module_tree import NOTE_ROLE, SHARE_ROLE
from modelpack_gui.ui.look.theme import SPACING, theme
from modelpack_gui.ui.models.record_table import Index
from modelpack_gui.ui.widgets.data_table import CellDelegate
from modelpack_gui.ui.widgets.share_delegate import draw_bar

_LEAST = 6
"""Characters of a class that are worth drawing, where the whole has no room."""


class TreeShareDelegate(CellDelegate):
    """A figure on a bar as long as its share of the whole."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """What is selected is marked below the bar, and the bar below the figure."""
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, option.palette.highlight())
        draw_bar(painter, option.rect, index.data(SHARE_ROLE))
        inside = QStyleOptionViewItem(option)
        inside.state &= ~QStyle.StateFlag.State_Selected
        super().paint(painter, inside, index)


class NameDelegate(QStyledItemDelegate):
    """The class follows the name, in a quiet colour, as far as there is room."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw a cell."""
        super().paint(painter, option, index)
        note = index.data(NOTE_ROLE)
        if not note:
            return
        shown = QStyleOptionViewItem(option)
        self.initStyleOption(shown, index)
        text = QApplication.style().subElementRect(QStyle.SubElement.SE_ItemViewItemText, shown, option.widget)
        start = text.left() + shown.fontMetrics.horizontalAdvance(shown.text) + SPACING
        room = QRect(start, text.top(), option.rect.right() - start - SPACING // 2, text.height())
        metrics = option.fontMetrics
        if room.width() < min(metrics.averageCharWidth() * _LEAST, metrics.horizontalAdvance(note)):
            return  # `La…` says less than nothing; the tooltip has all of it
        painter.save()
        painter.setPen(QColor(theme().colors.muted))
        elided = metrics.elidedText(note, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, elided)
        painter.restore()
