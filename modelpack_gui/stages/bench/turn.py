"""One turn of a prepared runner: nothing but the call is between the two readings of the clock."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import repeat

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import JobCancelled, UserError
from modelpack_gui.core.records import BenchPrepareRequest, BenchTurnRequest, LatencyTurn
from modelpack_gui.stages.bench.base import Call, Prepared
from modelpack_gui.stages.bench.prepare import prepared_of, request_key, runner_failed
from modelpack_gui.stages.common.memory import peak_rss_bytes, rss_bytes

_FRESH_BYTES = 256 << 20
"""Fresh inputs are made for so many runs at once as take this much memory."""

_OVERHEAD_RUNS = 200

_DRAWN = "bench-drawn:"
"""Where the session counts the fresh inputs that were drawn."""


def run(request: BenchTurnRequest, context: Context) -> LatencyTurn:
    """Run the model `settle_runs` times, then `runs` times by the clock.

    A cancel gives what was measured until then, if that is anything.

    Raises:
        UserError: `runner-not-prepared`; `runner-failed`, it ran before and does not now.
    """
    prepared = prepared_of(request.runner, context)
    elapsed: list[int] = []
    overhead_ns = 0.0
    try:
        with without_collection():
            overhead_ns = _overhead_ns()
            for number, calls in enumerate(_batches(request, prepared, context)):
                with prepared.mode():
                    settle = request.settle_runs if number == 0 else min(request.settle_runs, 1)
                    # In one loop: after another one the first runs would be slower, those of 10 us by a fifth.
                    taken: list[int] = []
                    try:
                        time_calls([*repeat(prepared.call, settle), *calls], taken, context.check_cancelled)
                    finally:
                        elapsed += taken[settle:]
    except JobCancelled:
        if not elapsed:
            raise
    except UserError:
        raise
    except Exception as error:  # whatever the model or the runtime raises
        raise runner_failed(request.runner, f"in run {len(elapsed) + 1} of its turn", error) from error
    return LatencyTurn(
        request.runner,
        tuple(nanoseconds / 1e6 for nanoseconds in elapsed),
        rss_bytes=rss_bytes(),
        peak_rss_bytes=peak_rss_bytes(),
        overhead_ns=overhead_ns,
    )


def time_calls(
    calls: Sequence[Call],
    elapsed: list[int],
    between: Callable[[], None],
    clock: Callable[[], int] = time.perf_counter_ns,
) -> None:
    """Make each call and append how long it took, in nanoseconds.

    Args:
        between: Called before each, while no time is taken.
    """
    append = elapsed.append
    for call in calls:
        between()
        start = clock()
        call()
        append(clock() - start)


def _overhead_ns() -> float:
    """What the loop takes for a call that does nothing, the two readings of the clock included: the median."""

    def nothing() -> None:
        return None

    elapsed: list[int] = []
    time_calls([nothing] * _OVERHEAD_RUNS, elapsed, nothing)
    return float(statistics.median(elapsed))


@contextmanager
def without_collection() -> Iterator[None]:
    """Collect garbage now, and not before the block ends."""
    was_collecting = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_collecting:
            gc.enable()


def _batches(request: BenchTurnRequest, prepared: Prepared, context: Context) -> Iterator[Sequence[Call]]:
    """The calls of a turn: the same one again and again, or each with inputs of its own, as many as fit in memory."""
    asked = context.session.get(request_key(request.runner))
    if not isinstance(asked, BenchPrepareRequest) or not asked.fresh_inputs:
        yield [prepared.call] * request.runs
        return
    at_once = max(1, _FRESH_BYTES // max(1, _bytes_of_inputs(asked)))
    counter = _DRAWN + request.runner
    left = request.runs
    while left:
        count = min(left, at_once)
        drawn = context.session.get(counter, 0)
        context.session[counter] = drawn + count
        offsets = range(1 + drawn, 1 + drawn + count)  # 0 gives the example inputs themselves
        yield [prepared.another_call(asked.seed * 7919 + offset) for offset in offsets]
        left -= count


def _bytes_of_inputs(asked: BenchPrepareRequest) -> int:
    """About how much one set of inputs takes, 8 bytes an element."""
    total = 0
    for spec in asked.inputs:
        elements = 1
        for size in spec.shape:
            elements *= size
        total += 8 * elements
    return total
