"""A client that ends each stage as it is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from modelpack_gui.client.api import Listener
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import Cancelled, Done, Failed, Outcome, Started, TerminalEvent
from modelpack_gui.core.records import Request, Result


class EndingJob:
    def __init__(self, stage: str, ending: TerminalEvent, needs_cancel: bool) -> None:
        self.id = stage
        self.stage = stage
        self.cancels = 0
        self._ending = ending
        self._needs_cancel = needs_cancel

    def cancel(self) -> None:
        self.cancels += 1

    def wait(self, timeout_s: float | None = None) -> TerminalEvent | None:
        assert timeout_s is not None, "an endless wait does not see Ctrl+C on Windows"
        return None if self._needs_cancel and not self.cancels else self._ending


class EndingClient:
    """Ends each stage as it is told: with a result, or with an outcome."""

    def __init__(self, endings: Mapping[str, Result | Outcome], hanging: str = "") -> None:
        self.requests: dict[str, Request] = {}
        self.jobs: list[EndingJob] = []
        self.where: set[tuple[str, Path | None]] = set()
        self._endings = endings
        self._hanging = hanging

    def run(
        self,
        stage: str,
        request: Request,
        listener: Listener,
        *,
        interpreter: str = "",
        base: Path | None = None,
        deadline_s: float | None = None,
    ) -> EndingJob:
        self.requests[stage] = request
        self.where.add((interpreter, base))
        listener(Started(stage, stage))
        ending = self._endings[stage]
        event: TerminalEvent
        if stage == self._hanging:
            event = Cancelled(stage, None if isinstance(ending, Outcome) else ending)
        elif isinstance(ending, Outcome):
            event = Failed(stage, ending, ErrorInfo("a-code", f"{stage} is wrong", "do this"))
        else:
            event = Done(stage, ending)
        job = EndingJob(stage, event, stage == self._hanging)
        self.jobs.append(job)
        return job

    def close(self) -> None:
        raise AssertionError("whoever made the client closes it")


class ClosingClient(EndingClient):
    """One whose user closes it."""

    def close(self) -> None:
        pass
