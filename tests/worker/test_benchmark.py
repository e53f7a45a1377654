"""A benchmark with real processes."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from modelpack_gui.client.api import Listener
from modelpack_gui.client.bench import runner_lane
from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.core.events import Cancelled, Done, Event, Failed, Outcome, Progress, Sample, Started
from modelpack_gui.core.records import (
    BenchReport,
    BenchRequest,
    BenchSpec,
    InputSpec,
    ModelSource,
    Verdict,
    runner_specs,
)
from tests.places import WORKER_FIXTURES
from tests.worker.harness import Recorder, ended, load, run


def request(name: str, *runners: str, artifact: str = "", **settings: Any) -> BenchRequest:
    usual = {"noise_run": False, "warmup_runs": 6, "iterations": 25, "block_runs": 10, "threads": 1}
    spec = BenchSpec(runners=runner_specs(*runners), **{**usual, **settings})
    return BenchRequest(ModelSource(file="bench_models.py", name=name), (InputSpec("x", (1, 8)),), artifact, spec)


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`Small` of bench_models as an ONNX file, made without an exporter."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = numpy_helper.from_array(np.ones((8, 4), np.float32), "w")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"]), helper.make_node("Relu", ["y"], ["z"])],
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 8])],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, [1, 4])],
        [weights],
    )
    path = tmp_path_factory.mktemp("bench") / "small.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return path


def test_runners_are_measured_in_interleaved_blocks_and_compared(client: WorkerClient, artifact: Path) -> None:
    runners = ("eager", "torchscript_script", "onnxruntime")
    load = {"callers": (2,), "rates_per_s": (100.0,), "load_s": 0.2}
    asked = request("Small", *runners, artifact=str(artifact), noise_run=True, **load)
    event, recorder = run(client, "bench", asked)
    assert isinstance(event, Done), event
    report = event.result
    assert isinstance(report, BenchReport)
    assert report.is_complete
    assert report.threads == 1
    assert report.baseline == "eager"
    assert [result.runner for result in report.runners] == ["eager", "torchscript_script", "onnxruntime"]
    for result in report.runners:
        assert result.error is None
        assert (len(result.warmup_ms), len(result.latencies_ms)) == (6, 25)
        assert result.summary is not None
        assert result.summary.count == 25
        assert result.prepared is not None
        assert result.prepared.threads == 1
        assert result.prepared.peak_rss_bytes > 2**20
        assert (result.speedup is None) == (result.runner == "eager")
        assert sum(result.turns) == 25
        assert [(point.mode, point.callers, point.rate_per_s) for point in result.load] == [
            ("closed", 2, None),
            ("open", 2, 100.0),
        ]
        assert all(point.error is None and point.completed > 0 for point in result.load)
        assert result.cold is not None
        assert result.cold.process_start_s is not None
        assert 0.0 < result.cold.process_start_s < result.prepared.load_time_s + 30.0
    assert report.runners[2].outputs is not None
    assert report.runners[2].outputs.verdict is Verdict.PASSED
    assert report.noise is not None
    assert len(report.noise.calibration_ms) == 4
    assert report.noise.aa_ratio is not None
    assert report.runners[2].prepared is not None
    assert report.runners[2].prepared.provider == "CPUExecutionProvider"
    assert report.machine["torch"]
    assert report.machine["threads"] == "1"
    assert report.summary

    assert isinstance(recorder.events[0], Started)
    timed = [event for event in recorder.events if isinstance(event, Sample) and event.phase == "timed"]
    rounds = [{sample.runner for sample in timed[start : start + 3]} for start in range(0, len(timed), 3)]
    assert rounds == [{"eager", "torchscript_script", "onnxruntime"}] * 3
    for result in report.runners:
        live = [value for sample in timed if sample.runner == result.runner for value in sample.latencies_ms]
        assert tuple(live) == result.latencies_ms
    fractions = [event.fraction for event in recorder.events if isinstance(event, Progress) and event.fraction]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_a_runner_that_crashes_or_cannot_be_prepared_is_left_out_and_the_others_go_on(client: WorkerClient) -> None:
    event, _ = run(
        client, "bench", request("DiesWhenTraced", "torchscript_trace", "onnxruntime", "nonsense", "eager")
    )
    assert isinstance(event, Done), event
    report = event.result
    assert isinstance(report, BenchReport)
    codes = {result.runner: result.error.code if result.error else "" for result in report.runners}
    assert codes == {
        "torchscript_trace": "worker-crashed",
        "onnxruntime": "artifact-missing",
        "nonsense": "runner-unknown",
        "eager": "",
    }
    assert report.baseline == "eager"
    assert len(report.runners[3].latencies_ms) == 25


@pytest.mark.parametrize("way", ["CrashesMidway", "HangsMidway"])
def test_a_runner_that_crashes_or_hangs_midway_keeps_its_samples_and_leaves_the_others_whole(
    client: WorkerClient, artifact: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(runner_lane, "TURN_LEAST_S", 1.0)
    event, _ = run(client, "bench", request(way, "eager", "onnxruntime", artifact=str(artifact)))
    assert isinstance(event, Done), event
    report = event.result
    assert isinstance(report, BenchReport)
    eager, whole = report.runners
    assert eager.error is not None
    assert eager.error.code == ("worker-crashed" if way == "CrashesMidway" else "job-timed-out")
    assert len(eager.latencies_ms) == 10
    assert eager.summary is not None
    assert whole.error is None
    assert len(whole.latencies_ms) == 25


def test_answers_that_go_wrong_midway_make_the_speed_not_count(client: WorkerClient, artifact: Path) -> None:
    event, _ = run(client, "bench", request("WrongMidway", "eager", "onnxruntime", artifact=str(artifact)))
    assert isinstance(event, Done), event
    report = event.result
    assert isinstance(report, BenchReport)
    eager, whole = report.runners
    assert eager.outputs is not None
    assert eager.outputs.verdict is Verdict.FAILED
    assert "wrong after them" in eager.outputs.note
    assert len(eager.latencies_ms) == 25
    assert not eager.is_valid
    assert whole.is_valid
    assert report.baseline == "onnxruntime"


def test_a_batch_size_that_the_artifact_refuses_leaves_the_others_and_a_time_budget_ends_the_rounds(
    client: WorkerClient, artifact: Path
) -> None:
    cpu = min(os.sched_getaffinity(0))
    settings = {"batch_size": 3, "pin_cpus": (cpu,), "fresh_inputs": True, "precision": 1e-9, "time_budget_s": 0.5}
    event, _ = run(client, "bench", request("Small", "eager", "onnxruntime", artifact=str(artifact), **settings))
    assert isinstance(event, Done), event
    report = event.result
    assert isinstance(report, BenchReport)
    eager, refusing = report.runners
    assert refusing.error is not None
    assert eager.error is None
    assert len(eager.latencies_ms) >= 10  # the first round is always finished
    assert report.is_complete
    assert report.machine["pinned_to"] == str(cpu)


def test_a_benchmark_that_no_runner_can_do_fails_with_the_reason(client: WorkerClient) -> None:
    event, _ = run(client, "bench", request("Raises", "eager", "torchscript_trace"))
    assert isinstance(event, Failed)
    assert event.outcome is Outcome.FAILED
    assert "no forward today" in event.error.message


def test_a_cancel_keeps_what_was_measured(client: WorkerClient) -> None:
    recorder = Recorder()
    asked = request("Slow", "eager", warmup_runs=0, iterations=1000, block_runs=1)
    job = client.run("bench", asked, recorder, base=WORKER_FIXTURES)
    recorder.wait_for(lambda event: isinstance(event, Sample) and event.phase == "timed")
    job.cancel()
    event = ended(job)
    assert isinstance(event, Cancelled)
    report = event.result
    assert isinstance(report, BenchReport)
    assert not report.is_complete
    assert 1 <= len(report.runners[0].latencies_ms) < 1000
    assert recorder.terminals == [event]


def test_a_cancel_before_anything_was_measured_gives_no_report(client: WorkerClient) -> None:
    recorder = Recorder()
    job = client.run("bench", request("Slow", "eager"), recorder, base=WORKER_FIXTURES)
    recorder.wait_for(lambda event: isinstance(event, Progress))
    job.cancel()
    assert ended(job) == Cancelled(job.id, None)


def test_a_benchmark_past_its_deadline_times_out(client: WorkerClient) -> None:
    event, _ = run(client, "bench", request("Slow", "eager", iterations=10000), deadline_s=4.0)
    assert isinstance(event, Failed)
    assert event.outcome is Outcome.TIMED_OUT


def test_no_other_job_runs_while_a_benchmark_measures(client: WorkerClient) -> None:
    order: list[tuple[str, str]] = []
    lock = threading.Lock()

    def listen_as(name: str) -> Listener:
        def listener(event: Event) -> None:
            if isinstance(event, (Started, Done, Failed, Cancelled)):
                with lock:
                    order.append((name, type(event).__name__))

        return listener

    before = client.run("load", load("good"), listen_as("before"), base=WORKER_FIXTURES)
    bench = client.run("bench", request("Small", "eager"), listen_as("bench"), base=WORKER_FIXTURES)
    after = client.run("load", load("good"), listen_as("after"), base=WORKER_FIXTURES)
    for job in (before, bench, after):
        assert isinstance(ended(job), Done)
    assert order == [(name, kind) for name in ("before", "bench", "after") for kind in ("Started", "Done")]


def test_close_during_a_benchmark_cancels_it() -> None:
    client = WorkerClient()
    recorder = Recorder()
    job = client.run("bench", request("Slow", "eager", iterations=10000), recorder, base=WORKER_FIXTURES)
    recorder.wait_for(lambda event: isinstance(event, Sample))
    client.close()
    assert isinstance(ended(job), Cancelled)
