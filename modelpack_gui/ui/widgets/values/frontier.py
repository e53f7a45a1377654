"""The smallest tolerances with which an output passes, and where the present ones are."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtWidgets import QWidget

from modelpack_gui.core.figures import significant
from modelpack_gui.core.parity.tolerance import is_exact, smallest_atol, smallest_rtol
from modelpack_gui.core.records import OutputParity
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.charts.chart import Chart, log_ticks, tinted
from modelpack_gui.ui.widgets.number_fields import spell_tolerance

_POINTS_PER_DECADE = 24
_LOWEST = -9.0
_HIGHEST = 1.0


class FrontierChart(Chart):
    """rtol across, atol up, both on log axes: above the curve everything passes."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__("values-frontier", "Smallest tolerances that pass", settings, parent)
        self._output: OutputParity | None = None
        self._rtol = self._atol = 0.0

    def show_output(self, output: OutputParity | None, rtol: float, atol: float) -> None:
        """Draw another output, or the same one at another tolerance."""
        self._output, self._rtol, self._atol = output, rtol, atol
        self.set_empty(_why_none(output))
        self.set_note(self._needs() if output is not None and not self._empty else "")
        self.redraw()

    def _least(self, rtol: float) -> float:
        """The smallest atol that passes with an rtol."""
        found = smallest_atol(self._output, rtol) if self._output is not None else None
        return found or 0.0

    def _needs(self) -> str:
        output = self._output
        assert output is not None
        rtol = smallest_rtol(output, 0.0)
        alone = f"atol 0 needs rtol {significant(rtol)}" if rtol is not None else "with atol 0 no rtol would do"
        here = f"rtol {spell_tolerance(self._rtol)} needs atol {significant(self._least(self._rtol))}"
        return f"{here}; rtol 0 needs atol {significant(self._least(0.0))}; {alone}."

    def draw(self, pg: Any, plot: Any) -> None:
        """The curve, the area above it, and the present pair."""
        plot.clear()
        colors = theme().colors
        plot.setLabel("bottom", "rtol", color=colors.muted)
        plot.setLabel("left", "atol", color=colors.muted)
        worst = max(self._least(0.0), self._atol, 1e-12)
        top = math.ceil(math.log10(worst) + 0.5)
        bottom = min(top - 6.0, math.floor(math.log10(self._atol)) - 1.0 if self._atol else top)
        left = min(_LOWEST, math.floor(math.log10(self._rtol)) - 1.0 if self._rtol else _LOWEST)
        steps = int((_HIGHEST - left) * _POINTS_PER_DECADE) + 1
        x = [left + i * (_HIGHEST - left) / (steps - 1) for i in range(steps)]
        least = [self._least(10.0**place) for place in x]
        y = [max(bottom, math.log10(value)) if value > 0 else bottom for value in least]
        area = {"fillLevel": top, "brush": tinted(colors.passed, 40)}
        plot.addItem(pg.PlotDataItem(x, y, pen=pg.mkPen(colors.accent, width=2), **area))
        label = pg.TextItem("passes", color=colors.passed, anchor=(1, 0))
        label.setPos(_HIGHEST - 0.2, top - 0.1)
        plot.addItem(label)
        passes = self._atol >= self._least(self._rtol)
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
        least = self._least(10.0**x)
        needs = f"atol {significant(least)} or more" if least > 0 else "no atol"
        return f"rtol {significant(10.0**x)} needs {needs}"


def _why_none(output: OutputParity | None) -> str:
    if output is None:
        return "Choose an output of a case to see which tolerances it needs."
    if is_exact(output.expected.dtype):
        return "There is no tolerance for this output: its values must be equal."
    if smallest_atol(output, 0.0) is None:
        return (
            "No tolerance lets this output pass: NaN or infinities, names, shapes or dtypes are other than expected."
        )
    return "" if output.hull else "This output has no finite elements to compare."
