"""What ONNX Runtime's profiler adds to the time of each node, measured on nodes that do next to nothing.

Its clock is read around the kernel together with its own bookkeeping: on the machine this was written on, a node of
0.1 µs is told to take 2. In a graph of many small nodes that would be most of the time.
"""

from __future__ import annotations

import statistics
from pathlib import Path

from modelpack_gui.core.context import Context
from modelpack_gui.stages.bench.profile.onnx_settings import profile_session
from modelpack_gui.stages.bench.profile.onnx_trace import TracedNode, read_trace
from modelpack_gui.stages.bench.profile.runs import Means
from modelpack_gui.stages.bench.turn import time_calls, without_collection

_NODES = 64
_RUNS = 60


def probe_us(folder: Path, context: Context) -> tuple[float, float]:
    """Microseconds a node, at least and at most.

    At most all that such a node is told to take; at least that less what it takes without the profiler, the loop
    around it included.

    Args:
        folder: For files of its own; it exists.
    """
    import numpy as np
    import onnxruntime as ort

    model = _chain()
    if not model:
        return 0.0, 0.0
    feed = {"x": np.ones(1, np.float32)}

    def session(*, is_profiled: bool) -> ort.InferenceSession:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        if is_profiled:
            profile_session(options, str(folder))
        return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    plain, traced = session(is_profiled=False), session(is_profiled=True)
    elapsed: list[int] = []
    with without_collection():
        time_calls([lambda: plain.run(None, feed)] * _RUNS, elapsed, context.check_cancelled)
        for _ in range(_RUNS):
            traced.run(None, feed)
    whole_us = statistics.median(elapsed) / 1000.0 / _NODES
    runs = read_trace(Path(traced.end_profiling())).runs
    told_us = statistics.median(sum(run.own_us.values()) / _NODES for run in runs)
    return max(0.0, told_us - whole_us), told_us


def added_us(means: Means[TracedNode], wall_us: float, bounds: tuple[float, float]) -> float:
    """What to take off a call: so much that all nodes fit into a run without the profiler, between the bounds.

    In a real graph the bookkeeping takes longer than in the small one; how long at most, its cheapest node tells.

    Args:
        means: Of the real graph.
        wall_us: A run of it without the profiler.
        bounds: As `probe_us` gives them.
    """
    calls = sum(means.calls.values())
    if not calls:
        return 0.0
    low, high = bounds
    cheapest = min(us / means.calls[node] for node, us in means.own_us.items())
    needed = (sum(means.own_us.values()) - wall_us) / calls
    return min(max(high, cheapest), max(low, needed))


def _chain() -> bytes:
    """A model of nodes one after the other, each of which turns the sign of one number; empty without the package."""
    try:
        from onnx import TensorProto, helper
    except ImportError:
        return b""
    nodes = [
        helper.make_node("Neg", [f"v{place}" if place else "x"], [f"v{place + 1}"], f"n{place}")
        for place in range(_NODES)
    ]
    graph = helper.make_graph(
        nodes,
        "chain",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info(f"v{_NODES}", TensorProto.FLOAT, [1])],
    )
    made: bytes = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7
    ).SerializeToString()
    return made
