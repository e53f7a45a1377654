"""The benchmark page: how fast is each runner, how sure is that, and how does it look while it is measured?"""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import BenchReport, Result
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.models.bench_columns import RunnerRow
from modelpack_gui.ui.pages.base import StagePage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.state.bench_live import BenchLive
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.bench.setup import BenchSetup
from modelpack_gui.ui.widgets.bench.tabs import PROFILE, BenchTabs
from modelpack_gui.ui.widgets.charts.library import chart_library
from modelpack_gui.ui.widgets.latency.chart import LatencySeries
from modelpack_gui.ui.widgets.latency.results import LatencyResults
from modelpack_gui.ui.widgets.profile.actions import add_profile_actions

_EARLY = "Stopped early. "  # how the report itself begins to say it


class BenchPage(StagePage):
    """The verdict; below it, in tabs, the latencies with their settings, and what else is asked of the runners."""

    stage = Stage.BENCH
    icon_name = "benchmark"
    empty_text = (
        "Times each runner in a process of its own, one at a time, in turns, and compares their latencies with "
        "those of eager PyTorch."
    )

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(controller, parent)
        self._report: BenchReport | None = None
        self._is_live_shown = False
        self.live = BenchLive(controller, self)
        self.live.changed.connect(self._show_live)
        self.setup = BenchSetup(controller, settings)
        self.runners, self.settings = self.setup.runners, self.setup.settings
        self.results = LatencyResults(controller, settings)
        self.chart, self.table, self.progress = self.results.chart, self.results.table, self.results.progress
        self.content.addWidget(self.results, 1)
        self.tabs = BenchTabs(controller, settings, self._make_latency())
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        column.addWidget(self.tabs, 1)
        self.table.context_menu_made.connect(self._on_runner_menu)
        controller.recipe_changed.connect(self._on_looks_changed)
        controller.capabilities_changed.connect(self._on_looks_changed)
        self.refresh()

    def _make_latency(self) -> QWidget:
        """The settings, which can be changed before the first run, above what has an empty state."""
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, SPACING, 0, 0)
        column.setSpacing(SPACING)
        column.addWidget(self.sentence)  # above the tabs, these would move from one to the other
        column.addWidget(self.setup)
        column.addWidget(self._stack, 1)
        return made

    def _on_runner_menu(self, menu: QMenu, row: RunnerRow) -> None:
        add_profile_actions(menu, row, self._report, self.tabs)

    # What the base asks for

    def show_result(self, result: Result) -> None:
        """Draw a report."""
        assert isinstance(result, BenchReport)
        self._report = result
        self._draw_report()

    def show_per_node(self) -> None:
        """Where the time goes."""
        self.tabs.show_tab(PROFILE)

    def sentence_for(self, result: Result) -> str:
        """The report's own; that it was cut short is said first."""
        assert isinstance(result, BenchReport)
        sentence = result.summary
        if not result.is_complete:
            sentence = f"Cancelled before the end, from what was measured until then: {sentence.removeprefix(_EARLY)}"
        return sentence

    def show_partial(self) -> bool:
        """A benchmark is on: its runners are made ready, then its samples come."""
        return self.live.is_on

    def refresh(self) -> None:
        """Switch between the live view and the last report."""
        state = self.controller.state(self.stage)
        is_running = state.status is Status.RUNNING
        self.live.follow()
        super().refresh()
        if is_running:
            told = (state.message, self.live.time_left())
            self._progress.show_progress(" · ".join(part for part in told if part), state.fraction)
            if self.isVisible():
                chart_library().want()  # while the workers start: later it would cost the runs that are timed
        if self.controller.result(self.stage, BenchReport) is None:
            self._report = None
        self.setup.give_way(to_results=is_running or self._report is not None, is_running=is_running)
        if self.live.is_on:
            self.sentence.hide()  # of the run before, none of which is in view
            if not self._is_live_shown:
                self._show_live()
        elif self._is_live_shown and self._report is not None:
            self._draw_report()

    # Live

    def _show_live(self) -> None:
        if not self.live.is_on:
            return
        self._is_live_shown = True
        runners = self.live.runners()
        series = [
            LatencySeries(
                one.key,
                one.title,
                one.look.color,
                data.warmup_ms,
                data.timed_ms,
                tuple(data.turns),
                is_valid=one.is_valid,
                dash=one.look.is_dashed,
            )
            for one in runners
            if (data := self.live.samples.get(one.key)) is not None
        ]
        self.progress.show_progress(runners)
        self.results.show_live(series)

    # Report

    def _on_looks_changed(self) -> None:
        """Colours follow the recipe's runners."""
        if self._report is not None and not self.live.is_on:
            self._draw_report()

    def _draw_report(self) -> None:
        assert self._report is not None
        self._is_live_shown = False
        self.results.show_report(self._report)
