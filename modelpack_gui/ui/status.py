"""The state of a stage as the window shows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import FileStamp, Result


class Status(Enum):
    """One of the states of a stage or a job, or the gravity of something said of it."""

    NOT_RUN = "not run"
    WAITING = "waiting"
    RUNNING = "running"
    PASSED = "passed"
    WARNING = "warning"
    FAILED = "failed"
    CANCELLED = "cancelled"
    STALE = "stale"
    REMARK = "remark"


@dataclass(frozen=True)
class StageState:
    """A stage's state and what it gave last.

    Attributes:
        status: STALE when there is a result, but settings, files or the artifact changed since.
        result: Of the last run that gave one; kept while the next one runs and when it fails.
        error: Why the last run gave none.
        message: What it is doing, while it runs or waits.
        fraction: How far it is, 0..1, or None.
        ran_with: The recipe that `result` or `error` came from.
        made_from: The files that `result` or `error` came from.
    """

    status: Status = Status.NOT_RUN
    result: Result | None = None
    error: ErrorInfo | None = None
    message: str = ""
    fraction: float | None = None
    ran_with: Recipe | None = None
    made_from: tuple[FileStamp, ...] = ()

    @property
    def is_under_way(self) -> bool:
        """Whether it runs, or waits for its turn."""
        return self.status in (Status.WAITING, Status.RUNNING)
