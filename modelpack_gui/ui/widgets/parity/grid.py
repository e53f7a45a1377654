"""Sizes against kinds of values, coloured by a figure: where a sweep fails, and how badly, at a glance."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QLinearGradient, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QSizePolicy,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from modelpack_gui.core.figures import full, significant
from modelpack_gui.core.records import ParityCase
from modelpack_gui.ui.look.color_scale import viridis
from modelpack_gui.ui.look.theme import GRID, SPACING, theme
from modelpack_gui.ui.models.parity_grid import Cell, ParityGridModel
from modelpack_gui.ui.models.parity_text import REGIMES
from modelpack_gui.ui.widgets.data_table import ROW_HEIGHT
from modelpack_gui.ui.widgets.parity.cell_frame import CellFrame

_LEAST_COLUMN = 64
_WIDEST_COLUMN = 130
_WIDEST_HEADER = 200


class ColorScale(QWidget):
    """The colours of a measure, with the numbers at their ends."""

    def __init__(self, model: ParityGridModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        model.dataChanged.connect(self._on_changed)
        model.modelReset.connect(self._on_changed)
        self._on_changed()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(120, self.fontMetrics().height() + GRID)

    def texts(self) -> tuple[str, str]:
        """What stands at its ends."""
        unit = self._model.measure.unit
        low, high = self._model.scale
        return f"≤ {significant(low)}{unit}" if not self._model.measure.is_falling else (
            f"≥ {significant(low)}{unit}"
        ), f"{significant(high)}{unit}"

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 (Qt's signature)
        """Draw the bar between its two numbers."""
        low, high = self.texts()
        metrics = self.fontMetrics()
        left, right = metrics.horizontalAdvance(low) + SPACING, metrics.horizontalAdvance(high) + SPACING
        painter = QPainter(self)
        painter.setPen(theme().colors.muted)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, low)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, high)
        bar = QRectF(left, self.height() / 2 - 4, max(self.width() - left - right, 0), 8)
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        for step in range(11):
            gradient.setColorAt(step / 10, viridis(step / 10))
        painter.fillRect(bar, gradient)
        painter.end()

    def _on_changed(self) -> None:
        low, high = self.texts()
        self.setAccessibleName(f"Colours from {low} to {high}")
        self.update()


class _GridTable(QTableView):
    """Shares its width among its columns, as far as that makes them no wider than they are of use."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the room anew."""
        super().resizeEvent(event)
        self.fit_columns()

    def fit_columns(self) -> None:
        """All as wide as each other."""
        number = self.model().columnCount() if self.model() is not None else 0
        if number:
            width = min(max(self.viewport().width() // number, _LEAST_COLUMN), _WIDEST_COLUMN)
            self.horizontalHeader().setDefaultSectionSize(width)


class ParityGrid(QWidget):
    """The table and the scale of its colours below it."""

    cell_selected = Signal(object)  # tuple of ParityCase, the gravest first

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = ParityGridModel(self)
        self.table = _GridTable()
        self.table.setObjectName("parity-grid")
        self.table.setAccessibleName("Sizes and kinds of values")
        self.table.setModel(self.model)
        self.table.setItemDelegate(CellFrame(self.table))
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        rows, columns = self.table.verticalHeader(), self.table.horizontalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(max(ROW_HEIGHT, self.fontMetrics().height() + 8))
        rows.setMaximumWidth(_WIDEST_HEADER)
        rows.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        rows.setHighlightSections(False)
        columns.setHighlightSections(False)
        columns.setMinimumSectionSize(_LEAST_COLUMN)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.model.modelReset.connect(self.table.fit_columns)
        self.table.setCornerButtonEnabled(False)
        self.table.selectionModel().currentChanged.connect(self._on_current_changed)
        copy = QAction("Copy table", self.table)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self.copy_table)
        self.table.addAction(copy)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.table, 1)
        column.addWidget(ColorScale(self.model))
        self.setFocusProxy(self.table)

    @property
    def cell(self) -> Cell | None:
        """What is chosen."""
        index = self.table.currentIndex()
        return self.model.cell(index.row(), index.column()) if index.isValid() else None

    def choose(self, case: ParityCase | None) -> None:
        """Choose the cell of a case; the gravest one for none."""
        index = self.model.place_of(case) if case is not None else self.model.worst_place()
        if index.isValid():
            self.table.setCurrentIndex(index)

    def copy_table(self) -> None:
        """Put it on the clipboard, tab-separated, with verdicts and full values."""
        model = self.model
        lines = ["\t".join(["", *(REGIMES[regime][0] for regime in model.regimes)])]
        for row, title in enumerate(model.titles):
            cells = (model.cell(row, column) for column in range(len(model.regimes)))
            texts = [
                f"{cell.verdict.value} {full(cell.value(model.measure))}".strip() if cell is not None else ""
                for cell in cells
            ]
            lines.append("\t".join([title, *texts]))
        QApplication.clipboard().setText("\n".join(lines))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.table.viewport().update()

    def _on_current_changed(self, current: QModelIndex) -> None:
        cell = self.model.cell(current.row(), current.column()) if current.isValid() else None
        if cell is not None:
            self.cell_selected.emit(cell.cases)
