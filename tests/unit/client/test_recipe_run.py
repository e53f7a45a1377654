from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modelpack_gui.cli.status import exit_status
from modelpack_gui.client.recipe_run import RecipeRun, StageResult
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import Event, Outcome, Started
from modelpack_gui.core.pipeline import Stage, stages_of
from modelpack_gui.core.recipe import InterpreterSpec, Recipe
from modelpack_gui.core.records import (
    Artifact,
    BenchReport,
    BenchRequest,
    BenchSpec,
    CheckReport,
    ExportRecord,
    ExportSpec,
    GraphIndex,
    InspectRequest,
    LoadReport,
    Mismatch,
    ModelSource,
    ParityReport,
    ParitySpec,
    Result,
    Verdict,
)
from tests.unit.client.ending_client import EndingClient

ARTIFACT = Artifact("/made/net.onnx", "onnx", 1, "", (), ())
LOADED = LoadReport("A", "a.py", 1, 1, 0, 4, (), None, "", 0, (), (), (), 0.1)
EXPORTED = ExportRecord(ExportSpec(), ARTIFACT, (), (), 1, 1, {})
STAGES = stages_of(Recipe())
MEASURED = BenchReport(BenchSpec(), "", "eager", "", (), 1, {}, False, 1.0)
RECIPE = Recipe(source=ModelSource(file="a.py", name="A"), export=ExportSpec(output_path="build/net.onnx"))


def parity(verdict: Verdict) -> ParityReport:
    return ParityReport("/made/net.onnx", ParitySpec(), verdict, "", (), "", (), 0.1)


GOOD: dict[str, Result | Outcome] = {
    "load": LOADED,
    "export": EXPORTED,
    "inspect": GraphIndex(ARTIFACT, "", "", 0, 0, 0, 0, {}),
    "check": CheckReport("", Verdict.PASSED, (), 0.1),
    "parity": parity(Verdict.PASSED),
    "bench": MEASURED,
}


def run(
    client: EndingClient,
    recipe: Recipe = RECIPE,
    stages: tuple[Stage, ...] = STAGES,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> tuple[StageResult, ...]:
    events: list[Event] = []
    made = RecipeRun(client, recipe, Path("/base"), events.append, is_cancelled=is_cancelled).run(stages)
    assert [event.stage for event in events if isinstance(event, Started)] == list(client.requests)
    return made


def test_stages_run_in_order_on_the_artifact_that_the_export_made() -> None:
    client = EndingClient(GOOD)
    results = run(client, stages=tuple(reversed(STAGES)))
    assert [result.stage for result in results] == list(STAGES)
    assert list(client.requests) == [stage.value for stage in STAGES]
    assert client.requests["inspect"] == InspectRequest("/made/net.onnx")
    assert isinstance(client.requests["bench"], BenchRequest)
    assert client.requests["bench"].artifact_path == "/made/net.onnx"


def test_without_an_export_the_stages_use_the_artifact_of_the_recipe() -> None:
    client = EndingClient(GOOD)
    run(client, stages=(Stage.GRAPH,))
    assert client.requests == {"inspect": InspectRequest("build/net.onnx")}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", ""),
        ("python3.12", "python3.12"),
        ("venv/bin/python", "/base/venv/bin/python"),
        ("~/venv/bin/python", str(Path("~/venv/bin/python").expanduser())),
    ],
)
def test_jobs_run_in_the_recipes_folder_and_interpreter(path: str, expected: str) -> None:
    client = EndingClient(GOOD)
    run(client, Recipe(source=RECIPE.source, interpreter=InterpreterSpec(path)))
    assert client.where == {(str(Path(expected)) if expected else "", Path("/base"))}


