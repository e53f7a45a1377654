"""A profile in a real process that measures alone."""

from __future__ import annotations

import dataclasses
import importlib.util
import threading
from pathlib import Path

import pytest

from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.core.events import Cancelled, Done, Event, Failed, Outcome, Progress
from modelpack_gui.core.records import InputSpec, ModelSource, ProfileReport, ProfileRequest, RunnerSpec
from tests.places import WORKER_FIXTURES
from tests.worker.harness import Recorder, ended, run


def request(runner: str, artifact: str = "", name: str = "Small") -> ProfileRequest:
    source = ModelSource(file="bench_models.py", name=name)
    return ProfileRequest(
        RunnerSpec(runner), source, (InputSpec("x", (1, 8)),), artifact, threads=1, warmup_runs=2, runs=8
    )


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`Small` of bench_models, its product and addition apart so that the runtime fuses them."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = [
        numpy_helper.from_array(np.ones((8, 4), np.float32), "w"),
        numpy_helper.from_array(np.ones(4, np.float32), "b"),
    ]
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["product"], "/linear/MatMul"),
        helper.make_node("Add", ["product", "b"], ["sum"], "/linear/Add"),
        helper.make_node("Relu", ["sum"], ["z"], "/Relu"),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 8])],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, [1, 4])],
        weights,
    )
    path = tmp_path_factory.mktemp("profile") / "small.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return path


def profile(client: WorkerClient, asked: ProfileRequest) -> ProfileReport:
    event, _ = run(client, "profile", asked)
    assert isinstance(event, Done), event
    assert isinstance(event.result, ProfileReport)
    return event.result


def test_time_of_fused_nodes_is_put_to_the_nodes_of_the_file(client: WorkerClient, artifact: Path) -> None:
    report = profile(client, request("onnxruntime", str(artifact)))
    assert report.wall_us > 0.0
    originals = [row.originals for row in report.rows if row.originals]
    assert sorted(name for names in originals for name in names) == ["/Relu", "/linear/Add", "/linear/MatMul"]
    assert len(originals) < 3  # something was fused
    assert report.providers == {"CPUExecutionProvider": len(report.rows)}
    assert sum(row.share for row in report.rows) == pytest.approx(1.0)
    total = sum(row.mean_us for row in report.rows) + report.overhead_us
    assert total == pytest.approx(report.profiled_us)
    assert not any(row.is_fallback for row in report.rows)
    assert report.artifact_path == str(artifact)


@pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason="openvino is an extra")
def test_openvino_tells_what_it_has_fused(client: WorkerClient, artifact: Path) -> None:
    report = profile(client, request("openvino", str(artifact)))
    named = [name for row in report.rows for name in row.originals]
    assert {"/linear/Add", "/Relu"} <= set(named)
    assert all(row.kernel for row in report.rows)
    assert set(report.providers) == {"CPU"}


def test_operators_of_eager_pytorch_are_put_to_their_modules(client: WorkerClient) -> None:
    report = profile(client, request("eager"))
    assert {(row.op_type, row.module) for row in report.rows} == {("aten::linear", "linear"), ("aten::relu", "")}
    assert [row.calls for row in report.rows] == [1.0, 1.0]
    assert report.facts["torch"]
    assert "cpu flags" in report.facts


def test_a_failure_is_told_as_that_of_the_job(client: WorkerClient) -> None:
    event, _ = run(client, "profile", request("eager", name="Raises"))
    assert isinstance(event, Failed)
    assert event.outcome is Outcome.FAILED
    assert event.error.code == "forward-failed"


def test_a_cancel_ends_a_profile_and_its_process(client: WorkerClient) -> None:
    recorder = Recorder()
    has_begun = threading.Event()

    def listen(event: Event) -> None:
        recorder(event)
        if isinstance(event, Progress) and event.message == "Timing without the profiler":
            has_begun.set()

    asked = dataclasses.replace(request("eager", name="Slow"), runs=10_000)
    job = client.run("profile", asked, listen, base=WORKER_FIXTURES)
    assert has_begun.wait(60.0)
    job.cancel()
    assert isinstance(ended(job), Cancelled)
    assert {event.job for event in recorder.events} == {job.id}
