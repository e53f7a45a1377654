"""Latencies of the runners as histogram, distribution function or time series; one colour per runner."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from modelpack_gui.core.figures import plural, significant
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.theme import theme
from modelpack_gui.ui.widgets.charts import Chart, log_ticks, tinted

HISTOGRAM, ECDF, SERIES = "histogram", "ecdf", "series"
LOG_RATIO = 5.0
"""Medians that differ by more than this are drawn on a log axis unless the user says otherwise."""
TAIL_RATIO = 25.0
"""So are latencies whose largest p99 is this far from the smallest median: the bulk would be a single bar."""

_BINS = 100
_SHORTEST_MS = 1e-6  # a clock's tick: zero has no place on a log axis
_ECDF_POINTS = 400
_PERCENTILES = (
    (0.50, "p50", Qt.PenStyle.SolidLine),
    (0.95, "p95", Qt.PenStyle.DashLine),
    (0.99, "p99", Qt.PenStyle.DotLine),
)


@dataclass(frozen=True)
class LatencySeries:
    """One runner's latencies in order, milliseconds."""

    runner: str
    title: str
    color: str
    warmup_ms: Sequence[float]
    timed_ms: Sequence[float]


class LatencyChart(Chart):
    """Draws some LatencySeries on a shared axis in milliseconds.

    The axis ends at the largest p99 plus a tenth: a single slow run must not squeeze the rest. What lies beyond is
    told in the note. The time series shows every run.
    """

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__("latency-chart", "Latencies of the runners", settings, parent)
        self._series: tuple[LatencySeries, ...] = ()
        self._spread = 1.0
        self._tail = 1.0
        self.mode = HISTOGRAM
        self.log_choice: bool | None = None
        self._edges: Any = None
        self._counts: dict[str, Any] = {}
        self._items: dict[tuple[str, str], Any] = {}
        self._drawn_as: tuple[Any, ...] = ()

    @property
    def is_log(self) -> bool:
        """Whether the axis of latencies is logarithmic."""
        by_itself = self._spread > LOG_RATIO or self._tail > TAIL_RATIO
        return self.log_choice if self.log_choice is not None else by_itself

    def show_series(self, series: Sequence[LatencySeries], *, is_live: bool = False) -> None:
        """Draw other data; runners without a timed run are left out."""
        self._series = tuple(one for one in series if len(one.timed_ms))
        self._spread = spread_of(self._series)
        self._tail = tail_of(self._series)
        waiting = "Warming up: the timed runs come next." if is_live else "No runner was measured."
        self.set_empty("" if self._series else waiting)
        self.redraw()

    def set_mode(self, mode: str) -> None:
        """Draw `histogram`, `ecdf` or `series`."""
        self.mode = mode
        self.redraw()

    def set_log(self, choice: bool | None) -> None:
        """Log axis or not; None decides by how far the medians are apart."""
        self.log_choice = choice
        self.redraw()

    def line_places(self, runner: str) -> list[float]:
        """Where the lines p50, p95 and p99 of a runner are drawn, milliseconds; empty if they are not."""
        items = [self._items.get((runner, name)) for _, name, _ in _PERCENTILES]
        places = [float(item.value()) for item in items if item is not None]
        return [10.0**place for place in places] if self.is_log else places

    # Drawing

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the labels anew."""
        super().resizeEvent(event)
        self.redraw()

    def restyle(self, plot: Any) -> None:
        """Draw everything anew in the other colours."""
        self._forget(plot)

    def draw(self, pg: Any, plot: Any) -> None:
        """Update the curves; make them anew when the mode or the runners changed."""
        import numpy as np

        # Not numpy.percentile: its first call imports numpy.ma, 35 ms on the GUI thread.
        ordered = {
            one.runner: np.sort(np.maximum(np.asarray(one.timed_ms, float), _SHORTEST_MS)) for one in self._series
        }
        shape = (self.mode, self.is_log, tuple((one.runner, one.color, one.title) for one in self._series))
        if shape != self._drawn_as:
            self._forget(plot)
            self._drawn_as = shape
            self._name_runners(plot)
        if self.mode == SERIES:
            self._draw_series(pg, plot)
            return
        low, high = self._bounds(ordered)
        beyond = sum(int((values > high).sum()) for values in ordered.values())
        places = {name: np.log10(values) if self.is_log else values for name, values in ordered.items()}
        ends = (math.log10(low), math.log10(high)) if self.is_log else (low, high)
        top = self._draw_histogram(np, pg, plot, places, ends) if self.mode == HISTOGRAM else 100.0
        if self.mode == ECDF:
            self._draw_ecdf(np, pg, plot, places)
        self._label(plot, "latency, ms", "runs" if self.mode == HISTOGRAM else "share of runs, %")
        self._set_log_ticks(plot, "bottom", ends)
        plot.setXRange(*ends)
        if self.mode == ECDF:
            plot.getAxis("left").setTicks([[(float(share), str(share)) for share in range(0, 101, 20)], []])
        plot.setYRange(0.0, top * (1.22 if self.mode == HISTOGRAM else 1.07))
        self._draw_percentiles(pg, plot, ordered)
        lines = "Lines: p50 solid, p95 dashed, p99 dotted."
        outside = f" {plural(beyond, 'run')} beyond {significant(high)} ms not drawn." if beyond else ""
        self.set_note(f"{lines}{outside}")

    def describe(self, x: float) -> str:
        """What each runner has at the pointer."""
        if self.mode == SERIES:
            return self._describe_run(round(x))
        value = 10.0**x if self.is_log else x
        parts = []
        if self.mode == HISTOGRAM and self._edges is not None:
            place = math.floor((x - self._edges[0]) / (self._edges[1] - self._edges[0]))
            if not 0 <= place < len(self._edges) - 1:
                return ""
            ends = [10.0**edge if self.is_log else edge for edge in self._edges[place : place + 2]]
            parts = [
                f"{one.title} {int(self._counts[one.runner][place])}"
                for one in self._series
                if one.runner in self._counts and self._counts[one.runner][place]
            ]
            return f"{significant(ends[0], 4)} to {significant(ends[1], 4)} ms: {', '.join(parts) or 'no run'}"
        for one in self._series:
            share = sum(latency <= value for latency in one.timed_ms) / len(one.timed_ms)
            parts.append(f"{one.title} {100 * share:.1f} %")
        return f"Within {significant(value, 4)} ms: {', '.join(parts)}"

    def _describe_run(self, place: int) -> str:
        parts = []
        for one in self._series:
            values, i = (one.timed_ms, place) if place >= 0 else (one.warmup_ms, len(one.warmup_ms) + place)
            if 0 <= i < len(values):
                parts.append(f"{one.title} {significant(values[i], 4)}")
        name = f"Run {place + 1}" if place >= 0 else f"Warm-up run {-place} before the first"
        return f"{name}, ms: {', '.join(parts)}" if parts else ""

    def _bounds(self, ordered: dict[str, Any]) -> tuple[float, float]:
        low = min(float(values[0]) for values in ordered.values())
        high = max(_percentile(values, 0.99) for values in ordered.values())
        high = max(high, low * 1.01)
        if self.is_log:
            return low / 1.08, high * 1.15
        margin = (high - low) * 0.06
        step = 10.0 ** math.floor(math.log10(high - low)) / 5.0  # rounded, so that live bins keep still
        start = math.floor((low - margin) / step) * step
        return max(0.0, start), math.ceil((high + margin) / step) * step

    def _draw_histogram(
        self, np: Any, pg: Any, plot: Any, places: dict[str, Any], ends: tuple[float, float]
    ) -> float:
        low, high = ends
        self._edges = np.linspace(low, high, _BINS + 1)
        scale = _BINS / (high - low)
        top = 1.0
        for one in self._series:
            bins = ((places[one.runner] - low) * scale).astype(np.int64)
            inside = bins[(bins >= 0) & (bins < _BINS)]
            counts = np.bincount(inside, minlength=_BINS)
            self._counts[one.runner] = counts
            top = max(top, float(counts.max()))
            fill = {"stepMode": "center", "fillLevel": 0, "brush": tinted(one.color, 70)}
            used = np.flatnonzero(counts)  # the outline of the empty rest would be a line along the axis
            first, last = int(used[0]), int(used[-1])
            bars = (self._edges[first : last + 2], counts[first : last + 1])
            self._curve(pg, plot, one, "bars", bars, **fill)
        return top

    def _draw_ecdf(self, np: Any, pg: Any, plot: Any, places: dict[str, Any]) -> None:
        for one in self._series:
            ordered = places[one.runner]
            shares = np.arange(1, len(ordered) + 1) * (100.0 / len(ordered))
            if len(ordered) > _ECDF_POINTS:
                kept = np.linspace(0, len(ordered) - 1, _ECDF_POINTS).astype(np.int64)
                ordered, shares = ordered[kept], shares[kept]
            self._curve(pg, plot, one, "ecdf", (ordered, shares), width=2)

    def _draw_series(self, pg: Any, plot: Any) -> None:
        import numpy as np

        low, high, start, end = math.inf, 0.0, 0, 1
        for one in self._series:
            warmup, timed = np.asarray(one.warmup_ms, dtype=float), np.asarray(one.timed_ms, dtype=float)
            both = np.concatenate([warmup, timed])
            low, high = max(min(low, float(both.min())), _SHORTEST_MS), max(high, float(both.max()), _SHORTEST_MS)
            start, end = min(start, -len(warmup)), max(end, len(timed))
            if self.is_log:
                warmup, timed = np.log10(np.maximum(warmup, _SHORTEST_MS)), np.log10(np.maximum(timed, _SHORTEST_MS))
            pale = tinted(one.color, 110)
            self._curve(pg, plot, one, "warmup", (np.arange(-len(warmup), 0), warmup), color=pale)
            self._curve(pg, plot, one, "timed", (np.arange(len(timed)), timed))
        self._zero_line(pg, plot)
        self._label(plot, "run (warm-up before 0)", "latency, ms")
        ends = (math.log10(low) - 0.05, math.log10(high) + 0.08) if self.is_log else (0.0, high * 1.08)
        self._set_log_ticks(plot, "left", ends)
        plot.setXRange(start, end)
        plot.setYRange(*ends)
        self.set_note("Every run, in the order it was made. Paler: warm-up, not counted.")

    def _draw_percentiles(self, pg: Any, plot: Any, ordered: dict[str, Any]) -> None:
        colors = theme().colors
        line = self.fontMetrics().height() + 6  # of text, pixels: one below the other at every height of the chart
        step = min(0.3, line / max(1.0, plot.getViewBox().height()))
        for row, one in enumerate(self._series):
            for share, name, style in _PERCENTILES:
                value = _percentile(ordered[one.runner], share)
                item = self._items.get((one.runner, name))
                if item is None:
                    pen = pg.mkPen(one.color, width=1, style=style)
                    text = {"color": colors.text, "fill": tinted(colors.raised, 200)}
                    label = {"label": "", "labelOpts": text} if name == "p50" else {}
                    item = pg.InfiniteLine(angle=90, pen=pen, **label)
                    item.setZValue(20 if label else 10)  # text above lines
                    plot.addItem(item, ignoreBounds=True)
                    self._items[(one.runner, name)] = item
                item.setPos(math.log10(value) if self.is_log else value)
                if name == "p50":
                    item.label.setFormat(f"p50 {significant(value)} ms")
                    item.label.setPosition(1.0 - (row % 3 + 0.6) * step)

    # Parts

    def _curve(self, pg: Any, plot: Any, one: LatencySeries, part: str, data: tuple[Any, Any], **style: Any) -> None:
        item = self._items.get((one.runner, part))
        if item is not None:
            item.setData(*data, **{name: value for name, value in style.items() if name == "stepMode"})
            return
        pen = pg.mkPen(style.pop("color", one.color), width=style.pop("width", 1))
        item = pg.PlotCurveItem(*data, pen=pen, **style)
        plot.addItem(item)
        self._items[(one.runner, part)] = item

    def _zero_line(self, pg: Any, plot: Any) -> None:
        if ("", "zero") not in self._items:
            item = pg.InfiniteLine(pos=0, angle=90, pen=pg.mkPen(theme().colors.muted, style=Qt.PenStyle.DashLine))
            plot.addItem(item, ignoreBounds=True)
            self._items[("", "zero")] = item

    def _name_runners(self, plot: Any) -> None:
        """Above the plot and not in it, where it would hide what it names; and so it is in every picture."""
        parts = [f'<span style="color: {one.color}">■</span> {html.escape(one.title)}' for one in self._series]
        plot.setTitle(" &nbsp; ".join(parts), color=theme().colors.text, size=f"{self.font().pointSizeF():g}pt")

    def _label(self, plot: Any, bottom: str, left: str) -> None:
        plot.setLabel("bottom", bottom, color=theme().colors.muted)
        plot.setLabel("left", left, color=theme().colors.muted)

    def _set_log_ticks(self, plot: Any, latency_side: str, ends: tuple[float, float]) -> None:
        for side in ("left", "bottom"):
            is_log = self.is_log and side == latency_side
            plot.getAxis(side).setTicks([log_ticks(*ends), []] if is_log else None)

    def _forget(self, plot: Any) -> None:
        plot.clear()
        self._items.clear()
        self._counts.clear()
        self._edges = None
        self._drawn_as = ()


def spread_of(series: Sequence[LatencySeries]) -> float:
    """Largest over smallest median; 1 for fewer than two runners."""
    medians = [sorted(one.timed_ms)[len(one.timed_ms) // 2] for one in series if len(one.timed_ms)]
    return max(medians) / min(medians) if medians and min(medians) > 0 else 1.0


def tail_of(series: Sequence[LatencySeries]) -> float:
    """Largest p99 over smallest median; 1 without runs."""
    ordered = [sorted(one.timed_ms) for one in series if len(one.timed_ms)]
    median = min((_percentile(values, 0.5) for values in ordered), default=0.0)
    return max(_percentile(values, 0.99) for values in ordered) / median if median > 0 else 1.0


def _percentile(ordered: Any, share: float) -> float:
    """As `core.stats.percentile`, of a sorted array."""
    position = share * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return float(ordered[below] + (ordered[above] - ordered[below]) * (position - below))
