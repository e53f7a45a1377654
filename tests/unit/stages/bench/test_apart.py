from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from modelpack_gui.core.errors import JobCancelled, UserError
from modelpack_gui.stages.common.apart import Apart


def test_an_answer_comes_back_from_the_process_and_so_does_what_was_wrong(tmp_path: Path) -> None:
    good = Apart("json:dumps", {"a": [1, 2]})
    bad = Apart("modelpack_gui.stages.export.artifact:read_artifact", str(tmp_path / "no.onnx"))
    assert json.loads(good.result(60.0)) == {"a": [1, 2]}
    with pytest.raises(UserError) as caught:
        bad.result(60.0)
    assert caught.value.info.code == "artifact-missing"


def test_a_process_that_dies_says_so_with_its_last_words() -> None:
    with pytest.raises(UserError) as caught:
        Apart("sys:exit", "out of luck").result(60.0)
    assert caught.value.info.code == "helper-failed"
    assert "out of luck" in caught.value.info.details


def test_a_process_that_does_not_answer_is_ended() -> None:
    apart = Apart("time:sleep", 3600)
    with pytest.raises(UserError) as caught:
        apart.result(0.1)
    assert "did not answer within 0.1 s" in caught.value.info.message
    assert apart._process.poll() is not None


def test_a_cancel_ends_the_process() -> None:
    def cancelled() -> None:
        raise JobCancelled

    apart = Apart("time:sleep", 3600)
    with pytest.raises(JobCancelled):
        apart.result(60.0, cancelled)
    assert apart._process.poll() is not None


SCRIPT = """
import sys
from pathlib import Path
from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.records import BenchPrepareRequest, InputSpec, ModelSource, RunnerSpec
from modelpack_gui.stages.bench import prepare
folder = Path(sys.argv[1])
inputs = (InputSpec("x", (2, 8)),)
source = ModelSource(file="nets.py", name="Net")
request = BenchPrepareRequest(RunnerSpec("onnxruntime"), source, inputs, "net.onnx", 1, folder=str(folder / "in"))
context = PlainContext(folder, folder)
found = prepare.run(request, context)
runner = prepare.prepared_of("onnxruntime", context)
output = runner.read(runner.call())[0].values
print(sorted({"torch", "onnx"} & set(sys.modules)), found.is_lossy, found.facts.get("precision"), output.sum())
"""


def test_onnx_runtime_is_measured_without_torch_and_gets_what_torch_draws(tmp_path: Path) -> None:
    import numpy as np

    from modelpack_gui.core.records import InputSpec
    from modelpack_gui.stages.source.inputs import make_inputs
    from tests.unit.stages.bench.nets import save_linear

    save_linear(tmp_path / "net.onnx")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    *_, modules, lossy, precision, total = done.stdout.rsplit(maxsplit=3)
    assert (modules, lossy, precision) == ("[]", "False", "None")
    drawn = make_inputs([InputSpec("x", (2, 8))])[0].numpy()
    weights = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
    assert float(total) == pytest.approx(float(np.maximum(drawn @ weights, 0).sum()), rel=1e-5)