@pytest.mark.parametrize(
    ("broken", "skipped"),
    [
        (Stage.SOURCE, {Stage.EXPORT, Stage.GRAPH, Stage.CHECK, Stage.PARITY, Stage.BENCH}),
        (Stage.EXPORT, {Stage.GRAPH, Stage.CHECK, Stage.PARITY, Stage.BENCH}),
        (Stage.GRAPH, set()),
        (Stage.CHECK, set()),
        (Stage.PARITY, set()),
    ],
)
def test_what_rests_on_a_stage_that_failed_is_skipped_with_the_reason(broken: Stage, skipped: set[Stage]) -> None:
    client = EndingClient({**GOOD, broken.value: Outcome.FAILED})
    results = {result.stage: result for result in run(client)}
    assert {stage for stage, result in results.items() if result.skipped} == skipped
    assert all("did not succeed" in results[stage].skipped for stage in skipped)
    assert not {stage.value for stage in skipped} & set(client.requests)
    error = results[broken].error
    assert error is not None
    assert error.message == f"{broken.value} is wrong"


def test_a_parity_that_failed_does_not_stop_the_benchmark() -> None:
    results = run(EndingClient({**GOOD, "parity": parity(Verdict.FAILED)}))
    assert [result.verdict for result in results[-2:]] == [Verdict.FAILED, Verdict.FAILED]
    assert results[-1].result == MEASURED


def test_a_wish_to_stop_cancels_the_job_once_keeps_its_result_and_skips_the_rest() -> None:
    client = EndingClient(GOOD, hanging="check")
    results = {result.stage: result for result in run(client, is_cancelled=lambda: "check" in client.requests)}
    assert client.jobs[-1].cancels == 1
    assert results[Stage.CHECK].outcome is Outcome.CANCELLED
    assert results[Stage.CHECK].result == GOOD["check"]
    assert results[Stage.GRAPH].outcome is Outcome.SUCCEEDED
    assert all(results[stage].skipped == "The run was cancelled." for stage in (Stage.PARITY, Stage.BENCH))
    assert exit_status(list(results.values())) == 130


def ended(ending: Result | Outcome | None) -> StageResult:
    if ending is None:
        return StageResult(Stage.CHECK, None, skipped="Export did not succeed.")
    if isinstance(ending, Outcome):
        return StageResult(Stage.CHECK, ending, error=ErrorInfo("a", "b"))
    return StageResult(Stage.CHECK, Outcome.SUCCEEDED, result=ending)


DOUBTFUL = ExportRecord(ExportSpec(), ARTIFACT, (Mismatch("opset_version", "17", "18"),), (), 1, 1, {})


@pytest.mark.parametrize(
    ("endings", "status"),
    [
        ([LOADED, EXPORTED], 0),
        ([DOUBTFUL], 0),
        ([LOADED, parity(Verdict.FAILED)], 1),
        ([parity(Verdict.SKIPPED)], 1),
        ([MEASURED], 1),
        ([Outcome.FAILED, None], 2),
        ([parity(Verdict.FAILED), Outcome.FAILED], 2),
        ([Outcome.FAILED, Outcome.CRASHED], 3),
        ([Outcome.TIMED_OUT, None], 3),
        ([Outcome.CRASHED, Outcome.CANCELLED], 130),
        ([], 1),
        ([None], 1),
    ],
)
def test_the_exit_status_is_that_of_the_gravest_ending(endings: list[Result | Outcome | None], status: int) -> None:
    assert exit_status([ended(ending) for ending in endings]) == status


def test_an_onnx_source_is_its_own_artifact_and_is_not_exported(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"\x08\x09\x12")
    client = EndingClient(GOOD)
    run = RecipeRun(client, Recipe(source=ModelSource(file="net.onnx")), tmp_path, lambda event: None)
    results = {result.stage: result for result in run.run()}
    assert results[Stage.EXPORT].skipped == "The source is an ONNX file already, so there is nothing to export."
    assert all(results[stage].outcome is Outcome.SUCCEEDED for stage in STAGES if stage is not Stage.EXPORT)
    assert client.requests["inspect"] == InspectRequest(str(tmp_path / "net.onnx"))
    del results[Stage.BENCH]  # the prepared one measured nothing
    assert exit_status(tuple(results.values())) == 0
