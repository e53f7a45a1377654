"""The table of all nodes of the graph, with its filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from modelpack_gui.core.explain.explanation import place_of
from modelpack_gui.core.graph.query import PLAIN, QUERY_HELP, UNDER, Query, parse, quoted
from modelpack_gui.ui.graph.overlays.columns import overlay_columns
from modelpack_gui.ui.graph.selection import NodePick
from modelpack_gui.ui.graph.tables.filter_line import FilterLine
from modelpack_gui.ui.graph.tables.graph_table import GraphTable
from modelpack_gui.ui.graph.tables.node_columns import FINDINGS_TITLE, TIME_TITLE, NodeRows, node_columns
from modelpack_gui.ui.graph.tables.row_table import RowTableModel
from modelpack_gui.ui.graph.tensors.stored_values import main_tensor
from modelpack_gui.ui.idle_steps import IdleSteps
from modelpack_gui.ui.look.theme import icon, mono_font
from modelpack_gui.ui.settings import Settings

if TYPE_CHECKING:
    from modelpack_gui.ui.controller import Controller

_MENU_LIMIT = 8


class NodesView(QWidget):
    """Follows the graph and its selection. A filter stays when a node that it hides is selected elsewhere."""

    node_activated = Signal(int)
    initializer_wanted = Signal(int)  # its value

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._state = controller.graph
        self._idle = IdleSteps(self)
        self.rows = NodeRows(controller.graph.checks)
        self._columns = node_columns(self.rows)
        self.model = RowTableModel(self._columns, mono_font(), self)
        self.table = GraphTable(self.model, "graph-nodes", "Nodes", settings)
        self.filter = FilterLine("graph-nodes", "Filter the nodes  (Ctrl+F)", QUERY_HELP)
        self.filter.stand_above(self.table, self)
        self.filter.typed.connect(self._apply_filter)
        self.table.record_selected.connect(lambda node: self._state.selection.select(NodePick(node)))
        self.table.record_activated.connect(self.node_activated.emit)
        self.table.context_menu_made.connect(self._on_menu_made)
        self._state.changed.connect(self._show_graph)
        self._state.search_ready.connect(self._on_search_ready)
        self._state.selection.changed.connect(self._show_selected)
        controller.profiles.profiled.connect(self._show_times)
        controller.graph.checks.found.connect(self._show_findings)
        self._overlays = controller.graph.overlays
        self._overlays.offers_changed.connect(self._show_overlays)
        self._overlays.changed.connect(self._show_drawn)
        self._show_graph()
        self._show_overlays()

    def set_filter(self, text: str) -> None:
        """Show the nodes that a query lets through."""
        self.filter.field.setText(text)

    def reveal(self, node: int) -> None:
        """Select a node and bring it into view, whatever was filtered."""
        if self.model.row_of(node) < 0:
            self.filter.field.clear()
        self._state.selection.select(NodePick(node))
        self._show_selected()
        self.table.show_current()  # the page may just be coming into view

    def _show_graph(self) -> None:
        graph = self._state.graph
        if graph is None:
            self._idle.stop()
            self.model.set_count(0)
            self.rows.forget()
            self.filter.show_count(0, 0)
            return
        self.rows.show(graph)
        self._idle.stop()
        self.model.set_count(len(graph.nodes))
        self._show_times()
        self._apply_filter()

    def _on_search_ready(self) -> None:
        self._apply_filter()
        if self.rows.order is not None:
            self._idle.start(self.rows.order.preparing())

    def _show_times(self) -> None:
        """Of the last profile of this file, if there is one and the file is still the same."""
        index, times = self._state.index, self.rows.times
        kept = self._controller.profiles.of_artifact(index.artifact.path) if index is not None else None
        had_times = bool(times)
        times.show(kept.report if kept is not None else None, self._state.graph)
        if had_times or times:
            self.table.show_where_known(TIME_TITLE, is_known=bool(times))

    def _show_findings(self) -> None:
        self.table.viewport().update()
        self.table.refresh_column(FINDINGS_TITLE)

    def _show_overlays(self) -> None:
        """A column for each that there is something to show of."""
        self.table.set_columns((*self._columns, *overlay_columns(self._overlays)))
        self._show_drawn()

    def _show_drawn(self) -> None:
        """The column of what is drawn on the canvas is shown as long as it is."""
        drawn = self._overlays.current
        self.table.show_for_now(drawn.title if drawn is not None else "")

    def _apply_filter(self) -> None:
        search, query = self._state.search, parse(self.filter.text)
        if search is None:
            return
        if not search.is_ready and _has_words(query):
            self.filter.count.setText("…")  # it goes on with `search_ready`
            self._state.hurry()
            return
        self.model.set_shown(search.nodes(query))
        self.filter.show_count(self.model.rowCount(), self.model.total)
        self._show_selected()

    def _show_selected(self) -> None:
        pick = self._state.selection.current
        row = self.model.row_of(pick.node) if isinstance(pick, NodePick) else -1
        is_hidden = isinstance(pick, NodePick) and row < 0 and pick.node < self.model.total
        self.filter.show_hidden(f"Node {pick.node}" if is_hidden and isinstance(pick, NodePick) else "")
        if row >= 0:
            if self.table.currentIndex().row() != row or not self.table.selectionModel().isRowSelected(row):
                self.table.setCurrentIndex(self.model.index(row, 0))
        else:
            self.table.forget_current()

    def _on_menu_made(self, menu: QMenu, node: int) -> None:
        graph = self._state.graph
        if graph is None:
            return
        info = graph.nodes[node]
        menu.addSeparator()
        menu.addAction(icon("graph"), "Show on the canvas").triggered.connect(lambda: self.node_activated.emit(node))
        place = place_of(info.source_location)
        source = menu.addAction(icon("source"), "Go to source")
        source.setEnabled(place is not None)
        if place is not None:
            source.triggered.connect(lambda: self._controller.show_place(place))
        filters = [(f"Show only {info.op_type}", quoted("op", info.op_type))]
        if info.module_path:
            filters.append((f"Show only nodes in {info.module_path}", quoted(UNDER, info.module_path)))
        for text, query in filters:
            action = menu.addAction(icon("filter"), text.replace("&", "&&"))
            action.triggered.connect(lambda _checked=False, query=query: self.set_filter(query))
        stored = main_tensor(graph, node)
        if stored >= 0:
            values = menu.addAction(
                icon("matrix"), f"Show the values of {graph.value_name(stored)}".replace("&", "&&")
            )
            values.triggered.connect(lambda: self._state.show_tensor(stored))
        used = dict.fromkeys(value for value in graph.inputs(node) if value in graph.initializer_of)
        for value in list(used)[:_MENU_LIMIT]:
            action = menu.addAction(icon("table"), f"Show initializer {graph.value_name(value)}".replace("&", "&&"))
            action.triggered.connect(lambda _checked=False, value=value: self.initializer_wanted.emit(value))


def _has_words(query: Query) -> bool:
    return any(term.field == PLAIN for term in query.terms)
