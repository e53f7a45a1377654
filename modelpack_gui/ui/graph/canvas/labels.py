"""The texts of boxes, made once for each box that comes into view."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetricsF, QStaticText

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.box_text import box_lines
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.ui.graph.canvas.arrays import SceneArrays
from modelpack_gui.ui.graph.canvas.look import PADDING, text_font, title_font

_CENTERED = frozenset({kinds.BOX_INPUT, kinds.BOX_OUTPUT, kinds.BOX_STUB_FROM, kinds.BOX_STUB_TO})


_RIGHT = 4.0
"""Least room at the right of a text, pixels at zoom 1."""
_FRAME_LEFT = 17.0
"""Right of the sign of an open group, pixels at zoom 1."""


@dataclass(frozen=True)
class Line:
    """One line of a box.

    Attributes:
        x, y: Its top left corner within the box, pixels at zoom 1.
        text: As it is drawn, cut where the box is too narrow.
    """

    x: float
    y: float
    text: str
    static: QStaticText
    is_title: bool


class Labels:
    """For one scene. Fonts are measured at zoom 1 and drawn scaled."""

    def __init__(self, graph: Graph, arrays: SceneArrays, font: QFont, details: Collection[str]) -> None:
        self._graph = graph
        self._arrays = arrays
        self._details = details
        self.font, self.title_font = text_font(font), title_font(font)
        self._metrics = QFontMetricsF(self.font)
        self._title_metrics = QFontMetricsF(self.title_font)
        self._lines: dict[int, tuple[Line, ...]] = {}

    def texts(self, box: int) -> tuple[str, ...]:
        """The lines of a box in full."""
        arrays = self._arrays
        return box_lines(
            self._graph,
            int(arrays.kind[box]),
            int(arrays.ref[box]),
            self._details,
            (int(arrays.part[box]), int(arrays.parts[box])),
            int(arrays.many[box]),
        )

    def lines(self, box: int) -> tuple[Line, ...]:
        """The lines of a box, with their places in it."""
        found = self._lines.get(box)
        if found is None:
            found = self._lines[box] = self._make(box)
        return found

    def _make(self, box: int) -> tuple[Line, ...]:
        texts = self.texts(box)
        kind = int(self._arrays.kind[box])
        width, height = float(self._arrays.rects[box, 2]), float(self._arrays.rects[box, 3])
        if kind == kinds.BOX_FRAME:
            texts = (" · ".join(texts),)
        left = _FRAME_LEFT if kind == kinds.BOX_FRAME else PADDING
        title, plain = self._title_metrics, self._metrics
        whole = title.height() + (len(texts) - 1) * plain.height()
        y = 4.0 if kind == kinds.BOX_FRAME else max(0.0, (height - whole) / 2)
        made = []
        for i, text in enumerate(texts):
            is_title = i == 0 and kind not in (kinds.BOX_STUB_FROM, kinds.BOX_STUB_TO)
            metrics = title if is_title else plain
            advance, room = metrics.horizontalAdvance(text), width - left - _RIGHT
            if advance > room:
                text = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, room)
                advance = room
            x = (width - advance) / 2 if kind in _CENTERED else left
            static = QStaticText(text)
            static.setTextFormat(Qt.TextFormat.PlainText)
            static.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
            made.append(Line(x, y, text, static, is_title))
            y += metrics.height()
        return tuple(made)
