"""The stages that run and wait to: one at a time, in order, with the export that they need made first."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from modelpack_gui.core import pipeline, records
from modelpack_gui.core.events import Done, Failed, TerminalEvent
from modelpack_gui.core.pipeline import ORDER, Stage
from modelpack_gui.core.records import ExportRecord, ParityCase, ParityRequest, QuantizeRequest
from modelpack_gui.ui.graph.state import GraphState
from modelpack_gui.ui.job_center import JobView
from modelpack_gui.ui.project.jobs import ProjectJobs
from modelpack_gui.ui.project.project import Project
from modelpack_gui.ui.project.source import ProjectSource
from modelpack_gui.ui.state.parity_runs import ParityRuns
from modelpack_gui.ui.state.quantize import QuantizeState
from modelpack_gui.ui.state.stages import StageStates
from modelpack_gui.ui.status import StageState, Status

_NEEDS_ARTIFACT = (Stage.GRAPH, Stage.CHECK, Stage.PARITY, Stage.QUANTIZE, Stage.BENCH)


class StageQueue(QObject):
    """Runs stages, and puts what they give into the states."""

    changed = Signal(object)  # Stage, that waits now or no longer does
    ended = Signal(object)  # Stage, whose state says how

    def __init__(
        self,
        project: Project,
        source: ProjectSource,
        states: StageStates,
        jobs: ProjectJobs,
        parity: ParityRuns,
        quantize: QuantizeState,
        graph: GraphState,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._project = project
        self._source = source
        self._states = states
        self._jobs = jobs
        self._parity = parity
        self._quantize = quantize
        self._graph = graph
        self._known: tuple[ParityCase, ...] = ()  # that the next run of parity goes on from
        self._waiting: list[Stage] = []
        self._running: dict[Stage, str] = {}  # ids of jobs

    @property
    def is_busy(self) -> bool:
        """Whether any stage runs."""
        return bool(self._running)

    def job_of(self, stage: Stage) -> str:
        """Id of the job that runs a stage now; empty if none does."""
        return self._running.get(stage, "")

    def state(self, stage: Stage) -> StageState:
        """The state of a stage, that it waits included."""
        state = self._states.state(stage)
        if stage in self._waiting:
            return dataclasses.replace(state, status=Status.WAITING, message="Waiting for its turn", fraction=None)
        return state

    def run(self, stages: Iterable[Stage]) -> None:
        """Run some stages in order; a missing or stale export is made first for those that need one."""
        asked = set(stages)
        if asked & set(_NEEDS_ARTIFACT) and not self._has_artifact_for(asked):
            is_fresh = self.state(Stage.EXPORT).status in (Status.PASSED, Status.WARNING)
            if not is_fresh:
                asked.add(Stage.EXPORT)
        waiting = {*self._waiting, *asked} - set(self._running)
        self._wait_for([stage for stage in ORDER if stage in waiting])
        self._run_next()

    def go_on(self, known: tuple[ParityCase, ...]) -> None:
        """Run parity, but for the cases that are known already."""
        self._known = known
        self.run((Stage.PARITY,))

    def cancel(self, stage: Stage | None = None) -> None:
        """Cancel a stage that runs or waits, or all of them."""
        self._known = ()
        self._wait_for([] if stage is None else [waiting for waiting in self._waiting if waiting is not stage])
        for running, job in list(self._running.items()):
            if stage is None or running is stage:
                self._jobs.cancel(job)

    def forget(self) -> None:
        """Another project takes this one's place: stop all, and wait for nothing."""
        self.cancel()
        self._running.clear()

    def follow(self, view: JobView) -> None:
        """A job went on; if it runs a stage, its state says how far it is."""
        for stage, job in self._running.items():
            if job == view.id and view.status is Status.RUNNING:
                self._states.advance(stage, view.message, view.fraction)

    def _has_artifact_for(self, wanted: set[Stage]) -> bool:
        """Whether these stages can look at the source itself. Against itself TorchScript would prove nothing."""
        parity = self._project.recipe.parity
        if wanted & set(_NEEDS_ARTIFACT) == {Stage.PARITY} and parity.actual_artifact:
            return True
        looks_only = not wanted & {Stage.PARITY, Stage.QUANTIZE, Stage.BENCH, Stage.EXPORT}
        return self._source.is_onnx or (self._states.looks_at_source and looks_only)

    def _wait_for(self, stages: list[Stage]) -> None:
        changed = set(self._waiting) ^ set(stages)
        self._waiting = stages
        if Stage.QUANTIZE not in stages:
            self._quantize.forget_asked()
        for stage in ORDER:
            if stage in changed:
                self.changed.emit(stage)

    def _run_next(self) -> None:
        while self._waiting and not self._running:
            stage = self._waiting.pop(0)
            problem = self._states.problem(stage)
            if problem:
                self._known = ()
                self._wait_for([])
                self._states.refuse(stage, problem)
                return
            self._start(stage)

    def _start(self, stage: Stage) -> None:
        recipe, states = self._project.recipe, self._states
        exported = states.result(Stage.EXPORT, ExportRecord)
        request = pipeline.request_for(
            stage, recipe, states.artifact_path, exported, is_source=states.looks_at_source
        )
        made_from = self._source.stamps(with_sides=stage is Stage.PARITY)

        if isinstance(request, ParityRequest):
            known, self._known = self._known, ()
            request = self._parity.prepare(request, known)
        elif isinstance(request, QuantizeRequest):
            request = self._quantize.prepare(request)
        elif stage is Stage.GRAPH and isinstance(request, records.InspectRequest):
            request = self._graph.prepare(request)

        def ended(event: TerminalEvent) -> None:
            del self._running[stage]
            if stage is Stage.PARITY:
                self._parity.end(event)
            elif stage is Stage.QUANTIZE:
                self._quantize.end(event)
            elif stage is Stage.EXPORT:
                self._parity.forget()
            states.end(stage, event, recipe, made_from)
            self.ended.emit(stage)
            if not isinstance(event, Done) and stage in (Stage.SOURCE, Stage.EXPORT):
                left_out = self._waiting
                self._wait_for([])
                for later in left_out if isinstance(event, Failed) else ():
                    states.leave_out(later, stage)
            self._run_next()

        job = self._running[stage] = self._jobs.run(stage.value, request, stage.label, ended)
        if stage is Stage.PARITY:
            self._parity.start(job, pipeline.settings_of(stage, recipe, is_source=states.looks_at_source))
        elif stage is Stage.QUANTIZE:
            self._quantize.start(job)
        states.start(stage)
