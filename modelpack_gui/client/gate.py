"""Keeps a benchmark alone: no other job of the client runs while it measures."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Gate:
    """Gives jobs a ticket in the order they were asked for, and says when each may start.

    A benchmark starts when every job asked for before it has ended; an ordinary job waits for the benchmarks asked
    for before it. The oldest job may always start, so nobody waits for ever.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = 0
        self._live: dict[int, bool] = {}  # ticket: whether it wants to be alone
        self._wakers: list[Callable[[], None]] = []

    def ticket(self, *, alone: bool) -> int:
        """A number for a new job, to be given back to `leave` when the job has ended."""
        with self._lock:
            self._next += 1
            self._live[self._next] = alone
            return self._next

    def may_start(self, ticket: int) -> bool:
        """Whether nothing that this job must wait for is left."""
        with self._lock:
            wants_alone = self._live[ticket]
            return not any(other < ticket and (wants_alone or alone) for other, alone in self._live.items())

    def leave(self, ticket: int) -> None:
        """Say that a job has ended; whoever waits is woken."""
        with self._lock:
            self._live.pop(ticket, None)
            wakers = tuple(self._wakers)
        for wake in wakers:
            wake()

    def watch(self, wake: Callable[[], None]) -> None:
        """Have `wake` called, from any thread, whenever a job has ended."""
        with self._lock:
            self._wakers.append(wake)

    def unwatch(self, wake: Callable[[], None]) -> None:
        """Call `wake` no longer."""
        with self._lock:
            self._wakers.remove(wake)
