"""The options of each exporter: pt2, strict capture, the draft report, freezing, the check of a trace, metadata."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch

from modelpack_gui.core import serde
from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.fixes import apply_fix
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    CheckpointSpec,
    CheckRequest,
    DynamicDim,
    ExportRecord,
    ExportRequest,
    ExportSpec,
    InputSpec,
    ModelSource,
    Verdict,
)
from modelpack_gui.stages.check import stage as check
from modelpack_gui.stages.common.warnings import capture
from modelpack_gui.stages.export import metadata, registry, size, stage
from modelpack_gui.stages.export.artifact import read_artifact
from tests.fixtures.zoo.cases import CASES
from tests.places import DEMO, MODELS

SHAPES_NET = ModelSource(file="shapes.py", name="ShapesNet", arguments={"width": 4})
IMAGE = InputSpec("image", (2, 3, 32, 32))
BATCH = DynamicDim("image", 0, "batch")
X = InputSpec("x", (2, 4))


def export_demo(target: Path, source: ModelSource = SHAPES_NET, **options: Any) -> ExportRecord:
    spec = ExportSpec(output_path=str(target), **{"dynamic": (BATCH,), **options})
    return stage.run(ExportRequest(source, (IMAGE,), spec), PlainContext(DEMO))


def export_tiny(target: Path, name: str, inputs: tuple[InputSpec, ...] = (X,), **options: Any) -> ExportRecord:
    source = ModelSource(file="steered.py", name=name)
    return stage.run(
        ExportRequest(source, inputs, ExportSpec(output_path=str(target), **options)), PlainContext(MODELS)
    )


@pytest.mark.parametrize("strict", [False, True])
def test_an_exported_program_has_the_names_that_its_axes_were_asked_under(tmp_path: Path, strict: bool) -> None:
    target = tmp_path / "shapes.pt2"
    record = export_demo(target, format="pt2", exporter="export", strict=strict)
    assert record.mismatches == ()
    assert (record.artifact.format, record.artifact.opset_version) == ("pt2", None)
    assert [(info.name, info.dtype, info.shape) for info in record.artifact.inputs] == [
        ("image", "float32", ("batch", 3, 32, 32))
    ]
    assert [info.shape for info in record.artifact.outputs] == [("batch", 5)]
    assert [path.name for path in tmp_path.iterdir()] == ["shapes.pt2"]
    (x,) = (torch.rand(7, 3, 32, 32),)
    assert torch.export.load(str(target)).module()(x).shape == (7, 5)


def test_the_range_of_an_axis_goes_into_the_program(tmp_path: Path) -> None:
    target = tmp_path / "shapes.pt2"
    ranged = dataclasses.replace(BATCH, min=2, max=16)
    export_demo(target, format="pt2", exporter="export", dynamic=(ranged,))
    module = torch.export.load(str(target)).module()
    with pytest.raises((RuntimeError, AssertionError)):
        module(torch.rand(17, 3, 32, 32))


def test_a_pt2_file_is_known_by_its_content_whatever_it_is_called(tmp_path: Path) -> None:
    export_demo(tmp_path / "shapes.pt2", format="pt2", exporter="export")
    for name in ("shapes.pt", "shapes"):
        (tmp_path / "shapes.pt2").rename(tmp_path / name)
        assert read_artifact(tmp_path / name).format == "pt2"
        (tmp_path / name).rename(tmp_path / "shapes.pt2")


def test_a_damaged_pt2_file_and_another_file_of_that_name_are_told_apart(tmp_path: Path) -> None:
    target = tmp_path / "shapes.pt2"
    export_demo(target, format="pt2", exporter="export")
    target.write_bytes(target.read_bytes()[:-4000])
    with pytest.raises(UserError) as caught:
        read_artifact(target)
    assert caught.value.info.code == "artifact-corrupt"
    target.write_text("not an archive")
    with pytest.raises(UserError) as caught:
        read_artifact(target)
    assert caught.value.info.code == "artifact-not-pt2"


def test_strict_capture_by_dynamo_keeps_names_and_axes(tmp_path: Path) -> None:
    record = export_demo(tmp_path / "shapes.onnx", strict=True, output_names=("logits",))
    assert record.mismatches == ()
    assert record.artifact.inputs[0].shape == ("batch", 3, 32, 32)
    assert record.artifact.outputs[0].name == "logits"


def test_a_second_export_in_one_worker_is_like_the_first(tmp_path: Path) -> None:
    """torch keeps the decomposition of a GRU from one capture to the next, and then fixes the number of steps."""
    case = next(case for case in CASES if case.name == "GruTagger")
    shapes = []
    for name in ("first.onnx", "second.onnx"):
        spec = case.export("onnx", "dynamo", 20, str(tmp_path / name))
        record = stage.run(ExportRequest(case.source, case.inputs, spec), PlainContext(tmp_path))
        shapes.append(record.artifact.inputs[0].shape)
    assert shapes == [("batch", "time", 4)] * 2


@pytest.mark.parametrize(("exporter", "options"), [("trace", {"freeze": True}), ("script", {"freeze": True})])
def test_a_frozen_model_has_no_parameters_left(tmp_path: Path, exporter: str, options: dict[str, Any]) -> None:
    target = tmp_path / "shapes.pt"
    export_demo(target, format="torchscript", exporter=exporter, **options)
    with capture():
        module: Any = torch.jit.load(str(target))  # type: ignore[no-untyped-call]
    assert not dict(module.named_parameters())


def test_a_model_optimized_for_inference_is_frozen_too(tmp_path: Path) -> None:
    target = tmp_path / "linear.pt"
    export_tiny(target, "Plain", format="torchscript", exporter="trace", optimize_for_inference=True)
    with capture():
        module: Any = torch.jit.load(str(target))  # type: ignore[no-untyped-call]
    assert not dict(module.named_parameters())
    assert module(torch.rand(2, 4)).shape == (2, 4)


def test_weights_packed_for_this_machine_are_refused_with_a_fix_that_works(tmp_path: Path) -> None:
    target = tmp_path / "shapes.pt"
    options: dict[str, Any] = {"format": "torchscript", "exporter": "trace", "optimize_for_inference": True}
    with pytest.raises(UserError) as caught:
        export_demo(target, **options)
    info = caught.value.info
    assert info.code == "torchscript-not-saveable"
    assert info.explanation is not None
    recipe = Recipe(source=SHAPES_NET, inputs=(IMAGE,), export=ExportSpec(output_path=str(target), **options))
    mended = apply_fix(recipe, info.explanation.fixes[0])
    stage.run(ExportRequest(mended.source, mended.inputs, mended.export), PlainContext(DEMO))
    assert target.is_file()


def test_a_trace_that_depends_on_values_is_refused_with_the_line_and_a_fix_that_works(tmp_path: Path) -> None:
    target = tmp_path / "branch.pt"
    # The first value is above zero, and below with the seed that comes next.
    inputs = (InputSpec("x", (2, 4), low=-1.0, high=1.0, seed=2),)
    with pytest.raises(UserError) as caught:
        export_tiny(target, "BranchOnFirst", inputs, format="torchscript", exporter="trace")
    info = caught.value.info
    assert info.code == "trace-check-failed"
    assert info.explanation is not None
    place = info.explanation.places[0]
    assert place.file == str(MODELS / "steered.py")
    assert "x + 1" in Path(place.file).read_text().splitlines()[place.line - 1]
    assert not target.exists()
    recipe = Recipe(export=ExportSpec(format="torchscript", exporter="trace"))
    assert apply_fix(recipe, info.explanation.fixes[0]).export.exporter == "script"
    unchecked = apply_fix(recipe, info.explanation.fixes[2]).export
    export_tiny(target, "BranchOnFirst", inputs, format="torchscript", check_trace=unchecked.check_trace,
                exporter="trace")  # fmt: skip
    assert target.is_file()


def test_the_draft_report_of_a_failed_export_says_all_that_stands_in_the_way(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        export_tiny(tmp_path / "b.pt2", "BranchOnFirst", format="pt2", exporter="export", draft_report=True)
    info = caught.value.info
    assert info.hint.endswith("The draft report lists all that stands in the way: 1 (data dependent error).")
    assert info.details.startswith("Draft report of torch.export\n\nWARNING: 1 issue(s) found")
    assert "steered.py" in info.details
    assert "\x1b" not in info.details


def test_the_draft_report_of_a_good_export_is_short_and_warns_of_nothing(tmp_path: Path) -> None:
    record = export_tiny(tmp_path / "p.onnx", "Plain", exporter="dynamo", draft_report=True)
    assert record.draft_report == "Nothing stands in the way of torch.export."
    assert not [warning for warning in record.warnings if "draft" in warning.category]


def test_an_option_that_the_exporter_has_no_use_for_is_told(tmp_path: Path) -> None:
    record = export_tiny(tmp_path / "p.onnx", "Plain", exporter="trace", freeze=True)
    (item,) = record.mismatches
    assert (item.aspect, item.asked, item.got) == ("freeze", "on", "not used")


def test_a_model_too_large_for_one_file_gets_a_data_file_and_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(size, "LIMIT_BYTES", 1000)
    for exporter in ("dynamo", "trace"):
        folder = tmp_path / exporter
        record = export_demo(folder / "shapes.onnx", exporter=exporter)
        assert {path.name for path in folder.iterdir()} == {"shapes.onnx", "shapes.onnx.data"}
        assert record.mismatches == ()
        (note,) = record.notes
        assert "an ONNX file ends at 2 GB" in note
        report = check.run(CheckRequest(record.artifact.path, record.asked, (IMAGE,)), PlainContext())
        assert report.verdict is Verdict.PASSED, report.rows


def test_every_artifact_says_where_it_comes_from(tmp_path: Path) -> None:
    source = ModelSource(file="shapes.py", name="ShapesNet", checkpoint=CheckpointSpec("shapes.pt"))
    for name, format_, exporter in (
        ("a.onnx", "onnx", "dynamo"),
        ("b.onnx", "onnx", "trace"),
        ("c.pt", "torchscript", "trace"),
        ("d.pt2", "pt2", "export"),
    ):
        record = export_demo(tmp_path / name, source, format=format_, exporter=exporter)
        found = record.artifact.metadata
        assert found["modelpack.source"] == "shapes.py:ShapesNet", name
        assert found["modelpack.checkpoint"] == "shapes.pt"
        assert len(found["modelpack.checkpoint_sha256"]) == 64
        assert found["modelpack.exporter"] == f"{format_} by {exporter}"
        assert json.loads(found["modelpack.versions"])["torch"] == torch.__version__
        spec = metadata.options_in(found)
        assert spec is not None
        assert spec == dataclasses.replace(record.asked, output_path="")
        assert str(tmp_path) not in serde.dumps(dict(found))
        if format_ == "onnx":
            onnx.checker.check_model(str(tmp_path / name), full_check=True)
        examples = [(item.name, item.dtype, item.shape) for item in metadata.examples_in(found)]
        asked = [("image", "float32", IMAGE.shape)] if format_ == "torchscript" else []  # the others keep shapes
        assert examples == asked


def test_exports_of_the_same_are_the_same_file(tmp_path: Path) -> None:
    one = export_demo(tmp_path / "one.onnx", exporter="trace").artifact
    two = export_demo(tmp_path / "two.onnx", exporter="trace").artifact
    assert one.sha256 == two.sha256


def test_a_large_checkpoint_is_not_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "HASHED_BYTES", 100)
    source = ModelSource(file="shapes.py", name="ShapesNet", checkpoint=CheckpointSpec("shapes.pt"))
    found = export_demo(tmp_path / "a.onnx", source, exporter="trace").artifact.metadata
    assert found["modelpack.checkpoint_bytes"] == str((DEMO / "shapes.pt").stat().st_size)
    assert "modelpack.checkpoint_sha256" not in found


def test_a_large_artifact_is_hashed_when_it_is_opened_and_not_by_the_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "HASHED_BYTES", 100)
    for name, format_ in (("a.onnx", "onnx"), ("b.pt", "torchscript")):
        made = export_demo(tmp_path / name, format=format_, exporter="trace").artifact
        assert made.sha256 == ""
        opened = read_artifact(made.path)
        assert opened.sha256 == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
        assert dataclasses.replace(opened, sha256="") == made


def test_the_registry_says_what_each_exporter_heeds() -> None:
    fields = {field.name for field in dataclasses.fields(ExportSpec)}
    for info in registry.exporter_infos():
        assert set(info.options) <= fields, info
        assert ("opset_version" in info.options) == (info.format == "onnx")
