"""What PyTorch's profiler adds to each operator, measured on small ones that call several others."""

from __future__ import annotations

import statistics

from modelpack_gui.core.context import Context
from modelpack_gui.stages.bench.profile.torch_trace import trace
from modelpack_gui.stages.bench.turn import time_calls, without_collection

_CALLS, _RUNS = 16, 30


def probe_us(context: Context) -> float:
    """Microseconds an operator: what a run of known operators takes longer under the profiler, shared among them.

    It is called in the mode that the runner runs in.
    """
    import torch

    matrix, bias = torch.ones(8, 8), torch.ones(8)

    def run() -> None:
        for _ in range(_CALLS):
            torch.nn.functional.linear(matrix, matrix, bias)

    elapsed: list[int] = []
    with without_collection():
        time_calls([run] * _RUNS, elapsed, context.check_cancelled)
        traced = trace(run, _RUNS, context.check_cancelled)
    if not traced:
        return 0.0
    events = statistics.median(sum(1 + call.inner for call in calls) for _, calls in traced)
    added_us = statistics.median(total_us for total_us, _ in traced) - statistics.median(elapsed) / 1000.0
    return max(0.0, added_us / events) if events else 0.0
