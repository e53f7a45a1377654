"""What a stage may ask of whoever runs it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Protocol

from modelpack_gui.core.records import Result


class Context(Protocol):
    """The surroundings of one job. A stage knows nothing else of the process it runs in.

    Attributes:
        base: Folder that relative paths in a request start from (the recipe's folder).
        scratch: Folder for intermediate files; deleted by its owner after the process ends.
        session: Objects kept from one job to the next of the same process, such as a prepared runner.
    """

    base: Path
    scratch: Path
    session: dict[str, Any]

    def progress(self, message: str, fraction: float | None = None) -> None:
        """Say what is being done, and how far it is (0..1) where that is known."""

    def log(self, level: str, message: str) -> None:
        """Write one line to the log; `level` is debug, info, warning or error."""

    def partial(self, part: Result) -> None:
        """Give a part of the result as it comes, for whoever watches; the result itself holds it too."""

    def check_cancelled(self) -> None:
        """Raise JobCancelled if the user asked to stop. Call it between steps."""


class PlainContext:
    """A context that nobody watches, for direct calls of a stage."""

    def __init__(self, base: Path | None = None, scratch: Path | None = None) -> None:
        self.base = base or Path.cwd()
        self.scratch = scratch or Path(tempfile.gettempdir())
        self.session: dict[str, Any] = {}

    def progress(self, message: str, fraction: float | None = None) -> None:
        """Ignore it."""

    def log(self, level: str, message: str) -> None:
        """Ignore it."""

    def partial(self, part: Result) -> None:
        """Ignore it."""

    def check_cancelled(self) -> None:
        """Go on."""
