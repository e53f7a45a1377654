"""The sweep: what to try, a heat map that fills as cells come, and the table of all of them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from modelpack_gui.core import sweep
from modelpack_gui.core.records import SweepCell
from modelpack_gui.core.sweep import key_of
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.runner_colors import keys_of, look_of
from modelpack_gui.ui.look.theme import SPACING, icon
from modelpack_gui.ui.models.record_table import RecordTableModel
from modelpack_gui.ui.models.sweep_table import COLUMNS, SweepRow
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.state.sweep import SweepState
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import IconButton, StatusBadge, wrapped_label
from modelpack_gui.ui.widgets.data_table import DataTable
from modelpack_gui.ui.widgets.empty_state import EmptyState
from modelpack_gui.ui.widgets.error_panel import ErrorPanel
from modelpack_gui.ui.widgets.flow_layout import FlowLayout
from modelpack_gui.ui.widgets.progress_line import ProgressLine
from modelpack_gui.ui.widgets.segments import Segments
from modelpack_gui.ui.widgets.sweep.batch_thread_map import MEASURES, BatchThreadMap
from modelpack_gui.ui.widgets.sweep.settings import SweepSettings

_EMPTY = (
    "How many threads, which batch size, which runner, which file? A sweep measures every combination, each in a"
    " process of its own. Cells are kept as they come: after a crash or a closed window it goes on from there."
)
_SHORT = {"p50_ms": "Latency", "throughput": "Items a second"}


class SweepView(QWidget):
    """Shows a SweepState, and runs it."""

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sweep-view")
        self._controller = controller
        self.state = SweepState(controller, self)
        self.settings = SweepSettings(controller, self.state, settings)
        self._badge = StatusBadge()
        self.sentence = wrapped_label("", is_selectable=True)
        self.sentence.setObjectName("sweep-sentence")
        self.run_button = self._button("Sweep", "run", "sweep-run")
        self.run_button.clicked.connect(lambda: self.state.start())
        self.again_button = self._button("Measure all again", "reset", "sweep-again")
        self.again_button.setToolTip("Forget what is kept, and measure every cell anew.")
        self.again_button.clicked.connect(lambda: self.state.start(is_fresh=True))
        self.cancel_button = self._button("Cancel", "cancel", "sweep-cancel")
        self.cancel_button.clicked.connect(self.state.cancel)
        self.bench_button = self._button("Benchmark the selected", "benchmark", "sweep-bench")
        self.bench_button.setToolTip(
            "Put the runner of the selected cell into the benchmark, with its threads and its batch size."
        )
        self.bench_button.clicked.connect(self._on_bench)
        self.progress = ProgressLine()
        self.error_panel = ErrorPanel(controller)
        self.error_panel.show_error(None)
        self.measures = Segments(_SHORT, MEASURES)
        self.measures.set_value("p50_ms")
        self.measures.chosen.connect(lambda _measure: self._draw())
        self.map = BatchThreadMap(settings)
        self.map.cell_chosen.connect(self._on_cell_chosen)
        self.map.picture_failed.connect(controller.message_raised)
        self.model: RecordTableModel[SweepRow] = RecordTableModel(COLUMNS, parent=self)
        self.table = DataTable(self.model, "sweep-table", "Cells of the sweep")
        self.table.remember(settings)
        self.table.record_selected.connect(lambda _row: self._refresh_buttons())
        self.table.record_activated.connect(lambda row: self.state.measure_properly([row.cell]))
        self.table.context_menu_made.connect(self._on_menu)
        self._rows: list[SweepRow] = []
        self._empty_button = self._button("Sweep", "run", "sweep-run-first")
        self._empty_button.clicked.connect(lambda: self.state.start())
        self.empty = EmptyState("matrix", _EMPTY, self._empty_button)
        self._lay_out(settings)
        self.state.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Bring everything in line with the state."""
        state = self.state
        is_running = state.is_running
        has_figures = any(sweep.is_over(cell) for cell in state.cells.values())
        is_filled = has_figures or is_running or state.job.error is not None
        self._stack.setCurrentIndex(1 if is_filled else 0)
        self.settings.refresh()
        self._badge.set_status(*self._judgement())
        self._badge.setVisible(is_filled)
        self.sentence.setText(state.sentence)
        self.sentence.setVisible(bool(state.sentence))
        self.error_panel.show_error(None if is_running else state.job.error)
        self.progress.show_progress(state.job.message if is_running else None, state.job.fraction)
        self._draw()
        self._refresh_buttons()

    def _refresh_buttons(self) -> None:
        state = self.state
        is_running, missing = state.is_running, state.missing
        has_figures = bool(state.measured)
        self.cancel_button.setVisible(is_running)
        self.run_button.setVisible(not is_running and missing > 0)
        self.run_button.setText(f"Measure the other {missing}" if has_figures else "Sweep")
        self.run_button.setEnabled(not state.problem)
        self.run_button.setToolTip(state.problem)
        self.again_button.setVisible(not is_running and has_figures)
        self.again_button.setEnabled(not state.problem)
        cell = self.selected
        self.bench_button.setVisible(has_figures and not is_running)
        self.bench_button.setEnabled(cell is not None and cell.summary is not None)
        self._empty_button.setEnabled(not state.problem)
        self.empty.set_problem(state.problem)

    @property
    def selected(self) -> SweepCell | None:
        """The cell of the current row; None if there is none."""
        index = self.table.currentIndex()
        return self.model.record(index.row()).cell if index.isValid() else None

    def _draw(self) -> None:
        state = self.state
        shown = [cell for key, cell in state.cells.items() if key not in state.stale]
        quick, busy = sweep.fastest(shown), sweep.most_items(shown)
        keys = keys_of(self._controller.recipe.bench, (cell.choice.runner.key for cell in state.cells.values()))
        rows = [
            SweepRow(
                cell,
                look_of(cell.choice.runner.key, keys),
                key in state.stale,
                tuple(word for word, best in (("latency", quick), ("items/s", busy)) if best is cell),
            )
            for key, cell in state.cells.items()
        ]
        self.map.show_cells([_faded(row) for row in rows], self.measures.value)
        if rows == self._rows:
            return
        self._rows = rows
        current = self.selected
        self.table.blockSignals(True)
        self.model.set_records(rows)
        if current is not None:
            same = next((row for row in rows if key_of(row.cell.choice) == key_of(current.choice)), None)
            if same is not None:
                self.table.select_record(same)
        self.table.blockSignals(False)

    def _judgement(self) -> tuple[Status, str]:
        state = self.state
        if state.is_running:
            return Status.RUNNING, ""
        if state.job.error is not None:
            return Status.FAILED, ""
        if state.stale:
            return Status.STALE, ""
        if any(cell.outcome == "cancelled" for cell in state.cells.values()):
            return Status.CANCELLED, ""
        if not state.measured:
            return Status.FAILED, "No figures"
        lost = any(cell.outcome in ("failed", "crashed", "timed_out") for cell in state.cells.values())
        if lost:
            return Status.WARNING, "Some cells failed"
        return (Status.NOT_RUN, "Not all measured") if state.missing else (Status.PASSED, "All measured")

    def _on_cell_chosen(self, cell: SweepCell) -> None:
        row = next((row for row in self._rows if key_of(row.cell.choice) == key_of(cell.choice)), None)
        if row is not None:
            self.table.select_record(row)
            self._refresh_buttons()

    def _on_bench(self) -> None:
        if self.selected is not None:
            self.state.measure_properly([self.selected])

    def _on_menu(self, menu: QMenu, row: SweepRow) -> None:
        if row.cell.summary is not None:
            action = QAction(icon("benchmark"), "Benchmark this one", menu)
            action.triggered.connect(lambda: self.state.measure_properly([row.cell]))
            menu.insertAction(menu.actions()[0], action)

    # Parts

    def _button(self, title: str, picture: str, name: str) -> IconButton:
        made = IconButton(title, picture)
        made.setObjectName(name)
        return made

    def _lay_out(self, settings: Settings) -> None:
        buttons = QWidget()
        flow = FlowLayout(buttons, SPACING)  # a narrow window must not have to scroll to the right for a button
        actions = (self.cancel_button, self.run_button, self.again_button, self.bench_button)
        for widget in (self._badge, self.measures, *actions):
            flow.addWidget(widget)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setObjectName("sweep-split")
        split.setChildrenCollapsible(False)
        split.addWidget(self.map)
        split.addWidget(self.table)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        self.map.setMinimumHeight(170)
        split.setSizes([360, 240])
        split.restoreState(settings.state("splits/sweep"))
        split.splitterMoved.connect(lambda *_: settings.set_state("splits/sweep", split.saveState()))
        filled = QWidget()
        inside = QVBoxLayout(filled)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(SPACING)
        inside.addWidget(buttons)
        inside.addWidget(self.sentence)
        inside.addWidget(self.progress)
        inside.addWidget(self.error_panel)
        inside.addWidget(split, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(filled)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACING, 0, 0)
        column.setSpacing(SPACING)
        column.addWidget(self.settings)
        column.addWidget(self._stack, 1)


def _faded(row: SweepRow) -> SweepCell:
    """A cell as the map shows it: what is out of date has no figure there."""
    return SweepCell(row.cell.choice, row.cell.title, "waiting") if row.is_stale else row.cell
