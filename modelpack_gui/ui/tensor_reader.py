"""Reads statistics of initializers for what is selected, no faster than a person can look."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import TensorStats, TensorStatsRequest
from modelpack_gui.ui.controller import Controller

Answered = Callable[[TensorStats | ErrorInfo], None]
DELAY_MS = 120


class TensorReader(QObject):
    """Asks for one tensor at a time: the one wanted last. Whatever answers later than that is kept, not shown.

    Going through a table with the arrow keys must not queue a job for each row, hence the delay.
    """

    def __init__(self, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._known: dict[str, TensorStats] = {}
        self._asked: set[str] = set()
        self._generation = 0
        self._wanted = ""
        self._answered: Answered | None = None
        self._timer = QTimer(self, singleShot=True, interval=DELAY_MS)
        self._timer.timeout.connect(self._ask)

    def forget(self) -> None:
        """Another artifact: what was read is of the one before."""
        self._generation += 1
        self._known.clear()
        self._asked.clear()
        self.want("", None)

    def known(self, name: str) -> TensorStats | None:
        """What was read before."""
        return self._known.get(name)

    def want(self, name: str, answered: Answered | None) -> None:
        """Ask for a tensor, unless it is known; `answered` is dropped when another one is wanted before."""
        self._timer.stop()
        self._wanted, self._answered = name, answered
        if name and name not in self._known:
            self._timer.start()

    def _ask(self) -> None:
        name, generation = self._wanted, self._generation
        if name in self._asked:  # it is on its way
            return
        self._asked.add(name)

        def ended(stats: TensorStats | None, error: ErrorInfo | None) -> None:
            if generation != self._generation:
                return
            self._asked.discard(name)
            if stats is not None:
                self._known[name] = stats
            answer = stats or error
            if name == self._wanted and self._answered is not None and answer is not None:
                self._answered(answer)

        request = TensorStatsRequest(self._controller.artifact_path, name)
        self._controller.ask("tensor-stats", request, f"Read {name}", TensorStats, ended)
