"""Where in each file one looked last: opening it again begins there, if it is drawn as it was then."""

from __future__ import annotations

import json

from PySide6.QtCore import QObject, QPointF, QTimer

from modelpack_gui.core import serde
from modelpack_gui.ui.graph.canvas.view import GraphCanvas
from modelpack_gui.ui.settings import Settings

_KEY = "graph/canvas/places"
_MOST = 40
_SETTLE_MS = 400

Place = list[float]
"""Width and height of the picture, zoom, and what is in the middle."""


class CanvasPlaces(QObject):
    """Remembers the zoom and place of a canvas by the path of the file that is on it."""

    def __init__(self, canvas: GraphCanvas, settings: Settings) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._settings = settings
        self._path = ""
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self.keep)
        canvas.view_changed.connect(self._settle.start)

    def follow(self, path: str) -> None:
        """A picture of a file came; the first one is shown from where one looked last."""
        if path == self._path:
            return
        self._settle.stop()
        self._path = path
        place, bounds = self._known().get(path), self._canvas.viewport.bounds
        if place is None or len(place) != 5 or place[:2] != [bounds.width(), bounds.height()]:
            return
        self._canvas.center_on(QPointF(place[3], place[4]), place[2])

    def keep(self) -> None:
        """Remember where one looks now, once it was chosen."""
        viewport, places = self._canvas.viewport, self._known()
        if not self._path or self._canvas.is_untouched:
            return
        places.pop(self._path, None)
        middle = viewport.view.center()
        size = viewport.bounds.size()
        places[self._path] = [size.width(), size.height(), viewport.zoom, middle.x(), middle.y()]
        kept = dict(list(places.items())[-_MOST:])
        self._settings.set_text(_KEY, json.dumps(kept))

    def _known(self) -> dict[str, Place]:
        try:
            found = serde.loads(self._settings.text(_KEY, "{}"))
        except ValueError:
            return {}
        if not isinstance(found, dict):
            return {}
        return {
            path: place
            for path, place in found.items()
            if isinstance(place, list) and all(isinstance(one, float) for one in place)
        }
