"""What a runner is: one way to run the model, timed in a process of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from modelpack_gui.core.context import Context
from modelpack_gui.core.parity.lossy import KnownPrice
from modelpack_gui.core.records import BenchPrepareRequest, OptionInfo
from modelpack_gui.stages.bench.options import Options

if TYPE_CHECKING:
    from modelpack_gui.stages.parity.runtimes.base import Output

Call = Callable[[], object]
"""Runs the model once on inputs made beforehand."""


@dataclass(frozen=True)
class Prepared:
    """A runner that is ready in this process.

    Attributes:
        call: Runs it on the example inputs. It is all that the clock sees.
        provider: Device or execution provider that really runs it.
        facts: Versions, optimisation level and the like, for the report.
        mode: Entered around the runs of a turn, not around each, such as torch's inference mode. It holds for one
            thread.
        make_call: Gives a call like `call` on inputs and buffers of its own, drawn with this added to their seeds:
            for fresh inputs, for each of several callers, and for outputs of inputs that no earlier run has written
            into. 0 gives the values of the example inputs. None only in tests.
        read: Makes named arrays of what a call gave.
        compile_s: Of the preparation, what a compiler took; None if there is none.
        first_run_ms: Latency of the very first run; None if it was not timed.
        is_lossy: Whether it trades accuracy for speed on purpose.
        warnings: What to know of how it was set up.
        model: What `call` runs: the session, the module; the profiler asks it. None if there is no such object.
        price: What a file that was quantised here says of its own error; None if it says nothing.
        load_s: What the preparation took without what only a benchmark needs; None if that is all of it.
    """

    call: Call
    provider: str
    facts: Mapping[str, str] = field(default_factory=dict)
    mode: Callable[[], AbstractContextManager[object]] = nullcontext
    make_call: Callable[[int], Call] | None = None
    read: Callable[[Any], tuple[Output, ...]] | None = None
    compile_s: float | None = None
    first_run_ms: float | None = None
    is_lossy: bool = False
    warnings: tuple[str, ...] = ()
    model: object = None
    price: KnownPrice | None = None
    load_s: float | None = None

    def another_call(self, seed_offset: int) -> Call:
        """A call on inputs of its own; `call` itself where there is no way to make one."""
        return self.make_call(seed_offset) if self.make_call is not None else self.call


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

    def options(self) -> tuple[OptionInfo, ...]:
        """What it can be told, in the order they are shown. Imports none of the packages it needs."""

    def problem(self) -> str:
        """Why it cannot run here though its packages are there; empty if it can. Imports none of them either."""

    def prepare(self, request: BenchPrepareRequest, options: Options, context: Context) -> Prepared:
        """Load the model or artifact, make the inputs, set the threads and run once.

        Args:
            options: Of the request, checked, with the defaults of those that are not given.

        Raises:
            UserError: It cannot be done.
        """


def timed_first_run(call: Call, mode: Callable[[], AbstractContextManager[object]]) -> float:
    """Run for the very first time, and give how long that took, milliseconds."""
    with mode():
        started = time.perf_counter_ns()
        call()
        return (time.perf_counter_ns() - started) / 1e6
