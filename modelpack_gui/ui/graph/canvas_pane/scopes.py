"""Into subgraphs and functions, and out again to the node that led there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from modelpack_gui.ui.graph.canvas.picking import scopes_in
from modelpack_gui.ui.graph.selection import NodePick

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.canvas_pane.pane import CanvasPane


class CanvasScopes:
    """Of one pane. A function has many callers: the one it was entered at is remembered."""

    def __init__(self, pane: CanvasPane) -> None:
        self._pane = pane
        self._callers: dict[int, int] = {}  # by scope

    def forget(self) -> None:
        """Another graph is shown."""
        self._callers.clear()

    def enter(self, scope: int, caller: int = -1) -> None:
        """Show a subgraph or a function; what was selected outside of it is left behind.

        Args:
            caller: The node at which it is entered; -1 if that is not known.
        """
        self._callers.pop(scope, None)
        if caller >= 0:
            self._callers[scope] = caller
        self._pane.state.selection.select(None)
        self._pane.scenes.enter(scope)

    def leave(self) -> None:
        """Out of the subgraph or the neighbourhood, else out of the open group."""
        pane, graph = self._pane, self._pane.state.graph
        if not pane.scenes.can_leave:
            pane.canvas.close_around()
            return
        left = pane.scenes.leave()
        if graph is None or left < 0:
            return
        owner = graph.ints("scope_owner")[left]
        caller = owner if owner >= 0 else self._callers.get(left, -1)
        if caller >= 0:
            pane.go_to(NodePick(caller))

    def enter_at(self, node: int) -> None:
        """Enter what a node calls; ask which where there are several."""
        pane, graph = self._pane, self._pane.state.graph
        scopes = scopes_in(graph, node) if graph is not None else []
        if len(scopes) == 1:
            self.enter(scopes[0][1], node)
        elif scopes:
            menu = QMenu(pane)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            for title, scope in scopes:
                entry = menu.addAction(f"Enter {title}".replace("&", "&&"))
                entry.triggered.connect(lambda _on=False, scope=scope: self.enter(scope, node))
            menu.popup(pane.canvas.mapToGlobal(pane.canvas.point_of_interest().toPoint()))
