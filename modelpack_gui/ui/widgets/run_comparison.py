"""Two kept runs laid over each other: what changed in a sentence, the gate, both in one chart, and the figures."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from modelpack_gui.client.bench_store import KeptRun, WholeRun
from modelpack_gui.core.bench_compare import compare, gate
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import BenchReport
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.models.bench_run_rows import CHANGE_COLUMNS, ChangeRow, run_title
from modelpack_gui.ui.models.record_table import RecordTableModel
from modelpack_gui.ui.runner_colors import keys_of, look_of
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.theme import SPACING, status_of
from modelpack_gui.ui.widgets.basics import heading, wrapped_label
from modelpack_gui.ui.widgets.decimal_field import DecimalField
from modelpack_gui.ui.widgets.fitted_table import FittedTable
from modelpack_gui.ui.widgets.latency_chart import ECDF, MODES, LatencyChart, LatencySeries
from modelpack_gui.ui.widgets.segments import Segments
from modelpack_gui.ui.widgets.status_line import StatusLine

USUAL_LIMIT = 0.05
_OLDER = "older: "


class RunComparison(QWidget):
    """Shows the older of two runs dashed, the newer as on the other tabs; a run alone where there is no other."""

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("run-comparison")
        self._controller = controller
        self._settings = settings
        self._asked: tuple[str, ...] = ()
        self.series: tuple[LatencySeries, ...] = ()
        self._wholes: dict[str, WholeRun] = {}
        self.title = heading("")
        self.sentence = wrapped_label("", is_selectable=True)
        self.sentence.setObjectName("comparison-sentence")
        self.gates: list[StatusLine] = []
        self._gate_place = QVBoxLayout()
        self._gate_place.setSpacing(SPACING // 2)
        self.limit = DecimalField("Allowed to be slower by", 0.0, 100.0, 1, " %")
        self.limit.setObjectName("gate-limit")
        self.limit.set_value(float(settings.text("bench/gate", "") or 100 * USUAL_LIMIT))
        self.limit.valueChanged.connect(self._on_limit)
        self.chart = LatencyChart(settings)
        self.chart.setMinimumHeight(170)
        self.chart.picture_failed.connect(controller.message_raised)
        self.modes = Segments(MODES, {})
        self.modes.setAccessibleName("Chart of both runs")
        self.modes.set_value(ECDF)
        self.modes.chosen.connect(self.chart.set_mode)
        self.chart.set_mode(ECDF)
        self._rows: RecordTableModel[ChangeRow] = RecordTableModel(CHANGE_COLUMNS, None, self)
        self.table = FittedTable(self._rows, "bench-changes", "What changed from the older to the newer run")
        self.table.remember(settings)
        self.gate_row = QWidget()
        row = QHBoxLayout(self.gate_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING)
        row.addWidget(QLabel("Gate: a runner may be slower by"))
        row.addWidget(self.limit)
        row.addStretch(1)
        top = QHBoxLayout()
        top.setSpacing(SPACING)
        top.addWidget(self.title, 1)
        top.addWidget(self.modes)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addLayout(top)
        column.addWidget(self.sentence)
        column.addWidget(self.gate_row)
        column.addLayout(self._gate_place)
        column.addWidget(self.chart, 1)
        column.addWidget(self.table)
        controller.recipe_changed.connect(self._draw)

    def show_runs(self, runs: Sequence[KeptRun]) -> None:
        """Compare two runs, the newest first; a single one with the baseline, or else with the one before it."""
        state = self._controller.bench_runs
        wanted = [run.id for run in runs[:2]]
        if len(wanted) == 1:
            every = [run.id for run in state.runs]
            place = every.index(wanted[0]) if wanted[0] in every else len(every)
            other = state.baseline if state.baseline not in ("", wanted[0]) else "".join(every[place + 1 : place + 2])
            wanted += [other] if other else []
        when = {run.id: (run.started_at, run.id) for run in state.runs}
        asked = tuple(sorted(wanted, key=lambda run: when.get(run, ("", run)), reverse=True))
        if asked == self._asked:
            self._draw()
            return
        self._asked = asked
        self._wholes = {}
        for run in asked:
            state.read(run, functools.partial(self._on_read, run))
        if not asked:
            self._draw()

    def gate_texts(self) -> list[str]:
        """What the gate says, line by line."""
        return [line.text for line in self.gates]

    def _on_read(self, run: str, whole: WholeRun | None, error: ErrorInfo | None) -> None:
        if run not in self._asked:
            return
        if whole is None:
            if error is not None:
                self._controller.message_raised.emit(error)
            self._asked = tuple(one for one in self._asked if one != run)
        else:
            self._wholes[run] = whole
        if len(self._wholes) == len(self._asked):
            self._draw()

    def _draw(self) -> None:
        state = self._controller.bench_runs
        found = [self._wholes[run].report for run in self._asked if run in self._wholes]
        if len(found) < len(self._asked):
            return
        kept = [one for run in self._asked if (one := state.find(run)) is not None]
        self.title.setText(" against ".join(run_title(run) for run in kept))
        after, before = (found[0] if found else None), (found[1] if len(found) > 1 else None)
        keys = keys_of(self._controller.recipe.bench, *([one.runner for one in report.runners] for report in found))
        self._draw_series(before, after, keys)
        if before is None or after is None:
            alone = "There is no other run to compare it with yet." if after is not None else ""
            self.sentence.setText(" ".join(part for part in (after.summary if after else "", alone) if part))
            self._rows.set_records([])
        else:
            found_changes = compare(before, after)
            self.sentence.setText(" ".join((found_changes.summary, *found_changes.notes)))
            self._rows.set_records([ChangeRow(one, look_of(one.key, keys)) for one in found_changes.changes])
        self.table.setVisible(before is not None)
        self._draw_gate(before, after)

    def _draw_series(self, before: BenchReport | None, after: BenchReport | None, keys: tuple[str, ...]) -> None:
        series: list[LatencySeries] = []
        for report, prefix in ((after, ""), (before, _OLDER)):
            for one in report.runners if report is not None else ():
                look = look_of(one.runner, keys)
                series.append(
                    LatencySeries(
                        f"{prefix}{one.runner}",
                        f"{prefix}{one.title}",
                        look.color,
                        one.warmup_ms,
                        one.latencies_ms,
                        one.turns,
                        one.is_valid,
                        bool(prefix),
                    )
                )
        self.series = tuple(series)
        self.chart.show_series(self.series)

    def _draw_gate(self, before: BenchReport | None, after: BenchReport | None) -> None:
        for line in self.gates:
            self._gate_place.removeWidget(line)
            line.deleteLater()
        self.gates = []
        baseline = self._controller.bench_runs.baseline
        is_gated = before is not None and after is not None and baseline in self._asked
        self.gate_row.setVisible(is_gated)
        if not is_gated or before is None or after is None:
            return
        if self._asked[0] == baseline:  # an older run against a newer baseline
            before, after = after, before
        judged = gate(before, after, self.limit.value() / 100.0)
        status = status_of(judged.verdict)
        self.gates.append(StatusLine(Status.REMARK if status is Status.NOT_RUN else status, judged.summary))
        for line in self.gates:
            self._gate_place.addWidget(line)

    def _on_limit(self, value: float) -> None:
        self._settings.set_text("bench/gate", f"{value:g}")
        self._draw()
