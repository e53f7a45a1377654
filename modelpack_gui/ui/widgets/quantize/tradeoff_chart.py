"""What speed costs: every choice by its speed, its error and its size, and the front that none of them beats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from modelpack_gui.core.figures import significant, size
from modelpack_gui.core.pareto import pareto_front
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.charts.chart import tinted
from modelpack_gui.ui.widgets.charts.data_chart import DataChart, Rows
from modelpack_gui.ui.widgets.charts.legend import LegendItem
from modelpack_gui.ui.widgets.charts.plot_items import filling
from modelpack_gui.ui.widgets.charts.readout import Readout
from modelpack_gui.ui.widgets.quantize.tradeoff_point import TradeoffPoint, closeness, error_text, told

_LARGEST_PX, _SMALLEST_PX = 34.0, 10.0
_REACH_PX = 10.0
_HEADROOM_DB = 12.0
_LABEL = 44
_EDGE_PX = 6.0
"""Between a point and the edge of the plot, at least."""
_UP = "signal / error, dB →"  # turned as it is, the arrow points up
_EMPTY = "Nothing was measured yet."


class TradeoffChart(DataChart):
    """Speed across, closeness up, size as the area of a point. Right and above is better.

    A click, or the arrow keys and Return, choose a point.
    """

    point_chosen = Signal(str)  # key

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__("tradeoff-chart", "Speed against error and size", settings, parent)
        self._points: tuple[TradeoffPoint, ...] = ()
        self._selected = ""
        self._top = 0.0  # where those without a difference are, dB
        self._ring: Any = None
        self.set_empty(_EMPTY)

    def show_points(self, points: Sequence[TradeoffPoint], empty: str = _EMPTY) -> None:
        """Draw other choices; `empty` is said where there are none."""
        self._points = tuple(points)
        if self._selected not in {one.key for one in self._points}:
            self._selected = ""
        self._show_legend()
        self.set_empty("" if self._points else empty)
        self.redraw()

    def select(self, key: str) -> None:
        """Mark a point as the one that is looked at; empty marks none."""
        self._selected = key
        self._place_ring()

    @property
    def shown(self) -> tuple[TradeoffPoint, ...]:
        """What is not hidden."""
        return tuple(one for one in self._points if one.key not in self.hidden)

    @property
    def front(self) -> tuple[str, ...]:
        """Keys of the front by speed and error, the slowest first; wrong ones are never in it."""
        able = [one for one in self.shown if one.is_valid]
        found = pareto_front([(one.speed.value, closeness(one)) for one in able])
        return tuple(one.key for one in sorted((able[i] for i in found), key=lambda one: one.speed.value))

    # Drawing

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the labels anew."""
        super().resizeEvent(event)
        self.redraw()

    def restyle(self, plot: Any) -> None:
        """Everything is drawn anew anyway; the reference has a colour of the theme."""
        plot.clear()
        self._ring = None
        self._show_legend()

    def _show_legend(self) -> None:
        self.show_legend(
            [
                LegendItem(
                    one.key,
                    one.name,
                    one.shade,
                    dash=one.dash,
                    is_valid=one.is_valid,
                    note="Recommended" if one.is_best else "",
                )
                for one in self._points
            ]
        )

    def draw(self, pg: Any, plot: Any) -> None:
        """Everything anew: a few items."""
        plot.clear()
        self._ring = None
        shown = self.shown
        if not shown:
            self.set_note("All choices are hidden: click one above to show it.")
            return
        colors = theme().colors
        reference = next((one.title for one in self._points if one.is_reference), "the reference")
        plot.setLabel("bottom", f"times as fast as {reference} →", color=colors.muted)
        plot.setLabel("left", "signal / error, dB →", color=colors.muted)
        self._set_axes(plot, shown)
        one = pg.InfiniteLine(pos=1.0, angle=90, pen=pg.mkPen(colors.muted, style=Qt.PenStyle.DashLine))
        plot.addItem(one, ignoreBounds=True)
        self._draw_front(pg, plot)
        biggest = max(one.size_bytes for one in shown) or 1
        useful = set(self._useful())
        for point in sorted(shown, key=lambda one: -one.size_bytes):
            self._draw_point(pg, plot, point, _diameter(point.size_bytes, biggest), is_useful=point.key in useful)
        self._draw_labels(pg, plot, biggest)
        self._ring = pg.ScatterPlotItem(symbol="o", brush=None, pen=pg.mkPen(colors.accent, width=2))
        self._ring.setZValue(20)
        plot.addItem(self._ring, ignoreBounds=True)
        self._place_ring()
        self.set_note(
            "Line: none is both faster and closer. Area: size. Bars: 95 % interval."
            " Pale: another is as good in all three."
        )

    def _set_axes(self, plot: Any, shown: Sequence[TradeoffPoint]) -> None:
        known = [one.error_db for one in shown if one.error_db is not None]
        low, high = (min(known), max(known)) if known else (0.0, 20.0)
        low = min(low, high - 10.0)
        has_exact = len(known) < len(shown)
        self._top = high + max(_HEADROOM_DB, 0.42 * (high - low))
        ceiling = self._top if has_exact else high
        step = _step((high - low) / 5)
        ticks = [(i * step, f"{i * step:g}") for i in range(math.ceil(low / step) - 1, int(high / step) + 1)]
        if has_exact:
            ticks.append((self._top, "no error"))
        plot.getAxis("left").setTicks([ticks, []])
        free = _LARGEST_PX / 2 + _EDGE_PX  # pixels above and below, so that no point is cut
        decibels = (ceiling - low) / max(plot.getViewBox().height() - 2 * free, 2 * free) * free
        plot.setYRange(low - decibels, ceiling + decibels, padding=0)
        ends = [end for one in shown for end in (one.speed.low, one.speed.high)]
        left, right = min(1.0, *ends), max(1.0, *ends)
        plot.setXRange(left - 0.1 * (right - left or 1.0), right + 0.22 * (right - left or 1.0))

    def _height(self, point: TradeoffPoint) -> float:
        return self._top if point.error_db is None else point.error_db

    def _draw_front(self, pg: Any, plot: Any) -> None:
        """A step line: the closest that there is at this speed or a higher one."""
        by_key = {one.key: one for one in self._points}
        front = [by_key[key] for key in self.front]
        if len(front) < 2:
            return
        x, y = [front[0].speed.value], [self._height(front[0])]
        for one in front[1:]:
            x += [x[-1], one.speed.value]
            y += [self._height(one), self._height(one)]
        pen = pg.mkPen(tinted(theme().colors.accent, 150), width=2)
        plot.addItem(pg.PlotCurveItem(x, y, pen=pen, antialias=True), ignoreBounds=True)

    def _draw_point(self, pg: Any, plot: Any, point: TradeoffPoint, diameter: float, *, is_useful: bool) -> None:
        y = self._height(point)
        color = point.shade
        bar = pg.PlotCurveItem([point.speed.low, point.speed.high], [y, y], pen=pg.mkPen(color, width=2))
        plot.addItem(bar, ignoreBounds=True)
        brush = filling(color, 210 if is_useful else 70, is_valid=point.is_valid)
        pen = pg.mkPen(color, width=1.5)
        if point.dash:
            brush, pen = pg.mkBrush(None), pg.mkPen(color, width=2, style=Qt.PenStyle.DashLine)
        symbol = "d" if point.is_reference else "o"
        style = {"symbol": symbol, "size": diameter, "brush": brush, "pen": pen}
        plot.addItem(pg.ScatterPlotItem(x=[point.speed.value], y=[y], antialias=True, **style), ignoreBounds=True)

    def _draw_labels(self, pg: Any, plot: Any, biggest: int) -> None:
        """Of the recommended one, the front, the reference and wrong ones, each where it hides nothing.

        The rest tell by hovering.
        """
        box = plot.getViewBox()
        width, height = box.viewPixelSize()
        (left, _), (bottom, _) = box.viewRange()
        metrics, line = self.fontMetrics(), self.fontMetrics().height()
        named, fill = set(self.front), tinted(theme().colors.raised, 170)
        circles, taken = [], []
        for one in self.shown:
            half = _diameter(one.size_bytes, biggest) / 2
            x, y = (one.speed.value - left) / width, (self._height(one) - bottom) / height
            circles.append((one, x, y, half))
            taken.append(QRectF(x - half, y - half, 2 * half, 2 * half))
            start, end = (one.speed.low - left) / width, (one.speed.high - left) / width
            taken.append(QRectF(start, y - 2, end - start, 4))
        area = QRectF(0, 0, box.width(), box.height())
        for one, x, y, half in sorted(circles, key=lambda circle: not circle[0].is_best):
            if not (one.is_best or one.key in named or one.is_reference or not one.is_valid):
                continue
            text = one.name if len(one.name) <= _LABEL else f"{one.name[: _LABEL - 1].rstrip()}…"
            wide = metrics.horizontalAdvance(text) + 8
            far_left, far_right = (one.speed.low - left) / width, (one.speed.high - left) / width
            places = (
                QRectF(max(x + half, far_right) + 2, y - line / 2, wide, line),
                QRectF(x - wide / 2, y + half + 2, wide, line),
                QRectF(x - wide / 2, y - half - 2 - line, wide, line),
                QRectF(min(x - half, far_left) - 2 - wide, y - line / 2, wide, line),
            )
            free = next(
                (
                    place
                    for place in places
                    if area.contains(place) and not any(place.intersects(other) for other in taken)
                ),
                None,
            )
            if free is None:
                continue
            taken.append(free)
            label = pg.TextItem(text, color=theme().colors.text, anchor=(0.5, 0.5), fill=fill)
            label.setPos(left + free.center().x() * width, bottom + free.center().y() * height)
            plot.addItem(label, ignoreBounds=True)

    def _useful(self) -> tuple[str, ...]:
        """Keys of what no other one beats in speed, error and size."""
        able = [one for one in self.shown if one.is_valid]
        found = pareto_front([(one.speed.value, closeness(one), -float(one.size_bytes)) for one in able])
        return tuple(able[i].key for i in found)

    def _place_ring(self) -> None:
        if self._ring is None:
            return
        point = next((one for one in self.shown if one.key == self._selected), None)
        if point is None:
            self._ring.setData(x=[], y=[])
        else:
            biggest = max(one.size_bytes for one in self.shown) or 1
            diameter = _diameter(point.size_bytes, biggest) + 8
            self._ring.setData(x=[point.speed.value], y=[self._height(point)], size=diameter)

    # Picking

    def _make_canvas(self, pg: Any) -> None:
        super()._make_canvas(pg)
        self._canvas.getPlotItem().scene().sigMouseClicked.connect(self._on_clicked)

    def _on_clicked(self, event: Any) -> None:
        box = self._canvas.getPlotItem().getViewBox()
        place = box.mapSceneToView(event.scenePos())
        point = self._nearest(place.x(), place.y())
        if event.button() == Qt.MouseButton.LeftButton and point is not None:
            self._choose(point)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right go from the slowest to the fastest; Return chooses."""
        ordered = sorted(self.shown, key=lambda one: one.speed.value)
        at = next((i for i, one in enumerate(ordered) if one.key == self._selected), None)
        if ordered and event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            step = 1 if event.key() == Qt.Key.Key_Right else -1
            at = 0 if at is None else min(max(at + step, 0), len(ordered) - 1)
            self.select(ordered[at].key)
            self._footer.set_text(told(ordered[at]))
        elif at is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(ordered[at])
        else:
            super().keyPressEvent(event)

    def _choose(self, point: TradeoffPoint) -> None:
        self.select(point.key)
        self.point_chosen.emit(point.key)

    def _nearest(self, x: float, y: float) -> TradeoffPoint | None:
        """The point under the pointer, or close to it."""
        shown = self.shown
        if self._canvas is None or not shown:
            return None
        width, height = self._canvas.getPlotItem().getViewBox().viewPixelSize()
        biggest = max(one.size_bytes for one in shown) or 1

        def away(one: TradeoffPoint) -> float:
            distance = math.hypot((one.speed.value - x) / width, (self._height(one) - y) / height)
            return distance - _diameter(one.size_bytes, biggest) / 2

        nearest = min(shown, key=away)
        return nearest if away(nearest) <= _REACH_PX else None

    def describe(self, x: float) -> str:
        """The height matters here."""
        return self.describe_at(x, self._top)

    def describe_at(self, x: float, y: float) -> str:
        """The choice under the pointer."""
        point = self._nearest(x, y)
        return "" if point is None else told(point)

    def readout(self, x: float, y: float) -> Readout | None:
        """Its figures."""
        point = self._nearest(x, y)
        if point is None:
            return None
        speed = point.speed
        sure = () if point.is_reference else (("95 %", f"{significant(speed.low)} to {significant(speed.high)}"),)
        rows = (
            ("speed", f"{significant(speed.value)}x"),
            *sure,
            ("signal over error", error_text(point)),
            ("size", size(point.size_bytes)),
        )
        return Readout(point.name, ("", ""), tuple((None, row) for row in rows))

    # Data

    def data(self) -> tuple[Sequence[str], Rows]:
        """A row for each choice."""
        front, useful = set(self.front), set(self._useful())
        titles = (
            "choice",
            "key",
            "speed",
            "speed_low",
            "speed_high",
            "signal_over_error_db",
            "size_bytes",
            "outputs",
        )
        rows = [
            (
                one.title,
                one.key,
                one.speed.value,
                one.speed.low,
                one.speed.high,
                "" if one.error_db is None else one.error_db,
                one.size_bytes,
                "right" if one.is_valid else "wrong",
                one.key in front,
                one.key in useful,
            )
            for one in self._points
        ]
        return (*titles, "on_the_front", "not_beaten_with_size"), rows


def _diameter(size_bytes: int, biggest: int) -> float:
    """Of its circle, pixels: the area goes with the size."""
    return max(_SMALLEST_PX, _LARGEST_PX * math.sqrt(size_bytes / biggest))


def _step(least: float) -> float:
    """A round step of at least so much."""
    unit = 10.0 ** math.floor(math.log10(least))
    return next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= least)
