"""Sizes and seeds against outputs: where the artifact agrees with the model, at a glance."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QAction, QBrush, QColor, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QHeaderView, QTableView, QWidget

from modelpack_gui.core.figures import full, significant
from modelpack_gui.core.records import OutputParity, ParityCase, Verdict
from modelpack_gui.ui.look.theme import status_icon, status_of, theme
from modelpack_gui.ui.models.parity_measures import BUDGET, MEASURES
from modelpack_gui.ui.models.parity_text import GRAVITY, case_title
from modelpack_gui.ui.widgets.data_table import ROW_HEIGHT
from modelpack_gui.ui.widgets.parity.cell_frame import CellFrame

Index = QModelIndex | QPersistentModelIndex
_ROLE = Qt.ItemDataRole
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter

FIXED_COLUMNS = ("Case", "Seed")
_CASE_WIDTH = 112  # the least of the first column: `batch = 17` and its mark


class ParityMatrixModel(QAbstractTableModel):
    """One row per case, one column per output, after the case's name and seed."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.cases: tuple[ParityCase, ...] = ()
        self.names: tuple[str, ...] = ()
        self.measure = BUDGET

    def set_cases(self, cases: tuple[ParityCase, ...]) -> bool:
        """Show other cases. Those that are there already stay, with other figures, and so does what is chosen.

        Gives whether rows or columns are others than before.
        """
        names = tuple(dict.fromkeys(output.name for case in cases for output in case.outputs))
        before = [case.choice.key for case in self.cases]
        goes_on = (
            bool(before) and names == self.names and [case.choice.key for case in cases[: len(before)]] == before
        )
        if not goes_on:
            self.beginResetModel()
            self.cases, self.names = cases, names
            self.endResetModel()
            return True
        is_longer = len(cases) > len(before)
        if is_longer:
            self.beginInsertRows(QModelIndex(), len(before), len(cases) - 1)
        self.cases = cases
        if is_longer:
            self.endInsertRows()
        self.dataChanged.emit(self.index(0, 0), self.index(len(before) - 1, self.columnCount() - 1))
        return is_longer

    def set_measure(self, measure: str) -> None:
        """Show another of MEASURES in the cells."""
        self.measure = measure
        if self.cases and self.names:
            last = self.index(len(self.cases) - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, len(FIXED_COLUMNS)), last)

    def output(self, row: int, column: int) -> OutputParity | None:
        """The output a cell stands for; None for the leading columns, and where the case lacks it."""
        place = column - len(FIXED_COLUMNS)
        if not 0 <= place < len(self.names):
            return None
        return next((one for one in self.cases[row].outputs if one.name == self.names[place]), None)

    def index_of(self, row: int, output: OutputParity) -> QModelIndex:
        """The cell of an output."""
        return self.index(row, len(FIXED_COLUMNS) + self.names.index(output.name))

    def value(self, output: OutputParity) -> float | None:
        """The measure that the cells show."""
        return MEASURES[self.measure].value(output)

    def worst_place(self) -> tuple[int, int]:
        """Row and column of the gravest cell, the first of its kind."""
        places = []
        for row, case in enumerate(self.cases):
            if case.error is not None:
                places.append((0, row, 0))
            for output in case.outputs:
                column = len(FIXED_COLUMNS) + self.names.index(output.name)
                places.append((GRAVITY[output.verdict], row, column))
        return min(places)[1:] if places else (0, 0)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """Cases."""
        return 0 if parent.isValid() else len(self.cases)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """The case, its seed, and the outputs."""
        return 0 if parent.isValid() else len(FIXED_COLUMNS) + len(self.names)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _ROLE.DisplayRole) -> Any:
        """Names."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        title = (*FIXED_COLUMNS, *self.names)[section]
        if role in (_ROLE.DisplayRole, _ROLE.ToolTipRole):
            return title
        if role == _ROLE.TextAlignmentRole:
            return _LEFT if section == 0 else _RIGHT
        return None

    def data(self, index: Index, role: int = _ROLE.DisplayRole) -> Any:
        """A cell: the verdict as shape and colour, and how large the error is."""
        if not index.isValid():
            return None
        case, column = self.cases[index.row()], index.column()
        if role == _ROLE.TextAlignmentRole:
            return _LEFT if column == 0 else _RIGHT
        if column < len(FIXED_COLUMNS):
            return self._lead(case, column, role)
        output = self.output(index.row(), column)
        if output is None and case.error is None:
            return "–" if role == _ROLE.DisplayRole else None
        verdict = output.verdict if output is not None else Verdict.FAILED
        if role == _ROLE.DisplayRole:
            return self._cell(output)
        if role == _ROLE.DecorationRole:
            return status_icon(status_of(verdict))
        if role == _ROLE.BackgroundRole and verdict is not Verdict.PASSED:
            color = QColor(theme().status_color(status_of(verdict)))
            color.setAlpha(38)
            return QBrush(color)
        if role in (_ROLE.ToolTipRole, _ROLE.AccessibleTextRole):
            return _told(case, output)
        return None

    def _lead(self, case: ParityCase, column: int, role: int) -> Any:
        if role == _ROLE.DisplayRole:
            return case_title(case) if column == 0 else str(case.seed)
        if role == _ROLE.DecorationRole and column == 0:
            return status_icon(status_of(case.verdict))
        if role == _ROLE.ToolTipRole:
            return _sizes(case)
        return None

    def _cell(self, output: OutputParity | None) -> str:
        if output is None:
            return "did not run"
        value = self.value(output)
        return output.verdict.value if value is None else significant(value)


def _sizes(case: ParityCase) -> str:
    sizes = ", ".join(f"{name} = {size}" for name, size in case.sizes.items()) or "no dynamic dimension"
    return f"{case_title(case)}: {sizes}, seed {case.seed}"


def _told(case: ParityCase, output: OutputParity | None) -> str:
    if output is None:
        return f"{_sizes(case)}\n{case.error.message if case.error is not None else ''}"
    lines = [
        f"{output.name}, {_sizes(case)}: {output.verdict.value}",
        output.reason,
        f"budget used {full(output.max_budget)}, max_abs_diff {full(output.max_abs_diff)}",
    ]
    return "\n".join(line for line in lines if line)


class ParityMatrix(QTableView):
    """Shows a ParityReport; a cell that becomes current is given with its case and output."""

    cell_selected = Signal(object, object)  # ParityCase, OutputParity or None

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("parity-matrix")
        self.setAccessibleName("Cases and outputs")
        self.matrix = ParityMatrixModel(self)
        self._case_width = 0  # that the longest name would take; 0 before there is a report
        self.setModel(self.matrix)
        self.setItemDelegate(CellFrame(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        rows = self.verticalHeader()
        rows.setVisible(False)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(max(ROW_HEIGHT, self.fontMetrics().height() + 8))
        self.horizontalHeader().setHighlightSections(False)
        self.selectionModel().currentChanged.connect(self._on_current_changed)
        copy = QAction("Copy matrix", self)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self.copy_matrix)
        self.addAction(copy)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def show_cases(self, cases: tuple[ParityCase, ...]) -> None:
        """Show other cases; which cell is chosen is for whoever calls."""
        if not self.matrix.set_cases(cases):
            return
        widths = []
        for column in range(self.matrix.columnCount()):
            fitting = max(self.sizeHintForColumn(column), self.horizontalHeader().sectionSizeHint(column)) + 8
            widths.append(min(max(fitting, 84 if column >= len(FIXED_COLUMNS) else 0), 260))
        for column, width in enumerate(widths):
            self.setColumnWidth(column, width)
        self._case_width = widths[0]
        self._fit_cases()

    def choose(self, case: ParityCase | None, output: OutputParity | None = None) -> None:
        """Choose the cell of an output, or a case as a whole; the gravest cell for none."""
        if case is None:
            if self.matrix.cases:
                self.setCurrentIndex(self.matrix.index(*self.matrix.worst_place()))
            return
        row = next((i for i, one in enumerate(self.matrix.cases) if one.choice.key == case.choice.key), -1)
        if row >= 0:
            self.setCurrentIndex(self.matrix.index_of(row, output) if output else self.matrix.index(row, 0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the room anew."""
        super().resizeEvent(event)
        self._fit_cases()

    def _fit_cases(self) -> None:
        """A long name of a case gives way to the first verdict, which the matrix is there to show."""
        if self._case_width:
            others = sum(self.columnWidth(column) for column in range(1, len(FIXED_COLUMNS) + 1))
            self.setColumnWidth(0, max(min(self._case_width, self.viewport().width() - others), _CASE_WIDTH))

    def copy_matrix(self) -> None:
        """Put the whole matrix on the clipboard, tab-separated, with verdicts and full values."""
        model = self.matrix
        lines = ["\t".join((*FIXED_COLUMNS, *model.names))]
        for row, case in enumerate(model.cases):
            cells = [case_title(case), str(case.seed)]
            for column in range(len(FIXED_COLUMNS), model.columnCount()):
                output = model.output(row, column)
                cells.append(f"{output.verdict.value} {full(model.value(output))}" if output else "did not run")
            lines.append("\t".join(cells))
        QApplication.clipboard().setText("\n".join(lines))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.viewport().update()

    def _on_current_changed(self, current: QModelIndex) -> None:
        if current.isValid():
            case = self.matrix.cases[current.row()]
            self.cell_selected.emit(case, self.matrix.output(current.row(), current.column()))
