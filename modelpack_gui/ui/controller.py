"""The facade of one window's project: what its pages may read, ask for and change.

Pages talk to this alone; they never talk to each other or to a process. It puts the parts together and keeps them in
step: the recipe (`Project`), its source on disk, what is asked beside the stages, and the stages' states and queue.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.explain.explanation import Fix, SourcePlace
from modelpack_gui.core.pipeline import Stage, settings_of, stages_of
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import ExportRecord, LoadReport, ParameterInfo, ParityCase, Request
from modelpack_gui.ui.graph.state import GraphState
from modelpack_gui.ui.inspection import Inspection
from modelpack_gui.ui.job_center import JobCenter
from modelpack_gui.ui.project.jobs import ProjectJobs
from modelpack_gui.ui.project.project import Project
from modelpack_gui.ui.project.questions import ProjectQuestions
from modelpack_gui.ui.project.recipe_fixes import fixed
from modelpack_gui.ui.project.source import ProjectSource
from modelpack_gui.ui.state.bench_runs import BenchRuns
from modelpack_gui.ui.state.layers import LayersState
from modelpack_gui.ui.state.parity_runs import ParityRuns
from modelpack_gui.ui.state.profiles import ProfilesState
from modelpack_gui.ui.state.quantize import QuantizeState
from modelpack_gui.ui.state.stage_queue import StageQueue
from modelpack_gui.ui.state.stages import StageStates
from modelpack_gui.ui.status import StageState

if TYPE_CHECKING:  # they are imported when there is one: the window opens without
    from modelpack_gui.core.records import Capabilities, LintFinding, SourceScan

R = TypeVar("R")


class Controller(QObject):
    """Everything the pages may ask for.

    Attributes:
        project: The recipe, its file and its trust.
        source: The source's files on disk.
        states: What the stages gave last.
        parity: The run of parity that is on: its cases as they come.
        layers: The comparison layer by layer, which is run beside the stages.
        quantize: The variants of the artifact, kept with the project.
        bench_runs: The runs of the benchmark that are kept with the project.
        graph: The graph of the artifact, and what is selected in it.
        profiles: Where the time of its runners goes.
        findings: What lint says of the recipe; the advisor puts it here.
    """

    recipe_changed = Signal()
    project_changed = Signal()  # another recipe, another path, or another trust
    stage_changed = Signal(object)  # Stage
    capabilities_changed = Signal()
    scan_changed = Signal()
    findings_changed = Signal()
    inspected = Signal(object)  # ui.inspection.Inspection
    page_wanted = Signal(object)  # Stage
    per_node_wanted = Signal(object)  # Stage, for what it knows of each node
    node_wanted = Signal(int)  # NodeInfo.index
    place_wanted = Signal(object)  # SourcePlace
    files_changed = Signal()  # the model's file, one it imports, or the checkpoint, on disk
    message_raised = Signal(object)  # ErrorInfo, for what belongs to no page
    trust_wanted = Signal()

    def __init__(self, jobs: JobCenter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs = jobs
        self.project = Project(self)
        self.undo_stack = self.project.undo_stack
        self.source = ProjectSource(self)
        self.states = StageStates(self.project, self.source, self)
        self.findings: tuple[LintFinding, ...] = ()
        self._project_jobs = ProjectJobs(self.project, jobs)
        self._questions = ProjectQuestions(self.project, self._project_jobs, self)
        self.parity = ParityRuns(jobs, self)
        self.quantize = QuantizeState(self.project, self.source, self.states, jobs, self._project_jobs, self)
        self.graph = GraphState(self.states, jobs, self._project_jobs, self)
        self._queue = StageQueue(
            self.project, self.source, self.states, self._project_jobs, self.parity, self.quantize, self.graph, self
        )
        self.layers = LayersState(self.project, self.source, self.states, jobs, self._project_jobs, self)
        self.bench_runs = BenchRuns(self.project, self.states, self)
        self.profiles = ProfilesState(self.project, self.source, self.states, jobs, self._project_jobs, self)
        self.graph.follow(self.layers, self.profiles, self.quantize.sensitivity)
        self._after_scan: tuple[Stage, ...] = ()  # to be run when the file was read
        self._connect()

    # Reading

    @property
    def recipe(self) -> Recipe:
        """The recipe as edited now."""
        return self.project.recipe

    @property
    def path(self) -> Path | None:
        """Its file; None while it has none."""
        return self.project.path

    @property
    def base(self) -> Path:
        """Folder that relative paths of the recipe start from."""
        return self.project.base

    @property
    def is_trusted(self) -> bool:
        """Whether the recipe's Python may be run; `trust_recipe` grants it."""
        return self.project.is_trusted

    @property
    def is_modified(self) -> bool:
        """Whether there are unsaved changes."""
        return self.project.is_modified

    @property
    def capabilities(self) -> Capabilities | None:
        """Of the recipe's interpreter; None until it answered."""
        return self._questions.capabilities

    @property
    def capabilities_error(self) -> ErrorInfo | None:
        """Why it did not answer."""
        return self._questions.capabilities_error

    @property
    def scan(self) -> SourceScan | None:
        """Classes and factories of the model file; None until it was read."""
        return self._questions.scan

    @property
    def scan_error(self) -> ErrorInfo | None:
        """Why it could not be read."""
        return self._questions.scan_error

    @property
    def forward(self) -> tuple[ParameterInfo, ...]:
        """Parameters of the chosen class's `forward`; empty until the file was read, and for factories."""
        return self._questions.forward

    @property
    def artifact_path(self) -> str:
        """Absolute path of the artifact that the later stages look at; empty if there is none yet."""
        return self.states.artifact_path

    @property
    def looks_at_source(self) -> bool:
        """Whether that artifact is the source itself."""
        return self.states.looks_at_source

    @property
    def changed_files(self) -> tuple[str, ...]:
        """Absolute paths of the files that changed since the model was last loaded or exported."""
        return self.states.changed_files

    @property
    def is_busy(self) -> bool:
        """Whether any stage runs."""
        return self._queue.is_busy

    def state(self, stage: Stage) -> StageState:
        """The state of a stage now: staleness, and that it waits, included."""
        return self._queue.state(stage)

    def result(self, stage: Stage, kind: type[R]) -> R | None:
        """The last result of a stage, stale or not."""
        return self.states.result(stage, kind)

    def problem(self, stage: Stage) -> str:
        """Why a stage cannot be run now, in one sentence; empty if it can."""
        return self.states.problem(stage)

    def job_of(self, stage: Stage) -> str:
        """Id of the job that runs a stage now; empty if none does."""
        return self._queue.job_of(stage)

    # The project

    def new_project(self) -> None:
        """Start over with an empty recipe."""
        self.project.start_new()

    def open_recipe(self, path: Path, *, is_trusted: bool | None = None) -> None:
        """Open a recipe file. Nothing of it is run before `is_trusted`.

        Raises:
            UserError: The file cannot be read or is not a recipe; the window stays as it was.
        """
        self.project.open_recipe(path, is_trusted=is_trusted)

    def restore(self, recipe: Recipe, path: Path | None, *, is_trusted: bool) -> None:
        """Go on with a recipe that was lost unsaved; it is unsaved still, and trusted if it was."""
        self.project.restore(recipe, path, is_trusted=is_trusted)

    def open_artifact(self, path: Path) -> None:
        """Look at an artifact: it is the source of a new project, and its graph is shown."""
        self.project.open_artifact(path)
        self._after_scan = (Stage.CHECK,)  # with the inputs that the file takes
        self.page_wanted.emit(Stage.GRAPH)
        self.run(Stage.GRAPH)
        self._questions.refresh()  # behind the graph, which is what the user waits for

    def save(self, path: Path) -> None:
        """Write the recipe; from then on it lives at `path`.

        Raises:
            UserError: The file cannot be written; nothing is lost.
        """
        self.project.save(path)

    def trust_recipe(self) -> None:
        """The user has seen what would be run and agrees."""
        self.project.trust()
        self._questions.refresh()

    def edit(self, recipe: Recipe, text: str, merge_key: str = "") -> None:
        """Change the recipe, undoably.

        Args:
            text: What the change is, for the undo menu: `change opset`.
            merge_key: Changes in a row with the same key are undone as one (typing in a field).
        """
        self.project.edit(recipe, text, merge_key)

    def apply_fix(self, fix: Fix, stage: Stage | None = None) -> None:
        """Make the edits of a fix as one undoable change, and run the stage that it mends.

        One that cannot be made is told by `message_raised`, and changes nothing.
        """
        recipe, error = fixed(self.recipe, fix)
        if recipe is None:
            self.message_raised.emit(error)
            return
        self.edit(recipe, f"apply fix: {fix.text}")
        if stage is not None:
            self.run(stage)

    # Stages

    def run(self, *stages: Stage) -> None:
        """Run some stages in order; a missing or stale export is made first for those that need one."""
        if self.is_trusted:
            self._queue.run(stages)
        else:
            self.trust_wanted.emit()

    def go_on(self, known: tuple[ParityCase, ...]) -> None:
        """Run parity, but for the cases that an earlier run of the same settings gave."""
        if self.is_trusted:
            self._queue.go_on(known)

    def run_all(self) -> None:
        """Run every stage that this project has."""
        stages = stages_of(self.recipe)
        self.run(*(stage for stage in stages if not (stage is Stage.EXPORT and self.source.is_onnx)))

    def cancel(self, stage: Stage | None = None) -> None:
        """Cancel a stage that runs or waits, or all of them."""
        self._queue.cancel(stage)

    def adopt_export(self, record: ExportRecord) -> None:
        """Take an export that was made elsewhere (by the matrix) as this recipe's own, as if it had just run."""
        self._queue.cancel()
        self.states.adopt_export(record)

    # Beside the stages

    def refresh_capabilities(self) -> None:
        """Ask the recipe's interpreter what it has."""
        self._questions.refresh_capabilities()

    def refresh_scan(self) -> None:
        """Read the model file again, without running it."""
        self._questions.refresh_scan()

    def ask(
        self,
        stage: str,
        request: Request,
        title: str,
        kind: type[R],
        answered: Callable[[R | None, ErrorInfo | None], None],
    ) -> str:
        """Run a job beside the stages, and give its id; `answered` gets what it made or why it did not."""
        return self._questions.ask(stage, request, title, kind, answered)

    def close(self) -> None:
        """The window closes: end the jobs, and free what only it looked at."""
        self.jobs.close()
        self.parity.clear()
        self.graph.close()

    def put_findings(self, findings: tuple[LintFinding, ...]) -> None:
        """Tell everybody what lint says."""
        if findings != self.findings:
            self.findings = findings
            self.findings_changed.emit()

    def inspect(self, inspection: Inspection, stage: Stage) -> None:
        """Show something of the page of a stage in the inspector."""
        self.inspected.emit(inspection.of(stage))

    def show_place(self, place: SourcePlace) -> None:
        """Show a line of the user's code."""
        self.place_wanted.emit(place)

    def show_node(self, index: int) -> None:
        """Show a node of the artifact on the Graph page, which reads the graph first if need be."""
        self.node_wanted.emit(index)

    # Keeping the parts in step

    def _connect(self) -> None:
        self.project.leaving.connect(self._on_leaving)
        self.project.replaced.connect(self._on_replaced)
        self.project.edited.connect(self._on_edited)
        self.project.respelled.connect(self._on_respelled)
        self.project.filled_in.connect(self.recipe_changed)
        self.project.changed.connect(self.project_changed)
        self.source.files_changed.connect(self._on_files_changed)
        self.states.changed.connect(self.stage_changed)
        self._queue.changed.connect(self.stage_changed)
        self._queue.ended.connect(self._on_stage_ended)
        self._questions.capabilities_changed.connect(self.capabilities_changed)
        self.quantize.wanted.connect(self.run)
        self.quantize.failed.connect(self.message_raised)
        self._questions.scan_changed.connect(self._on_scan_changed)
        self.jobs.job_changed.connect(self._queue.follow)
        self.bench_runs.failed.connect(self.message_raised)

    def _on_leaving(self) -> None:
        self._queue.forget()
        self._project_jobs.forget()
        self.parity.clear()

    def _on_replaced(self) -> None:
        self._after_scan = ()
        self.states.clear()
        self._questions.forget_scan()
        self._follow_files()
        self.recipe_changed.emit()
        self.project_changed.emit()
        self.states.tell_all()
        if not self.project.opened_artifact:
            self._questions.refresh()

    def _on_edited(self, before: Recipe) -> None:
        self._follow_files()
        self.recipe_changed.emit()
        self.parity.follow(settings_of(Stage.PARITY, self.recipe, is_source=self.looks_at_source))
        self.states.tell_edited(before)
        is_elsewhere = before.interpreter != self.recipe.interpreter
        if is_elsewhere:
            self.refresh_capabilities()
        source = self.recipe.source
        if is_elsewhere or (before.source.file, before.source.module) != (source.file, source.module):
            self.refresh_scan()

    def _on_respelled(self, before: Recipe) -> None:
        self.states.respell(before)
        self.recipe_changed.emit()

    def _on_files_changed(self) -> None:
        self.states.tell_all()
        self.files_changed.emit()
        self.refresh_scan()

    def _on_stage_ended(self, stage: Stage) -> None:
        if stage is Stage.SOURCE:
            self._follow_files()

    def _on_scan_changed(self) -> None:
        if not self._questions.is_scanned:
            self.scan_changed.emit()
            return
        self._follow_files()
        if self.scan is not None:
            self.project.take_proposals(self.scan)
        self.scan_changed.emit()
        stages, self._after_scan = self._after_scan, ()
        if stages and not (self.scan is not None and self.scan.is_giant):
            self.run(*stages)

    def _follow_files(self) -> None:
        self.source.follow(self.recipe, self.base, self.scan, self.result(Stage.SOURCE, LoadReport))
