"""Wrong artifacts, refused loads and unfit environments are explained, placed, and mended by their fixes."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from onnx import TensorProto, helper

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.explain.explanation import Explanation
from modelpack_gui.core.explain.fixes import apply_fix
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    CheckpointSpec,
    DynamicDim,
    ExportRequest,
    ExportSpec,
    InputSpec,
    LoadRequest,
    ModelSource,
    ParityReport,
    ParityRequest,
    ParitySpec,
    Regime,
    Verdict,
)
from modelpack_gui.stages.explain import silent
from modelpack_gui.stages.explain.base import Situation
from modelpack_gui.stages.explain.registry import ENTRIES
from modelpack_gui.stages.export.base import OpsetRange
from modelpack_gui.stages.registry import resolve
from tests.fixtures.zoo.cases import CASES
from tests.places import FAILURES

_CATALOGUE_TESTS = ("test_catalogue.py", "test_results.py")
X = InputSpec("x", (2, 4))
SIGNED = InputSpec("x", (2, 4), "float32", -1, 1)
BATCH = (DynamicDim("x", 0, "batch"),)
MASKED = (InputSpec("x", (2, 3, 4)), InputSpec("mask", (2, 3, 3), "int64", 0, 0))


def recipe_of(model: str, inputs: tuple[InputSpec, ...] = (X,), **options: Any) -> Recipe:
    file, _, name = model.partition(".")
    source = ModelSource(file=str(FAILURES / f"{file}.py"), name=name)
    return Recipe(source=source, inputs=inputs, export=ExportSpec(output_path="model.onnx", **options))


def parity_of(recipe: Recipe, folder: Path) -> ParityReport:
    context = PlainContext(folder)
    record = resolve("export")(ExportRequest(recipe.source, recipe.inputs, recipe.export), context)
    spec = ParitySpec(sizes=(3,), seeds=(0, 1))
    report: ParityReport = resolve("parity")(
        ParityRequest(recipe.source, recipe.inputs, record.artifact.path, recipe.export.dynamic, spec), context
    )
    return report


def error_of(stage: str, request: Any, folder: Path) -> ErrorInfo:
    with pytest.raises(UserError) as caught:
        resolve(stage)(request, PlainContext(folder))
    return caught.value.info


def explained(info: ErrorInfo, kind: str) -> Explanation:
    assert info.explanation is not None, info
    assert info.explanation.id == kind
    assert info.explanation.fixes
    return info.explanation


def line_named(explanation: Explanation) -> str:
    place = explanation.places[0]
    return Path(place.file).read_text().splitlines()[place.line - 1]


SILENT: dict[str, tuple[Recipe, str, bool]] = {
    "size-branch-frozen": (
        recipe_of("shapes.BranchOnBatch", exporter="dynamo", dynamic=BATCH),
        "if x.shape[0] > 2:",
        True,
    ),
    "size-baked-in": (recipe_of("values.LoopsOverRows", exporter="trace", dynamic=BATCH), "for row in x:", True),
    "value-branch-frozen": (recipe_of("values.BranchOnValue", (SIGNED,), exporter="trace"), "if x.sum() > 0:", True),
    "dim-fixed": (recipe_of("shapes.BakedIn", exporter="dynamo", dynamic=BATCH), "int(x.shape[0])", True),
    "writes-lost": (recipe_of("silent.WritesThroughView", exporter="trace"), "first += 1.0", True),
    "order-of-ties": (recipe_of("silent.Ranks", (InputSpec("x", (4, 40)),), exporter="trace"), "topk(", False),
    "masked-row": (recipe_of("silent.Attends", MASKED, exporter="trace"), "masked_fill(mask == 0", True),
    "model-random": (recipe_of("values.AlwaysDrops", exporter="trace"), "training=True", False),
}


@pytest.mark.parametrize("kind", SILENT)
def test_wrong_artifact_is_explained_and_right_with_the_fix(kind: str, tmp_path: Path) -> None:
    recipe, line, mends = SILENT[kind]
    report = parity_of(recipe, tmp_path)
    assert report.verdict is not Verdict.PASSED
    assert kind in [item.id for item in report.explanations]
    explanation = next(item for item in report.explanations if item.id == kind)
    assert line in line_named(explanation)
    assert bool(explanation.fixes[0].edits) == mends
    if mends:
        mended = parity_of(apply_fix(recipe, explanation.fixes[0]), tmp_path)
        assert mended.verdict is Verdict.PASSED, mended.summary
        assert not mended.explanations


def test_what_fails_with_extreme_values_only_is_no_frozen_size(tmp_path: Path) -> None:
    recipe = SILENT["size-branch-frozen"][0]
    report = parity_of(recipe, tmp_path)
    entry = next(one for one in silent.ENTRIES if one.id == "size-branch-frozen")
    assert entry.explain(Situation(report=report, source=recipe.source)) is not None
    cases = tuple(
        replace(case, regime=Regime.LARGE) if case.error is None and not case.is_example else case
        for case in report.cases
    )
    assert entry.explain(Situation(report=replace(report, cases=cases), source=recipe.source)) is None


def test_nothing_about_the_model_is_said_of_two_artifacts(tmp_path: Path) -> None:
    report = parity_of(SILENT["size-branch-frozen"][0], tmp_path)
    assert silent.is_worth_explaining(report)
    between = replace(report, parity=replace(report.parity, expected_artifact="other.onnx"))
    assert not silent.is_worth_explaining(between)


def test_counter_on_self_is_told_from_random_numbers(tmp_path: Path) -> None:
    report = parity_of(recipe_of("silent.CountsCalls", exporter="trace"), tmp_path)
    known = next(item for item in report.explanations if item.id == "model-random")
    assert "self.calls += 1" in line_named(known)
    assert "state" in known.fixes[0].text


def test_operator_without_a_kernel_in_bfloat16_is_mended_by_loading_in_float32(tmp_path: Path) -> None:
    torch.save({"layer.weight": torch.ones(3, 4), "layer.bias": torch.ones(3)}, tmp_path / "w.pt")
    plain = recipe_of("silent.Linear", (InputSpec("x", (2, 4), "bfloat16"),), exporter="trace")
    checkpoint = CheckpointSpec(str(tmp_path / "w.pt"), dtype="bfloat16")
    source = ModelSource(file=plain.source.file, name="Linear", checkpoint=checkpoint)
    recipe = Recipe(source=source, inputs=plain.inputs, export=plain.export)
    with pytest.raises(UserError) as caught:
        parity_of(recipe, tmp_path)
    known = explained(caught.value.info, "runtime-no-kernel")
    assert "Gemm" in known.cause
    assert "bfloat16" in known.cause
    assert parity_of(apply_fix(recipe, known.fixes[0]), tmp_path).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("name", "exporter", "opset", "kind", "said", "fix"),
    [
        ("ShapeLoop", "trace", 17, "size-baked-in", "another size of time, at", "Make time static"),
        ("DiffusionBlock", "script", 17, "runtime-no-kernel", "usual dtypes", "Say the dtype of tensors"),
        ("VisionTransformer", "script", 17, "script-no-counterpart", "is_autocast_enabled", "Leave it out"),
    ],
)
def test_a_model_of_the_zoo_is_told_its_own_cause(
    name: str, exporter: str, opset: int, kind: str, said: str, fix: str, tmp_path: Path
) -> None:
    case = next(case for case in CASES if case.name == name)
    recipe = Recipe(source=case.source, inputs=case.inputs)
    recipe = replace(recipe, export=case.export("onnx", exporter, opset, str(tmp_path / "m.onnx")))
    try:
        (known,) = parity_of(recipe, tmp_path).explanations
    except UserError as error:
        known = explained(error.info, kind)
    assert known.id == kind
    assert said in known.cause
    assert known.fixes[1].text.startswith(fix)


RELU = helper.make_node("Relu", ["x"], ["y"])
CUSTOM = helper.make_node("Foo", ["x"], ["y"], domain="my.own")


def write_model(path: Path, node: Any = RELU, opset: int = 20, ir: int = 10, dtype: int = TensorProto.FLOAT) -> None:
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 4])
    y = helper.make_tensor_value_info("y", dtype, [2, 4])
    graph = helper.make_graph([node], "graph", [x], [y])
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("my.own", 1)]
    model = helper.make_model(graph, opset_imports=opsets)
    model.ir_version = ir
    path.write_bytes(model.SerializeToString())


def parity_request(path: Path) -> ParityRequest:
    recipe = recipe_of("shapes.Plain")
    return ParityRequest(recipe.source, recipe.inputs, str(path), (), ParitySpec())


@pytest.mark.parametrize(
    ("kind", "options", "named"),
    [
        ("runtime-too-old", {"ir": 99}, "IR version 99"),
        ("runtime-too-old", {"opset": 99}, "opset 99"),
        ("runtime-unknown-operator", {"node": CUSTOM}, "my.own:Foo"),
        ("runtime-invalid-graph", {"dtype": TensorProto.INT64}, "tensor(int64)"),
    ],
)
def test_file_that_the_runtime_refuses_is_explained(
    kind: str, options: dict[str, Any], named: str, tmp_path: Path
) -> None:
    write_model(tmp_path / "model.onnx", **options)
    known = explained(error_of("parity", parity_request(tmp_path / "model.onnx"), tmp_path), kind)
    assert named in known.cause


def test_opset_newer_than_the_runtime_names_the_newest_that_it_reads(tmp_path: Path) -> None:
    write_model(tmp_path / "model.onnx", opset=99)
    known = explained(error_of("parity", parity_request(tmp_path / "model.onnx"), tmp_path), "runtime-too-old")
    (edit,) = known.fixes[0].edits
    write_model(tmp_path / "older.onnx", opset=edit.value)
    resolve("parity")(parity_request(tmp_path / "older.onnx"), PlainContext(tmp_path))


def test_missing_data_file_is_explained(tmp_path: Path) -> None:
    recipe = recipe_of("silent.Wide", exporter="trace", external_data=True)
    record = resolve("export")(ExportRequest(recipe.source, recipe.inputs, recipe.export), PlainContext(tmp_path))
    (data,) = record.artifact.external_files
    Path(data).unlink()
    info = error_of("parity", parity_request(Path(record.artifact.path)), tmp_path)
    assert Path(data).name in explained(info, "external-data-missing").cause


@pytest.mark.parametrize(
    ("kind", "model", "line"),
    [
        ("lazy-layers", "outputs.Lazy", "nn.LazyLinear(3)"),
        ("stays-in-training", "outputs.StaysInTraining", "def train(self"),
        ("output-not-tensor", "outputs.ReturnsNumber", "return x * 2.0, 7"),
        ("out-of-memory", "outputs.NeedsMuch", "torch.empty(1 << 50)"),
    ],
)
def test_model_that_cannot_be_run_is_explained(kind: str, model: str, line: str, tmp_path: Path) -> None:
    recipe = recipe_of(model)
    known = explained(error_of("load", LoadRequest(recipe.source, recipe.inputs), tmp_path), kind)
    assert line in line_named(known)


def test_checkpoint_with_a_class_of_its_own_names_it_and_loads_when_it_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(FAILURES))
    import outputs as module  # type: ignore[import-not-found]

    weights = {"layer.weight": torch.ones(3, 4), "layer.bias": torch.ones(3), "settings": module.Settings()}
    torch.save(weights, tmp_path / "w.pt")
    source = ModelSource(
        file=str(FAILURES / "silent.py"), name="Linear", checkpoint=CheckpointSpec(str(tmp_path / "w.pt"))
    )
    recipe = Recipe(source=source, inputs=(X,))
    known = explained(error_of("load", LoadRequest(recipe.source, recipe.inputs), tmp_path), "checkpoint-globals")
    allow = known.fixes[1]
    assert "outputs.Settings" in allow.text
    allowed = apply_fix(recipe, allow)
    info = error_of("load", LoadRequest(allowed.source, allowed.inputs), tmp_path)
    assert info.code != "checkpoint-unsafe-global"  # what is no tensor still does not fit the model
    sys.modules.pop("outputs", None)


def test_trace_that_fails_its_check_is_placed_by_reading_the_source(tmp_path: Path) -> None:
    recipe = recipe_of("values.BranchesAtHalf", format="torchscript", exporter="trace")
    recipe = replace(recipe, export=replace(recipe.export, output_path="model.pt"))
    info = error_of("export", ExportRequest(recipe.source, recipe.inputs, recipe.export), tmp_path)
    known = explained(info, "trace-check-failed")
    assert "if x[0, 0] > 0.5:" in line_named(known)
    mended = apply_fix(recipe, known.fixes[0])
    resolve("export")(ExportRequest(mended.source, mended.inputs, mended.export), PlainContext(tmp_path))


def test_missing_onnxscript_is_explained_and_trace_does_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modelpack_gui.stages.export.torch_facts.is_installed", lambda name: name != "onnxscript")
    recipe = recipe_of("shapes.Plain", exporter="dynamo")
    request = ExportRequest(recipe.source, recipe.inputs, recipe.export)
    known = explained(error_of("export", request, tmp_path), "package-missing")
    assert "-m pip install onnxscript" in known.fixes[0].details
    mended = apply_fix(recipe, known.fixes[1])
    resolve("export")(ExportRequest(mended.source, mended.inputs, mended.export), PlainContext(tmp_path))


@pytest.mark.parametrize(("exporter", "opset"), [("dynamo", 11), ("trace", 22)])
def test_opset_that_an_exporter_cannot_write_is_written_by_another(exporter: str, opset: int, tmp_path: Path) -> None:
    recipe = recipe_of("shapes.Plain", exporter=exporter, opset_version=opset)
    request = ExportRequest(recipe.source, recipe.inputs, recipe.export)
    known = explained(error_of("export", request, tmp_path), "opset-out-of-range")
    for fix in known.fixes:
        mended = apply_fix(recipe, fix)
        record = resolve("export")(ExportRequest(mended.source, mended.inputs, mended.export), PlainContext(tmp_path))
        assert not record.mismatches
    mended = apply_fix(recipe, known.fixes[0])
    assert mended.export.opset_version == opset


def test_opset_that_torch_silently_replaces_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "modelpack_gui.stages.export.torch_facts.dynamo_opsets", lambda: OpsetRange(min=17, max=23, default=20)
    )  # torch makes 18 of this model when asked for 17, and only logs it
    recipe = recipe_of("silent.Shrinks", (InputSpec("x", (1, 2, 6, 6)),), exporter="dynamo", opset_version=17)
    record = resolve("export")(ExportRequest(recipe.source, recipe.inputs, recipe.export), PlainContext(tmp_path))
    (known,) = (item for item in record.explanations if item.id == "opset-fallback")
    mended = apply_fix(recipe, known.fixes[0])
    record = resolve("export")(ExportRequest(mended.source, mended.inputs, mended.export), PlainContext(tmp_path))
    assert not record.mismatches
    assert onnx.load(record.artifact.path).opset_import[0].version == mended.export.opset_version


def test_every_kind_has_a_trigger_and_a_name_of_its_own() -> None:
    tests = "".join((Path(__file__).parent / name).read_text() for name in _CATALOGUE_TESTS)
    assert not [entry.id for entry in ENTRIES if f'"{entry.id}"' not in tests]
    by_id: dict[str, set[str]] = {}
    for entry in ENTRIES:
        by_id.setdefault(entry.id, set()).add(entry.title)
        assert not entry.title.endswith(".")
    assert all(len(titles) == 1 for titles in by_id.values())
    assert len(by_id) >= 25


def test_unknown_failure_keeps_its_whole_trace_and_has_no_explanation(tmp_path: Path) -> None:
    recipe = recipe_of("outputs.RaisesInTracing", exporter="trace")
    info = error_of("export", ExportRequest(recipe.source, recipe.inputs, recipe.export), tmp_path)
    assert info.explanation is None
    assert info.code == "export-failed"
    assert "Traceback" in info.details
    assert "an odd thing happened" in info.details
    assert "outputs.py" in info.message
