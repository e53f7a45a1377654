"""What all charts share: theme, drawing in time, hover text, and pictures of them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QPainter, QPaintEvent, QPen, QPixmap, QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QMenu, QSizePolicy, QVBoxLayout, QWidget

from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import ElidedLabel
from modelpack_gui.ui.widgets.charts.library import chart_library
from modelpack_gui.ui.widgets.charts.pictures import (
    add_picture_actions,
    as_pixmap,
    ask_for_picture,
    copy_picture,
    write_picture,
)


class Chart(QFrame):
    """A plot with a line of text below it, `note`.

    A subclass draws on the plot item in `draw`, and says in `describe` what is at a place. It calls `redraw` whenever
    its data changed; drawing happens later, once for any number of calls, and only while the chart is visible.
    """

    picture_failed = Signal(object)  # ErrorInfo
    drawn = Signal()

    def __init__(self, name: str, accessible_name: str, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setProperty("role", "card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._settings = settings
        self._library = chart_library()
        self._library.ready.connect(self._on_library_ready)
        self._canvas: Any = None  # pyqtgraph.PlotWidget
        self._is_dirty = False
        self._needs_style = False
        self.note = ""
        self._empty = ""
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._draw_if_visible)
        self._waiting = QLabel("")
        self._waiting.setObjectName("chart-empty")
        self._waiting.setProperty("role", "muted")
        self._waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._waiting.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self._waiting.setWordWrap(True)
        self._footer = ElidedLabel("", Qt.TextElideMode.ElideRight)
        self._footer.setProperty("role", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 8, 4)
        column.setSpacing(0)
        column.addWidget(self._waiting, 1)
        column.addWidget(self._footer)

    # For subclasses

    def draw(self, pg: Any, plot: Any) -> None:
        """Bring the plot item in line with the data."""
        raise NotImplementedError

    def describe(self, x: float) -> str:
        """What is at a place of the x axis, in the plot's own coordinates; empty if nothing is."""
        raise NotImplementedError

    def describe_at(self, x: float, y: float) -> str:  # noqa: ARG002 (for plots in which the height tells something)
        """The same for a place in the plane."""
        return self.describe(x)

    def hover(self, x: float, y: float) -> None:
        """The pointer is at a place of the plane, inside of the axes."""

    def end_hover(self) -> None:
        """The pointer is not over the plot any more."""

    def restyle(self, plot: Any) -> None:
        """Forget what was drawn in the colours of another theme."""
        plot.clear()

    def fit(self, plot: Any) -> None:
        """The plot has another size; what was drawn is still there."""

    def redraw(self) -> None:
        """The data changed."""
        self._is_dirty = True
        if self.isVisible():
            self._timer.start()

    @property
    def is_up_to_date(self) -> bool:
        """Whether what is drawn is the newest data."""
        return self._canvas is not None and not self._is_dirty

    def set_note(self, text: str) -> None:
        """The line below the chart, while the pointer is not over it."""
        self.note = text
        self._footer.set_text(text)

    def set_empty(self, text: str) -> None:
        """Say why there is nothing to draw, in place of the plot; no text brings the plot back."""
        self._empty = text
        self._waiting.setText(text or self._library.problem)
        self._waiting.setVisible(bool(text) or self._canvas is None)
        if self._canvas is not None:
            self._canvas.setVisible(not text)

    @property
    def footer_text(self) -> str:
        """The line below the chart now: what is under the pointer, else the note."""
        return self._footer.toolTip()

    # Pictures

    @property
    def has_picture(self) -> bool:
        """Whether anything was drawn."""
        return self._canvas is not None and not self._empty

    def picture(self) -> QPixmap:
        """The chart as it is drawn now, at twice the resolution; null if nothing was drawn yet."""
        return as_pixmap(self.picture_size(), self.render_picture) if self.has_picture else QPixmap()

    def copy_picture(self) -> None:
        """Put the picture on the clipboard."""
        if self.has_picture:
            copy_picture(self.picture_size(), self.render_picture)

    def save_picture(self, path: Path) -> None:
        """Write the picture as PNG or SVG; `picture_failed` tells when that cannot be done."""
        error = write_picture(path, self.picture_size(), self.render_picture) if self.has_picture else None
        if error is not None:
            self.picture_failed.emit(error)

    def ask_and_save(self) -> None:
        """Let the user say where."""
        path = ask_for_picture(self, self._settings, self.objectName())
        if path is not None:
            self.save_picture(path)

    def make_menu(self) -> QMenu:
        """The context menu."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        add_picture_actions(menu, self.copy_picture, self.ask_and_save, is_enabled=self.has_picture)
        return menu

    def picture_size(self) -> QSize:
        """Of a picture, once something was drawn."""
        size: QSize = self._canvas.size()
        return size

    def render_picture(self, painter: QPainter) -> None:
        """Draw what a picture shows, from the upper left corner."""
        size: QSize = self._canvas.size()
        self._canvas.render(painter, QRectF(0, 0, size.width(), size.height()))

    # Qt's side

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer the picture."""
        self.make_menu().popup(event.globalPos())

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what came while it was hidden."""
        super().showEvent(event)
        if self._is_dirty:
            self._timer.start()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._canvas is not None:
            # Later: items must not be replaced while Qt walks the scene with the new palette.
            self._needs_style = True
            self.redraw()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show the keyboard's focus."""
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme().colors.accent), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The pointer left the plot: the note comes back."""
        if event.type() == QEvent.Type.Leave:
            self._footer.set_text(self.note)
            self.end_hover()
        return super().eventFilter(watched, event)

    # Inside

    def _on_library_ready(self) -> None:
        if self._is_dirty:
            self._draw_if_visible()

    def _draw_if_visible(self) -> None:
        if not self.isVisible() or not self._is_dirty or self._empty:
            return
        pg = self._library.module
        if pg is None:
            self._waiting.setText(self._library.problem)
            self._library.want()
            return
        if self._canvas is None:
            self._make_canvas(pg)
            self._timer.start()  # drawn in a turn of its own: both together would hold the window up
            return
        if self._needs_style:
            self._style()
        self._is_dirty = False
        self.draw(pg, self._canvas.getPlotItem())
        self.drawn.emit()

    def _make_canvas(self, pg: Any) -> None:
        canvas = pg.PlotWidget(self)
        canvas.setFrameShape(QFrame.Shape.NoFrame)
        canvas.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)  # ours, by way of the parent
        canvas.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        canvas.setMinimumHeight(120)
        canvas.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        canvas.viewport().installEventFilter(self)
        plot = canvas.getPlotItem()
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setMouseEnabled(False, False)
        plot.getViewBox().setDefaultPadding(0.0)
        plot.getViewBox().sigResized.connect(lambda _box: self.fit(plot))
        for side in ("left", "bottom"):
            plot.getAxis(side).enableAutoSIPrefix(False)
        plot.scene().sigMouseMoved.connect(self._on_mouse_moved)
        self._canvas = canvas
        self._needs_style = True
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(0, canvas, 1)
        self._waiting.hide()

    def _style(self) -> None:
        self._needs_style = False
        colors = theme().colors
        self._canvas.setBackground(colors.raised)
        plot = self._canvas.getPlotItem()
        for side in ("left", "bottom"):
            axis = plot.getAxis(side)
            axis.setPen(colors.border)
            axis.setTextPen(colors.muted)
            axis.setTickFont(self.font())
            axis.setStyle(maxTickLevel=0)
        plot.showGrid(x=True, y=True, alpha=0.35)
        self.restyle(plot)

    def _on_mouse_moved(self, position: QPointF) -> None:
        box = self._canvas.getPlotItem().getViewBox()
        place = box.mapSceneToView(position)
        inside = box.sceneBoundingRect().contains(position)
        text = self.describe_at(place.x(), place.y()) if inside else ""
        self._footer.set_text(text or self.note)
        if inside:
            self.hover(place.x(), place.y())
        else:
            self.end_hover()


def log_ticks(low: float, high: float, *, is_exponent: bool = False, most: int = 10) -> list[tuple[float, str]]:
    """Labelled places of a log axis between two exponents of ten.

    Args:
        is_exponent: Write `1e-5` rather than `0.00001`.
        most: So many steps between them at most, if they are whole decades.
    """
    span = high - low
    step = max(1, math.ceil(span / min(max(most, 1), 10)))
    factors = (
        (1,)
        if span > most / 2 or span > 4
        else (1, 3)
        if span > 2.5
        else (1, 2, 5)
        if span > 0.8
        else (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9)
    )
    found = []
    for exponent in range(math.floor(low), math.ceil(high) + 1):
        if exponent % step:
            continue
        for factor in factors:
            place = exponent + math.log10(factor)
            if low <= place <= high:
                text = f"{factor:g}e{exponent:d}" if is_exponent else f"{factor * 10.0**exponent:,.6g}"
                found.append((place, text))
    return found


def count_ticks(top: float) -> list[tuple[float, str]]:
    """Labelled places of a log axis of counts, up to 10 ** top; between the decades, too, if there are few."""
    units = ("", "k", "M", "G")
    decades = range(max(1, math.ceil(top)) + 1)
    factors = (1, 2, 5) if top < 2 else (1,)
    return [
        (i + math.log10(factor), f"{factor * 10 ** (i % 3)}{units[i // 3]}")
        for i in decades
        for factor in factors
        if i // 3 < len(units)
    ]


def line_pen(color: str | QColor, width: float = 1.0, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A pen as wide on every scale of the axes; `pyqtgraph.mkPen` takes ten times as long."""
    made = QPen(QColor(color), width, style)
    made.setCosmetic(True)
    return made


def tinted(color: str, alpha: int) -> QColor:
    """A colour, partly transparent; `alpha` is 0..255."""
    made = QColor(color)
    made.setAlpha(alpha)
    return made


def mixed(color: str, other: str, share: float) -> QColor:
    """A colour with a share of another one in it, 0..1."""
    one, two = QColor(color), QColor(other)
    parts = zip((one.red(), one.green(), one.blue()), (two.red(), two.green(), two.blue()), strict=True)
    return QColor(*(round(a + (b - a) * share) for a, b in parts))
