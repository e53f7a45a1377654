"""Every command of the canvas, with its key: for its tool bar, its context menu, and the window's menu."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from modelpack_gui.core.records.graph_layout import Detail, Hidden
from modelpack_gui.ui.graph.canvas.look import FAMILIES
from modelpack_gui.ui.look.runner_colors import Look
from modelpack_gui.ui.look.swatch import swatch
from modelpack_gui.ui.look.theme import icon

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.canvas_pane.pane import CanvasPane

_DETAILS: tuple[tuple[Detail, str, str], ...] = (
    ("attributes", "Show &attributes", "Ctrl+D"),
    ("weights", "Show &weights", "Ctrl+I"),
    ("names", "Show &names", "Ctrl+U"),
)
_HIDDEN: tuple[tuple[Hidden, str], ...] = (
    ("constants", "Hide &Constant nodes"),
    ("identities", "Hide &Identity nodes"),
    ("qdq", "&Fold QuantizeLinear and DequantizeLinear pairs"),
)


class CanvasCommands:
    """Made once for each pane.

    Attributes:
        details, hidden: What is shown and left out, by its name in `LayoutRequest`.
    """

    def __init__(self, pane: CanvasPane) -> None:
        self._pane = pane
        canvas, scenes = pane.canvas, pane.scenes
        self.fit = self._on_canvas("&Fit all", "fit", "Space", canvas.fit_all)
        self.fit_selection = self._on_canvas("Fit the &selection", "target", "F", pane.fit_selection)
        self.actual = self._on_canvas("Zoom to &100 %", "", "Shift+Backspace", lambda: canvas.zoom_to(1.0))
        self.zoom_in = self._on_canvas("Zoom &in", "zoom-in", "Shift+Up", lambda: canvas.zoom_steps(1))
        self.zoom_out = self._on_canvas("Zoom &out", "zoom-out", "Shift+Down", lambda: canvas.zoom_steps(-1))
        self.leave = self._on_canvas("Go &out of this subgraph", "chevron-up", "Backspace", pane.inside.leave)
        self.direction = self._checkable("Let edges lead to the &right", lambda on: pane.set_right(is_right=on))
        self.direction.setIcon(icon("flow-right"))
        self.wheel = self._checkable("The &wheel moves instead of zooming", lambda on: pane.set_wheel(moves=on))
        self.minimap = self._checkable("Show the &overview", lambda on: pane.set_minimap(is_wanted=on))
        self.details: dict[Detail, QAction] = {}
        for detail, title, keys in _DETAILS:
            action = self._checkable(title, lambda _on: pane.take_details())
            action.setShortcut(QKeySequence(keys))
            self.details[detail] = action
        self.hidden: dict[Hidden, QAction] = {
            hidden: self._checkable(title, lambda _on: pane.take_hidden()) for hidden, title in _HIDDEN
        }
        self.trace = self._on_canvas("&Highlight producers and consumers", "trace", "H", pane.reach.toggle_trace)
        self.trace.setCheckable(True)
        self.around = self._on_canvas("Show only the neighbour&hood", "around", "N", pane.reach.show_around)
        self.show_all = self._made("Show &everything again", "graph", scenes.show_all)
        self.png = self._with_keys(
            "Save the graph as P&NG…", "image", "Ctrl+Shift+E", lambda: pane.pictures.save("png")
        )
        self.svg = self._with_keys(
            "Save the graph as S&VG…", "image", "Ctrl+Alt+E", lambda: pane.pictures.save("svg")
        )
        self.view_png = self._made(
            "Save a picture of the &view…", "image", lambda: pane.pictures.save("png", is_whole=False)
        )
        self.copy = self._made("&Copy the view as a picture", "copy", pane.pictures.copy)

    @property
    def for_menu(self) -> list[QAction | None]:
        """For the window's menu; None stands for a line."""
        return [
            self.fit, self.fit_selection, self.actual, self.zoom_in, self.zoom_out, None,
            *self.details.values(), *self.hidden.values(), self.direction, self.wheel, self.minimap, None,
            self.trace, self.around, self.show_all, self.leave, None,
            self.png, self.svg, self.view_png, self.copy,
        ]  # fmt: skip

    def view_menu(self, parent: QWidget) -> QMenu:
        """What is shown, and how."""
        menu = QMenu(parent)
        menu.addActions(list(self.details.values()))
        menu.addSeparator()
        menu.addActions(list(self.hidden.values()))
        menu.addSeparator()
        menu.addActions([self.direction, self.wheel, self.minimap])
        menu.addSeparator()
        legend = menu.addMenu("Colours of nodes")
        for title, color in FAMILIES:
            legend.addAction(swatch(Look(color)), title)
        return menu

    def picture_menu(self, parent: QWidget) -> QMenu:
        """Pictures."""
        menu = QMenu(parent)
        menu.addActions([self.png, self.svg, self.view_png, self.copy])
        return menu

    def _made(self, title: str, icon_name: str, run: Callable[[], object]) -> QAction:
        action = QAction(title, self._pane)
        if icon_name:
            action.setIcon(icon(icon_name))
        action.triggered.connect(lambda _checked=False: run())
        return action

    def _with_keys(self, title: str, icon_name: str, keys: str, run: Callable[[], object]) -> QAction:
        """A key of the whole page; the page's menu holds it."""
        action = self._made(title, icon_name, run)
        action.setShortcut(QKeySequence(keys))
        return action

    def _on_canvas(self, title: str, icon_name: str, keys: str, run: Callable[[], object]) -> QAction:
        """A key that means this only while the canvas has the focus: a letter is typed elsewhere."""
        action = self._with_keys(title, icon_name, keys, run)
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._pane.canvas.addAction(action)
        return action

    def _checkable(self, title: str, run: Callable[[bool], object]) -> QAction:
        action = QAction(title, self._pane)
        action.setCheckable(True)
        action.triggered.connect(run)
        return action
