"""How far one looks from the selection: what is highlighted of its producers and consumers, and its neighbourhood."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from modelpack_gui.ui.graph.canvas_pane.memory import CanvasMemory

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.canvas_pane.pane import CanvasPane

STEPS = (1, 2, 3, 5, 10)
_SIDES = (("Both ways", (True, True)), ("Producers", (True, False)), ("Consumers", (False, True)))


class CanvasReach:
    """Keeps the last choice of how far and which way.

    Attributes:
        steps: Of the highlight.
        sides: Whether producers and consumers are highlighted.
        around_steps: Of a neighbourhood.
    """

    def __init__(self, pane: CanvasPane, memory: CanvasMemory) -> None:
        self._pane = pane
        self._memory = memory
        self.steps = memory.number("trace_steps", 2)
        self.around_steps = memory.number("around_steps", 2)
        self.sides = (True, True)

    def toggle_trace(self) -> None:
        """Let what leads to the selection and comes from it stand out, or not any more."""
        self._trace(is_on=not any(self._pane.canvas.trace_steps))

    def end_trace(self) -> None:
        """Let nothing stand out."""
        if any(self._pane.canvas.trace_steps):
            self._trace(is_on=False)

    def show_around(self) -> None:
        """Show only what is near the selection; near the first node if nothing is selected."""
        graph, scenes = self._pane.state.graph, self._pane.scenes
        if graph is None or not len(graph.nodes):
            return
        nodes = self._pane.selected_nodes()
        if not nodes:
            scopes = graph.ints("node_scope")
            nodes = (next((node for node, scope in enumerate(scopes) if scope == scenes.view.scope), 0),)
        scenes.show_around(nodes, self.around_steps, self.around_steps)

    def trace_menu(self, parent: QWidget) -> QMenu:
        """How far and which way the highlight reaches; filled whenever it opens."""
        menu = QMenu(parent)
        ways, steps = QActionGroup(menu), QActionGroup(menu)
        menu.aboutToShow.connect(lambda: self._fill_trace_menu(menu, ways, steps))
        return menu

    def around_menu(self, parent: QWidget) -> QMenu:
        """How large a neighbourhood is; filled whenever it opens."""
        menu = QMenu(parent)
        steps = QActionGroup(menu)
        menu.aboutToShow.connect(lambda: self._fill_around_menu(menu, steps))
        return menu

    def _trace(self, *, is_on: bool) -> None:
        up, down = self.sides
        self._pane.canvas.set_trace(self.steps * (is_on and up), self.steps * (is_on and down))
        self._pane.commands.trace.setChecked(is_on)

    def _fill_trace_menu(self, menu: QMenu, ways: QActionGroup, steps: QActionGroup) -> None:
        menu.clear()
        for title, sides in _SIDES:
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(sides == self.sides)
            ways.addAction(action)
            action.triggered.connect(lambda _on=False, sides=sides: self._choose_trace(self.steps, sides))
        menu.addSeparator()
        _add_steps(menu, steps, self.steps, lambda steps: self._choose_trace(steps, self.sides))

    def _choose_trace(self, steps: int, sides: tuple[bool, bool]) -> None:
        self.steps, self.sides = steps, sides
        self._memory.put("trace_steps", steps)
        self._trace(is_on=True)

    def _fill_around_menu(self, menu: QMenu, steps: QActionGroup) -> None:
        menu.clear()
        _add_steps(menu, steps, self.around_steps, self._choose_around)
        menu.addSeparator()
        menu.addAction(self._pane.commands.show_all)

    def _choose_around(self, steps: int) -> None:
        self.around_steps = steps
        self._memory.put("around_steps", steps)
        self.show_around()


def _add_steps(menu: QMenu, group: QActionGroup, current: int, choose: Callable[[int], None]) -> None:
    """One of them is chosen: `group` lets the menu draw them so, as its other choices."""
    for steps in STEPS:
        action = menu.addAction(f"{steps} step{'s' if steps > 1 else ''}")
        action.setCheckable(True)
        action.setChecked(steps == current)
        group.addAction(action)
        action.triggered.connect(lambda _checked=False, steps=steps: choose(steps))
