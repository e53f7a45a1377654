"""Which axes of the inputs shall take any size: one row for each axis."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFont

from modelpack_gui.core.dims.names import proposed_name
from modelpack_gui.core.dims.text import followed_by, takes, tried
from modelpack_gui.core.records import DimFinding, DynamicDim, InputSpec
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.plain_text import plain_tooltip

Index = QModelIndex | QPersistentModelIndex
_ROLE = Qt.ItemDataRole
INPUT, AXIS, SIZE, DYNAMIC, NAME, MIN, MAX, STEP, TAKES = range(9)
_TITLES = ("Input", "Axis", "Example", "Dynamic", "Name", "Min", "Max", "Step", "Model takes")
_TIPS = (
    "Example input",
    "Axis of the input, from 0",
    "Size of the axis in the example input",
    "Whether the artifact takes any size on this axis",
    "Symbolic name; axes with the same name have the same size",
    "Smallest size; empty leaves it to the exporter",
    "Largest size; empty leaves it to the exporter",
    "Only multiples of it are sizes; empty takes every size",
    "Which sizes the model itself takes in PyTorch, as the probe found",
)
_EDITED = {NAME: "name", MIN: "min", MAX: "max", STEP: "step"}
_RANGE = (MIN, MAX, STEP)


@dataclass(frozen=True)
class DimRow:
    """One axis.

    Attributes:
        size: In the example; None if the recipe names an axis that no example input has.
        name, min, max, step: As typed; kept while the axis is not dynamic.
    """

    input: str
    axis: int
    size: int | None
    is_dynamic: bool = False
    name: str = ""
    min: str = ""
    max: str = ""
    step: str = ""


class DimensionTableModel(QAbstractTableModel):
    """Everything that is typed is kept; `problems` says what cannot be used."""

    edited = Signal()

    def __init__(self, mono_font: QFont, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mono_font = mono_font
        self._rows: list[DimRow] = []
        self._uses_ranges = True
        self._found: dict[tuple[str, int], DimFinding] = {}

    def set_dims(self, inputs: tuple[InputSpec, ...], dims: tuple[DynamicDim, ...]) -> None:
        """Show the axes of some inputs, and which of them are dynamic."""
        self.beginResetModel()
        asked = {(dim.input, dim.axis): dim for dim in dims}
        self._rows = []
        for item in inputs:
            for axis, size in enumerate(item.shape):
                dim = asked.pop((item.name, axis), None)
                self._rows.append(_row(DimRow(item.name, axis, size, name=proposed_name(item, axis)), dim))
        for (name, axis), dim in asked.items():
            self._rows.append(_row(DimRow(name, axis, None), dim))
        self.endResetModel()

    def set_uses_ranges(self, *, uses_ranges: bool) -> None:
        """Whether the exporter looks at min and max."""
        if uses_ranges != self._uses_ranges:
            self._uses_ranges = uses_ranges
            if self._rows:
                self.dataChanged.emit(self.index(0, MIN), self.index(len(self._rows) - 1, MAX))

    def set_findings(self, found: Sequence[DimFinding]) -> None:
        """Show what a probe found beside each axis; nothing is taken over by that."""
        self._found = {(dim.input, dim.axis): dim for dim in found}
        if self._rows:
            self.dataChanged.emit(self.index(0, TAKES), self.index(len(self._rows) - 1, TAKES))

    @property
    def uses_steps(self) -> bool:
        """Whether any axis has, or is said to need, a step."""
        return any(row.step for row in self._rows) or any(dim.multiple_of > 1 for dim in self._found.values())

    def details(self, place: int) -> str:
        """All that a probe found on an axis, for below the table; empty if nothing was."""
        row = self._rows[place]
        found = self._found.get((row.input, row.axis))
        if found is None:
            return ""
        outputs = f"Outputs that follow: {followed_by(found)}." if found.followers else ""
        sizes = f"Sizes {tried(found)}." if found.trials else ""
        parts = (f"{row.input} axis {row.axis}: {takes(found)}.", sizes, outputs, found.reason)
        return " ".join(filter(None, parts))

    def can_accept(self, place: int) -> bool:
        """Whether the probe proposes something for a row that is not there yet."""
        return any(self._rows[other] != row for other, row in self._proposed_rows(place))

    def accept(self, *places: int) -> None:
        """Take over what the probe proposes for some rows, and for those that change together with them."""
        changed = {other: row for place in places for other, row in self._proposed_rows(place)}
        if not changed:
            return
        for place, row in changed.items():
            self._rows[place] = row
        self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(_TITLES) - 1))
        self.edited.emit()

    def _proposed_rows(self, place: int) -> Iterator[tuple[int, DimRow]]:
        found = self._found.get((self._rows[place].input, self._rows[place].axis))
        if found is None:
            return
        together = {(found.input, found.axis), *((axis.input, axis.axis) for axis in found.group)}
        for other, row in enumerate(self._rows):
            dim = self._found.get((row.input, row.axis))
            if dim is not None and dim.proposal is not None and (row.input, row.axis) in together:
                yield other, _row(dataclasses.replace(row, min="", max="", step=""), dim.proposal)

    @property
    def dims(self) -> tuple[DynamicDim, ...]:
        """The dynamic axes as the recipe has them; what cannot be read is left out."""
        return tuple(
            DynamicDim(row.input, row.axis, row.name, _number(row.min), _number(row.max), _number(row.step))
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
        for word, text in (("Min", row.min), ("Max", row.max), ("Step", row.step)):
            if text and _number(text) is None:
                return f"{word} of {where} must be a whole number above zero, or empty."
        low, high = _number(row.min), _number(row.max)
        if low is not None and high is not None and low > high:
            return f"Min of {where} is above its max."
        if (low is not None and row.size < low) or (high is not None and row.size > high):
            return f"The example size {row.size} of {where} is outside its range."
        step = _number(row.step)
        if step is not None and row.size % step:
            return f"The example size {row.size} of {where} is no multiple of {step}."
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
            texts = (row.input, str(row.axis), size, "", row.name, row.min, row.max, row.step, self._takes(row))
            text = texts[column]
            return "" if column in _EDITED and not row.is_dynamic else text
        if role == _ROLE.TextAlignmentRole:
            return _alignment(column)
        if role == _ROLE.FontRole:
            return None if column == TAKES else self._mono_font
        if column == TAKES:
            return self._takes_data(row, role)
        problem = self._problem(index.row())
        if role == _ROLE.ToolTipRole:
            if column in _RANGE and not self._uses_ranges:
                return "Only the dynamo exporter uses ranges"
            return plain_tooltip(problem) if problem else _TIPS[column]
        if role == _ROLE.ForegroundRole:
            if problem and column != AXIS:
                return QBrush(QColor(theme().colors.failed))
            if column in _RANGE and not self._uses_ranges:
                return QBrush(QColor(theme().colors.muted))
        return None

    def _takes(self, row: DimRow) -> str:
        found = self._found.get((row.input, row.axis))
        return takes(found) if found is not None else ""

    def _takes_data(self, row: DimRow, role: int) -> Any:
        """What the probe found: all that was tried in the tooltip, what the model refuses in grey."""
        found = self._found.get((row.input, row.axis))
        if found is None:
            return _TIPS[TAKES] if role == _ROLE.ToolTipRole else None
        if role == _ROLE.ToolTipRole:
            name = f"Proposed name: {found.name}" if found.name else ""
            outputs = f"Outputs: {followed_by(found)}" if found.followers else ""
            return plain_tooltip("\n".join(filter(None, (takes(found), name, tried(found), outputs, found.reason))))
        if role == _ROLE.ForegroundRole and found.proposal is None:
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
            changes: dict[str, Any] = {_EDITED[column]: text}
            self._rows[place] = dataclasses.replace(row, **changes)
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
    step = "" if dim.multiple_of is None else str(dim.multiple_of)
    return dataclasses.replace(row, is_dynamic=True, name=dim.name, min=low, max=high, step=step)


def _number(text: str) -> int | None:
    try:
        number = int(text)
    except ValueError:
        return None
    return number if number > 0 else None


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in (AXIS, SIZE, *_RANGE) else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
