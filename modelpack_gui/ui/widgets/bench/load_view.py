"""The runners under load: throughput against latency as a curve each, and the figures."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from modelpack_gui.core.events import Partial
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import BenchReport, TrafficPoint
from modelpack_gui.core.runners.titles import runner_title
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.runner_colors import keys_of, look_of
from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.models.bench_load import COLUMNS, LoadRow, load_sentence
from modelpack_gui.ui.models.record_table import RecordTableModel
from modelpack_gui.ui.project.spec_edits import edit_bench
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.surroundings import infos_of
from modelpack_gui.ui.widgets.basics import IconButton, wrapped_label
from modelpack_gui.ui.widgets.bench.load_settings import LoadSettings
from modelpack_gui.ui.widgets.bench.traffic_chart import TrafficChart, TrafficSeries
from modelpack_gui.ui.widgets.data_table import DataTable
from modelpack_gui.ui.widgets.empty_state import EmptyState

USUAL_CALLERS = (1, 2, 4, 8)

_EMPTY = (
    "How many calls a second does a runner carry, and what does that cost in latency? After the latencies, each "
    "runner is tried with several callers at once, and with calls that arrive at a fixed rate."
)


class LoadView(QWidget):
    """Shows the loads of the last benchmark, and of one that runs as they come."""

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("load-view")
        self._controller = controller
        self._live: list[TrafficPoint] = []
        self._live_job = ""
        self.settings = LoadSettings(controller)
        self.sentence = wrapped_label("", is_selectable=True)
        self.sentence.setObjectName("load-sentence")
        self.chart = TrafficChart(settings)
        self.chart.picture_failed.connect(controller.message_raised)
        self.model: RecordTableModel[LoadRow] = RecordTableModel(COLUMNS, None, self)
        self.table = DataTable(self.model, "bench-load", "Runners under load")
        self.table.remember(settings)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.addWidget(self.chart)
        split.addWidget(self.table)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        filled = QWidget()
        inside = QVBoxLayout(filled)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(SPACING)
        inside.addWidget(self.sentence)
        inside.addWidget(split, 1)
        self._stack = QStackedWidget()
        self._run = IconButton("", "run")
        self._run.setObjectName("load-run")
        self._run.clicked.connect(self._on_run)
        self._stack.addWidget(EmptyState("benchmark", _EMPTY, self._run))
        self._stack.addWidget(filled)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACING, 0, 0)
        column.setSpacing(SPACING)
        column.addWidget(self.settings)
        column.addWidget(self._stack, 1)
        controller.jobs.partial_added.connect(self._on_partial)
        controller.stage_changed.connect(self._on_stage_changed)
        controller.project_changed.connect(self.refresh)
        controller.recipe_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Bring everything in line with the benchmark's state."""
        controller = self._controller
        job = controller.job_of(Stage.BENCH)
        if job != self._live_job:
            self._live, self._live_job = [], job
        report = controller.result(Stage.BENCH, BenchReport)
        if self._live:
            points = self._live
            self.sentence.setText("So far, while it runs:")
        else:
            points = [point for one in report.runners for point in one.load] if report is not None else []
            self.sentence.setText(load_sentence(report) if report is not None else "")
        self.sentence.setVisible(bool(self.sentence.text()))
        self._stack.setCurrentIndex(1 if points else 0)
        bench = controller.recipe.bench
        problem = controller.problem(Stage.BENCH)
        is_running = bool(job)
        self._run.setText("Benchmark" if bench.callers or bench.rates_per_s else "Try 1, 2, 4 and 8 callers")
        self._run.setEnabled(not problem and not is_running)
        self._run.setToolTip(problem)
        self._draw(points, report)

    def _draw(self, points: list[TrafficPoint], report: BenchReport | None) -> None:
        bench = self._controller.recipe.bench
        known = {one.runner: one for one in report.runners} if report is not None else {}
        specs = {one.key: one for one in bench.runners}
        keys = keys_of(bench, known)
        infos = infos_of(self._controller)
        rows: list[LoadRow] = []
        for point in points:
            result = None if self._live else known.get(point.runner)
            title = result.title if result is not None else point.runner
            if result is None and point.runner in specs:
                title = runner_title(specs[point.runner], infos)
            is_valid = result is None or result.outputs is None or result.outputs.is_valid
            rows.append(LoadRow(point, title, look_of(point.runner, keys), is_valid))
        self.model.set_records(rows)
        firsts = {row.point.runner: row for row in rows}
        self.chart.show_points(
            tuple(
                TrafficSeries(
                    key,
                    row.title,
                    row.look.color,
                    tuple(point for point in points if point.runner == key),
                    row.is_valid,
                    row.look.is_dashed,
                )
                for key, row in firsts.items()
            )
        )

    def _on_run(self) -> None:
        bench = self._controller.recipe.bench
        if not bench.callers and not bench.rates_per_s:
            edit_bench(self._controller, "try callers", callers=USUAL_CALLERS)
        self._controller.run(Stage.BENCH)

    def _on_partial(self, event: Partial) -> None:
        point = event.result
        if isinstance(point, TrafficPoint) and event.job == self._controller.job_of(Stage.BENCH):
            if event.job != self._live_job:
                self._live, self._live_job = [], event.job
            self._live.append(point)
            self.refresh()

    def _on_stage_changed(self, stage: Stage) -> None:
        if stage is Stage.BENCH:
            self.refresh()
