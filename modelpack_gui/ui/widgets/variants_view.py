"""The variants of the quantize page: the trade-off of speed against error beside the table of figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QAction, QDesktopServices, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QMenu, QMessageBox, QVBoxLayout, QWidget

from modelpack_gui.core.figures import plural
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.quantize_text import best_of
from modelpack_gui.core.records import QuantizedVariant
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.models.record_table import RecordTableModel
from modelpack_gui.ui.models.variant_table import COLUMNS, FLOAT_LABEL, VariantLine, inspect_line
from modelpack_gui.ui.quantize_edits import benchmark, compare_in_parity
from modelpack_gui.ui.quantize_state import RUNNER, runner_of
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.theme import SPACING, icon
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconButton, wrapped_label
from modelpack_gui.ui.widgets.data_table import DataTable
from modelpack_gui.ui.widgets.status_line import StatusLine


class VariantsView(QWidget):
    """Draws a QuantizeState; what can be done with files is in the buttons and the context menu."""

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("variants-view")
        self._controller = controller
        self._state = controller.quantize
        self._lines: list[VariantLine] = []
        self.model: RecordTableModel[VariantLine] = RecordTableModel(COLUMNS, parent=self)
        self.table = DataTable(self.model, "quantize-variants", "Quantised variants")
        self.table.remember(settings)
        self.table.record_selected.connect(self._on_selected)
        self.table.record_activated.connect(lambda line: self._reveal(line.variant))
        self.table.context_menu_made.connect(self._on_menu)
        delete = QAction("Delete", self.table)
        delete.setShortcut(QKeySequence.StandardKey.Delete)
        delete.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        delete.triggered.connect(lambda: self.ask_to_delete(self.chosen))
        self.table.addAction(delete)

        self.measure_button = IconButton("Measure speed", "benchmark")
        self.measure_button.setObjectName("quantize-measure")
        self.measure_button.clicked.connect(self._on_measure)
        self.bench_button = IconButton("Benchmark these", "benchmark")
        self.bench_button.setObjectName("quantize-benchmark")
        self.bench_button.setToolTip(
            "Put the selected files (or all) among the runners of the Benchmark page, beside eager PyTorch and others"
        )
        self.bench_button.clicked.connect(lambda: benchmark(controller, self.chosen or self._made))
        self.progress = ElidedLabel("", Qt.TextElideMode.ElideRight)
        self.progress.setProperty("role", "muted")
        self.progress.setObjectName("quantize-speed-progress")
        self.stop_button = IconButton("Stop", "cancel")
        self.stop_button.setObjectName("quantize-stop-measuring")
        self.stop_button.clicked.connect(self._state.speed.cancel)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACING)
        buttons.addWidget(self.progress, 1)
        for button in (self.stop_button, self.measure_button, self.bench_button):
            buttons.addWidget(button)
        self.speed_error = StatusLine(Status.FAILED)
        self.speed_error.setObjectName("quantize-speed-error")
        self.note = wrapped_label("", is_muted=True, is_selectable=True)
        self.note.setObjectName("quantize-note")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACING, 0, 0)
        column.setSpacing(SPACING)
        column.addLayout(buttons)
        column.addWidget(self.speed_error)
        column.addWidget(self.table, 1)
        column.addWidget(self.note)

    @property
    def chosen(self) -> list[QuantizedVariant]:
        """The selected variants whose file is there, in the order of the table."""
        rows = sorted({index.row() for index in self.table.selectionModel().selectedRows()})
        lines = [self.model.record(row) for row in rows]
        return [line.variant for line in lines if line.variant is not None and line.file]

    @property
    def _made(self) -> list[QuantizedVariant]:
        return [one for one in self._state.fresh if one.path]

    def refresh(self) -> None:
        """Bring everything in line with the state."""
        state = self._state
        self._show_lines()
        is_running = self._controller.state(Stage.QUANTIZE).is_under_way
        speed = state.speed
        made = self._made
        unmeasured = [one for one in made if one.speedup is None]
        self.stop_button.setVisible(speed.is_running)
        self.progress.set_text(f"Measuring speed: {speed.message}" if speed.is_running else "")
        self.measure_button.setVisible(not speed.is_running and bool(made))
        self.measure_button.setEnabled(not is_running)
        self.measure_button.setText("Measure speed" if unmeasured else "Measure again")
        self.measure_button.setToolTip(
            "A benchmark of these files and float32 in ONNX Runtime, in turns, with the runs and threads that the"
            " Benchmark page has"
        )
        self.bench_button.setVisible(bool(made) and not speed.is_running)
        error = speed.error
        self.speed_error.set_text(f"The speed was not measured: {error.message} {error.hint}" if error else "")
        self.note.setText(state.calibration_note)
        self.note.setVisible(bool(state.calibration_note))

    def ask_to_delete(self, variants: Sequence[QuantizedVariant]) -> None:
        """Delete files after a question: there is no undo for that."""
        if not variants:
            return
        names = "\n".join(Path(one.path).name for one in variants)
        box = QMessageBox(self)
        box.setObjectName("delete-variants")
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Delete files")
        box.setText(f"Delete {plural(len(variants), 'quantised file')} from the disk?")
        box.setInformativeText(names)
        delete = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.buttonClicked.connect(lambda button: self._state.delete(variants) if button is delete else None)
        box.open()

    def _show_lines(self) -> None:
        lines = self._make_lines()
        if lines == self._lines:
            return
        self._lines = lines
        index = self.table.currentIndex()
        current = self.model.record(index.row()) if index.isValid() else None
        self.table.blockSignals(True)
        self.model.set_records(lines)
        same = next((line for line in lines if current is not None and line.key == current.key), None)
        if same is not None:
            self.table.select_record(same)
        self.table.blockSignals(False)
        if same is not None and same != current and self.isVisible():  # what the inspector shows has gone on
            self._controller.inspect(inspect_line(same))

    def _make_lines(self) -> list[VariantLine]:
        state, base = self._state, self._controller.base
        best = best_of(state.fresh)
        size = state.float_size_bytes
        lines = [
            VariantLine(
                key=runner_of(one, base).key if one.path else f"unmade:{one.label}",
                label=one.label,
                variant=one,
                size_bytes=one.size_bytes,
                float_size_bytes=size,
                p50_ms=one.p50_ms,
                speedup=one.speedup,
                is_stale=row.is_stale,
                is_best=one is best,
            )
            for row in state.rows
            for one in (row.variant,)
        ]
        if lines and size:
            lines.insert(0, VariantLine(RUNNER, FLOAT_LABEL, None, size, size, state.float_p50_ms, None))
        return lines

    def _on_selected(self, line: VariantLine) -> None:
        self._controller.inspect(inspect_line(line))

    def _on_measure(self) -> None:
        has_unmeasured = any(one.speedup is None for one in self._made)
        self._state.measure(again=not has_unmeasured)

    def _on_menu(self, menu: QMenu, line: VariantLine) -> None:
        variant = line.variant
        if variant is None or not line.file:
            return
        chosen = self.chosen
        if variant not in chosen:
            chosen = [variant]
        menu.addSeparator()
        menu.addAction(icon("reveal"), "Reveal in folder").triggered.connect(lambda: self._reveal(variant))
        copy = menu.addAction(icon("copy"), "Copy path")
        copy.triggered.connect(lambda: QGuiApplication.clipboard().setText(variant.path))
        menu.addSeparator()
        bench = menu.addAction(icon("benchmark"), "Benchmark these" if len(chosen) > 1 else "Benchmark this")
        bench.triggered.connect(lambda: benchmark(self._controller, chosen))
        parity = menu.addAction(icon("parity"), "Compare in Parity")
        parity.triggered.connect(lambda: compare_in_parity(self._controller, variant))
        menu.addSeparator()
        delete = menu.addAction(icon("remove"), "Delete files…" if len(chosen) > 1 else "Delete file…")
        delete.triggered.connect(lambda: self.ask_to_delete(chosen))

    def _reveal(self, variant: QuantizedVariant | None) -> None:
        if variant is not None and variant.path:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(variant.path).parent)))
