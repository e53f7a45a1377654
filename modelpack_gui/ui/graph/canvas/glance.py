"""A look at something else, and back: while one types what to find the view follows, and returns from nothing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF

from modelpack_gui.ui.graph.canvas.zooming import ZoomingWidget

_Place = tuple[float, QPointF, bool]
"""Zoom, origin, and whether the view was untouched."""


class Glance:
    """Of one canvas. Whoever moves the view himself stays where he is."""

    def __init__(self, canvas: ZoomingWidget) -> None:
        self._canvas = canvas
        self._before: _Place | None = None
        self._there: _Place | None = None

    def at(self, look: Callable[[], None]) -> None:
        """Look elsewhere; the place before the first look is where `back` leads."""
        here = self._place()
        if self._before is None or here != self._there:
            self._before = here
        look()
        self._there = self._place()

    def back(self) -> None:
        """Look again at what was looked at before."""
        before, canvas = self._before, self._canvas
        if before is not None and self._place() == self._there:
            zoom, origin, canvas.is_untouched = before
            canvas.viewport.put(zoom, origin)
            canvas.moved()
        self._before = None

    def stay(self) -> None:
        """What is looked at now was chosen."""
        self._before = None

    def _place(self) -> _Place:
        viewport = self._canvas.viewport
        return viewport.zoom, QPointF(viewport.origin), self._canvas.is_untouched
