"""A table model over rows of a graph's columns: 100,000 of them are filtered and sorted within milliseconds."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QFont

from modelpack_gui.core.graph.order import ordered
from modelpack_gui.ui.models.record_table import Column, TableModel

_FEW = 16
"""Rows that are looked for one by one when their order has changed."""


@dataclass(frozen=True)
class RowColumn(Column[int]):
    """A column; what it says is asked by the number of a row, only of the rows that are in view.

    Attributes:
        keys: What sorting compares, one for each row: NaN comes last. Asked for when it is first sorted by.
        share: Length of the bar behind the figure, 0..1; None draws none.
        is_hidden: At first; the user may show it.
        section: What it is listed with where columns are chosen.
    """

    keys: Callable[[], array[float]] | None = None
    share: Callable[[int], float | None] | None = None
    is_hidden: bool = False
    section: str = ""


def row_column(title: str, text: Callable[[int], str], keys: Callable[[], array[float]], **more: object) -> RowColumn:
    """A column of texts; `more` as in RowColumn."""
    return RowColumn(title, value=text, text=text, keys=keys, **more)  # type: ignore[arg-type]


class RowTableModel(TableModel[int]):
    """Records are numbers of rows from 0. What is shown of them is given with `set_shown`, in whatever order."""

    def __init__(self, columns: Sequence[RowColumn], mono_font: QFont, parent: QObject | None = None) -> None:
        super().__init__(columns, mono_font, parent)
        self._count = 0
        self._order: Sequence[int] = ()  # all rows, as sorted
        self._let_through: Sequence[int] = ()  # by the filter, in their own order
        self._shown: Sequence[int] = ()
        self._sort: tuple[int, bool] | None = None  # column, and whether it descends

    def set_count(self, count: int) -> None:
        """Show other rows, all of them; the sort order stays."""
        self.beginResetModel()
        self._count = count
        self._let_through = range(count)
        self._order = self._sorted()
        self._shown = self._order
        self.endResetModel()

    def set_shown(self, rows: Sequence[int]) -> None:
        """Show these rows only, given in their own order."""
        if rows == self._let_through:
            return
        self.beginResetModel()
        self._let_through = rows
        self._shown = self._filtered()
        self.endResetModel()

    def set_columns(self, columns: Sequence[RowColumn]) -> None:
        """Other columns over the same rows; sorting goes on by the column of the same title, if there is one."""
        self.beginResetModel()
        title = self.columns[self._sort[0]].title if self._sort is not None else ""
        self.columns = tuple(columns)
        if self._sort is not None:
            place = next((i for i, column in enumerate(self.columns) if column.title == title), -1)
            self._sort = (place, self._sort[1]) if place >= 0 else None
            self._put_in_order()
        self.endResetModel()

    def refresh_column(self, column: int) -> None:
        """The values of a column are others now."""
        if self._sort is not None and self._sort[0] == column:
            self._sort_again()
        if self._shown:
            self.dataChanged.emit(self.index(0, column), self.index(len(self._shown) - 1, column))

    @property
    def total(self) -> int:
        """Rows, hidden ones included."""
        return self._count

    @property
    def shown(self) -> Sequence[int]:
        """The rows that are shown, in the order they are shown in."""
        return self._shown

    def record(self, row: int) -> int:
        """Number of the row in a place of the table."""
        return self._shown[row]

    def row_of(self, record: int) -> int:
        """The place that shows a row; -1 if it is hidden."""
        try:
            return self._shown.index(record)
        except ValueError:
            return -1

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order by a column; a column below zero gives the order of the graph."""
        is_known = 0 <= column < len(self.columns)
        wanted = (column, order == Qt.SortOrder.DescendingOrder) if is_known else None
        if wanted != self._sort:  # Qt asks twice: when the mark in the header moves, and to be sure
            self._sort = wanted
            self._sort_again()

    def _sort_again(self) -> None:
        self.layoutAboutToBeChanged.emit()
        old = self.persistentIndexList()
        rows = [self._shown[index.row()] for index in old]
        self._put_in_order()
        marked = set(rows)
        if len(marked) > _FEW:
            places = {row: place for place, row in enumerate(self._shown)}
        else:
            places = {row: self.row_of(row) for row in marked}
        new = [self.index(places[row], index.column()) for row, index in zip(rows, old, strict=True)]
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()

    def _put_in_order(self) -> None:
        self._order = self._sorted()
        self._shown = self._filtered()

    def _sorted(self) -> Sequence[int]:
        if self._sort is None:
            return range(self._count)
        column = self.columns[self._sort[0]]
        assert isinstance(column, RowColumn)
        if column.keys is None or not self._count:
            return range(self._count)
        keys = column.keys()
        return ordered(keys, is_descending=self._sort[1]) if len(keys) == self._count else range(self._count)

    def _filtered(self) -> Sequence[int]:
        rows = self._let_through
        if len(rows) == self._count:
            return self._order
        if isinstance(self._order, range):
            return rows
        is_let_through = bytearray(self._count)
        for row in rows:
            is_let_through[row] = 1
        return [row for row in self._order if is_let_through[row]]

    def _row_count(self) -> int:
        return len(self._shown)
