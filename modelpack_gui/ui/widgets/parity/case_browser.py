"""The cases of a proof, as a list with their outputs or as sizes against kinds of values; one of them is chosen."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QHBoxLayout,
    QSizePolicy,
    QStackedWidget,
    QStyle,
    QStyleOptionComboBox,
    QVBoxLayout,
    QWidget,
)

from modelpack_gui.core.figures import significant
from modelpack_gui.core.records import OutputParity, ParityCase
from modelpack_gui.ui.look.theme import SPACING, status_icon, status_of
from modelpack_gui.ui.models.parity_measures import BUDGET, MEASURES, NOISE_RATIO
from modelpack_gui.ui.models.parity_text import gravest_output
from modelpack_gui.ui.widgets.form_parts import CalmCombo
from modelpack_gui.ui.widgets.parity.grid import ParityGrid
from modelpack_gui.ui.widgets.parity.matrix import ParityMatrix

_LIST, _GRID = 0, 1
_LEAST_HEIGHT = 260  # some rows, whatever stands above: the page scrolls


class CaseBrowser(QWidget):
    """Shows cases, whole or while they come.

    Attributes:
        case, output: What is chosen; None before there is anything, and for a case as a whole.
    """

    selected = Signal()  # another case or output, or the same with other figures
    view_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.case: ParityCase | None = None
        self.output: OutputParity | None = None
        self._is_telling = True
        self.matrix = ParityMatrix()
        self.matrix.cell_selected.connect(self._on_case_chosen)
        self.grid = ParityGrid()
        self.grid.cell_selected.connect(self._on_cell_chosen)
        self.view = CalmCombo("Show cases as")
        self.view.setObjectName("parity-view")
        self.view.addItem("Cases and outputs")
        self.view.addItem("Sizes and values")
        self.view.setMinimumContentsLength(10)
        self.view.currentIndexChanged.connect(self._on_view_changed)
        self.measure = CalmCombo("Cells show")
        self.measure.setObjectName("parity-measure")
        self.measure.setMinimumContentsLength(8)
        for place, measure in enumerate(MEASURES.values()):
            self.measure.addItem(measure.title, measure.name)
            self.measure.setItemData(place, measure.tooltip, Qt.ItemDataRole.ToolTipRole)
        self.measure.currentIndexChanged.connect(self._on_measure_changed)
        self.which = CalmCombo("Which case of the cell")
        self.which.setObjectName("parity-which-case")
        self.which.activated.connect(self._on_which_chosen)
        self.which.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.which.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.which.hide()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.matrix)
        self._stack.addWidget(self.grid)
        self._top = QHBoxLayout()
        self._top.setSpacing(SPACING)
        self._top.addWidget(self.view, 1)
        self._top.addWidget(self.measure, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING // 2)
        column.addLayout(self._top)
        column.addWidget(self._stack, 1)
        self.setMinimumHeight(_LEAST_HEIGHT)

    def show_cases(self, cases: tuple[ParityCase, ...], *, keeps: bool, is_sweep: bool) -> None:
        """Show other cases.

        Args:
            keeps: What is chosen stays, with its figures of now; else the gravest is chosen.
            is_sweep: Whether sizes and kinds of values say more than a list.
        """
        chosen, output = (self.case, self.output) if keeps else (None, None)
        self._is_telling = False
        self.matrix.show_cases(cases)
        self.grid.model.set_cases(cases)
        if not keeps or chosen is None:
            self._show_view(_GRID if is_sweep else _LIST)
        now = next((one for one in cases if chosen is not None and one.choice.key == chosen.choice.key), None)
        if now is None:
            self.case = self.output = None
            self._current().choose(None)
            self._take_current()  # what Qt had chosen already is not told again
        else:
            same = next((one for one in now.outputs if output is not None and one.name == output.name), None)
            self.choose(now, same)
        self._is_telling = True
        self.selected.emit()

    def choose(self, case: ParityCase, output: OutputParity | None) -> None:
        """Choose an output, or a case as a whole."""
        is_telling, self._is_telling = self._is_telling, False
        self.grid.choose(case)
        self.matrix.choose(case, output)
        self._put(case, output)
        self._is_telling = is_telling
        if self._is_telling:
            self.selected.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The two choices stand below each other where their texts would be cut."""
        super().resizeEvent(event)
        widths = [self._whole_width(box) for box in (self.view, self.measure)]
        fits = sum(widths) + SPACING <= self.width()
        for place, width in enumerate(widths):
            self._top.setStretch(place, width if fits else 0)
        self._top.setDirection(QBoxLayout.Direction.LeftToRight if fits else QBoxLayout.Direction.TopToBottom)

    def _whole_width(self, box: QComboBox) -> int:
        """Of a box with its longest item whole."""
        longest = max(box.fontMetrics().horizontalAdvance(box.itemText(i)) for i in range(box.count()))
        option = QStyleOptionComboBox()
        box.initStyleOption(option)
        size = QSize(longest, box.fontMetrics().height())
        return box.style().sizeFromContents(QStyle.ContentsType.CT_ComboBox, option, size, box).width()

    @property
    def is_grid(self) -> bool:
        """Whether sizes and kinds of values are shown."""
        return self._stack.currentIndex() == _GRID

    def _current(self) -> ParityMatrix | ParityGrid:
        return self.grid if self.is_grid else self.matrix

    def _show_view(self, place: int) -> None:
        self.view.blockSignals(True)
        self.view.setCurrentIndex(place)
        self.view.blockSignals(False)
        self._stack.setCurrentIndex(place)
        is_measured = any(case.noise_ratio is not None for case in self.matrix.matrix.cases)
        usual = NOISE_RATIO if place == _GRID and is_measured else BUDGET
        self.measure.setCurrentIndex(self.measure.findData(usual))
        self._show_which()
        self.view_changed.emit()

    def _on_view_changed(self, place: int) -> None:
        self._stack.setCurrentIndex(place)
        self.view_changed.emit()
        if self.case is not None:
            self.choose(self.case, self.output)

    def _on_measure_changed(self) -> None:
        name = self.measure.currentData()
        self.matrix.matrix.set_measure(name)
        self.grid.model.set_measure(name)

    def _take_current(self) -> None:
        index = self.matrix.currentIndex()
        if self._current() is self.matrix and index.isValid():
            self._put(self.matrix.matrix.cases[index.row()], self.matrix.matrix.output(index.row(), index.column()))
        elif self.grid.cell is not None:
            self._on_cell_chosen(self.grid.cell.cases)

    def _on_case_chosen(self, case: ParityCase, output: OutputParity | None) -> None:
        if self._current() is self.matrix:
            self._tell(case, output)

    def _on_cell_chosen(self, cases: tuple[ParityCase, ...]) -> None:
        if self._current() is self.grid:
            self._tell(cases[0], gravest_output(cases[0]))

    def _on_which_chosen(self, place: int) -> None:
        cell = self.grid.cell
        if cell is not None:
            self._tell(cell.cases[place], gravest_output(cell.cases[place]))

    def _tell(self, case: ParityCase, output: OutputParity | None) -> None:
        self._put(case, output)
        if self._is_telling:
            self.selected.emit()

    def _put(self, case: ParityCase, output: OutputParity | None) -> None:
        self.case, self.output = case, output
        self._show_which()

    def _show_which(self) -> None:
        """The cases of the chosen cell, where there are several."""
        cell = self.grid.cell if self._current() is self.grid else None
        self.which.clear()
        if cell is not None and self.case is not None:
            for case in cell.cases:
                worst = MEASURES[self.measure.currentData()].worst(case.outputs)
                figure = f", {significant(worst)}" if worst is not None else ""
                self.which.addItem(status_icon(status_of(case.verdict)), f"seed {case.seed}{figure}")
            keys = [case.choice.key for case in cell.cases]
            self.which.setCurrentIndex(keys.index(self.case.choice.key) if self.case.choice.key in keys else 0)
        self.which.setVisible(self.which.count() > 1)
