"""The example inputs as an editable table."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFont

from modelpack_gui.core.records import InputSpec
from modelpack_gui.ui.look.theme import status_icon, theme
from modelpack_gui.ui.models.input_rules import FIELDS, changed, default_text, is_editable, range_problem, spell
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.status import Status

Index = QModelIndex | QPersistentModelIndex
_ROLE = Qt.ItemDataRole
_TITLES = ("Name", "Shape or value", "dtype", "Low", "High", "Seed", "Goes to")
_TIPS = (
    "Name of the input, in the artifact too",
    "Sizes of the axes, such as 2, 3, 32, 32; scalar for none. Or a plain value: 3, 0.5, true, none, a text",
    "Data type of the tensor",
    "Low end of the values; empty takes 0",
    "High end of the values; empty takes 1 for floats, 9 for integers",
    "Seed of the random values",
    "Parameter of forward, and where it holds several: mask, images[0], batch.image; empty goes by position",
)


class InputTableModel(QAbstractTableModel):
    """Rows are example inputs. What does not fit stays in its cell, marked with the reason, and changes nothing."""

    inputs_edited = Signal(object, str)  # the new tuple of InputSpec; what was edited, for the undo menu
    problems_changed = Signal()

    def __init__(self, mono_font: QFont, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mono_font = mono_font
        self._inputs: tuple[InputSpec, ...] = ()
        self._wrong: dict[tuple[int, int], tuple[str, str]] = {}  # the text and the reason, by row and column

    @property
    def inputs(self) -> tuple[InputSpec, ...]:
        """What is shown, without what is wrong."""
        return self._inputs

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, one sentence each, from the top."""
        typed = [self._wrong[place][1] for place in sorted(self._wrong)]
        return tuple(typed + [f"{item.name}: {reason}" for item in self._inputs if (reason := range_problem(item))])

    def set_inputs(self, inputs: tuple[InputSpec, ...]) -> None:
        """Show other inputs; rows that stay the same keep their selection and what is wrong in them."""
        if inputs == self._inputs:
            return
        before, had_problems = self._inputs, self.problems
        if len(inputs) != len(before):
            self.beginResetModel()
            self._inputs, self._wrong = inputs, {}
            self.endResetModel()
        else:
            self._inputs = inputs
            for row, (old, new) in enumerate(zip(before, inputs, strict=True)):
                if old != new:
                    self._wrong = {place: text for place, text in self._wrong.items() if place[0] != row}
                    self.dataChanged.emit(self.index(row, 0), self.index(row, len(FIELDS) - 1))
        if self.problems != had_problems:
            self.problems_changed.emit()

    def insert(self, item: InputSpec) -> None:
        """Add an input at the end."""
        self.inputs_edited.emit((*self._inputs, item), "add example input")

    def remove(self, row: int) -> None:
        """Take an input away."""
        self.inputs_edited.emit((*self._inputs[:row], *self._inputs[row + 1 :]), "remove example input")

    def move(self, row: int, to: int) -> None:
        """Give an input another place."""
        items = list(self._inputs)
        items.insert(to, items.pop(row))
        self.inputs_edited.emit(tuple(items), "move example input")

    # Qt's side

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """Inputs."""
        return 0 if parent.isValid() else len(self._inputs)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """Fields."""
        return 0 if parent.isValid() else len(FIELDS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _ROLE.DisplayRole) -> Any:
        """Titles."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(FIELDS):
            return None
        if role == _ROLE.DisplayRole:
            return _TITLES[section]
        if role == _ROLE.ToolTipRole:
            return _TIPS[section]
        return _alignment(section) if role == _ROLE.TextAlignmentRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """All can be edited that mean something."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
        if not is_editable(self._inputs[index.row()], FIELDS[index.column()]):
            return flags
        return flags | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Index, role: int = _ROLE.DisplayRole) -> Any:
        """A cell; an empty end of a range shows its default, muted."""
        if not index.isValid():
            return None
        item, field = self._inputs[index.row()], FIELDS[index.column()]
        wrong = self._wrong.get((index.row(), index.column()))
        text = wrong[0] if wrong else spell(item, field)
        if role == _ROLE.EditRole:
            return text
        if role == _ROLE.DisplayRole:
            return text or default_text(item, field)
        if role == _ROLE.ToolTipRole and not wrong and item.file and field in ("low", "high", "seed"):
            return plain_tooltip(f"The values come from {item.file}")
        if role == _ROLE.TextAlignmentRole:
            return _alignment(index.column())
        if role == _ROLE.FontRole:
            return self._mono_font
        if role == _ROLE.ToolTipRole:
            return plain_tooltip(wrong[1]) if wrong else (text or _TIPS[index.column()])
        if role == _ROLE.DecorationRole:
            return status_icon(Status.FAILED) if wrong else None
        if role == _ROLE.ForegroundRole:
            if wrong:
                return QBrush(QColor(theme().colors.failed))
            return None if text else QBrush(QColor(theme().colors.muted))
        if role == _ROLE.AccessibleTextRole:
            return f"{text}, wrong: {wrong[1]}" if wrong else text or default_text(item, field)
        return None

    def setData(self, index: Index, value: Any, role: int = _ROLE.EditRole) -> bool:
        """Take what was typed, or mark it."""
        if role != _ROLE.EditRole or not index.isValid():
            return False
        row, column = index.row(), index.column()
        text = str(value).strip()
        others = [other for i, other in enumerate(self._inputs) if i != row]
        had_problems = self.problems
        try:
            item = changed(self._inputs[row], FIELDS[column], text, others)
        except ValueError as error:
            self._wrong[row, column] = (text, str(error))
            self.dataChanged.emit(index, index)
            self.problems_changed.emit()
            return True
        self._wrong.pop((row, column), None)
        self.dataChanged.emit(index, index)
        if item != self._inputs[row]:
            what = f"change {FIELDS[column]} of {self._inputs[row].name}"
            self.inputs_edited.emit((*self._inputs[:row], item, *self._inputs[row + 1 :]), what)
        if self.problems != had_problems:
            self.problems_changed.emit()
        return True


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if FIELDS[column] in ("low", "high", "seed") else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
