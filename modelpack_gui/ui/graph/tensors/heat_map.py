"""A slice of a stored tensor as colours."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from modelpack_gui.core import figures as fmt
from modelpack_gui.ui.background import Check
from modelpack_gui.ui.graph.tensors.source import TensorSource
from modelpack_gui.ui.look.theme import SPACING, theme
from modelpack_gui.ui.models.value_text import index_text, value_text
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.values.colors import Scale, colored
from modelpack_gui.ui.widgets.values.heat_map_widget import HeatMapWidget
from modelpack_gui.ui.widgets.values.pane_painter import Layer, Pane
from modelpack_gui.ui.widgets.values.panes import HeatPanes

if TYPE_CHECKING:
    from modelpack_gui.ui.arrays.elements import Elements
    from modelpack_gui.ui.arrays.pooling import SliceChoice, Window
    from modelpack_gui.ui.arrays.tensor_pooling import Tiles

_LOG_KEY = "tensor/log-colours"
_TEXTS_FOR = 2000
"""Cells: more have no room for their numbers."""
_DECADES = 4.0


class TensorHeatMap(HeatMapWidget):
    """The picture, and what is at the cursor. Both signs are drawn about zero; one sign from low to high.

    Attributes:
        log_box, all_button: What the picture is steered with; whoever shows it has room for them.
    """

    def __init__(self, source: TensorSource, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(HeatPanes(count=1), settings, "tensor", "tensor", parent)
        self._source = source
        self._choice: SliceChoice | None = None
        self.base: Tiles | None = None
        self.detail: Tiles | None = None
        self.log_box = QCheckBox("Logarithmic")
        self.log_box.setObjectName("tensor-log")
        self.log_box.setToolTip("Spread the colours by the order of magnitude: small values show beside large ones")
        self.log_box.setChecked(settings.text(_LOG_KEY) == "yes")
        self.log_box.toggled.connect(self._on_log_toggled)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING // 2)
        column.addWidget(self.panes, 1)
        column.addWidget(self.told)

    # What others ask of it

    def show_slice(self, choice: SliceChoice | None) -> None:
        """Look at another slice; None for nothing."""
        self._choice = choice
        self.base = self.detail = None
        self._is_dirty = True
        if choice is None or self._source.elements is None:
            self.panes.set_shape((0, 0))
        elif self.isVisible():
            self._draw_anew()

    @property
    def has_picture(self) -> bool:
        """Whether anything was drawn."""
        return self.base is not None

    # Inside

    def _shape(self) -> tuple[int, int]:
        elements, choice = self._source.elements, self._choice
        return choice.shape_in(elements.shape) if elements is not None and choice is not None else (0, 0)

    def _draw_anew(self) -> None:
        self._is_dirty = False
        if self._choice is None or self._source.elements is None:
            return
        self.panes.set_shape(self._shape())
        rows, columns = self._shape()
        self.told.set_text(f"Reading {fmt.count(rows)} × {fmt.count(columns)}…")
        self._ask("tensor-base", self._window(is_whole=True), self._on_base_read)

    def _window(self, *, is_whole: bool) -> Window:
        from modelpack_gui.ui.arrays.pooling import Window

        shape = self._shape()
        rect = self.panes.pane_rects()[0]
        pixels = (max(1, round(rect.height())), max(1, round(rect.width())))
        view = QRectF(0, 0, shape[1], shape[0]) if is_whole else self.panes.view
        return Window.fitting(shape, (view.top(), view.left(), view.bottom(), view.right()), pixels)

    def _ask(self, key: str, window: Window, answered: Callable[[Tiles], None]) -> None:
        choice = self._choice
        assert choice is not None

        def work(elements: Elements, check: Check) -> Tiles:
            from modelpack_gui.ui.arrays.tensor_pooling import tiles_of

            return tiles_of(elements, choice, window, check)

        self._source.ask(key, work, answered)

    def _on_base_read(self, tiles: Tiles) -> None:
        self.base, self.detail = tiles, None
        self._color()
        self._tell()
        self._ask_detail()
        self.drawn.emit()

    def _ask_detail(self) -> None:
        base = self.base
        if base is None or self._source.elements is None or not self.isVisible():
            return
        window = self._window(is_whole=False)
        if self.detail is not None and self.detail.window == window:
            return
        if (window.tall, window.wide) == (base.window.tall, base.window.wide):
            if self.detail is not None:
                self.detail = None
                self._color()
            return
        self._ask("tensor-detail", window, self._on_detail_read)

    def _on_detail_read(self, tiles: Tiles) -> None:
        self.detail = tiles
        self._color()
        self._tell()

    def _on_log_toggled(self, is_log: bool) -> None:
        self._settings.set_text(_LOG_KEY, "yes" if is_log else "")
        if self.has_picture:
            self._color()

    def _color(self) -> None:
        """Make pictures of the tiles."""
        assert self.base is not None
        scale = scale_of(self.base.low, self.base.high, is_log=self.log_box.isChecked())
        layers = tuple(_layer(tiles, scale) for tiles in (self.base, self.detail) if tiles is not None)
        self.panes.set_panes((Pane("", scale),), layers)

    def _tell(self) -> None:
        """What is at the pointer, or else at the cursor; the odd values of the slice while there is neither."""
        text = ""
        place = self.panes.hover or self.panes.cursor_place
        tiles = self.detail or self.base
        if tiles is not None and place is not None and self._choice is not None:
            window = tiles.window
            row, column = (place[0] - window.top) // window.tall, (place[1] - window.left) // window.wide
            if 0 <= row < tiles.rows.shape[0] and 0 <= column < tiles.rows.shape[1]:
                found = int(tiles.rows[row, column]), int(tiles.columns[row, column])
                text = f"{index_text(self._choice.at(*found))}   {value_text(float(tiles.values[row, column]))}"
                if window.tall * window.wide > 1:
                    text += f"   (largest of {window.tall} × {window.wide})"
        elif self.base is not None and (self.base.nans or self.base.infs):
            text = f"{fmt.count(self.base.nans)} NaN and {fmt.count(self.base.infs)} infinite in this slice"
        self.told.set_text(text)
        self.panes.setAccessibleDescription(text)


def scale_of(low: float | None, high: float | None, *, is_log: bool) -> Scale:
    """Colours for values from low to high: about zero where both signs are there."""
    low, high = low or 0.0, high or 0.0
    if low < 0.0 < high or (is_log and low < 0.0):
        end = max(-low, high)
        return Scale(-end, end, is_diverging=True, decades=_DECADES if is_log else 0.0)
    if is_log and high > 0.0:
        return Scale(max(low, high / 10.0**_DECADES), high, is_log=True)
    return Scale(low, high)


def _layer(tiles: Tiles, scale: Scale) -> Layer:
    window = tiles.window
    rows, columns = tiles.values.shape
    if not tiles.values.size:
        return Layer(QRectF(), ())
    place = QRectF(window.left, window.top, columns * window.wide, rows * window.tall)
    image = colored(tiles.values, scale, is_dark=theme().colors.is_dark)
    is_plain = window.tall == window.wide == 1 and tiles.values.size <= _TEXTS_FOR
    return Layer(place, (image,), (tiles.values.tolist(),) if is_plain else ())
