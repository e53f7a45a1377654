"""Pictures of one slice side by side, such as expected, actual and how they differ; one view and one cursor."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from modelpack_gui.ui.look.theme import GRID, SPACING, theme
from modelpack_gui.ui.widgets.values.pane_painter import TICK_SPACE, Layer, Pane, PanePainter

_STACKED_RATIO = 2.4
"""Slices wider than this are drawn below each other."""
_SQUARE_RATIO = 8.0
_SQUARE_FROM = 24
"""Cells are squares from so many rows and columns on, unless that would leave a ribbon."""
_STRETCH = 3.0
_LEAST_CELLS = 1.5
_DRAG_PIXELS = 4.0
_SMALL = 8.0
"""Pixels: a cell below is pointed to by a ring if it is the worst."""


class HeatPanes(QWidget):
    """Draws and is moved about in. Wheel, `+` and `-` zoom, dragging pans, arrows move the cursor, Home shows all.

    Attributes:
        shape: Rows and columns of the slice.
        view: What is in view, in columns (x) and rows (y).
        cursor_place: Row and column that was picked; None before.
        hover: Row and column under the pointer; None while it is elsewhere.
    """

    view_changed = Signal()
    cursor_changed = Signal()  # or the hover

    def __init__(self, parent: QWidget | None = None, *, count: int = 3) -> None:
        """`count` is how many panes there are."""
        super().__init__(parent)
        self._count = count
        self.setObjectName("heat-panes")
        self.setAccessibleName("Heat map")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(240, 140)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.shape = (0, 0)
        self.view = QRectF()
        self.cursor_place: tuple[int, int] | None = None
        self.hover: tuple[int, int] | None = None
        self._panes: tuple[Pane, ...] = ()
        self._layers: tuple[Layer, ...] = ()
        self._worst: tuple[int, int] | None = None
        self._pressed: tuple[QPointF, QRectF] | None = None
        self._is_dragging = False

    # What is shown

    def set_shape(self, shape: tuple[int, int]) -> None:
        """Another slice: all of it is in view."""
        self.shape = shape
        self._layers = ()
        self.view = QRectF(0, 0, shape[1], shape[0])
        self.cursor_place = self.hover = None
        self.update()

    def set_panes(
        self, panes: tuple[Pane, ...], layers: tuple[Layer, ...], worst: tuple[int, int] | None = None
    ) -> None:
        """Draw these pictures; later layers lie on the earlier ones; a ring in the last pane points to `worst`."""
        self._panes, self._layers, self._worst = panes, layers, worst
        self.update()

    def set_cursor_place(self, row: int, column: int) -> None:
        """Pick an element, and bring it into view."""
        self.cursor_place = (row, column)
        place = QPointF(column + 0.5, row + 0.5)
        if not self.view.contains(place):
            moved = QRectF(self.view)
            moved.moveCenter(place)
            self._set_view(moved)
        self.cursor_changed.emit()
        self.update()

    def zoom_to(self, row: int, column: int) -> None:
        """Show an element at a size that can be seen, with what is around it."""
        rect = self.pane_rects()[0]
        across, down = min(self.shape[1], rect.width() / 12), min(self.shape[0], rect.height() / 12)
        factor = max(across / max(1, self.shape[1]), down / max(1, self.shape[0]))
        if factor * self.shape[1] < self.view.width():
            view = QRectF(0, 0, factor * self.shape[1], factor * self.shape[0])
            view.moveCenter(QPointF(column + 0.5, row + 0.5))
            self._set_view(view)
        self.set_cursor_place(row, column)

    def reset_view(self) -> None:
        """Show all of the slice."""
        self._set_view(QRectF(0, 0, self.shape[1], self.shape[0]))

    # Geometry

    @property
    def is_stacked(self) -> bool:
        """Whether the panes lie below each other."""
        return self._count > 1 and self.shape[1] > _STACKED_RATIO * max(1, self.shape[0])

    def pane_rects(self) -> list[QRectF]:
        """Where the pictures go."""
        line = float(self.fontMetrics().height())
        number = self._count
        left, top, bottom = TICK_SPACE, line + GRID, 2 * line + 3 * GRID + 8
        if number == 1:  # it needs no title
            top = float(GRID)
        if self.is_stacked:
            height = max(16.0, self.height() / number - top - bottom)
            width = max(16.0, self.width() - left - SPACING)
            rects = [QRectF(left, i * self.height() / number + top, width, height) for i in range(number)]
        else:
            width = max(16.0, self.width() / number - left - SPACING)
            height = max(16.0, self.height() - top - bottom)
            rects = [QRectF(i * self.width() / number + left, top, width, height) for i in range(number)]
        return [self._fitted(rect) for rect in rects]

    def _fitted(self, rect: QRectF) -> QRectF:
        """With square cells, where the slice is not too long for that."""
        rows, columns = max(1, self.shape[0]), max(1, self.shape[1])
        ratio = columns / rows
        if min(rows, columns) < _SQUARE_FROM or not 1 / _SQUARE_RATIO <= ratio <= _SQUARE_RATIO:
            return rect
        size = min(rect.width() / columns, rect.height() / rows)
        if self._count == 1:  # it has all of the room: cells may be longer than high, within reason
            wide = min(rect.width() / columns, _STRETCH * size)
            return QRectF(rect.left(), rect.top(), wide * columns, min(rect.height() / rows, _STRETCH * size) * rows)
        return QRectF(rect.left(), rect.top(), size * columns, size * rows)

    def place_at(self, position: QPointF) -> tuple[int, int] | None:
        """Row and column of the element at a place of the widget, in whichever pane."""
        place = self._in_slice(position)
        if place is None or not (self.shape[0] and self.shape[1]):
            return None
        return min(self.shape[0] - 1, max(0, int(place.y()))), min(self.shape[1] - 1, max(0, int(place.x())))

    def _set_view(self, view: QRectF) -> None:
        width = min(float(self.shape[1]), max(min(_LEAST_CELLS, self.shape[1]), view.width()))
        height = min(float(self.shape[0]), max(min(_LEAST_CELLS, self.shape[0]), view.height()))
        left = min(self.shape[1] - width, max(0.0, view.center().x() - width / 2))
        top = min(self.shape[0] - height, max(0.0, view.center().y() - height / 2))
        found = QRectF(left, top, width, height)
        if found != self.view:
            self.view = found
            self.view_changed.emit()
            self.update()

    def zoom(self, factor: float, about: QPointF | None = None) -> None:
        """Show more (factor above 1) or less, about a place of the slice."""
        if about is None:
            place = self.cursor_place
            about = self.view.center() if place is None else QPointF(place[1] + 0.5, place[0] + 0.5)
        view = self.view
        across = (about.x() - view.left()) / view.width()
        down = (about.y() - view.top()) / view.height()
        width, height = view.width() * factor, view.height() * factor
        width, height = min(width, float(self.shape[1])), min(height, float(self.shape[0]))
        self._set_view(QRectF(about.x() - across * width, about.y() - down * height, width, height))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 (Qt's signature)
        """Draw all panes."""
        painter = QPainter(self)
        self.render_panes(painter)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme().colors.accent), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)

    def render_panes(self, painter: QPainter) -> None:
        """Draw them, on the screen or in a picture."""
        if self.view.isEmpty():
            return
        painter.setFont(self.font())
        marks = [(place, is_picked) for place, is_picked in ((self.cursor_place, True), (self.hover, False)) if place]
        for i, (pane, rect) in enumerate(zip(self._panes, self.pane_rects(), strict=False)):
            pen = PanePainter(painter, rect, self.view)
            pen.draw(pane, self._layers, i, marks)
            is_small = max(rect.width() / self.view.width(), rect.height() / self.view.height()) < _SMALL
            if i == len(self._panes) - 1 and self._worst is not None and is_small:
                pen.draw_ring(self._worst)

    # Moving about

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom, once it was clicked into: a page that is scrolled past must not change."""
        turned = event.angleDelta().y()
        about = self._in_slice(event.position())
        if not self.hasFocus() or not turned or about is None:
            event.ignore()
            return
        self.zoom(0.8 ** (turned / 120), about)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to drag, or to pick."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = (event.position(), QRectF(self.view))
            self._is_dragging = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pan, or tell what is under the pointer."""
        if self._pressed is not None:
            start, view = self._pressed
            moved = event.position() - start
            self._is_dragging = self._is_dragging or moved.manhattanLength() > _DRAG_PIXELS
            if self._is_dragging:
                rect = self.pane_rects()[0]
                across = -moved.x() / rect.width() * view.width()
                self._set_view(view.translated(across, -moved.y() / rect.height() * view.height()))
            return
        self._set_hover(self.place_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Pick, if it was no dragging."""
        place = self.place_at(event.position())
        if self._pressed is not None and not self._is_dragging and place is not None:
            self.set_cursor_place(*place)
        self._pressed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: ARG002 (Qt's signature)
        """Show all."""
        self.reset_view()

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer is elsewhere."""
        super().leaveEvent(event)
        self._set_hover(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the cursor, zoom."""
        key = event.key()
        steps = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        if key in steps and self.shape[0] and self.shape[1]:
            row, column = self.cursor_place or (int(self.view.center().y()), int(self.view.center().x()))
            many = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            down, across = steps[Qt.Key(key)]
            row = min(self.shape[0] - 1, max(0, row + many * down))
            self.set_cursor_place(row, min(self.shape[1] - 1, max(0, column + many * across)))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(0.7)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / 0.7)
        elif key == Qt.Key.Key_Home:
            self.reset_view()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Other tiles fit."""
        super().resizeEvent(event)
        self.view_changed.emit()

    def _set_hover(self, place: tuple[int, int] | None) -> None:
        if place != self.hover:
            self.hover = place
            self.cursor_changed.emit()
            self.update()

    def _in_slice(self, position: QPointF) -> QPointF | None:
        """The place of the slice, in columns and rows, that a place of the widget shows; None between the panes."""
        for rect in self.pane_rects():
            if rect.contains(position):
                return QPointF(
                    self.view.left() + (position.x() - rect.left()) / rect.width() * self.view.width(),
                    self.view.top() + (position.y() - rect.top()) / rect.height() * self.view.height(),
                )
        return None
