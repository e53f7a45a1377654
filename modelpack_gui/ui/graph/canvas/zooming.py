"""A widget that shows a part of a plane: its zoom and place, and how they are changed."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from modelpack_gui.ui.graph.canvas.viewport import STEP, Viewport

_NEAR_ZOOM = 0.6
"""Zoom at least, when something is brought into view to be read."""


class ZoomingWidget(QWidget):
    """Moves about in a plane. A subclass says what should stay in the middle when a key zooms.

    Attributes:
        viewport: Where the plane is looked at.
        is_down: Whether what is shown begins at the top, else at the left.
        is_untouched: Whether it is looked at from its begin, as it was shown first.
        covered: Part of the widget that something lies on.
    """

    view_changed = Signal()  # the zoom or the place

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewport = Viewport()
        self.is_down = True
        self.is_untouched = True
        self.covered = QRectF()

    def start(self) -> None:
        """Show the begin; another size of the widget shows it again, until it is moved."""
        self.viewport.start(is_down=self.is_down)
        self.is_untouched = True
        self.moved()

    def point_of_interest(self) -> QPointF:
        """The place of the widget that a key zooms about."""
        return QRectF(self.rect()).center()

    def fit_all(self) -> None:
        """Show everything."""
        self.is_untouched = False
        self.viewport.fit(self.viewport.bounds)
        self.moved()

    def fit_rect(self, rect: QRectF, largest: float = 1.0) -> None:
        """Show a rectangle of the plane with a little around it, at no more than a zoom."""
        self.is_untouched = False
        self.viewport.fit(rect.adjusted(-20, -20, 20, 20), largest)
        self.moved()

    def bring_rect(self, rect: QRectF) -> None:
        """Bring a rectangle of the plane into view, large enough to be read."""
        self.is_untouched = False
        viewport = self.viewport
        if viewport.zoom < _NEAR_ZOOM and rect.width() * _NEAR_ZOOM < self.width():
            viewport.center_on(rect.center(), _NEAR_ZOOM)
        else:
            viewport.reveal(rect)
            if viewport.rect_to_widget(rect).intersects(self.covered):
                viewport.center_on(rect.center())
        self.moved()

    def zoom_by(self, factor: float, about: QPointF | None = None) -> None:
        """Draw larger or smaller; what is at a place of the widget stays there."""
        self.is_untouched = False
        self.viewport.zoom_at(factor, self.point_of_interest() if about is None else about)
        self.moved()

    def zoom_steps(self, steps: float) -> None:
        """Zoom by so many steps of the wheel or of a key."""
        self.zoom_by(STEP**steps)

    def zoom_to(self, zoom: float) -> None:
        """Zoom to 1.0 or another scale."""
        self.zoom_by(zoom / self.viewport.zoom)

    def pan_by(self, across: float, down: float) -> None:
        """Move the plane by pixels of the widget."""
        self.is_untouched = False
        self.viewport.pan(across, down)
        self.moved()

    def center_on(self, place: QPointF, zoom: float | None = None) -> None:
        """Put a place of the plane into the middle, at another zoom if one is given."""
        self.is_untouched = False
        self.viewport.center_on(place, zoom)
        self.moved()

    def moved(self) -> None:
        """The viewport is another: draw, and tell."""
        self.update()
        self.view_changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The middle stays in the middle; what was not moved yet is shown from its begin again."""
        super().resizeEvent(event)
        viewport, before = self.viewport, self.viewport.size
        viewport.size = QSizeF(self.size())
        if self.is_untouched:
            viewport.start(is_down=self.is_down)
        else:
            viewport.pan((self.width() - before.width()) / 2, (self.height() - before.height()) / 2)
        self.moved()
