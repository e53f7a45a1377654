"""The latencies of a benchmark: the chart, below it the figures or how far the run is, doubts, noise and machine."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from modelpack_gui.core.figures import duration, plural
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import BenchReport
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.runner_colors import keys_of, look_of
from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.models.bench_columns import COLUMNS, RunnerRow
from modelpack_gui.ui.models.bench_inspection import inspect_runner
from modelpack_gui.ui.models.bench_text import machine_details, machine_line
from modelpack_gui.ui.models.record_table import RecordTableModel
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import ElidedLabel
from modelpack_gui.ui.widgets.bench.notes import BenchNotes
from modelpack_gui.ui.widgets.bench.runner_progress import RunnerProgress
from modelpack_gui.ui.widgets.data_table import DataTable
from modelpack_gui.ui.widgets.latency.chart import ECDF, HISTOGRAM, MODES, SERIES, VIOLIN, LatencyChart, LatencySeries
from modelpack_gui.ui.widgets.segments import Segments

_MODE_TIPS = {
    HISTOGRAM: "How many runs took how long",
    ECDF: "The share of runs that took at most so long (empirical distribution function, ECDF)",
    VIOLIN: "The shape of each runner beside the others, with median and quartiles",
    SERIES: "Every run in the order it was made, warm-up first, rounds shaded",
}


class LatencyResults(QWidget):
    """Draws a report, or what came of one so far."""

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._settings = settings
        self.chart = LatencyChart(settings)
        self.chart.setMinimumHeight(230)
        self.chart.picture_failed.connect(controller.message_raised)
        self.log_scale = QCheckBox("Log scale")
        self.log_scale.setToolTip(
            "By itself, the scale is logarithmic when runners differ by more than 5 times, or a tail is long"
        )
        self.log_scale.clicked.connect(lambda: self.chart.set_log(self.log_scale.isChecked()))
        self._rows: RecordTableModel[RunnerRow] = RecordTableModel(COLUMNS, None, self)
        self.table = DataTable(self._rows, "bench-runners", "Figures of the runners")
        self.table.remember(settings)
        self.table.record_selected.connect(lambda row: controller.inspect(inspect_runner(row), Stage.BENCH))
        self.progress = RunnerProgress()
        self._lower = QStackedWidget()
        for page in (self.table, self.progress):
            self._lower.addWidget(page)
        self.notes = BenchNotes()
        self.machine = ElidedLabel("", Qt.TextElideMode.ElideRight)
        self.machine.setProperty("role", "muted")
        self.machine.setObjectName("bench-machine")

        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addLayout(self._make_chart_row())
        column.addWidget(self.chart, 1)
        column.addWidget(self._lower)
        column.addWidget(self.notes)
        column.addWidget(self.machine)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)

    def _make_chart_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(SPACING)
        self.modes = Segments(MODES, _MODE_TIPS)
        self.modes.setAccessibleName("Chart")
        self.modes.chosen.connect(self.set_mode)
        row.addWidget(self.modes)
        row.addStretch(1)
        row.addWidget(self.log_scale)
        remembered = self._settings.text("bench/chart", HISTOGRAM)
        self.set_mode(remembered if remembered in MODES else HISTOGRAM)
        return row

    def set_mode(self, mode: str) -> None:
        """Draw another kind of chart, now and next time."""
        self.modes.set_value(mode)
        self.chart.set_mode(mode)
        self._settings.set_text("bench/chart", mode)

    def show_live(self, series: Sequence[LatencySeries]) -> None:
        """Draw what came so far; `progress` is brought up to date by the page."""
        self._show_series(series, is_live=True)
        self._show_lower(self.progress, self.progress.sizeHint().height())
        self.notes.hide()
        self.machine.hide()

    def show_report(self, report: BenchReport) -> None:
        """Draw a report."""
        keys = keys_of(self._controller.recipe.bench, (one.runner for one in report.runners))
        references = {one.outputs.reference for one in report.runners if one.outputs is not None}
        rows = [
            RunnerRow(
                one, look_of(one.runner, keys), one.runner == report.baseline, is_reference=one.runner in references
            )
            for one in report.runners
        ]
        self._rows.set_records(rows)
        header = self.table.horizontalHeader().sizeHint().height()
        height = header + len(rows) * self.table.verticalHeader().defaultSectionSize()
        self._show_lower(self.table, height + self.table.horizontalScrollBar().sizeHint().height() + 4)
        self._show_series([_series(row) for row in rows])
        self.notes.show_report(report)
        facts = machine_line(report.machine, clock_overhead_ns=report.clock_overhead_ns)
        took = "took" if report.is_complete else "cancelled after"
        self.machine.set_text(f"{facts} · {plural(report.threads, 'thread')}, {took} {duration(report.duration_s)}")
        self.machine.setToolTip(plain_tooltip(machine_details(report.machine)))
        self.machine.show()

    def _show_series(self, series: Sequence[LatencySeries], *, is_live: bool = False) -> None:
        self.chart.show_series(series, is_live=is_live)
        self.log_scale.setChecked(self.chart.is_log)

    def _show_lower(self, widget: QWidget, height: int) -> None:
        self._lower.setCurrentWidget(widget)
        self._lower.setFixedHeight(height)


def _series(row: RunnerRow) -> LatencySeries:
    one = row.result
    return LatencySeries(
        one.runner,
        one.title,
        row.look.color,
        one.warmup_ms,
        one.latencies_ms,
        one.turns,
        not row.is_invalid,
        row.look.is_dashed,
    )
