"""Which part of a scene a widget shows, and how large."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF

SMALLEST, LARGEST = 0.002, 4.0
"""Zooms: widget pixels for a pixel of the scene."""
STEP = 1.25
MARGIN = 24.0
"""Widget pixels left around what is fitted."""
FIT_LARGEST = 1.0
_READABLE = 0.75
_MARGIN = 40.0
"""Widget pixels left around what is brought into view."""
_KEPT = 48.0
"""Widget pixels of the scene that stay in view, however far it is moved."""


class Viewport:
    """Zoom and place. Scene positions are pixels at zoom 1.

    Attributes:
        size: Of the widget, pixels.
        bounds: Of the scene.
        begin: Where one should look first in it.
        zoom: Widget pixels for a pixel of the scene.
        origin: Place of the widget, in whole pixels, at which the scene's (0, 0) is.
    """

    def __init__(self) -> None:
        self.size = QSizeF(1.0, 1.0)
        self.bounds = QRectF()
        self.begin = QPointF()
        self.zoom = 1.0
        self.origin = QPointF()

    def to_widget(self, place: QPointF) -> QPointF:
        """Where a place of the scene is drawn."""
        return place * self.zoom + self.origin

    def to_scene(self, place: QPointF) -> QPointF:
        """Which place of the scene is drawn there."""
        return (place - self.origin) / self.zoom

    def rect_to_widget(self, rect: QRectF) -> QRectF:
        """Where a rectangle of the scene is drawn."""
        return QRectF(self.to_widget(rect.topLeft()), self.to_widget(rect.bottomRight()))

    @property
    def view(self) -> QRectF:
        """The part of the scene that is in view."""
        return QRectF(self.to_scene(QPointF()), self.size / self.zoom)

    def pan(self, across: float, down: float) -> None:
        """Move the scene by widget pixels."""
        self.put(self.zoom, self.origin + QPointF(across, down))

    def zoom_at(self, factor: float, about: QPointF) -> None:
        """Draw larger (above 1) or smaller; what is at a place of the widget stays there."""
        zoom = self._allowed(self.zoom * factor)
        place = self.to_scene(about)
        self.put(zoom, about - place * zoom)

    def center_on(self, place: QPointF, zoom: float | None = None) -> None:
        """Put a place of the scene into the middle."""
        zoom = self._allowed(zoom or self.zoom)
        self.put(zoom, self._middle() - place * zoom)

    def hold(self, place: QPointF, at: QPointF) -> None:
        """Put a place of the scene at a place of the widget."""
        self.put(self.zoom, at - place * self.zoom)

    def fit(self, rect: QRectF, largest: float = FIT_LARGEST) -> None:
        """Show all of a rectangle, at no more than a zoom."""
        if rect.isEmpty():
            return
        room = QSizeF(max(16.0, self.size.width() - 2 * MARGIN), max(16.0, self.size.height() - 2 * MARGIN))
        zoom = self._allowed(min(largest, room.width() / rect.width(), room.height() / rect.height()))
        self.put(zoom, self._middle() - rect.center() * zoom)

    def start(self, *, is_down: bool) -> None:
        """Begin with a graph: all of it if it can be read so, else its begin."""
        self.fit(self.bounds)
        if self.zoom >= _READABLE or self.bounds.isEmpty():
            return
        bounds, size = self.bounds, self.size
        room = size.width() - 2 * MARGIN, size.height() - 2 * MARGIN
        fits = room[0] / bounds.width() if is_down else room[1] / bounds.height()
        zoom = self._allowed(max(self.zoom, min(FIT_LARGEST, max(_READABLE, fits))))
        across = _beginning(size.width(), bounds.left() * zoom, bounds.right() * zoom, self.begin.x() * zoom)
        down = _beginning(size.height(), bounds.top() * zoom, bounds.bottom() * zoom, self.begin.y() * zoom)
        origin = (
            QPointF(across, MARGIN - bounds.top() * zoom) if is_down else QPointF(MARGIN - bounds.left() * zoom, down)
        )
        self.put(zoom, origin)

    def reveal(self, rect: QRectF) -> bool:
        """Bring a rectangle into view where it is not, without zooming; whether anything moved."""
        shown = self.rect_to_widget(rect)
        room = QRectF(QPointF(), self.size).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        if room.contains(shown):
            return False
        across = _inwards(shown.left(), shown.right(), room.left(), room.right())
        down = _inwards(shown.top(), shown.bottom(), room.top(), room.bottom())
        before = QPointF(self.origin)
        self.pan(across, down)
        return before != self.origin

    def shows(self, rect: QRectF) -> bool:
        """Whether any of a rectangle is in view."""
        return self.view.intersects(rect)

    def put(self, zoom: float, origin: QPointF) -> None:
        """Draw at a zoom, with the scene's (0, 0) at a place of the widget; some of the scene stays in view.

        In whole pixels: what was drawn can be moved instead of drawn anew.
        """
        self.zoom = zoom
        x, y = origin.x(), origin.y()
        if not self.bounds.isEmpty():
            bounds, size = self.bounds, self.size
            x = min(max(x, _KEPT - bounds.right() * zoom), size.width() - _KEPT - bounds.left() * zoom)
            y = min(max(y, _KEPT - bounds.bottom() * zoom), size.height() - _KEPT - bounds.top() * zoom)
        self.origin = QPointF(round(x), round(y))

    def _middle(self) -> QPointF:
        return QPointF(self.size.width() / 2, self.size.height() / 2)

    def _allowed(self, zoom: float) -> float:
        return min(LARGEST, max(SMALLEST, zoom))


def _inwards(low: float, high: float, room_low: float, room_high: float) -> float:
    """How far a stretch has to move to be in a room; one that is too long shows its begin."""
    if low < room_low or high - low > room_high - room_low:
        return room_low - low
    return min(0.0, room_high - high)


def _beginning(room: float, low: float, high: float, begin: float) -> float:
    """Where the origin is so that a stretch is in the middle, or what does not fit has its begin there."""
    if high - low <= room - 2 * MARGIN:
        return (room - low - high) / 2
    return min(MARGIN - low, max(room - MARGIN - high, room / 2 - begin))
