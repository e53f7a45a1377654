from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from modelpack_gui.core import pipeline
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.explain.explanation import Explanation
from modelpack_gui.core.pipeline import ORDER, Stage
from modelpack_gui.core.recipe import InterpreterSpec, Recipe
from modelpack_gui.core.records import (
    Artifact,
    BenchReport,
    BenchRequest,
    BenchSpec,
    CheckReport,
    CheckRequest,
    Estimate,
    ExportRecord,
    ExportRequest,
    ExportSpec,
    GraphIndex,
    InputSpec,
    InspectRequest,
    KeyReport,
    LatencySummary,
    LoadReport,
    LoadRequest,
    MachineNoise,
    Mismatch,
    ModelSource,
    ParityReport,
    ParityRequest,
    ParitySpec,
    PostStepResult,
    QuantizeRequest,
    QuantizeSpec,
    ReproRecord,
    Result,
    RunnerResult,
    ShapeMismatch,
    Verdict,
)

RECIPE = Recipe(
    source=ModelSource(file="a.py", name="A"), inputs=(InputSpec("x", (1,)),), export=ExportSpec(output_path="o.onnx")
)
ARTIFACT = Artifact("/o.onnx", "onnx", 1, "", (), ())
SUMMARY = LatencySummary(1, 1, 0, 1, 1, Estimate(1, 1, 1), Estimate(1, 1, 1), Estimate(1, 1, 1), 0, 0, 1, 1000)


def test_the_order_is_the_order_of_the_work() -> None:
    assert [stage.value for stage in ORDER] == ["load", "export", "inspect", "check", "parity", "quantize", "bench"]
    assert all(stage.label for stage in Stage)


def test_each_stage_is_asked_with_what_the_recipe_says() -> None:
    source, inputs = RECIPE.source, RECIPE.inputs
    assert [pipeline.request_for(stage, RECIPE) for stage in ORDER] == [
        LoadRequest(source, inputs),
        ExportRequest(source, inputs, RECIPE.export),
        InspectRequest("o.onnx", inputs=RECIPE.inputs),
        CheckRequest("o.onnx", RECIPE.export, inputs),
        ParityRequest(source, inputs, "o.onnx", (), RECIPE.parity),
        QuantizeRequest(source, inputs, (), "o.onnx", (QuantizeSpec(),)),
        BenchRequest(source, inputs, "o.onnx", RECIPE.bench),
    ]


def test_a_run_of_all_quantises_only_if_the_recipe_says_how() -> None:
    assert Stage.QUANTIZE not in pipeline.stages_of(RECIPE)
    assert pipeline.stages_of(dataclasses.replace(RECIPE, quantize=QuantizeSpec())) == ORDER


def test_an_artifact_that_was_made_goes_before_the_path_of_the_recipe() -> None:
    request = pipeline.request_for(Stage.GRAPH, RECIPE, "/made.onnx")
    assert request == InspectRequest("/made.onnx", inputs=RECIPE.inputs)


@pytest.mark.parametrize(
    ("change", "stale"),
    [
        ({"source": ModelSource(file="b.py", name="A")}, set(ORDER)),
        ({"interpreter": InterpreterSpec("python3.12")}, set(ORDER)),
        ({"inputs": ()}, set(ORDER)),
        ({"export": ExportSpec(opset_version=17)}, set(ORDER) - {Stage.SOURCE}),
        ({"parity": ParitySpec(sizes=(4,))}, {Stage.PARITY}),
        ({"parity": ParitySpec(sweep=True)}, {Stage.PARITY}),
        ({"parity": ParitySpec(actual_artifact="other.onnx")}, {Stage.PARITY}),
        ({"parity": ParitySpec(rtol=1.0, atol=0.0, low_precision={}, nan_equal=False, max_noise_ratio=9.0)}, set()),
        ({"parity": ParitySpec(regimes=(), time_budget_s=1.0)}, set()),
        ({"bench": BenchSpec(threads=1)}, {Stage.BENCH}),
        ({"quantize": QuantizeSpec(method="dynamic")}, set()),
        ({}, set()),
    ],
)
def test_a_changed_setting_makes_stale_just_what_rests_on_it(change: dict[str, object], stale: set[Stage]) -> None:
    changed = dataclasses.replace(RECIPE, **change)  # type: ignore[arg-type]
    assert {stage for stage in ORDER if pipeline.is_stale(stage, RECIPE, changed)} == stale


def test_how_the_recipe_exports_has_no_say_in_a_proof_of_another_artifact() -> None:
    other = dataclasses.replace(RECIPE, parity=ParitySpec(actual_artifact="other.onnx"))
    changed = dataclasses.replace(other, export=dataclasses.replace(other.export, opset_version=17))
    assert not pipeline.is_stale(Stage.PARITY, other, changed)
    request = pipeline.request_for(Stage.PARITY, other, "/made.onnx", folder="/arrays")
    assert isinstance(request, ParityRequest)
    assert (request.artifact_path, request.folder) == ("other.onnx", "/arrays")


