"""Runners of files from disk."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import BenchPrepareRequest, InputSpec, ModelSource, RunnerSpec
from modelpack_gui.stages.bench import torch_model
from modelpack_gui.stages.bench.array_files import has_arrays, read_arrays, write_arrays
from modelpack_gui.stages.bench.prepare import prepared_of
from tests.unit.stages.bench.nets import context_of, prepared, save_linear

ROW = InputSpec("x", (2, 8))


@pytest.fixture(autouse=True)
def _torch_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def of_file(runner: str, artifact: str, **options: str) -> BenchPrepareRequest:
    """A runner of a file of its own; the recipe's artifact is another one."""
    source = ModelSource(file="nets.py", name="Net")
    return BenchPrepareRequest(RunnerSpec(runner, options, artifact), source, (ROW,), "recipe.onnx", threads=1)


def save_script(path: Path, module: nn.Module) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.jit is deprecated
        torch.jit.save(torch.jit.script(module.eval()), str(path))


@pytest.mark.parametrize("finish", ["plain", "frozen", "optimized"])
def test_a_torchscript_file_is_run_as_it_is_or_finished(finish: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 4), nn.ReLU())
    save_script(tmp_path / "net.pt", model)
    context = context_of(tmp_path)
    request = of_file("torchscript_file", "net.pt", finish=finish)
    report = prepared(request, context)
    assert report.facts["file"] == "net.pt"
    assert report.facts["graph"].startswith("torch.jit.load")
    assert not report.is_lossy
    runner = prepared_of(request.runner.key, context)
    with runner.mode():
        output = runner.call()
    from modelpack_gui.stages.source.inputs import make_inputs

    with torch.no_grad():
        torch.testing.assert_close(output, model(*make_inputs([ROW])))


def test_a_file_of_low_precision_may_differ(tmp_path: Path) -> None:
    save_script(tmp_path / "low.pt", nn.Linear(8, 4).to(torch.bfloat16))
    save_linear(tmp_path / "low.onnx", dtype=np.float16)
    inputs = (InputSpec("x", (2, 8), "bfloat16"),)
    request = BenchPrepareRequest(
        RunnerSpec("torchscript_file", artifact="low.pt"), ModelSource(file="nets.py", name="Net"), inputs, "", 1
    )
    report = prepared(request, context_of(tmp_path))
    assert (report.is_lossy, report.facts["precision"]) == (True, "bfloat16")
    halves = (InputSpec("x", (2, 8), "float16"),)
    request = BenchPrepareRequest(
        RunnerSpec("onnxruntime", artifact="low.onnx"), ModelSource(file="nets.py", name="Net"), halves, "", 1
    )
    report = prepared(request, context_of(tmp_path))
    assert (report.is_lossy, report.facts["precision"]) == (True, "float16")


@pytest.mark.parametrize(
    ("graph", "found"),
    [
        ("%5 : QInt8 = quantized::linear(%4, %3)", "int8"),
        ("torch.ops.quantized_decomposed.quantize_per_tensor.default(x)", "int8"),
        ("%quantized_embed : Tensor = aten::relu(%3)", ""),
    ],
)
def test_quantized_operators_are_known_by_their_names(graph: str, found: str) -> None:
    module = SimpleNamespace(inlined_graph=graph, parameters=list, buffers=list)
    assert torch_model.low_precision(module) == found


@pytest.mark.parametrize(
    ("runner", "name", "code"),
    [
        ("torchscript_file", "net.onnx", "artifact-not-torchscript"),
        ("onnxruntime", "net.pt", "artifact-not-onnx"),
        ("exported_program", "net.pt", "artifact-not-pt2"),
        ("onnxruntime", "gone.onnx", "artifact-missing"),
    ],
)
def test_a_file_of_another_kind_is_refused(runner: str, name: str, code: str, tmp_path: Path) -> None:
    save_linear(tmp_path / "net.onnx")
    save_script(tmp_path / "net.pt", nn.Linear(8, 4))
    with pytest.raises(UserError) as caught:
        prepared(of_file(runner, name), context_of(tmp_path))
    assert caught.value.info.code == code
    assert name in caught.value.info.message


def test_arrays_come_back_as_they_were_whatever_their_dtype(tmp_path: Path) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    arrays: tuple[np.ndarray, ...] = (
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.asarray([1.5, 2.5], ml_dtypes.bfloat16),
        np.asarray(3, np.int64),
        np.asarray([True, False]),
        np.asarray(["a", "bc"], object),
    )
    assert not has_arrays(tmp_path / "new", "x")
    write_arrays(tmp_path / "new", "x", arrays, {"names": ["a"]})
    assert has_arrays(tmp_path / "new", "x")
    found, notes = read_arrays(tmp_path / "new", "x")
    assert notes == {"names": ["a"]}
    for before, after in zip(arrays, found, strict=True):
        assert before.shape == after.shape
        assert (before == after).all()
        assert after.dtype == before.dtype or before.dtype == object
