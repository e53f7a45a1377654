"""The smallest tolerances with which an output passes, and where the present ones are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from PySide6.QtWidgets import QWidget

from modelpack_gui.core.figures import significant
from modelpack_gui.core.records import HullPoint
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.theme import theme
from modelpack_gui.ui.widgets.charts import Chart, log_ticks, tinted
from modelpack_gui.ui.widgets.number_fields import spell_tolerance

_POINTS_PER_DECADE = 24
_LOWEST = -9.0
_HIGHEST = 1.0


def least_atol(hull: Sequence[HullPoint], rtol: float) -> float:
    """The smallest atol with which every element passes at this rtol."""
    return max((point.abs_diff - rtol * point.abs_expected for point in hull), default=0.0)


class FrontierChart(Chart):
    """rtol across, atol up, both on log axes: above the curve everything passes."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__("values-frontier", "Smallest tolerances that pass", settings, parent)
        self._hull: tuple[HullPoint, ...] = ()
        self._rtol = self._atol = 0.0

    def show_hull(self, hull: Sequence[HullPoint], rtol: float, atol: float, why_none: str) -> None:
        """Draw another output, or the same one at another tolerance; `why_none` is said if there is no hull."""
        self._hull, self._rtol, self._atol = tuple(hull), rtol, atol
        self.set_empty("" if hull else why_none)
        if hull:
            alone = f"rtol 0 needs atol {significant(least_atol(hull, 0.0))}"
            rtols = [
                point.abs_diff / point.abs_expected if point.abs_expected else math.inf
                for point in hull
                if point.abs_diff
            ]
            other = max(rtols, default=0.0)
            also = f"atol 0 needs rtol {significant(other)}" if math.isfinite(other) else "with atol 0 none passes"
            here = least_atol(hull, rtol)
            needs = f"rtol {spell_tolerance(rtol)} needs atol {significant(max(here, 0.0))}"
            self.set_note(f"{needs}; {alone}; {also}.")
        self.redraw()

    def draw(self, pg: Any, plot: Any) -> None:
        """The curve, the area above it, and the present pair."""
        plot.clear()
        colors = theme().colors
        plot.setLabel("bottom", "rtol", color=colors.muted)
        plot.setLabel("left", "atol", color=colors.muted)
        worst = max(least_atol(self._hull, 0.0), self._atol, 1e-12)
        top = math.ceil(math.log10(worst) + 0.5)
        bottom = min(top - 6.0, math.floor(math.log10(self._atol)) - 1.0 if self._atol else top)
        left = min(_LOWEST, math.floor(math.log10(self._rtol)) - 1.0 if self._rtol else _LOWEST)
        steps = int((_HIGHEST - left) * _POINTS_PER_DECADE) + 1
        x = [left + i * (_HIGHEST - left) / (steps - 1) for i in range(steps)]
        least = [least_atol(self._hull, 10.0**place) for place in x]
        y = [max(bottom, math.log10(value)) if value > 0 else bottom for value in least]
        area = {"fillLevel": top, "brush": tinted(colors.passed, 40)}
        plot.addItem(pg.PlotDataItem(x, y, pen=pg.mkPen(colors.accent, width=2), **area))
        label = pg.TextItem("passes", color=colors.passed, anchor=(1, 0))
        label.setPos(_HIGHEST - 0.2, top - 0.1)
        plot.addItem(label)
        passes = self._atol >= least_atol(self._hull, self._rtol)
        here = (
            max(left, math.log10(self._rtol) if self._rtol else left),
            max(bottom, math.log10(self._atol) if self._atol else bottom),
        )
        point = pg.ScatterPlotItem(
            [here[0]],
            [here[1]],
            size=12,
            symbol="o" if passes else "x",
            brush=pg.mkBrush(colors.passed if passes else colors.failed),
            pen=pg.mkPen(colors.raised, width=1),
        )
        plot.addItem(point)
        plot.getAxis("bottom").setTicks([log_ticks(left, _HIGHEST, is_exponent=True), []])
        plot.getAxis("left").setTicks([log_ticks(bottom, top, is_exponent=True), []])
        plot.setXRange(left, _HIGHEST)
        plot.setYRange(bottom, top)

    def describe(self, x: float) -> str:
        """What this rtol needs."""
        least = least_atol(self._hull, 10.0**x)
        needs = f"atol {significant(least)} or more" if least > 0 else "no atol"
        return f"rtol {significant(10.0**x)} needs {needs}"
