"""The table of the tensors that are stored in the file, with its filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu, QWidget

from modelpack_gui.core.graph.query import quoted
from modelpack_gui.ui.graph.selection import ValuePick
from modelpack_gui.ui.graph.tables.filter_line import FilterLine
from modelpack_gui.ui.graph.tables.graph_table import GraphTable
from modelpack_gui.ui.graph.tables.initializer_columns import InitializerRows, initializer_columns
from modelpack_gui.ui.graph.tables.row_table import RowTableModel
from modelpack_gui.ui.look.theme import icon, mono_font
from modelpack_gui.ui.settings import Settings

if TYPE_CHECKING:
    from modelpack_gui.ui.controller import Controller

_HELP = (
    "Every word must be found in the name, the dtype or the data file.\n"
    "shape:64x3x  the shape: ? is any size, an x at the end means that more follow"
)


class InitializersView(QWidget):
    """Follows the graph and its selection."""

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = controller.graph
        self.rows = InitializerRows()
        self.model = RowTableModel(initializer_columns(self.rows), mono_font(), self)
        self.table = GraphTable(self.model, "graph-initializers", "Initializers", settings)
        self.filter = FilterLine("graph-initializers", "Filter the initializers  (Ctrl+F)", _HELP)
        self.filter.stand_above(self.table, self)
        self.filter.typed.connect(self._apply_filter)
        self.table.record_selected.connect(lambda row: self._state.selection.select(ValuePick(self.rows.value(row))))
        self.table.record_activated.connect(lambda row: self._state.show_tensor(self.rows.value(row)))
        self.table.context_menu_made.connect(self._on_menu_made)
        self._state.changed.connect(self._show_graph)
        self._state.selection.changed.connect(self._show_selected)
        self._show_graph()

    def _show_graph(self) -> None:
        graph = self._state.graph
        if graph is not None:
            self.rows.show(graph)
        self.model.set_count(len(graph.initializers) if graph is not None else 0)
        self._apply_filter()

    def _apply_filter(self) -> None:
        if self._state.graph is not None:
            typed = self.filter.text
            self.model.set_shown(self.rows.found(typed) if typed.strip() else range(self.model.total))
        self.filter.show_count(self.model.rowCount(), self.model.total)
        self._show_selected()

    def _show_selected(self) -> None:
        pick, graph = self._state.selection.current, self._state.graph
        number = graph.initializer_of.get(pick.value, -1) if graph is not None and isinstance(pick, ValuePick) else -1
        row = self.model.row_of(number) if number >= 0 else -1
        is_hidden = number >= 0 and row < 0
        self.filter.show_hidden(graph.initializers[number].name if is_hidden and graph is not None else "")
        if row < 0:
            self.table.forget_current()
        elif self.table.currentIndex().row() != row:
            self.table.setCurrentIndex(self.model.index(row, 0))

    def _on_menu_made(self, menu: QMenu, row: int) -> None:
        graph = self._state.graph
        if graph is None:
            return
        name = graph.value_name(self.rows.value(row))
        menu.addSeparator()
        values = menu.addAction(icon("matrix"), "Show its values")
        values.triggered.connect(lambda: self._state.show_tensor(self.rows.value(row)))
        action = menu.addAction(icon("filter"), "Show only nodes that read it")
        action.triggered.connect(lambda: self._state.filter_wanted.emit(quoted("in", name)))
