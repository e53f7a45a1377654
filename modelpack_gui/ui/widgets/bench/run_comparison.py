"""Two kept runs laid over each other: what changed in a sentence, the gate, both in one chart, and the figures."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from modelpack_gui.client.bench.store import KeptRun, WholeRun
from modelpack_gui.core.bench.compare import BenchComparison, compare, gate
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import BenchReport
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.runner_colors import keys_of, look_of
from modelpack_gui.ui.look.theme import SPACING, heading_font, status_of
from modelpack_gui.ui.models.bench_run_rows import CHANGE_COLUMNS, ChangeRow, run_title
from modelpack_gui.ui.models.record_table import RecordTableModel
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import ElidedLabel, wrapped_label
from modelpack_gui.ui.widgets.fitted_table import FittedTable
from modelpack_gui.ui.widgets.latency.chart import ECDF, MODES, LatencyChart, LatencySeries
from modelpack_gui.ui.widgets.number_fields import DecimalField
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
        self._before: BenchReport | None = None
        self._after: BenchReport | None = None
        self._compared: tuple[int, int, BenchComparison] | None = None  # of these two reports
        self._keys: tuple[str, ...] = ()
        self._drawn: tuple[str, ...] = ()  # the runs that are in the table
        self.series: tuple[LatencySeries, ...] = ()
        self._wholes: dict[str, WholeRun] = {}
        self.title = ElidedLabel("", Qt.TextElideMode.ElideRight)
        self.title.setFont(heading_font())
        self.sentence = wrapped_label("", is_selectable=True)
        self.sentence.setObjectName("comparison-sentence")
        self.gates: list[StatusLine] = []
        self._gate_place = QVBoxLayout()
        for _ in range(2):  # above and below: on the middle of the field beside it
            self._gate_place.addStretch(1)
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
        self.table.setToolTip("The chart shows the runners that are selected here")
        self.table.selectionModel().selectionChanged.connect(self._draw_series)
        self.gate_row = QWidget()
        row = QHBoxLayout(self.gate_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING)
        row.addWidget(QLabel("Gate: slower by at most"))
        row.addWidget(self.limit)
        row.addLayout(self._gate_place, 1)
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
        column.addWidget(self.table)
        column.addWidget(self.chart, 1)
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
        self.title.set_text(" against ".join(run_title(run) for run in kept))
        after, before = (found[0] if found else None), (found[1] if len(found) > 1 else None)
        self._keys = keys_of(
            self._controller.recipe.bench, *([one.runner for one in report.runners] for report in found)
        )
        self._before, self._after = before, after
        if before is None or after is None:
            alone = "There is no other run to compare it with yet." if after is not None else ""
            self.sentence.setText(" ".join(part for part in (after.summary if after else "", alone) if part))
            self._show_changes([])
        else:
            if self._compared is None or self._compared[:2] != (id(before), id(after)):
                self._compared = (id(before), id(after), compare(before, after))
            found_changes = self._compared[2]
            self.sentence.setText(" ".join((found_changes.summary, *found_changes.notes)))
            self._show_changes([ChangeRow(one, look_of(one.key, self._keys)) for one in found_changes.changes])
        self.table.setVisible(before is not None)
        self._draw_gate(before, after)

    def _show_changes(self, rows: list[ChangeRow]) -> None:
        """Of another pair the runners that changed are selected, else the first: all at once would be a thicket."""
        selection = self.table.selectionModel()
        chosen = {self._rows.record(index.row()).change.key for index in selection.selectedRows()}
        if self._drawn != self._asked:
            self._drawn = self._asked
            chosen = {row.change.key for row in rows if row.change.claim in ("faster", "slower")}
        selection.blockSignals(True)
        self._rows.set_records(rows)
        self.table.setCurrentIndex(QModelIndex())
        selection.clearSelection()
        flags = QItemSelectionModel.SelectionFlag
        for place, row in enumerate(self._rows.records):
            if row.change.key in chosen or (not chosen and place == 0):
                selection.select(self._rows.index(place, 0), flags.Select | flags.Rows)
        selection.blockSignals(False)
        self._draw_series()

    def _draw_series(self) -> None:
        rows = self.table.selectionModel().selectedRows()
        chosen = {self._rows.record(index.row()).change.key for index in rows}
        series: list[LatencySeries] = []
        for report, prefix in ((self._after, ""), (self._before, _OLDER)):
            for one in report.runners if report is not None else ():
                if self._before is not None and one.runner not in chosen:
                    continue
                look = look_of(one.runner, self._keys)
                series.append(
                    LatencySeries(
                        f"{prefix}{one.runner}",
                        f"{prefix}{one.title}",
                        look.color,
                        one.warmup_ms,
                        one.latencies_ms,
                        one.turns,
                        one.is_valid,
                        bool(prefix) if self._before is not None else look.is_dashed,
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
            self._gate_place.insertWidget(1, line)

    def _on_limit(self, value: float) -> None:
        self._settings.set_text("bench/gate", f"{value:g}")
        self._draw()
