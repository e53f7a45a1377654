"""Latencies as distribution functions: which share of the runs took no longer than this."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelpack_gui.core.figures import significant
from modelpack_gui.core.stats.latencies import carries
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.widgets.charts.chart import line_pen, tinted
from modelpack_gui.ui.widgets.charts.plot_marks import Spot
from modelpack_gui.ui.widgets.charts.readout import Readout
from modelpack_gui.ui.widgets.latency.series import PERCENTILES
from modelpack_gui.ui.widgets.latency.view import LatencyView, legend_item

if TYPE_CHECKING:
    from modelpack_gui.ui.arrays.pair import Array

_POINTS = 300
_TAIL_POINTS = 100
_TAIL = 0.95


class EcdfMode:
    """Curves, with a dot where each crosses p50, p95 and p99 as far as its sample carries them."""

    def draw(self, view: LatencyView) -> str:
        """400 points of each curve, a quarter of them in the last twentieth of the runs."""
        import numpy as np

        bounds = view.bounds()
        ends = view.ends(bounds)
        colors = theme().colors
        for share, name, _ in PERCENTILES:
            pen = line_pen(tinted(colors.muted, 150), style=PERCENTILES[1][2])
            text = {"position": 0.985, "color": colors.muted, "fill": tinted(colors.raised, 200), "movable": False}
            text["anchors"] = [(1.0, 1.0 if name == "p99" else 0.0)] * 2  # those of p95 and p99 must not meet
            view.items.line(("", name), 100.0 * share, pen, angle=0, label=name, labelOpts=text)
        heights = {name: share for share, name, _ in PERCENTILES}
        dots: list[Spot] = []
        for one in view.shown:
            samples = view.samples[one.key]
            ranks = _ranks(len(samples))
            latencies, shares = samples.ordered[ranks], (ranks + 1) * (100.0 / len(samples))
            x = np.log10(latencies) if view.is_log else latencies
            x, shares = np.concatenate([x[:1], x]), np.concatenate([[0.0], shares])
            view.items.curve((one.key, "ecdf"), x, shares, view.pen(one, 2.0))
            for name, _, value in view.percentiles(one):
                dots.append((view.place(value), 100.0 * heights[name], one.color))
        view.items.marks(("", "dots"), "disc", 7, dots, 20)
        view.items.label("latency, ms", "share of runs, %", colors.muted)
        view.items.log_axis("bottom", ends, is_log=view.is_log)
        view.items.ticks("left", [(float(share), str(share)) for share in range(0, 101, 20)])
        height = max(1.0, view.items.plot.getViewBox().height())
        room = min(0.4, (view.line_px + 8) / height)  # of the label that stands on the line of p99
        view.items.range(ends, (0.0, max(106.0, 99.0 / (1.0 - room))))
        view.draw_beyond(bounds[1], [103.0] * len(view.shown))
        return f"How many of the runs took no longer than this.{view.beyond_note(bounds[1])}"

    def describe(self, view: LatencyView, x: float, y: float) -> str:  # noqa: ARG002 (the height tells nothing)
        """The share of each runner at the pointer."""
        value = view.latency(x)
        parts = [f"{one.name} {100 * view.samples[one.key].share_within(value):.1f} %" for one in view.shown]
        return f"Within {significant(value, 4)} ms: {', '.join(parts)}"

    def readout(self, view: LatencyView, x: float, y: float) -> Readout | None:
        """The share at the pointer's latency, and the latency at the pointer's height, which is a percentile."""
        value, share = view.latency(x), min(max(y / 100.0, 0.0), 1.0)
        rows = []
        for one in view.shown:
            samples = view.samples[one.key]
            has_it = share <= 0.5 or carries(len(samples), share)
            rows.append(
                (
                    legend_item(one),
                    (
                        f"{100 * samples.share_within(value):.1f} %",
                        significant(samples.percentile(share), 4) if has_it else "–",
                    ),
                )
            )
        titles = (f"within {significant(value, 4)} ms", f"p{100 * share:.4g}, ms")
        return Readout("Share of runs · percentile", titles, tuple(rows))


def _ranks(count: int) -> Array:
    import numpy as np

    if count <= _POINTS + _TAIL_POINTS:
        return np.arange(count)
    body = np.linspace(0, _TAIL * (count - 1), _POINTS)
    tail = np.linspace(_TAIL * (count - 1), count - 1, _TAIL_POINTS)
    return np.concatenate([body, tail[1:]]).astype(np.intp)
