"""Latencies as violins: a row for each runner, with its box, its median and its outliers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelpack_gui.core.figures import plural, significant
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.widgets.charts.chart import line_pen
from modelpack_gui.ui.widgets.charts.plot_items import filling
from modelpack_gui.ui.widgets.charts.plot_marks import Spot
from modelpack_gui.ui.widgets.charts.readout import Readout
from modelpack_gui.ui.widgets.latency.series import LatencySeries
from modelpack_gui.ui.widgets.latency.view import MOST_OUTLIERS, LatencyView, legend_item

if TYPE_CHECKING:
    from modelpack_gui.ui.arrays.pair import Floats

_GRID = 240
_FEWEST = 30
"""Runs below which a kernel estimate would be made up: the runs themselves are drawn."""
_HALF = 0.36
_BOX = 0.09
_TICKS = {"p95": 0.28, "p99": 0.18}
"""How far they reach."""
_NAME = 22


class ViolinMode:
    """The slowest at the bottom would change places while it is live: rows keep the order of the legend."""

    def draw(self, view: LatencyView) -> str:
        """Body, box, whiskers, marks."""
        import numpy as np

        bounds = view.bounds()
        ends = view.ends(bounds)
        grid = np.linspace(*ends, _GRID)
        levels = [float(len(view.shown) - 1 - row) for row in range(len(view.shown))]
        outliers = 0
        few: list[Spot] = []
        far: list[Spot] = []
        for one, level in zip(view.shown, levels, strict=True):
            samples = view.samples[one.key]
            if len(samples) >= _FEWEST:
                self._draw_body(view, one, level, grid)
            else:
                few += [(view.place(float(value)), level, one.color) for value in samples.ordered]
            outliers += self._draw_box(view, one, level)
            marked = samples.outliers(MOST_OUTLIERS)
            far += [(view.place(float(value)), level, one.color) for value in marked if value <= bounds[1]]
        medians = [
            (view.place(view.samples[one.key].percentile(0.5)), level, "#ffffff")
            for one, level in zip(view.shown, levels, strict=True)
        ]
        rim = theme().colors.window if theme().colors.is_dark else theme().colors.text
        view.items.marks(("", "p50"), "disc", 6, medians, 12, rim)
        view.items.marks(("", "outliers"), "cross", 5, far, 11)
        view.items.marks(("", "runs"), "disc", 5, few, 11)
        ticks = [(level, _short(one)) for one, level in zip(view.shown, levels, strict=True)]
        view.items.label("latency, ms", "", theme().colors.muted)
        view.items.ticks("left", ticks)
        view.items.log_axis("bottom", ends, is_log=view.is_log)
        view.items.range(ends, (-0.6, len(view.shown) - 0.4))
        view.draw_beyond(bounds[1], levels)
        told = f" {plural(outliers, 'outlier')} marked." if outliers else ""
        text = "Box: the middle half of the runs; white dot: p50; ticks: p95, and shorter p99."
        return f"{text}{told}{view.beyond_note(bounds[1])}"

    def _draw_body(self, view: LatencyView, one: LatencySeries, level: float, grid: Floats) -> None:
        import numpy as np

        from modelpack_gui.ui.arrays.samples import kernel_density

        samples = view.samples[one.key]
        density = kernel_density(samples, grid, is_log=view.is_log)
        used = np.flatnonzero(density > 0.002)
        part = slice(int(used[0]), int(used[-1]) + 1) if len(used) else slice(0, 1)
        x, half = grid[part], density[part] * _HALF
        outline = (
            np.concatenate([x, x[::-1], x[:1]]),
            np.concatenate([level + half, level - half[::-1], half[:1] + level]),
        )
        brush = filling(one.color, 80, is_valid=one.is_valid)
        view.items.curve((one.key, "body"), *outline, view.pen(one), fillLevel="enclosed", brush=brush)

    def _draw_box(self, view: LatencyView, one: LatencySeries, level: float) -> int:
        """Quartiles, whiskers to the last runs within the far fences, p95 and p99; gives the number of outliers."""
        import numpy as np

        samples = view.samples[one.key]
        low_fence, high_fence = samples.fences()
        first = int(np.searchsorted(samples.ordered, low_fence, "left"))
        last = int(np.searchsorted(samples.ordered, high_fence, "right")) - 1
        whiskers = [view.place(float(samples.ordered[first])), view.place(float(samples.ordered[last]))]
        quartiles = [view.place(samples.percentile(share)) for share in (0.25, 0.75)]
        left, right = quartiles
        dark = theme().colors.text
        lines = [(whiskers[0], level), (whiskers[1], level)]
        for name, _, value in view.percentiles(one):
            if name != "p50":
                lines += [(view.place(value), level - _TICKS[name]), (view.place(value), level + _TICKS[name])]
        x, y = np.array(lines).T
        pen = line_pen(dark)
        view.items.curve((one.key, "lines"), x, y, pen, connect="pairs")
        box_x = np.array([left, right, right, left, left])
        box_y = level + np.array([-_BOX, -_BOX, _BOX, _BOX, -_BOX])
        view.items.curve((one.key, "box"), box_x, box_y, pen, fillLevel="enclosed", brush=one.color)
        return len(samples) - (last - first + 1)

    def describe(self, view: LatencyView, x: float, y: float) -> str:
        """The runner whose row it is."""
        one = _at(view, y)
        if one is None:
            return ""
        names = [f"{name} {significant(value)}" for name, _, value in view.percentiles(one)]
        value = view.latency(x)
        share = 100 * view.samples[one.key].share_within(value)
        return f"{one.name}: {', '.join(names)} ms; {share:.1f} % within {significant(value, 4)} ms"

    def readout(self, view: LatencyView, x: float, y: float) -> Readout | None:  # noqa: ARG002 (all rows are told)
        """The share at the pointer, and the percentiles."""
        value = view.latency(x)
        rows = []
        for one in view.shown:
            samples = view.samples[one.key]
            low, high = samples.fences()
            far = samples.beyond(high) + round(len(samples) * samples.share_within(low))
            share = f"{100 * samples.share_within(value):.1f} %"
            rows.append((legend_item(one), (share, *view.percentile_cells(one), f"{far:,}")))
        titles = ("as fast", "p50", "p95", "p99 ms", "outliers")
        return Readout(f"At {significant(value, 4)} ms", titles, tuple(rows))


def _at(view: LatencyView, y: float) -> LatencySeries | None:
    row = len(view.shown) - 1 - round(y)
    return view.shown[row] if 0 <= row < len(view.shown) else None


def _short(one: LatencySeries) -> str:
    title = one.title if one.is_valid else f"✕ {one.title}"
    if len(title) <= _NAME:
        return title
    end = (_NAME - 1) // 2  # the end is what tells files and options apart
    return f"{title[: _NAME - 1 - end].rstrip()}…{title[-end:].lstrip()}"
