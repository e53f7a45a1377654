"""A sweep as a table of sizes and kinds of values: each cell stands for the cases that share both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QIcon

from modelpack_gui.core.figures import plural
from modelpack_gui.core.records import ParityCase, Regime, Verdict
from modelpack_gui.ui.look.color_scale import readable_on, viridis
from modelpack_gui.ui.look.theme import status_icon, status_of, status_pixmap
from modelpack_gui.ui.models.parity_measures import MEASURES, NOISE_RATIO, Measure, measure_text
from modelpack_gui.ui.models.parity_text import GRAVITY, REGIMES

Index = QModelIndex | QPersistentModelIndex
_ROLE = Qt.ItemDataRole
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

_NOT_TRIED = (
    "Not tried. A sweep tries kinds of values at the example's size and at small and prime ones, as long as its time "
    "allows."
)


@dataclass(frozen=True)
class Cell:
    """The cases of one size and one kind of values, the gravest first."""

    cases: tuple[ParityCase, ...]

    @property
    def verdict(self) -> Verdict:
        """The gravest."""
        return self.cases[0].verdict

    def value(self, measure: Measure) -> float | None:
        """The gravest figure of all their outputs."""
        return measure.worst(output for case in self.cases for output in case.outputs)


class ParityGridModel(QAbstractTableModel):
    """Sizes down, kinds of values across."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.measure = MEASURES[NOISE_RATIO]
        self.scale = (1.0, 1.0)  # ends of the colours now
        self.regimes: tuple[Regime, ...] = ()
        self.titles: tuple[str, ...] = ()
        self._rows: tuple[object, ...] = ()
        self._cells: dict[tuple[int, int], Cell] = {}
        self._looks: dict[tuple[int, int], _Look] = {}  # made when they are first drawn

    def set_cases(self, cases: tuple[ParityCase, ...]) -> None:
        """Show other cases; where rows and columns are the same, what is chosen stays."""
        rows = tuple(dict.fromkeys(_row_key(case) for case in cases))
        found = {case.regime for case in cases}
        regimes = tuple(regime for regime in Regime if regime in found)
        is_same = (rows, regimes) == (self._rows, self.regimes)
        if not is_same:
            self.beginResetModel()
        self._rows, self.regimes = rows, regimes
        grouped: dict[tuple[int, int], list[ParityCase]] = {}
        titles: dict[int, str] = {}
        places = {key: row for row, key in enumerate(rows)}
        for case in cases:
            row = places[_row_key(case)]
            grouped.setdefault((row, regimes.index(case.regime)), []).append(case)
            if row not in titles or case.is_example:
                titles[row] = _row_title(case)
        self.titles = tuple(titles[row] for row in range(len(rows)))
        self._cells = {
            place: Cell(tuple(sorted(group, key=lambda case: GRAVITY[case.verdict])))
            for place, group in grouped.items()
        }
        self._rescale()
        if is_same:
            self._tell_changed()
        else:
            self.endResetModel()

    def set_measure(self, name: str) -> None:
        """Show another figure."""
        self.measure = MEASURES[name]
        self._rescale()
        self._tell_changed()

    def cell(self, row: int, column: int) -> Cell | None:
        """The cases of a cell; None where there are none."""
        return self._cells.get((row, column))

    def place_of(self, case: ParityCase) -> QModelIndex:
        """The cell that a case is in; invalid if it is not here."""
        key = case.choice.key
        for (row, column), cell in self._cells.items():
            if any(one.choice.key == key for one in cell.cases):
                return self.index(row, column)
        return QModelIndex()

    def worst_place(self) -> QModelIndex:
        """The gravest cell, the first of its kind."""
        places = sorted(self._cells.items(), key=lambda item: (GRAVITY[item[1].verdict], item[0]))
        return self.index(*places[0][0]) if places else QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """Sizes."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """Kinds of values."""
        return 0 if parent.isValid() else len(self.regimes)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _ROLE.DisplayRole) -> Any:
        """Sizes and kinds of values."""
        if role not in (_ROLE.DisplayRole, _ROLE.ToolTipRole):
            return None
        if orientation == Qt.Orientation.Vertical:
            return self.titles[section]
        title, told = REGIMES[self.regimes[section]]
        return title if role == _ROLE.DisplayRole else told

    def data(self, index: Index, role: int = _ROLE.DisplayRole) -> Any:
        """A cell: verdict as shape, figure as number and colour."""
        cell = self.cell(index.row(), index.column()) if index.isValid() else None
        if role == _ROLE.TextAlignmentRole:
            return _RIGHT
        if cell is None:
            return _NOT_TRIED if role in (_ROLE.ToolTipRole, _ROLE.AccessibleTextRole) else None
        if role in (_ROLE.ToolTipRole, _ROLE.AccessibleTextRole):
            return self._told(index, cell)
        name = _LOOKS.get(role)
        return getattr(self._look(index, cell), name) if name is not None else None

    def _look(self, index: Index, cell: Cell) -> _Look:
        """Kept: a table asks for each role of each cell whenever it is drawn."""
        place = (index.row(), index.column())
        look = self._looks.get(place)
        if look is None:
            look = self._looks[place] = _look_of(cell, self.measure, self.scale)
        return look

    def _told(self, index: Index, cell: Cell) -> str:
        value = cell.value(self.measure)
        counts = {verdict: sum(case.verdict is verdict for case in cell.cases) for verdict in GRAVITY}
        told = ", ".join(f"{number} {verdict.value}" for verdict, number in counts.items() if number)
        where = f"{self.titles[index.row()]}, {REGIMES[self.regimes[index.column()]][0]}"
        lines = [f"{where}: {plural(len(cell.cases), 'case')}, {told}"]
        if value is not None:
            lines.append(f"{self.measure.title}: {measure_text(value)}")
        reasons = [output.reason for output in cell.cases[0].outputs if output.reason]
        error = cell.cases[0].error
        lines += [error.message] if error is not None else reasons[:1]
        return "\n".join(lines)

    def _rescale(self) -> None:
        self._looks.clear()
        values = (cell.value(self.measure) for cell in self._cells.values())
        self.scale = self.measure.scale(value for value in values if value is not None)

    def _tell_changed(self) -> None:
        if self._rows and self.regimes:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(self.regimes) - 1))


@dataclass(frozen=True)
class _Look:
    """A cell as it is drawn; without a colour it is as the theme has it."""

    text: str
    picture: QIcon
    background: QBrush | None
    foreground: QBrush | None


_LOOKS: dict[int, str] = {
    _ROLE.DisplayRole: "text",
    _ROLE.DecorationRole: "picture",
    _ROLE.BackgroundRole: "background",
    _ROLE.ForegroundRole: "foreground",
}


def _look_of(cell: Cell, measure: Measure, scale: tuple[float, float]) -> _Look:
    value = cell.value(measure)
    if value is None:
        return _Look(_text(cell, value), status_icon(status_of(cell.verdict)), None, None)
    color = viridis(measure.place(value, *scale))
    tint = readable_on(color)
    picture = QIcon(status_pixmap(status_of(cell.verdict), 16, tint.name()))
    return _Look(_text(cell, value), picture, QBrush(color), QBrush(tint))


def _text(cell: Cell, value: float | None) -> str:
    if value is not None:
        return measure_text(value)
    if cell.cases[0].error is not None:
        return "skipped" if cell.verdict is Verdict.SKIPPED else "did not run"
    return cell.verdict.value


def _row_key(case: ParityCase) -> object:
    return case.input_set, frozenset(case.sizes.items())


def _row_title(case: ParityCase) -> str:
    sizes = ", ".join(f"{name} = {size}" for name, size in case.sizes.items())
    name = case.input_set or ("example" if case.is_example or not sizes else "")
    return f"{sizes} ({name})" if sizes and name else sizes or name
