"""The tables of the graph page with their filter: nodes, initializers, inputs and outputs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import GraphIndex, InitializerInfo, NodeInfo, ProfileReport
from modelpack_gui.ui.models.graph_columns import (
    INITIALIZER_COLUMNS,
    NODE_COLUMNS,
    PORT_COLUMNS,
    PortRow,
    node_haystack,
    port_rows,
)
from modelpack_gui.ui.models.node_filter import FILTER_HELP, parse_filter
from modelpack_gui.ui.models.node_times import TITLE, NodeTimes
from modelpack_gui.ui.models.record_table import RecordTableModel
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.theme import SPACING, mono_font
from modelpack_gui.ui.widgets.data_table import DataTable
from modelpack_gui.ui.widgets.filter_field import FilterField
from modelpack_gui.ui.widgets.op_counts import OpCounts
from modelpack_gui.ui.widgets.share_delegate import draw_shares

_SPLIT_KEY = "splits/graph-op-counts"
_TIME_PLACE = 2  # behind the op type


class Tab(IntEnum):
    """Which table is shown."""

    NODES = 0
    INITIALIZERS = 1
    PORTS = 2


_TITLES = {Tab.NODES: "Nodes", Tab.INITIALIZERS: "Initializers", Tab.PORTS: "Inputs and outputs"}


@dataclass
class _Table:
    model: RecordTableModel[Any]
    view: DataTable
    filter: str = ""


class GraphTables(QWidget):
    """One table at a time, chosen by tabs. Each keeps its own filter; the op_type list belongs to the nodes."""

    node_selected = Signal(object)  # NodeInfo
    initializer_selected = Signal(object)  # InitializerInfo
    port_selected = Signal(object)  # PortRow
    node_activated = Signal(object)  # NodeInfo
    node_menu_made = Signal(object, object)  # QMenu, NodeInfo

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._known_ops: frozenset[str] = frozenset()
        mono = mono_font()
        self.times = NodeTimes()
        columns = (*NODE_COLUMNS[:_TIME_PLACE], *self.times.columns(), *NODE_COLUMNS[_TIME_PLACE:])
        node_model: RecordTableModel[NodeInfo] = RecordTableModel(columns, mono, self, haystack=node_haystack)
        initializer_model: RecordTableModel[InitializerInfo] = RecordTableModel(INITIALIZER_COLUMNS, mono, self)
        port_model: RecordTableModel[PortRow] = RecordTableModel(PORT_COLUMNS, mono, self)
        self.tables = {
            Tab.NODES: _Table(node_model, DataTable(node_model, "graph-nodes", "Nodes")),
            Tab.INITIALIZERS: _Table(
                initializer_model, DataTable(initializer_model, "graph-initializers", "Initializers")
            ),
            Tab.PORTS: _Table(port_model, DataTable(port_model, "graph-ports", "Inputs and outputs")),
        }
        for tab, signal in (
            (Tab.NODES, self.node_selected),
            (Tab.INITIALIZERS, self.initializer_selected),
            (Tab.PORTS, self.port_selected),
        ):
            self.tables[tab].view.remember(settings)
            self.tables[tab].view.record_selected.connect(signal)
        draw_shares(self.tables[Tab.NODES].view, TITLE, self.times.share)
        self.tables[Tab.NODES].view.setColumnHidden(_TIME_PLACE, True)
        self.tables[Tab.NODES].view.context_menu_made.connect(self.node_menu_made)
        self.tables[Tab.NODES].view.record_activated.connect(self.node_activated)

        self.op_counts = OpCounts()
        self.op_counts.chosen_changed.connect(lambda: self._apply_filter(Tab.NODES))
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.setChildrenCollapsible(False)
        self._split.setHandleWidth(SPACING)
        self._split.addWidget(self.op_counts)
        self._split.addWidget(self.tables[Tab.NODES].view)
        self._split.setStretchFactor(1, 1)
        self._split.setSizes([168, 600])
        self._split.restoreState(settings.state(_SPLIT_KEY))
        self._split.splitterMoved.connect(lambda: settings.set_state(_SPLIT_KEY, self._split.saveState()))

        self.tabs = QTabBar()
        self.tabs.setObjectName("graph-tabs")
        self.tabs.setAccessibleName("What to list")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        for tab in Tab:
            self.tabs.addTab(_TITLES[tab])
        self.filter_field = FilterField("Filter  (Ctrl+F)", "Filter the table")
        self.filter_field.setObjectName("graph-filter")
        self.filter_field.setMinimumWidth(140)
        self.filter_field.setMaximumWidth(280)
        self.count_label = QLabel()
        self.count_label.setObjectName("graph-count")
        self.count_label.setProperty("role", "muted")
        line = QHBoxLayout()
        line.setSpacing(SPACING)
        line.addWidget(self.tabs)
        line.addStretch(1)
        line.addWidget(self.count_label)
        line.addWidget(self.filter_field, 2)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._split)
        self._stack.addWidget(self.tables[Tab.INITIALIZERS].view)
        self._stack.addWidget(self.tables[Tab.PORTS].view)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addLayout(line)
        column.addWidget(self._stack, 1)
        self.tabs.currentChanged.connect(self._on_tab_changed)
        self.filter_field.textChanged.connect(self._on_filter_typed)
        self.filter_field.left_downwards.connect(self._on_left_downwards)
        self._on_tab_changed(Tab.NODES)

    @property
    def tab(self) -> Tab:
        """Which table is shown."""
        return Tab(self.tabs.currentIndex())

    @property
    def table(self) -> DataTable:
        """The table that is shown."""
        return self.tables[self.tab].view

    def show_graph(self, index: GraphIndex, graph: Graph) -> None:
        """Fill the tables; filters and sort orders stay."""
        self._known_ops = frozenset(index.op_counts)
        ports = port_rows(index)
        for tab, records in ((Tab.NODES, graph.nodes), (Tab.INITIALIZERS, graph.initializers), (Tab.PORTS, ports)):
            self.tables[tab].model.set_records(records)
            self.tabs.setTabText(tab, f"{_TITLES[tab]}  {fmt.count(len(records))}")
        self.op_counts.set_counts(index.op_counts)
        self._apply_filter(Tab.NODES)  # which op_types there are has changed

    def show_times(self, report: ProfileReport | None, graph: Graph | None) -> None:
        """Show the times of a profile of this file beside the nodes; None hides their column."""
        had_times = bool(self.times)
        self.times.show(report, graph)
        table = self.tables[Tab.NODES]
        table.view.setColumnHidden(_TIME_PLACE, not self.times)
        if had_times or self.times:
            table.model.refresh_column(_TIME_PLACE)

    def show_tab(self, tab: Tab) -> None:
        """Show one of the tables."""
        self.tabs.setCurrentIndex(tab)

    def focus_filter(self) -> None:
        """Start typing a filter."""
        self.filter_field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter_field.selectAll()

    def filter_nodes(self, text: str) -> None:
        """Show the nodes that a filter lets through, of whatever op_type."""
        self.show_tab(Tab.NODES)
        self.op_counts.clear()
        self.filter_field.setText(text)

    def choose_ops(self, *op_types: str) -> None:
        """Show nodes of some op_types only."""
        self.show_tab(Tab.NODES)
        self.op_counts.choose(*op_types)

    def select_node(self, node: NodeInfo) -> None:
        """Show a node in the node table, whatever was filtered."""
        self._select(Tab.NODES, node)

    def select_initializer(self, item: InitializerInfo) -> None:
        """Show an initializer in its table, whatever was filtered."""
        self._select(Tab.INITIALIZERS, item)

    def _select(self, tab: Tab, record: NodeInfo | InitializerInfo) -> None:
        self.show_tab(tab)
        table = self.tables[tab]
        if table.model.row_of(record) < 0:
            self.filter_field.clear()
            if tab is Tab.NODES:
                self.op_counts.clear()
        table.view.select_record(record)
        table.view.show_current()  # the page may just be coming into view
        table.view.setFocus()

    def _on_tab_changed(self, tab: int) -> None:
        self._stack.setCurrentIndex(tab)
        self.filter_field.setToolTip(FILTER_HELP if tab == Tab.NODES else "Every word must be found in some column.")
        self.filter_field.setText(self.tables[Tab(tab)].filter)
        self._show_count()

    def _on_filter_typed(self, text: str) -> None:
        table = self.tables[self.tab]
        if text != table.filter:
            table.filter = text
            self._apply_filter(self.tab)

    def _on_left_downwards(self) -> None:
        table = self.table
        table.setFocus()
        if not table.currentIndex().isValid() and table.model().rowCount():
            table.selectRow(0)

    def _apply_filter(self, tab: Tab) -> None:
        table = self.tables[tab]
        if tab is Tab.NODES:
            parsed = parse_filter(table.filter, self._known_ops, self.op_counts.chosen)
            table.model.set_filter(parsed.words, parsed.predicate)
        else:
            table.model.set_filter(table.filter)
        self._show_count()

    def _show_count(self) -> None:
        model = self.tables[self.tab].model
        self.count_label.setText(f"{fmt.count(model.rowCount())} of {fmt.count(model.total)}")
