"""Nested inputs, keywords and values through every exporter, and back through every runtime."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import (
    Artifact,
    ArtifactFormat,
    BenchPrepareRequest,
    DynamicDim,
    ExportRequest,
    ExportSpec,
    ModelSource,
    ParityReport,
    ParityRequest,
    ParitySpec,
    RunnerSpec,
    Verdict,
    tensor_inputs,
)
from modelpack_gui.stages.bench import prepare
from modelpack_gui.stages.common.warnings import capture
from modelpack_gui.stages.export import stage as export_stage
from modelpack_gui.stages.parity import stage as parity_stage
from modelpack_gui.stages.source.call import plan_call
from modelpack_gui.stages.source.inputs import make_inputs
from tests.places import MODELS
from tests.unit.stages.source.called_models import CALLS, model

# torch.jit.script of torch 2.13 compiles neither `*args` nor `**kwargs`, nor a hook or a dataclass as these are.
NOT_SCRIPTABLE = {"TakesMany", "TakesKeywords", "HookedRoot", "TakesDataclass"}


SUFFIXES = {"onnx": "onnx", "torchscript": "pt", "pt2": "pt2"}


def export(name: str, exporter: str, kind: ArtifactFormat, folder: Path) -> tuple[Artifact, ParityReport]:
    source = ModelSource(file=str(MODELS / "nested.py"), name=name)
    inputs = CALLS[name]
    path = f"{name}.{SUFFIXES[kind]}"
    dims = tuple(DynamicDim(spec.name, 0, "batch") for spec in tensor_inputs(inputs))
    context = PlainContext(folder)
    spec = ExportSpec(kind, exporter, output_path=path, dynamic=dims)
    record = export_stage.run(ExportRequest(source, inputs, spec), context)
    return record.artifact, parity_stage.run(
        ParityRequest(source, inputs, path, dims, ParitySpec(sizes=(3,))), context
    )


@pytest.mark.parametrize("exporter", ["dynamo", "trace", "script"])
@pytest.mark.parametrize("name", CALLS)
def test_onnx_takes_the_tensors_in_the_order_of_their_rows(name: str, exporter: str, tmp_path: Path) -> None:
    if exporter == "script" and name in NOT_SCRIPTABLE:
        with pytest.raises(UserError):
            export(name, exporter, "onnx", tmp_path)
        return
    artifact, report = export(name, exporter, "onnx", tmp_path)
    used = [spec.name for spec in tensor_inputs(CALLS[name])]
    if exporter != "dynamo" and name == "TakesPairs":  # tracing drops what nothing reads
        used = ["pairs[0].left", "pairs[1].right"]
    assert [info.name for info in artifact.inputs] == used
    assert all(info.shape is not None and info.shape[0] == "batch" for info in artifact.inputs)
    assert report.verdict is Verdict.PASSED, report.summary


@pytest.mark.parametrize("name", CALLS)
def test_an_exported_program_takes_the_tensors_under_the_names_of_their_places(name: str, tmp_path: Path) -> None:
    artifact, report = export(name, "export", "pt2", tmp_path)
    assert len(artifact.inputs) == len(tensor_inputs(CALLS[name]))
    assert all(info.shape is not None and info.shape[0] == "batch" for info in artifact.inputs)
    assert report.verdict is Verdict.PASSED, report.summary


@pytest.mark.parametrize("kind", ["torchscript", "pt2"])
@pytest.mark.parametrize("name", ["KeywordOnly", "TakesValues", "TakesList"])
def test_a_saved_model_is_called_as_it_was_written(name: str, kind: ArtifactFormat, tmp_path: Path) -> None:
    inputs = CALLS[name]
    module = model(name)
    args, kwargs = plan_call(module, inputs).bind(make_inputs(inputs))
    path = tmp_path / f"saved.{SUFFIXES[kind]}"
    with capture():
        if kind == "torchscript":
            torch.jit.script(module).save(path)  # type: ignore[no-untyped-call]
        else:
            torch.export.save(torch.export.export(module, args, kwargs), path)
    exporter = "trace" if kind == "torchscript" else "dynamo"
    spec = ExportSpec("onnx", exporter, output_path="again.onnx")
    source, context = ModelSource(file=path.name), PlainContext(tmp_path)
    export_stage.run(ExportRequest(source, inputs, spec), context)
    report = parity_stage.run(ParityRequest(source, inputs, "again.onnx", (), ParitySpec()), context)
    assert report.verdict is Verdict.PASSED, report.summary


@pytest.mark.parametrize("exporter", ["trace", "script"])
@pytest.mark.parametrize("name", CALLS)
def test_torchscript_gives_the_same_whatever_signature_it_has(name: str, exporter: str, tmp_path: Path) -> None:
    if exporter == "script" and name in NOT_SCRIPTABLE:
        with pytest.raises(UserError):
            export(name, exporter, "torchscript", tmp_path)
        return
    _, report = export(name, exporter, "torchscript", tmp_path)
    assert report.verdict is Verdict.PASSED, report.summary


@pytest.mark.parametrize(
    ("name", "exporter", "signature"),
    [
        ("TakesList", "trace", [("images", "List[Tensor]")]),
        ("TakesDict", "script", [("batch", "Dict[str, Tensor]")]),
        ("TakesDataclass", "trace", [("batch_image", ""), ("batch_mask", "")]),
    ],
)
def test_torchscript_keeps_the_models_signature_where_it_can(
    name: str, exporter: str, signature: list[tuple[str, str]], tmp_path: Path
) -> None:
    artifact, _ = export(name, exporter, "torchscript", tmp_path)
    assert [(info.name, info.dtype) for info in artifact.inputs] == signature


@pytest.mark.parametrize("runner", ["eager", "torchscript_trace", "torchscript_script"])
def test_runners_call_the_model_with_all_its_arguments(runner: str, tmp_path: Path) -> None:
    source = ModelSource(file=str(MODELS / "nested.py"), name="TakesValues")
    request = BenchPrepareRequest(RunnerSpec(runner), source, CALLS["TakesValues"], "", 1)
    context = PlainContext(tmp_path)
    prepare.run(request, context)
    prepared = prepare.prepared_of(runner, context)
    with prepared.mode():
        assert prepared.call() is not None
