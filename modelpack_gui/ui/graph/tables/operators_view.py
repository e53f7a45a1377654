"""What the nodes of each op type cost together, and how that is counted."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from modelpack_gui.core.records import OpTypeCosts
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.numbers.strip import NumbersStrip
from modelpack_gui.ui.graph.tables.operator_columns import OPERATOR_COLUMNS, how_counted
from modelpack_gui.ui.look.theme import SPACING, icon, mono_font
from modelpack_gui.ui.models.record_table import RecordTableModel
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import wrapped_label
from modelpack_gui.ui.widgets.data_table import DataTable
from modelpack_gui.ui.widgets.filter_field import FilterField
from modelpack_gui.ui.widgets.share_delegate import draw_shares

_SHARES: dict[str, Callable[[OpTypeCosts], float]] = {
    "Nodes": lambda row: row.nodes,
    "MACs": lambda row: row.macs.value,
    "FLOPs": lambda row: row.flops.value,
    "Parameters": lambda row: row.parameters,
    "Weights": lambda row: row.weight_bytes,
    "Activations": lambda row: row.activation_bytes.value,
}
_HINT = "Choose an op type to see how its numbers are counted; a double click lists its nodes."
_LOW = 320  # pixels


class OperatorsView(QWidget):
    """A table with a row for each op type; Enter or a double click lists its nodes."""

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("graph-operators-view")
        self._state = controller.graph
        self._shown: object = None
        self._wholes = dict.fromkeys(_SHARES, 0.0)
        self.strip = NumbersStrip(controller)
        self.model: RecordTableModel[OpTypeCosts] = RecordTableModel(OPERATOR_COLUMNS, mono_font(), self)
        self.table = DataTable(self.model, "graph-operators", "Op types with what they cost")
        self.table.remember(settings)
        for title in _SHARES:
            draw_shares(self.table, title, partial(self._share, title))
        self.filter = FilterField("Find an op type", "Filter op types")
        self.filter.setObjectName("graph-operators-filter")
        self.filter.textChanged.connect(self.model.set_filter)
        self.filter.left_downwards.connect(self.table.setFocus)
        self.note = wrapped_label(_HINT, is_muted=True, is_selectable=True)
        self.note.setObjectName("graph-operators-note")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addWidget(self.strip)
        column.addWidget(self.filter)
        column.addWidget(self.table, 1)
        column.addWidget(self.note)
        self.table.record_selected.connect(lambda row: self._tell(how_counted(row)))
        self.table.record_activated.connect(self._list_nodes)
        self.table.context_menu_made.connect(self._on_menu)
        self._state.numbers.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        report = self._state.numbers.report
        if report is self._shown:
            return
        self._shown = report
        rows = report.by_op if report is not None else ()
        self._wholes = {title: float(sum(map(value, rows))) for title, value in _SHARES.items()}
        self.model.set_records(rows)
        self._tell(_HINT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A low pane has no room for the hint: the numbers come first."""
        super().resizeEvent(event)
        self._tell(self.note.text())

    def _tell(self, text: str) -> None:
        self.note.setText(text)
        self.note.setVisible(text != _HINT or self.height() >= _LOW)

    def _share(self, title: str, row: OpTypeCosts) -> float | None:
        whole = self._wholes[title]
        return _SHARES[title](row) / whole if whole else None

    def _list_nodes(self, row: OpTypeCosts) -> None:
        self._state.filter_wanted.emit(f"op:{row.op_type}")

    def _on_menu(self, menu: QMenu, row: OpTypeCosts) -> None:
        action = menu.addAction(icon("filter"), f"Show its {row.nodes:,} nodes in the table")
        action.triggered.connect(lambda: self._list_nodes(row))
