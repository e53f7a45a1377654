"""From a saved model onwards: its checkpoint, export, parity and benchmark."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.proposals import with_saved_model
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    BenchPrepareRequest,
    BenchTurnRequest,
    CheckpointSpec,
    DynamicDim,
    ExportRecord,
    ExportRequest,
    ExportSpec,
    InputSpec,
    ModelSource,
    ParityRequest,
    ParitySpec,
    RunnerSpec,
    Verdict,
)
from modelpack_gui.stages.bench import prepare, turn
from modelpack_gui.stages.export import stage as export
from modelpack_gui.stages.parity import stage as parity
from tests.unit.stages.source.saved.files import build, described, outputs


def test_a_checkpoint_is_loaded_into_a_saved_model(folder: Path, tmp_path: Path) -> None:
    torch.save({"layer.weight": torch.zeros(4, 3), "layer.bias": torch.ones(4)}, tmp_path / "ones.pt")
    for file in ("scripted.pt", "program.pt2"):
        built = build(folder, file, checkpoint=CheckpointSpec(str(tmp_path / "ones.pt")))
        assert built.keys is not None
        assert built.keys.matched == 2
        assert torch.equal(outputs(built), torch.ones(2, 4))


def exported(folder: Path, file: str, file_format: str, exporter: str, suffix: str) -> ExportRecord:
    dims = () if file_format == "torchscript" else (DynamicDim("x", 0, "batch", 1, 64),)
    spec = ExportSpec(format=file_format, exporter=exporter, output_path=f"out/net{suffix}", dynamic=dims)  # type: ignore[arg-type]
    return export.run(ExportRequest(ModelSource(file), (InputSpec("x", (2, 3)),), spec), PlainContext(folder))


@pytest.mark.parametrize(
    ("file", "file_format", "exporter", "suffix"),
    [
        ("scripted.pt", "onnx", "trace", ".onnx"),
        ("traced.bin", "onnx", "script", ".onnx"),
        ("scripted.pt", "torchscript", "script", ".pt"),
        ("program.pt2", "onnx", "dynamo", ".onnx"),
        ("program.pt2", "torchscript", "trace", ".pt"),
    ],
)
def test_saved_models_are_exported_and_agree_with_themselves(
    folder: Path, file: str, file_format: str, exporter: str, suffix: str
) -> None:
    record = exported(folder, file, file_format, exporter, suffix)
    request = ParityRequest(
        ModelSource(file), (InputSpec("x", (2, 3)),), record.artifact.path, record.asked.dynamic,
        ParitySpec(sizes=(1, 5)),
    )  # fmt: skip
    assert parity.run(request, PlainContext(folder)).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("file", "file_format", "exporter", "edits"),
    [
        ("scripted.pt", "onnx", "dynamo", {"export.exporter": "trace"}),
        (
            "scripted.pt",
            "pt2",
            "export",
            {"export.format": "onnx", "export.exporter": "trace", "export.output_path": "out/net.onnx"},
        ),
        ("program.pt2", "onnx", "trace", {"export.exporter": "dynamo"}),
        ("program.pt2", "onnx", "script", {"export.exporter": "dynamo"}),
        ("program.pt2", "torchscript", "script", {"export.exporter": "trace"}),
    ],
)
def test_an_exporter_that_cannot_take_the_source_offers_the_one_that_can(
    folder: Path, file: str, file_format: str, exporter: str, edits: dict[str, str]
) -> None:
    suffix = {"onnx": ".onnx", "pt2": ".pt2", "torchscript": ".pt"}[file_format]
    with pytest.raises(UserError) as caught:
        exported(folder, file, file_format, exporter, suffix)
    assert caught.value.info.code == "export-source-unfit"
    assert caught.value.info.explanation is not None
    assert {edit.path: edit.value for edit in caught.value.info.explanation.fixes[0].edits} == edits


@pytest.mark.parametrize("file", ["scripted.pt", "program.pt2"])
def test_saved_models_are_measured(folder: Path, file: str) -> None:
    context = PlainContext(folder)
    prepare.run(
        BenchPrepareRequest(RunnerSpec("eager"), ModelSource(file), (InputSpec("x", (2, 3)),), "", 1), context
    )
    assert len(turn.run(BenchTurnRequest("eager", 3), context).latencies_ms) == 3


def test_the_rest_of_a_recipe_follows_what_the_saved_model_takes(folder: Path) -> None:
    recipe = with_saved_model(Recipe(), described(folder, "program.pt2"))
    assert recipe.inputs == (InputSpec("x", (2, 3)),)
    assert recipe.export.dynamic == (DynamicDim("x", 0, "batch", 1, 64),)
    assert with_saved_model(Recipe(), described(folder, "scripted.pt")).export.exporter == "trace"
    chosen = dataclasses.replace(Recipe(), inputs=(InputSpec("x", (7, 3)),))
    assert with_saved_model(chosen, described(folder, "program.pt2")) == chosen
