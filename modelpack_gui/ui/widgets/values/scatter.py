"""Expected against actual, all elements as a density, the worst ones as points of their own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from modelpack_gui.core.figures import plural, significant
from modelpack_gui.ui.background import Check
from modelpack_gui.ui.look.colors import VIRIDIS
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.models.value_text import element_text
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.state.values_source import ValuesSource
from modelpack_gui.ui.widgets.charts.chart import Chart, tinted
from modelpack_gui.ui.widgets.values.colors import lookup

if TYPE_CHECKING:
    from modelpack_gui.ui.arrays.density import Density
    from modelpack_gui.ui.arrays.pair import Values
    from modelpack_gui.ui.arrays.worst import Element

_EXTREMES = 200
_ALWAYS = 10
"""Of the worst by each measure, though they be within the tolerance."""
_BAND_POINTS = 256
_FEW = 20_000
_DELAY_MS = 60
_LEAST_ZOOM = 1e-6
"""Of the whole range: beyond it the axes' own numbers run out of digits."""


class ValuesScatter(Chart):
    """Counts on a grid of a few pixels, in viridis by their logarithm, with the band that is tolerated.

    What is zoomed into is counted anew, on a grid as fine as before. Elements that are beyond the tolerance, and the
    worst ones by absolute error, are drawn as points whatever the grid.
    """

    def __init__(self, source: ValuesSource, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__("values-scatter", "Expected against actual", settings, parent)
        self._source = source
        self._is_difference = False
        self._whole: Density | None = None
        self._density: Density | None = None
        self._extremes: tuple[Element, ...] = ()
        self._shown: Values | None = None
        self._items: dict[str, Any] = {}
        self._is_asked = False
        self._zoom_timer = QTimer(self, singleShot=True, interval=_DELAY_MS)
        self._zoom_timer.timeout.connect(self._ask_zoomed)
        source.tolerance_changed.connect(self._on_tolerance_changed)

    def set_difference(self, *, is_difference: bool) -> None:
        """Draw actual − expected up, or actual."""
        if is_difference != self._is_difference:
            self._is_difference = is_difference
            self._ask()

    @property
    def is_counted(self) -> bool:
        """Whether the elements of the present values were counted."""
        return self._whole is not None

    @property
    def shown_range(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """What the counts that are drawn span, across and up; None before there are any."""
        return None if self._density is None else (self._density.x, self._density.y)

    def refresh(self) -> None:
        """Another output."""
        values = self._source.values
        if values is not self._shown:
            self._shown = values
            self._whole = self._density = None
            self._extremes = ()
        if values is None or values.mismatch or values.is_text:
            return
        self.set_empty("" if values.size else "There are no elements to draw.")
        if self._whole is None and values.size:
            self._ask()

    def reset_view(self) -> None:
        """Show all elements."""
        self._zoom_timer.stop()
        if self._whole is not None:
            self._density = self._whole
            self._set_range()
            self.redraw()

    # Asking

    def _ask(self) -> None:
        if not self.isVisible():
            self._is_asked = True
            return
        self._is_asked = False
        is_difference, bins, facts = self._is_difference, self._bins(), self._source.facts
        assert facts is not None

        def work(values: Values, check: Check) -> Density:
            from modelpack_gui.ui.arrays.density import density, plane_of

            x, y = plane_of(facts, is_difference=is_difference)
            return density(values, bins, x, y, is_difference=is_difference, check=check)

        def answered(result: Density) -> None:
            self._whole = self._density = result
            self._tell()
            self._set_range()
            self.redraw()
            if not self._extremes:
                self._ask_extremes()

        self._source.ask("scatter", work, answered)

    def _ask_extremes(self) -> None:
        """After the density: the picture need not wait for them."""
        rtol, atol = self._source.rtol, self._source.atol

        def work(values: Values, check: Check) -> tuple[Element, ...]:
            from modelpack_gui.ui.arrays.worst import Measure, worst

            by = (Measure.BUDGET, Measure.ABSOLUTE)
            ranked = [worst(values, _EXTREMES, measure, rtol, atol, check) for measure in by]
            first = [one for some in ranked for one in some[:_ALWAYS]]
            rest = [one for some in ranked for one in some[_ALWAYS:]]
            return tuple({one.place: one for one in [*first, *rest]}.values())

        def answered(result: tuple[Element, ...]) -> None:
            self._extremes = result
            self.redraw()

        self._source.ask("scatter-extremes", work, answered)

    def _ask_zoomed(self) -> None:
        if self._canvas is None or self._whole is None or not self.isVisible() or self._source.values is None:
            return
        x, y = self._view_range()
        is_difference, bins = self._is_difference, self._bins()

        def work(values: Values, check: Check) -> Density:
            from modelpack_gui.ui.arrays.density import density

            return density(values, bins, x, y, is_difference=is_difference, check=check)

        def answered(result: Density) -> None:
            if (x, y) == self._view_range():  # else it was zoomed out of since
                self._density = result
                self.redraw()

        self._source.ask("scatter-zoomed", work, answered)

    def _bins(self) -> tuple[int, int]:
        """Two pixels each, four where there are few elements: single ones can be seen."""
        size = 4 if self._source.values is not None and self._source.values.size < _FEW else 2
        return max(32, self.width() // size), max(32, self.height() // size)

    def _on_tolerance_changed(self) -> None:
        if self._whole is not None:
            self.redraw()

    def _tell(self) -> None:
        density = self._whole
        assert density is not None
        total = f"{plural(density.inside, 'element')}"
        odd = f"; {density.left_out:,} are NaN or infinite and not drawn" if density.left_out else ""
        self.set_note(f"{total}{odd}. Colour: elements per spot, log scale. Wheel zooms, double click shows all.")

    # Drawing

    def draw(self, pg: Any, plot: Any) -> None:
        """Move the few items to where they belong."""
        density = self._density
        if density is None:
            return
        if not self._items:
            self._make_items(pg, plot)
        colors = theme().colors
        plot.setLabel("bottom", "expected", color=colors.muted)
        plot.setLabel("left", "actual − expected" if self._is_difference else "actual", color=colors.muted)
        self._draw_counts(density)
        self._draw_band(density)
        self._draw_extremes(pg)

    def describe_at(self, x: float, y: float) -> str:
        """The nearest extreme, or the count of the spot."""
        density = self._density
        if density is None:
            return ""
        near = self._near(x, y)
        if near is not None:
            return element_text(near)
        rows, columns = density.counts.shape
        column = math.floor((x - density.x[0]) / (density.x[1] - density.x[0]) * columns)
        row = math.floor((y - density.y[0]) / (density.y[1] - density.y[0]) * rows)
        if not (0 <= row < rows and 0 <= column < columns):
            return ""
        number = plural(int(density.counts[row, column]), "element")
        return (
            f"expected {significant(x, 4)}, {'difference' if self._is_difference else 'actual'} "
            f"{significant(y, 4)}: {number}"
        )

    def describe(self, x: float) -> str:  # noqa: ARG002 (one place says nothing)
        """Nothing: here the height counts."""
        return ""

    def restyle(self, plot: Any) -> None:
        """Draw everything anew."""
        plot.clear()
        self._items = {}

    def _make_items(self, pg: Any, plot: Any) -> None:
        colors = theme().colors
        self._items["counts"] = image = pg.ImageItem(axisOrder="row-major")
        plot.addItem(image)
        dash = pg.mkPen(colors.failed, width=1, style=Qt.PenStyle.DashLine)
        for name, pen in (("line", pg.mkPen(colors.muted, width=1)), ("upper", dash), ("lower", dash)):
            self._items[name] = item = pg.PlotCurveItem(pen=pen)
            plot.addItem(item, ignoreBounds=True)
        self._items["points"] = points = pg.ScatterPlotItem(size=7, pxMode=True)
        plot.addItem(points, ignoreBounds=True)
        plot.setMouseEnabled(True, True)
        box = plot.getViewBox()
        box.setMouseMode(box.PanMode)
        box.sigRangeChangedManually.connect(lambda *_: self._zoom_timer.start())
        self._set_range()

    def _draw_counts(self, density: Density) -> None:
        import numpy as np

        table = lookup(VIRIDIS)
        # Neither its darkest colours on a dark background, nor its lightest on a light one.
        ends = (0.25, 1.0) if theme().colors.is_dark else (0.0, 0.92)
        table = table[int(ends[0] * len(table)) : int(ends[1] * len(table))]
        top = math.log(max(2, int(density.counts.max(initial=0))))
        steps = (np.log(np.maximum(density.counts, 1)) / top * (len(table) - 1)).astype(np.intp)
        pixels = table[steps]
        pixels[density.counts == 0] = 0  # nothing there: the background
        image = self._items["counts"]
        image.setImage(
            pixels.view(np.uint8).reshape(*pixels.shape, 4)[..., [2, 1, 0, 3]], levels=None, autoLevels=False
        )
        (left, right), (bottom, top_y) = density.x, density.y
        image.setRect(QRectF(left, bottom, right - left, top_y - bottom))

    def _draw_band(self, density: Density) -> None:
        import numpy as np

        x = np.linspace(*density.x, _BAND_POINTS)
        if density.x[0] < 0 < density.x[1]:
            x = np.sort(np.append(x, 0.0))  # where the band has its waist
        middle = np.zeros_like(x) if self._is_difference else x
        values = self._source.values
        is_exact = values is not None and values.is_exact
        reach = 0.0 if is_exact else self._source.atol + self._source.rtol * np.abs(x)
        self._items["line"].setData(x, middle)
        for name, sign in (("upper", 1.0), ("lower", -1.0)):
            self._items[name].setVisible(not is_exact)
            self._items[name].setData(x, middle + sign * reach)

    def _draw_extremes(self, pg: Any) -> None:
        colors = theme().colors
        beyond, within = pg.mkBrush(tinted(colors.failed, 220)), pg.mkBrush(tinted(colors.muted, 160))
        pen = pg.mkPen(colors.raised, width=1)
        points = [
            {"pos": place, "brush": beyond if self._is_beyond(one) else within, "pen": pen}
            for number, one in enumerate(self._extremes)
            if (place := self._place(one)) is not None and (number < 2 * _ALWAYS or self._is_beyond(one))
        ]
        self._items["points"].setData(points)

    def _is_beyond(self, one: Element) -> bool:
        values = self._source.values
        if values is not None and values.is_exact:
            return one.abs_diff > 0
        limit: float = self._source.atol + self._source.rtol * abs(one.expected)
        return one.abs_diff > limit

    def _place(self, one: Element) -> tuple[float, float] | None:
        x, y = (abs(v) if isinstance(v, complex) else float(v) for v in (one.expected, one.actual))
        if not (math.isfinite(x) and math.isfinite(y)):
            return None
        return x, y - x if self._is_difference else y

    def _near(self, x: float, y: float) -> Element | None:
        (left, right), (bottom, top) = self._view_range()
        wide, high = (right - left) / max(1, self.width()), (top - bottom) / max(1, self.height())
        for one in self._extremes:
            place = self._place(one)
            if place is not None and abs(place[0] - x) < 5 * wide and abs(place[1] - y) < 5 * high:
                return one
        return None

    # The part in view

    def _view_range(self) -> tuple[tuple[float, float], tuple[float, float]]:
        x, y = self._canvas.getPlotItem().getViewBox().viewRange()
        return (float(x[0]), float(x[1])), (float(y[0]), float(y[1]))

    def _set_range(self) -> None:
        if self._canvas is None or self._whole is None:
            return
        box = self._canvas.getPlotItem().getViewBox()
        (left, right), (bottom, top) = self._whole.x, self._whole.y
        box.setLimits(
            xMin=left,
            xMax=right,
            yMin=bottom,
            yMax=top,
            minXRange=(right - left) * _LEAST_ZOOM,
            minYRange=(top - bottom) * _LEAST_ZOOM,
        )
        box.setRange(xRange=(left, right), yRange=(bottom, top), padding=0.0)

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for what was not needed while it was hidden."""
        super().showEvent(event)
        if self._is_asked and self._source.values is not None:
            self._ask()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The wheel zooms once the plot was clicked into; a double click shows all."""
        if event.type() == QEvent.Type.Wheel and not self.hasFocus():
            event.ignore()
            return True
        if event.type() == QEvent.Type.MouseButtonDblClick and isinstance(event, QMouseEvent):
            self.reset_view()
            return True
        return super().eventFilter(watched, event)
