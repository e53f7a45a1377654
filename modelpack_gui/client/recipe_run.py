"""Run the stages of a recipe one after the other, waiting for each."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelpack_gui.client.api import Client, Job, Listener
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import Cancelled, Done, Failed, Outcome, TerminalEvent
from modelpack_gui.core.locations import located
from modelpack_gui.core.pipeline import ORDER, Stage, request_for, stages_of, verdict_of
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import ExportRecord, QuantizeRequest, QuantizeSpec, Request, Result, Verdict
from modelpack_gui.core.saved_models import SavedKind, kind_of_source

_NEEDS = {
    Stage.EXPORT: (Stage.SOURCE,),
    Stage.GRAPH: (Stage.EXPORT,),
    Stage.CHECK: (Stage.EXPORT,),
    Stage.PARITY: (Stage.SOURCE, Stage.EXPORT),
    Stage.QUANTIZE: (Stage.SOURCE, Stage.EXPORT),
    Stage.BENCH: (Stage.SOURCE, Stage.EXPORT),
}

_POLL_S = 0.1  # how soon a wish to stop is seen; on Windows an endless wait would not see Ctrl+C at all


@dataclass(frozen=True)
class StageResult:
    """How one stage ended.

    Attributes:
        outcome: None if it was skipped because of another stage.
        result: What it gave; of a cancelled stage what was measured until then, where there is something.
        error: Why it gave nothing.
        skipped: Why it was not run; empty if it was.
    """

    stage: Stage
    outcome: Outcome | None
    result: Result | None = None
    error: ErrorInfo | None = None
    skipped: str = ""

    @property
    def verdict(self) -> Verdict:
        """The judgement it stands for: FAILED without a result, SKIPPED if it was not run or was cancelled."""
        if self.outcome is None or self.outcome is Outcome.CANCELLED:
            return Verdict.SKIPPED
        return Verdict.FAILED if self.result is None else verdict_of(self.result)


class RecipeRun:
    """One run of a recipe's stages.

    Args:
        base: Folder of the recipe.
        listener: Gets the events of every job, from a background thread.
        artifact_path: To use where no export is among the stages; empty takes the recipe's output path.
        is_cancelled: Asked often; once true, the job under way is cancelled and the rest is skipped.
        quantize_specs: Ways to quantise in the place of the recipe's own.
    """

    def __init__(
        self,
        client: Client,
        recipe: Recipe,
        base: Path,
        listener: Listener,
        *,
        artifact_path: str = "",
        is_cancelled: Callable[[], bool] = lambda: False,
        quantize_specs: Sequence[QuantizeSpec] = (),
    ) -> None:
        self._client = client
        self._quantize_specs = tuple(quantize_specs)
        self._recipe = recipe
        self._base = base
        self._listener = listener
        self._artifact_path = artifact_path
        self._is_onnx = kind_of_source(recipe.source, base) is SavedKind.ONNX
        if self._is_onnx and not artifact_path:  # the source is the artifact
            self._artifact_path = str(located(base, recipe.source.file))
        self._is_cancelled = is_cancelled
        self._exported: ExportRecord | None = None

    def run(self, stages: Iterable[Stage] | None = None) -> tuple[StageResult, ...]:
        """Run some stages, or all that the recipe has, in their order.

        Blocks until all have ended; never raises for what a stage does.
        """
        return tuple(self.results(stages))

    def results(self, stages: Iterable[Stage] | None = None) -> Iterator[StageResult]:
        """As `run`, giving each result when its stage has ended."""
        chosen = set(stages_of(self._recipe) if stages is None else stages)
        results: dict[Stage, StageResult] = {}
        for stage in ORDER:
            if stage not in chosen:
                continue
            if self._is_cancelled():
                result = StageResult(stage, Outcome.CANCELLED, skipped="The run was cancelled.")
            elif reason := self._reason_to_skip(stage, results):
                result = StageResult(stage, None, skipped=reason)
            else:
                result = self._run_stage(stage)
            if isinstance(result.result, ExportRecord):
                self._exported = result.result
                self._artifact_path = result.result.artifact.path
            results[stage] = result
            yield result

    def _run_stage(self, stage: Stage) -> StageResult:
        request = request_for(stage, self._recipe, self._artifact_path, self._exported, is_source=self._is_onnx)
        if isinstance(request, QuantizeRequest) and self._quantize_specs:
            request = dataclasses.replace(request, specs=self._quantize_specs)
        interpreter = resolved_interpreter(self._recipe.interpreter.path, self._base)
        ended = run_job(
            self._client,
            stage.value,
            request,
            self._listener,
            interpreter=interpreter,
            base=self._base,
            is_cancelled=self._is_cancelled,
        )
        return stage_result(stage, ended)

    def _reason_to_skip(self, stage: Stage, results: dict[Stage, StageResult]) -> str:
        if self._is_onnx and stage is Stage.EXPORT:
            return "The source is an ONNX file already, so there is nothing to export."
        for needed in _NEEDS.get(stage, ()):
            if self._is_onnx and needed is Stage.EXPORT:
                continue
            before = results.get(needed)
            if before is not None and before.outcome is not Outcome.SUCCEEDED:
                return f"{needed.label} did not succeed."
        return ""


def run_job(
    client: Client,
    stage: str,
    request: Request,
    listener: Listener,
    *,
    interpreter: str = "",
    base: Path | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> TerminalEvent:
    """Run one job and wait for its end; it is cancelled once `is_cancelled` is true."""
    job = client.run(stage, request, listener, interpreter=interpreter, base=base)
    return _wait(job, is_cancelled)


def stage_result(stage: Stage, ended: TerminalEvent) -> StageResult:
    """What the end of a stage's job says."""
    if isinstance(ended, Done):
        return StageResult(stage, ended.outcome, result=ended.result)
    if isinstance(ended, Failed):
        return StageResult(stage, ended.outcome, error=ended.error)
    assert isinstance(ended, Cancelled)
    return StageResult(stage, ended.outcome, result=ended.result)


def resolved_interpreter(path: str, base: Path) -> str:
    """The interpreter a recipe in `base` names; a bare name is left for PATH, empty is the app's own."""
    return str(located(base, path)) if Path(path).name != path else path


def _wait(job: Job, is_cancelled: Callable[[], bool]) -> TerminalEvent:
    was_asked = False
    while True:
        ended = job.wait(_POLL_S)
        if ended is not None:
            return ended
        if is_cancelled() and not was_asked:
            was_asked = True
            job.cancel()
