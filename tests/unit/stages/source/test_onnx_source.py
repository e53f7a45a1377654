"""A bare ONNX file as the source: described, run by the standard's reference, compared and measured without torch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.records import (
    DynamicDim,
    ExportRequest,
    ExportSpec,
    InputSpec,
    LoadRequest,
    ModelSource,
    ParityReport,
    ParityRequest,
    ParitySpec,
    ScanRequest,
    TensorInfo,
    Verdict,
)
from modelpack_gui.core.saved_models import SavedKind, kind_of_file
from modelpack_gui.stages.export import stage as export
from modelpack_gui.stages.parity import stage as parity
from modelpack_gui.stages.source import load, scan
from modelpack_gui.stages.source.arrays import make_arrays
from tests.places import ROOT

INPUTS = (InputSpec("x", (2, 3)), InputSpec("scale", (2, 1)))
BATCH = (DynamicDim("x", 0, "batch"), DynamicDim("scale", 0, "batch"))


def model(*, operator: str = "Relu", domain: str = "") -> onnx.ModelProto:
    weight = numpy_helper.from_array(np.arange(12, dtype=np.float32).reshape(3, 4) - 2, "weight")
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["x", "weight"], ["product"]),
            helper.make_node(operator, ["product"], ["activated"], domain=domain),
            helper.make_node("Mul", ["activated", "scale"], ["y"]),
        ],
        "net",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3]),
            helper.make_tensor_value_info("scale", TensorProto.FLOAT, ["batch", 1]),
        ],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 4])],
        [weight],
    )
    opsets = [helper.make_opsetid("", 18)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    return helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="a test")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    onnx.save(model(), tmp_path / "net.onnx")
    return tmp_path


def compare(folder: Path, inputs: tuple[InputSpec, ...] = INPUTS, artifact: str = "net.onnx") -> ParityReport:
    request = ParityRequest(ModelSource("net.onnx"), inputs, artifact, BATCH, ParitySpec(sizes=(1, 5)))
    return parity.run(request, PlainContext(folder))


def test_the_content_tells_an_onnx_file(folder: Path) -> None:
    (folder / "net.bin").write_bytes((folder / "net.onnx").read_bytes())
    assert kind_of_file(folder / "net.bin") is SavedKind.ONNX


def test_example_inputs_are_proposed_and_open_sizes_become_dynamic(folder: Path) -> None:
    saved = scan.run(ScanRequest("net.onnx"), PlainContext(folder)).saved
    assert saved is not None
    assert saved.kind == "onnx"
    assert saved.inputs == (TensorInfo("x", "float32", ("batch", 3)), TensorInfo("scale", "float32", ("batch", 1)))
    assert saved.proposed == INPUTS
    assert saved.dynamic == BATCH
    assert saved.producer == "a test"


def test_loading_describes_the_file_and_runs_it_once(folder: Path) -> None:
    report = load.run(LoadRequest(ModelSource("net.onnx"), INPUTS), PlainContext(folder))
    assert (report.class_name, report.parameters, report.size_bytes) == ("net", 12, 48)
    assert report.outputs == (TensorInfo("y", "float32", (2, 4)),)
    assert [Path(item.path).name for item in report.files] == ["net.onnx"]


def test_onnx_runtime_is_compared_with_the_reference_over_sizes_and_seeds(folder: Path) -> None:
    report = compare(folder)
    assert report.verdict is Verdict.PASSED
    assert {case.label for case in report.cases} >= {"example", "batch = 1", "batch = 5", "example, seed 1"}
    assert {output.name for output in report.cases[0].outputs} == {"y"}


def test_an_artifact_that_computes_something_else_is_caught(folder: Path) -> None:
    onnx.save(model(operator="Neg"), folder / "other.onnx")
    assert compare(folder, artifact="other.onnx").verdict is Verdict.FAILED


def test_an_operator_that_the_reference_lacks_is_named(tmp_path: Path) -> None:
    onnx.save(model(operator="FancyGelu", domain="com.example"), tmp_path / "net.onnx")
    with pytest.raises(UserError) as caught:
        load.run(LoadRequest(ModelSource("net.onnx"), INPUTS), PlainContext(tmp_path))
    assert caught.value.info.code == "reference-unsupported-op"
    assert "FancyGelu" in caught.value.info.message


def test_inputs_that_do_not_fit_the_graph_are_said_to(folder: Path) -> None:
    with pytest.raises(UserError) as caught:
        load.run(LoadRequest(ModelSource("net.onnx"), (InputSpec("x", (2, 7)), INPUTS[1])), PlainContext(folder))
    assert caught.value.info.code == "reference-failed"


def test_there_is_nothing_to_export(folder: Path) -> None:
    request = ExportRequest(ModelSource("net.onnx"), INPUTS, ExportSpec(output_path="out.onnx"))
    with pytest.raises(UserError) as caught:
        export.run(request, PlainContext(folder))
    assert caught.value.info.code == "source-is-onnx"
    assert not (folder / "out.onnx").exists()


WITHOUT_TORCH = """\
import sys

