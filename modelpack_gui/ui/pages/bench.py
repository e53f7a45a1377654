"""The benchmark page: how fast is each runner, how sure is that, and how does it look while it is measured?"""

from __future__ import annotations

import dataclasses
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from modelpack_gui.core.events import Sample
from modelpack_gui.core.figures import duration, plural
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import BenchReport, BenchSpec, Result, RunnerSpec
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.models.bench_text import machine_details, machine_line
from modelpack_gui.ui.models.record_table import RecordTableModel
from modelpack_gui.ui.pages.base import StagePage
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.theme import SPACING
from modelpack_gui.ui.widgets.basics import heading, wrapped_label
from modelpack_gui.ui.widgets.bench_tables import COLUMNS, RunnerRow, inspect_runner
from modelpack_gui.ui.widgets.chart_library import chart_library
from modelpack_gui.ui.widgets.data_table import DataTable
from modelpack_gui.ui.widgets.flow_layout import FlowLayout
from modelpack_gui.ui.widgets.latency_chart import ECDF, HISTOGRAM, SERIES, LatencyChart, LatencySeries
from modelpack_gui.ui.widgets.number_fields import SpinField
from modelpack_gui.ui.widgets.runner_choice import RunnerChoice, RunnerOption, runner_options
from modelpack_gui.ui.widgets.runner_progress import LiveSamples, RunnerProgress
from modelpack_gui.ui.widgets.segments import Segments
from modelpack_gui.ui.widgets.status_line import StatusLine

LIVE_INTERVAL_MS = 100
"""Drawing more often shows nothing more, and takes the processor from what is measured."""

_EARLY = "Stopped early. "  # how the report itself begins to say it
_MODES = {HISTOGRAM: "Histogram", ECDF: "ECDF", SERIES: "Time series"}
_MODE_TIPS = {
    HISTOGRAM: "How many runs took how long",
    ECDF: "Empirical distribution function: the share of runs that took at most so long",
    SERIES: "Every run in the order it was made, warm-up first",
}


