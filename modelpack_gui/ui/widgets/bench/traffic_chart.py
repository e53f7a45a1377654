"""Latency against throughput: how a runner does when it gets more to do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from modelpack_gui.core.figures import plural, significant
from modelpack_gui.core.records import TrafficPoint
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.charts.chart import tinted
from modelpack_gui.ui.widgets.charts.data_chart import DataChart, Rows
from modelpack_gui.ui.widgets.charts.legend import LegendItem
from modelpack_gui.ui.widgets.charts.plot_items import PlotItems
from modelpack_gui.ui.widgets.charts.plot_marks import Spot
from modelpack_gui.ui.widgets.charts.readout import Readout
from modelpack_gui.ui.widgets.latency.series import WRONG

SHARES = {"0.5": "p50", "0.9": "p90", "0.95": "p95", "0.99": "p99", "0.999": "p99.9"}
"""Names of the percentiles that a TrafficPoint may have."""
_DEFAULT = ("0.99", "0.95", "0.9", "0.5")
_REACH_PX = 14.0
_LABELS = 24
_MODES = ("closed", "open")


@dataclass(frozen=True)
class TrafficSeries:
    """One runner at some loads."""

    key: str
    title: str
    color: str
    points: tuple[TrafficPoint, ...]
    is_valid: bool = True
    dash: bool = False

    @property
    def name(self) -> str:
        """Title, and that its outputs are wrong."""
        return self.title if self.is_valid else f"{self.title} ({WRONG})"


class TrafficChart(DataChart):
    """Throughput across, a percentile of the latency up; right and below is better.

    Of a closed loop the points go with the number of callers, of an open one with the rate of arrivals; the two have
    curves of their own. The arrow keys go from point to point.
    """

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__("traffic-chart", "Latency against throughput", settings, parent)
        self._series: tuple[TrafficSeries, ...] = ()
        self.is_log = False
        self._items: PlotItems | None = None
        self._at: TrafficPoint | None = None
        self.set_empty("Nothing was measured under load yet.")

    def show_points(self, series: Sequence[TrafficSeries]) -> None:
        """Draw other data."""
        self._series = tuple(one for one in series if one.points)
        self.show_legend([LegendItem(one.key, one.name, one.color, one.dash, one.is_valid) for one in self._series])
        self.set_empty("" if self._series else "Nothing was measured under load yet.")
        self.redraw()

    def set_log(self, choice: bool) -> None:
        """Latencies on a log axis or not."""
        self.is_log = choice
        self.redraw()

    @property
    def percentile(self) -> str:
        """The share that is drawn, as text: the highest that every load carries."""
        points = [point for one in self._series for point in one.points if point.percentiles_ms]
        return next((share for share in _DEFAULT if all(share in point.percentiles_ms for point in points)), "0.5")

    @property
    def shown(self) -> tuple[TrafficSeries, ...]:
        """What is not hidden."""
        return tuple(one for one in self._series if one.key not in self.hidden)

    # Drawing

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the labels anew."""
        super().resizeEvent(event)
        self.redraw()

    def restyle(self, plot: Any) -> None:
        """Everything is drawn anew anyway."""
        plot.clear()
        self._items = None

    def draw(self, pg: Any, plot: Any) -> None:
        """Everything anew: a few points."""
        if self._items is None:
            self._items = PlotItems(pg, plot)
        self._items.forget()
        drawn = self._drawn()
        if not drawn:
            why = "All runners are hidden" if not self.shown else f"No load has runs enough for {self._name()}"
            self.set_note(f"{why}: choose another above.")
            return
        colors = theme().colors
        height = max(float(plot.getViewBox().height()), 60.0)
        room = min(0.4, 2.2 * self.fontMetrics().height() / height)  # the highest point has a number above it
        ends = self._ends([self._latency(point) for _, point in drawn], room)
        far = max(point.throughput_per_s for _, point in drawn)
        self._items.label("calls answered in a second (right is better)", f"latency {self._name()}, ms", colors.muted)
        self._items.log_axis("left", ends, is_log=self.is_log)
        self._items.range((0.0, 1.1 * far), ends)
        for one in self.shown:
            for mode in _MODES:
                self._draw_curve(
                    pg, one, [point for other, point in drawn if other is one and point.mode == mode], mode
                )
        self._draw_marks(drawn)
        if len(drawn) <= _LABELS:
            self._draw_labels(pg, plot, drawn)
        self.set_note(self._told_note(drawn))

    def _drawn(self) -> list[tuple[TrafficSeries, TrafficPoint]]:
        return [
            (one, point)
            for one in self.shown
            for point in sorted(one.points, key=lambda point: (point.rate_per_s or 0.0, point.callers))
            if point.error is None and self.percentile in point.percentiles_ms
        ]

    def _latency(self, point: TrafficPoint) -> float:
        return point.percentiles_ms[self.percentile]

    def _place(self, latency_ms: float) -> float:
        return math.log10(max(latency_ms, 1e-6)) if self.is_log else latency_ms

    def _ends(self, latencies: Sequence[float], room: float) -> tuple[float, float]:
        """Of the axis of latencies; above the highest a share of `room` is left."""
        low, high = (0.0, max(latencies)) if not self.is_log else map(self._place, (min(latencies), max(latencies)))
        low -= 0.08 if self.is_log else 0.0
        return low, low + max(high - low, 0.02 if self.is_log else 0.0) / (1.0 - room)

    def _draw_curve(self, pg: Any, one: TrafficSeries, points: Sequence[TrafficPoint], mode: str) -> None:
        assert self._items is not None
        if len(points) < 2:
            return
        x = [point.throughput_per_s for point in points]
        y = [self._place(self._latency(point)) for point in points]
        style = Qt.PenStyle.DotLine if not one.is_valid else Qt.PenStyle.DashLine if mode == "open" else None
        pen = pg.mkPen(one.color, width=2, style=style or Qt.PenStyle.SolidLine)
        self._items.curve((one.key, mode), x, y, pen, antialias=True)

    def _draw_marks(self, drawn: Sequence[tuple[TrafficSeries, TrafficPoint]]) -> None:
        """A disc for a closed loop, a ring for an open one; a triangle upwards where it did not keep up."""
        assert self._items is not None
        spots: dict[str, list[Spot]] = {"disc": [], "ring": [], "up": []}
        for one, point in drawn:
            shape = "up" if point.is_saturated else "ring" if point.mode == "open" else "disc"
            spots[shape].append((point.throughput_per_s, self._place(self._latency(point)), one.color))
        for shape, places in spots.items():
            self._items.marks(("", shape), shape, 11 if shape == "up" else 9, places, 10)

    def _draw_labels(self, pg: Any, plot: Any, drawn: Sequence[tuple[TrafficSeries, TrafficPoint]]) -> None:
        fill = tinted(theme().colors.raised, 150)
        for _, point in drawn:
            text = f"{point.callers}" if point.rate_per_s is None else f"{significant(point.rate_per_s)}/s"
            label = pg.TextItem(text, color=theme().colors.muted, anchor=(0.5, 1.25), fill=fill)
            label.setPos(point.throughput_per_s, self._place(self._latency(point)))
            plot.addItem(label, ignoreBounds=True)

    def _told_note(self, drawn: Sequence[tuple[TrafficSeries, TrafficPoint]]) -> str:
        modes = {point.mode for _, point in drawn}
        parts = []
        if "closed" in modes:
            parts.append("● as many callers as the number says, each calling again at once.")
        if "open" in modes:
            parts.append("○ calls at a fixed rate, waiting included.")
        if any(point.is_saturated for _, point in drawn):
            parts.append("▲ did not keep up.")
        all_points = [point for one in self.shown for point in one.points]
        failed = sum(point.error is not None for point in all_points)
        thin = len(all_points) - failed - len(drawn)
        if failed:
            parts.append(f"{plural(failed, 'load')} failed.")
        if thin:
            parts.append(f"{plural(thin, 'load')} with too few calls for {self._name()} not drawn.")
        return " ".join(parts)

    def _name(self) -> str:
        return SHARES.get(self.percentile, self.percentile)

    # The pointer and the keyboard

    def _nearest(self, x: float, y: float) -> tuple[TrafficSeries, TrafficPoint] | None:
        drawn = self._drawn()
        if self._canvas is None or not drawn:
            return None
        width, height = self._canvas.getPlotItem().getViewBox().viewPixelSize()

        def away(item: tuple[TrafficSeries, TrafficPoint]) -> float:
            point = item[1]
            return math.hypot((point.throughput_per_s - x) / width, (self._place(self._latency(point)) - y) / height)

        nearest = min(drawn, key=away)
        return nearest if away(nearest) <= _REACH_PX else None

    def describe(self, x: float) -> str:
        """The height matters here."""
        return self.describe_at(x, math.inf)

    def describe_at(self, x: float, y: float) -> str:
        """The load under the pointer."""
        found = self._nearest(x, y)
        return "" if found is None else self._told(*found)

    def readout(self, x: float, y: float) -> Readout | None:
        """All percentiles of the load under the pointer; of an open loop also without the waiting."""
        found = self._nearest(x, y)
        if found is None:
            return None
        one, point = found
        has_service = bool(point.service_ms)
        columns = ("", "latency, ms", "without waiting") if has_service else ("", "latency, ms")
        rows = [
            (name, significant(point.percentiles_ms[share]), *self._service(point, share))
            for share, name in SHARES.items()
            if share in point.percentiles_ms
        ]
        rows.append(("longest", significant(point.max_ms), *(("",) if has_service else ())))
        rows.append(("per second", significant(point.throughput_per_s), *(("",) if has_service else ())))
        return Readout(f"{one.name}: {_load(point)}", columns, tuple((None, row) for row in rows))

    def _service(self, point: TrafficPoint, share: str) -> tuple[str, ...]:
        return (significant(point.service_ms.get(share)),) if point.service_ms else ()

    def _told(self, one: TrafficSeries, point: TrafficPoint) -> str:
        names = ", ".join(
            f"{name} {significant(point.percentiles_ms[share])}"
            for share, name in SHARES.items()
            if share in point.percentiles_ms
        )
        kept = "; it did not keep up" if point.is_saturated else ""
        return f"{one.name}, {_load(point)}: {significant(point.throughput_per_s)} a second; {names} ms{kept}"

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right go from point to point, runner by runner."""
        drawn = self._drawn()
        if not drawn or event.key() not in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            super().keyPressEvent(event)
            return
        at = next((i for i, (_, point) in enumerate(drawn) if point is self._at), None)
        step = 1 if event.key() == Qt.Key.Key_Right else -1
        at = 0 if at is None else min(max(at + step, 0), len(drawn) - 1)
        self._at = drawn[at][1]
        self._footer.set_text(self._told(*drawn[at]))
        self.hover(self._at.throughput_per_s, self._place(self._latency(self._at)))

    # Data

    def data(self) -> tuple[Sequence[str], Rows]:
        """A row for each load of each runner."""
        titles = ("runner", "key", "mode", "callers", "rate_per_s", "completed", "throughput_per_s", "saturated")
        figures = [f"{name}_ms" for name in SHARES.values()]
        service = [f"{name}_service_ms" for name in SHARES.values()]
        rows = [
            (
                one.title,
                one.key,
                point.mode,
                point.callers,
                "" if point.rate_per_s is None else point.rate_per_s,
                point.completed,
                point.throughput_per_s,
                point.is_saturated,
                *(point.percentiles_ms.get(share, "") for share in SHARES),
                point.max_ms,
                *(point.service_ms.get(share, "") for share in SHARES),
                "" if point.error is None else point.error.message,
            )
            for one in self._series
            for point in one.points
        ]
        return (*titles, *figures, "max_ms", *service, "error"), rows


def _load(point: TrafficPoint) -> str:
    if point.rate_per_s is None:
        return plural(point.callers, "caller")
    return f"{significant(point.rate_per_s)} calls a second"
