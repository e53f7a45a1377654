"""Quantising in a real process: parts as they come, the user's own Python in it, and a cancel that is heard."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.core.events import Cancelled, Done, Log, Partial, Progress
from modelpack_gui.core.records import CalibrationSpec, QuantizedVariant, QuantizeReport, QuantizeSpec
from tests.unit.stages.quantize.models import conv_net, request_for
from tests.worker.harness import Recorder, ended, run

SAMPLES = """
import numpy as np

def noisy():
    print("reading samples")
    for index in range(8):
        yield {"image": np.random.default_rng(index).random((1, 3, 8, 8), dtype="float32")}

def endless():
    import time
    print("waiting for a sample")
    while True:
        time.sleep(0.01)
    yield
"""


def spec_of(folder: Path, name: str) -> QuantizeSpec:
    (folder / "samples.py").write_text(SAMPLES, encoding="utf-8")
    return QuantizeSpec(calibration=CalibrationSpec("python", "samples.py", name))


def test_ways_come_as_parts_and_what_the_users_code_prints_goes_to_the_log(
    client: WorkerClient, tmp_path: Path
) -> None:
    spec = spec_of(tmp_path, "noisy")
    request = request_for(conv_net(tmp_path), spec, dataclasses.replace(spec, method="dynamic"))
    event, recorder = run(client, "quantize", request, base=tmp_path)
    assert isinstance(event, Done), event
    assert isinstance(event.result, QuantizeReport)
    parts = [one.result for one in recorder.events if isinstance(one, Partial)]
    assert parts == list(event.result.variants)
    assert all(isinstance(part, QuantizedVariant) and part.error is None for part in parts)
    assert "reading samples" in [text for _, text in recorder.lines]
    assert not [text for _, text in recorder.lines if "histogram" in text or "pre-processing" in text]


def test_a_cancel_between_steps_leaves_what_was_ready_and_nothing_else(client: WorkerClient, tmp_path: Path) -> None:
    spec = spec_of(tmp_path, "noisy")
    ways = [dataclasses.replace(spec, per_channel=index % 2 == 0, op_types=("Conv", "Gemm")[: 1 + index // 2 % 2])
            for index in range(4)] * 10  # fmt: skip
    named = [dataclasses.replace(way, output_path=f"q{index}.onnx") for index, way in enumerate(ways)]
    recorder = Recorder()
    job = client.run("quantize", request_for(conv_net(tmp_path), *named), recorder, base=tmp_path)
    recorder.wait_for(lambda event: isinstance(event, Partial))
    job.cancel()
    assert isinstance(ended(job), Cancelled)
    ready = {Path(one.result.path).name for one in recorder.events
             if isinstance(one, Partial) and isinstance(one.result, QuantizedVariant)}  # fmt: skip
    assert {path.name for path in tmp_path.iterdir() if path.suffix == ".onnx"} == {"net.onnx", *ready}
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    assert len(ready) < len(named)


def test_a_sample_that_never_comes_can_be_cancelled(client: WorkerClient, tmp_path: Path) -> None:
    recorder = Recorder()
    request = request_for(conv_net(tmp_path), spec_of(tmp_path, "endless"))
    job = client.run("quantize", request, recorder, base=tmp_path)
    recorder.wait_for(lambda event: isinstance(event, Log) and event.message == "waiting for a sample")
    job.cancel()
    assert isinstance(ended(job), Cancelled)
    assert {path.name for path in tmp_path.iterdir()} == {"net.onnx", "samples.py"}


def test_progress_names_the_way_and_the_sample(client: WorkerClient, tmp_path: Path) -> None:
    request = request_for(conv_net(tmp_path), spec_of(tmp_path, "noisy"))
    _, recorder = run(client, "quantize", request, base=tmp_path)
    said = [one.message for one in recorder.events if isinstance(one, Progress)]
    assert "INT8 static (1 of 1)" in said
    assert "INT8 static: Calibrating, sample 1 of 6" in said
