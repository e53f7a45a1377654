"""Asks a worker about what is selected, no faster than a person can look."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QTimer

from modelpack_gui.core.errors import ErrorInfo

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")
DELAY_MS = 120


class LateAnswers(Generic[K, R]):
    """One question at a time: the one wanted last. Whatever is answered later than that is kept, not shown.

    Going through a table with the arrow keys must not queue a job for each row, hence the delay.
    """

    def __init__(
        self,
        ask: Callable[[K, Callable[[R | None, ErrorInfo | None], None]], object],
        answered: Callable[[], None],
        parent: QObject,
    ) -> None:
        """`ask(key, ended)` has a job done; `answered` is called when the answer to what is wanted is `known`."""
        self._ask_job = ask
        self._answered = answered
        self._known: dict[K, R | ErrorInfo] = {}
        self._asked: set[K] = set()
        self._generation = 0
        self._wanted: K | None = None
        self._timer = QTimer(parent, singleShot=True, interval=DELAY_MS)
        self._timer.timeout.connect(self._ask)

    def forget(self) -> None:
        """Another graph: what was answered is about the one before."""
        self._generation += 1
        self._known.clear()
        self._asked.clear()
        self.want(None)

    def known(self, key: K | None) -> R | ErrorInfo | None:
        """What was answered, or why it was not; None while that is open."""
        return None if key is None else self._known.get(key)

    def want(self, key: K | None) -> None:
        """Ask, unless it is known; a failure is tried again."""
        self._timer.stop()
        self._wanted = key
        if key is not None and (key not in self._known or isinstance(self._known[key], ErrorInfo)):
            self._known.pop(key, None)
            self._timer.start()

    def _ask(self) -> None:
        key, generation = self._wanted, self._generation
        if key is None or key in self._asked:  # it is on its way
            return
        self._asked.add(key)

        def ended(answer: R | None, error: ErrorInfo | None) -> None:
            if generation != self._generation:
                return
            self._asked.discard(key)
            found = answer if answer is not None else error
            if found is not None:
                self._known[key] = found
            if key == self._wanted:
                self._answered()

        self._ask_job(key, ended)
