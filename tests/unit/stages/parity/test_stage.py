from __future__ import annotations

import dataclasses
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import JobCancelled, UserError
from modelpack_gui.core.records import (
    CaseChoice,
    CheckpointSpec,
    DynamicDim,
    InputSpec,
    ModelSource,
    ParityCase,
    ParityReport,
    ParityRequest,
    ParitySpec,
    Verdict,
)
from modelpack_gui.stages.parity.stage import run
from resources.demo.shapes import BatchBranchNet, ShapesNet
from tests.places import DEMO
from tests.unit.stages.parity.models import MODELS, N, X, affine, run_parity

IMAGE = InputSpec("image", (2, 3, 32, 32), low=0.0, high=1.0)
BATCH = DynamicDim("image", 0, "batch")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "models.py").write_text(MODELS, encoding="utf-8")
    return tmp_path


def _by_label(report: ParityReport) -> dict[str, ParityCase]:
    return {case.label: case for case in report.cases}


def _export_demo(model_class: type[ShapesNet], path: Path, *, dynamo: bool) -> None:
    model = model_class()
    model.load_state_dict(torch.load(DEMO / "shapes.pt", weights_only=True))
    axes: dict[str, Any] = (
        {"dynamic_shapes": ({0: torch.export.Dim("batch")},)} if dynamo else {"dynamic_axes": {"image": {0: "batch"}}}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model.eval(),
            (torch.rand(2, 3, 32, 32),),
            str(path),
            dynamo=dynamo,
            input_names=["image"],
            output_names=["logits"],
            verbose=False,
            **axes,
        )


def _run_demo(model_class: type[ShapesNet], folder: Path, *, dynamo: bool) -> ParityReport:
    artifact = folder / "model.onnx"
    _export_demo(model_class, artifact, dynamo=dynamo)
    source = ModelSource("shapes.py", name=model_class.__name__, checkpoint=CheckpointSpec("shapes.pt"))
    return run(ParityRequest(source, (IMAGE,), str(artifact), (BATCH,), ParitySpec()), PlainContext(DEMO, folder))


@pytest.mark.parametrize("dynamo", [True, False], ids=["dynamo", "trace"])
def test_the_demo_agrees_at_every_batch(tmp_path: Path, dynamo: bool) -> None:
    report = _run_demo(ShapesNet, tmp_path, dynamo=dynamo)
    assert report.verdict is Verdict.PASSED, report.summary
    assert report.summary.startswith("Passed: 10 cases agree within rtol 0.001, atol 1e-05; the largest error used ")
    assert [case.sizes["batch"] for case in report.cases] == [2, 2, 1, 1, 3, 3, 5, 5, 17, 17]
    assert {output.name for case in report.cases for output in case.outputs} == {"logits"}
    floors = [case.outputs[0].noise_floor for case in report.cases]
    assert all((floor is None) == (case.seed != 0) for floor, case in zip(floors, report.cases, strict=True))
    assert all(floor is None or 0 < floor < 1e-3 for floor in floors)


@pytest.mark.parametrize("dynamo", [True, False], ids=["dynamo", "trace"])
def test_the_branch_on_the_batch_is_caught_from_three_pictures_on(tmp_path: Path, dynamo: bool) -> None:
    report = _run_demo(BatchBranchNet, tmp_path, dynamo=dynamo)
    assert report.verdict is Verdict.FAILED
    assert {case.sizes["batch"]: case.verdict for case in report.cases} == {
        1: Verdict.PASSED,
        2: Verdict.PASSED,
        3: Verdict.FAILED,
        5: Verdict.FAILED,
        17: Verdict.FAILED,
    }
    assert report.summary.startswith("Failed: logits is wrong at batch = 3, 5, 17 (largest error ")
    assert report.summary.endswith("; the example size passes, so the export froze something that depends on batch.")


