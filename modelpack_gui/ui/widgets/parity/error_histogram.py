"""Errors on a log axis: exact agreement apart, the tolerance and the noise floor as lines."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from modelpack_gui.core.figures import count, plural, significant
from modelpack_gui.core.records import ErrorHistogram
from modelpack_gui.ui.look.colors import RUNNER_COLORS
from modelpack_gui.ui.look.theme import GRID, theme
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.charts.chart import Chart, count_ticks, log_ticks, tinted
from modelpack_gui.ui.widgets.number_fields import spell_tolerance as tolerance

_FLOOR = -0.3  # a count of 1 (log10 = 0) still has a visible bar


def pooled(histograms: Iterable[ErrorHistogram | None]) -> ErrorHistogram | None:
    """All elements of some histograms in one; None if there is none.

    Bins of another low end or width are put where their centre lies.
    """
    given = [one for one in histograms if one is not None]
    if not given:
        return None
    step = given[0].log10_step
    low = min(one.log10_low for one in given)
    high = max(one.log10_low + one.log10_step * len(one.counts) for one in given)
    counts = [0] * max(1, round((high - low) / step))
    for one in given:
        for i, number in enumerate(one.counts):
            centre = one.log10_low + (i + 0.5) * one.log10_step
            counts[min(len(counts) - 1, max(0, math.floor((centre - low) / step)))] += number
    return ErrorHistogram(low, step, tuple(counts), sum(one.zeros for one in given))


class ErrorHistogramChart(Chart):
    """Draws one ErrorHistogram. Both axes are logarithmic: a handful of wrong elements among a million shows.

    Attributes:
        zero_place: Where on the x axis the bar of exact agreement is.
    """

    def __init__(self, settings: Settings, parent: QWidget | None = None, *, is_relative: bool = False) -> None:
        name = "relative-histogram" if is_relative else "error-histogram"
        title = f"Histogram of {'relative' if is_relative else 'absolute'} errors"
        super().__init__(name, title, settings, parent)
        self._label = "|actual − expected| / |expected|" if is_relative else "|actual − expected|"
        self._limit_name = "rtol" if is_relative else "atol"
        self._data: ErrorHistogram | None = None
        self._rounding: ErrorHistogram | None = None
        self._limit = 0.0
        self._noise_floor: float | None = None
        self.zero_place = (0.0, 0.0)
        self._limit_line: Any = None
        self._decades = (0, 0)  # that the x axis has
        self._drawn: tuple[ErrorHistogram | None, ErrorHistogram | None, float | None] = (None, None, None)

    def show_errors(
        self,
        data: ErrorHistogram | None,
        limit: float,
        noise_floor: float | None,
        rounding: ErrorHistogram | None = None,
    ) -> None:
        """Draw another histogram; None says that there is none.

        Args:
            limit: The tolerance of this kind of error, drawn as a line; 0 for none.
            rounding: Eager's own errors against the exact values, drawn as an outline with the same number of bins.
        """
        self._data, self._limit, self._noise_floor, self._rounding = data, limit, noise_floor, rounding
        self.set_empty("" if data is not None else "There are no numbers to compare here.")
        if data is None:
            self.set_note("")
        else:
            total = data.zeros + sum(data.counts)
            self.set_note(f"{count(data.zeros)} of {plural(total, 'element')} agree exactly.")
        self.redraw()

    def restyle(self, plot: Any) -> None:
        """Draw everything anew in the other colours."""
        super().restyle(plot)
        self._limit_line = None

    def draw(self, pg: Any, plot: Any) -> None:
        """Bars, lines and axes anew: a histogram has a hundred bars at most. Under a slider only the limit moves."""
        if self._moved_limit(plot):
            return
        plot.clear()
        self._limit_line = None
        plot.setLabel("bottom", self._label, color=theme().colors.muted)
        plot.setLabel("left", "elements, log scale", color=theme().colors.muted)
        data = self._data
        if data is None:
            return
        limits = [math.log10(value) for value in (self._limit, self._noise_floor) if value]
        used = [i for i, number in enumerate(data.counts) if number]
        edges = [data.log10_low + i * data.log10_step for i in range(len(data.counts) + 1)]
        ends = [edges[used[0]], edges[used[-1] + 1], *limits] if used else limits or [-8.0, 0.0]
        if self._rounding is not None and self._rounding.counts:
            below = self._rounding
            ends += [below.log10_low, below.log10_low + below.log10_step * len(below.counts)]
        low, high = math.floor(min(ends) - 0.25), math.ceil(max(ends) + 0.25)
        bar = (high - low) * 0.035
        left = low - 4.0 * bar
        self.zero_place = (left + 0.8 * bar, left + 1.8 * bar)
        outline = self._rounding.counts if self._rounding is not None else ()
        top = math.log10(max(data.zeros, *data.counts, *outline, 1)) * 1.12 + 0.15
        self._add_bars(pg, plot, [edges[i] for i in used], [data.counts[i] for i in used], data.log10_step)
        if data.zeros:
            self._add_bars(pg, plot, [self.zero_place[0]], [data.zeros], bar, is_exact=True)
        plot.getAxis("left").setTicks([count_ticks(top), []])
        plot.setXRange(left, high)
        self._decades = (low, high)
        self._set_ticks(plot)
        plot.setYRange(_FLOOR, top)
        colors = theme().colors
        if self._rounding is not None:
            self._add_outline(pg, plot, self._rounding)
        if self._limit:
            limit = f"{self._limit_name} {tolerance(self._limit)}"
            self._limit_line = self._add_line(pg, plot, self._limit, limit, colors.failed, 0.93)
            self._drawn = (data, self._rounding, self._noise_floor)
        if self._noise_floor:
            floor = f"noise floor {significant(self._noise_floor)}"
            self._add_line(pg, plot, self._noise_floor, floor, colors.text, 0.80, Qt.PenStyle.DashLine)

    def fit(self, plot: Any) -> None:
        """Label as many decades as there is room for now."""
        if self._decades[0] < self._decades[1]:
            self._set_ticks(plot)

    def _set_ticks(self, plot: Any) -> None:
        """The bar of exact agreement, and the decades whose labels do not touch each other."""
        low, high = self._decades
        zero = sum(self.zero_place) / 2
        room = (
            self.fontMetrics().horizontalAdvance(f"1e{low}") + 2 * GRID
        )  # of a label and what parts it from the next
        per_decade = plot.getViewBox().width() / max(high - zero, 1.0)
        found = [
            (place, text)
            for place, text in log_ticks(low, high, is_exponent=True, most=int((high - low) * per_decade / room))
            if (place - zero) * per_decade > room * 0.6
        ]
        plot.getAxis("bottom").setTicks([[(zero, "0"), *found], []])

    def _moved_limit(self, plot: Any) -> bool:
        """Whether nothing else changed, and the line could be moved."""
        line, now = self._limit_line, (self._data, self._rounding, self._noise_floor)
        if (
            line is None
            or not self._limit
            or any(one is not other for one, other in zip(now, self._drawn, strict=True))
        ):
            return False
        place = math.log10(self._limit)
        low, high = plot.getViewBox().viewRange()[0]
        if not self.zero_place[1] < place < high or low > place:
            return False
        line.setValue(place)
        line.label.setFormat(f"{self._limit_name} {tolerance(self._limit)}")
        return True

    def describe(self, x: float) -> str:
        """Range and count of the bin under the pointer."""
        data = self._data
        if data is None:
            return ""
        if data.zeros and self.zero_place[0] <= x <= self.zero_place[1]:
            return f"Exactly equal: {plural(data.zeros, 'element')}"
        i = math.floor((x - data.log10_low) / data.log10_step)
        if not 0 <= i < len(data.counts):
            return ""
        low = data.log10_low + i * data.log10_step
        return f"{10.0**low:.2e} to {10.0 ** (low + data.log10_step):.2e}: {plural(data.counts[i], 'element')}"

    def _add_bars(
        self, pg: Any, plot: Any, left: list[float], counts: list[int], width: float, *, is_exact: bool = False
    ) -> None:
        if not counts:
            return
        colors = theme().colors
        color = colors.muted if is_exact else colors.accent if colors.is_dark else RUNNER_COLORS[0]
        tops = [math.log10(number) - _FLOOR for number in counts]
        item = pg.BarGraphItem(
            x0=left,
            width=width,
            y0=[_FLOOR] * len(tops),
            height=tops,
            brush=tinted(color, 150),
            pen=pg.mkPen(color),
        )
        plot.addItem(item)

    def _add_outline(self, pg: Any, plot: Any, data: ErrorHistogram) -> None:
        if not data.counts:
            return
        edges = [data.log10_low + i * data.log10_step for i in range(len(data.counts) + 1)]
        tops = [math.log10(number) if number else _FLOOR for number in data.counts]
        pen = pg.mkPen(theme().colors.text, width=1, style=Qt.PenStyle.DashLine)
        plot.addItem(pg.PlotDataItem(edges, tops, stepMode="center", pen=pen))

    def _add_line(
        self,
        pg: Any,
        plot: Any,
        value: float,
        text: str,
        color: str,
        height: float,
        style: Qt.PenStyle = Qt.PenStyle.SolidLine,
    ) -> Any:
        colors = theme().colors
        fill = QColor(colors.raised)
        fill.setAlpha(215)
        line = pg.InfiniteLine(
            pos=math.log10(value),
            angle=90,
            pen=pg.mkPen(color, width=1, style=style),
            label=text,
            labelOpts={"position": height, "color": color, "fill": fill, "movable": False},
        )
        plot.addItem(line, ignoreBounds=True)
        return line
