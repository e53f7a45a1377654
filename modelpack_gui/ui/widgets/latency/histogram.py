"""Latencies as histograms over each other, with bins that all runners share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.figures import count, milliseconds, significant
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.widgets.charts.chart import line_pen, tinted
from modelpack_gui.ui.widgets.charts.plot_items import filling
from modelpack_gui.ui.widgets.charts.readout import Readout
from modelpack_gui.ui.widgets.latency.view import LINES_NOTE, LatencyView, legend_item

if TYPE_CHECKING:
    from modelpack_gui.ui.arrays.pair import Array, Floats

_BINS = 100
_LABELS = 3


class HistogramMode:
    """Bars as outlines; p50 as a line over the whole height, p95 and p99 as shorter ones."""

    def __init__(self) -> None:
        self._edges: Floats | None = None
        self._counts: dict[str, Array] = {}

    def draw(self, view: LatencyView) -> str:
        """Count, and draw."""
        import numpy as np

        bounds = view.bounds()
        low, high = view.ends(bounds)
        edges = self._edges = np.linspace(low, high, _BINS + 1)
        edges_ms = 10.0**edges if view.is_log else edges
        self._counts = {one.key: view.samples[one.key].counts(edges_ms) for one in view.shown}
        top = _rounded_top(max(float(counts.max()) for counts in self._counts.values()))
        alpha = 30 if view.is_crowded else 60
        for one in view.shown:
            counts = self._counts[one.key]
            used = np.flatnonzero(counts)  # the outline of the empty rest would be a line along the axis
            first, last = (int(used[0]), int(used[-1])) if len(used) else (0, 0)
            brush = filling(one.color, alpha, is_valid=one.is_valid)
            view.items.curve(
                (one.key, "bars"),
                edges[first : last + 2],
                counts[first : last + 1],
                view.pen(one),
                stepMode="center",
                fillLevel=0,
                brush=brush,
            )
        view.items.label("latency, ms", "runs", theme().colors.muted)
        view.items.log_axis("bottom", (low, high), is_log=view.is_log)
        view.items.ticks("left", None)
        view.items.range((low, high), (0.0, top * (1.06 if view.is_crowded else 1.24)))
        self._draw_percentiles(view)
        levels = [top * (0.06 + 0.07 * row) for row in range(len(view.shown))]
        view.draw_beyond(bounds[1], levels)
        return LINES_NOTE + view.beyond_note(bounds[1])

    def _draw_percentiles(self, view: LatencyView) -> None:
        colors = theme().colors
        step = min(0.3, (view.line_px + 6) / max(1.0, view.items.plot.getViewBox().height()))
        for row, one in enumerate(view.shown):
            for name, style, value in view.percentiles(one):
                text = {"color": colors.text, "fill": tinted(colors.raised, 200)}
                has_label = name == "p50" and not view.is_crowded
                label: dict[str, Any] = {"label": "", "labelOpts": text} if has_label else {}
                span = (0.0, 1.0) if name == "p50" else (0.0, 0.45)
                pen = line_pen(one.color, 1.5 if name == "p50" else 1.0, style)
                z = 20.0 if has_label else 10.0  # text above lines
                line = view.items.line((one.key, name), view.place(value), pen, z=z, span=span, **label)
                if has_label:
                    words = f"p50 {milliseconds(value)}"
                    if line.label.format != words:
                        line.label.setFormat(words)
                    line.label.setPosition(1.0 - (row % _LABELS + 0.6) * step)

    def describe(self, view: LatencyView, x: float, y: float) -> str:  # noqa: ARG002 (the height tells nothing)
        """The bin, and the runs of each runner in it."""
        place = self._bin(x)
        if place is None or self._edges is None:
            return ""
        ends = [view.latency(float(edge)) for edge in self._edges[place : place + 2]]
        parts = [
            f"{one.name} {int(self._counts[one.key][place])}"
            for one in view.shown
            if one.key in self._counts and self._counts[one.key][place]
        ]
        return f"{significant(ends[0], 4)} to {significant(ends[1], 4)} ms: {', '.join(parts) or 'no run'}"

    def readout(self, view: LatencyView, x: float, y: float) -> Readout | None:  # noqa: ARG002 (as above)
        """Runs in the bin, the share at or below the pointer, and the percentiles."""
        place = self._bin(x)
        if place is None:
            return None
        value = view.latency(x)
        rows = tuple(
            (
                legend_item(one),
                (
                    count(int(self._counts[one.key][place])) if one.key in self._counts else "–",
                    f"{100 * view.samples[one.key].share_within(value):.1f} %",
                    *view.percentile_cells(one),
                ),
            )
            for one in view.shown
        )
        return Readout(f"At {significant(value, 4)} ms", ("runs here", "as fast", "p50", "p95", "p99 ms"), rows)

    def _bin(self, x: float) -> int | None:
        if self._edges is None:
            return None
        place = math.floor((x - self._edges[0]) / (self._edges[1] - self._edges[0]))
        return place if 0 <= place < _BINS else None


def _rounded_top(top: float) -> float:
    """A little more than the highest bar, in steps, so that a live axis keeps still."""
    step = 10.0 ** math.floor(math.log10(max(top, 1.0))) / 4.0
    return max(1.0, math.ceil(top / step) * step)
