"""How many nodes there are of each op_type; choosing some filters the node table."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from modelpack_gui.core import figures as fmt
from modelpack_gui.ui.theme import GRID, SPACING, theme
from modelpack_gui.ui.widgets.basics import IconButton, heading

COUNT_ROLE = Qt.ItemDataRole.UserRole + 1
SHARE_ROLE = Qt.ItemDataRole.UserRole + 2
_NAME_ROLE = Qt.ItemDataRole.UserRole + 3
_BAR_HEIGHT = 3


class OpCounts(QWidget):
    """A list with a bar for each op_type, most frequent first. Ctrl and Shift choose several."""

    chosen_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = QStandardItemModel(self)
        self.view = _List()
        self.view.setModel(self._model)
        self.view.selectionModel().selectionChanged.connect(self._on_selection_changed)
        self._clear = IconButton("Clear", role="link")
        self._clear.setToolTip("Show nodes of all op types (Esc)")
        self._clear.clicked.connect(self.clear)
        policy = self._clear.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # the list must not jump
        self._clear.setSizePolicy(policy)
        self._clear.hide()
        header = QHBoxLayout()
        header.setContentsMargins(0, 0, 0, 0)
        header.addWidget(heading("Op types"))
        header.addStretch(1)
        header.addWidget(self._clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(header)
        column.addWidget(self.view, 1)
        self.setMinimumWidth(120)

    @property
    def chosen(self) -> frozenset[str]:
        """The op_types that are chosen; empty for all."""
        return frozenset(str(index.data(_NAME_ROLE)) for index in self.view.selectedIndexes())

    def set_counts(self, counts: Mapping[str, int]) -> None:
        """Show other counts; what was chosen and is still there stays chosen."""
        chosen = self.chosen
        highest = max(counts.values(), default=1)
        self._model.clear()
        for op_type, number in counts.items():
            item = QStandardItem(op_type)
            item.setEditable(False)
            item.setData(op_type, _NAME_ROLE)
            item.setData(number, COUNT_ROLE)
            item.setData(number / highest, SHARE_ROLE)
            text = f"{op_type}: {fmt.plural(number, 'node')}"
            item.setToolTip(text)
            item.setAccessibleText(text)
            self._model.appendRow(item)
        selection = self.view.selectionModel()
        for row in range(self._model.rowCount()):
            index = self._model.index(row, 0)
            if index.data(_NAME_ROLE) in chosen:
                selection.select(index, selection.SelectionFlag.Select)

    def choose(self, *op_types: str) -> None:
        """Choose some, and no others."""
        selection = self.view.selectionModel()
        selection.clearSelection()
        for row in range(self._model.rowCount()):
            index = self._model.index(row, 0)
            if index.data(_NAME_ROLE) in op_types:
                selection.select(index, selection.SelectionFlag.Select)

    def clear(self) -> None:
        """Choose none: all op_types are shown."""
        self.view.clearSelection()

    def _on_selection_changed(self) -> None:
        self._clear.setVisible(bool(self.chosen))
        self.chosen_changed.emit()


class _List(QListView):
    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("op-counts")
        self.setAccessibleName("Op types with the number of nodes of each")
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setUniformItemSizes(True)
        self.setItemDelegate(_BarDelegate(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc clears the choice."""
        if event.key() == Qt.Key.Key_Escape and self.selectedIndexes():
            self.clearSelection()
        else:
            super().keyPressEvent(event)


class _BarDelegate(QStyledItemDelegate):
    """Name left, count right, a thin bar below."""

    def sizeHint(self, option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        """One line and the bar."""
        return QSize(80, option.fontMetrics.height() + 2 * GRID + _BAR_HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one op_type."""
        colors = theme().colors
        rect = option.rect
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(colors.selection))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(colors.window))
        inside = rect.adjusted(SPACING, GRID // 2, -SPACING, -GRID - _BAR_HEIGHT)
        count = fmt.count(int(index.data(COUNT_ROLE)))
        painter.setPen(QColor(colors.muted))
        painter.drawText(inside, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, count)
        room = inside.width() - option.fontMetrics.horizontalAdvance(count) - SPACING
        name = option.fontMetrics.elidedText(str(index.data(_NAME_ROLE)), Qt.TextElideMode.ElideRight, room)
        painter.setPen(QColor(colors.text))
        painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
        track = QRectF(inside.left(), rect.bottom() - GRID - _BAR_HEIGHT + 2, inside.width(), _BAR_HEIGHT)
        painter.fillRect(track, QColor(colors.border))
        bar = QRectF(track)
        bar.setWidth(max(2.0, track.width() * float(index.data(SHARE_ROLE))))
        painter.fillRect(bar, QColor(colors.accent))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(colors.accent))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        painter.restore()
