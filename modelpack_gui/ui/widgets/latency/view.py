"""What the modes of the latency chart share: the runners that are shown, their arrays, and the axis of latencies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtGui import QPen

from modelpack_gui.core.figures import milliseconds, plural, significant
from modelpack_gui.core.stats.latencies import carries
from modelpack_gui.ui.widgets.charts.chart import line_pen
from modelpack_gui.ui.widgets.charts.legend import LegendItem
from modelpack_gui.ui.widgets.charts.plot_items import PlotItems
from modelpack_gui.ui.widgets.charts.readout import Readout
from modelpack_gui.ui.widgets.latency.series import PERCENTILES, LatencySeries

if TYPE_CHECKING:
    from modelpack_gui.ui.arrays.samples import Samples

LINES_NOTE = "Lines: p50 solid, p95 dashed, p99 dotted."
MOST_OUTLIERS = 200
"""Marked of one runner; the note counts all."""


@dataclass
class LatencyView:
    """What a mode draws, and on what.

    Attributes:
        shown: Runners with at least one run that are not hidden.
        samples: Of each of them, by key.
        warmups: The same of the runs before.
        line_px: Height of a line of text.
    """

    items: PlotItems
    shown: tuple[LatencySeries, ...]
    samples: dict[str, Samples]
    warmups: dict[str, Samples]
    is_log: bool
    line_px: int

    @property
    def is_crowded(self) -> bool:
        """Whether there are so many runners that each must take less room."""
        return len(self.shown) > 4

    def place(self, latency_ms: float) -> float:
        """Where a latency is on its axis."""
        return math.log10(latency_ms) if self.is_log else latency_ms

    def latency(self, place: float) -> float:
        """Which latency is at a place of its axis."""
        return float(10.0**place) if self.is_log else place

    def bounds(self) -> tuple[float, float]:
        """Latencies that the axis spans: a little beyond the largest p99, for one slow run must not squeeze all."""
        samples = [self.samples[one.key] for one in self.shown]
        low = min(float(one.ordered[0]) for one in samples)
        high = max(max(one.percentile(0.99) for one in samples), low * 1.01)
        if self.is_log:
            step = 0.02  # rounded, so that a live axis keeps still
            return 10.0 ** (math.floor(math.log10(low / 1.08) / step) * step), 10.0 ** (
                math.ceil(math.log10(high * 1.15) / step) * step
            )
        margin = (high - low) * 0.06
        step = 10.0 ** math.floor(math.log10(high - low)) / 5.0
        return max(0.0, math.floor((low - margin) / step) * step), math.ceil((high + margin) / step) * step

    def ends(self, bounds: tuple[float, float]) -> tuple[float, float]:
        """The same in places of the axis."""
        return self.place(max(bounds[0], 1e-9)) if self.is_log else bounds[0], self.place(bounds[1])

    def pen(self, one: LatencySeries, width: float = 1.0) -> QPen:
        """Of a runner's curves."""
        return line_pen(one.color, width, one.pen_style)

    def percentiles(self, one: LatencySeries) -> list[tuple[str, Any, float]]:
        """Those that the sample carries: name, style of line, latency."""
        samples = self.samples[one.key]
        return [
            (name, style, samples.percentile(share))
            for share, name, style in PERCENTILES
            if share == 0.5 or carries(len(samples), share)
        ]

    def percentile_cells(self, one: LatencySeries) -> tuple[str, ...]:
        """p50, p95 and p99 in figures; a dash where the sample does not carry it."""
        found = {name: significant(value) for name, _, value in self.percentiles(one)}
        return tuple(found.get(name, "–") for _, name, _ in PERCENTILES)

    def beyond_note(self, high_ms: float) -> str:
        """How many runs the axis does not reach, and how far they go; empty if there are none."""
        beyond = sum(self.samples[one.key].beyond(high_ms) for one in self.shown)
        if not beyond:
            return ""
        longest = max(float(self.samples[one.key].ordered[-1]) for one in self.shown)
        return f" {plural(beyond, 'run')} beyond {milliseconds(high_ms)}, up to {milliseconds(longest)} (▸)."

    def draw_beyond(self, high_ms: float, levels: Sequence[float]) -> None:
        """A mark at the right end for each runner that has runs beyond the axis."""
        end = self.place(high_ms)
        spots = [
            (end, level, one.color)
            for one, level in zip(self.shown, levels, strict=True)
            if self.samples[one.key].beyond(high_ms)
        ]
        self.items.marks(("", "beyond"), "right", 9, spots, 30)


class LatencyMode(Protocol):
    """One way to draw latencies."""

    def draw(self, view: LatencyView) -> str:
        """Bring the items in line with the data; gives the note below the chart."""

    def describe(self, view: LatencyView, x: float, y: float) -> str:
        """What is at a place, in a sentence; empty if nothing is."""

    def readout(self, view: LatencyView, x: float, y: float) -> Readout | None:
        """The same as a table."""


def legend_item(one: LatencySeries) -> LegendItem:
    """How a runner looks in the legend."""
    note = "" if one.is_valid else "Its outputs are wrong: its speed does not count."
    return LegendItem(one.key, one.name, one.color, one.dash, one.is_valid, note)
