"""What a runner is: one way to run the model, timed in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import BenchPrepareRequest


@dataclass(frozen=True)
class Prepared:
    """A runner that is ready in this process.

    Attributes:
        call: Runs the model once on inputs made beforehand. It is all that the clock sees.
        mode: Entered around the runs of a turn, not around each, such as torch's inference mode.
        provider: Device or execution provider that really runs it.
        facts: Versions, optimisation level and the like, for the report.
    """

    call: Callable[[], object]
    provider: str
    facts: Mapping[str, str] = field(default_factory=dict)
    mode: Callable[[], AbstractContextManager[object]] = nullcontext


class Runner(Protocol):
    """One runtime under benchmark.

    To add one: a module with a class like this, and a line in `registry.py`. The worker's hello lists it and the
    window offers it.

    Attributes:
        id: Stable identifier, as recipes spell it.
        title: As shown.
        needs_artifact: Format of the artifact it runs; empty when it runs the source itself.
        packages: That it needs.
        note: What to know before choosing it, one sentence.
    """

    @property
    def id(self) -> str: ...  # noqa: D102 (said above, as the next four)

    @property
    def title(self) -> str: ...  # noqa: D102

    @property
    def needs_artifact(self) -> str: ...  # noqa: D102

    @property
    def packages(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def note(self) -> str: ...  # noqa: D102

    def prepare(self, request: BenchPrepareRequest, context: Context) -> Prepared:
        """Load the model or artifact, make the inputs, set the threads and run once.

        Raises:
            UserError: It cannot be done.
        """
