"""The canvas under the mouse: picking, moving, zooming, and zooming to a box."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QNativeGestureEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from modelpack_gui.ui.graph.canvas.viewport import STEP

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.canvas.view import GraphCanvas

_WHEEL_STEP = 120.0
_SCROLL = 0.6
"""Pixels moved for a unit of the wheel's angle."""
_BAND_LEAST = 8.0


class Gestures:
    """Turns events into what the canvas does."""

    def __init__(self, canvas: GraphCanvas) -> None:
        self._canvas = canvas
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._kind = ""  # `pan`, `band` or `picture`; empty while nothing is dragged
        self._can_pick = False

    def press(self, event: QMouseEvent) -> None:
        """Begin: Ctrl zooms to a box, Alt drags the picture out, else it moves. The side buttons are the page's."""
        button, modifiers = event.button(), event.modifiers()
        if button not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            event.ignore()
            return
        self._pressed, self._last = event.position(), event.position()
        self._kind = ""
        self._can_pick = button == Qt.MouseButton.LeftButton
        self._wanted = "pan"
        if self._can_pick and modifiers & Qt.KeyboardModifier.ControlModifier:
            self._wanted = "band"
        elif self._can_pick and modifiers & Qt.KeyboardModifier.AltModifier:
            self._wanted = "picture"

    _wanted = "pan"

    def move(self, event: QMouseEvent) -> None:
        """Go on."""
        canvas, position = self._canvas, event.position()
        if self._pressed is None:
            canvas.set_hover(position)
            return
        moved = position - self._pressed
        if not self._kind and moved.manhattanLength() >= QApplication.startDragDistance():
            self._kind = self._wanted
            if self._kind == "picture":
                self._pressed = None
                canvas.picture_dragged.emit()
                return
            canvas.setCursor(Qt.CursorShape.ClosedHandCursor if self._kind == "pan" else Qt.CursorShape.CrossCursor)
        if self._kind == "pan":
            step = position - self._last
            canvas.pan_by(step.x(), step.y())
            self._last = position
        elif self._kind == "band":
            canvas.rubber_band(QRectF(self._pressed, position).normalized())

    def release(self, event: QMouseEvent) -> None:
        """End."""
        canvas = self._canvas
        pressed, kind, self._pressed, self._kind = self._pressed, self._kind, None, ""
        canvas.unsetCursor()
        if kind == "band" and pressed is not None:
            canvas.rubber_band(None)
            band = QRectF(pressed, event.position()).normalized()
            if min(band.width(), band.height()) >= _BAND_LEAST:
                viewport = canvas.viewport
                canvas.fit_rect(QRectF(viewport.to_scene(band.topLeft()), viewport.to_scene(band.bottomRight())), 4.0)
        elif not kind and pressed is not None and self._can_pick:
            pick, box = canvas.pick_at(event.position())
            canvas.current = box
            canvas.picked.emit(pick)

    def double_click(self, event: QMouseEvent) -> None:
        """Open or close, enter, go to the other end. Where nothing is, nothing happens."""
        if event.button() == Qt.MouseButton.LeftButton:
            _pick, box = self._canvas.pick_at(event.position())
            self._canvas.activate(box)

    def wheel(self, event: QWheelEvent) -> None:
        """Zoom at the pointer or move, as it is set; with Ctrl the other. Shift moves to the side."""
        canvas = self._canvas
        turned, modifiers = event.angleDelta(), event.modifiers()
        has_control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        if canvas.wheel_zooms != has_control and not modifiers & Qt.KeyboardModifier.ShiftModifier:
            canvas.zoom_by(STEP ** (turned.y() / _WHEEL_STEP), event.position())
        else:
            pixels = event.pixelDelta()
            across, down = (pixels.x(), pixels.y()) if not pixels.isNull() else (
                turned.x() * _SCROLL, turned.y() * _SCROLL
            )  # fmt: skip
            if modifiers & Qt.KeyboardModifier.ShiftModifier and not across:
                across, down = down, 0
            canvas.pan_by(across, down)
        event.accept()

    def native(self, event: QNativeGestureEvent) -> bool:
        """Pinch on a touchpad."""
        if event.gestureType() != Qt.NativeGestureType.ZoomNativeGesture:
            return False
        self._canvas.zoom_by(1.0 + event.value(), event.position())
        return True
