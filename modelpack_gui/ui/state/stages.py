"""What each stage of a project gave last, what it came from, and whether that still holds."""

from __future__ import annotations

import dataclasses
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from modelpack_gui.core import pipeline
from modelpack_gui.core.artifact_formats import FORMAT_TITLES
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import Failed, TerminalEvent
from modelpack_gui.core.pipeline import ORDER, Stage
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    ExportRecord,
    FileStamp,
    KeyReport,
    LoadReport,
    ParityReport,
    Result,
    Verdict,
    source_problem,
)
from modelpack_gui.ui.look.theme import status_of
from modelpack_gui.ui.project.project import Project
from modelpack_gui.ui.project.source import ProjectSource
from modelpack_gui.ui.status import StageState, Status

R = TypeVar("R")

_NEEDS_SOURCE = (Stage.SOURCE, Stage.EXPORT, Stage.PARITY, Stage.QUANTIZE, Stage.BENCH)


class StageStates(QObject):
    """The states, and the artifact that they are about. It runs nothing."""

    changed = Signal(object)  # Stage

    def __init__(self, project: Project, source: ProjectSource, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._source = source
        self._states: dict[Stage, StageState] = {stage: StageState() for stage in ORDER}
        self._outdated: set[Stage] = set()  # a newer artifact came after their result
        self._judged: tuple[ParityReport, ParityReport] | None = None  # one as it was given, and judged anew

    # Reading

    def state(self, stage: Stage) -> StageState:
        """The state of a stage now, staleness included, and a proof by the tolerances of now."""
        state = self._judged_now(self._states[stage])
        if state.status is Status.RUNNING or state.ran_with is None:
            return state
        is_stale = (
            stage in self._outdated
            or pipeline.is_stale(stage, state.ran_with, self._project.recipe, is_source=self.looks_at_source)
            or bool(self._source.changed(state.made_from))
        )
        return dataclasses.replace(state, status=Status.STALE) if is_stale else state

    def result(self, stage: Stage, kind: type[R]) -> R | None:
        """The last result of a stage, stale or not."""
        result = self._judged_now(self._states[stage]).result
        return result if isinstance(result, kind) else None

    @property
    def keys(self) -> KeyReport | None:
        """How the checkpoint's keys matched in the last load; None if there was none."""
        loaded = self.result(Stage.SOURCE, LoadReport)
        return loaded.keys if loaded is not None else None

    @property
    def artifact_path(self) -> str:
        """Absolute path of the artifact that the later stages look at; empty if there is none yet.

        A source that is an artifact itself is looked at until it is exported to another.
        """
        exported = self.result(Stage.EXPORT, ExportRecord)
        if exported is not None and not self._source.is_onnx:
            return exported.artifact.path
        return self._source.artifact

    @property
    def looks_at_source(self) -> bool:
        """Whether that artifact is the source itself."""
        return bool(self._source.artifact) and self.artifact_path == self._source.artifact

    @property
    def changed_files(self) -> tuple[str, ...]:
        """Absolute paths of the files that changed since this source was last loaded or exported."""
        last = next((state for state in (self._states[stage] for stage in ORDER) if state.made_from), StageState())
        is_same = last.ran_with is not None and last.ran_with.source == self._project.recipe.source
        return self._source.changed(last.made_from) if is_same else ()

    def given(self, stage: Stage) -> Result | None:
        """The last result of a stage as it was given: what it was judged by is not what the recipe says now."""
        return self._states[stage].result

    def problem(self, stage: Stage) -> str:
        """Why a stage cannot be run now, in one sentence; empty if it can."""
        recipe, is_onnx = self._project.recipe, self._source.is_onnx
        if is_onnx and stage is Stage.EXPORT:
            return "The source is an ONNX file already, so there is nothing to export."
        if self.looks_at_source and stage in (Stage.GRAPH, Stage.CHECK):
            return ""
        if stage is Stage.QUANTIZE and not is_onnx and recipe.export.format != "onnx":
            title = FORMAT_TITLES.get(recipe.export.format, recipe.export.format)
            return (
                f"Only ONNX files can be quantised, and the recipe exports {title}: choose ONNX on the Export page."
            )
        parity = recipe.parity
        if stage is Stage.PARITY and parity.expected_artifact and parity.actual_artifact:  # no model, no export
            if (parity.expected_artifact, parity.expected_runtime) == (parity.actual_artifact, parity.runtime):
                return "Both sides are the same artifact, run in the same way: choose another one for one of them."
            return "" if recipe.inputs else "There is no example input."
        if stage in _NEEDS_SOURCE or not self.artifact_path:
            problem = source_problem(recipe.source, self._project.base)
            if problem:
                return problem
            if stage is not Stage.SOURCE and not recipe.inputs:
                return "There is no example input."
            is_given = stage is Stage.PARITY and bool(recipe.parity.actual_artifact)
            if stage is not Stage.SOURCE and not recipe.export.output_path and not is_onnx and not is_given:
                return "No output path is chosen for the export."
        return ""

    # What happened

    def start(self, stage: Stage) -> None:
        """It runs from now on."""
        self._put(stage, dataclasses.replace(self._states[stage], status=Status.RUNNING, error=None, message=""))

    def advance(self, stage: Stage, message: str, fraction: float | None) -> None:
        """It came this far."""
        self._put(stage, dataclasses.replace(self._states[stage], message=message, fraction=fraction))

    def refuse(self, stage: Stage, problem: str) -> None:
        """It cannot be run."""
        error = ErrorInfo("stage-not-ready", problem, "Fill it in on the Source page or in the export options.")
        before = self._states[stage]
        self._put(stage, StageState(Status.FAILED, before.result, error, ran_with=self._project.recipe))

    def leave_out(self, stage: Stage, cause: Stage) -> None:
        """It waited for a stage that failed, and so was not run: its page says why nothing came."""
        error = ErrorInfo(
            "stage-before-failed",
            f"{stage.label} was not run: {cause.label}, which comes before it, failed.",
            f"The {cause.label} page says why, and what to do.",
        )
        self._put(stage, StageState(Status.NOT_RUN, self._states[stage].result, error, ran_with=self._project.recipe))

    def end(self, stage: Stage, event: TerminalEvent, recipe: Recipe, made_from: tuple[FileStamp, ...]) -> None:
        """It ended; it had been started with that recipe and those files."""
        before = self._states[stage]
        if isinstance(event, Failed):
            state = StageState(Status.FAILED, before.result, event.error, ran_with=recipe, made_from=made_from)
            self._outdated.discard(stage)  # it failed on the artifact that there is now
        elif event.result is None:  # cancelled with nothing to keep: what was there before is still true
            status = _status_of_result(before.result) if before.result is not None else Status.CANCELLED
            state = dataclasses.replace(before, status=status, message="", fraction=None)
        else:
            read = event.result.files if isinstance(event.result, LoadReport) else ()
            state = StageState(
                _status_of_result(event.result), event.result, ran_with=recipe, made_from=read or made_from
            )
            self._outdated.discard(stage)
            if stage is Stage.EXPORT:
                self._outdated.update(pipeline.downstream_of(stage))
        self._put(stage, state)
        if stage is Stage.EXPORT:
            self._tell_downstream()

    def add_to(self, stage: Stage, result: Result) -> None:
        """More became known of what a stage gave; all else about it stays."""
        self._put(stage, dataclasses.replace(self._states[stage], result=result))

    def restore(
        self, stage: Stage, result: Result, ran_with: Recipe | None, made_from: tuple[FileStamp, ...]
    ) -> None:
        """A stage gave this in an earlier session, with that recipe and those files."""
        self._outdated.discard(stage)
        self._put(stage, StageState(_status_of_result(result), result, ran_with=ran_with, made_from=made_from))

    def adopt_export(self, record: ExportRecord) -> None:
        """An export was made elsewhere (by the matrix): it is this recipe's own, as if it had just run."""
        self._outdated.update(pipeline.downstream_of(Stage.EXPORT))
        self._put(Stage.EXPORT, StageState(_status_of_result(record), record, ran_with=self._project.recipe))
        self._tell_downstream()

    def respell(self, before: Recipe) -> None:
        """The recipe says the same with other words: what came from it still does."""
        for stage, state in self._states.items():
            if state.ran_with == before:
                self._states[stage] = dataclasses.replace(state, ran_with=self._project.recipe)

    def clear(self) -> None:
        """There is another project: nothing has run. `tell_all` says so when the project is whole."""
        self._outdated.clear()
        self._states = {stage: StageState() for stage in ORDER}

    # Telling

    def tell_all(self) -> None:
        """Every state may be another."""
        for stage in ORDER:
            self.changed.emit(stage)

    def tell_edited(self, before: Recipe) -> None:
        """The states of the stages whose settings an edit changed may be others."""
        now = self._project.recipe
        for stage in ORDER:
            is_judged_anew = stage is Stage.PARITY and not pipeline.is_judged_alike(before.parity, now.parity)
            if is_judged_anew or pipeline.settings_of(stage, before) != pipeline.settings_of(stage, now):
                self.changed.emit(stage)

    def _tell_downstream(self) -> None:
        for later in pipeline.downstream_of(Stage.EXPORT):
            self.changed.emit(later)

    def _judged_now(self, state: StageState) -> StageState:
        """A proof is judged by the tolerances of now: they need no run."""
        given, parity = state.result, self._project.recipe.parity
        if not isinstance(given, ParityReport) or pipeline.is_judged_alike(given.parity, parity):
            return state
        known = self._judged
        if known is None or known[0] is not given or not pipeline.is_judged_alike(known[1].parity, parity):
            # when a tolerance moves: the window opens sooner
            from modelpack_gui.core.parity.judgement import rejudge_report

            known = self._judged = (given, rejudge_report(given, parity))
        is_its_own = state.status is _status_of_result(given)  # not that of a run that is on, or failed
        status = _status_of_result(known[1]) if is_its_own and state.error is None else state.status
        return dataclasses.replace(state, result=known[1], status=status)

    def _put(self, stage: Stage, state: StageState) -> None:
        self._states[stage] = state
        self.changed.emit(stage)


def _status_of_result(result: Result) -> Status:
    verdict = pipeline.verdict_of(result)
    return Status.PASSED if verdict is Verdict.SKIPPED else status_of(verdict)
