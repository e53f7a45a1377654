"""How large a box has to be for its lines of text."""

from __future__ import annotations

import math
from collections.abc import Sequence

from modelpack_gui.core.graph.layout.arrange import Point
from modelpack_gui.core.records.graph_layout import LayoutRequest

LEAST_WIDTH = 56.0
SPARE = 3.0
"""Pixels beside a text: what kerning and rounding may add."""
TITLE_FACTOR = 1.08
"""A title is bold; where the widths of its characters are not known, it is so much wider."""
_FIRST = 32  # the code of a space, which the tables of widths begin with


class TextRoom:
    """Of the font that a request describes; widths of texts are kept, as most titles come again and again."""

    def __init__(self, request: LayoutRequest) -> None:
        self._request = request
        self._titles: dict[str, float] = {}
        self._lines: dict[str, float] = {}

    def size(self, lines: Sequence[str]) -> Point:
        """Width and height of a box around some lines, the first of them its title, px."""
        request = self._request
        longest = max(self.title_width(lines[0]), *(self._line_width(line) for line in lines[1:]), 0.0)
        width = max(LEAST_WIDTH, longest + SPARE + 2 * request.padding)
        height = request.title_height + (len(lines) - 1) * request.line_height + request.padding
        return _even(width), _even(height)

    def title_width(self, text: str) -> float:
        """How wide a title is, px."""
        width = self._titles.get(text)
        if width is None:
            request = self._request
            width = _width(text, request.title_widths, TITLE_FACTOR * request.char_width)
            self._titles[text] = width
        return width

    def _line_width(self, text: str) -> float:
        width = self._lines.get(text)
        if width is None:
            width = self._lines[text] = _width(text, self._request.char_widths, self._request.char_width)
        return width


def _width(text: str, widths: Sequence[float], average: float) -> float:
    count = len(widths)
    return sum(widths[code] if 0 <= (code := ord(one) - _FIRST) < count else average for one in text)


def _even(length: float) -> float:
    """So that what is in line meets in the middle."""
    return 2.0 * math.ceil(length / 2)
