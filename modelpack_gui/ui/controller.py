"""The project of one window: its recipe, its results, and the commands that change them.

Pages read from here and call methods here; they never talk to each other or to a process. Every edit of the recipe
goes through `edit`, so that all of them can be undone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from modelpack_gui.client import recipe_file, trust
from modelpack_gui.client.recipe_run import resolved_interpreter
from modelpack_gui.core import fixes, pipeline, serde
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.events import Done, Failed, TerminalEvent
from modelpack_gui.core.explanation import Fix, SourcePlace
from modelpack_gui.core.pipeline import ORDER, Stage
from modelpack_gui.core.proposals import with_output_path, with_saved_model
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    Capabilities,
    CheckpointScan,
    CheckpointScanRequest,
    ExportRecord,
    FactoryDraft,
    FactoryRequest,
    FileStamp,
    HelloRequest,
    KeyReport,
    LintFinding,
    LoadReport,
    ModelSource,
    ParameterInfo,
    Request,
    Result,
    ScanRequest,
    SourceScan,
    TensorStats,
    TensorStatsRequest,
    Verdict,
    source_problem,
)
from modelpack_gui.ui.edit_command import EditCommand
from modelpack_gui.ui.inspection import Inspection
from modelpack_gui.ui.job_center import JobCenter, JobView
from modelpack_gui.ui.project_source import ProjectSource
from modelpack_gui.ui.status import StageState, Status
from modelpack_gui.ui.theme import status_of

R = TypeVar("R")

_NEEDS_ARTIFACT = (Stage.GRAPH, Stage.CHECK, Stage.PARITY, Stage.BENCH)
_NEEDS_SOURCE = (Stage.SOURCE, Stage.EXPORT, Stage.PARITY, Stage.BENCH)


class Controller(QObject):
    """Everything the pages may ask for.

    Attributes:
        recipe: The recipe as edited now.
        path: Its file; None while it has none.
        opened_artifact: Absolute path of an artifact that this project was opened with, or empty.
        source: The source's files on disk.
        capabilities: Of the recipe's interpreter; None until it answered.
        capabilities_error: Why it did not answer.
        scan: Classes and factories of the model file; None until it was read.
        scan_error: Why it could not be read.
        findings: What lint says of the recipe; the advisor puts it here.
        is_trusted: Whether the recipe's Python may be run; `trust_recipe` grants it.
    """

    recipe_changed = Signal()
    project_changed = Signal()  # another recipe, another path, or another trust
    stage_changed = Signal(object)  # Stage
    capabilities_changed = Signal()
    scan_changed = Signal()
    findings_changed = Signal()
    inspected = Signal(object)  # ui.inspection.Inspection
    page_wanted = Signal(object)  # Stage
    place_wanted = Signal(object)  # SourcePlace
    files_changed = Signal()  # the model's file, one it imports, or the checkpoint, on disk
    message_raised = Signal(object)  # ErrorInfo, for what belongs to no page
    trust_wanted = Signal()

    def __init__(self, jobs: JobCenter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs = jobs
        self.undo_stack = QUndoStack(self)
        self.undo_stack.cleanChanged.connect(self._on_clean_changed)
        self.recipe = Recipe()
        self.path: Path | None = None
        self.opened_artifact = ""
        self.source = ProjectSource(self)
        self.source.files_changed.connect(self._on_files_changed)
        self.capabilities: Capabilities | None = None
        self.capabilities_error: ErrorInfo | None = None
        self.scan: SourceScan | None = None
        self.scan_error: ErrorInfo | None = None
        self.findings: tuple[LintFinding, ...] = ()
        self.is_trusted = True
        self._states: dict[Stage, StageState] = {stage: StageState() for stage in ORDER}
        self._outdated: set[Stage] = set()  # a newer artifact came after their result
        self._stage_jobs: dict[Stage, str] = {}
        self._started_from: dict[Stage, tuple[FileStamp, ...]] = {}
        self._after_scan: tuple[Stage, ...] = ()  # to be run when the file was read
        self._proposes = False  # whether the next scan may fill in what the recipe leaves open
        self._queue: list[Stage] = []
        self._generation = 0  # of projects: what an earlier one asked for is dropped
        jobs.job_changed.connect(self._on_job_changed)

    # Reading

    @property
    def base(self) -> Path:
        """Folder that relative paths of the recipe start from."""
        return self.path.parent if self.path is not None else Path.home()

    @property
    def is_modified(self) -> bool:
        """Whether there are unsaved changes."""
        return not self.undo_stack.isClean()

    @property
    def artifact_path(self) -> str:
        """Absolute path of the artifact that the later stages look at; empty if there is none yet.

        A source that is an artifact itself is looked at until it is exported to another.
        """
        exported = self._states[Stage.EXPORT].result
        if isinstance(exported, ExportRecord) and not self.source.is_onnx:
            return exported.artifact.path
        return self.source.artifact

    @property
    def looks_at_source(self) -> bool:
        """Whether that artifact is the source itself."""
        return bool(self.source.artifact) and self.artifact_path == self.source.artifact

    def state(self, stage: Stage) -> StageState:
        """The state of a stage now, staleness included."""
        state = self._states[stage]
        if stage in self._queue:
            return dataclasses.replace(state, status=Status.WAITING, message="Waiting for its turn", fraction=None)
        if state.status is Status.RUNNING or state.ran_with is None:
            return state
        is_source = self.looks_at_source
        is_stale = stage in self._outdated or pipeline.is_stale(
            stage, state.ran_with, self.recipe, is_source=is_source
        )
        is_stale = is_stale or bool(self.source.changed(state.made_from))
        return dataclasses.replace(state, status=Status.STALE) if is_stale else state

    def result(self, stage: Stage, kind: type[R]) -> R | None:
        """The last result of a stage, stale or not."""
        result = self._states[stage].result
        return result if isinstance(result, kind) else None

    @property
    def forward(self) -> tuple[ParameterInfo, ...]:
        """Parameters of the chosen class's `forward`; empty until the file was read, and for factories."""
        chosen = self.scan.callables if self.scan is not None else ()
        return next((item.forward for item in chosen if item.name == self.recipe.source.name), ())

    @property
    def keys(self) -> KeyReport | None:
        """How the checkpoint's keys matched in the last load; None if there was none."""
        loaded = self.result(Stage.SOURCE, LoadReport)
        return loaded.keys if loaded is not None else None

    def problem(self, stage: Stage) -> str:
        """Why a stage cannot be run now, in one sentence; empty if it can."""
        if self.source.is_onnx and stage is Stage.EXPORT:
            return "The source is an ONNX file already, so there is nothing to export."
        if self.looks_at_source and stage in (Stage.GRAPH, Stage.CHECK):
            return ""
        if stage in _NEEDS_SOURCE or not self.artifact_path:
            problem = source_problem(self.recipe.source, self.base)
            if problem:
                return problem
            if stage is not Stage.SOURCE and not self.recipe.inputs:
                return "There is no example input."
            if stage is not Stage.SOURCE and not self.recipe.export.output_path and not self.source.is_onnx:
                return "No output path is chosen for the export."
        return ""

    # Project

    def new_project(self) -> None:
        """Start over with an empty recipe."""
        self._replace_project(Recipe(), None)

    def open_recipe(self, path: Path, *, is_trusted: bool | None = None) -> None:
        """Open a recipe file. Nothing of it is run before `is_trusted`.

        Raises:
            UserError: The file cannot be read or is not a recipe; the window stays as it was.
        """
        path = path.resolve()
        recipe = recipe_file.load_recipe(path)
        trusted = trust.is_trusted(recipe, path) if is_trusted is None else is_trusted
        self._replace_project(recipe, path, is_trusted=trusted)

    def restore(self, recipe: Recipe, path: Path | None, *, is_trusted: bool) -> None:
        """Go on with a recipe that was lost unsaved; it is unsaved still, and trusted if it was."""
        self._replace_project(_recipe_before(path), path, is_trusted=is_trusted)
        self.edit(recipe, "restore unsaved changes")

    def open_artifact(self, path: Path) -> None:
        """Look at an artifact: it is the source of a new project, and its graph is shown."""
        path = path.resolve()
        self._after_scan = (Stage.CHECK,)  # with the inputs that the file takes
        self._proposes = True
        self._replace_project(Recipe(source=ModelSource(file=str(path))), None)
        self.opened_artifact = str(path)
        self.project_changed.emit()
        self.page_wanted.emit(Stage.GRAPH)
        self.run(Stage.GRAPH)

    def save(self, path: Path) -> None:
        """Write the recipe; from then on it lives at `path`.

        Raises:
            UserError: The file cannot be written; nothing is lost.
        """
        path = path.resolve()
        recipe = self.recipe
        if self.path is None or path.parent != self.path.parent:
            recipe = recipe_file.moved(recipe, self.base, path.parent)
        if self.path is None:  # no folder to start from until now: what lies below it goes where the recipe goes
            recipe = recipe_file.with_relative_paths(recipe, path.parent)
        recipe_file.save_recipe(recipe, path)
        if self.is_trusted:
            trust.trust(recipe, path)
        is_moved = recipe != self.recipe
        self.path = path
        if is_moved:  # the same files, spelled from another folder: results stay, undo cannot
            self._respell(recipe)
        self.undo_stack.setClean()
        self.project_changed.emit()

    def trust_recipe(self) -> None:
        """The user has seen what would be run and agrees."""
        self.is_trusted = True
        if self.path is not None:
            trust.trust(self.recipe, self.path)
        self.project_changed.emit()
        self.refresh_capabilities()
        self.refresh_scan()

    def edit(self, recipe: Recipe, text: str, merge_key: str = "") -> None:
        """Change the recipe, undoably.

        Args:
            text: What the change is, for the undo menu: `change opset`.
            merge_key: Changes in a row with the same key are undone as one (typing in a field).
        """
        if recipe != self.recipe:
            self._proposes = recipe.source.location != self.recipe.source.location
            self.undo_stack.push(EditCommand(self._set_recipe, self.recipe, recipe, text, merge_key))

    def apply_fix(self, fix: Fix, stage: Stage | None = None) -> None:
        """Make the edits of a fix as one undoable change, and run the stage that it mends.

        One that cannot be made is told by `message_raised`, and changes nothing.
        """
        try:
            recipe = fixes.apply_fix(self.recipe, fix)
        except (UserError, serde.DecodeError) as error:
            self.message_raised.emit(
                ErrorInfo(
                    "fix-not-applied",
                    f"The fix {fix.text!r} could not be applied: {error}",
                    "The recipe is as it was. Change the setting by hand.",
                )
            )
            return
        self.edit(recipe, f"apply fix: {fix.text}")
        if stage is not None:
            self.run(stage)

    def show_place(self, place: SourcePlace) -> None:
        """Show a line of the user's code."""
        self.place_wanted.emit(place)

    # Jobs

    def run(self, *stages: Stage) -> None:
        """Run some stages in order; a missing or stale export is made first for those that need one."""
        if not self.is_trusted:
            self.trust_wanted.emit()
            return
        wanted = [stage for stage in ORDER if stage in stages]
        if any(stage in _NEEDS_ARTIFACT for stage in wanted) and not self._has_artifact_for(wanted):
            is_fresh = self.state(Stage.EXPORT).status in (Status.PASSED, Status.WARNING)
            if not is_fresh and Stage.EXPORT not in wanted:
                wanted = [stage for stage in ORDER if stage in {*wanted, Stage.EXPORT}]
        waiting = {*self._queue, *wanted} - set(self._stage_jobs)
        self._set_queue([stage for stage in ORDER if stage in waiting])
        self._run_next()

    def adopt_export(self, record: ExportRecord) -> None:
        """Take an export that was made elsewhere (by the matrix) as this recipe's own, as if it had just run."""
        self.cancel()
        self._outdated.update(pipeline.downstream_of(Stage.EXPORT))
        self._put(Stage.EXPORT, StageState(_status_of_result(record), record, ran_with=self.recipe))
        for later in pipeline.downstream_of(Stage.EXPORT):
            self.stage_changed.emit(later)

    def run_all(self) -> None:
        """Run every stage that this project has."""
        self.run(*(stage for stage in ORDER if not (stage is Stage.EXPORT and self.source.is_onnx)))

    def cancel(self, stage: Stage | None = None) -> None:
        """Cancel a stage that runs or waits, or all of them."""
        self._set_queue([] if stage is None else [waiting for waiting in self._queue if waiting is not stage])
        for running, job in list(self._stage_jobs.items()):
            if stage is None or running is stage:
                self.jobs.cancel(job)

    @property
    def is_busy(self) -> bool:
        """Whether any stage runs."""
        return bool(self._stage_jobs)

    def job_of(self, stage: Stage) -> str:
        """Id of the job that runs a stage now; empty if none does."""
        return self._stage_jobs.get(stage, "")

    def refresh_capabilities(self) -> None:
        """Ask the recipe's interpreter what it has."""
        self.capabilities, self.capabilities_error = None, None
        self.capabilities_changed.emit()
        if not self.is_trusted:
            return

        def ended(event: TerminalEvent) -> None:
            self.capabilities, self.capabilities_error = _split(event, Capabilities)
            self.capabilities_changed.emit()

        self._ask("hello", HelloRequest(), "Ask the interpreter", ended)

    def refresh_scan(self) -> None:
        """Read the model file again, without running it."""
        source = self.recipe.source
        self.scan, self.scan_error = None, None
        self.scan_changed.emit()
        if not source.location or not self.is_trusted:
            return

        def ended(event: TerminalEvent) -> None:
            asked_for = (self.recipe.source.file, self.recipe.source.module)
            if asked_for == (source.file, source.module):
                self.scan, self.scan_error = _split(event, SourceScan)
                self._follow_files()
                self._take_proposals()
                self.scan_changed.emit()
                stages, self._after_scan = self._after_scan, ()
                if stages:
                    self.run(*stages)

        self._ask("scan", ScanRequest(source.file, source.module), f"Read {source.location}", ended)

    def ask_tensor_stats(self, name: str, answered: Callable[[TensorStats | None, ErrorInfo | None], None]) -> None:
        """Describe the values of an initializer of the artifact; `answered` gets one of the two."""
        request = TensorStatsRequest(self.artifact_path, name)
        self._ask("tensor-stats", request, f"Read {name}", lambda event: answered(*_split(event, TensorStats)))

    def ask_factory(self, answered: Callable[[FactoryDraft | None, ErrorInfo | None], None]) -> None:
        """Draft a factory for the chosen class, without running it; `answered` gets one of the two."""
        source = self.recipe.source
        request = FactoryRequest(source.file, source.module, source.name)
        title = f"Draft a factory for {source.name}"
        self._ask("draft-factory", request, title, lambda event: answered(*_split(event, FactoryDraft)))

    def ask_checkpoint_scan(
        self, request: CheckpointScanRequest, answered: Callable[[CheckpointScan | None, ErrorInfo | None], None]
    ) -> None:
        """List what a checkpoint holds, without running it; `answered` gets one of the two."""
        title = f"Read {request.path}"
        self._ask("scan-checkpoint", request, title, lambda event: answered(*_split(event, CheckpointScan)))

    def ask(
        self,
        stage: str,
        request: Request,
        title: str,
        kind: type[R],
        answered: Callable[[R | None, ErrorInfo | None], None],
    ) -> str:
        """Run a job beside the stages, and give its id; `answered` gets what it made or why it did not."""
        return self._ask(stage, request, title, lambda event: answered(*_split(event, kind)))

    def put_findings(self, findings: tuple[LintFinding, ...]) -> None:
        """Tell everybody what lint says."""
        if findings != self.findings:
            self.findings = findings
            self.findings_changed.emit()

    def inspect(self, inspection: Inspection) -> None:
        """Show something in the inspector."""
        self.inspected.emit(inspection)

    # Inside

    def _ask(self, stage: str, request: Request, title: str, ended: Callable[[TerminalEvent], None]) -> str:
        generation = self._generation

        def if_current(event: TerminalEvent) -> None:
            if generation == self._generation:
                ended(event)

        return self.jobs.run(
            stage, request, title, if_current, interpreter=self._interpreter(), base=self._existing_base()
        )

    def _set_queue(self, queue: list[Stage]) -> None:
        changed = set(self._queue) ^ set(queue)
        self._queue = queue
        for stage in ORDER:
            if stage in changed:
                self.stage_changed.emit(stage)

    def _run_next(self) -> None:
        while self._queue and not self._stage_jobs:
            stage = self._queue.pop(0)
            problem = self.problem(stage)
            if problem:
                error = ErrorInfo(
                    "stage-not-ready", problem, "Fill it in on the Source page or in the export options."
                )
                self._set_queue([])
                self._put(stage, StageState(Status.FAILED, self._states[stage].result, error, ran_with=self.recipe))
                return
            self._start(stage)

    def _start(self, stage: Stage) -> None:
        recipe, generation = self.recipe, self._generation
        exported = self.result(Stage.EXPORT, ExportRecord)
        request = pipeline.request_for(stage, recipe, self.artifact_path, exported, is_source=self.looks_at_source)
        self._started_from[stage] = self.source.stamps()

        def ended(event: TerminalEvent) -> None:
            if generation == self._generation:
                self._on_stage_ended(stage, recipe, event)

        self._stage_jobs[stage] = self.jobs.run(
            stage.value, request, stage.label, ended, interpreter=self._interpreter(), base=self._existing_base()
        )
        self._put(stage, dataclasses.replace(self._states[stage], status=Status.RUNNING, error=None, message=""))

    def _on_stage_ended(self, stage: Stage, recipe: Recipe, event: TerminalEvent) -> None:
        del self._stage_jobs[stage]
        before = self._states[stage]
        if isinstance(event, Failed):
            made_from = self._started_from[stage]
            state = StageState(Status.FAILED, before.result, event.error, ran_with=recipe, made_from=made_from)
        elif event.result is None:  # cancelled with nothing to keep: what was there before is still true
            status = _status_of_result(before.result) if before.result is not None else Status.CANCELLED
            state = dataclasses.replace(before, status=status, message="", fraction=None)
        else:
            read = event.result.files if isinstance(event.result, LoadReport) else ()
            made_from = read or self._started_from[stage]
            state = StageState(_status_of_result(event.result), event.result, ran_with=recipe, made_from=made_from)
            self._outdated.discard(stage)
            if stage is Stage.EXPORT:
                self._outdated.update(later for later in pipeline.downstream_of(stage))
        self._put(stage, state)
        if stage is Stage.SOURCE:
            self._follow_files()
        if stage is Stage.EXPORT:
            for later in pipeline.downstream_of(stage):
                self.stage_changed.emit(later)
        if not isinstance(event, Done) and stage in (Stage.SOURCE, Stage.EXPORT):
            self._set_queue([])
        self._run_next()

    def _on_job_changed(self, view: JobView) -> None:
        for stage, job in self._stage_jobs.items():
            if job == view.id and view.status is Status.RUNNING:
                state = self._states[stage]
                self._put(stage, dataclasses.replace(state, message=view.message, fraction=view.fraction))

    def _on_clean_changed(self) -> None:
        self.project_changed.emit()

    def _put(self, stage: Stage, state: StageState) -> None:
        self._states[stage] = state
        self.stage_changed.emit(stage)

    def _set_recipe(self, recipe: Recipe) -> None:
        before = self.recipe
        self.recipe = recipe
        self._follow_files()
        self.recipe_changed.emit()
        for stage in ORDER:
            if pipeline.settings_of(stage, before) != pipeline.settings_of(stage, recipe):
                self.stage_changed.emit(stage)
        if before.interpreter != recipe.interpreter:
            self.refresh_capabilities()
        is_moved = (before.source.file, before.source.module) != (recipe.source.file, recipe.source.module)
        if is_moved or before.interpreter != recipe.interpreter:
            self.refresh_scan()

    def _has_artifact_for(self, wanted: list[Stage]) -> bool:
        """Whether these stages can look at the source itself. Against itself TorchScript would prove nothing."""
        looks_only = not set(wanted) & {Stage.PARITY, Stage.BENCH, Stage.EXPORT}
        return self.source.is_onnx or (self.looks_at_source and looks_only)

    def _follow_files(self) -> None:
        self.source.follow(self.recipe, self.base, self.scan, self.result(Stage.SOURCE, LoadReport))

    @property
    def changed_files(self) -> tuple[str, ...]:
        """Absolute paths of the files that changed since the model was last loaded or exported."""
        states = [self._states[stage] for stage in (Stage.SOURCE, *ORDER)]
        made_from = next((state.made_from for state in states if state.made_from), ())
        return self.source.changed(made_from)

    def _on_files_changed(self) -> None:
        for stage in ORDER:
            self.stage_changed.emit(stage)
        self.files_changed.emit()
        self.refresh_scan()

    def _take_proposals(self) -> None:
        """What a saved model says of itself goes where the recipe has nothing; in a new project it is no edit."""
        if self.scan is None or self.scan.saved is None or not self._proposes:
            return
        self._proposes = False
        recipe = with_output_path(with_saved_model(self.recipe, self.scan.saved), is_saved=self.path is not None)
        if self.undo_stack.count() == 0 and self.path is None:
            self.recipe = recipe
            self.recipe_changed.emit()
        else:
            self.edit(recipe, f"take what {Path(self.scan.path).name} takes")

    def _respell(self, recipe: Recipe) -> None:
        for stage, state in self._states.items():
            if state.ran_with == self.recipe:
                self._states[stage] = dataclasses.replace(state, ran_with=recipe)
        self.undo_stack.clear()
        self.recipe = recipe
        self.recipe_changed.emit()

    def _replace_project(self, recipe: Recipe, path: Path | None, *, is_trusted: bool = True) -> None:
        self.cancel()
        self._generation += 1
        self._stage_jobs.clear()
        self._outdated.clear()
        self.recipe, self.path, self.opened_artifact, self.is_trusted = recipe, path, "", is_trusted
        self.undo_stack.clear()
        self._states = {stage: StageState() for stage in ORDER}
        self.scan = None
        self._follow_files()
        self.recipe_changed.emit()
        self.project_changed.emit()
        for stage in ORDER:
            self.stage_changed.emit(stage)
        self.refresh_capabilities()
        self.refresh_scan()

    def _interpreter(self) -> str:
        return resolved_interpreter(self.recipe.interpreter.path, self.base)

    def _existing_base(self) -> Path:
        return Path(self.opened_artifact).parent if self.opened_artifact else self.base


def _recipe_before(path: Path | None) -> Recipe:
    """The recipe as its file says; an empty one where there is no file that can be read."""
    try:
        return recipe_file.load_recipe(path) if path is not None else Recipe()
    except UserError:
        return Recipe()


def _status_of_result(result: Result) -> Status:
    verdict = pipeline.verdict_of(result)
    return Status.PASSED if verdict is Verdict.SKIPPED else status_of(verdict)


def _split(event: TerminalEvent, kind: type[R]) -> tuple[R | None, ErrorInfo | None]:
    if isinstance(event, Failed):
        return None, event.error
    if isinstance(event, Done) and isinstance(event.result, kind):
        return event.result, None
    return None, UserError("cancelled", "It was cancelled.", "Run it again.").info
