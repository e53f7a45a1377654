"""A table model over plain records that sorts and filters itself.

Sorting uses the records' own values, so 10 comes after 9. The filter looks into a lower-case text of each row that is
made once: on 100,000 rows that takes milliseconds where QSortFilterProxyModel takes seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer
from PySide6.QtGui import QBrush, QColor, QFont, QIcon

from modelpack_gui.core.figures import full, full_interval, interval, significant
from modelpack_gui.core.records import Estimate
from modelpack_gui.ui.plain_text import plain_tooltip

R = TypeVar("R")
Index = QModelIndex | QPersistentModelIndex

# Looking an enum member up costs microseconds; a table asks a million times.
_DISPLAY = Qt.ItemDataRole.DisplayRole
_TOOLTIP = Qt.ItemDataRole.ToolTipRole
_ALIGN = Qt.ItemDataRole.TextAlignmentRole
_FONT = Qt.ItemDataRole.FontRole
_ICON = Qt.ItemDataRole.DecorationRole
_COLOR = Qt.ItemDataRole.ForegroundRole
_FIRST_ORDER = Qt.ItemDataRole.InitialSortOrderRole
_ACCESSIBLE = Qt.ItemDataRole.AccessibleTextRole
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
COPY_ROLE = Qt.ItemDataRole.UserRole + 1
"""The full value of a cell as text, for the clipboard."""
_HAYSTACKS_AT_ONCE = 2000


@dataclass(frozen=True)
class Column(Generic[R]):
    """One column.

    Attributes:
        title: In the header, with its unit.
        value: What sorting compares; None sorts last.
        text: What is shown; `str(value)` if not given.
        full: What the tooltip and the clipboard get; the text if not given.
        is_number: Right-aligned, and the largest come first on the first click on the header.
        is_mono: In the monospace font.
        width: At first, pixels; 0 sizes it to its contents once.
        is_largest_first: Whether they do, where `is_number` does not say it.
        is_struck: Whether a line goes through the text: it was measured, and does not count.
    """

    title: str
    value: Callable[[R], Any]
    text: Callable[[R], str] | None = None
    full: Callable[[R], str] | None = None
    icon: Callable[[R], QIcon] | None = None
    color: Callable[[R], str] | None = None
    is_number: bool = False
    is_mono: bool = False
    width: int = 0
    tooltip: str = ""
    is_largest_first: bool | None = None
    is_struck: Callable[[R], bool] | None = None

    @property
    def first_order(self) -> Qt.SortOrder:
        """How the first click on the header sorts: of figures one looks for the largest."""
        is_down = self.is_number if self.is_largest_first is None else self.is_largest_first
        return Qt.SortOrder.DescendingOrder if is_down else Qt.SortOrder.AscendingOrder

    def shown(self, record: R) -> str:
        """The cell's text."""
        if self.text is not None:
            return self.text(record)
        value = self.value(record)
        return "" if value is None else str(value)

    def whole(self, record: R) -> str:
        """The cell's full value as text."""
        return self.full(record) if self.full is not None else self.shown(record)


def figure_column(
    title: str,
    value: Callable[[R], float | None],
    tooltip: str = "",
    width: int = 0,
    color: Callable[[R], str] | None = None,
) -> Column[R]:
    """A column of figures: three digits are shown, and all of them are in the tooltip and on the clipboard."""
    return Column(
        title,
        value=value,
        text=lambda record: significant(value(record)),
        full=lambda record: full(value(record)),
        color=color,
        is_number=True,
        width=width,
        tooltip=tooltip,
    )


def estimate_column(
    title: str,
    value: Callable[[R], Estimate | None],
    tooltip: str = "",
    width: int = 0,
    color: Callable[[R], str] | None = None,
    is_struck: Callable[[R], bool] | None = None,
    *,
    is_largest_first: bool | None = None,
) -> Column[R]:
    """A column of figures with their 95 % intervals, sorted by the figures."""

    def number(record: R) -> float | None:
        estimate = value(record)
        return None if estimate is None else estimate.value

    return Column(
        title,
        value=number,
        text=lambda record: interval(value(record)),
        full=lambda record: full_interval(value(record)),
        color=color,
        is_number=True,
        width=width,
        tooltip=tooltip,
        is_largest_first=is_largest_first,
        is_struck=is_struck,
    )


