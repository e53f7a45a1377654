"""Colour maps for arrays. numpy is imported when the first array is coloured: by then it is there."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QImage

from modelpack_gui.core.figures import significant
from modelpack_gui.ui.look.colors import VIRIDIS

if TYPE_CHECKING:
    from modelpack_gui.ui.arrays.pair import Array, Floats

_DIVERGING_LIGHT = ("#053061", "#2166ac", "#67a9cf", "#d1e5f0", "#f7f7f7", "#fddbc7", "#ef8a62", "#b2182b", "#67001f")
_DIVERGING_DARK = ("#9ecbff", "#5a9ae6", "#2f6aa8", "#24415f", "#23272e", "#5f3330", "#a8473f", "#e6695a", "#ffb0a6")
NAN_COLOR = "#e040fb"
"""In no map above."""


@dataclass(frozen=True)
class Scale:
    """From values to colours.

    Attributes:
        low, high: The values of the first and the last colour.
        is_log: Values are spread by their logarithm; what is not above zero takes the first colour.
        is_diverging: Two hues about the middle.
        decades: Both signs are spread by the logarithm of their magnitude, over so many powers of ten below `high`,
            which is as far above zero as `low` is below; 0 for no such thing.
    """

    low: float
    high: float
    is_log: bool = False
    is_diverging: bool = False
    decades: float = 0.0

    @property
    def middle(self) -> float:
        """The value of the middle colour."""
        return math.sqrt(self.low) * math.sqrt(self.high) if self.is_log else self.low / 2 + self.high / 2

    def labels(self) -> tuple[str, str, str]:
        """Of both ends and the middle."""
        middle = self.middle
        if abs(middle) < 1e-9 * max(abs(self.low), abs(self.high)):
            middle = 0.0
        return significant(self.low), significant(middle), significant(self.high)


def stops(scale: Scale, *, is_dark: bool) -> tuple[str, ...]:
    """The colours of a scale, evenly spaced from low to high."""
    if not scale.is_diverging:
        return VIRIDIS
    return _DIVERGING_DARK if is_dark else _DIVERGING_LIGHT


def infinity_color(*, is_dark: bool) -> str:
    """Of infinities, and of what is one on one side only."""
    return "#ff9f1c" if is_dark else "#d95f02"


def placed(values: Floats, scale: Scale) -> Floats:
    """Where values are on a scale: 0 at its low end, 1 at its high one; NaN stays so."""
    import numpy as np

    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        if scale.is_log:
            low, high = math.log10(scale.low), math.log10(scale.high)
            places = (np.log10(np.maximum(values, scale.low)) - low) / ((high - low) or 1.0)
        elif scale.decades and scale.high > 0:
            above = np.log10(np.abs(values) / scale.high) / scale.decades + 1.0  # 1 at the ends
            places = 0.5 + 0.5 * np.sign(values) * np.clip(above, 0.0, 1.0)
        else:
            span = scale.high / 2 - scale.low / 2  # halves: the span of two large numbers may be infinite
            places = (values / 2 - scale.low / 2) / span if span else np.full(values.shape, 0.5)
    return places


def colored(values: Floats, scale: Scale, *, is_dark: bool) -> QImage:
    """A picture with one pixel for each value; the first row is on top."""
    import numpy as np

    places = placed(values, scale)
    table = lookup(stops(scale, is_dark=is_dark))
    odd = ~np.isfinite(values)
    steps = np.clip(np.where(odd, 0.0, places) * (len(table) - 1) + 0.5, 0, len(table) - 1).astype(np.intp)
    pixels = table[steps]
    if odd.any():
        pixels[odd] = QColor(infinity_color(is_dark=is_dark)).rgb()
        pixels[np.isnan(values)] = QColor(NAN_COLOR).rgb()
    height, width = pixels.shape
    return QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGB32).copy()


@functools.cache
def lookup(colors: tuple[str, ...], steps: int = 512) -> Array:
    """The colours between some colours, as 0xffRRGGBB."""
    import numpy as np

    named = [QColor(color) for color in colors]
    parts = np.array([(one.red(), one.green(), one.blue()) for one in named], np.float64)
    places = np.linspace(0, len(colors) - 1, steps)
    red, green, blue = (
        np.interp(places, np.arange(len(colors), dtype=np.float64), parts[:, channel]).round().astype(np.uint32)
        for channel in range(3)
    )
    made: Array = np.uint32(0xFF000000) | red << np.uint32(16) | green << np.uint32(8) | blue
    return made
