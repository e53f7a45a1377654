"""Long computations in steps: each `yield` is a place where whoever runs them may do something else first.

A window that computes on another thread waits for the interpreter's lock a thousand times to draw one table; in steps
of a millisecond or two between its events it waits for one step at most.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")
Steps = Generator[None, None, T]


def drained(steps: Steps[T]) -> T:
    """All steps at once, and what they come to."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
