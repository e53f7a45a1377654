"""The canvas on its page: tool bar, colours, where one is, the search, and what the layout is doing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QAction, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QLineEdit,
    QPlainTextEdit,
    QStackedWidget,
    QTableView,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from modelpack_gui.core.records.graph_layout import Around
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.canvas.look import metrics_of
from modelpack_gui.ui.graph.canvas.minimap import Minimap
from modelpack_gui.ui.graph.canvas.paints import boxes_of
from modelpack_gui.ui.graph.canvas.view import GraphCanvas
from modelpack_gui.ui.graph.canvas_pane.bar import CanvasBar
from modelpack_gui.ui.graph.canvas_pane.breadcrumbs import Crumb, crumbs_of
from modelpack_gui.ui.graph.canvas_pane.commands import CanvasCommands
from modelpack_gui.ui.graph.canvas_pane.find import CanvasFind
from modelpack_gui.ui.graph.canvas_pane.head import CanvasHead
from modelpack_gui.ui.graph.canvas_pane.memory import CanvasMemory
from modelpack_gui.ui.graph.canvas_pane.menu import context_menu
from modelpack_gui.ui.graph.canvas_pane.notice import CanvasNotice
from modelpack_gui.ui.graph.canvas_pane.pictures import CanvasPictures
from modelpack_gui.ui.graph.canvas_pane.places import CanvasPlaces
from modelpack_gui.ui.graph.canvas_pane.reach import CanvasReach
from modelpack_gui.ui.graph.canvas_pane.scopes import CanvasScopes
from modelpack_gui.ui.graph.canvas_pane.way import CanvasWay
from modelpack_gui.ui.graph.canvas_pane.words import tell, told_of
from modelpack_gui.ui.graph.overlays.bar import OverlayBar
from modelpack_gui.ui.graph.selection import GroupPick, NodePick, Pick, ValuePick
from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.empty_state import EmptyState

_PATIENCE_MS = 250
"""A layout that takes less is not announced: a bar that flashes up tells nobody anything."""

_TYPED_INTO = (QLineEdit, QAbstractSpinBox, QPlainTextEdit, QTableView, QTreeView)
"""Whoever is in one of these goes on there when a file is opened. The list of stages is only passed through."""


class CanvasPane(QWidget):
    """Brings the canvas together with the graph's selection, its scenes and its overlays.

    Attributes:
        menu_actions: Commands for the window's menu; None stands for a line.
    """

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("canvas-pane")
        self.controller = controller
        self.state = controller.graph
        self.scenes = self.state.scenes
        self._memory = CanvasMemory(settings)
        self._then: Callable[[], None] | None = None  # to be done once what is asked for is drawn
        self._part: tuple[str, int, Around | None] = ("", 0, None)  # that is drawn: file, scope, neighbourhood
        self._is_own = False  # whether the selection is being changed by a click on the canvas
        self._memory.apply_to(self.scenes)

        self.canvas = GraphCanvas()
        self.canvas.sizes = lambda: numbers.sizes_counted if (numbers := self.state.numbers_if_asked) else {}
        self._places = CanvasPlaces(self.canvas, settings)
        self.minimap = Minimap(self.canvas)
        self.reach = CanvasReach(self, self._memory)
        self.pictures = CanvasPictures(self, settings)
        self.inside = CanvasScopes(self)
        self.commands = CanvasCommands(self)
        self.menu_actions: Sequence[QAction | None] = self.commands.for_menu
        self.bar = CanvasBar(self, self.commands)
        self.overlay_bar = OverlayBar(controller)
        self.way = CanvasWay(self.canvas)
        self.crumbs = self.way.crumbs
        self.finder = CanvasFind(self.state)
        self.notice = CanvasNotice()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.canvas)
        self._empty = EmptyState("graph", "The graph is drawn here, module by module.")
        self._stack.addWidget(self._empty)
        self._lay_out()
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        self._patience.timeout.connect(self.tell)
        self._connect()
        self._apply_settings()
        self._color()
        self._mark()
        self._on_scene()

    # For the page

    def show_find(self) -> None:
        """Let the user type what to find."""
        self.finder.open_search()

    def fit_selection(self) -> None:
        """Show what is selected, large; what it is in is opened."""
        pick = self.state.selection.current
        if pick is not None:
            self._see(pick, self.canvas.fit_selection)

    def go_to(self, pick: Pick) -> None:
        """Select something and bring it into view; what it is in is opened."""
        self.state.selection.select(pick)
        self._see(pick, self.canvas.bring_selection)

    def fit_nodes(self, nodes: Sequence[int]) -> None:
        """Show some nodes at once; what they are in is opened."""

        def fit() -> None:
            if (arrays := self.canvas.arrays) is not None:
                self.canvas.fit_rect(arrays.bounds_of(boxes_of(arrays, nodes)))

        self._after(fit, lambda: self.scenes.show_nodes(nodes))

    # Commands

    def set_right(self, *, is_right: bool) -> None:
        """Let edges lead to the right, or down."""
        self.scenes.set_direction("right" if is_right else "down")
        self._memory.keep(self.scenes)

    def set_wheel(self, *, moves: bool) -> None:
        """Let the wheel move, or zoom."""
        self.canvas.wheel_zooms = not moves
        self._memory.put("wheel_moves", moves)

    def set_minimap(self, *, is_wanted: bool) -> None:
        """Show the overview in the corner, or never."""
        self.minimap.set_wanted(is_wanted=is_wanted)
        self._memory.put("minimap", is_wanted)

    def take_details(self) -> None:
        """Show the lines that are checked."""
        details = frozenset(one for one, action in self.commands.details.items() if action.isChecked())
        self.scenes.set_details(details)
        self._memory.keep(self.scenes)

    def take_hidden(self) -> None:
        """Leave out what is checked."""
        self.scenes.set_hidden(frozenset(one for one, action in self.commands.hidden.items() if action.isChecked()))
        self._memory.keep(self.scenes)

    # Qt's side

    def showEvent(self, event: QShowEvent) -> None:
        """From now on it is worth laying out."""
        super().showEvent(event)
        self.scenes.start(metrics_of(self.canvas.font()))

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks."""
        super().hideEvent(event)
        self.scenes.pause()

    # Inside

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING // 2)
        column.addWidget(CanvasHead(self.bar, self.overlay_bar))
        column.addWidget(self.finder)
        column.addWidget(self.notice)
        column.addWidget(self._stack, 1)

    def _connect(self) -> None:
        canvas, scenes, state = self.canvas, self.scenes, self.state
        canvas.picked.connect(self._on_picked)
        canvas.toggle_wanted.connect(scenes.toggle_group)
        canvas.enter_wanted.connect(self.inside.enter_at)
        canvas.leave_wanted.connect(self.inside.leave)
        canvas.menu_wanted.connect(self._on_menu_wanted)
        canvas.view_changed.connect(lambda: self.bar.show_zoom(canvas.viewport.zoom))
        canvas.find_wanted.connect(self.finder.step)
        canvas.escape_pressed.connect(self._on_escape)
        canvas.picture_dragged.connect(self.pictures.drag)
        scenes.came.connect(self._on_scene)
        scenes.changed.connect(self._on_scenes_changed)
        state.selection.changed.connect(self._on_selection)
        state.overlays.changed.connect(self._color)
        state.overlays.fit_wanted.connect(self.fit_nodes)
        state.checks.changed.connect(self._mark)
        state.changed.connect(self._on_graph_changed)
        self.crumbs.wanted.connect(self._on_crumb)
        self.finder.found_changed.connect(self._on_found)
        self.finder.step_wanted.connect(lambda node: self.go_to(NodePick(node)))
        self.finder.closed.connect(lambda: canvas.setFocus(Qt.FocusReason.OtherFocusReason))

    def _apply_settings(self) -> None:
        scenes, actions = self.scenes, self.commands
        for detail, action in actions.details.items():
            action.setChecked(detail in scenes.details)
        for hidden, action in actions.hidden.items():
            action.setChecked(hidden in scenes.hidden)
        is_right, moves = scenes.direction == "right", self._memory.is_on("wheel_moves", default=False)
        shows_map = self._memory.is_on("minimap", default=True)
        for action, is_on in ((actions.direction, is_right), (actions.wheel, moves), (actions.minimap, shows_map)):
            action.setChecked(is_on)
        self.canvas.wheel_zooms = not moves
        self.minimap.set_wanted(is_wanted=shows_map)

    # What happens

    def _on_picked(self, pick: Pick | None) -> None:
        if self.canvas.graph is not self.state.graph:
            return  # the picture is still that of the file before it was read again
        self._is_own = True
        try:
            self.state.selection.select(pick)
        finally:
            self._is_own = False

    def _on_selection(self, pick: Pick | None) -> None:
        self.canvas.show_pick(pick, is_own=self._is_own)
        self._show_way()
        self.tell()

    def _on_menu_wanted(self, where: QPoint, pick: Pick | None) -> None:
        menu = context_menu(self, pick)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(where)

    def _on_escape(self) -> None:
        if self.finder.isVisible():
            self.finder.close_search()
        else:
            self.reach.end_trace()

    def _on_crumb(self, crumb: Crumb) -> None:
        if crumb.scope != self.scenes.view.scope:
            self.inside.enter(crumb.scope)
        elif crumb.group >= 0:
            self.state.selection.select(GroupPick(crumb.group))
            self.fit_selection()
        else:
            self.scenes.show_all()
            self.canvas.fit_all()

    def _on_graph_changed(self) -> None:
        if self.state.graph is None:
            self.canvas.clear()
        self.inside.forget()
        self._color()
        self._show_way()

    def _on_found(self) -> None:
        self.canvas.set_coloring(found=tuple(self.finder.found))
        self.canvas.show_found(NodePick(self.finder.found[0]) if self.finder.found else None)

    def _on_scene(self) -> None:
        graph, arrays, index = self.state.graph, self.scenes.arrays, self.state.index
        path = index.artifact.path if index is not None else ""
        if graph is not None and arrays is not None:
            shown, is_down = self.scenes.shown, self.scenes.direction == "down"
            before, self._part = self._part, (path, shown.scope, shown.around)
            is_elsewhere = before != self._part
            self.canvas.set_scene(graph, arrays, self.scenes.details, is_down=is_down, is_elsewhere=is_elsewhere)
            if before[0] != path:
                self._take_keys()
            self._places.follow(path)
            self._do_then()
        elif graph is None or path != self._part[0]:  # of the same file read again, the old picture stays meanwhile
            self.canvas.clear()
        self.minimap.follow()
        self._memory.keep(self.scenes)
        self._on_scenes_changed()

    def _take_keys(self) -> None:
        """Another file is drawn: its keys are the canvas's, unless the user types or goes through a list."""
        self._stack.setCurrentIndex(0)  # what is not seen gets no focus
        if not isinstance(QApplication.focusWidget(), _TYPED_INTO):
            self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_scenes_changed(self) -> None:
        scenes = self.scenes
        self.bar.show_level(scenes.level, scenes.deepest_level)
        if scenes.is_running and not self._patience.isActive() and self.notice.isHidden():
            self._patience.start()
        if scenes.error is not None or scenes.was_cancelled:
            self._then = None
        self.commands.show_all.setEnabled(scenes.view.around is not None)
        self.way.show_report(scenes.report)
        self._show_way()
        if not scenes.is_running or not self.notice.isHidden():
            self.tell()

    # What is shown around the canvas

    def _show_way(self) -> None:
        graph = self.state.graph
        self.crumbs.show_crumbs(
            crumbs_of(graph, self.scenes.view, self.state.selection.current) if graph is not None else []
        )

    def tell(self) -> None:
        """Say what is going on, and show the canvas once there is something on it."""
        self._stack.setCurrentIndex(0 if self.canvas.arrays is not None else 1)
        self._empty.set_problem(self.state.error.message if self.state.error is not None else "")
        tell(self)

    def _color(self) -> None:
        overlays = self.state.overlays
        overlay = overlays.current
        colors = overlays.colors(overlay) if overlay is not None else None
        nodes, groups = (colors.nodes, colors.groups) if colors is not None else (None, None)
        self.canvas.set_coloring(nodes=nodes, groups=groups, told=self._told)

    def _told(self, pick: Pick) -> Sequence[str]:
        return told_of(self.state, pick) if self.canvas.graph is self.state.graph else ()

    def _mark(self) -> None:
        if self.state.checks.marks is not self.canvas.coloring.marks:
            self.canvas.set_coloring(marks=self.state.checks.marks)

    # Bringing into view

    def _see(self, pick: Pick, then: Callable[[], None]) -> None:
        graph = self.state.graph
        if graph is None:
            return
        if self.canvas.shown and not self.canvas.shown.is_inside:
            then()
        elif isinstance(pick, GroupPick):
            self._after(then, lambda: self.scenes.show_group(pick.group))
        else:
            nodes = self.selected_nodes()
            if nodes:
                self._after(then, lambda: self.scenes.show_nodes(nodes[:1]))

    def _after(self, then: Callable[[], None], change: Callable[[], None]) -> None:
        """Do something once a change of what is shown is drawn: now, if nothing had to change."""
        before = self.scenes.view
        self._then = then
        change()
        if self.scenes.view == before and not self.scenes.is_running:
            self._do_then()

    def _do_then(self) -> None:
        then, self._then = self._then, None
        if then is not None:
            then()

    def selected_nodes(self) -> tuple[int, ...]:
        """The nodes that the selection stands for."""
        graph, pick = self.state.graph, self.state.selection.current
        if graph is None or pick is None:
            return ()
        if isinstance(pick, NodePick):
            return (pick.node,)
        if isinstance(pick, ValuePick):
            maker = graph.producers[pick.value]
            return (maker,) if maker >= 0 else tuple(dict.fromkeys(graph.consumers(pick.value)))[:1]
        below = [pick.group]
        for group in below:
            below += graph.group_children[group]
        return tuple(node for group in below for node in graph.group_nodes[group])

    def hide_nothing(self) -> None:
        """Show all nodes."""
        for action in self.commands.hidden.values():
            action.setChecked(False)
        self.take_hidden()
