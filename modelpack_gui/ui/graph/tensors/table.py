"""A slice of a stored tensor as a table of numbers, read as it is scrolled to."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QAction, QFont, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from modelpack_gui.ui.background import Check
from modelpack_gui.ui.graph.tensors.source import TensorSource
from modelpack_gui.ui.look.theme import icon, mono_font
from modelpack_gui.ui.models.value_text import index_text, value_text

if TYPE_CHECKING:
    from modelpack_gui.ui.arrays.elements import Elements
    from modelpack_gui.ui.arrays.pooling import SliceChoice

ROW_LIMIT, COLUMN_LIMIT = 1_000_000, 10_000
"""A view keeps something for each row and column."""
_TALL, _WIDE = 64, 32
_KEPT = 256
_COPY_LIMIT = 100_000
_Index = QModelIndex | QPersistentModelIndex
_Block = tuple[int, int]


class TensorTableModel(QAbstractTableModel):
    """Numbers come block by block; a cell whose block is not there yet says `…`.

    Attributes:
        limits: Rows and columns of the slice that are not shown.
    """

    def __init__(self, source: TensorSource, font: QFont, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source = source
        self._font = font
        self._choice: SliceChoice | None = None
        self._is_list = False
        self._shape = (0, 0)
        self._blocks: OrderedDict[_Block, list[list[Any]]] = OrderedDict()
        self._asked: set[_Block] = set()
        self.limits = (0, 0)

    def set_slice(self, choice: SliceChoice | None) -> None:
        """Show another slice; a tensor of one axis goes down."""
        self.beginResetModel()
        elements = self._source.elements
        for block in self._asked:
            self._source.drop(_key(block))
        self._blocks.clear()
        self._asked.clear()
        self._choice = choice if elements is not None else None
        self._shape = self.limits = (0, 0)
        if choice is not None and elements is not None:
            self._is_list = choice.row_axis is None
            rows, columns = choice.shape_in(elements.shape)
            rows, columns = (columns, rows) if self._is_list else (rows, columns)
            self._shape = min(rows, ROW_LIMIT), min(columns, COLUMN_LIMIT)
            self.limits = rows - self._shape[0], columns - self._shape[1]
        self.endResetModel()

    def index_at(self, row: int, column: int) -> tuple[int, ...]:
        """The index of a cell's element in the whole tensor."""
        assert self._choice is not None
        return self._choice.at(*((column, row) if self._is_list else (row, column)))

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own default)
        """Rows of the slice, up to the limit."""
        return 0 if parent.isValid() else self._shape[0]

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own default)
        """Columns of the slice, up to the limit."""
        return 0 if parent.isValid() else self._shape[1]

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The place on the axis that goes this way."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        is_value = self._is_list and orientation == Qt.Orientation.Horizontal
        return "value" if is_value else str(section)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The element, with enough digits to tell it from another; all of them in the tooltip."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.FontRole:
            return self._font
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        value = self.value_at(index.row(), index.column())
        if value is None:
            return "…" if role == Qt.ItemDataRole.DisplayRole else None
        if role == Qt.ItemDataRole.DisplayRole:
            return value_text(value)
        return f"{index_text(self.index_at(index.row(), index.column()))}   {value!r}"

    def value_at(self, row: int, column: int) -> Any:
        """An element; None while it is being read."""
        block = row // _TALL, column // _WIDE
        found = self._blocks.get(block)
        if found is None:
            self._ask(block)
            return None
        self._blocks.move_to_end(block)
        return found[row % _TALL][column % _WIDE]

    def _ask(self, block: _Block) -> None:
        choice = self._choice
        if block in self._asked or choice is None or self._source.elements is None:
            return
        self._asked.add(block)
        top, left = block[0] * _TALL, block[1] * _WIDE
        bottom, right = min(self._shape[0], top + _TALL), min(self._shape[1], left + _WIDE)
        is_list = self._is_list

        def work(elements: Elements, check: Check) -> list[list[Any]]:
            if is_list:
                part = elements.cut(choice, left, top, right, bottom, check).T
            else:
                part = elements.cut(choice, top, left, bottom, right, check)
            made: list[list[Any]] = part.tolist()
            return made

        def answered(values: list[list[Any]]) -> None:
            self._asked.discard(block)
            self._blocks[block] = values
            while len(self._blocks) > _KEPT:
                self._blocks.popitem(last=False)
            self.dataChanged.emit(self.index(top, left), self.index(bottom - 1, right - 1))

        self._source.ask(_key(block), work, answered)


class TensorTable(QTableView):
    """The table; what is selected in it is copied as lines of numbers with tabs between them."""

    def __init__(self, source: TensorSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tensor-table")
        self.setAccessibleName("Values of the tensor")
        self.values = TensorTableModel(source, mono_font(), self)
        self.setModel(self.values)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        copy = QAction(icon("copy"), "Copy values", self)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self.copy)
        self.addAction(copy)
        height = self.fontMetrics().height() + 6
        self.verticalHeader().setDefaultSectionSize(height)
        self.horizontalHeader().setDefaultSectionSize(self.fontMetrics().horizontalAdvance("0") * 14)
        self.verticalHeader().setSectionResizeMode(self.verticalHeader().ResizeMode.Fixed)

    def copy(self) -> None:
        """Put what is selected on the clipboard."""
        QGuiApplication.clipboard().setText(self.selected_text())

    def selected_text(self) -> str:
        """The cells that are selected, as far as they are read, with all their digits."""
        lines = []
        selection = self.selectionModel().selection()
        for area in selection.toList():
            rows, columns = range(area.top(), area.bottom() + 1), range(area.left(), area.right() + 1)
            for row in rows[: max(1, _COPY_LIMIT // max(1, len(columns)))]:
                values = (self.values.value_at(row, column) for column in columns)
                lines.append("\t".join("" if value is None else str(value) for value in values))
        return "\n".join(lines)


def _key(block: _Block) -> str:
    return f"tensor-block-{block[0]}-{block[1]}"
