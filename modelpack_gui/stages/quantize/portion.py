"""One of several parts of a job, seen from inside: its progress is a share of the whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import Result


class Portion:
    """A context for one part. See `core.context.Context`.

    Args:
        label: Put before every message; empty leaves them as they are.
        start, share: Where the part begins in the whole, and how much of it it is (0..1).
    """

    def __init__(self, context: Context, label: str, start: float, share: float) -> None:
        self.base: Path = context.base
        self.scratch: Path = context.scratch
        self.session: dict[str, Any] = context.session
        self._context = context
        self._label = label
        self._start, self._share = start, share
        self._reached = 0.0

    def progress(self, message: str, fraction: float | None = None) -> None:
        """Say what is being done; without a fraction it is where it was."""
        self._reached = self._reached if fraction is None else max(self._reached, min(fraction, 1.0))
        text = f"{self._label}: {message}" if self._label else message
        self._context.progress(text, self._start + self._share * self._reached)

    def log(self, level: str, message: str) -> None:
        """Write one line to the log."""
        self._context.log(level, message)

    def partial(self, part: Result) -> None:
        """Give a part of the result."""
        self._context.partial(part)

    def check_cancelled(self) -> None:
        """Raise JobCancelled if the user asked to stop."""
        self._context.check_cancelled()
