"""Keeps a view of another page and the selection of the graph in step."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from modelpack_gui.ui.graph.selection import NodePick, Pick

if TYPE_CHECKING:
    from modelpack_gui.core.graph.graph import Graph
    from modelpack_gui.ui.controller import Controller


class NodeLink(QObject):
    """What is chosen there is selected in the graph, and the other way round, as long as both are of one file.

    Args:
        artifact: Absolute path of the artifact that the view is about; empty if it is about none.

    Attributes:
        is_following: While `wanted` is told: what the view does then is not the user's choice.
    """

    wanted = Signal(int)  # a node was selected elsewhere: show what there is about it

    def __init__(self, controller: Controller, artifact: Callable[[], str], parent: QObject) -> None:
        super().__init__(parent)
        self._state = controller.graph
        self._artifact = artifact
        self._is_picking = False
        self.is_following = False
        self._state.selection.changed.connect(self._on_selected)

    @property
    def graph(self) -> Graph | None:
        """The graph that is shown, if it is of the artifact that the view is about."""
        index, path = self._state.index, self._artifact()
        return self._state.graph if index is not None and path and index.artifact.path == path else None

    def pick(self, node: int) -> None:
        """The user chose something about this node."""
        graph = self.graph
        if graph is not None and 0 <= node < len(graph.nodes):
            self._is_picking = True
            self._state.selection.select(NodePick(node))
            self._is_picking = False

    def pick_named(self, name: str) -> None:
        """The same where only its name is known."""
        graph = self.graph
        if graph is not None:
            self.pick(graph.nodes_by_name.get(name, -1))

    def name_of(self, node: int) -> str:
        """Of a node of the graph that is shown."""
        graph = self.graph
        return graph.text("node_name", node) if graph is not None else ""

    def _on_selected(self, pick: Pick | None) -> None:
        if isinstance(pick, NodePick) and not self._is_picking and self.graph is not None:
            self.is_following = True
            self.wanted.emit(pick.node)
            self.is_following = False