class TableModel(QAbstractTableModel, Generic[R]):
    """Columns over rows that a subclass keeps: as records, or as numbers of rows of a graph."""

    def __init__(
        self, columns: Sequence[Column[R]], mono_font: QFont | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.columns: tuple[Column[R], ...] = tuple(columns)
        self._mono_font = mono_font

    @property
    def total(self) -> int:
        """Records, hidden ones included."""
        raise NotImplementedError

    def record(self, row: int) -> R:
        """The record in a row as shown."""
        raise NotImplementedError

    def row_of(self, record: R) -> int:
        """The row that shows a record; -1 if it is hidden or not there."""
        raise NotImplementedError

    def _row_count(self) -> int:
        raise NotImplementedError

    # Qt's side

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """Rows that are shown."""
        return 0 if parent.isValid() else self._row_count()

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """Columns."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        """Titles, aligned as their columns."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == _DISPLAY:
            return column.title
        if role == _ALIGN:
            return _RIGHT if column.is_number else _LEFT
        if role == _TOOLTIP:
            return plain_tooltip(column.tooltip or column.title)
        return column.first_order if role == _FIRST_ORDER else None

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        """A cell."""
        if not index.isValid():
            return None
        column = self.columns[index.column()]
        record = self.record(index.row())
        if role == _DISPLAY:
            return column.shown(record)
        if role == _ALIGN:
            return _RIGHT if column.is_number else _LEFT
        if role == _FONT:
            if column.is_struck is not None and column.is_struck(record):
                return _struck(self._mono_font if column.is_mono else None)
            return self._mono_font if column.is_mono else None
        if role == _TOOLTIP:
            return plain_tooltip(column.whole(record))
        if role in (COPY_ROLE, _ACCESSIBLE):
            return column.whole(record)
        if role == _ICON and column.icon is not None:
            return column.icon(record)
        if role == _COLOR and column.color is not None:
            return QBrush(QColor(column.color(record)))
        return None


class RecordTableModel(TableModel[R]):
    """Rows are records, columns are `Column`s. Show another set of records with `set_records`."""

    def __init__(
        self,
        columns: Sequence[Column[R]],
        mono_font: QFont | None = None,
        parent: QObject | None = None,
        *,
        haystack: Callable[[R], str] | None = None,
    ) -> None:
        """`haystack` gives the text of a record that the filter looks into; all cells' full texts if not given."""
        super().__init__(columns, mono_font, parent)
        self._haystack = haystack or self._all_cells
        self._records: list[R] = []
        self._haystacks: list[str] = []  # of the first records; the rest is made when idle, or needed
        self._keys: dict[int, list[Any]] = {}  # of each column that was sorted by
        self._order: list[int] = []  # indices into _records, as sorted
        self._shown: list[int] = []  # those of _order that the filter lets through
        self._filter = ""
        self._predicate: Callable[[R], bool] | None = None
        self._sort: tuple[int, Qt.SortOrder] | None = None
        self._idle = QTimer(self, singleShot=True, interval=0)
        self._idle.timeout.connect(self._on_idle)

    def set_records(self, records: Sequence[R]) -> None:
        """Show other records; filter and sort order stay."""
        self.beginResetModel()
        self._records = list(records)
        self._haystacks = []
        self._keys.clear()
        self._order = self._sorted()
        self._shown = self._filtered()
        self.endResetModel()
        self._idle.start()

    def set_filter(self, text: str, predicate: Callable[[R], bool] | None = None) -> None:
        """Show only rows that contain every word of `text` in some column and for which `predicate` holds."""
        self.beginResetModel()
        self._filter, self._predicate = text.lower(), predicate
        self._shown = self._filtered()
        self.endResetModel()

    def refresh_column(self, column: int) -> None:
        """The values of a column are others now, for the same records."""
        if self._keys.pop(column, None) is not None and self._sort is not None and self._sort[0] == column:
            self.sort(*self._sort)
        if self._shown:
            self.dataChanged.emit(self.index(0, column), self.index(len(self._shown) - 1, column))

    @property
    def total(self) -> int:
        """Records, hidden ones included."""
        return len(self._records)

    @property
    def records(self) -> list[R]:
        """The records that are shown, in the order they are shown in."""
        return [self._records[i] for i in self._shown]

    def record(self, row: int) -> R:
        """The record in a row as shown."""
        return self._records[self._shown[row]]

    def row_of(self, record: R) -> int:
        """The row that shows a record; -1 if it is hidden or not there."""
        return next((row for row, i in enumerate(self._shown) if self._records[i] is record), -1)

    def _row_count(self) -> int:
        return len(self._shown)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order by a column; a column below zero gives the order of the records."""
        self.layoutAboutToBeChanged.emit()
        places = [self._shown[index.row()] for index in self.persistentIndexList()]
        self._sort = (column, order) if 0 <= column < len(self.columns) else None
        shown = set(self._shown)
        self._order = self._sorted()
        self._shown = [i for i in self._order if i in shown]
        rows = {place: row for row, place in enumerate(self._shown)}
        old = self.persistentIndexList()
        new = [self.index(rows[place], index.column()) for place, index in zip(places, old, strict=True)]
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()

    def _sorted(self) -> list[int]:
        if self._sort is None:
            return list(range(len(self._records)))
        column, order = self._sort
        keys = self._keys.get(column)
        if keys is None:
            value = self.columns[column].value
            keys = self._keys[column] = [value(record) for record in self._records]
        known = [i for i, key in enumerate(keys) if key is not None]
        unknown = [i for i, key in enumerate(keys) if key is None]
        known.sort(key=keys.__getitem__, reverse=order == Qt.SortOrder.DescendingOrder)
        return known + unknown

    def _filtered(self) -> list[int]:
        shown = self._order
        words = self._filter.split()
        if words:
            self._make_haystacks(len(self._records))
        haystacks = self._haystacks
        for word in words:
            shown = [i for i in shown if word in haystacks[i]]
        if self._predicate is not None:
            records, predicate = self._records, self._predicate
            shown = [i for i in shown if predicate(records[i])]
        return list(shown)

    def _make_haystacks(self, most: int) -> None:
        done = len(self._haystacks)
        self._haystacks += [self._haystack(record).lower() for record in self._records[done : done + most]]

    def _on_idle(self) -> None:
        """In steps of a few milliseconds, so that the first letter typed finds all of it done."""
        self._make_haystacks(_HAYSTACKS_AT_ONCE)
        if len(self._haystacks) < len(self._records):
            self._idle.start()

    def _all_cells(self, record: R) -> str:
        return "\n".join(column.whole(record) for column in self.columns)


def _struck(font: QFont | None) -> QFont:
    struck = QFont(font) if font is not None else QFont()
    struck.setStrikeOut(True)
    return struck