class BenchPage(StagePage):
    """Settings; verdict; chart that fills while it runs; table of figures; doubts and machine below."""

    stage = Stage.BENCH
    icon_name = "benchmark"
    empty_text = (
        "Times each runner in a process of its own, one at a time, in turns, and compares their latencies with "
        "those of eager PyTorch."
    )

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(controller, parent)
        self._settings = settings
        self._report: BenchReport | None = None
        self._live_job = ""
        self._live_spec = BenchSpec()
        self._live: dict[str, LiveSamples] = {}
        self._is_live_shown = False
        self._live_timer = QTimer(self, singleShot=True, interval=LIVE_INTERVAL_MS)
        self._live_timer.timeout.connect(self._show_live)
        self._add_settings()
        self._make_content()
        controller.recipe_changed.connect(self._fill_settings)
        controller.capabilities_changed.connect(self._on_capabilities_changed)
        controller.jobs.samples_added.connect(self._on_samples_added)
        self._fill_settings()
        self.refresh()

    # What the base asks for

    def show_result(self, result: Result) -> None:
        """Draw a report."""
        assert isinstance(result, BenchReport)
        self._report = result
        self._draw_report()

    def sentence_for(self, result: Result) -> str:
        """The report's own; that it was cut short, and that another run is on, is said first."""
        assert isinstance(result, BenchReport)
        sentence = result.summary
        if not result.is_complete:
            sentence = f"Cancelled before the end, from what was measured until then: {sentence.removeprefix(_EARLY)}"
        if self.controller.state(self.stage).status is Status.RUNNING:
            return f"Previous result: {sentence}"
        return sentence

    def show_partial(self) -> bool:
        """Samples came."""
        return bool(self._live)

    def refresh(self) -> None:
        """Switch between the live view and the last report."""
        is_running = self.controller.state(self.stage).status is Status.RUNNING
        if not is_running or self.controller.job_of(self.stage) != self._live_job:
            self._live, self._live_job = {}, ""
        super().refresh()
        if is_running and self.isVisible():
            chart_library().want()  # while the workers start: later it would cost the runs that are timed
        if self.controller.result(self.stage, BenchReport) is None:
            self._report = None
        if self._live:
            if not self._is_live_shown:
                self._show_live()
        elif self._is_live_shown and self._report is not None:
            self._draw_report()

    # Building

    def _add_settings(self) -> None:
        self.runners = RunnerChoice()
        self.runners.chosen.connect(self._on_runners_chosen)
        self.warmup_runs = SpinField("Warm-up runs", 0, 100_000)
        self.iterations = SpinField("Timed runs", 1, 1_000_000)
        self.block_runs = SpinField("Runs a turn", 1, 10_000)
        self.threads = SpinField("Threads", 0, 1024)
        fields = {
            "warmup_runs": (self.warmup_runs, "Before the first timed run of each runner; drawn, not counted"),
            "iterations": (self.iterations, "Of each runner. p99 needs some hundreds to be known well"),
            "block_runs": (self.block_runs, "Timed runs of a runner before the next one has its turn"),
            "threads": (self.threads, "Threads inside an operator, the same for every runner; auto: physical cores"),
        }
        numbers = QWidget()
        flow = FlowLayout(numbers)
        for name, (field, tip) in fields.items():
            field.setObjectName(f"bench-{name.replace('_', '-')}")
            field.setToolTip(tip)
            field.valueChanged.connect(lambda value, name=name: self._on_number_changed(name, value))
            flow.addWidget(_labelled(field, tip))
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        place = column.count() - 1  # above what scrolls or is empty: settings can be changed before the first run
        column.insertWidget(place, self.runners)
        column.insertWidget(place + 1, numbers)
        column.insertSpacing(place + 2, SPACING // 2)

    def _make_content(self) -> None:
        self.chart = LatencyChart(self._settings)
        self.chart.setMinimumHeight(230)
        self.chart.picture_failed.connect(self.controller.message_raised)
        self.log_scale = QCheckBox("Log scale")
        self.log_scale.setToolTip(
            "By itself, the scale is logarithmic when runners differ by more than 5 times, or a tail is long"
        )
        self.log_scale.clicked.connect(self._on_log_clicked)
        self._rows: RecordTableModel[RunnerRow] = RecordTableModel(COLUMNS, None, self)
        self.table = DataTable(self._rows, "bench-runners", "Figures of the runners")
        self.table.remember(self._settings)
        self.table.record_selected.connect(lambda row: self.controller.inspect(inspect_runner(row)))
        self.progress = RunnerProgress()
        self._lower = QStackedWidget()
        for page in (self.table, self.progress):
            self._lower.addWidget(page)
        self.notes = QWidget()
        self._note_lines: list[StatusLine] = []
        self._notes = QVBoxLayout(self.notes)
        self._notes.setContentsMargins(0, 0, 0, 0)
        self._notes.setSpacing(SPACING // 2)
        self.machine = wrapped_label("", is_muted=True, is_selectable=True)
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
        self.content.addWidget(scroll, 1)

    def _make_chart_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(SPACING)
        row.addWidget(heading("Latency"))
        row.addStretch(1)
        row.addWidget(self.log_scale)
        row.addSpacing(SPACING)
        self.modes = Segments(_MODES, _MODE_TIPS)
        self.modes.setAccessibleName("Chart")
        self.modes.chosen.connect(self.set_mode)
        row.addWidget(self.modes)
        remembered = self._settings.text("bench/chart", HISTOGRAM)
        self.set_mode(remembered if remembered in _MODES else HISTOGRAM)
        return row

    # Settings

    def set_mode(self, mode: str) -> None:
        """Draw `histogram`, `ecdf` or `series`, now and next time."""
        self.modes.set_value(mode)
        self.chart.set_mode(mode)
        self._settings.set_text("bench/chart", mode)

    def note_texts(self) -> list[str]:
        """What is said of runners that failed or whose figures are in doubt."""
        return [line.text for line in self._note_lines]

    def _fill_settings(self) -> None:
        bench = self.controller.recipe.bench
        keys = tuple(one.key for one in bench.runners)
        self.runners.show_options(self._options(keys), keys)
        self.warmup_runs.set_value(bench.warmup_runs)
        self.iterations.set_value(bench.iterations)
        self.block_runs.set_value(bench.block_runs)
        capabilities = self.controller.capabilities
        cores = capabilities.physical_cores if capabilities is not None else 0
        self.threads.setSpecialValueText(f"auto ({cores})" if cores else "auto")
        self.threads.set_value(bench.threads or 0)

    def _on_capabilities_changed(self) -> None:
        self._fill_settings()
        if self._report is not None and not self._live:
            self._draw_report()  # titles and colours follow the registry

    def _on_number_changed(self, name: str, value: int) -> None:
        text = {"warmup_runs": "change warm-up runs", "iterations": "change timed runs", "block_runs": "change turn"}
        self._edit(name, value or None if name == "threads" else value, text.get(name, "change threads"))

    def _on_runners_chosen(self, keys: tuple[str, ...]) -> None:
        known = {one.key: one for one in self.controller.recipe.bench.runners}
        self._edit("runners", tuple(known.get(key, RunnerSpec(key)) for key in keys), "change runners")

    def _edit(self, name: str, value: Any, text: str) -> None:
        recipe = self.controller.recipe
        changes: dict[str, Any] = {name: value}
        bench = dataclasses.replace(recipe.bench, **changes)
        self.controller.edit(dataclasses.replace(recipe, bench=bench), text, f"bench.{name}")

    def _on_log_clicked(self) -> None:
        self.chart.set_log(self.log_scale.isChecked())

    def _options(self, runners: tuple[str, ...]) -> tuple[RunnerOption, ...]:
        has_model = not self.controller.source.is_onnx
        return runner_options(self.controller.capabilities, runners, has_model=has_model)

    def _options_of(self, runners: tuple[str, ...]) -> tuple[RunnerOption, ...]:
        """Those of some runners only, in their order."""
        known = {option.runner: option for option in self._options(runners)}
        return tuple(known[runner] for runner in runners)

    # Live

    def _on_samples_added(self, sample: Sample) -> None:
        job = self.controller.job_of(self.stage)
        if not job or sample.job != job:
            return
        is_first = job != self._live_job
        if is_first:
            self._live, self._live_job = {}, job
            self._live_spec = self.controller.recipe.bench
        self._live.setdefault(sample.runner, LiveSamples()).add(sample.phase, sample.latencies_ms)
        if is_first:
            self._is_live_shown = False
            self.refresh()
        elif not self._live_timer.isActive():
            self._live_timer.start()

    def _show_live(self) -> None:
        if not self._live:
            return
        self._is_live_shown = True
        spec = self._live_spec
        known = tuple(dict.fromkeys((*(one.key for one in spec.runners), *self._live)))
        options = self._options_of(known)
        series = [
            LatencySeries(one.runner, one.title, one.color, tuple(data.warmup_ms), tuple(data.timed_ms))
            for one in options
            if (data := self._live.get(one.runner)) is not None
        ]
        self._show_series(series, is_live=True)
        self.progress.show_progress(options, self._live, spec.warmup_runs, spec.iterations)
        self._show_lower(self.progress, self.progress.sizeHint().height())
        self.notes.hide()
        self.machine.hide()

    # Report

    def _draw_report(self) -> None:
        report = self._report
        assert report is not None
        self._is_live_shown = False
        colors = {option.runner: option.color for option in self._options(tuple(r.runner for r in report.runners))}
        rows = [RunnerRow(one, colors[one.runner], one.runner == report.baseline) for one in report.runners]
        self._rows.set_records(rows)
        header = self.table.horizontalHeader().sizeHint().height()
        height = header + len(rows) * self.table.verticalHeader().defaultSectionSize()
        self._show_lower(self.table, height + self.table.horizontalScrollBar().sizeHint().height() + 4)
        self._show_series(
            [
                LatencySeries(
                    row.result.runner, row.result.title, row.color, row.result.warmup_ms, row.result.latencies_ms
                )
                for row in rows
            ]
        )
        self._show_notes(report)
        took = "took" if report.is_complete else "cancelled after"
        self.machine.setText(
            f"{machine_line(report.machine)} · {plural(report.threads, 'thread')}, "
            f"{took} {duration(report.duration_s)}"
        )
        self.machine.setToolTip(plain_tooltip(machine_details(report.machine)))
        self.machine.show()

    def _show_series(self, series: list[LatencySeries], *, is_live: bool = False) -> None:
        self.chart.show_series(series, is_live=is_live)
        self.log_scale.setChecked(self.chart.is_log)

    def _show_lower(self, widget: QWidget, height: int) -> None:
        self._lower.setCurrentWidget(widget)
        self._lower.setFixedHeight(height)

    def _show_notes(self, report: BenchReport) -> None:
        for line in self._note_lines:
            self._notes.removeWidget(line)
            line.deleteLater()
        self._note_lines = []
        for one in report.runners:
            if one.error is not None:
                hint = f" {one.error.hint}" if one.error.hint else ""
                self._note_lines.append(StatusLine(Status.FAILED, f"{one.title}: {one.error.message}{hint}"))
            self._note_lines += [StatusLine(Status.WARNING, f"{one.title}: {doubt.text}") for doubt in one.doubts]
        for line in self._note_lines:
            self._notes.addWidget(line)
        self.notes.setVisible(bool(self._note_lines))


def _labelled(field: SpinField, tip: str) -> QWidget:
    made = QWidget()
    label = QLabel(field.accessibleName())
    label.setBuddy(field)
    label.setToolTip(tip)
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(SPACING)
    row.addWidget(label)
    row.addWidget(field)
    return made
