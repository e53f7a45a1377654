"""A quick look at how fast an artifact runs: a few runs in a fresh runtime, good enough to rank cells by.

On one thread: several wait for each other at every operator, and where anything else runs beside them such waits are
most of what so few runs would measure.
"""

from __future__ import annotations

import time

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import Estimate, MatrixLatency, MatrixLatencyRequest
from modelpack_gui.core.stats import latencies as stats
from modelpack_gui.stages.common.paths import resolve
from modelpack_gui.stages.common.warnings import capture
from modelpack_gui.stages.export.artifact import read_artifact
from modelpack_gui.stages.parity.runtimes import open_runtime
from modelpack_gui.stages.source.inputs import make_inputs
from modelpack_gui.stages.source.usercode import require_torch

WARMUP_RUNS = 20
"""TorchScript specialises its graph in the first twenty runs or so."""

BUDGET_S = 0.5
"""A slow model gets fewer runs; the interval says how sure they are."""

FEWEST_RUNS = 5


def run(request: MatrixLatencyRequest, context: Context) -> MatrixLatency:
    """Time an artifact on the example inputs, the conversion of inputs and outputs included.

    With no artifact it only gets ready: torch is imported while the process would be idle.

    Raises:
        UserError: The artifact cannot be read, loaded or run.
        JobCancelled: The user asked to stop.
    """
    require_torch()
    import torch

    torch.set_num_threads(1)
    if not request.artifact_path:
        return MatrixLatency(Estimate(0.0, 0.0, 0.0), 0, "")
    with capture():
        runtime = open_runtime(read_artifact(resolve(context, request.artifact_path)), request.inputs)
    tensors = make_inputs(request.inputs, context)

    def measure(runs: int) -> list[float]:
        latencies: list[float] = []
        until_s = time.perf_counter() + BUDGET_S
        while len(latencies) < runs and (len(latencies) < FEWEST_RUNS or time.perf_counter() < until_s):
            context.check_cancelled()
            started_s = time.perf_counter()
            runtime.run(tensors)
            latencies.append((time.perf_counter() - started_s) * 1000.0)
        return latencies

    measure(min(WARMUP_RUNS, request.runs))
    latencies = measure(request.runs)
    return MatrixLatency(stats.summarise(latencies, 0).p50_ms, len(latencies), runtime.description)