sys.modules["torch"] = None  # any import of it fails
from pathlib import Path

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.records import (
    BenchPrepareRequest, BenchTurnRequest, CheckRequest, InspectRequest, LoadRequest, ModelSource, ParityRequest,
    ParitySpec, RunnerSpec, ScanRequest,
)
from modelpack_gui.stages import registry

context = PlainContext(Path.cwd())
source = ModelSource("net.onnx")
saved = registry.resolve("scan")(ScanRequest("net.onnx"), context).saved
inputs, path = saved.proposed, "net.onnx"
print(registry.resolve("load")(LoadRequest(source, inputs), context).class_name)
print(registry.resolve("inspect")(InspectRequest(path), context).node_count)
print(registry.resolve("check")(CheckRequest(path, None, inputs), context).verdict.value)
request = ParityRequest(source, inputs, path, saved.dynamic, ParitySpec(sizes=(1, 3)))
print(registry.resolve("parity")(request, context).verdict.value)
registry.resolve("bench.prepare")(BenchPrepareRequest(RunnerSpec("onnxruntime"), source, inputs, path, 1), context)
print(len(registry.resolve("bench.turn")(BenchTurnRequest("onnxruntime", 3, 0), context).latencies_ms))
"""


def test_every_stage_of_an_onnx_source_runs_without_torch(folder: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert run.stdout.split() == ["net", "3", "passed", "passed", "3"], run.stderr


# Arrays


def context_of(folder: Path) -> PlainContext:
    return PlainContext(folder)


def error_of(folder: Path, spec: InputSpec) -> ErrorInfo:
    with pytest.raises(UserError) as caught:
        make_arrays((spec,), context_of(folder))
    return caught.value.info


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "int64", "uint8", "bool", "complex64"])
def test_arrays_are_drawn_alike_each_time_and_differ_between_inputs(tmp_path: Path, dtype: str) -> None:
    inputs = (InputSpec("a", (50,), dtype), InputSpec("b", (50,), dtype))
    first, second = make_arrays(inputs, context_of(tmp_path)), make_arrays(inputs, context_of(tmp_path))
    assert first[0].dtype == dtype
    assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))
    assert not np.array_equal(first[0], first[1])
    assert not np.array_equal(first[0], make_arrays(inputs, context_of(tmp_path), seed_offset=1)[0])


def test_arrays_keep_to_their_range(tmp_path: Path) -> None:
    floats, integers = make_arrays(
        (InputSpec("a", (500,), low=-2.0, high=-1.0), InputSpec("b", (500,), "int64", 3.0, 5.0)), context_of(tmp_path)
    )
    assert -2 <= floats.min() <= floats.max() < -1
    assert set(integers) == {3, 4, 5}


@pytest.mark.parametrize("has_torch", [True, False])
def test_arrays_come_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_torch: bool) -> None:
    if not has_torch:
        monkeypatch.setitem(sys.modules, "torch", None)
    np.save(tmp_path / "x.npy", np.arange(6.0).reshape(2, 3))
    np.savez(tmp_path / "x.npz", first=np.zeros(3), second=np.ones(3))
    (plain,) = make_arrays((InputSpec("x", (2, 3), file="x.npy"),), context_of(tmp_path))
    assert plain.dtype == np.float32
    assert plain[1, 2] == 5
    (named,) = make_arrays((InputSpec("x", (3,), file="x.npz", file_key="second"),), context_of(tmp_path))
    assert named.sum() == 3


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        (InputSpec("x", (2,), "string"), "input-dtype"),
        (InputSpec("x", (2,), "nothing"), "input-dtype"),
        (InputSpec("x", (-1,)), "input-shape"),
        (InputSpec("x", (2,), low=2.0, high=1.0), "input-range"),
        (InputSpec("x", (2,), "int8", 0.0, 300.0), "input-range"),
        (InputSpec("x", (1 << 40, 1 << 40)), "input-too-large"),
        (InputSpec("x", (2,), file="none.npy"), "input-file-missing"),
        (InputSpec("x", (2,), file="bad.npy"), "input-file-not-valid"),
        (InputSpec("x", (2,), file="picture.png"), "input-file-not-valid"),
        (InputSpec("x", (2,), file="three.npy"), "input-file-shape"),
    ],
)
def test_what_is_wrong_with_an_array_has_a_code_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: InputSpec, code: str
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    (tmp_path / "bad.npy").write_bytes(b"no array")
    np.save(tmp_path / "three.npy", np.zeros(3))
    assert error_of(tmp_path, spec).code == code
