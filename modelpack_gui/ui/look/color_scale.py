"""Colours of magnitudes, and what can be read on them."""

from __future__ import annotations

from PySide6.QtGui import QColor

from modelpack_gui.ui.look.colors import VIRIDIS

_STOPS = tuple((color.red(), color.green(), color.blue()) for color in map(QColor, VIRIDIS))


def viridis(place: float) -> QColor:
    """The colour at a place, 0..1."""
    at = min(max(place, 0.0), 1.0) * (len(_STOPS) - 1)
    first = min(int(at), len(_STOPS) - 2)
    rest = at - first
    return QColor(*(round(a + (b - a) * rest) for a, b in zip(_STOPS[first], _STOPS[first + 1], strict=True)))


def readable_on(color: QColor) -> QColor:
    """Black or white, whichever has the higher contrast."""
    red, green, blue = ((part / 255) ** 2.2 for part in (color.red(), color.green(), color.blue()))
    return QColor("#000000") if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 else QColor("#ffffff")
