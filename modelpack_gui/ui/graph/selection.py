"""What is selected in the graph: one selection for every view, with the way back to the ones before."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

HISTORY = 200


@dataclass(frozen=True)
class NodePick:
    """A node, by `NodeInfo.index`."""

    node: int


@dataclass(frozen=True)
class ValuePick:
    """A tensor, by its number in the graph: initializer, input, output, or what one node hands to another."""

    value: int


@dataclass(frozen=True)
class GroupPick:
    """A module or another group of nodes, by its number in the graph."""

    group: int


Pick = NodePick | ValuePick | GroupPick


class GraphSelection(QObject):
    """The selection, shared by table, canvas, module tree, inspector, source view and charts.

    A view selects with `select` and shows what `changed` says, whoever it comes from; showing must not select again.

    Attributes:
        current: None while nothing is selected.
    """

    changed = Signal(object)  # Pick, or None
    history_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.current: Pick | None = None
        self._past: list[Pick] = []
        self._future: list[Pick] = []

    @property
    def can_go_back(self) -> bool:
        """Whether something was selected before."""
        return bool(self._past)

    @property
    def can_go_forward(self) -> bool:
        """Whether `back` was the last step."""
        return bool(self._future)

    def select(self, pick: Pick | None) -> None:
        """Select something; None selects nothing, and leaves the way back as it is."""
        if pick == self.current:
            return
        if self.current is not None and pick is not None:
            self._past = [*self._past[1 - HISTORY :], self.current]
            self._future = []
        self._put(pick)

    def back(self) -> None:
        """Select what was selected before."""
        if self._past:
            if self.current is not None:
                self._future.append(self.current)
            self._put(self._past.pop())

    def forward(self) -> None:
        """Select what was left with `back`."""
        if self._future:
            if self.current is not None:
                self._past.append(self.current)
            self._put(self._future.pop())

    def forget(self) -> None:
        """Another graph: its numbers stand for other things."""
        self._past, self._future = [], []
        self._put(None)

    def _put(self, pick: Pick | None) -> None:
        is_other = pick != self.current
        self.current = pick
        self.history_changed.emit()
        if is_other:
            self.changed.emit(pick)
