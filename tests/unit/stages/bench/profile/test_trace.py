"""ONNX Runtime's traces, and which runs of a profile count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modelpack_gui.core.context import PlainContext
from modelpack_gui.stages.bench.profile.onnx_probe import added_us, probe_us
from modelpack_gui.stages.bench.profile.onnx_trace import TracedNode, parse_trace
from modelpack_gui.stages.bench.profile.runs import TracedRun, faster_half


def event(name: str, start: int, duration: int, category: str = "Node", op: str = "Relu") -> dict[str, Any]:
    arguments = {"op_name": op, "provider": "CPUExecutionProvider", "node_index": "3", "output_size": "64"}
    return {"cat": category, "name": name, "ts": start, "dur": duration, "args": arguments}


def test_events_are_put_to_the_run_that_they_are_in() -> None:
    trace = parse_trace(
        [
            event("model_loading_uri", 0, 5, "Session"),
            event("model_run", 10, 20, "Session"),
            event("a_kernel_time", 11, 4),
            event("a_kernel_time", 41, 6),
            event("model_run", 40, 10, "Session"),
            event("a_kernel_time", 61, 9),  # of a run that was not ended
        ]
    )
    assert [run.total_us for run in trace.runs] == [20.0, 10.0]
    assert [list(run.own_us.values()) for run in trace.runs] == [[4.0], [6.0]]
    (node,) = trace.runs[0].own_us
    assert (node.name, node.op_type, node.index) == ("a", "Relu", 3)
    assert trace.output_bytes == {node: 64}


def test_time_inside_control_flow_counts_once() -> None:
    trace = parse_trace(
        [
            event("model_run", 0, 100, "Session"),
            event("branch_kernel_time", 10, 50, op="If"),
            event("inner_kernel_time", 12, 20),
            event("inner_kernel_time", 35, 10),
            event("after_kernel_time", 61, 7),
        ]
    )
    own = {node.name: us for node, us in trace.runs[0].own_us.items()}
    assert own == {"branch": 20.0, "inner": 30.0, "after": 7.0}
    assert {node.name: calls for node, calls in trace.runs[0].calls.items()} == {"branch": 1, "inner": 2, "after": 1}


def test_a_stall_in_one_run_counts_for_no_operator() -> None:
    runs = [TracedRun(10.0, {"a": 4.0, "b": 5.0}, {"a": 1, "b": 2}) for _ in range(5)]
    runs += [TracedRun(5000.0, {"a": 4990.0, "b": 5.0}, {"a": 1, "b": 2}) for _ in range(3)]
    means = faster_half(runs)
    assert (means.total_us, means.own_us, means.calls) == (10.0, {"a": 4.0, "b": 5.0}, {"a": 1.0, "b": 2.0})
    assert means.runs == 4


@pytest.mark.parametrize("number", [1, 2, 3, 5])
def test_means_of_operators_add_up_to_the_mean_of_the_runs(number: int) -> None:
    runs = [
        TracedRun(float(3 * i + 6), {"a": float(i), "b": float(2 * i + 6)}, {"a": 1, "b": 1}) for i in range(number)
    ]
    means = faster_half(runs)
    assert sum(means.own_us.values()) == pytest.approx(means.total_us)


def test_what_the_profiler_adds_is_no_more_than_the_cheapest_node_takes() -> None:
    cheap, dear = TracedNode("a", "Reshape", "CPU", 0), TracedNode("b", "Conv", "CPU", 1)
    means = faster_half([TracedRun(60.0, {cheap: 8.0, dear: 30.0}, {cheap: 4, dear: 1})])
    assert added_us(means, wall_us=33.0, bounds=(0.5, 1.0)) == 1.0  # so that all five calls fit
    assert added_us(means, wall_us=10.0, bounds=(0.5, 1.0)) == 2.0
    assert added_us(means, wall_us=99.0, bounds=(0.5, 1.0)) == 0.5


def test_a_node_that_does_nothing_is_told_to_take_longer_than_it_does(tmp_path: Path) -> None:
    low, high = probe_us(tmp_path, PlainContext(tmp_path, tmp_path))
    assert 0.0 <= low <= high
    assert high > 0.0
