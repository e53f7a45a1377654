"""Latencies of the runners: as histograms, distribution functions, violins, or run by run; one colour per runner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from modelpack_gui.core.stats.latencies import carries
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.charts.data_chart import DataChart, Rows
from modelpack_gui.ui.widgets.charts.plot_items import PlotItems
from modelpack_gui.ui.widgets.charts.readout import Readout
from modelpack_gui.ui.widgets.latency.ecdf import EcdfMode
from modelpack_gui.ui.widgets.latency.histogram import HistogramMode
from modelpack_gui.ui.widgets.latency.over_time import OverTimeMode
from modelpack_gui.ui.widgets.latency.series import PERCENTILES, LatencySeries, Spread
from modelpack_gui.ui.widgets.latency.view import LatencyMode, LatencyView, legend_item
from modelpack_gui.ui.widgets.latency.violin import ViolinMode

if TYPE_CHECKING:
    from modelpack_gui.ui.arrays.samples import Samples

__all__ = ["ECDF", "HISTOGRAM", "MODES", "SERIES", "VIOLIN", "LatencyChart", "LatencySeries"]

HISTOGRAM, ECDF, VIOLIN, SERIES = "histogram", "ecdf", "violin", "series"
MODES = {HISTOGRAM: "Histogram", ECDF: "Share within", VIOLIN: "Violin", SERIES: "Over time"}
"""Titles of the modes."""
LOG_RATIO = 5.0
"""Medians that differ by more than this are drawn on a log axis unless the user says otherwise."""
TAIL_RATIO = 25.0
"""So are latencies whose largest p99 is this far from the smallest median: the bulk would be a single bar."""


class LatencyChart(DataChart):
    """Draws some LatencySeries on a shared axis in milliseconds.

    The axis ends a little beyond the largest p99: a single slow run must not squeeze the rest. What lies beyond is
    marked at its end and told in the note.

    While runs come in, only what is new is read of a series that goes on.
    """

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__("latency-chart", "Latencies of the runners", settings, parent)
        self._series: tuple[LatencySeries, ...] = ()
        self._samples: dict[str, Samples] = {}
        self._warmups: dict[str, Samples] = {}
        self._spread = Spread()
        self.mode = HISTOGRAM
        self.log_choice: bool | None = None
        self._modes: dict[str, LatencyMode] = {
            HISTOGRAM: HistogramMode(),
            ECDF: EcdfMode(),
            VIOLIN: ViolinMode(),
            SERIES: OverTimeMode(),
        }
        self._items: PlotItems | None = None
        self._view: LatencyView | None = None
        self._drawn_as: tuple[Any, ...] = ()

    @property
    def is_log(self) -> bool:
        """Whether the axis of latencies is logarithmic."""
        by_itself = self._spread.medians > LOG_RATIO or self._spread.tail > TAIL_RATIO
        return self.log_choice if self.log_choice is not None else by_itself

    def show_series(self, series: Sequence[LatencySeries], *, is_live: bool = False) -> None:
        """Draw other data; runners without a timed run are left out."""
        self._series = tuple(one for one in series if len(one.timed_ms))
        self._spread.look(self._series)
        keys = {one.key for one in self._series}
        self._samples = {key: held for key, held in self._samples.items() if key in keys}
        self._warmups = {key: held for key, held in self._warmups.items() if key in keys}
        self.show_legend([legend_item(one) for one in self._series])
        waiting = (
            "The runners are made ready and warm up: the timed runs come next."
            if is_live
            else "No runner was measured."
        )
        self.set_empty("" if self._series else waiting)
        if not self._series:
            self.set_note("")  # it is about the runs before
        self.redraw()

    def set_mode(self, mode: str) -> None:
        """Draw `histogram`, `ecdf`, `violin` or `series`."""
        self.mode = mode
        self.redraw()

    def set_log(self, choice: bool | None) -> None:
        """Log axis or not; None decides by how far the medians are apart."""
        self.log_choice = choice
        self.redraw()

    def line_places(self, runner: str) -> list[float]:
        """Where the lines p50, p95 and p99 of a runner are drawn, milliseconds; those that are not are left out."""
        if self._view is None or self._items is None:
            return []
        lines = [self._items.get((runner, name)) for _, name, _ in PERCENTILES]
        return [self._view.latency(float(line.value())) for line in lines if line is not None]

    # Drawing

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the labels anew."""
        super().resizeEvent(event)
        self.redraw()

    def fit(self, plot: Any) -> None:  # noqa: ARG002 (the items know it)
        """Keep hatches as they are."""
        if self._items is not None:
            self._items.fit_hatches()

    def restyle(self, plot: Any) -> None:
        """Draw everything anew in the other colours."""
        plot.clear()
        self._items = None
        self._drawn_as = ()

    def draw(self, pg: Any, plot: Any) -> None:
        """Update the items; make them anew when the mode or the runners changed."""
        from modelpack_gui.ui.arrays.samples import Samples

        shown = tuple(one for one in self._series if one.key not in self.hidden)
        if self._items is None:
            self._items = PlotItems(pg, plot)
        looks = tuple((one.key, one.color, one.title, one.is_valid, one.dash) for one in shown)
        carried = tuple(carries(len(one.timed_ms), share) for one in shown for share, _, _ in PERCENTILES)
        if self._drawn_as != (self.mode, self.is_log, looks, carried):
            self._items.forget()
            self._drawn_as = (self.mode, self.is_log, looks, carried)
        for one in shown:
            self._samples.setdefault(one.key, Samples()).take(one.timed_ms)
            self._warmups.setdefault(one.key, Samples()).take(one.warmup_ms)
        line_px = self.fontMetrics().height()
        self._view = LatencyView(self._items, shown, self._samples, self._warmups, self.is_log, line_px)
        if shown:
            self.set_note(self._modes[self.mode].draw(self._view))
            self._items.fit_hatches()
        else:
            self.set_note("All runners are hidden: click one above to show it.")

    # The pointer

    def describe(self, x: float) -> str:
        """What each runner has at a place of the x axis."""
        return self.describe_at(x, 0.0)

    def describe_at(self, x: float, y: float) -> str:
        """The same for a place in the plane."""
        view = self._view
        return self._modes[self.mode].describe(view, x, y) if view is not None and view.shown else ""

    def readout(self, x: float, y: float) -> Readout | None:
        """The percentiles of every runner that is shown, and what each has at the pointer."""
        view = self._view
        return self._modes[self.mode].readout(view, x, y) if view is not None and view.shown else None

    # Data

    def data(self) -> tuple[Sequence[str], Rows]:
        """Every run of every runner, hidden ones too."""
        series = [
            (one, tuple(one.warmup_ms), tuple(one.timed_ms)) for one in self._series
        ]  # copies: more may come while it is written
        return ("runner", "key", "phase", "turn", "run", "latency_ms", "outputs"), _rows(series)


def _rows(
    series: Sequence[tuple[LatencySeries, tuple[float, ...], tuple[float, ...]]],
) -> Iterator[tuple[object, ...]]:
    for one, warmup, timed in series:
        outputs = "right" if one.is_valid else "wrong"
        for run, latency in enumerate(warmup, 1):
            yield one.title, one.key, "warm-up", "", run, latency, outputs
        turn, left = 1, one.turns[0] if one.turns else 0
        for run, latency in enumerate(timed, 1):
            if one.turns and not left and turn < len(one.turns):
                turn, left = turn + 1, one.turns[turn]
            left -= 1
            yield one.title, one.key, "timed", turn if one.turns else "", run, latency, outputs
