"""Two graphs side by side: which nodes are the same, which are not, and what differs between the two of a pair."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QSplitter,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.graph.compare.text import summary
from modelpack_gui.core.records import FactChange
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.comparison.bar import ARTIFACT_SUFFIXES, CompareBar
from modelpack_gui.ui.graph.comparison.compared import Asked, Compared, PairRow
from modelpack_gui.ui.graph.comparison.facet_list import FacetList
from modelpack_gui.ui.graph.comparison.facets import Facet
from modelpack_gui.ui.graph.comparison.overlay import KEY as DIFFERENCE
from modelpack_gui.ui.graph.comparison.pair_view import DRAWING, PairView
from modelpack_gui.ui.graph.comparison.rows import FACT_COLUMNS, pair_columns
from modelpack_gui.ui.graph.comparison.weight_changes import WeightChangesView
from modelpack_gui.ui.graph.selection import NodePick, Pick
from modelpack_gui.ui.look.theme import SPACING, icon, mono_font
from modelpack_gui.ui.models.record_table import RecordTableModel
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import IconButton, wrapped_label
from modelpack_gui.ui.widgets.data_table import DataTable
from modelpack_gui.ui.widgets.empty_state import EmptyState
from modelpack_gui.ui.widgets.error_panel import ErrorPanel
from modelpack_gui.ui.widgets.filter_field import FilterField
from modelpack_gui.ui.widgets.form_parts import NoteLabel
from modelpack_gui.ui.widgets.progress_line import ProgressLine

_NODES, _MODEL, _WEIGHTS = range(3)
_SIDE_KEY, _DETAIL_KEY = "compare/side", "compare/detail"
_EMPTY = (
    "Lay this graph beside another one: what ONNX Runtime makes of it, a quantised variant, an earlier export, or any"
    " other file. Choose above what to compare with, or drop a file here."
)
_STALE = "The file was read again since: compare again to see what differs now."


class CompareView(QWidget):
    """The choice above; below it the verdict, the nodes with ways to choose among them, and the chosen pair."""

    graph_wanted = Signal()  # it is coloured by the difference, and wants to be seen

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare-view")
        self.setAcceptDrops(True)
        self._controller = controller
        self._state = controller.graph.comparison
        self._shown: Compared | None = None
        self.bar = CompareBar(controller, settings)
        self.sentence = wrapped_label("", is_selectable=True)
        self.sentence.setObjectName("compare-sentence")
        self.note = NoteLabel(Status.REMARK)
        self.stale = NoteLabel(Status.STALE)
        self.progress = ProgressLine()
        self.error_panel = ErrorPanel(controller)
        self.facets = FacetList()
        self.pairs: RecordTableModel[PairRow] = RecordTableModel(pair_columns(lambda: self._shown), mono_font(), self)
        self.table = DataTable(self.pairs, "compare-nodes", "Nodes of both graphs")
        self.weights = WeightChangesView(controller.graph, settings)
        self.pair = PairView(controller.graph, settings)
        self.facts: RecordTableModel[FactChange] = RecordTableModel(FACT_COLUMNS, mono_font(), self)
        self.fact_table = DataTable(self.facts, "compare-facts", "What differs between the models as a whole")
        self.table.remember(settings)
        header = self.fact_table.horizontalHeader()
        header.setStretchLastSection(False)
        for side in (2, 3):  # of one width, whatever is in them
            header.setSectionResizeMode(side, QHeaderView.ResizeMode.Stretch)
        self.filter_field = FilterField("Filter", "Filter the nodes")
        self.filter_field.setObjectName("compare-filter")
        self.filter_field.setMaximumWidth(240)
        self.color_button = IconButton("Colour the graph", "graph")
        self.color_button.setObjectName("compare-color")
        self.color_button.setToolTip("Show on the graph which nodes changed, were added or taken away")
        self.count = QLabel()
        self.count.setProperty("role", "muted")
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName("What to compare")
        for title in ("Nodes", "Model", "Weights"):
            self.tabs.addTab(title)
        self.tabs.setTabToolTip(_WEIGHTS, "How much the weights of pairs differ; measured when you look")
        self._lists = QStackedWidget()
        self._side = self._splitter(Qt.Orientation.Horizontal, settings, _SIDE_KEY)
        self._detail = self._splitter(Qt.Orientation.Vertical, settings, _DETAIL_KEY)
        self._lay_out()
        self._connect()
        self.refresh()

    def _lay_out(self) -> None:
        self._detail.addWidget(self.table)
        self._detail.addWidget(self.pair)
        self._side.addWidget(self.facets)
        self._side.addWidget(self._detail)
        for splitter, sizes in ((self._detail, [300, 200]), (self._side, [250, 550])):
            splitter.setStretchFactor(0 if splitter is self._detail else 1, 1)
            if splitter.property("is-new"):
                splitter.setSizes(sizes)
        self._lists.addWidget(self._side)
        self._lists.addWidget(self.fact_table)
        self._lists.addWidget(self.weights)
        line = QHBoxLayout()
        line.setSpacing(SPACING)
        line.addWidget(self.tabs)
        line.addStretch(1)
        line.addWidget(self.color_button)
        line.addWidget(self.count)
        line.addWidget(self.filter_field, 2)
        self._body = QWidget()
        inside = QVBoxLayout(self._body)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(SPACING)
        inside.addLayout(line)
        inside.addWidget(self._lists, 1)
        self.start = IconButton("See what ONNX Runtime makes of it", "run")
        self.start.clicked.connect(lambda: self.compare(Asked(level=str(self.bar.level.currentData()))))
        self._empty = EmptyState("parity", _EMPTY, self.start)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACING, 0, 0)
        column.setSpacing(SPACING)
        for widget in (self.bar, self.progress, self.error_panel, self.sentence, self.stale, self.note):
            column.addWidget(widget)
        column.addWidget(self._body, 1)
        column.addWidget(self._empty, 1)

    def _connect(self) -> None:
        self.bar.wanted.connect(self.compare)
        self.bar.cancelled.connect(self._state.cancel)
        self.facets.chosen.connect(self._on_facet)
        self.filter_field.textChanged.connect(lambda _: self._filter())
        self.filter_field.left_downwards.connect(self.table.setFocus)
        self.tabs.currentChanged.connect(self._on_tab)
        self.color_button.clicked.connect(self._on_color)
        self.table.record_selected.connect(self._on_row)
        self.pair.row_wanted.connect(self._on_row_wanted)
        self.pair.mode_changed.connect(self._on_pair_mode)
        self.table.record_activated.connect(self._on_activated)
        self.weights.node_selected.connect(self._on_weight)
        self.weights.node_activated.connect(self._on_weight_activated)
        self.table.context_menu_made.connect(self._on_menu)
        self._state.changed.connect(self.refresh)
        self._controller.graph.changed.connect(self.refresh)
        self._controller.graph.selection.changed.connect(self._on_selected)

    def compare(self, asked: Asked) -> None:
        """Compare with another file, or with what the optimiser makes of this one."""
        self.bar.choose(asked)
        if asked.level:
            self._state.optimize(asked.level)
        else:
            self._state.compare(asked.other, is_swapped=asked.is_swapped)

    def refresh(self) -> None:
        """Follow the state."""
        state = self._state
        is_busy = state.is_busy
        self.bar.refresh(is_busy=is_busy)
        job = state.job
        self.progress.show_progress((job.message or "Reading what was compared") if is_busy else None, job.fraction)
        self.error_panel.show_error(None if is_busy else state.error)
        compared = state.compared
        for widget in (self.sentence, self._body):
            widget.setVisible(compared is not None)
        self._empty.setVisible(compared is None)
        self.start.setEnabled(self.bar.can_optimize and not is_busy)
        self.color_button.setEnabled(compared is not None and not state.is_stale)
        self.stale.set_text(_STALE if state.is_stale and not is_busy else "")
        if compared is not self._shown:
            self._show(compared)

    def _show(self, compared: Compared | None) -> None:
        self._shown = compared
        self.pair.show_row(compared, None)
        self.weights.show_compared(compared)
        if compared is None:
            self.pairs.set_records([])
            self.facts.set_records([])
            return
        report = compared.report
        self.sentence.setText(summary(report))
        self.note.set_text(" ".join(report.notes))
        self.facts.set_records(report.facts)
        self.tabs.setTabText(_MODEL, f"Model  {fmt.count(len(report.facts))}")
        self.tabs.setTabText(_NODES, f"Nodes  {fmt.count(len(compared.rows))}")
        weights = 0 if report.is_optimized else compared.difference.aspect_counts.get("weights", 0)
        self.tabs.setTabVisible(_WEIGHTS, weights > 0)
        self.pairs.set_records([])
        self.facets.set_facets(self._state.facets)  # which shows the rows of one
        self._on_selected(self._controller.graph.selection.current)
        if self.pair.row is None and self.pairs.rowCount():
            self.pair.show_row(compared, self.pairs.record(0))

    def _on_facet(self, facet: Facet) -> None:
        self.pairs.set_records(facet.rows)
        self._show_count()

    def _filter(self) -> None:
        self.pairs.set_filter(self.filter_field.text())
        self._show_count()

    def _show_count(self) -> None:
        total = len(self._shown.rows) if self._shown is not None else 0
        self.count.setText(f"{fmt.count(self.pairs.rowCount())} of {fmt.count(total)}")

    def _on_tab(self, tab: int) -> None:
        self._lists.setCurrentIndex(tab)
        self.filter_field.setVisible(tab == _NODES)
        self.count.setVisible(tab == _NODES)

    def _on_row(self, row: PairRow) -> None:
        compared = self._shown
        self.pair.show_row(compared, row)
        node = compared.own_node(row) if compared is not None and not self._state.is_stale else -1
        if node >= 0:
            self._controller.graph.selection.select(NodePick(node))

    def _on_selected(self, pick: Pick | None) -> None:
        """Selected anywhere: show its pair, and its row if that is listed."""
        compared = self._shown
        if compared is None or not isinstance(pick, NodePick) or self._state.is_stale:
            return
        place = compared.row_of.get(pick.node)
        row = compared.rows[place] if place is not None else None
        if row is None or row is self.pair.row:
            return
        self._show_row(row)

    def _show_row(self, row: PairRow) -> None:
        """Its pair, and its place in the list if it is there."""
        self.pair.show_row(self._shown, row)
        self.table.blockSignals(True)
        self.table.select_record(row)
        self.table.blockSignals(False)
        self.table.show_current()

    def _on_color(self) -> None:
        self._controller.graph.overlays.choose(DIFFERENCE)
        self.graph_wanted.emit()

    def _on_weight(self, node: int) -> None:
        """The node that reads a weight: its pair, and the selection of the window."""
        compared = self._shown
        if compared is not None:
            row = next((row for row in compared.rows if row.node == node), None)
            if row is not None:
                self._show_row(row)
                self._on_row(row)

    def _on_weight_activated(self, node: int) -> None:
        self.facets.choose("everything")
        self.tabs.setCurrentIndex(_NODES)
        self._on_weight(node)

    def _on_row_wanted(self, row: PairRow) -> None:
        """Clicked in the drawing."""
        self._show_row(row)
        self._on_row(row)

    def _on_pair_mode(self, mode: str) -> None:
        """A drawing wants more room than a list; the user's own choice is kept while it is at least that."""
        above, below = self._detail.sizes()
        if mode == DRAWING and below < above:
            self._detail.setSizes([(above + below) * 2 // 5, (above + below) * 3 // 5])

    def _on_activated(self, row: PairRow) -> None:
        compared = self._shown
        if compared is not None and compared.own_node(row) >= 0:
            self._controller.show_node(compared.own_node(row))

    def _on_menu(self, menu: QMenu, row: PairRow) -> None:
        compared = self._shown
        menu.addSeparator()
        show = menu.addAction(icon("graph"), "Show in the graph")
        show.setEnabled(compared is not None and compared.own_node(row) >= 0)
        show.triggered.connect(lambda: self._on_activated(row))

    # A file that is dropped

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take an exported model."""
        if self._dropped(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Compare with it."""
        path = self._dropped(event)
        if path:
            event.acceptProposedAction()
            self.compare(Asked(other=path))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._shown is not None:
            self.facets.set_facets(self._state.facets)

    def _dropped(self, event: QDropEvent) -> str:
        urls = event.mimeData().urls()
        path = urls[0].toLocalFile() if len(urls) == 1 else ""
        return path if Path(path).suffix in ARTIFACT_SUFFIXES and self._controller.graph.index is not None else ""

    @staticmethod
    def _splitter(orientation: Qt.Orientation, settings: Settings, key: str) -> QSplitter:
        splitter = QSplitter(orientation)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(SPACING)
        splitter.setProperty("is-new", not splitter.restoreState(settings.state(key)))
        splitter.splitterMoved.connect(lambda: settings.set_state(key, splitter.saveState()))
        return splitter
