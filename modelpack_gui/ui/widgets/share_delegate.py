"""A cell with a bar behind its figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem, QWidget

from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.models.record_table import Index
from modelpack_gui.ui.widgets.data_table import CellDelegate, DataTable

_MARGIN = 3
_ALPHA = 70  # of 255: the figure on it keeps its contrast
_LONGER, _SHORTER = "#d55e00", "#0072b2"  # Okabe & Ito: told apart by everybody


class ShareDelegate(CellDelegate):
    """Draws a bar from the left edge, or from the middle where the figure has a sign: right is longer.

    Attributes:
        share: Of a record, -1 to 1; None draws no bar.
    """

    def __init__(
        self, share: Callable[[Any], float | None], *, is_signed: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.share = share
        self._is_signed = is_signed

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw a cell: what is selected is marked below the bar, and the bar below the figure."""
        table = self.parent()
        assert isinstance(table, DataTable)
        share = self.share(table.rows_model.record(index.row()))
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, option.palette.highlight())
        draw_bar(painter, option.rect, share, is_signed=self._is_signed)
        inside = QStyleOptionViewItem(option)
        inside.state &= ~QStyle.StateFlag.State_Selected
        super().paint(painter, inside, index)


def draw_bar(painter: QPainter, cell: QRect, share: float | None, *, is_signed: bool = False) -> None:
    """Draw the bar of a share, -1 to 1, behind what a cell shows; None and zero draw none."""
    if not share:
        return
    room = QRectF(cell).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
    length = min(1.0, abs(share))
    signed = _LONGER if share > 0.0 else _SHORTER
    color = QColor(signed if is_signed else theme().colors.accent)
    color.setAlpha(_ALPHA)
    if not is_signed:
        painter.fillRect(QRectF(room.left(), room.top(), max(1.0, room.width() * length), room.height()), color)
        return
    middle, half = room.center().x(), room.width() / 2.0
    start = middle if share > 0.0 else middle - half * length
    painter.fillRect(QRectF(start, room.top(), max(1.0, half * length), room.height()), color)


def draw_shares(
    table: DataTable, title: str, share: Callable[[Any], float | None], *, is_signed: bool = False
) -> None:
    """Have a column of a table draw bars."""
    column = next(i for i, one in enumerate(table.rows_model.columns) if one.title == title)
    table.setItemDelegateForColumn(column, ShareDelegate(share, is_signed=is_signed, parent=table))
