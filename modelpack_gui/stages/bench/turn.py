"""One turn of a prepared runner: nothing but the call is between the two readings of the clock."""

from __future__ import annotations

import gc
import time

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import JobCancelled, UserError
from modelpack_gui.core.records import BenchTurnRequest, LatencyTurn
from modelpack_gui.stages.bench.base import Prepared
from modelpack_gui.stages.bench.prepare import session_key


def run(request: BenchTurnRequest, context: Context) -> LatencyTurn:
    """Run the model `settle_runs` times, then `runs` times by the clock.

    A cancel gives what was measured until then, if that is anything.

    Raises:
        UserError: `runner-not-prepared`.
    """
    prepared = context.session.get(session_key(request.runner))
    if not isinstance(prepared, Prepared):
        raise UserError(
            "runner-not-prepared",
            f"The runner {request.runner!r} was not prepared in this process.",
            "Start the benchmark again.",
        )
    call = prepared.call
    clock = time.perf_counter_ns
    check_cancelled = context.check_cancelled
    elapsed: list[int] = []
    was_collecting = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        with prepared.mode():
            for _ in range(request.settle_runs):
                check_cancelled()
                call()
            for _ in range(request.runs):
                check_cancelled()
                start = clock()
                call()
                elapsed.append(clock() - start)
    except JobCancelled:
        if not elapsed:
            raise
    finally:
        if was_collecting:
            gc.enable()
    return LatencyTurn(request.runner, tuple(nanoseconds / 1e6 for nanoseconds in elapsed))
