"""The variants of the Quantise page: the trade-off of speed against error beside the table of figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QAction, QDesktopServices, QGuiApplication, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QMessageBox, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from modelpack_gui.core.figures import plural
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.quantize.speed import RUNNER, can_be_measured
from modelpack_gui.core.quantize.text import best_of, judged_on
from modelpack_gui.core.records import Estimate, QuantizedVariant, Verdict
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.runner_colors import keys_of, look_of
from modelpack_gui.ui.look.theme import SPACING, icon
from modelpack_gui.ui.models.record_table import RecordTableModel
from modelpack_gui.ui.models.variant_table import COLUMNS, FLOAT_LABEL, VariantLine, inspect_line
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.state.quantize import runner_of
from modelpack_gui.ui.state.quantize_edits import benchmark, compare_in_parity
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconButton, wrapped_label
from modelpack_gui.ui.widgets.data_table import DataTable
from modelpack_gui.ui.widgets.quantize.tradeoff_chart import TradeoffChart
from modelpack_gui.ui.widgets.quantize.tradeoff_point import TradeoffPoint
from modelpack_gui.ui.widgets.status_line import StatusLine

_LEAST_CHART, _LEAST_TABLE = 230, 96
_UNDRAWN = "Each file by its speed, its error and its size, once the speed is measured."
_SIDE_BY_SIDE = 960
"""Pixels from which there is room for the chart beside the table."""
_LEAST_SHARE = 0.4
"""Of the width, for the chart beside the table."""


class VariantsView(QWidget):
    """Draws a QuantizeState; what can be done with files is in the buttons and the context menu.

    Attributes:
        buttons: What can be done; the page puts them beside the titles of its tabs, where they take no height.
    """

    def __init__(
        self, controller: Controller, settings: Settings, empty: QWidget, parent: QWidget | None = None
    ) -> None:
        """`empty` is shown while there is no variant."""
        super().__init__(parent)
        self.setObjectName("variants-view")
        self._controller = controller
        self._settings = settings
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

        self.chart = TradeoffChart(settings)
        self.chart.setMinimumHeight(_LEAST_CHART)
        self.chart.point_chosen.connect(self._on_point_chosen)
        self.chart.picture_failed.connect(controller.message_raised)
        self._make_buttons()
        self._lay_out(empty)

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
        self._stack.setCurrentIndex(1 if self._lines else 0)
        is_running = self._controller.state(Stage.QUANTIZE).is_under_way
        speed = state.speed
        made = self._made
        unmeasured = [one for one in made if one.speedup is None and can_be_measured(one)]
        self.stop_button.setVisible(speed.is_running)
        self.progress.setVisible(speed.is_running)
        self.progress.set_text(f"Measuring speed: {speed.message}" if speed.is_running else "")
        self.measure_button.setVisible(not speed.is_running and bool(made))
        self.measure_button.setEnabled(not is_running)
        self.measure_button.setText("Measure speed" if unmeasured else "Measure again")
        self.measure_button.setToolTip(
            plain_tooltip(
                "A benchmark of these files and float32 in ONNX Runtime, in turns, with the runs and threads that the"
                " Benchmark page has"
            )
        )
        self.bench_button.setVisible(bool(made) and not speed.is_running)
        is_drawn = speed.is_running or any(one.speedup is not None for one in made)
        if self.chart.isHidden() == is_drawn:
            self.chart.setVisible(is_drawn)
            self._part()  # a part that was hidden comes back as small as it can be
        error = speed.error
        self.speed_error.set_text(f"The speed was not measured: {error.message} {error.hint}" if error else "")
        self.speed_doubts.set_text("" if speed.is_running else "\n".join(state.speed_doubts))
        self.note.setText(state.calibration_note)
        self.note.setVisible(bool(state.calibration_note))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The chart is beside the table where there is room, else above it."""
        super().resizeEvent(event)
        is_wide = self.width() >= _SIDE_BY_SIDE
        wanted = Qt.Orientation.Horizontal if is_wide else Qt.Orientation.Vertical
        if wanted is not self.splitter.orientation():
            self.splitter.setOrientation(wanted)
            self._part()

    @property
    def _split_key(self) -> str:
        is_tall = self.splitter.orientation() is Qt.Orientation.Vertical
        return f"splits/quantize-{'tall' if is_tall else 'wide'}"

    def _keep_split(self) -> None:
        self._settings.set_state(self._split_key, self.splitter.saveState())

    def _part(self) -> None:
        """Beside the chart the table gets the width of its columns, as far as the chart can spare it."""
        if self.splitter.restoreState(self._settings.state(self._split_key)):
            return  # as the user had it
        if self.splitter.orientation() is Qt.Orientation.Vertical:
            self.splitter.setSizes([_LEAST_CHART + 60, _LEAST_CHART])
            return
        columns = self.table.horizontalHeader().length() + 2 * self.table.frameWidth() + 2 * SPACING
        chart = max(self.width() - columns, round(_LEAST_SHARE * self.width()))
        self.splitter.setSizes([chart, self.width() - chart])

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
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.buttonClicked.connect(lambda button: self._state.delete(variants) if button is delete else None)
        box.open()

    def _make_buttons(self) -> None:
        self.measure_button = IconButton("Measure speed", "benchmark")
        self.measure_button.setObjectName("quantize-measure")
        self.measure_button.clicked.connect(self._on_measure)
        self.bench_button = IconButton("Benchmark these", "benchmark")
        self.bench_button.setObjectName("quantize-benchmark")
        self.bench_button.setToolTip(
            "Put the selected files (or all) among the runners of the Benchmark page, beside eager PyTorch and others"
        )
        self.bench_button.clicked.connect(lambda: benchmark(self._controller, self.chosen or self._made))
        self.progress = ElidedLabel("", Qt.TextElideMode.ElideRight)
        self.progress.setProperty("role", "muted")
        self.progress.setObjectName("quantize-speed-progress")
        self.stop_button = IconButton("Cancel", "cancel")
        self.stop_button.setObjectName("quantize-stop-measuring")
        self.stop_button.clicked.connect(self._state.speed.cancel)
        self.buttons = QWidget()
        across = QHBoxLayout(self.buttons)
        across.setContentsMargins(0, 0, 0, 2)
        across.setSpacing(SPACING)
        for button in (self.stop_button, self.measure_button, self.bench_button):
            across.addWidget(button)

    def _lay_out(self, empty: QWidget) -> None:
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setObjectName("quantize-splitter")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(SPACING + 4)
        self.splitter.addWidget(self.chart)
        self.splitter.addWidget(self.table)
        self.table.setMinimumHeight(_LEAST_TABLE)
        self._part()
        self.splitter.splitterMoved.connect(self._keep_split)
        self.speed_error = StatusLine(Status.FAILED)
        self.speed_error.setObjectName("quantize-speed-error")
        self.speed_doubts = StatusLine(Status.WARNING)
        self.speed_doubts.setObjectName("quantize-speed-doubts")
        self.note = wrapped_label("", is_muted=True, is_selectable=True)
        self.note.setObjectName("quantize-note")
        filled = QWidget()
        self._stack = QStackedWidget()
        self._stack.addWidget(empty)
        self._stack.addWidget(filled)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, SPACING, 0, 0)
        whole.addWidget(self._stack)
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addWidget(self.progress)
        column.addWidget(self.speed_error)
        column.addWidget(self.speed_doubts)
        column.addWidget(self.splitter, 1)
        column.addWidget(self.note)

    def _show_lines(self) -> None:
        lines = self._make_lines()
        if lines == self._lines:
            return
        self._show_points(lines)
        before, self._lines = {line.key for line in self._lines}, lines
        index = self.table.currentIndex()
        current = self.model.record(index.row()) if index.isValid() else None
        self.table.blockSignals(True)
        self.model.set_records(lines)
        same = next((line for line in lines if current is not None and line.key == current.key), None)
        new = [line for line in lines if line.key not in before]
        is_one_more = bool(before) and len(new) == 1 and self._controller.state(Stage.QUANTIZE).is_under_way
        if same is not None:
            self.table.select_record(same)
        self.table.blockSignals(False)
        if is_one_more:  # what was just asked for may be below what is in view
            self.table.bring_into_view(new[0])
        if same is not None and same != current and self.isVisible():  # what the inspector shows has gone on
            self._controller.inspect(inspect_line(same), Stage.QUANTIZE)

    def _show_points(self, lines: Sequence[VariantLine]) -> None:
        points = [point for line in lines if (point := _point(line)) is not None]
        is_drawn = any(not point.is_reference for point in points)
        self.chart.show_points(points if is_drawn else (), _UNDRAWN)

    def _on_point_chosen(self, key: str) -> None:
        line = next((line for line in self._lines if line.key == key), None)
        if line is not None:
            self.table.select_record(line)

    def _make_lines(self) -> list[VariantLine]:
        state, base = self._state, self._controller.base
        best = best_of(state.fresh)
        size = state.float_size_bytes
        names = [runner_of(one, base).key for one in (row.variant for row in state.rows) if one.path]
        keys = keys_of(self._controller.recipe.bench, names)
        lines = [
            VariantLine(
                key=runner_of(one, base).key if one.path else f"unmade:{one.label}",
                label=one.label,
                variant=one,
                size_bytes=one.size_bytes,
                float_size_bytes=size,
                p50_ms=one.p50_ms,
                speedup=one.speedup,
                look=look_of(runner_of(one, base).key, keys) if one.path else None,
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
        self.chart.select(line.key)
        self._controller.inspect(inspect_line(line), Stage.QUANTIZE)

    def _on_measure(self) -> None:
        if not self._controller.is_trusted:
            self._controller.trust_wanted.emit()
            return
        has_unmeasured = any(one.speedup is None and can_be_measured(one) for one in self._made)
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


def _point(line: VariantLine) -> TradeoffPoint | None:
    """A line in the chart; None without a speed, and for what is out of date."""
    variant = line.variant
    if variant is None:
        here = Estimate(1.0, 1.0, 1.0)
        return TradeoffPoint(line.key, "float32", "", here, None, line.size_bytes, is_reference=True)
    if line.look is None or line.is_stale or line.speedup is None:
        return None
    error, _ = judged_on(variant)
    return TradeoffPoint(
        line.key,
        line.label,
        line.look.color,
        line.speedup,
        error.worst_sqnr_db if error is not None else None,
        line.size_bytes,
        is_valid=variant.verdict is not Verdict.FAILED,
        dash=line.look.is_dashed,
        is_best=line.is_best,
    )
