"""One artifact compared with another, where no model is built."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import (
    DynamicDim,
    InputSpec,
    ModelSource,
    Origin,
    ParityReport,
    ParityRequest,
    ParitySpec,
    RuntimeChoice,
    Verdict,
)
from modelpack_gui.stages.export.artifact import read_artifact
from modelpack_gui.stages.parity.low_precision import low_precision_of
from modelpack_gui.stages.parity.stage import run

X = InputSpec("x", (2, 64), low=-1.0, high=1.0)
N = DynamicDim("x", 0, "n")
NO_MODEL = ModelSource(file="there_is_no_such_file.py", name="Net")


class Net(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(7)
            self.layers = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 8))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.layers(x)
        return result


def _onnx(path: Path, *, opset: int = 18, changed: float = 0.0, output: str = "y") -> Path:
    constants = {key: value.detach().numpy().copy() for key, value in Net().state_dict().items()}
    constants["layers.2.weight"][3, 5] += changed
    nodes = [
        helper.make_node("Gemm", ["x", "layers.0.weight", "layers.0.bias"], ["a"], transB=1),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Gemm", ["b", "layers.2.weight", "layers.2.bias"], [output], transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 64])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", 8])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10), str(path))
    return path


def _torchscript(path: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(Net().eval()).save(str(path))  # type: ignore[no-untyped-call]
    return path


def _pt2(path: Path) -> Path:
    sizes = ({0: torch.export.Dim("n", min=1, max=64)},)
    torch.export.save(torch.export.export(Net().eval(), (torch.zeros(2, 64),), dynamic_shapes=sizes), str(path))
    return path


def _quantized(path: Path) -> Path:
    from onnxruntime.quantization import quantize_dynamic

    quantize_dynamic(_onnx(path.with_suffix(".float.onnx")), path)
    return path


def _compare(
    expected: Path,
    actual: Path,
    expected_runtime: RuntimeChoice | None = None,
    runtime: RuntimeChoice | None = None,
    *,
    rtol: float = 1e-3,
) -> ParityReport:
    spec = ParitySpec(
        rtol=rtol,
        sizes=(1, 3),
        seeds=(0,),
        expected_artifact=expected.name,
        expected_runtime=expected_runtime or RuntimeChoice(),
        actual_artifact=actual.name,
        runtime=runtime or RuntimeChoice(),
    )
    request = ParityRequest(NO_MODEL, (X,), "there_is_no_such_file.onnx", (N,), spec)
    return run(request, PlainContext(actual.parent, actual.parent))


@pytest.mark.parametrize(("make", "name"), [(_torchscript, "net.pt"), (_pt2, "net.pt2")])
def test_formats_are_compared_with_each_other_at_every_size(
    tmp_path: Path, make: Callable[[Path], Path], name: str
) -> None:
    report = _compare(make(tmp_path / name), _onnx(tmp_path / "net.onnx"))

    assert report.verdict is Verdict.PASSED, report.summary
    assert [case.sizes["n"] for case in report.cases] == [2, 1, 3]
    assert report.expected_title == f"{name} in {'TorchScript' if name == 'net.pt' else 'ExportedProgram'}"
    assert report.artifact_path == str(tmp_path / "net.onnx")
    assert report.attribution is not None
    assert report.attribution.origin in (Origin.UNKNOWN, Origin.NONE)
    assert all(output.noise is None for case in report.cases for output in case.outputs)


def test_two_opsets_with_other_names_of_outputs_are_compared_by_place(tmp_path: Path) -> None:
    report = _compare(_onnx(tmp_path / "old.onnx", opset=13, output="z"), _onnx(tmp_path / "new.onnx"))

    assert report.verdict is Verdict.PASSED, report.summary
    assert report.cases[0].outputs[0].name == "y"


def test_one_file_is_compared_with_itself_in_another_runtime_and_at_another_level(tmp_path: Path) -> None:
    path = _onnx(tmp_path / "net.onnx")

    report = _compare(path, path, RuntimeChoice("onnx.reference"))
    assert report.verdict is Verdict.PASSED, report.summary
    assert report.expected_title == "net.onnx in onnx.reference"

    report = _compare(path, path, RuntimeChoice(optimization="off"))
    assert report.verdict is Verdict.PASSED, report.summary
    assert report.expected_title == "net.onnx in ONNX Runtime, optimisation off"


def test_a_weight_that_differs_is_found_in_the_files_themselves(tmp_path: Path) -> None:
    report = _compare(_onnx(tmp_path / "before.onnx"), _onnx(tmp_path / "after.onnx", changed=0.5))

    assert report.verdict is Verdict.FAILED
    assert report.attribution is not None
    assert report.attribution.origin is Origin.UNKNOWN
    assert report.attribution.sentence.startswith("differs from before.onnx in ONNX Runtime by ")
    assert "it is in the files themselves" in report.attribution.sentence


def test_int8_is_recognised_and_judged_by_tolerances_for_it(tmp_path: Path) -> None:
    path = _quantized(tmp_path / "int8.onnx")
    assert low_precision_of(read_artifact(path)) == "int8"
    assert low_precision_of(read_artifact(tmp_path / "int8.float.onnx")) == ""

    report = _compare(tmp_path / "int8.float.onnx", path)

    assert report.verdict is Verdict.PASSED, report.summary
    assert report.computes_in == "int8"
    assert report.attribution is not None
    assert report.attribution.origin is Origin.PRECISION
    assert "within the tolerance for int8" in report.attribution.sentence


def test_what_int8_costs_beyond_the_tolerance_is_its_precision(tmp_path: Path) -> None:
    _quantized(tmp_path / "int8.onnx")
    spec = ParitySpec(
        seeds=(0,),
        low_precision={},
        expected_artifact="int8.float.onnx",
        actual_artifact="int8.onnx",
    )

    report = run(ParityRequest(NO_MODEL, (X,), "", (), spec), PlainContext(tmp_path, tmp_path))

    assert report.verdict is Verdict.FAILED
    assert report.attribution is not None
    assert report.attribution.origin is Origin.PRECISION
    assert "dB over its noise" in report.attribution.sentence


def test_a_source_that_is_an_onnx_file_draws_its_inputs_without_torch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modelpack_gui.stages.parity.artifact_reference.make_inputs", None)
    path = _onnx(tmp_path / "net.onnx")
    spec = ParitySpec(seeds=(0,), expected_artifact="net.onnx", expected_runtime=RuntimeChoice(optimization="off"))
    source = ModelSource(file="net.onnx")

    report = run(ParityRequest(source, (X,), str(path), (), spec), PlainContext(tmp_path, tmp_path))

    assert report.verdict is Verdict.PASSED, report.summary


def test_an_artifact_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        _compare(tmp_path / "lost.onnx", _onnx(tmp_path / "net.onnx"))

    assert caught.value.info.code == "artifact-missing"
    assert "lost.onnx" in caught.value.info.message


def test_the_inputs_are_those_that_the_model_would_get(tmp_path: Path) -> None:
    from modelpack_gui.stages.parity.artifact_reference import ArtifactReference
    from modelpack_gui.stages.parity.runtimes import open_runtime
    from modelpack_gui.stages.source.inputs import make_inputs

    runtime = open_runtime(read_artifact(_onnx(tmp_path / "net.onnx")), [X])
    reference = ArtifactReference(runtime, PlainContext(), is_torch_needed=True)

    (made,) = reference.make_inputs([X], 1, {"x": (5, 64)})

    (expected,) = make_inputs([X], seed_offset=1, shapes={"x": (5, 64)})
    np.testing.assert_array_equal(made.numpy(), expected.numpy())
