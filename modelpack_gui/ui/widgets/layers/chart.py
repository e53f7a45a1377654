"""Error against depth: where along the network the artifact leaves the model, and whether that is more than noise."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from modelpack_gui.core.figures import significant
from modelpack_gui.core.records import LayerRow, Verdict
from modelpack_gui.ui.look.colors import RUNNER_COLORS
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.models.layer_columns import node_title
from modelpack_gui.ui.models.layer_series import (
    MEASURES,
    LevelSeries,
    LogScale,
    Measure,
    floors_of,
    level_title,
    log_scale,
    series_of,
    whole_ticks,
)
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.charts.chart import Chart, log_ticks, tinted

_LOOKS = {"off": (0, "o", "●"), "basic": (5, "d", "◆"), "extended": (2, "p", "⬟"), "all": (1, "s", "■")}
_REACH_PX = 24.0  # a click this far from a point still means it
_MANY = 400  # points; from there on they are drawn smaller, and without a line that would fill the chart


class DepthChart(Chart):
    """Draws LayerRows. The arrow keys go from value to value, a click picks the nearest; both say `row_picked`.

    The wheel zooms along the axis of depth and dragging moves it; a double click shows all of it again.
    """

    row_picked = Signal(object)  # LayerRow

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__("error-by-depth", "Error against depth", settings, parent)
        self._series: tuple[LevelSeries, ...] = ()
        self._scale = LogScale(-8.0, 0.0)
        self._points: dict[tuple[str, str], tuple[float, float, LayerRow]] = {}
        self._selected: LayerRow | None = None
        self._ring: Any = None
        self._is_zoomed = False
        self.measure: Measure = MEASURES[0]

    def show_rows(self, rows: Sequence[LayerRow], note: str = "") -> None:
        """Draw other rows."""
        self._series = series_of(rows)
        self._is_zoomed = self._is_zoomed and bool(rows)
        self.set_note(note)
        self._place_points()
        self.redraw()

    def set_measure(self, key: str) -> None:
        """Draw another measure."""
        self.measure = next(one for one in MEASURES if one.key == key)
        self._place_points()
        self.redraw()

    def select(self, row: LayerRow | None) -> None:
        """Mark a row as the one that is looked at; where the axis is zoomed, it moves to it."""
        self._selected = row
        self._place_ring()
        point = self.point_of(row) if row is not None else None
        if self._is_zoomed and point is not None:
            box = self._canvas.getPlotItem().getViewBox()
            low, high = box.viewRange()[0]
            if not low <= point[0] <= high:
                box.setXRange(point[0] - (high - low) / 2, point[0] + (high - low) / 2, padding=0)

    @property
    def series(self) -> tuple[LevelSeries, ...]:
        """What is drawn, one for each level."""
        return self._series

    def point_of(self, row: LayerRow) -> tuple[float, float] | None:
        """Where a row is drawn, in the plot's coordinates; None if it is not."""
        found = self._points.get(_key(row))
        return None if found is None else (found[0], found[1])

    def _place_points(self) -> None:
        """One that has no number is drawn only where that is a failure; there is nothing to say of strings."""
        value = self.measure.value
        rows = [row for one in self._series for row in one.rows]
        floors = [row.noise_floor for row in rows] if self.measure.has_floor else []
        self._scale = log_scale([*(value(row) for row in rows), *floors, self.measure.limit])
        self._points = {
            _key(row): (float(row.depth), self._scale.place(value(row)), row)
            for row in rows
            if value(row) is not None or row.verdict is Verdict.FAILED
        }

    # Drawing

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many labels as there is room for."""
        super().resizeEvent(event)
        self.redraw()

    def restyle(self, plot: Any) -> None:
        """Draw everything anew in the other colours."""
        plot.clear()
        self._ring = None

    def draw(self, pg: Any, plot: Any) -> None:
        """Everything anew: a few items, whatever the number of points."""
        plot.clear()
        self._ring = None
        colors = theme().colors
        places, floors = floors_of(self._series)
        limit = self.measure.limit
        plot.setLabel("bottom", "depth, in execution order", color=colors.muted)
        plot.setLabel("left", self.measure.title, color=colors.muted)
        if self.measure.has_floor:
            self._draw_floor(pg, plot, places, floors)
        if limit is not None:
            self._draw_limit(pg, plot, limit)
        for one in self._series:
            self._draw_series(pg, plot, one)
        self._fit_axes(plot, places)
        self._draw_faults(pg, plot)
        self._name_series(plot)
        self._ring = pg.ScatterPlotItem(size=15, symbol="o", brush=None, pen=pg.mkPen(colors.accent, width=2))
        self._ring.setZValue(10)
        plot.addItem(self._ring)
        self._place_ring()

    def describe(self, x: float) -> str:
        """The values at the depth under the pointer, one level after the other."""
        place = self._nearest_place(x)
        if place is None:
            return ""
        found = [row for one in self._series for row in one.rows if row.depth == place]
        first, value = found[0], self.measure.value
        errors = ", ".join(f"{level_title(row.optimization)} {significant(value(row))}" for row in found)
        floor = f", noise floor {significant(first.noise_floor)}" if first.noise_floor is not None else ""
        where = f" in {first.module_path}" if first.module_path else ""
        return f"{place}: {first.op_type} {node_title(first)}{where}: {errors}{floor}"

    def _draw_series(self, pg: Any, plot: Any, one: LevelSeries) -> None:
        import numpy as np

        drawn = [self._points[_key(row)] for row in one.rows if _key(row) in self._points]
        if not drawn:
            return
        color, symbol, _ = _look(one.level)
        x = np.array([x for x, _, _ in drawn])
        y = np.array([y for _, y, _ in drawn])
        is_bad = np.array([row.verdict is Verdict.FAILED for _, _, row in drawn])
        size = 4 if len(drawn) > _MANY else 7
        if len(drawn) <= _MANY:
            is_next = np.append(np.diff(x) == 1, False)  # no line over what is fused away
            plot.addItem(pg.PlotCurveItem(x, y, connect=is_next, pen=pg.mkPen(tinted(color, 90), width=1)))
        for chosen, brush in ((~is_bad, tinted(color, 60)), (is_bad, tinted(color, 255))):
            if chosen.any():
                dots = {"symbol": symbol, "size": size, "brush": brush, "pen": pg.mkPen(color)}
                plot.addItem(pg.ScatterPlotItem(x=x[chosen], y=y[chosen], **dots))

    def _draw_floor(self, pg: Any, plot: Any, places: list[int], floors: list[float | None]) -> None:
        import numpy as np

        if all(floor is None for floor in floors):
            return
        y = np.array([math.nan if floor is None else self._scale.place(floor) for floor in floors], float)
        pen = pg.mkPen(theme().colors.text, width=1, style=Qt.PenStyle.DashLine)
        plot.addItem(pg.PlotCurveItem(np.array(places, float), y, pen=pen, connect="finite"))

    def _draw_limit(self, pg: Any, plot: Any, limit: float) -> None:
        colors = theme().colors
        line = pg.InfiniteLine(
            pos=self._scale.place(limit),
            angle=0,
            pen=pg.mkPen(colors.text, width=1, style=Qt.PenStyle.DashLine),
            label=self.measure.limit_text,
            labelOpts={"position": 0.06, "color": colors.text, "fill": tinted(colors.raised, 215), "movable": False},
        )
        plot.addItem(line, ignoreBounds=True)

    def _draw_faults(self, pg: Any, plot: Any) -> None:
        """The first fault as a line over the whole height; its cross is the shape of the verdict."""
        color = theme().colors.failed
        faults = sorted((point for point in self._points.values() if point[2].is_fault), key=lambda point: point[:2])
        if not faults:
            return
        first, _, row = faults[0]
        plot.addItem(pg.InfiniteLine(pos=first, angle=90, pen=pg.mkPen(color, width=1.5)), ignoreBounds=True)
        cross = {"symbol": "x", "size": 16, "brush": color, "pen": pg.mkPen(theme().colors.raised, width=1)}
        plot.addItem(pg.ScatterPlotItem(x=[x for x, _, _ in faults], y=[y for _, y, _ in faults], **cross))
        is_right = first > 0.6 * max(x for x, _, _ in self._points.values())
        fill = tinted(theme().colors.raised, 215)
        label = pg.TextItem(
            f"fault: {row.op_type}", color=color, anchor=(1.06 if is_right else -0.06, 0.0), fill=fill
        )
        label.setPos(first, plot.getViewBox().viewRange()[1][1])
        plot.addItem(label, ignoreBounds=True)

    def _make_canvas(self, pg: Any) -> None:
        super()._make_canvas(pg)
        plot = self._canvas.getPlotItem()
        plot.setMouseEnabled(True, False)
        plot.getAxis("left").setStyle(hideOverlappingLabels=False)  # zeros are at the very end
        plot.scene().sigMouseClicked.connect(self._on_clicked)
        box = plot.getViewBox()
        box.sigXRangeChanged.connect(lambda _box, ends: plot.getAxis("bottom").setTicks([whole_ticks(*ends), []]))
        box.sigRangeChangedManually.connect(self._on_zoomed)

    def _on_zoomed(self) -> None:
        self._is_zoomed = True

    def _fit_axes(self, plot: Any, places: list[int]) -> None:
        scale = self._scale
        low, high = (places[0], places[-1]) if places else (0, 1)
        margin = max(0.02 * (high - low), 0.6)
        shown = {y for _, y, _ in self._points.values()}
        bottom, top, line = self._ends(plot, shown)
        ends = [(place, text) for place, text in ((scale.zero, "0"), (scale.nan, "NaN")) if place in shown]
        ticks = _thinned(log_ticks(scale.low, scale.high, is_exponent=True), (scale.high - scale.low) / line)
        ticks = [tick for tick in ticks if all(abs(tick[0] - place) >= line for place, _ in ends)]
        plot.getAxis("left").setTicks([[*ticks, *ends], []])
        plot.setYRange(bottom, top)
        plot.getViewBox().setLimits(xMin=low - margin, xMax=high + margin, minXRange=4.0)
        if not self._is_zoomed:
            plot.setXRange(low - margin, high + margin)

    def _ends(self, plot: Any, shown: set[float]) -> tuple[float, float, float]:
        """Both ends of the y axis, and how much of it a line of text takes.

        A label is drawn only where all of it has room, and above a fault its name is written.
        """
        scale = self._scale
        low = scale.zero if scale.zero in shown else scale.low
        high = scale.nan if scale.nan in shown else scale.high
        line = float(self.fontMetrics().height())
        below = 0.7 * line
        above = 1.6 * line if any(row.is_fault for _, _, row in self._points.values()) else below
        unit = (high - low) / max(float(plot.getViewBox().height()) - below - above, line)
        return low - below * unit, high + above * unit, 1.3 * line * unit

    def _name_series(self, plot: Any) -> None:
        """Above the plot and not in it, where it would hide what it names; and so it is in every picture."""
        parts = []
        for one in self._series:
            color, _, sign = _look(one.level)
            parts.append(f'<span style="color: {color}">{sign}</span> {html.escape(level_title(one.level))}')
        if self.measure.has_floor and any(row.noise_floor is not None for one in self._series for row in one.rows):
            parts.append("┄ noise floor")
        if any(row.verdict is Verdict.FAILED for _, _, row in self._points.values()):
            parts.append("filled: beyond the tolerance")
        plot.setTitle(" &nbsp; ".join(parts), color=theme().colors.text, size=f"{self.font().pointSizeF():g}pt")

    def _place_ring(self) -> None:
        if self._ring is not None:
            point = self.point_of(self._selected) if self._selected is not None else None
            self._ring.setData(*(([point[0]], [point[1]]) if point is not None else ([], [])))

    # Picking

    def _nearest_place(self, x: float) -> int | None:
        depths = (row.depth for one in self._series for row in one.rows)
        return min(depths, key=lambda depth: abs(depth - x), default=None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The wheel zooms only while the chart has the focus: scrolling past must not."""
        if event.type() == QEvent.Type.Wheel and not self.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def _on_clicked(self, event: Any) -> None:
        """The nearest point; a double click shows the whole axis again."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if event.double():
            self._is_zoomed = False
            self.redraw()
            return
        box = self._canvas.getPlotItem().getViewBox()
        clicked = box.mapSceneToView(event.scenePos())
        width, height = box.viewPixelSize()
        nearest = min(
            self._points.values(),
            key=lambda point: math.hypot((point[0] - clicked.x()) / width, (point[1] - clicked.y()) / height),
            default=None,
        )
        if nearest is not None and abs(nearest[0] - clicked.x()) / width <= _REACH_PX:
            self._choose(nearest[2])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right go along the level of the selected value; up and down change the level."""
        if not self._move(event.key()):
            super().keyPressEvent(event)

    def _move(self, key: int) -> bool:
        if not self._series:
            return False
        level, at = self._position()
        one = self._series[level]
        keys = Qt.Key
        if key in (keys.Key_Left, keys.Key_Right):
            at += 1 if key == keys.Key_Right else -1
        elif key in (keys.Key_Home, keys.Key_End):
            at = 0 if key == keys.Key_Home else len(one.rows) - 1
        elif key in (keys.Key_Up, keys.Key_Down):
            level = min(max(level + (1 if key == keys.Key_Up else -1), 0), len(self._series) - 1)
            depth, one = one.rows[at].depth, self._series[level]
            at = min(range(len(one.rows)), key=lambda i: abs(one.rows[i].depth - depth))
        else:
            return False
        self._choose(one.rows[min(max(at, 0), len(one.rows) - 1)])
        return True

    def _position(self) -> tuple[int, int]:
        if self._selected is not None:
            for level, one in enumerate(self._series):
                for at, row in enumerate(one.rows):
                    if _key(row) == _key(self._selected):
                        return level, at
        return 0, 0

    def _choose(self, row: LayerRow) -> None:
        self.select(row)
        self.row_picked.emit(row)


def _key(row: LayerRow) -> tuple[str, str]:
    return row.value, row.optimization


def _thinned(ticks: list[tuple[float, str]], room: float) -> list[tuple[float, str]]:
    """As many as there is room for: whole decades first."""
    if len(ticks) > room:
        ticks = [(place, text) for place, text in ticks if place == round(place)]
    return ticks[:: max(1, math.ceil(len(ticks) / max(room, 2.0)))]


def _look(level: str) -> tuple[str, str, str]:
    """Colour, symbol, and that symbol as a letter."""
    color, symbol, sign = _LOOKS.get(level, (3, "t", "▼"))
    if color == 0 and theme().colors.is_dark:
        color = 5  # the lighter blue: the other one has too little contrast there
    return RUNNER_COLORS[color], symbol, sign
