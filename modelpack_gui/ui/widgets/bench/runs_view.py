"""The kept runs of the benchmark: a list, and any two of them laid over each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QInputDialog,
    QMenu,
    QMessageBox,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from modelpack_gui.client.bench.store import KeptRun
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import SPACING, icon
from modelpack_gui.ui.models.bench_run_rows import RUN_COLUMNS, RunRow, run_title
from modelpack_gui.ui.models.record_table import RecordTableModel
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import IconButton
from modelpack_gui.ui.widgets.bench.run_comparison import RunComparison
from modelpack_gui.ui.widgets.data_table import DataTable
from modelpack_gui.ui.widgets.empty_state import EmptyState
from modelpack_gui.ui.widgets.flow_layout import FlowLayout

_EMPTY = (
    "Every benchmark is kept here with the project as soon as it has ended: to compare two of them, and to notice "
    "when a change made a runner slower."
)


class RunsView(QWidget):
    """Choose one run to compare it with the baseline, or else with the run before it; choose two to compare those."""

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs-view")
        self._controller = controller
        self._settings = settings
        self.state = controller.bench_runs
        self.model: RecordTableModel[RunRow] = RecordTableModel(RUN_COLUMNS, None, self)
        self.table = DataTable(self.model, "bench-runs", "Kept runs")
        self.table.remember(settings)
        self.table.selectionModel().selectionChanged.connect(self._on_selection)
        self.table.record_activated.connect(lambda row: self.state.show(row.run.id))
        self.table.context_menu_made.connect(self._on_menu)
        self.show_button = self._button("Show", "reveal", "Show this run on the other tabs")
        self.baseline_button = self._button("Set as baseline", "recommended", "Gate other runs against this one")
        self.rename_button = self._button("Rename…", "edit", "Give this run a name")
        self.export_button = self._button("Export…", "save", "Write this run with all its samples to a file")
        self.open_button = self._button(
            "Open…", "open", "Keep the run of a file here: one of another machine, perhaps"
        )
        self.open_button.clicked.connect(self.ask_open)
        self.delete_button = self._button("Delete", "remove", "Remove this run for good")
        self.show_button.clicked.connect(lambda: self._with_run(self.state.show))
        self.baseline_button.clicked.connect(lambda: self._with_run(self.toggle_baseline))
        self.rename_button.clicked.connect(lambda: self._with_run(self.ask_name))
        self.export_button.clicked.connect(lambda: self._with_run(self.ask_file))
        self.delete_button.clicked.connect(self.ask_delete)
        buttons = QWidget()
        flow = FlowLayout(buttons, SPACING)
        for button in (
            self.show_button,
            self.baseline_button,
            self.rename_button,
            self.export_button,
            self.open_button,
            self.delete_button,
        ):
            flow.addWidget(button)
        self.comparison = RunComparison(controller, settings)
        lower = QWidget()
        inside = QVBoxLayout(lower)
        inside.setContentsMargins(0, SPACING, 0, 0)
        inside.addWidget(self.comparison)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.addWidget(self.table)
        split.addWidget(lower)
        split.setStretchFactor(0, 1)
        split.setStretchFactor(1, 3)
        self.table.setMinimumHeight(110)
        self._filled = (buttons, split)
        self._empty = EmptyState("recent", _EMPTY)
        column = QVBoxLayout(self)  # not a stack, which would take the height that the chart would like
        column.setContentsMargins(0, SPACING, 0, 0)
        column.setSpacing(SPACING)
        column.addWidget(buttons)
        column.addWidget(split, 1)
        column.addWidget(self._empty, 1)
        self.state.changed.connect(self.refresh)
        self.refresh()

    @property
    def chosen(self) -> tuple[KeptRun, ...]:
        """The selected runs, the newest first."""
        rows = {index.row() for index in self.table.selectionModel().selectedRows()}
        runs = [self.model.record(row).run for row in rows]
        return tuple(sorted(runs, key=lambda run: (run.started_at, run.id), reverse=True))

    def choose(self, *runs: str) -> None:
        """Select runs by their ids."""
        selection = self.table.selectionModel()
        selection.blockSignals(True)
        selection.clearSelection()
        for row, record in enumerate(self.model.records):
            if record.run.id in runs:
                flags = QItemSelectionModel.SelectionFlag
                selection.select(self.model.index(row, 0), flags.Select | flags.Rows)
        selection.blockSignals(False)
        self.table.viewport().update()
        self._on_selection()

    def refresh(self) -> None:
        """Bring the list in line with what is kept; what was selected stays so."""
        state = self.state
        chosen = [run.id for run in self.chosen]
        rows = [RunRow(run, run.id == state.baseline, run.id == state.current) for run in state.runs]
        self._empty.setVisible(not rows)
        for widget in self._filled:
            widget.setVisible(bool(rows))
        selection = self.table.selectionModel()
        selection.blockSignals(True)
        self.model.set_records(rows)
        selection.blockSignals(False)
        left = [run for run in chosen if state.find(run) is not None]
        self.choose(*(left or [run.id for run in state.runs[:1]]))

    def toggle_baseline(self, run: str) -> None:
        """Gate against a run, or against none if it is the baseline already."""
        self.state.set_baseline("" if run == self.state.baseline else run)

    def ask_name(self, run: str) -> None:
        """Ask for a name."""
        found = self.state.find(run)
        dialog = QInputDialog(self)
        dialog.setObjectName("rename-run")
        dialog.setWindowTitle("Rename run")
        dialog.setLabelText("Name of this run, such as the change that it measures:")
        dialog.setTextValue(found.name if found is not None else "")
        dialog.textValueSelected.connect(lambda name: self.state.rename(run, name.strip()))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def ask_file(self, run: str) -> None:
        """Ask where to write it."""
        folder = Path(self._settings.last_folder("bench-export"))
        dialog = QFileDialog(self, "Export run", str(folder / f"bench-{run}.json"), "JSON (*.json)")
        dialog.setObjectName("export-run")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("json")
        dialog.fileSelected.connect(lambda path: self._export(run, path))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def ask_open(self) -> None:
        """Ask for files with runs: exported ones, or those that the command line wrote."""
        folder = self._settings.last_folder("bench-export")
        dialog = QFileDialog(self, "Open runs", folder, "Runs (*.json *.json.gz);;All files (*)")
        dialog.setObjectName("open-run")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self._open)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def ask_delete(self) -> None:
        """Ask whether the selected runs go: this cannot be undone."""
        runs = self.chosen
        if not runs:
            return
        what = f"the run {run_title(runs[0])}" if len(runs) == 1 else f"{len(runs)} runs"
        buttons = QMessageBox.StandardButton
        box = QMessageBox(QMessageBox.Icon.Question, "Delete", f"Delete {what} for good?", buttons.Cancel, self)
        box.setObjectName("delete-run")
        box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole).clicked.connect(lambda: self._delete(runs))
        box.setDefaultButton(buttons.Cancel)
        box.finished.connect(box.deleteLater)
        box.open()

    def showEvent(self, event: QShowEvent) -> None:
        """The command line may have kept a run since."""
        super().showEvent(event)
        self.state.refresh()

    def _on_selection(self) -> None:
        runs = self.chosen
        is_one = len(runs) == 1
        for button in (self.show_button, self.baseline_button, self.rename_button, self.export_button):
            button.setEnabled(is_one)
        self.delete_button.setEnabled(bool(runs))
        is_baseline = is_one and runs[0].id == self.state.baseline
        self.baseline_button.setText("No baseline" if is_baseline else "Set as baseline")
        self.comparison.show_runs(runs)

    def _on_menu(self, menu: QMenu, row: RunRow) -> None:
        run = row.run.id
        menu.addSeparator()
        menu.addAction(icon("reveal"), "Show on the other tabs").triggered.connect(lambda: self.state.show(run))
        text = "Do not gate against it" if row.is_baseline else "Set as baseline"
        menu.addAction(icon("recommended"), text).triggered.connect(lambda: self.toggle_baseline(run))
        menu.addAction(icon("edit"), "Rename…").triggered.connect(lambda: self.ask_name(run))
        menu.addAction(icon("save"), "Export JSON…").triggered.connect(lambda: self.ask_file(run))
        menu.addAction(icon("remove"), "Delete…").triggered.connect(self.ask_delete)

    def _delete(self, runs: Sequence[KeptRun]) -> None:
        for run in runs:
            self.state.delete(run.id)

    def _open(self, paths: list[str]) -> None:
        for path in paths:
            self._settings.set_last_folder("bench-export", path)
            self.state.take_file(Path(path))

    def _export(self, run: str, path: str) -> None:
        self._settings.set_last_folder("bench-export", path)
        self.state.export(run, Path(path))

    def _with_run(self, act: Callable[[str], None]) -> None:
        runs = self.chosen
        if len(runs) == 1:
            act(runs[0].id)

    def _button(self, text: str, icon_name: str, tip: str) -> IconButton:
        button = IconButton(text, icon_name)
        button.setObjectName(f"run-{icon_name}")
        button.setToolTip(tip)
        return button
