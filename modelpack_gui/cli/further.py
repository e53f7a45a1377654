"""What follows the stages of a recipe, mostly jobs: what they need, and how they ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from modelpack_gui.cli.interrupt import Interrupt
from modelpack_gui.cli.monitor import Monitor
from modelpack_gui.client.api import Client
from modelpack_gui.client.recipe_run import run_job
from modelpack_gui.core.bench.compare import BenchComparison, GateReport
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.events import Cancelled, Done, Failed, Outcome
from modelpack_gui.core.records import Request, Result


@dataclass(frozen=True)
class FurtherResult:
    """How a job ended, or what was found without one.

    Attributes:
        name: As the worker knows it, and the JSON.
        label: For sentences.
        is_passed: Whether what was found lets the command pass.
    """

    name: str
    label: str
    outcome: Outcome
    result: Result | BenchComparison | GateReport | None = None
    error: ErrorInfo | None = None
    is_passed: bool = True


@dataclass(frozen=True)
class FurtherJobs:
    """Runs such jobs with what the stages before them ran with."""

    client: Client
    monitor: Monitor
    interrupt: Interrupt
    interpreter: str
    base: Path

    def run(self, name: str, label: str, request: Request) -> FurtherResult:
        """Run one and wait for its end; a run that was interrupted before starts none."""
        if self.interrupt.is_set():
            return FurtherResult(name, label, Outcome.CANCELLED)
        ended = run_job(
            self.client,
            name,
            request,
            self.monitor,
            interpreter=self.interpreter,
            base=self.base,
            is_cancelled=self.interrupt.is_set,
        )
        if isinstance(ended, Failed):
            return FurtherResult(name, label, ended.outcome, error=ended.error)
        assert isinstance(ended, (Done, Cancelled))
        return FurtherResult(name, label, ended.outcome, result=ended.result)


def told_if_not(keep: Callable[[], None]) -> Iterator[FurtherResult]:
    """Keep what was found. That it could not be kept is told, and loses no figures."""
    try:
        keep()
    except UserError as error:
        yield FurtherResult("kept", "Keeping what was found", Outcome.FAILED, error=error.info)
