"""Batch size against threads as a heat map: one panel for each runner, one colour scale for all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeyEvent, QLinearGradient, QPainter, QPainterPath, QPen, QResizeEvent
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from modelpack_gui.core import sweep
from modelpack_gui.core.figures import interval, milliseconds, plural, significant
from modelpack_gui.core.records import SweepCell
from modelpack_gui.ui.look.color_scale import readable_on, viridis
from modelpack_gui.ui.look.colors import VIRIDIS
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.charts.data_chart import DataChart, Rows
from modelpack_gui.ui.widgets.charts.readout import Readout
from modelpack_gui.ui.widgets.sweep.map_layout import MapLayout, Panel, laid_out

MEASURES = {"p50_ms": "Latency p50, ms", "throughput": "Items in a second"}
"""Titles of what may be drawn."""
_STATES = {"waiting": "", "running": "…", "failed": "✕", "crashed": "✕", "timed_out": "✕", "cancelled": "–"}


class BatchThreadMap(DataChart):
    """Draws SweepCells. Brighter is better; the best cell has a frame. A click or Return chooses a cell."""

    cell_chosen = Signal(object)  # SweepCell

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__("batch-thread-map", "Batch size against threads", settings, parent)
        self._cells: tuple[SweepCell, ...] = ()
        self.measure = "p50_ms"
        self.layout_now = MapLayout((), QRectF())
        self._at: SweepCell | None = None
        self._drawing: _Drawing | None = None
        self.set_empty("Nothing was swept yet.")

    def show_cells(self, cells: Sequence[SweepCell], measure: str = "p50_ms") -> None:
        """Draw other cells, or another measure: `p50_ms` or `throughput`."""
        self._cells, self.measure = tuple(cells), measure
        choice = self._at.choice if self._at is not None else None
        self._at = next((cell for cell in self._cells if cell.choice == choice), None)
        self.set_empty("" if self._cells else "Nothing was swept yet.")
        self.redraw()

    @property
    def cells(self) -> tuple[SweepCell, ...]:
        """What is drawn."""
        return self._cells

    def value(self, cell: SweepCell) -> float | None:
        """The number of a cell; None without one."""
        if cell.summary is None:
            return None
        if self.measure == "p50_ms":
            return cell.summary.p50_ms.value
        return None if cell.throughput_per_s is None else cell.throughput_per_s.value

    @property
    def best(self) -> SweepCell | None:
        """The best of those whose outputs are right."""
        able = [cell for cell in self._cells if self.value(cell) is not None and is_right(cell)]
        if not able:
            return None
        pick = min if self.measure == "p50_ms" else max
        return pick(able, key=lambda cell: self.value(cell) or 0.0)

    def ends(self) -> tuple[float, float]:
        """The smallest and the largest number; 1 and 1 without any."""
        values = [value for cell in self._cells if (value := self.value(cell)) is not None and value > 0]
        return (min(values), max(values)) if values else (1.0, 1.0)

    def color(self, cell: SweepCell) -> QColor | None:
        """Of a cell with a number: by its logarithm, the best is the brightest."""
        value = self.value(cell)
        if value is None or value <= 0:
            return None
        low, high = self.ends()
        place = math.log(value / low) / math.log(high / low) if high > low else 1.0
        return viridis(1.0 - place if self.measure == "p50_ms" and high > low else place)

    # Drawing: in pixels, in a plot without axes

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out anew."""
        super().resizeEvent(event)
        self.redraw()

    def fit(self, plot: Any) -> None:  # noqa: ARG002 (one unit is a pixel)
        """Lay out anew."""
        self.redraw()

    def restyle(self, plot: Any) -> None:
        """No axes, no grid."""
        for side in ("left", "bottom"):
            plot.hideAxis(side)
        plot.getViewBox().invertY(True)

    def draw(self, pg: Any, plot: Any) -> None:  # noqa: ARG002 (one item of Qt's own draws all)
        """Lay the panels out."""
        box = plot.getViewBox()
        if self._drawing is None:
            self._drawing = _Drawing(self)
            plot.addItem(self._drawing, ignoreBounds=True)
        size = box.rect().size()
        plot.setRange(xRange=(0.0, size.width()), yRange=(0.0, size.height()), padding=0)
        self.layout_now = laid_out(self._cells, size, self.fontMetrics())
        self._drawing.update()
        self.set_note(self._told_note())

    def _told_note(self) -> str:
        best = self.best
        wrong = sum(not is_right(cell) for cell in self._cells)
        lost = sum(cell.outcome in ("failed", "crashed", "timed_out") for cell in self._cells)
        parts = []
        if best is not None:
            parts.append(f"Best: {self._told(best)}.")
        if wrong:
            parts.append(f"Hatched: wrong outputs, which do not count ({plural(wrong, 'cell')}).")
        if lost:
            parts.append(f"✕: {plural(lost, 'cell')} gave no figure.")
        if self.layout_now.left_out:
            parts.append(f"{plural(self.layout_now.left_out, 'panel')} not drawn: there is no room.")
        return " ".join(parts)

    # The pointer and the keyboard

    def _make_canvas(self, pg: Any) -> None:
        super()._make_canvas(pg)
        self._canvas.getPlotItem().scene().sigMouseClicked.connect(self._on_clicked)

    def _on_clicked(self, event: Any) -> None:
        place = self._canvas.getPlotItem().getViewBox().mapSceneToView(event.scenePos())
        cell = self.layout_now.cell_at(place.x(), place.y())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self._choose(cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrow keys go from cell to cell; Return chooses."""
        steps = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        step = steps.get(Qt.Key(event.key()))
        if step is not None and self.layout_now.panels:
            self._select(self.layout_now.neighbour(self._at, *step))
        elif self._at is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self._at)
        else:
            super().keyPressEvent(event)

    @property
    def selected(self) -> SweepCell | None:
        """The cell that is looked at."""
        return self._at

    def _select(self, cell: SweepCell | None) -> None:
        self._at = cell
        if cell is not None:
            self._footer.set_text(self._told(cell))
        if self._drawing is not None:
            self._drawing.update()

    def _choose(self, cell: SweepCell) -> None:
        self._select(cell)
        self.cell_chosen.emit(cell)

    def describe(self, x: float) -> str:  # noqa: ARG002 (the plane is told, not the axis)
        """Only places in the plane have cells."""
        return ""

    def describe_at(self, x: float, y: float) -> str:
        """The cell under the pointer."""
        cell = self.layout_now.cell_at(x, y)
        return "" if cell is None else self._told(cell)

    def readout(self, x: float, y: float) -> Readout | None:
        """All of a cell's figures."""
        cell = self.layout_now.cell_at(x, y)
        if cell is None:
            return None
        rows = [("threads", str(cell.choice.threads)), ("batch size", sweep.batch_text(cell.choice.batch_size))]
        if cell.summary is not None:
            rows += [
                ("p50, ms", interval(cell.summary.p50_ms)),
                ("items a second", interval(cell.throughput_per_s)),
                ("runs", f"{cell.summary.count:,}"),
            ]
        if cell.outcome != "measured":
            rows.append(("", sweep.OUTCOME_WORDS[cell.outcome]))
        if not is_right(cell):
            rows.append(("outputs", "wrong"))
        return Readout(cell.title, ("", ""), tuple((None, row) for row in rows))

    def _told(self, cell: SweepCell) -> str:
        where = sweep.where(cell.choice, cell.title)
        if cell.summary is None:
            why = f": {cell.error.message}" if cell.error is not None else ""
            return f"{where} {sweep.OUTCOME_WORDS[cell.outcome]}{why}"
        wrong = "" if is_right(cell) else ", wrong outputs"
        figures = f"p50 {milliseconds(cell.summary.p50_ms.value)}"
        if cell.throughput_per_s is not None:
            figures += f", {significant(cell.throughput_per_s.value)} items a second"
        return f"{where}: {figures}{wrong}"

    # Data

    def data(self) -> tuple[Sequence[str], Rows]:
        """A row for each cell."""
        titles = ("runner", "key", "threads", "batch_size", "outcome", "p50_ms", "p50_low_ms", "p50_high_ms")
        rows = [
            (
                cell.title,
                cell.choice.runner.key,
                cell.choice.threads,
                "" if cell.choice.batch_size is None else cell.choice.batch_size,
                cell.outcome,
                *_bounds(None if cell.summary is None else cell.summary.p50_ms),
                *_bounds(cell.throughput_per_s),
                "right" if is_right(cell) else "wrong",
                "" if cell.error is None else cell.error.message,
            )
            for cell in self._cells
        ]
        more = ("items_per_s", "items_per_s_low", "items_per_s_high", "outputs", "error")
        return (*titles, *more), rows


class _Drawing(QGraphicsItem):
    """Paints the panels, the cells and the scale."""

    def __init__(self, chart: BatchThreadMap) -> None:
        super().__init__()
        self._chart = chart

    def boundingRect(self) -> QRectF:
        return QRectF(-1e6, -1e6, 2e6, 2e6)

    def shape(self) -> QPainterPath:
        return QPainterPath()

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        chart, colors = self._chart, theme().colors
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(chart.font())
        best = chart.best
        for panel in chart.layout_now.panels:
            self._paint_heads(painter, panel)
            for rect, cell in panel.cells:
                self._paint_cell(painter, rect, cell)
        for panel in chart.layout_now.panels:
            for rect, cell in panel.cells:
                if cell is best or cell is chart.selected:
                    color = colors.accent if cell is chart.selected and chart.hasFocus() else colors.text
                    painter.setPen(QPen(QColor(color), 2.5 if cell is best else 1.5))
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.drawRect(rect.adjusted(1, 1, -1, -1))
        self._paint_scale(painter, chart.layout_now.scale)

    def _paint_heads(self, painter: QPainter, panel: Panel) -> None:
        colors, chart = theme().colors, self._chart
        centre, right = Qt.AlignmentFlag.AlignCenter, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(colors.text))
        title = chart.fontMetrics().elidedText(panel.title, Qt.TextElideMode.ElideRight, int(panel.head.width()))
        painter.drawText(panel.head, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)
        painter.setPen(QColor(colors.muted))
        for rect, text in panel.columns:
            painter.drawText(rect, centre, text)
        for rect, text in panel.rows:
            painter.drawText(rect, right, text)

    def _paint_cell(self, painter: QPainter, rect: QRectF, cell: SweepCell) -> None:
        colors, chart = theme().colors, self._chart
        fill = chart.color(cell)
        inner = rect.adjusted(0.5, 0.5, -0.5, -0.5)
        if fill is None:
            painter.setPen(QPen(QColor(colors.border), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(inner)
            has_failed = cell.outcome in ("failed", "crashed", "timed_out")
            painter.setPen(QColor(colors.failed if has_failed else colors.muted))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, _STATES.get(cell.outcome, ""))
            return
        painter.fillRect(inner, fill)
        ink = readable_on(fill)
        if not is_right(cell):
            painter.fillRect(inner, QBrush(ink, Qt.BrushStyle.BDiagPattern))
            painter.fillRect(rect.adjusted(6, rect.height() / 2 - 8, -6, 8 - rect.height() / 2), fill)
        painter.setPen(ink)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, significant(chart.value(cell)))

    def _paint_scale(self, painter: QPainter, rect: QRectF) -> None:
        chart, colors = self._chart, theme().colors
        low, high = chart.ends()
        if rect.isNull() or not any(chart.value(cell) is not None for cell in chart.cells):
            return
        if chart.measure == "p50_ms":
            low, high = high, low
        bar = QRectF(rect.left(), rect.center().y() - 5, 120, 10)
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        for i, color in enumerate(VIRIDIS):
            gradient.setColorAt(i / (len(VIRIDIS) - 1), QColor(color))
        metrics = chart.fontMetrics()
        left = significant(low)
        wide = metrics.horizontalAdvance(left) + 6
        painter.setPen(QColor(colors.muted))
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(rect.left(), rect.top(), wide, rect.height()), flags, left)
        bar.translate(wide, 0)
        gradient.setStart(bar.topLeft())
        gradient.setFinalStop(bar.topRight())
        painter.fillRect(bar, gradient)
        text = f"{significant(high)}   {MEASURES[chart.measure]}: brighter is better"
        painter.drawText(QRectF(bar.right() + 6, rect.top(), rect.width(), rect.height()), flags, text)


def is_right(cell: SweepCell) -> bool:
    """Whether its outputs are right, as far as that was looked at."""
    return cell.outputs is None or cell.outputs.is_valid


def _bounds(estimate: Any) -> tuple[object, object, object]:
    return ("", "", "") if estimate is None else (estimate.value, estimate.low, estimate.high)
