"""The whole picture in a corner of the canvas, with the part that is in view."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from modelpack_gui.ui.graph.canvas.painter import ScenePainter
from modelpack_gui.ui.graph.canvas.strokes import painting
from modelpack_gui.ui.graph.canvas.view import GraphCanvas

_SIZE = QSize(168, 148)
_PICTURE = 2 * max(_SIZE.width(), _SIZE.height())
_LEAST = QSize(56, 56)
_GAP = 10
_SHARE = 0.4
"""Of the canvas's width and height, at most."""


class Minimap(QWidget):
    """Lies on a canvas. Clicking or dragging in it moves there. It goes while everything is in view anyway."""

    def __init__(self, canvas: GraphCanvas) -> None:
        super().__init__(canvas)
        self.setObjectName("graph-minimap")
        self.setAccessibleName("Overview of the graph")
        self.setToolTip("Drag to move about")
        self.setCursor(Qt.CursorShape.CrossCursor)
        self._canvas = canvas
        self.is_wanted = True
        canvas.view_changed.connect(self.follow)
        self.hide()

    def set_wanted(self, *, is_wanted: bool) -> None:
        """Show it where it is of use, or never."""
        self.is_wanted = is_wanted
        self.follow()

    def follow(self) -> None:
        """The canvas shows something else."""
        viewport, painter = self._canvas.viewport, self._canvas.painter
        shows_all = viewport.view.contains(viewport.bounds)
        is_useful = self.is_wanted and painter is not None and not viewport.bounds.isEmpty() and not shows_all
        if is_useful:
            size = self._fitting()
            is_useful = (
                size.width() <= self._canvas.width() * _SHARE and size.height() <= self._canvas.height() * _SHARE
            )
            corner = self._canvas.rect().bottomRight()
            self.setGeometry(
                corner.x() - size.width() - _GAP, corner.y() - size.height() - _GAP, size.width(), size.height()
            )
        self.setVisible(is_useful)
        self._canvas.covered = QRectF(self.geometry()) if is_useful else QRectF()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 (Qt's signature)
        """Draw the overview, and darken what is not in view."""
        scene = self._canvas.painter
        if scene is None:
            return
        with painting(self) as painter:
            self._paint(painter, scene)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go there; the keys stay with the canvas."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._canvas.setFocus(Qt.FocusReason.MouseFocusReason)
            self._go(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event.position())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """As on the canvas."""
        QApplication.sendEvent(
            self._canvas,
            QWheelEvent(
                QPointF(self._canvas.rect().center()),
                event.globalPosition(),
                event.pixelDelta(),
                event.angleDelta(),
                event.buttons(),
                event.modifiers(),
                event.phase(),
                event.inverted(),
            ),
        )
        event.accept()

    def _fitting(self) -> QSize:
        bounds = self._canvas.viewport.bounds
        size = QSize(max(1, round(bounds.width())), max(1, round(bounds.height())))
        return size.scaled(_SIZE, Qt.AspectRatioMode.KeepAspectRatio).expandedTo(_LEAST)

    def _picture_rect(self) -> QRectF:
        bounds = self._canvas.viewport.bounds
        scale = min(self.width() / bounds.width(), self.height() / bounds.height())
        size = bounds.size() * scale
        return QRectF(
            (self.width() - size.width()) / 2, (self.height() - size.height()) / 2, size.width(), size.height()
        )

    def _view_rect(self) -> QRectF:
        viewport, place = self._canvas.viewport, self._picture_rect()
        scale = place.width() / viewport.bounds.width()
        view = viewport.view.translated(-viewport.bounds.topLeft())
        return QRectF(place.topLeft() + view.topLeft() * scale, view.size() * scale)

    def _go(self, position: QPointF) -> None:
        place = self._picture_rect()
        scale = self._canvas.viewport.bounds.width() / place.width()
        self._canvas.center_on((position - place.topLeft()) * scale + self._canvas.viewport.bounds.topLeft())

    def _paint(self, painter: QPainter, scene: ScenePainter) -> None:
        look = scene.look
        painter.fillRect(self.rect(), look.background)
        image, _zoom = scene.overview(_PICTURE)
        place = self._picture_rect()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, image)
        view = self._view_rect().intersected(QRectF(self.rect()))
        shade = QColor(look.colors.window)
        shade.setAlpha(150)
        whole = QRectF(self.rect())
        for part in (
            QRectF(whole.left(), whole.top(), whole.width(), view.top() - whole.top()),
            QRectF(whole.left(), view.bottom(), whole.width(), whole.bottom() - view.bottom()),
            QRectF(whole.left(), view.top(), view.left() - whole.left(), view.height()),
            QRectF(view.right(), view.top(), whole.right() - view.right(), view.height()),
        ):
            painter.fillRect(part, shade)
        painter.setPen(QPen(look.accent, 1.5))
        painter.drawRect(view)
        painter.setPen(QPen(look.border, 1))
        painter.drawRect(whole.adjusted(0.5, 0.5, -0.5, -0.5))
