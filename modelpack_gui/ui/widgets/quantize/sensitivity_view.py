"""What each node costs when it is quantised alone, and the dearest ones left in float32 by a click."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from modelpack_gui.core.figures import plural
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.quantize.text import label_of
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.node_link import NodeLink
from modelpack_gui.ui.look.theme import SPACING, icon
from modelpack_gui.ui.models.node_cost import (
    COST_COLUMNS,
    SHARE,
    NodeCost,
    inspect_cost,
    node_costs,
    worst_nodes,
)
from modelpack_gui.ui.models.record_table import RecordTableModel
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.state.quantize_edits import exclude_nodes, include_nodes
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import IconButton, wrapped_label
from modelpack_gui.ui.widgets.data_table import DataTable
from modelpack_gui.ui.widgets.empty_state import WIDTH, EmptyState
from modelpack_gui.ui.widgets.error_panel import ErrorPanel
from modelpack_gui.ui.widgets.flow_layout import FlowLayout
from modelpack_gui.ui.widgets.number_fields import SpinField
from modelpack_gui.ui.widgets.progress_line import ProgressLine
from modelpack_gui.ui.widgets.share_delegate import draw_shares
from modelpack_gui.ui.widgets.status_line import StatusLine

_EMPTY = (
    "Quantises one node at a time and compares the outputs with float32: often a few nodes make most of the error,"
    " and leaving them in float32 wins the accuracy back at little cost in speed."
)
_MOST = 9999


class SensitivityView(QWidget):
    """Runs the exploration and draws its rows as they come."""

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sensitivity-view")
        self._controller = controller
        self._quantize = controller.quantize
        self._state = controller.quantize.sensitivity
        self._costs: list[NodeCost] = []
        self.model: RecordTableModel[NodeCost] = RecordTableModel(COST_COLUMNS, parent=self)
        self.table = DataTable(self.model, "quantize-nodes", "What each node costs")
        self.table.remember(settings)
        draw_shares(self.table, SHARE, lambda cost: cost.share)
        self._link = NodeLink(controller, lambda: self._state.artifact, self)
        self._link.wanted.connect(self._on_node_selected)
        self.table.record_selected.connect(self._on_selected)
        self.table.record_activated.connect(self._on_activated)
        self.table.context_menu_made.connect(self._on_menu)
        self.sentence = wrapped_label("", is_selectable=True)
        self.sentence.setObjectName("sensitivity-sentence")
        self.stale = StatusLine(Status.STALE)
        self.stale.setObjectName("sensitivity-stale")
        self.run_button = IconButton("Find again", "run")
        self.run_button.setObjectName("sensitivity-run")
        self.cancel_button = IconButton("Cancel", "cancel")
        self.cancel_button.setObjectName("sensitivity-cancel")
        self.cancel_button.clicked.connect(self._state.job.cancel)
        self.count = SpinField("Dearest nodes", 1, _MOST)
        self.count.setObjectName("sensitivity-count")
        self.count.set_value(3)
        self.count.valueChanged.connect(self.refresh)
        self.exclude_button = IconButton("Leave them in float32", "remove")
        self.exclude_button.setObjectName("sensitivity-exclude")
        self.exclude_button.clicked.connect(self._on_exclude)
        self.include_button = IconButton("Quantise all again", "reset")
        self.include_button.setObjectName("sensitivity-include")
        self.include_button.clicked.connect(lambda: include_nodes(controller, controller.quantize.spec.exclude_nodes))
        self._progress = ProgressLine()
        self.error = ErrorPanel(controller)
        self.error.show_error(None)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._make_empty())
        self._stack.addWidget(self._make_filled())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACING, 0, 0)
        column.setSpacing(SPACING)
        column.addWidget(self.error)
        column.addWidget(self._stack, 1)
        for button in (self.run_button, self.start_button):
            button.clicked.connect(self.explore)

    def explore(self) -> None:
        """Find what each node costs."""
        if not self._controller.is_trusted:
            self._controller.trust_wanted.emit()
        else:
            self._state.explore(self._quantize.spec)

    @property
    def problem(self) -> str:
        """Why it cannot be run now; empty if it can."""
        if self._quantize.spec.method == "float16":
            return "Float16 is nearly exact in each node: choose an INT8 method to see what its nodes cost."
        problem = self._controller.problem(Stage.QUANTIZE)
        if not problem and not self._quantize.artifact:
            return "There is no exported file yet: press Quantise above, which exports the model first."
        return problem

    def refresh(self) -> None:
        """Bring everything in line with the state and the recipe."""
        state = self._state
        job = state.job
        has_content = bool(state.rows) or job.is_running
        self._stack.setCurrentIndex(1 if has_content else 0)
        self.error.show_error(None if job.is_running else job.error)
        problem = self.problem
        self._problem.set_text(problem)
        for button in (self.run_button, self.start_button):
            button.setEnabled(not problem)
            button.setToolTip(problem or "Alone for each node; those not measured within two minutes are left out")
        self.run_button.setVisible(not job.is_running)
        self.cancel_button.setVisible(job.is_running)
        self._progress.show_progress(job.message if job.is_running else None, job.fraction)
        self._show_costs()
        self.sentence.setText(self._sentence())
        self.sentence.setVisible(bool(self.sentence.text()))
        self.stale.set_text(
            "Out of date: the artifact changed since." if state.is_stale and not job.is_running else ""
        )
        self._show_choice()

    def _show_costs(self) -> None:
        costs = node_costs(self._state.rows, self._quantize.spec.exclude_nodes)
        if costs == self._costs:
            return
        self._costs = costs
        index = self.table.currentIndex()
        node = self.model.record(index.row()).row.node if index.isValid() else ""
        self.table.blockSignals(True)
        self.model.set_records(costs)
        same = next((cost for cost in costs if cost.row.node == node), None)
        if same is not None:
            self.table.select_record(same)
        self.table.blockSignals(False)

    def _show_choice(self) -> None:
        excluded = self._quantize.spec.exclude_nodes
        nodes = self._worst
        new = [node for node in nodes if node not in excluded]
        share = sum(cost.share or 0.0 for cost in self._costs if cost.row.node in nodes)
        self.exclude_button.setEnabled(bool(new))
        self.exclude_button.setText("Leave it in float32" if len(nodes) == 1 else "Leave them in float32")
        self.exclude_button.setToolTip(
            f"{', '.join(nodes)}: {100 * share:.0f} % of the error. Then press Quantise; undo takes it back"
            if new
            else "The recipe leaves them in float32 already"
        )
        self._share.setText(f"of {len(self._costs)}: {100 * share:.0f} % of the error" if self._costs else "")
        self.include_button.setVisible(bool(excluded))
        self.include_button.setToolTip(f"Left in float32 now: {', '.join(excluded)}")
        if not self._state.job.is_running:  # while it fills, what was chosen must not become less
            self.count.setMaximum(len(self._costs) or _MOST)

    @property
    def _worst(self) -> list[str]:
        return worst_nodes(self._costs, self.count.value())

    def _sentence(self) -> str:
        state = self._state
        if state.job.is_running:
            return f"{plural(len(state.rows), 'node')} so far." if state.rows else ""
        told = state.report.summary if state.report is not None else ""
        if state.job.was_cancelled and state.report is None:
            told = f"Cancelled after {plural(len(state.rows), 'node')}."
        if state.explored is not None and told:
            return f"{label_of(state.explored)}: {told}"
        return told

    def _make_filled(self) -> QWidget:
        filled = QWidget()
        chosen = QWidget()
        across = QHBoxLayout(chosen)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(SPACING)
        label = QLabel("Dearest")
        label.setBuddy(self.count)
        self._share = QLabel("")
        self._share.setProperty("role", "muted")
        for widget in (label, self.count, self._share):
            across.addWidget(widget)
        top = QWidget()
        flow = FlowLayout(top, SPACING)  # a narrow window has no room for all of it in one line
        for part in (chosen, self.exclude_button, self.include_button, self.cancel_button, self.run_button):
            flow.addWidget(part)
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        for part in (self.sentence, self.stale, self._progress):
            column.addWidget(part)
        column.addWidget(top)
        column.addWidget(self.table, 1)
        return filled

    def _make_empty(self) -> QWidget:
        self._problem = StatusLine(Status.WARNING)
        self._problem.setFixedWidth(WIDTH)
        self.start_button = IconButton("Find what each node costs", "run")
        self.start_button.setObjectName("sensitivity-start")
        return EmptyState("quantize", _EMPTY, self._problem, self.start_button)

    def _on_selected(self, cost: NodeCost) -> None:
        if self.isVisible() and not self._link.is_following:
            self._link.pick_named(cost.row.node)
            self._controller.inspect(inspect_cost(cost), Stage.QUANTIZE)

    def _on_node_selected(self, node: int) -> None:
        name = self._link.name_of(node)
        found = next((cost for cost in self.model.records if name and cost.row.node == name), None)
        if found is not None:
            self.table.select_record(found)

    def _on_exclude(self) -> None:
        exclude_nodes(self._controller, self._worst)

    def _on_activated(self, cost: NodeCost) -> None:
        change = include_nodes if cost.is_excluded else exclude_nodes
        change(self._controller, (cost.row.node,))

    def _on_menu(self, menu: QMenu, cost: NodeCost) -> None:
        rows = {index.row() for index in self.table.selectionModel().selectedRows()}
        chosen = [self.model.record(row) for row in sorted(rows)]
        if cost not in chosen:
            chosen = [cost]
        menu.addSeparator()
        offers: tuple[tuple[str, bool, Any], ...] = (
            ("Leave in float32", False, exclude_nodes),
            ("Quantise again", True, include_nodes),
        )
        for title, is_excluded, change in offers:
            nodes = [one.row.node for one in chosen if one.is_excluded is is_excluded]
            if nodes:
                action = menu.addAction(icon("reset" if is_excluded else "remove"), title)
                action.triggered.connect(lambda _=False, nodes=nodes, change=change: change(self._controller, nodes))
