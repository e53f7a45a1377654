"""A loop of known work: how long it takes says how steady the machine is, whatever runs on it.

The work is plain Python on whole numbers. It needs no library, uses one core and fits into its first-level cache, so
that what its times differ by is the machine's: its clock, its scheduler, its other programs.
"""

from __future__ import annotations

import gc
import statistics
import time

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import Calibration, CalibrationRequest
from modelpack_gui.stages import machine_state

STEPS = 20_000
"""Turns of the inner loop: about a millisecond of work."""

SETTLE_LOOPS = 5
"""Not kept: the process has slept, and its core may have slowed down."""


def run(request: CalibrationRequest, context: Context) -> Calibration:
    """Time the loop `request.loops` times.

    Raises:
        JobCancelled: The user asked to stop.
    """
    clock = time.perf_counter_ns
    elapsed = []
    others = []
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        for _ in range(SETTLE_LOOPS):
            _work()
        for _ in range(request.loops):
            context.check_cancelled()
            start = clock()
            _work()
            elapsed.append(clock() - start)
            others.append(machine_state.others_running())
    finally:
        if was_collecting:
            gc.enable()
    seen = [count for count in others if count is not None]
    return Calibration(
        latencies_ms=tuple(nanoseconds / 1e6 for nanoseconds in elapsed),
        load_average=machine_state.load_average(),
        others_running=statistics.fmean(seen) if seen else None,
        frequency_mhz=machine_state.frequency_mhz(),
    )


def _work() -> int:
    """A linear congruential generator (Knuth's MMIX constants, 32 bits kept), so that no step can be foreseen."""
    value = 1
    for _ in range(STEPS):
        value = (value * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFF
    return value
