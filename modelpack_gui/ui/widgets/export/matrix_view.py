"""The export matrix on the export page: the recommendation, and a table that fills as cells come."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from modelpack_gui.core import matrix
from modelpack_gui.core.figures import plural
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import MatrixCell
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.dialogs.matrix_options import MatrixOptionsDialog
from modelpack_gui.ui.look.theme import SPACING, icon
from modelpack_gui.ui.models.exporter_choices import exporters
from modelpack_gui.ui.models.matrix_table import COLUMNS, MatrixRow, inspect_row
from modelpack_gui.ui.models.record_table import RecordTableModel
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.state.matrix import MatrixState
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import IconButton, StatusBadge, wrapped_label
from modelpack_gui.ui.widgets.data_table import DataTable
from modelpack_gui.ui.widgets.empty_state import EmptyState
from modelpack_gui.ui.widgets.error_panel import ErrorPanel
from modelpack_gui.ui.widgets.progress_line import ProgressLine

_EMPTY = (
    "Which exporter and which opset suits this model? Try all runs each of them in a process of its own, checks and"
    " loads what comes out, compares it with the model at every size, and says which one to use and why."
)
_NOTE = (
    "The latency is a quick look on the example inputs and one thread, with its 95 % interval within this run; the"
    " Benchmark page measures properly. Nodes and latency compare within a format only."
)


class MatrixView(QWidget):
    """Shows a MatrixState, and runs it."""

    cell_taken = Signal()  # its options are the recipe's now

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("matrix-view")
        self._controller = controller
        self._settings = settings
        self.state = MatrixState(controller, self)
        self.dialog: MatrixOptionsDialog | None = None

        self.model: RecordTableModel[MatrixRow] = RecordTableModel(COLUMNS, parent=self)
        self.table = DataTable(self.model, "matrix-table", "Export matrix")
        self.table.remember(settings)
        self.table.record_selected.connect(self._on_selected)
        self.table.record_activated.connect(self._on_activated)
        self.table.context_menu_made.connect(self._on_menu)

        self._rows: list[MatrixRow] = []
        self._was_running = False
        self._badge = StatusBadge()
        self.sentence = wrapped_label("", is_selectable=True)
        self.sentence.setObjectName("matrix-sentence")
        self.try_button = IconButton("Choose cells…", "matrix")
        self.try_button.setObjectName("matrix-choose")
        self.try_button.clicked.connect(self.choose)
        self.missing_button = IconButton("Run the rest", "run")
        self.missing_button.setObjectName("matrix-run-missing")
        self.missing_button.clicked.connect(lambda: self.state.run_again(is_fresh=False))
        self.again_button = IconButton("Run all again", "reset")
        self.again_button.setObjectName("matrix-run-again")
        self.again_button.setToolTip("Forget what is kept, and run every cell of this table anew.")
        self.again_button.clicked.connect(lambda: self.state.run_again(is_fresh=True))
        self.cancel_button = IconButton("Cancel", "cancel")
        self.cancel_button.setObjectName("matrix-cancel")
        self.cancel_button.clicked.connect(self.state.cancel)
        self.use_button = IconButton("Use this export", "export")
        self.use_button.setObjectName("matrix-use")
        self.use_button.clicked.connect(self._on_use)
        self.progress = ProgressLine()
        self.error_panel = ErrorPanel(controller)
        self.error_panel.show_error(None)
        self._empty_button = IconButton("Try all…", "matrix")
        self._empty_button.setObjectName("matrix-choose-first")
        self._empty_button.clicked.connect(self.choose)
        self.empty = EmptyState("matrix", _EMPTY, self._empty_button)

        buttons = QHBoxLayout()
        buttons.setSpacing(SPACING)
        buttons.addWidget(self._badge)
        buttons.addStretch(1)
        for button in (
            self.cancel_button,
            self.use_button,
            self.missing_button,
            self.again_button,
            self.try_button,
        ):
            buttons.addWidget(button)
        filled = QWidget()
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, SPACING, 0, 0)
        column.setSpacing(SPACING)
        column.addLayout(buttons)
        column.addWidget(self.sentence)
        column.addWidget(self.progress)
        column.addWidget(self.error_panel)
        column.addWidget(self.table, 1)
        column.addWidget(wrapped_label(_NOTE, is_muted=True))
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(filled)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)
        self.state.changed.connect(self.refresh)
        controller.recipe_changed.connect(self.refresh)
        self.refresh()

    def choose(self) -> None:
        """Ask what to try, then try it; not while it runs, or while there is nothing to run."""
        if self.state.is_running or self.state.problem or self.dialog is not None:
            return
        capabilities = self._controller.capabilities
        cores = capabilities.physical_cores or capabilities.logical_cores if capabilities is not None else 0
        dialog = MatrixOptionsDialog(exporters(capabilities), cores, self._settings, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self.state.start(dialog.choices, dialog.workers.value()))
        dialog.finished.connect(self._on_dialog_finished)
        self.dialog = dialog
        dialog.open()

    def refresh(self) -> None:
        """Bring everything in line with the state."""
        state = self.state
        self._stack.setCurrentIndex(1 if state.cells or state.is_running or state.error is not None else 0)
        self._show_rows()
        status, word = self._judgement()
        self._badge.set_status(status, word)
        self.sentence.setText(self._sentence())
        self.sentence.setVisible(bool(self.sentence.text()))
        self.error_panel.show_error(None if state.is_running else state.error)
        self.progress.show_progress(state.message if state.is_running else None, state.fraction)
        self.cancel_button.setVisible(state.is_running)
        unfinished = [cell for cell in state.cells.values() if self._is_unfinished(cell)]
        self.missing_button.setVisible(bool(unfinished) and not state.is_running)
        self.missing_button.setText(
            f"Run the other {len(unfinished)}" if len(unfinished) > 1 else "Run the other one"
        )
        self.missing_button.setToolTip("Run what was cancelled, crashed, did not end in time, or is out of date.")
        self.again_button.setVisible(bool(state.cells) and not state.is_running)
        self.try_button.setVisible(not state.is_running)
        for button in (self.try_button, self._empty_button, self.again_button, self.missing_button):
            button.setEnabled(not state.problem)
        self.empty.set_problem(state.problem)
        has_just_ended = self._was_running and not state.is_running
        self._was_running = state.is_running
        has_choice = self.selected is not None and self.selected.outcome == "exported"
        if has_just_ended and not has_choice and self.isVisible():  # what most will use is one click away
            best = next((row for row in self.model.records if row.is_recommended), None)
            if best is not None:
                self.table.select_record(best)
        self._refresh_use()

    def _show_rows(self) -> None:
        state = self.state
        rows = [
            MatrixRow(cell, cell.choice == state.recommended, cell.choice in state.stale)
            for cell in state.cells.values()
        ]
        if rows == self._rows:
            return
        self._rows = rows
        current = self.selected
        self.table.clearSelection()
        self.table.blockSignals(True)
        self.model.set_records(rows)
        if current is not None:
            same = next((row for row in rows if row.cell.choice == current.choice), None)
            if same is not None:
                self.table.select_record(same)
                if same.cell != current and self.isVisible():  # what the inspector shows has gone on
                    self._controller.inspect(inspect_row(same), Stage.EXPORT)
        self.table.blockSignals(False)

    @property
    def selected(self) -> MatrixCell | None:
        """The cell of the current row; None if there is none."""
        index = self.table.currentIndex()
        return self.model.record(index.row()).cell if index.isValid() else None

    def _sentence(self) -> str:
        state = self.state
        if state.is_running:
            return f"So far: {state.reason}" if state.recommended is not None else ""
        if state.stale and len(state.stale) == len(state.cells):
            return "Out of date: the settings or the model changed since these cells were run."
        if state.stale:
            return f"{plural(len(state.stale), 'cell')} out of date. {state.reason}"
        return state.reason

    def _judgement(self) -> tuple[Status, str]:
        state = self.state
        if state.is_running:
            return Status.RUNNING, ""
        if state.error is not None:
            return Status.FAILED, ""
        if state.stale:
            return Status.STALE, ""
        if any(cell.outcome == "cancelled" for cell in state.cells.values()):
            return Status.CANCELLED, ""
        return (Status.FAILED, "None can be used") if state.recommended is None else (Status.PASSED, "Recommended")

    def _is_unfinished(self, cell: MatrixCell) -> bool:
        return cell.outcome not in ("exported", "failed") or cell.choice in self.state.stale

    def _refresh_use(self) -> None:
        cell = self.selected
        self.use_button.setVisible(bool(self.state.cells) and not self.state.is_running)
        is_exported = cell is not None and cell.outcome == "exported"
        self.use_button.setEnabled(is_exported)
        wrong = matrix.shortcoming(cell) if cell is not None else ""
        if cell is None:
            tooltip = "Select a cell first."
        elif not is_exported:
            tooltip = f"{matrix.title(cell.choice)} gave no artifact."
        else:
            tooltip = f"Make {matrix.title(cell.choice)} the recipe's export" + (f". It {wrong}." if wrong else ".")
        self.use_button.setToolTip(tooltip)

    def _on_selected(self, row: MatrixRow) -> None:
        self._refresh_use()
        self._controller.inspect(inspect_row(row), Stage.EXPORT)

    def _on_activated(self, row: MatrixRow) -> None:
        if row.cell.outcome == "exported" and not self.state.is_running:
            self._take(row.cell)

    def _on_use(self) -> None:
        cell = self.selected
        if cell is not None:
            self._take(cell)

    def _take(self, cell: MatrixCell) -> None:
        self.state.use(cell)
        self.cell_taken.emit()

    def _on_menu(self, menu: QMenu, row: MatrixRow) -> None:
        if row.cell.outcome == "exported" and not self.state.is_running:
            action = QAction(icon("export"), "Use this export", menu)
            action.triggered.connect(lambda: self._take(row.cell))
            menu.insertAction(menu.actions()[0], action)

    def _on_dialog_finished(self) -> None:
        self.dialog = None
