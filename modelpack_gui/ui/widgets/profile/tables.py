"""The tables of one profile: totals by op type, which filter the rows beside them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from modelpack_gui.core.figures import count
from modelpack_gui.core.operator_kinds import kind_of
from modelpack_gui.core.profile.summary import OpTotal, op_totals
from modelpack_gui.core.records import ProfileReport, ProfileRow
from modelpack_gui.ui.look.theme import SPACING, mono_font
from modelpack_gui.ui.models.profile_columns import ROW_COLUMNS, TOTAL_COLUMNS, row_haystack
from modelpack_gui.ui.models.record_table import RecordTableModel
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import IconButton, heading
from modelpack_gui.ui.widgets.data_table import DataTable
from modelpack_gui.ui.widgets.filter_field import FilterField
from modelpack_gui.ui.widgets.share_delegate import draw_shares

_SPLIT_KEY = "splits/profile"


class ProfileTables(QWidget):
    """Shows a report. Choosing op types, or a kind of them, lists their rows only."""

    row_selected = Signal(object)  # ProfileRow
    row_activated = Signal(object)  # ProfileRow
    row_menu_made = Signal(object, object)  # QMenu, ProfileRow

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = ""
        self._ops: frozenset[str] = frozenset()
        mono = mono_font()
        self.rows: RecordTableModel[ProfileRow] = RecordTableModel(ROW_COLUMNS, mono, self, haystack=row_haystack)
        self.totals: RecordTableModel[OpTotal] = RecordTableModel(TOTAL_COLUMNS, mono, self)
        self.row_table = DataTable(self.rows, "profile-rows", "Nodes and operators by their time")
        self.total_table = DataTable(self.totals, "profile-ops", "Op types by their time")
        for table in (self.row_table, self.total_table):
            table.remember(settings)
            draw_shares(table, "Share", lambda record: record.share)
        self.row_table.record_selected.connect(self.row_selected)
        self.row_table.record_activated.connect(self.row_activated)
        self.row_table.context_menu_made.connect(self.row_menu_made)
        self.total_table.selectionModel().selectionChanged.connect(self._on_ops_chosen)
        self.filter_field = FilterField("Filter", "Filter the rows")
        self.filter_field.setObjectName("profile-filter")
        self.filter_field.setToolTip("Every word must be found in a name: op type, node, module or provider.")
        self.filter_field.setMaximumWidth(240)
        self.filter_field.textChanged.connect(lambda _: self._apply())
        self.filter_field.left_downwards.connect(self._on_left_downwards)
        self.all_button = IconButton("Show all", role="link")
        self.all_button.setToolTip("List the rows of all op types")
        self.all_button.clicked.connect(self.clear)
        self.count_label = QLabel()
        self.count_label.setObjectName("profile-count")
        self.count_label.setProperty("role", "muted")

        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(SPACING)
        left, right = _titled("By op type"), _titled("By node")
        left[2].addStrut(self.filter_field.sizeHint().height())  # both tables begin at the same height
        left[1].addWidget(self.total_table, 1)
        right[2].addStretch(1)
        right[2].addWidget(self.all_button)
        right[2].addWidget(self.count_label)
        right[2].addWidget(self.filter_field)
        right[1].addWidget(self.row_table, 1)
        for pane, _, _ in (left, right):
            self.splitter.addWidget(pane)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([318, 700])
        self.splitter.restoreState(settings.state(_SPLIT_KEY))
        self.splitter.splitterMoved.connect(lambda *_: settings.set_state(_SPLIT_KEY, self.splitter.saveState()))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.splitter)
        self._apply()

    def show_report(self, report: ProfileReport) -> None:
        """Fill both tables; the filter and the sort orders stay."""
        self._kind = ""
        self.totals.set_records(op_totals(report.rows))
        self.total_table.clearSelection()
        self.rows.set_records(report.rows)
        self._apply()

    @property
    def kind(self) -> str:
        """The kind that is listed; empty for all."""
        return self._kind

    def choose_kind(self, kind: str) -> None:
        """List the rows of one kind of operators."""
        self.total_table.clearSelection()
        self._kind = kind
        self._apply()

    def clear(self) -> None:
        """List all rows."""
        self.filter_field.clear()
        self.choose_kind("")

    def _on_ops_chosen(self) -> None:
        chosen = {
            self.totals.record(index.row()).op_type for index in self.total_table.selectionModel().selectedRows()
        }
        if chosen:
            self._kind = ""
        self._ops = frozenset(chosen)
        self._apply()

    def _apply(self) -> None:
        kind, ops = self._kind, self._ops
        chosen = (
            (lambda row: row.op_type in ops) if ops else (lambda row: kind_of(row.op_type) == kind) if kind else None
        )
        self.rows.set_filter(self.filter_field.text(), chosen)
        self.all_button.setVisible(bool(kind or ops))
        total, shown = count(self.rows.total), count(self.rows.rowCount())
        self.count_label.setText(total if total == shown else f"{shown} of {total}")

    def _on_left_downwards(self) -> None:
        self.row_table.setFocus()
        if not self.row_table.currentIndex().isValid() and self.rows.rowCount():
            self.row_table.selectRow(0)


def _titled(title: str) -> tuple[QWidget, QVBoxLayout, QHBoxLayout]:
    """A pane with a title: the pane, its column, and the line of the title."""
    pane = QWidget()
    column = QVBoxLayout(pane)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(SPACING // 2)
    line = QHBoxLayout()
    line.setSpacing(SPACING)
    line.addWidget(heading(title))
    column.addLayout(line)
    return pane, column, line
