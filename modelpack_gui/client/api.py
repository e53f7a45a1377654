"""The facade between whoever wants jobs done (window, command line) and the processes that do them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from modelpack_gui.core.events import Event, TerminalEvent
from modelpack_gui.core.records import Request

Listener = Callable[[Event], None]
"""Called with each event of a job, in order, from a background thread; it must return soon and not raise."""


class Job(Protocol):
    """A job under way or ended.

    Attributes:
        id: Unique in this process; every event of the job carries it.
        stage: Name of the stage.
    """

    id: str
    stage: str

    def cancel(self) -> None:
        """Ask it to stop; returns at once. The job still ends in one terminal event, within about a second."""

    def wait(self, timeout_s: float | None = None) -> TerminalEvent | None:
        """Block until the terminal event; None if `timeout_s` passed first. Never on the GUI thread."""


class Client(Protocol):
    """Runs jobs in worker processes. All methods return at once and may be called from any thread."""

    def run(
        self,
        stage: str,
        request: Request,
        listener: Listener,
        *,
        interpreter: str = "",
        base: Path | None = None,
        deadline_s: float | None = None,
    ) -> Job:
        """Queue a job.

        Jobs on one interpreter run one after the other in one worker, which keeps its imports; a benchmark (stage
        `bench`) has processes of its own, and no other job runs while it measures. A matrix (stage `matrix`) has one
        for each cell.

        Args:
            stage: `hello`, `scan`, `load`, `export`, `inspect`, `tensor-stats`, `check`, `parity`, `bench`, `matrix`.
            interpreter: Python executable; empty for the app's own.
            base: Folder that relative paths start from; the working folder of the worker.
            deadline_s: Longest run time, seconds; None takes the stage's default.
        """

    def close(self) -> None:
        """Cancel what runs and end every worker. Blocks for at most about two seconds."""
