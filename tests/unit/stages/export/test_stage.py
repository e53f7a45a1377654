"""Each exporter on the demo's model, and what the record says of it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from modelpack_gui.core import serde
from modelpack_gui.core.asked import asked_rows
from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.records import (
    DynamicDim,
    ExportRecord,
    ExportRequest,
    ExportSpec,
    InputSpec,
    ModelSource,
)
from modelpack_gui.stages.common.warnings import capture
from modelpack_gui.stages.export import registry, stage
from modelpack_gui.stages.export.artifact import read_artifact
from modelpack_gui.stages.export.compare import mismatches
from modelpack_gui.stages.source.build import build_model
from modelpack_gui.stages.source.forward import run_forward
from modelpack_gui.stages.source.inputs import make_inputs
from tests.places import DEMO, MODELS

SHAPES_NET = ModelSource(file="shapes.py", name="ShapesNet", arguments={"width": 4})
IMAGE = InputSpec("image", (2, 3, 32, 32))
BATCH = DynamicDim("image", 0, "batch")
X = InputSpec("x", (2, 4))


def export_demo(target: Path, **options: Any) -> ExportRecord:
    spec = ExportSpec(output_path=str(target), dynamic=(BATCH,), **options)
    return stage.run(ExportRequest(SHAPES_NET, (IMAGE,), spec), PlainContext(DEMO))


def export_tiny(target: Path, name: str, inputs: tuple[InputSpec, ...] = (X,), **options: Any) -> ExportRecord:
    spec = ExportSpec(output_path=str(target), **{"exporter": "trace", **options})
    return stage.run(ExportRequest(ModelSource(file="tiny.py", name=name), inputs, spec), PlainContext(MODELS))


def expected_and_image(batch: int) -> tuple[Any, torch.Tensor]:
    (image,) = make_inputs([IMAGE], shapes={"image": (batch, 3, 32, 32)}, seed_offset=1)
    module = build_model(SHAPES_NET, PlainContext(DEMO)).module
    ((_, expected),) = run_forward(module, [image])
    return expected.numpy(), image


@pytest.mark.parametrize("exporter", ["dynamo", "trace", "script"])
def test_onnx_of_every_exporter_answers_as_the_model_at_another_batch(tmp_path: Path, exporter: str) -> None:
    target = tmp_path / "made" / "shapes.onnx"
    record = export_demo(target, exporter=exporter, output_names=("logits",))
    artifact = record.artifact
    assert record.mismatches == ()
    assert artifact.path == str(target)
    assert artifact.sha256 == hashlib.sha256(target.read_bytes()).hexdigest()
    assert artifact.size_bytes == target.stat().st_size
    assert [(info.name, info.dtype, info.shape) for info in artifact.inputs] == [
        ("image", "float32", ("batch", 3, 32, 32))
    ]
    assert [(info.name, info.shape) for info in artifact.outputs] == [("logits", ("batch", 5))]
    assert artifact.opset_version == artifact.opset_imports["ai.onnx"]
    assert 0 < record.export_duration_s <= record.duration_s
    assert record.versions["torch"] == torch.__version__
    assert [path.name for path in target.parent.iterdir()] == ["shapes.onnx"]

    expected, image = expected_and_image(3)
    session = onnxruntime.InferenceSession(target, providers=["CPUExecutionProvider"])
    (actual,) = session.run(None, {"image": image.numpy()})
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("exporter", ["trace", "script"])
def test_torchscript_of_every_exporter_answers_as_the_model(tmp_path: Path, exporter: str) -> None:
    target = tmp_path / "shapes.pt"
    record = export_demo(target, format="torchscript", exporter=exporter)
    assert record.mismatches == ()
    assert record.artifact.format == "torchscript"
    assert record.artifact.opset_version is None
    assert [info.name for info in record.artifact.inputs] == ["image"]
    expected, image = expected_and_image(3)
    with capture(), torch.inference_mode():
        module: Any = torch.jit.load(str(target))  # type: ignore[no-untyped-call]
        actual = module(image).numpy()
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("exporter", ["dynamo", "trace"])
def test_external_data_lands_beside_the_file_and_loads_after_the_move(tmp_path: Path, exporter: str) -> None:
    target = tmp_path / "shapes.onnx"
    artifact = export_demo(target, exporter=exporter, external_data=True).artifact
    data = tmp_path / "shapes.onnx.data"
    assert artifact.external_files == (str(data),)
    assert artifact.size_bytes == target.stat().st_size + data.stat().st_size
    assert {path.name for path in tmp_path.iterdir()} == {"shapes.onnx", "shapes.onnx.data"}
    assert data.stat().st_mode == target.stat().st_mode
    onnx.load(str(target), load_external_data=True)


def test_record_survives_the_process_boundary_with_its_warnings(tmp_path: Path) -> None:
    record = export_demo(tmp_path / "shapes.onnx", exporter="trace")
    assert serde.decode(ExportRecord, json.loads(serde.dumps(serde.encode(record)))) == record
    assert any(warning.category == "DeprecationWarning" for warning in record.warnings)


def test_trace_of_a_batch_branch_warns_with_the_line_of_the_model(tmp_path: Path) -> None:
    source = ModelSource(file="shapes.py", name="BatchBranchNet", arguments={"width": 4})
    spec = ExportSpec(exporter="trace", dynamic=(BATCH,), output_path=str(tmp_path / "branch.onnx"))
    record = stage.run(ExportRequest(source, (IMAGE,), spec), PlainContext(DEMO))
    (traced,) = [warning for warning in record.warnings if warning.category == "TracerWarning"]
    assert traced.file == str(DEMO / "shapes.py")
    assert "if image.shape[0] > 2" in (DEMO / "shapes.py").read_text().splitlines()[traced.line - 1]


def test_training_flags_of_the_model_do_not_reach_the_artifact(tmp_path: Path) -> None:
    export_tiny(tmp_path / "norm.onnx", "WithNorm")
    operators = {node.op_type for node in onnx.load(str(tmp_path / "norm.onnx")).graph.node}
    assert "Gemm" in operators  # the norm is folded or applied with its running statistics
    (x,) = make_inputs([X])
    ((_, expected),) = run_forward(
        build_model(ModelSource(file="tiny.py", name="WithNorm"), PlainContext(MODELS)).module, [x]
    )
    session = onnxruntime.InferenceSession(tmp_path / "norm.onnx", providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"x": x.numpy()})[0], expected.numpy(), rtol=1e-5, atol=1e-6)


def test_opset_that_was_asked_for_is_got(tmp_path: Path) -> None:
    for exporter, opset in (("trace", 13), ("dynamo", 18)):
        record = export_tiny(tmp_path / "tiny.onnx", "Tiny", exporter=exporter, opset_version=opset)
        assert record.artifact.opset_version == opset
        assert record.mismatches == ()


def test_highest_and_lowest_opset_of_each_exporter_is_got(tmp_path: Path) -> None:
    for info in registry.exporter_infos():
        if info.opset_min is None or info.exporter == "script":
            continue
        for opset in (info.opset_min, info.opset_max):
            record = export_tiny(tmp_path / "tiny.onnx", "Tiny", exporter=info.exporter, opset_version=opset)
            assert (info.exporter, record.artifact.opset_version) == (info.exporter, opset)


def test_names_given_for_inputs_are_used_with_their_dynamic_axes(tmp_path: Path) -> None:
    dims = (DynamicDim("x", 0, "batch", 1, 64),)
    for exporter in ("trace", "dynamo"):
        record = export_tiny(tmp_path / "t.onnx", "Tiny", exporter=exporter, input_names=("features",), dynamic=dims)
        assert record.mismatches == ()
        assert record.artifact.inputs[0].name == "features"
        assert record.artifact.inputs[0].shape == ("batch", 4)


def test_axis_that_the_model_fixes_is_a_mismatch(tmp_path: Path) -> None:
    record = export_tiny(tmp_path / "f.onnx", "FixedBatch", exporter="dynamo", dynamic=(DynamicDim("x", 0, "batch"),))
    (mismatch,) = record.mismatches
    assert (mismatch.aspect, mismatch.asked, mismatch.got) == ("dynamic_dim", "x[0] = batch", "x[0] = 2")


def test_axes_that_the_model_makes_equal_are_mismatches_unless_they_share_a_name(tmp_path: Path) -> None:
    inputs = (InputSpec("left", (2, 4)), InputSpec("right", (2, 4)))
    left, right = DynamicDim("left", 0, "a"), DynamicDim("right", 0, "b")
    one = export_tiny(tmp_path / "l.onnx", "Linked", inputs, exporter="dynamo", dynamic=(left,))
    assert [(item.asked, item.got) for item in one.mismatches] == [("left[0] = a", "left[0] = 2")]
    both = export_tiny(tmp_path / "l.onnx", "Linked", inputs, exporter="dynamo", dynamic=(left, right))
    assert [(item.asked, item.got) for item in both.mismatches] == [("right[0] = b", "right[0] = a")]
    dims = (left, DynamicDim("right", 0, "a"))
    assert export_tiny(tmp_path / "l.onnx", "Linked", inputs, exporter="dynamo", dynamic=dims).mismatches == ()


def test_axis_that_is_dynamic_unasked_is_a_mismatch(tmp_path: Path) -> None:
    artifact = export_tiny(tmp_path / "t.onnx", "Tiny", dynamic=(DynamicDim("x", 0, "batch"),)).artifact
    (mismatch,) = mismatches(asked_rows(ExportSpec(), (X,), artifact))
    assert (mismatch.aspect, mismatch.asked, mismatch.got) == ("dynamic_dim", "x[0] is static", "x[0] = batch")


def test_input_that_tracing_drops_is_a_mismatch(tmp_path: Path) -> None:
    record = export_tiny(tmp_path / "u.onnx", "UnusedInput", (X, InputSpec("mask", (2, 4), "bool")))
    (mismatch,) = record.mismatches
    assert (mismatch.aspect, mismatch.asked, mismatch.got) == ("inputs", "2: x, mask", "1: x")
    assert "mask" in mismatch.explanation


def test_too_few_output_names_are_a_mismatch(tmp_path: Path) -> None:
    record = export_tiny(tmp_path / "d.onnx", "DictOutput", output_names=("double",))
    (mismatch,) = record.mismatches
    assert mismatch.aspect == "output_names"
    assert "1 name for outputs given, and the model has 3 outputs" in mismatch.explanation


def test_names_that_torchscript_cannot_have_are_mismatches(tmp_path: Path) -> None:
    options: dict[str, Any] = {
        "format": "torchscript",
        "input_names": ("features",),
        "output_names": ("logits",),
        "external_data": True,
    }
    record = export_tiny(tmp_path / "t.pt", "Tiny", **options)
    assert [item.aspect for item in record.mismatches] == ["input_names", "output_names", "external_data"]


def test_inputs_of_variable_number_can_be_dynamic(tmp_path: Path) -> None:
    dims = (DynamicDim("x", 0, "batch"),)
    record = export_tiny(tmp_path / "v.onnx", "NotScriptable", exporter="dynamo", dynamic=dims)
    assert record.artifact.inputs[0].shape == ("batch", 4)


@pytest.mark.parametrize("exporter", ["dynamo", "trace"])
def test_model_that_caches_in_forward_is_exported(tmp_path: Path, exporter: str) -> None:
    dims = (DynamicDim("x", 0, "batch"),)
    record = export_tiny(tmp_path / "c.onnx", "Caches", exporter=exporter, dynamic=dims)
    assert record.mismatches == ()


def test_artifact_that_is_there_is_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "t.onnx"
    target.write_bytes(b"old")
    record = export_tiny(target, "Tiny")
    assert read_artifact(target) == record.artifact


def test_infos_are_given_without_importing_torch() -> None:
    code = (
        "import sys; from modelpack_gui.stages.export.registry import exporter_infos;"
        "infos = exporter_infos(); print(len(infos), [m for m in ('torch', 'onnx', 'numpy') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout.strip() == f"{len(registry.EXPORTERS)} []"


def test_infos_name_what_the_interpreter_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelpack_gui.stages.export.torch_facts.is_installed", lambda name: name != "onnxscript")
    missing = {(info.format, info.exporter): info.missing for info in registry.exporter_infos()}
    assert missing["onnx", "dynamo"] == ("onnxscript",)
    assert missing["onnx", "trace"] == ()
    monkeypatch.setattr("modelpack_gui.stages.export.torch_facts.torch_version", lambda: (2, 4))
    assert '"torch>=2.5"' in registry.exporter_infos()[0].missing
