"""The items on a plot by name, made once and then only given other data."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QTransform

from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.widgets.charts.chart import log_ticks, tinted
from modelpack_gui.ui.widgets.charts.plot_marks import EVERYWHERE, Marks, Spot

Name = tuple[str, ...]


class PlotItems:
    """What is drawn on one plot. Axes and ranges are set only when they are others: each costs a layout.

    Attributes:
        pg: pyqtgraph.
        plot: Its PlotItem.
    """

    def __init__(self, pg: Any, plot: Any) -> None:
        self.pg = pg
        self.plot = plot
        self._items: dict[Name, Any] = {}
        self._facts: dict[Name, object] = {}

    def get(self, name: Name) -> Any:
        """An item; None if it was not made."""
        return self._items.get(name)

    def forget(self) -> None:
        """Take everything off the plot."""
        self.plot.clear()
        self._items.clear()
        self._facts.clear()

    def curve(self, name: Name, x: Any, y: Any, pen: Any, **style: Any) -> Any:
        """A curve; its style is that of the first call."""
        item = self._items.get(name)
        if item is None:
            item = _curve_class(self.pg)(x, y, pen=pen, **style)
            self._add(name, item)
        else:
            item.setData(x, y, **{key: value for key, value in style.items() if key in ("stepMode", "connect")})
        return item

    def marks(self, name: Name, shape: str, size: float, spots: Sequence[Spot], z: float, rim: str = "") -> None:
        """Marks of one shape, see `plot_marks`."""
        item = self._items.get(name)
        if item is None:
            item = Marks(shape, size, rim or theme().colors.raised)
            item.setZValue(z)
            self._add(name, item)
        item.set_spots(spots)

    def line(self, name: Name, place: float, pen: Any, *, angle: int = 90, z: float = 0.0, **style: Any) -> Any:
        """A straight line across the plot; `z` says what is above what."""
        item = self._items.get(name)
        if item is None:
            item = self.pg.InfiniteLine(pos=place, angle=angle, pen=pen, **style)
            item.setZValue(z)
            self._add(name, item)
        elif float(item.value()) != place:
            item.setPos(place)
        return item

    def bars(self, name: Name, z: float, **data: Any) -> Any:
        """Rectangles of one look."""
        item = self._items.get(name)
        if item is None:
            item = self.pg.BarGraphItem(**data)
            item.setZValue(z)
            self._add(name, item)
        elif self.is_new((*name, "bars"), str(data)):
            item.setOpts(**data)
        return item

    def label(self, bottom: str, left: str, color: str) -> None:
        """Titles of the axes."""
        if self.is_new(("", "labels"), (bottom, left, color)):
            self.plot.setLabel("bottom", bottom, color=color)
            self.plot.setLabel("left", left, color=color)

    def ticks(self, side: str, ticks: list[tuple[float, str]] | None) -> None:
        """Labelled places of an axis; None leaves them to pyqtgraph."""
        if self.is_new(("", f"ticks-{side}"), None if ticks is None else tuple(ticks)):
            self.plot.getAxis(side).setTicks(None if ticks is None else [ticks, []])

    def log_axis(self, side: str, ends: tuple[float, float], *, is_log: bool) -> None:
        """Label an axis of latencies: the places of a log one are exponents of ten."""
        self.ticks(side, log_ticks(*ends) if is_log else None)

    def range(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """What the axes span."""
        if self.is_new(("", "range"), (x, y)):
            self.plot.setRange(xRange=x, yRange=y, padding=0)

    def fit_hatches(self) -> None:
        """Let hatched areas keep their pattern at every scale: Qt stretches it with the axes."""
        width, height = self.plot.getViewBox().viewPixelSize()
        for item in self._items.values():
            brush = getattr(item, "opts", {}).get("brush") if hasattr(item, "opts") else None
            if isinstance(brush, QBrush) and brush.style() == Qt.BrushStyle.BDiagPattern:
                brush.setTransform(QTransform.fromScale(width, -height))
                item.update()

    def is_new(self, name: Name, fact: object) -> bool:
        """Whether what is drawn under a name depends on another fact than when this was last asked."""
        if name in self._facts and self._facts[name] == fact:
            return False
        self._facts[name] = fact
        return True

    def _add(self, name: Name, item: Any) -> None:
        self.plot.addItem(item, ignoreBounds=True)
        self._items[name] = item


@functools.cache
def _curve_class(pg: Any) -> Any:
    """A curve whose bounds nobody asks for, as the ranges are set: pyqtgraph finds them anew for every paint."""

    class Curve(pg.PlotCurveItem):  # type: ignore[misc]
        def boundingRect(self) -> QRectF:
            """The plot cuts off what is outside."""
            return EVERYWHERE

    return Curve


def filling(color: str, alpha: int, *, is_valid: bool) -> QBrush:
    """A pale area; a hatched one for what does not count."""
    brush = QBrush(tinted(color, alpha if is_valid else min(255, 3 * alpha)))
    if not is_valid:
        brush.setStyle(Qt.BrushStyle.BDiagPattern)
    return brush