def test_a_new_artifact_makes_stale_what_comes_after_the_export_and_nothing_else_does() -> None:
    assert pipeline.downstream_of(Stage.EXPORT) == (
        Stage.GRAPH,
        Stage.CHECK,
        Stage.PARITY,
        Stage.QUANTIZE,
        Stage.BENCH,
    )
    assert all(pipeline.downstream_of(stage) == () for stage in Stage if stage is not Stage.EXPORT)


def load_report(keys: KeyReport | None) -> LoadReport:
    return LoadReport("A", "a.py", 1, 1, 0, 4, (), keys, "", 0, (), (), (), 0.1)


def export_record(**fields: Any) -> ExportRecord:
    return ExportRecord(ExportSpec(), ARTIFACT, (), (), 1, 1, {}, **fields)


def bench_report(*runners: RunnerResult, is_complete: bool = True) -> BenchReport:
    return BenchReport(BenchSpec(), "", "eager", "", runners, 1, {}, is_complete, 1.0)


def runner(summary: LatencySummary | None) -> RunnerResult:
    error = None if summary else ErrorInfo("a", "b")
    return RunnerResult("eager", "Eager", None, (), (), summary, None, (), error)


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        (load_report(None), Verdict.PASSED),
        (load_report(KeyReport(5)), Verdict.PASSED),
        (load_report(KeyReport(5, missing=("w",))), Verdict.WARNING),
        (load_report(KeyReport(5, unexpected=("w",))), Verdict.WARNING),
        (load_report(KeyReport(5, mismatched=(ShapeMismatch("w", (1,), (2,)),))), Verdict.WARNING),
        (ExportRecord(ExportSpec(), ARTIFACT, (), (), 1, 1, {}), Verdict.PASSED),
        (
            ExportRecord(ExportSpec(), ARTIFACT, (Mismatch("opset_version", "17", "18"),), (), 1, 1, {}),
            Verdict.WARNING,
        ),
        (export_record(explanations=(Explanation("frozen", "Frozen", "It was.", gravity=3),)), Verdict.WARNING),
        (export_record(explanations=(Explanation("less", "Less", "It is."),)), Verdict.WARNING),
        (export_record(explanations=(Explanation("known", "Known", "It is.", gravity=1),)), Verdict.PASSED),
        (export_record(post_steps=(PostStepResult("slim", True, 9, 8, 3, 2, 0.1),)), Verdict.PASSED),
        (export_record(post_steps=(PostStepResult("slim", False, 9, None, 3, None, 0.1),)), Verdict.WARNING),
        (GraphIndex(ARTIFACT, "", "", 0, 0, 0, 0, {}), Verdict.PASSED),
        (GraphIndex(ARTIFACT, "", "", 0, 0, 0, 0, {}, shape_inference_error="no"), Verdict.WARNING),
        (CheckReport("/o", Verdict.FAILED, (), 0.1), Verdict.FAILED),
        (ParityReport("/o", ParitySpec(), Verdict.SKIPPED, "", (), "", (), 0.1), Verdict.SKIPPED),
        (ReproRecord("/r", Verdict.FAILED, "", 1, 2, (), 3, "", 0.1), Verdict.PASSED),
        (ReproRecord("/r", Verdict.PASSED, "", 1, 2, (), 3, "", 0.1), Verdict.WARNING),
        (bench_report(runner(SUMMARY)), Verdict.PASSED),
        (bench_report(runner(SUMMARY), runner(None)), Verdict.WARNING),
        (bench_report(runner(SUMMARY), is_complete=False), Verdict.WARNING),
        (
            dataclasses.replace(bench_report(runner(SUMMARY)), noise=MachineNoise((1.0,), 0.0, is_noisy=False)),
            Verdict.PASSED,
        ),
        (
            dataclasses.replace(bench_report(runner(SUMMARY)), noise=MachineNoise((1.0,), 0.4, is_noisy=True)),
            Verdict.WARNING,
        ),
        (
            bench_report(dataclasses.replace(runner(SUMMARY), error=ErrorInfo("worker-crashed", "It crashed."))),
            Verdict.WARNING,
        ),
        (bench_report(runner(None)), Verdict.FAILED),
        (bench_report(), Verdict.FAILED),
    ],
)
def test_the_verdict_of_a_result_says_whether_to_trust_it(result: Result, verdict: Verdict) -> None:
    assert pipeline.verdict_of(result) is verdict


def test_the_gravest_verdict_wins_and_none_at_all_proves_nothing() -> None:
    passed, warning, failed, skipped = Verdict
    assert Verdict.worst([passed, failed, warning]) is failed
    assert Verdict.worst([passed, warning, skipped]) is warning
    assert Verdict.worst([skipped, passed]) is passed
    assert Verdict.worst([]) is skipped
