"""Every run in the order it was made: warm-up, rounds, outliers."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from modelpack_gui.core.figures import milliseconds, plural, significant
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.widgets.charts.chart import line_pen, mixed, tinted
from modelpack_gui.ui.widgets.charts.plot_marks import Spot
from modelpack_gui.ui.widgets.charts.readout import Readout
from modelpack_gui.ui.widgets.latency.series import LatencySeries
from modelpack_gui.ui.widgets.latency.view import LatencyView, legend_item

if TYPE_CHECKING:
    from modelpack_gui.ui.arrays.pair import Floats

_POINTS = 3000
"""Drawn of all runners together; more would be several to a pixel."""
_LONG = 600
_MOST_BANDS = 40
_MOST_MARKS = 120
"""Of outliers, of all runners together; the figures count all."""
_FAR = 3.0
"""Times the largest p99: beyond it a run is marked at the upper end, and does not squeeze the rest."""


class OverTimeMode:
    """Lines; each round of turns has a band behind it."""

    def __init__(self) -> None:
        self._bands: tuple[int, ...] = ()

    def draw(self, view: LatencyView) -> str:
        """At any number of runs the least and greatest of each pixel are drawn, so that no spike is lost."""
        import numpy as np

        from modelpack_gui.ui.arrays.samples import envelope

        samples = [view.samples[one.key] for one in view.shown]
        low = min(float(one.ordered[0]) for one in samples)
        high = self._top(view)
        ends = self._ends(view, low, high)
        buckets = max(100, _POINTS // (2 * len(view.shown)))
        start, clipped = 0, 0
        marked: list[Spot] = []
        over: list[Spot] = []
        for one in view.shown:
            warmups = view.warmups[one.key]
            warmup = warmups.in_order
            start = min(start, -len(warmup))
            if view.items.is_new((one.key, "warmup"), (warmups, warmups.changes, ends[1], view.is_log, buckets)):
                self._draw_line(view, one, "warmup", envelope(warmup, -len(warmup), buckets), ends[1])
            timed = envelope(view.samples[one.key].in_order, 0, buckets)
            self._draw_line(view, one, "timed", timed, ends[1])
            marked += self._outliers(view, one, timed)
            warm = np.flatnonzero(warmup > high) - len(warmup)
            over += [(float(run), ends[1], one.color) for run in warm]
            clipped += view.samples[one.key].beyond(high) + len(warm)
        limit = view.place(high)
        over += [(x, ends[1], color) for x, y, color in marked if y > limit]
        view.items.marks(("", "outliers"), "ring", 7, [spot for spot in marked if spot[1] <= limit], 15)
        view.items.marks(("", "over"), "up", 9, over, 16)
        end = _rounded(max(len(one) for one in samples))
        self._draw_rounds(view, end, ends)
        muted = theme().colors.muted
        view.items.line(("", "zero"), 0.0, line_pen(muted, style=Qt.PenStyle.DashLine))
        view.items.label("run (warm-up before 0)", "latency, ms", muted)
        view.items.log_axis("left", ends, is_log=view.is_log)
        view.items.ticks("bottom", None)
        view.items.range((float(start), end), ends)
        return self._note(clipped, high, has_warmup=start < 0)

    def _draw_line(
        self, view: LatencyView, one: LatencySeries, part: str, points: tuple[Floats, Floats], top: float
    ) -> None:
        import numpy as np

        x, y = points
        color = tinted(one.color, 120) if part == "warmup" else one.color
        style = one.pen_style if len(x) <= _LONG else Qt.PenStyle.SolidLine  # dashes of noise cannot be told apart
        pen = line_pen(color, style=style)
        view.items.curve((one.key, part), x, np.minimum(_places(view, y), top), pen)

    def _top(self, view: LatencyView) -> float:
        """The longest run, warm-up included; not one that is far beyond everything else."""
        samples = [view.samples[one.key] for one in view.shown]
        longest = max(float(one.ordered[-1]) for one in samples)
        longest = max(longest, *(float(view.warmups[one.key].ordered[-1:].max(initial=0.0)) for one in view.shown))
        usual = max(one.percentile(0.99) for one in samples)
        return longest if longest <= _FAR * usual else _FAR * usual

    def _ends(self, view: LatencyView, low: float, high: float) -> tuple[float, float]:
        if view.is_log:
            return math.log10(low) - 0.05, math.log10(high) + 0.08
        step = 10.0 ** math.floor(math.log10(high)) / 5.0
        return 0.0, math.ceil(high * 1.05 / step) * step

    def _outliers(self, view: LatencyView, one: LatencySeries, points: tuple[Floats, Floats]) -> list[Spot]:
        """Runs beyond the far fences, the longest if they are many: of what is drawn, which has every spike in it."""
        x, y = points
        low_fence, high_fence = view.samples[one.key].fences()
        is_far = (y > high_fence) | (y < low_fence)
        x, y = x[is_far], y[is_far]
        most = max(10, _MOST_MARKS // len(view.shown))
        if len(y) > most:
            kept = y.argsort()[-most:]
            x, y = x[kept], y[kept]
        return [(run, place, one.color) for run, place in zip(x.tolist(), _places(view, y).tolist(), strict=True)]

    def _draw_rounds(self, view: LatencyView, end: float, ends: tuple[float, float]) -> None:
        """Every second round is shaded; of very many rounds some together."""
        turns = max((one.turns for one in view.shown), key=len, default=())
        bounds = [0, *itertools.accumulate(turns)]
        each = max(1, math.ceil(len(turns) / _MOST_BANDS))
        self._bands = tuple(bounds)
        kept = [*bounds[::each], min(bounds[-1], end)] if turns else []
        stops = kept[2::2]
        starts = kept[1::2][: len(stops)]
        colors = theme().colors
        brush = mixed(colors.raised, colors.muted, 0.1)  # opaque: blending the half of a plot takes milliseconds
        data = {"x0": starts, "x1": stops, "y0": [ends[0]] * len(starts), "y1": [ends[1]] * len(starts)}
        view.items.bars(("", "rounds"), -20, **data, brush=brush, pen=None)

    def _note(self, clipped: int, high: float, *, has_warmup: bool) -> str:
        parts = ["Every run, in the order it was made."]
        if has_warmup:
            parts.append("Paler: warm-up, not counted.")
        if len(self._bands) > 2:
            each = max(1, math.ceil((len(self._bands) - 1) / _MOST_BANDS))
            parts.append("Bands: rounds of turns." if each == 1 else f"Bands: {each} rounds each.")
        parts.append("Rings: outliers.")
        if clipped:
            parts.append(f"{plural(clipped, 'run')} beyond {milliseconds(high)} at the upper end (▲).")
        return " ".join(parts)

    def describe(self, view: LatencyView, x: float, y: float) -> str:  # noqa: ARG002 (the height tells nothing)
        """That run of every runner."""
        place = round(x)
        parts = [
            f"{one.name} {significant(value, 4)}" for one in view.shown if (value := _run(one, place)) is not None
        ]
        return f"{self._name(place)}, ms: {', '.join(parts)}" if parts else ""

    def readout(self, view: LatencyView, x: float, y: float) -> Readout | None:  # noqa: ARG002 (as above)
        """That run of every runner, beside its median."""
        place = round(x)
        rows = []
        for one in view.shown:
            value = _run(one, place)
            if value is not None:
                low, high = view.samples[one.key].fences()
                mark = "outlier" if place >= 0 and not low <= value <= high else ""
                rows.append((legend_item(one), (significant(value, 4), *view.percentile_cells(one), mark)))
        if not rows:
            return None
        number = self._round(place)
        head = self._name(place) + (f", round {number}" if number else "")
        return Readout(head, ("this run", "p50", "p95", "p99 ms", ""), tuple(rows))

    def _name(self, place: int) -> str:
        return f"Run {place + 1}" if place >= 0 else f"Warm-up run {-place} before the first"

    def _round(self, place: int) -> int:
        """Counted from 1; 0 if unknown."""
        number = bisect.bisect_right(self._bands, place)
        return number if 0 < number < len(self._bands) else 0


def _places(view: LatencyView, latencies: Floats) -> Floats:
    import numpy as np

    from modelpack_gui.ui.arrays.samples import SHORTEST_MS

    return np.log10(np.maximum(latencies, SHORTEST_MS)) if view.is_log else latencies


def _rounded(runs: int) -> float:
    """A little more than there are, in steps: an axis that grows with every turn is laid out with every turn."""
    step = 10.0 ** math.floor(math.log10(max(runs, 10))) / 10.0
    return math.ceil(runs / step) * step


def _run(one: LatencySeries, place: int) -> float | None:
    values: Sequence[float] = one.timed_ms if place >= 0 else one.warmup_ms
    i = place if place >= 0 else len(values) + place
    return float(values[i]) if 0 <= i < len(values) else None