def test_a_torchscript_archive_is_compared_in_torch(folder: Path) -> None:
    class Affine(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * 2.0 + 1.0

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.trace(Affine().eval(), (torch.rand(2, 4),)).save(str(folder / "m.pt"))  # type: ignore[no-untyped-call]
    report = run_parity(folder, "Affine", folder / "m.pt")
    assert report.verdict is Verdict.PASSED, report.summary
    assert report.runtime.startswith("TorchScript, torch ")
    assert report.warnings == ()


def test_a_wrong_constant_fails_at_the_example_too(folder: Path) -> None:
    report = run_parity(folder, "Affine", affine(folder / "m.onnx", scale=2.5))
    assert report.verdict is Verdict.FAILED
    assert all(case.verdict is Verdict.FAILED for case in report.cases)
    assert "y is wrong in all 5 cases (largest error " in report.summary
    assert report.summary.endswith("; the example itself fails, so that it is not a matter of size.")


def test_a_dimension_that_became_static_fails_and_says_so(folder: Path) -> None:
    report = run_parity(folder, "Affine", affine(folder / "m.onnx", batch=2))
    cases = _by_label(report)
    assert cases["example"].verdict is Verdict.PASSED
    error = cases["n = 3"].error
    assert error is not None
    assert (cases["n = 3"].verdict, error.code) == (Verdict.FAILED, "dim-not-dynamic")
    assert report.summary == (
        "Failed: n was asked to be dynamic and is fixed at 2 in the artifact (axis 0 of x), "
        "so that n = 1, 3, 5, 17 cannot be run."
    )


def test_a_size_that_only_the_runtime_refuses_fails(folder: Path) -> None:
    two_rows = numpy_helper.from_array(np.zeros((2, 4), np.float32), "rows")
    artifact = affine(folder / "m.onnx")
    model = onnx.load(artifact)
    model.graph.initializer.append(two_rows)
    model.graph.node[1].output[0] = "before"
    model.graph.node.append(helper.make_node("Add", ["before", "rows"], ["y"]))
    onnx.save(model, artifact)
    report = run_parity(folder, "Affine", artifact)
    cases = _by_label(report)
    assert cases["example"].verdict is Verdict.PASSED
    error = cases["n = 3"].error
    assert error is not None
    assert error.code == "artifact-refused-inputs"
    assert error.details
    assert "ONNX Runtime does not run at n = 3, 5, 17, where the model itself does" in report.summary


def test_a_case_that_no_plan_has_can_be_asked_for_with_its_values(folder: Path) -> None:
    class Watched(PlainContext):
        parts: list[Any] = []  # noqa: RUF012 (one instance)

        def partial(self, part: Any) -> None:
            self.parts.append(part.case)

    context = Watched(folder, folder)
    source = ModelSource(file="models.py", name="Affine")
    asked = CaseChoice({"n": 7}, seed=4)
    request = ParityRequest(
        source, (X,), str(affine(folder / "m.onnx")), (N,), ParitySpec(), only=(asked,), folder="values"
    )
    report = run(request, context)
    (case,) = report.cases
    assert context.parts == [case]
    assert (case.choice, case.label) == (asked, "n = 7, seed 4")
    files = case.outputs[0].values
    assert files is not None
    assert np.load(files.expected).shape == np.load(files.actual).shape == (7, 4)
    assert Path(files.actual).is_relative_to(folder / "values")
    again = run(dataclasses.replace(request, only=(CaseChoice(),), known=report.cases), context)
    assert [one.label for one in again.cases] == ["example", "n = 7, seed 4"]
    assert run(dataclasses.replace(request, only=(CaseChoice(),), known=again.cases), context).cases == again.cases
    assert len(context.parts) == 3
    with pytest.raises(UserError) as caught:
        run(dataclasses.replace(request, only=(CaseChoice({"width": 7}),)), context)
    assert caught.value.info.code == "case-unknown"


def test_what_is_known_is_judged_by_the_tolerances_that_are_asked_for_now(folder: Path) -> None:
    strict = ParitySpec(rtol=0.0, atol=1e-3, sizes=(), seeds=(0,))
    source = ModelSource(file="models.py", name="Affine")
    request = ParityRequest(source, (X,), str(affine(folder / "m.onnx", scale=2.1)), (N,), strict)
    known = run(request, PlainContext(folder)).cases
    assert [case.verdict for case in known] == [Verdict.FAILED]
    wider = dataclasses.replace(request, parity=dataclasses.replace(strict, atol=1.0), known=known)
    report = run(wider, PlainContext(folder))
    assert [case.verdict for case in report.cases] == [Verdict.PASSED]
    assert report.cases[0].outputs[0].atol == 1.0


def test_a_size_that_the_model_itself_refuses_is_skipped(folder: Path) -> None:
    report = run_parity(folder, "OnlyPairs", affine(folder / "m.onnx"), spec=ParitySpec(sizes=(1, 4), seeds=(0,)))
    cases = _by_label(report)
    error = cases["n = 1"].error
    assert error is not None
    assert (cases["n = 1"].verdict, error.code) == (Verdict.SKIPPED, "eager-refused-inputs")
    assert "pairs only" in error.message
    assert report.verdict is Verdict.PASSED
    assert report.summary.startswith("Passed: 2 cases agree")
    assert report.summary.endswith(" Skipped: n = 1, which the model itself does not run.")


def test_a_dynamic_axis_compared_at_the_example_size_alone_is_doubtful(folder: Path) -> None:
    artifact = affine(folder / "m.onnx")
    refused = run_parity(folder, "OnlyPairs", artifact, spec=ParitySpec(sizes=(1, 3), seeds=(0,)))
    assert refused.verdict is Verdict.WARNING
    assert refused.summary == (
        "Doubtful: 1 case agrees exactly, but nothing was compared at a size of n other than 2. "
        "Skipped: n = 1, 3, which the model itself does not run."
    )
    untold = run_parity(folder, "Affine", artifact, spec=ParitySpec(sizes=()))
    assert untold.verdict is Verdict.WARNING


def test_a_size_that_does_not_fit_in_memory_is_skipped_and_the_others_are_compared(folder: Path) -> None:
    report = run_parity(folder, "Affine", affine(folder / "m.onnx"), spec=ParitySpec(sizes=(1, 1 << 45), seeds=(0,)))
    assert [case.verdict for case in report.cases] == [Verdict.PASSED, Verdict.PASSED, Verdict.SKIPPED]
    assert report.verdict is Verdict.PASSED


def test_a_model_that_refuses_its_example_is_a_user_error(folder: Path) -> None:
    with pytest.raises(UserError) as caught:
        run_parity(folder, "OnlyPairs", affine(folder / "m.onnx"), inputs=(InputSpec("x", (3, 4)),))
    assert "pairs only" in caught.value.info.message


def test_outputs_are_matched_by_name_where_both_sides_have_the_same_names(folder: Path) -> None:
    artifact = folder / "m.onnx"
    rank = (
        helper.make_node("TopK", ["x", "four"], ["sorted", "rank"], axis=1, largest=0),
        helper.make_tensor_value_info("rank", TensorProto.INT64, ["n", 4]),
    )
    model = onnx.load(affine(artifact, extra=[rank]))
    model.graph.initializer.append(numpy_helper.from_array(np.array([4], np.int64), "four"))
    model.graph.node[1].output[0] = "scaled"
    model.graph.output[0].name = "scaled"
    first, second = model.graph.output[0], model.graph.output[1]
    del model.graph.output[:]
    model.graph.output.extend([second, first])
    onnx.save(model, artifact)
    report = run_parity(folder, "Two", artifact)
    assert report.verdict is Verdict.PASSED, report.summary
    assert [output.name for output in report.cases[0].outputs] == ["scaled", "rank"]


def test_a_missing_output_fails_every_case(folder: Path) -> None:
    report = run_parity(folder, "Two", affine(folder / "m.onnx"))
    assert report.verdict is Verdict.FAILED
    assert report.summary == "Failed: the artifact gives 1 output (y), the model 2 outputs (scaled, rank)."


def test_another_dtype_is_a_failure_even_if_the_values_agree(folder: Path) -> None:
    cast = (
        helper.make_node("Cast", ["y"], ["wide"], to=TensorProto.DOUBLE),
        helper.make_tensor_value_info("wide", TensorProto.DOUBLE, ["n", 4]),
    )
    model = onnx.load(affine(folder / "m.onnx", extra=[cast]))
    del model.graph.output[0]
    onnx.save(model, folder / "m.onnx")
    report = run_parity(folder, "Affine", folder / "m.onnx")
    assert report.verdict is Verdict.FAILED
    assert "wide is wrong in all 5 cases" in report.summary
    assert "the dtype is float64 instead of float32" in report.summary


def test_an_output_of_zeros_is_doubtful(folder: Path) -> None:
    model = onnx.load(affine(folder / "m.onnx", scale=0.0))
    model.graph.initializer[1].CopyFrom(numpy_helper.from_array(np.array(0.0, np.float32), "one"))
    onnx.save(model, folder / "m.onnx")
    report = run_parity(folder, "Nothing", folder / "m.onnx")
    assert report.verdict is Verdict.WARNING
    assert report.summary.startswith("Doubtful: 5 cases agree exactly, but y proves little in all 5 cases: ")
    assert "which proves nothing" in report.summary


def test_bfloat16_outputs_keep_their_dtype(folder: Path) -> None:
    cast = (
        helper.make_node("Cast", ["y"], ["half"], to=TensorProto.BFLOAT16),
        helper.make_tensor_value_info("half", TensorProto.BFLOAT16, ["n", 4]),
    )
    model = onnx.load(affine(folder / "m.onnx", extra=[cast]))
    del model.graph.output[0]
    onnx.save(model, folder / "m.onnx")
    report = run_parity(folder, "Halves", folder / "m.onnx")
    assert report.verdict is Verdict.PASSED, report.summary
    assert report.cases[0].outputs[0].actual.dtype == "bfloat16"


def test_a_model_that_cannot_run_in_float64_has_no_noise_floor_and_the_log_says_why(folder: Path) -> None:
    class Logged(PlainContext):
        lines: list[str] = []  # noqa: RUF012 (one instance)

        def log(self, level: str, message: str) -> None:
            self.lines.append(f"{level}: {message}")

    context = Logged(folder, folder)
    report = run_parity(folder, "Writes", affine(folder / "m.onnx"), context=context)
    assert report.verdict is Verdict.PASSED, report.summary
    assert {output.noise_floor for case in report.cases for output in case.outputs} == {None}
    assert [line.split(":")[0:2] for line in context.lines] == [["info", " The noise floor is not known"]]


def test_an_input_that_the_artifact_dropped_is_not_fed(folder: Path) -> None:
    inputs = (X, InputSpec("unused", (3,)))
    (folder / "models.py").write_text(MODELS.replace("def forward(self, x):", "def forward(self, x, unused=None):"))
    report = run_parity(folder, "Affine", affine(folder / "m.onnx"), inputs=inputs)
    assert report.verdict is Verdict.PASSED, report.summary


def test_inputs_that_match_neither_by_name_nor_by_number_are_a_user_error(folder: Path) -> None:
    (folder / "models.py").write_text(MODELS.replace("def forward(self, x):", "def forward(self, x, other=None):"))
    with pytest.raises(UserError) as caught:
        run_parity(
            folder,
            "Affine",
            affine(folder / "m.onnx"),
            inputs=(InputSpec("a", (2, 4)), InputSpec("b", (2, 4))),
            dynamic=(),
        )
    assert caught.value.info.code == "inputs-do-not-match"


def test_no_inputs_are_a_user_error(folder: Path) -> None:
    with pytest.raises(UserError) as caught:
        run_parity(folder, "Affine", affine(folder / "m.onnx"), inputs=(), dynamic=())
    assert caught.value.info.code == "inputs-missing"


def test_parity_can_be_cancelled_between_cases_and_tells_how_far_it_is(folder: Path) -> None:
    class Watched(PlainContext):
        seen: list[tuple[str, float | None]] = []  # noqa: RUF012 (one instance)

        def progress(self, message: str, fraction: float | None = None) -> None:
            self.seen.append((message, fraction))

        def check_cancelled(self) -> None:
            if any(message.startswith("Comparing at n = 1") for message, _ in self.seen):
                raise JobCancelled

    context = Watched(folder, folder)
    with pytest.raises(JobCancelled):
        run_parity(folder, "Affine", affine(folder / "m.onnx"), context=context)
    assert context.seen[-1] == ("Comparing at n = 1 (2 of 5)", 0.2)
    fractions = [fraction for message, fraction in context.seen if fraction is not None]
    assert fractions == sorted(fractions)
