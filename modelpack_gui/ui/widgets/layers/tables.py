"""The tables of a comparison layer by layer: values that were compared, and nodes that have no counterpart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from modelpack_gui.core.explain.explanation import place_of
from modelpack_gui.core.figures import count
from modelpack_gui.core.records import LayerRow, UnalignedNode, Verdict
from modelpack_gui.ui.look.theme import SPACING, icon, mono_font
from modelpack_gui.ui.models.layer_columns import ROW_COLUMNS, UNALIGNED_COLUMNS, row_haystack
from modelpack_gui.ui.models.record_table import RecordTableModel
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import ElidedLabel
from modelpack_gui.ui.widgets.data_table import DataTable
from modelpack_gui.ui.widgets.filter_field import FilterField

NOISE = 4.0
"""More noise floors than this are more than rounding usually gives."""

_CHOICES: dict[str, Callable[[LayerRow], bool] | None] = {
    "All": None,
    "Not passed": lambda row: row.verdict is not Verdict.PASSED,
    f"Above {NOISE:.0f} noise floors": lambda row: row.noise_ratio is not None and row.noise_ratio > NOISE,
    "Error introduced": lambda row: bool(row.introduced),
    "Optimisation off": lambda row: row.optimization == "off",
    "Optimisation on": lambda row: row.optimization != "off",
}


class Tab(IntEnum):
    """Which table is shown."""

    ROWS = 0
    UNALIGNED = 1


_TITLES = ("Values", "Fused or unaligned")


class LayerTables(QWidget):
    """One table at a time, chosen by tabs. The filter is for the one that is shown."""

    row_selected = Signal(object)  # LayerRow
    node_wanted = Signal(int)  # NodeInfo.index
    place_wanted = Signal(object)  # SourcePlace
    repro_wanted = Signal(object)  # LayerRow

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: RecordTableModel[LayerRow] = RecordTableModel(
            ROW_COLUMNS, mono_font(), self, haystack=row_haystack
        )
        self.unaligned: RecordTableModel[UnalignedNode] = RecordTableModel(UNALIGNED_COLUMNS, mono_font(), self)
        self.table = DataTable(self.rows, "layer-rows", "Values compared")
        self.unaligned_table = DataTable(self.unaligned, "layer-unaligned", "Nodes without a counterpart")
        for table in (self.table, self.unaligned_table):
            table.remember(settings)
        self.table.record_selected.connect(self.row_selected)
        self.table.record_activated.connect(lambda row: self.node_wanted.emit(row.node))
        self.table.context_menu_made.connect(self._on_row_menu)
        self.unaligned_table.record_activated.connect(lambda node: self.node_wanted.emit(node.node))
        self.unaligned_table.context_menu_made.connect(self._on_unaligned_menu)
        self.tabs = QTabBar()
        self.tabs.setObjectName("layer-tabs")
        self.tabs.setAccessibleName("What to list")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)  # what stands beside them gives way
        for title in _TITLES:
            self.tabs.addTab(title)
        self.share = ElidedLabel("", Qt.TextElideMode.ElideRight)
        self.share.setObjectName("layer-share")
        self.share.setProperty("role", "muted")
        self.share.setMinimumWidth(40)
        self.choice = QComboBox()
        self.choice.setObjectName("layer-choice")
        self.choice.setAccessibleName("Which values to list")
        self.choice.addItems(list(_CHOICES))
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.choice.setMinimumContentsLength(7)
        self.choice.setMaximumWidth(200)
        self.choice.currentIndexChanged.connect(lambda _: self._apply())
        self.filter_field = FilterField("Filter", "Filter the table")
        self.filter_field.setObjectName("layer-filter")
        self.filter_field.setToolTip(
            "Every word must be found in a name: op type, module, source line, node or value."
        )
        self.filter_field.setMinimumWidth(100)
        self.filter_field.setMaximumWidth(240)
        self.filter_field.textChanged.connect(lambda _: self._apply())
        self.filter_field.left_downwards.connect(self._on_left_downwards)
        line = QHBoxLayout()
        line.setSpacing(SPACING)
        line.addWidget(self.tabs)
        line.addWidget(self.share, 2)
        line.addWidget(self.choice, 2)
        line.addWidget(self.filter_field, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.unaligned_table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING // 2)
        column.addLayout(line)
        column.addWidget(self._stack, 1)
        self.tabs.currentChanged.connect(self._on_tab_changed)

    def show_rows(self, rows: Sequence[LayerRow], unaligned: Sequence[UnalignedNode], share: str) -> None:
        """Fill both tables; filters, sort orders and the selected value stay."""
        index = self.table.currentIndex()
        before = self.rows.record(index.row()) if index.isValid() else None
        self.rows.set_records(rows)
        if before is not None and self.rows.row_of(before) < 0:  # a later row took its place
            self.select(before)
        self.unaligned.set_records(unaligned)
        self.share.set_text(share)
        self._show_counts()

    def select(self, row: LayerRow) -> None:
        """Make a value current, whatever was filtered."""
        self.tabs.setCurrentIndex(Tab.ROWS)
        found = self._shown_as(row)
        if found is None and self.rows.rowCount() < self.rows.total:
            self.filter_field.clear()
            self.choice.setCurrentIndex(0)
            found = self._shown_as(row)
        if found is not None:
            self.table.select_record(found)

    def select_node(self, node: int) -> None:
        """Make the first value of a node current, if it is listed."""
        found = next((row for row in self.rows.records if row.node == node), None)
        if found is not None:
            self.table.select_record(found)

    def focus_filter(self) -> None:
        """Start typing a filter."""
        self.filter_field.setFocus()
        self.filter_field.selectAll()

    def _shown_as(self, row: LayerRow) -> LayerRow | None:
        key = (row.value, row.optimization)
        return next((one for one in self.rows.records if (one.value, one.optimization) == key), None)

    def _apply(self) -> None:
        text = self.filter_field.text()
        if self.tabs.currentIndex() == Tab.ROWS:
            self.rows.set_filter(text, _CHOICES[self.choice.currentText()])
        else:
            self.unaligned.set_filter(text)
        self._show_counts()

    def _show_counts(self) -> None:
        for tab, title, model in (
            (Tab.ROWS, _TITLES[Tab.ROWS], self.rows),
            (Tab.UNALIGNED, _TITLES[Tab.UNALIGNED], self.unaligned),
        ):
            total, shown = count(model.total), count(model.rowCount())
            self.tabs.setTabText(tab, f"{title}  {total if total == shown else f'{shown} of {total}'}")

    def _on_tab_changed(self, tab: int) -> None:
        self._stack.setCurrentIndex(tab)
        self.choice.setVisible(tab == Tab.ROWS)
        self._apply()

    def _on_left_downwards(self) -> None:
        table = self.table if self.tabs.currentIndex() == Tab.ROWS else self.unaligned_table
        table.setFocus()
        if not table.currentIndex().isValid() and table.model().rowCount():
            table.selectRow(0)

    def _on_row_menu(self, menu: QMenu, row: LayerRow) -> None:
        menu.addSeparator()
        menu.addAction(icon("graph"), "Show in graph").triggered.connect(lambda: self.node_wanted.emit(row.node))
        place = place_of(row.source_location)
        source = menu.addAction(icon("source"), "Show source line")
        source.setEnabled(place is not None)
        source.triggered.connect(lambda: self.place_wanted.emit(place))
        repro = menu.addAction(icon("package"), "Make a repro of this value…")
        repro.triggered.connect(lambda: self.repro_wanted.emit(row))

    def _on_unaligned_menu(self, menu: QMenu, node: UnalignedNode) -> None:
        menu.addSeparator()
        menu.addAction(icon("graph"), "Show in graph").triggered.connect(lambda: self.node_wanted.emit(node.node))
