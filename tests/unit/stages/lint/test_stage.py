"""Each rule of lint on a tiny model that breaks it, and the models that break none."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from modelpack_gui.core import serde
from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.explain.fixes import apply_fix
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    ArtifactFormat,
    CheckpointSpec,
    DynamicDim,
    ExportSpec,
    InputSpec,
    LintFinding,
    LintReport,
    LintRequest,
    ModelSource,
)
from modelpack_gui.stages.lint import stage
from tests.fixtures.zoo.cases import CASES, ZooCase
from tests.places import DEMO, MODELS, ROOT

X = InputSpec("x", (2, 4))
BATCH = DynamicDim("x", 0, "batch")
CODE = (MODELS / "lint.py").read_text(encoding="utf-8").splitlines()


def lint(
    name: str,
    exporter: str = "dynamo",
    *inputs: InputSpec,
    format_: ArtifactFormat = "onnx",
    dynamic: tuple[DynamicDim, ...] = (BATCH,),
    opset: int | None = None,
    **source: Any,
) -> LintReport:
    export = ExportSpec(format=format_, exporter=exporter, dynamic=dynamic, opset_version=opset)
    request = LintRequest(ModelSource(file="lint.py", name=name, **source), inputs or (X,), export)
    return stage.run(request, PlainContext(MODELS))


def only(report: LintReport, *, of_id: str = "") -> LintFinding:
    """The one finding, besides the remark on deprecated exporters."""
    found = [item for item in report.findings if item.explanation.id != "exporter-deprecated"]
    (finding,) = [item for item in found if not of_id or item.explanation.id == of_id]
    return finding


def summary(report: LintReport) -> tuple[str, str, str]:
    finding = only(report)
    return finding.explanation.id, finding.severity, finding.concerns


def line_of(finding: LintFinding) -> str:
    place = finding.explanation.places[0]
    assert place.file == str(MODELS / "lint.py")
    return CODE[place.line - 1].strip()


@pytest.mark.parametrize(
    ("format_", "exporter"),
    [("onnx", "dynamo"), ("torchscript", "trace"), ("torchscript", "script"), ("pt2", "export")],
)
def test_a_clean_model_gives_no_finding(format_: ArtifactFormat, exporter: str) -> None:
    report = lint("Clean", exporter, format_=format_)
    assert report.findings == ()
    assert report.runs == 3


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_models_of_the_zoo_get_no_warning_but_those_that_are_made_wrong(case: ZooCase) -> None:
    wrong = {
        "ValueBranch": "branch-on-values",
        "ShapeBranch": "trace-branch-frozen",
        "ShapeLoop": "trace-loop-unrolled",
        "Stochastic": "trace-random",
    }
    export = case.export("onnx", "dynamo", None, "unused.onnx")
    report = stage.run(LintRequest(case.source, case.inputs, export), PlainContext(ROOT))
    found = [item.explanation.id for item in report.findings if item.severity != "info"]
    assert found == ([wrong[case.name]] if case.name in wrong else [])


def test_the_demo_is_clean_and_the_faulty_demo_is_not() -> None:
    image, batch = InputSpec("image", (2, 3, 32, 32)), DynamicDim("image", 0, "batch")
    found = {}
    for name in ("ShapesNet", "BatchBranchNet"):
        source = ModelSource(file="shapes.py", name=name, checkpoint=CheckpointSpec("shapes.pt"))
        request = LintRequest(source, (image,), ExportSpec(dynamic=(batch,)))
        found[name] = stage.run(request, PlainContext(DEMO)).findings
    assert found["ShapesNet"] == ()
    (branch,) = found["BatchBranchNet"]
    assert (branch.explanation.id, branch.severity) == ("trace-branch-frozen", "warning")
    assert branch.explanation.places[0].file == str(DEMO / "shapes.py")


@pytest.mark.parametrize(
    ("name", "exporter", "expected"),
    [
        ("StaysInTraining", "dynamo", ("training-mode", "error", "source")),
        ("TrainsInForward", "dynamo", ("training-in-forward", "error", "source")),
        ("AlwaysDrops", "dynamo", ("trace-random", "error", "source")),
        ("BatchStatistics", "dynamo", ("batch-norm-without-statistics", "warning", "source")),
        ("TrainingNorm", "dynamo", ("batch-norm-in-training", "warning", "source")),
        ("PlainTensor", "dynamo", ("plain-tensor", "info", "source")),
        ("Tied", "dynamo", ("weights-shared", "info", "source")),
        ("Strided", "dynamo", ("weights-strided", "info", "source")),
        ("WritesInput", "dynamo", ("input-written", "warning", "inputs.x")),
        ("LoopOnSize", "trace", ("trace-loop-unrolled", "warning", "exporter")),
        ("NumberFromSize", "trace", ("trace-number-frozen", "warning", "exporter")),
        ("BranchOnValue", "dynamo", ("branch-on-values", "error", "exporter")),
        ("BranchOnValue", "trace", ("branch-on-values", "warning", "exporter")),
        ("NumberFromValue", "trace", ("number-from-values", "warning", "exporter")),
        ("ConstantFromSize", "trace", ("trace-constant", "warning", "exporter")),
        ("FixedSize", "trace", ("dim-refused-by-model", "warning", "dynamic")),
        ("CallsAutograd", "script", ("custom-autograd-function", "error", "exporter")),
        ("AsksScripting", "script", ("script-branch", "info", "exporter")),
        ("TakesKeywords", "script", ("script-python", "error", "exporter")),
        ("TakesKeywords", "dynamo", ("var-keyword", "info", "source")),
        ("GivesNumber", "dynamo", ("output-class", "warning", "source")),
    ],
)
def test_each_rule_finds_its_model(name: str, exporter: str, expected: tuple[str, str, str]) -> None:
    assert summary(lint(name, exporter)) == expected


@pytest.mark.parametrize("name", ["BranchOnSize", "LoopOnSize", "NumberFromSize", "BranchOnValue", "NumberFromValue"])
def test_what_script_keeps_is_no_finding_for_it(name: str) -> None:
    assert lint(name, "script", format_="torchscript").findings == ()


def test_a_branch_is_told_by_the_axis_that_it_looks_at() -> None:
    report = lint("BranchOnSize")
    dynamic, static = report.findings
    assert (dynamic.severity, line_of(dynamic)) == ("warning", "if rows > 2:")
    assert (static.severity, line_of(static)) == ("info", "if columns > 3:")
    assert all(item.severity == "info" for item in lint("BranchOnSize", dynamic=()).findings)


def test_an_axis_is_followed_into_a_submodule() -> None:
    finding = only(lint("BranchInSubmodule"))
    assert (finding.severity, line_of(finding)) == ("warning", "if turned.size(1) > 2:")
    columns = DynamicDim("x", 1, "columns")
    assert only(lint("BranchInSubmodule", dynamic=(columns,))).severity == "info"


def test_what_torch_export_refuses_is_an_error_for_pt2() -> None:
    assert only(lint("BranchInSubmodule", "export", format_="pt2")).severity == "error"


def test_the_fix_of_a_branch_is_a_setting() -> None:
    finding = only(lint("BranchInSubmodule", "trace", opset=17))
    recipe = Recipe(inputs=(X,), export=ExportSpec(exporter="trace", opset_version=17))
    assert apply_fix(recipe, finding.explanation.fixes[0]).export.exporter == "script"


def test_the_first_module_that_is_random_is_named() -> None:
    finding = only(lint("Noisy"))
    assert "first in noise" in finding.explanation.cause
    assert line_of(finding) == "return x + torch.rand_like(x)"


def test_a_batch_norm_that_the_checkpoint_left_alone_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "norm.pt"
    state = torch.nn.BatchNorm1d(4).state_dict()
    torch.save({f"norm.{key}": value for key, value in state.items()}, path)
    report = lint("Norm", checkpoint=CheckpointSpec(str(path)))
    assert summary(report) == ("batch-norm-at-start", "warning", "checkpoint")
    assert lint("Norm").findings == ()


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("float64", ("float64-weights", "info", "source")),
        ("bfloat16", ("bfloat16-weights", "warning", "source")),
        ("complex64", ("complex-numbers", "warning", "source")),
    ],
)
def test_weights_of_other_types_are_named(dtype: str, expected: tuple[str, str, str]) -> None:
    assert summary(lint("Typed", arguments={"dtype": dtype})) == expected


def test_inputs_of_types_that_onnx_lacks_are_named() -> None:
    for dtype, expected in (("bfloat16", "bfloat16-input"), ("complex64", "complex-numbers")):
        finding = only(lint("ConstantFromSize", "dynamo", dataclasses.replace(X, dtype=dtype), dynamic=()))
        assert (finding.explanation.id, finding.concerns) == (expected, "inputs.x")


def test_a_plain_tensor_on_another_device_is_an_error() -> None:
    finding = only(lint("PlainTensor", arguments={"device": "meta"}))
    assert finding.severity == "error"
    assert "on meta" in finding.explanation.cause


def test_a_model_that_does_not_run_is_read_all_the_same() -> None:
    report = lint("BranchInSubmodule", "dynamo", InputSpec("x", (2,)), dynamic=())
    assert [item.explanation.id for item in report.findings] == ["forward-failed", "trace-branch-frozen"]
    assert report.runs == 0


def test_an_input_that_forward_does_not_use_is_dropped_by_trace_and_kept_by_dynamo() -> None:
    inputs = (X, InputSpec("mask", (2, 4), "bool"))
    assert summary(lint("UnusedMask", "trace", *inputs)) == ("input-vanished", "warning", "inputs.mask")
    assert summary(lint("UnusedMask", "dynamo", *inputs)) == ("input-vanished", "info", "inputs.mask")


def test_state_that_changes_the_answer_is_named_beside_the_difference() -> None:
    found = {item.explanation.id: item.severity for item in lint("KeepsState").findings}
    assert found["state-kept"] == "warning"
    assert found["trace-random"] == "error"


def test_a_print_and_data_are_named() -> None:
    found = {item.explanation.id: item.severity for item in lint("Prints").findings}
    assert found == {"side-effect": "info", "data-attribute": "warning"}


@pytest.mark.parametrize(("exporter", "opset", "mended"), [("dynamo", 17, 18), ("trace", 22, 20), ("trace", 6, 7)])
def test_an_opset_that_the_exporter_does_not_write_is_an_error(exporter: str, opset: int, mended: int) -> None:
    finding = only(lint("Clean", exporter, opset=opset))
    assert (finding.explanation.id, finding.severity, finding.concerns) == (
        "opset-fallback",
        "error",
        "opset_version",
    )
    assert apply_fix(Recipe(), finding.explanation.fixes[0]).export.opset_version == mended


def test_the_exporters_that_torch_deprecates_are_remarked_on() -> None:
    (finding,) = lint("Clean", "trace").findings
    assert (finding.explanation.id, finding.severity, finding.concerns) == ("exporter-deprecated", "info", "exporter")


def test_an_example_of_one_on_a_dynamic_axis_is_told_for_torch_export_alone() -> None:
    one = InputSpec("x", (1, 4))
    finding = only(lint("Clean", "dynamo", one))
    assert (finding.explanation.id, finding.severity, finding.concerns) == ("dim-example-one", "warning", "dynamic")
    mended = apply_fix(Recipe(inputs=(one,), export=ExportSpec(dynamic=(BATCH,))), finding.explanation.fixes[0])
    assert mended.inputs[0].shape == (2, 4)
    assert only(lint("Clean", "export", one, format_="pt2")).severity == "error"
    assert [item for item in lint("Clean", "trace", one).findings if item.severity != "info"] == []


def test_a_report_survives_the_process_boundary() -> None:
    report = lint("BranchOnSize")
    assert serde.decode(LintReport, json.loads(serde.dumps(serde.encode(report)))) == report
