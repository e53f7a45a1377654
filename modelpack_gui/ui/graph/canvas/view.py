"""The canvas: one widget that paints what is in view of a picture, and is moved about in."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.ui.graph.canvas.anchor import Key, anchors_of, box_of_key
from modelpack_gui.ui.graph.canvas.arrays import SceneArrays
from modelpack_gui.ui.graph.canvas.backing import Backing
from modelpack_gui.ui.graph.canvas.gestures import Gestures
from modelpack_gui.ui.graph.canvas.glance import Glance
from modelpack_gui.ui.graph.canvas.keys import handle_key
from modelpack_gui.ui.graph.canvas.labels import Labels
from modelpack_gui.ui.graph.canvas.look import Look
from modelpack_gui.ui.graph.canvas.overlines import paint_band, paint_border, paint_live
from modelpack_gui.ui.graph.canvas.painter import ScenePainter
from modelpack_gui.ui.graph.canvas.paints import Coloring
from modelpack_gui.ui.graph.canvas.picking import Shown, pick_of_box, rect_of, shown_of
from modelpack_gui.ui.graph.canvas.strokes import painting
from modelpack_gui.ui.graph.canvas.tips import box_tip, edge_tip, spoken
from modelpack_gui.ui.graph.canvas.travel import begin_of, trace
from modelpack_gui.ui.graph.canvas.zooming import ZoomingWidget
from modelpack_gui.ui.graph.selection import Pick, ValuePick
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.plain_text import plain_tooltip

HIT_PIXELS = 6.0


class GraphCanvas(ZoomingWidget):
    """Shows a picture of a graph. It changes nothing by itself: what is clicked is told by signals.

    Attributes:
        graph, arrays: What is shown; None before the first picture.
        current: The box that keys start from; -1 without one.
        hover_box, hover_edge: Under the pointer; -1 for none.
        wheel_zooms: Whether the wheel zooms, else it moves; with Ctrl it does the other.
        coloring: What is drawn on the boxes.
        sizes: Asked for what the file leaves open, by `OpenDim.key`, when an edge is told of.
    """

    picked = Signal(object)  # Pick, or None
    toggle_wanted = Signal(int)  # a group is to be opened or closed
    enter_wanted = Signal(int)  # a node whose subgraph or function is to be shown
    leave_wanted = Signal()
    menu_wanted = Signal(QPoint, object)  # where on the screen; Pick under the pointer, or None
    find_wanted = Signal(int)  # the next thing found (1), or the one before (-1)
    escape_pressed = Signal()
    picture_dragged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("graph-canvas")
        self.setAccessibleName("Graph")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(160, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.graph: Graph | None = None
        self.arrays: SceneArrays | None = None
        self.current = -1
        self.hover_box = self.hover_edge = -1
        self.wheel_zooms = True
        self.coloring = Coloring()
        self.sizes: Callable[[], Mapping[str, int]] = dict
        self.look = Look.of(theme().colors)
        self.shown = Shown()
        self.painter: ScenePainter | None = None
        self._pick: Pick | None = None
        self._found: Pick | None = None
        self._found_shown = Shown()
        self.trace_steps = (0, 0)  # `set_trace` sets them
        self._labels: Labels | None = None
        self._backing = Backing()
        self._gestures = Gestures(self)
        self._glance = Glance(self)
        self._band: QRectF | None = None
        self._toggled: int | None = None  # a group whose box stays where it is when the next picture comes

    # What is shown

    def set_scene(
        self,
        graph: Graph,
        arrays: SceneArrays,
        details: Collection[str],
        *,
        is_down: bool,
        is_elsewhere: bool = False,
    ) -> None:
        """Show another picture. What was in view stays where it was as far as it can, once it was moved.

        Args:
            is_elsewhere: It is of another graph, or another part of it: it is shown from its begin.
        """
        before = None if is_elsewhere or (self.is_untouched and self._toggled is None) else self.arrays
        anchors: list[tuple[Key, QPointF]] = []
        if before is not None and self.is_down == is_down:
            anchors = anchors_of(before, self.viewport, self._toggled, self.shown.boxes)
        self.graph, self.arrays, self.is_down = graph, arrays, is_down
        self._labels = Labels(graph, arrays, self.font(), details)
        self.viewport.bounds, self.viewport.begin = arrays.bounds, begin_of(arrays)
        self.hover_box = self.hover_edge = self.current = -1
        self._locate()
        self._repaint_all()
        self._hold(graph, arrays, anchors)
        self._toggled = None
        self._glance.stay()
        self.moved()

    def _hold(self, graph: Graph, arrays: SceneArrays, anchors: Sequence[tuple[Key, QPointF]]) -> None:
        for key, place in anchors:
            box = box_of_key(graph, arrays, key)
            if box >= 0:
                rect = arrays.rect(box)
                self.is_untouched = False
                self.viewport.hold(rect.topLeft(), place)
                if key[1] == self._toggled:
                    self.viewport.reveal(rect)
                break
        else:
            self.start()
            self.bring_selection()

    def clear(self) -> None:
        """Show nothing."""
        self.graph = self.arrays = self.painter = self._labels = None
        self.shown = self._found_shown = Shown()
        self.current = self.hover_box = self.hover_edge = -1
        self.viewport.bounds = QRectF()
        self._backing.forget()
        self.update()

    def set_coloring(self, **changes: object) -> None:
        """Draw other colours, see `Coloring`."""
        self.coloring = dataclasses.replace(self.coloring, **changes)  # type: ignore[arg-type]
        self._repaint()

    def show_pick(self, pick: Pick | None, *, is_own: bool = False) -> None:
        """Show what is selected; what was not clicked here is brought into view."""
        self._pick = pick
        self._glance.stay()
        self._locate()
        if any(self.trace_steps):
            self._repaint()
        if not is_own:
            self.bring_selection()
        self._tell()
        self.update()

    def show_found(self, pick: Pick | None) -> None:
        """Ring the one thing that a search is at, and look at it; None looks back at what was in view before."""
        self._found = pick
        self._locate()
        if self._found_shown:
            self._glance.at(lambda: self.bring_rect(self._rect_of(self._found_shown)))
        else:
            self._glance.back()
        self.update()

    def set_trace(self, steps_up: int, steps_down: int) -> None:
        """Let what leads to the selection and comes from it stand out, so many steps far; 0, 0 for all alike."""
        if (steps_up, steps_down) != self.trace_steps:
            self.trace_steps = steps_up, steps_down
            self._repaint()

    # Moving about

    def fit_selection(self) -> None:
        """Show what is selected, with a little around it."""
        if self.shown:
            self.fit_rect(self._rect_of(self.shown))

    def bring_selection(self) -> None:
        """Bring what is selected into view, large enough to be read."""
        if self.shown:
            self.bring_rect(self._rect_of(self.shown))

    def point_of_interest(self) -> QPointF:
        """The selection if it is in view, else the middle."""
        rect = self._rect_of(self.shown)
        if self.shown and self.viewport.shows(rect):
            about = self.viewport.to_widget(rect.center())
            return QPointF(min(max(about.x(), 0.0), self.width()), min(max(about.y(), 0.0), self.height()))
        return super().point_of_interest()

    # For gestures and keys

    def pick_at(self, position: QPointF) -> tuple[Pick | None, int]:
        """What is at a place of the widget, and its box; -1 where it is an edge or nothing."""
        (box, edge), arrays = self._hit(position), self.arrays
        if arrays is None or max(box, edge) < 0:
            return None, -1
        return (pick_of_box(arrays, box), box) if box >= 0 else (ValuePick(int(arrays.value[edge])), -1)

    def choose(self, box: int) -> None:
        """Select a box, as a click or a key does, and bring it into view."""
        if self.arrays is None or box < 0:
            return
        self.current = box
        self.viewport.reveal(self.arrays.rect(box))
        self.picked.emit(pick_of_box(self.arrays, box))
        self.moved()
        self._tell()

    def activate(self, box: int) -> None:
        """Open or close a group, enter what a node calls, go to the other end of a cut edge."""
        arrays = self.arrays
        if arrays is None or box < 0:
            return
        kind, ref = int(arrays.kind[box]), int(arrays.ref[box])
        if kind in (kinds.BOX_GROUP, kinds.BOX_FRAME):
            self._toggled = ref
            self.toggle_wanted.emit(ref)
        elif kind == kinds.BOX_NODE:
            self.enter_wanted.emit(ref)
        elif arrays.far[box] >= 0:
            self.choose(int(arrays.far[box]))

    def close_around(self) -> None:
        """Close the open group that the current box is in, or is."""
        arrays, box = self.arrays, self.current
        if arrays is not None and box >= 0:
            self.activate(box if arrays.kind[box] == kinds.BOX_FRAME else int(arrays.parent[box]))

    def set_hover(self, position: QPointF | None) -> None:
        """The pointer is somewhere else."""
        box, edge = self._hit(position) if position is not None else (-1, -1)
        if (box, edge) != (self.hover_box, self.hover_edge):
            self.hover_box, self.hover_edge = box, edge
            self.update()

    def hover_text(self) -> str:
        """What is said of what is under the pointer."""
        if self.graph is None or self.arrays is None:
            return ""
        if self.hover_box >= 0:
            told = self.coloring.told(pick_of_box(self.arrays, self.hover_box)) if self.coloring.told else ()
            return "\n".join((box_tip(self.graph, self.arrays, self.hover_box), *told))
        return edge_tip(self.graph, self.arrays, self.hover_edge, self.sizes()) if self.hover_edge >= 0 else ""

    def rubber_band(self, rect: QRectF | None) -> None:
        """Show the box that is to be zoomed to; None for none."""
        self._band = rect
        self.update()

    # Qt's side

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 (Qt's signature)
        """Draw: first what is kept as a picture, then what follows the pointer and the selection."""
        with painting(self) as painter:
            if self.painter is None:
                painter.fillRect(self.rect(), self.look.background)
            else:
                self._paint(painter, self.painter)

    def _paint(self, painter: QPainter, scene: ScenePainter) -> None:
        viewport, ratio = self.viewport, self.devicePixelRatioF()

        def paint(on: QPainter, area: QRectF) -> None:
            scene.paint(on, viewport.zoom, viewport.origin, area)

        zoom, origin = viewport.zoom, viewport.origin
        pixmap = self._backing.update(self.size(), ratio, zoom, origin, self.look.background, paint)
        painter.drawPixmap(0, 0, pixmap)
        paint_live(painter, scene, viewport, self.shown, self._found_shown, (self.hover_box, self.hover_edge))
        paint_band(painter, self.look, self._band)
        paint_border(painter, self.look, self.rect(), has_focus=self.hasFocus())

    def event(self, event: QEvent) -> bool:
        """Pinches, tooltips, and the keys that a window would take for its own."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), plain_tooltip(self.hover_text()), self)
            return True
        if event.type() == QEvent.Type.NativeGesture and isinstance(event, QNativeGestureEvent):
            return self._gestures.native(event)
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer, or move."""
        self._gestures.wheel(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to pick, to move, or to zoom to a box."""
        self._gestures.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move, or tell what is under the pointer."""
        self._gestures.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Pick, or end moving."""
        self._gestures.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open what is there."""
        self._gestures.double_click(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done with what is there; by the keyboard, with what is selected."""
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self.menu_wanted.emit(self.mapToGlobal(self.point_of_interest().toPoint()), self._pick)
            return
        pick, box = self.pick_at(QPointF(event.pos()))
        if pick is not None:
            self.current = box
            self.picked.emit(pick)
        self.menu_wanted.emit(event.globalPos(), pick)

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer is elsewhere."""
        super().leaveEvent(event)
        self.set_hover(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Travel, zoom, open and close."""
        if not handle_key(self, event):
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.look = Look.of(theme().colors)
            self._repaint_all()

    # Inside

    def _hit(self, position: QPointF) -> tuple[int, int]:
        """Box and edge at a place of the widget: an edge counts where it crosses a frame, but not a box."""
        if self.arrays is None:
            return -1, -1
        place = self.viewport.to_scene(position)
        box = self.arrays.box_at(place)
        if box >= 0 and self.arrays.kind[box] != kinds.BOX_FRAME:
            return box, -1
        edge = self.arrays.edge_at(place, HIT_PIXELS / self.viewport.zoom)
        return (-1, edge) if edge >= 0 else (box, -1)

    def _locate(self) -> None:
        if self.graph is None or self.arrays is None:
            self.shown = self._found_shown = Shown()
            return
        self.shown = shown_of(self.graph, self.arrays, self._pick)
        self._found_shown = shown_of(self.graph, self.arrays, self._found)
        if self.current not in self.shown.boxes:
            self.current = self.shown.boxes[0] if self.shown.boxes else -1

    def _rect_of(self, shown: Shown) -> QRectF:
        return rect_of(self.arrays, shown) if self.arrays is not None else QRectF()

    def _repaint_all(self) -> None:
        if self.graph is not None and self.arrays is not None and self._labels is not None:
            self.painter = ScenePainter(self.graph, self.arrays, self._labels, self.look)
        self._repaint()

    def _repaint(self) -> None:
        if self.painter is not None and self.graph is not None and self.arrays is not None:
            boxes = self.shown.boxes or [int(self.arrays.source[edge]) for edge in self.shown.edges[:1]]
            traced = trace(self.arrays, boxes, *self.trace_steps) if any(self.trace_steps) and boxes else None
            self.painter.set_paints(self.coloring.paints(self.graph, self.arrays, self.look, traced))
        self._backing.forget()
        self.update()

    def _tell(self) -> None:
        """Say the current box to who cannot see it."""
        text = ""
        if self.graph is not None and self.arrays is not None and self.current >= 0:
            text = spoken(self.graph, self.arrays, self.current)
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))
