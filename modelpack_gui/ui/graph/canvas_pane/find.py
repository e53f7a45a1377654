"""Finds nodes on the canvas as you type: names, op types, tensors and attributes, in the language of the table."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from modelpack_gui.core.graph.query import parse
from modelpack_gui.ui.graph.state import GraphState
from modelpack_gui.ui.widgets.find_row import FindRow

_READY_MS = 50
"""How soon it is tried again while the texts of a graph that was just read are being prepared."""


class CanvasFind(FindRow):
    """Goes from node to node of those that are found.

    Attributes:
        found: The nodes, in order.
    """

    found_changed = Signal()  # others are found
    step_wanted = Signal(int)  # a node that is to be shown and selected

    def __init__(self, state: GraphState, parent: QWidget | None = None) -> None:
        super().__init__("canvas-find", "Find: name, op:Conv, shape:?x3x, attr:group>1", "Find in the graph", parent)
        self._state = state
        self.found: Sequence[int] = ()
        self._at = -1  # place in `found`
        self.field.setToolTip(
            "Words in names, op types, tensors and attributes; or a field: op: name: module: in: out: dtype: domain: "
            "source: shape:?x3x attr:group>1. A minus before a term leaves its nodes out."
        )
        self.field.textChanged.connect(self.search)
        self._again = QTimer(self, singleShot=True, interval=_READY_MS)
        self._again.timeout.connect(self.search)
        state.changed.connect(self.search)

    def open_search(self) -> None:
        """Show it, ready to type."""
        super().open_search()
        self.search()

    def unmark(self) -> None:
        """Nothing is found any more."""
        self._put(())

    def search(self) -> None:
        """Find what the field says."""
        query, search = parse(self.field.text()), self._state.search
        if not self.isVisible() or not query or search is None:
            self._put(())
        elif not search.is_ready:
            self._again.start()
        else:
            self._put(search.nodes(query))

    @property
    def current(self) -> int:
        """The node that the search is at; -1 before the first step."""
        return self.found[self._at] if 0 <= self._at < len(self.found) else -1

    def step(self, direction: int) -> None:
        """Go to the next one, or to the one before; from the end it begins anew."""
        if self._again.isActive():
            self._again.stop()
            self.search()
        if not self.found:
            return
        if self._at < 0 and direction < 0:
            self._at = 0
        self._at = (self._at + direction) % len(self.found)
        self._tell()
        self.step_wanted.emit(self.current)

    def _put(self, found: Sequence[int]) -> None:
        is_other = found != self.found
        self.found = found
        if is_other:
            self._at = -1
        self._tell()
        if is_other:
            self.found_changed.emit()

    def _tell(self) -> None:
        text = ""
        if self.found:
            text = f"{self._at + 1:,} of {len(self.found):,}" if self._at >= 0 else f"{len(self.found):,} found"
        elif self.isVisible() and parse(self.field.text()):
            text = "not found"
        self.count.setText(text)
