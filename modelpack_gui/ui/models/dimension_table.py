"""Which axes of the inputs shall take any size: one row for each axis."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFont

from modelpack_gui.core.records import DynamicDim, InputSpec
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.theme import theme

Index = QModelIndex | QPersistentModelIndex
_ROLE = Qt.ItemDataRole
INPUT, AXIS, SIZE, DYNAMIC, NAME, MIN, MAX = range(7)
_TITLES = ("Input", "Axis", "Example size", "Dynamic", "Name", "Min", "Max")
_TIPS = (
    "Example input",
    "Axis of the input, from 0",
    "Size of the axis in the example input",
    "Whether the artifact takes any size on this axis",
    "Symbolic name; axes with the same name have the same size",
    "Smallest size; empty leaves it to the exporter",
    "Largest size; empty leaves it to the exporter",
)
_EDITED = {NAME: "name", MIN: "min", MAX: "max"}


@dataclass(frozen=True)
class DimRow:
    """One axis.

    Attributes:
        size: In the example; None if the recipe names an axis that no example input has.
        name, min, max: As typed; kept while the axis is not dynamic.
    """

    input: str
    axis: int
    size: int | None
    is_dynamic: bool = False
    name: str = ""
    min: str = ""
    max: str = ""


class DimensionTableModel(QAbstractTableModel):
    """Everything that is typed is kept; `problems` says what cannot be used."""

    edited = Signal()

    def __init__(self, mono_font: QFont, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mono_font = mono_font
        self._rows: list[DimRow] = []
        self._uses_ranges = True

    def set_dims(self, inputs: tuple[InputSpec, ...], dims: tuple[DynamicDim, ...]) -> None:
        """Show the axes of some inputs, and which of them are dynamic."""
        self.beginResetModel()
        asked = {(dim.input, dim.axis): dim for dim in dims}
        self._rows = []
        for item in inputs:
            for axis, size in enumerate(item.shape):
                dim = asked.pop((item.name, axis), None)
                self._rows.append(_row(DimRow(item.name, axis, size, name=_proposed(item, axis)), dim))
        for (name, axis), dim in asked.items():
            self._rows.append(_row(DimRow(name, axis, None), dim))
        self.endResetModel()

    def set_uses_ranges(self, *, uses_ranges: bool) -> None:
        """Whether the exporter looks at min and max."""
        if uses_ranges != self._uses_ranges:
            self._uses_ranges = uses_ranges
            if self._rows:
                self.dataChanged.emit(self.index(0, MIN), self.index(len(self._rows) - 1, MAX))

    @property
    def dims(self) -> tuple[DynamicDim, ...]:
        """The dynamic axes as the recipe has them; what cannot be read is left out."""
        return tuple(
            DynamicDim(row.input, row.axis, row.name, _number(row.min), _number(row.max))
            for row in self._rows
            if row.is_dynamic
        )

    @property
    def problems(self) -> tuple[str, ...]:
        """Why the table cannot be used, one sentence each."""
        found = [problem for row in range(len(self._rows)) if (problem := self._problem(row))]
        sizes: dict[str, tuple[int, str]] = {}
        for row in self._rows:
            if row.is_dynamic and row.size is not None and row.name:
                size, where = sizes.setdefault(row.name, (row.size, f"{row.input} axis {row.axis}"))
                if size != row.size:
                    found.append(
                        f"{row.name} is {size} on {where} and {row.size} on {row.input} axis {row.axis}: "
                        "axes with one name have one size."
                    )
        return tuple(found)

    @property
    def cautions(self) -> tuple[str, ...]:
        """What may go wrong although it can be used."""
        return tuple(
            f"The example size of {row.input} axis {row.axis} is {row.size}: exporters may fix a dynamic axis at it. "
            "Use 2 or more in the example inputs."
            for row in self._rows
            if row.is_dynamic and row.size is not None and row.size < 2
        )

    def _problem(self, place: int) -> str:
        row = self._rows[place]
        if not row.is_dynamic:
            return ""
        where = f"{row.input} axis {row.axis}"
        if row.size is None:
            return f"{where} is not in the example inputs; untick it."
        if not row.name.isidentifier():
            return f"The name of {where} must be a word such as batch."
        for word, text in (("Min", row.min), ("Max", row.max)):
            if text and _number(text) is None:
                return f"{word} of {where} must be a whole number above zero, or empty."
        low, high = _number(row.min), _number(row.max)
        if low is not None and high is not None and low > high:
            return f"Min of {where} is above its max."
        if (low is not None and row.size < low) or (high is not None and row.size > high):
            return f"The example size {row.size} of {where} is outside its range."
        return ""

    # Qt's side

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """Axes."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """Columns."""
        return 0 if parent.isValid() else len(_TITLES)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _ROLE.DisplayRole) -> Any:
        """Titles."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(_TITLES):
            return None
        if role == _ROLE.DisplayRole:
            return _TITLES[section]
        if role == _ROLE.ToolTipRole:
            return _TIPS[section]
        return _alignment(section) if role == _ROLE.TextAlignmentRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """The tick always; name and range of a dynamic axis."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
        if index.column() == DYNAMIC:
            return flags | Qt.ItemFlag.ItemIsUserCheckable
        is_used = self._rows[index.row()].is_dynamic and (index.column() == NAME or self._uses_ranges)
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() in _EDITED and is_used else flags

    def data(self, index: Index, role: int = _ROLE.DisplayRole) -> Any:
        """A cell."""
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], index.column()
        if column == DYNAMIC:
            if role == _ROLE.CheckStateRole:
                return Qt.CheckState.Checked if row.is_dynamic else Qt.CheckState.Unchecked
            if role == _ROLE.AccessibleTextRole:
                return f"{row.input} axis {row.axis} is {'dynamic' if row.is_dynamic else 'fixed'}"
            return _TIPS[DYNAMIC] if role == _ROLE.ToolTipRole else None
        if role in (_ROLE.DisplayRole, _ROLE.EditRole):
            size = "none" if row.size is None else str(row.size)
            text = (row.input, str(row.axis), size, "", row.name, row.min, row.max)[column]
            return "" if column in _EDITED and not row.is_dynamic else text
        if role == _ROLE.TextAlignmentRole:
            return _alignment(column)
        if role == _ROLE.FontRole:
            return self._mono_font
        problem = self._problem(index.row())
        if role == _ROLE.ToolTipRole:
            if column in (MIN, MAX) and not self._uses_ranges:
                return "Only the dynamo exporter uses ranges"
            return plain_tooltip(problem) if problem else _TIPS[column]
        if role == _ROLE.ForegroundRole:
            if problem and column != AXIS:
                return QBrush(QColor(theme().colors.failed))
            if column in (MIN, MAX) and not self._uses_ranges:
                return QBrush(QColor(theme().colors.muted))
        return None

    def setData(self, index: Index, value: Any, role: int = _ROLE.EditRole) -> bool:
        """Tick, or take what was typed."""
        if not index.isValid():
            return False
        place, column = index.row(), index.column()
        row = self._rows[place]
        if column == DYNAMIC and role == _ROLE.CheckStateRole:
            self._rows[place] = dataclasses.replace(row, is_dynamic=Qt.CheckState(value) == Qt.CheckState.Checked)
        elif column in _EDITED and role == _ROLE.EditRole:
            text = str(value).strip()
            if column == NAME:
                self._rows[place] = dataclasses.replace(row, name=text)
            elif column == MIN:
                self._rows[place] = dataclasses.replace(row, min=text)
            else:
                self._rows[place] = dataclasses.replace(row, max=text)
        else:
            return False
        self.dataChanged.emit(self.index(place, 0), self.index(place, len(_TITLES) - 1))
        self.edited.emit()
        return True


def _row(row: DimRow, dim: DynamicDim | None) -> DimRow:
    if dim is None:
        return row
    low = "" if dim.min is None else str(dim.min)
    high = "" if dim.max is None else str(dim.max)
    return dataclasses.replace(row, is_dynamic=True, name=dim.name, min=low, max=high)


def _proposed(item: InputSpec, axis: int) -> str:
    """A name for an axis that nobody named yet."""
    if axis == 0:
        return "batch"
    rank = len(item.shape)
    if rank == 4 and axis > 1:
        return ("height", "width")[axis - 2]
    if rank in (2, 3) and axis == 1:
        return "sequence"
    return f"dim_{axis}" if item.name == "" else f"{item.name}_{axis}" if item.name.isidentifier() else f"dim_{axis}"


def _number(text: str) -> int | None:
    try:
        number = int(text)
    except ValueError:
        return None
    return number if number > 0 else None


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in (AXIS, SIZE, MIN, MAX) else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
