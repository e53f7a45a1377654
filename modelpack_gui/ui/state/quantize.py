"""Quantising in one window: the variants that there are, what they cost and win, and which nodes cost most."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from modelpack_gui.client.files import stamp_of
from modelpack_gui.client.quantize_store import (
    KeptQuantizing,
    digest_of,
    read_kept,
    size_of,
    write_kept,
)
from modelpack_gui.client.recipe_file import relative_to_recipe
from modelpack_gui.core import pipeline
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.events import Done, Failed, Partial, TerminalEvent
from modelpack_gui.core.locations import is_file, located
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import (
    BenchReport,
    Estimate,
    FileStamp,
    QuantizedVariant,
    QuantizeReport,
    QuantizeRequest,
    QuantizeSpec,
    RunnerSpec,
    Verdict,
)
from modelpack_gui.ui.background import Background
from modelpack_gui.ui.job_center import JobCenter
from modelpack_gui.ui.project.jobs import ProjectJobs
from modelpack_gui.ui.project.project import Project
from modelpack_gui.ui.project.source import ProjectSource
from modelpack_gui.ui.state.sensitivity import SensitivityState
from modelpack_gui.ui.state.side_job import SideJob
from modelpack_gui.ui.state.stages import StageStates
from modelpack_gui.ui.status import Status

_SECONDS_A_RUNNER = 10.0
"""Of the timed runs, beside what others take in turns; a variant much slower than float32 must not hold them up."""


@dataclass(frozen=True)
class VariantRow:
    """A variant as it is shown; `is_stale`: the float32 artifact is another one by now."""

    variant: QuantizedVariant
    is_stale: bool = False


class QuantizeState(QObject):
    """Keeps the variants of the artifact that there is, on disk as they come, and measures their speed.

    Attributes:
        speed: The benchmark of the variants.
        sensitivity: What each node costs.
        measures_speed: Whether a run is followed by that benchmark.
    """

    wanted = Signal(object)  # Stage that shall run
    changed = Signal()
    failed = Signal(object)  # ErrorInfo: what was found could not be kept

    def __init__(
        self,
        project: Project,
        source: ProjectSource,
        states: StageStates,
        jobs: JobCenter,
        project_jobs: ProjectJobs,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._project, self._source, self._states = project, source, states
        self._background = Background(self)
        self._asked: tuple[QuantizeSpec, ...] = ()  # for the next run, in place of the recipe's
        self._job = ""
        self._artifact = ""
        self._digest = ""  # of that; empty until it is known
        self._kept = KeptQuantizing()
        self._is_on_disk = True  # all of that
        self._stamp: FileStamp | None = None  # of the artifact, when it was looked at
        self._unmade: tuple[QuantizedVariant, ...] = ()  # of the last run; not worth keeping
        self._measured: frozenset[str] = frozenset()  # paths, in the benchmark that is on
        self.measures_speed = True
        self.speed = SideJob(jobs, project_jobs, self)
        self.speed.changed.connect(self.changed)
        self.speed.ended.connect(self._on_measured)
        self.sensitivity = SensitivityState(project, jobs, project_jobs, self)
        self.sensitivity.changed.connect(self.changed)
        self.sensitivity.failed.connect(self.failed)
        self.sensitivity.job.ended.connect(self.follow_artifact)
        jobs.partial_added.connect(self._on_partial)
        states.changed.connect(self._on_stage_changed)
        source.files_changed.connect(self.follow_artifact)
        project.leaving.connect(self.forget)
        project.edited.connect(self._on_edited)
        project.changed.connect(self.follow_artifact)

    # Reading

    @property
    def spec(self) -> QuantizeSpec:
        """How the recipe quantises; the usual way if it does not say."""
        return self._project.recipe.quantize or QuantizeSpec()

    @property
    def artifact(self) -> str:
        """Absolute path of the float32 artifact: exported, opened, or left by an earlier session; empty without."""
        states, source = self._states, self._source
        if source.is_onnx or (states.artifact_path and not states.looks_at_source):
            return states.artifact_path
        export = self._project.recipe.export
        if not export.output_path or export.format != "onnx":
            return ""
        found = located(self._project.base, export.output_path)
        return str(found) if is_file(found) else ""

    @property
    def rows(self) -> tuple[VariantRow, ...]:
        """Every variant, in the order they came; last those that could not be made."""
        digest = self._digest
        kept = [VariantRow(one.variant, bool(digest) and one.made_from != digest) for one in self._kept.variants]
        return (*kept, *(VariantRow(one) for one in self._unmade))

    @property
    def fresh(self) -> tuple[QuantizedVariant, ...]:
        """The variants that are of the artifact as it is."""
        return tuple(row.variant for row in self.rows if not row.is_stale)

    @property
    def float_size_bytes(self) -> int:
        """Of the float32 artifact, the weights beside it included; 0 while there is none."""
        return self._kept.float_size_bytes

    @property
    def float_p50_ms(self) -> Estimate | None:
        """Its latency, from the last time that it was measured beside variants."""
        return self._kept.float_p50_ms

    @property
    def speed_doubts(self) -> tuple[str, ...]:
        """Why that measurement should be doubted, in sentences."""
        return self._kept.speed_doubts

    @property
    def calibration_note(self) -> str:
        """Where the data of the last run came from."""
        return self._kept.calibration_note

    def made_with(self, spec: QuantizeSpec) -> QuantizedVariant | None:
        """The variant of these settings and of the artifact as it is, if it is there."""
        return next((one for one in self.fresh if one.spec == spec and one.error is None), None)

    # Running the stage

    def try_all(self, specs: tuple[QuantizeSpec, ...]) -> None:
        """Quantise in several ways in one run, instead of as the recipe says."""
        self._asked = specs if self._project.is_trusted else ()  # else the user is asked first, and may say no
        self.wanted.emit(Stage.QUANTIZE)

    def forget_asked(self) -> None:
        """The run that they were asked for does not come."""
        self._asked = ()

    def prepare(self, request: QuantizeRequest) -> QuantizeRequest:
        """The run that is about to start, in the ways that were asked for."""
        asked, self._asked = self._asked, ()
        self._unmade, self._digest = (), ""
        return dataclasses.replace(request, specs=asked) if asked else request

    def start(self, job: str) -> None:
        """It runs from now on."""
        self.look_again()  # nothing that others kept is written over
        self._job = job
        self.follow_artifact()
        size = size_of(Path(self._artifact)) if self._artifact else 0  # the first variants come before the report
        self._kept = dataclasses.replace(self._kept, float_size_bytes=size)

    def end(self, event: TerminalEvent) -> None:
        """It ended. Variants that had come stay, also if it was cancelled or failed."""
        self._job = ""
        if isinstance(event, Failed):
            self._unmade = ()  # the failure says more
        report = None if isinstance(event, Failed) else event.result
        if isinstance(report, QuantizeReport):
            self._kept = dataclasses.replace(
                self._kept,
                float_size_bytes=report.float_size_bytes,
                calibration_note=report.calibration_note,
            )
            self._put(report.variants)
        self.follow_artifact()
        if isinstance(event, Done) and self.measures_speed:
            self.measure()

    # Beside the stage

    def measure(self, *, again: bool = False) -> None:
        """Measure the speed of the variants beside that of float32: of those without one, or of all again."""
        from modelpack_gui.core.quantize.speed import bench_spec, can_be_measured  # now: the window opens sooner

        variants = [one for one in self.fresh if can_be_measured(one) and (again or one.speedup is None)]
        if not variants or not self._artifact or self.speed.is_running:
            return
        recipe = self._project.recipe
        bench = bench_spec(variants, recipe.bench, self._spelled)
        bench = dataclasses.replace(bench, time_budget_s=_SECONDS_A_RUNNER * len(bench.runners), noise_run=False)
        request = pipeline.request_for(Stage.BENCH, dataclasses.replace(recipe, bench=bench), self._artifact)
        self._measured = frozenset(one.path for one in variants)
        self.speed.start(Stage.BENCH.value, request, "Speed of the quantised files")

    def delete(self, variants: Iterable[QuantizedVariant]) -> None:
        """Delete the files of variants, and forget those that are gone."""
        gone = []
        for one in variants:
            try:
                for file in (one.path, f"{one.path}.data"):
                    Path(file).unlink(missing_ok=True)
                gone.append(one.path)
            except OSError as error:
                what = f"{one.path} could not be deleted: {error.strerror or error}."
                self.failed.emit(ErrorInfo("file-not-deleted", what, "Close what uses it, or check its permissions."))
        left = tuple(one for one in self._kept.variants if one.variant.path not in gone)
        self._kept = dataclasses.replace(self._kept, variants=left)
        self._keep()
        self.changed.emit()

    def forget(self) -> None:
        """Another project takes this one's place."""
        self._background.drop_all()
        self._job, self._asked, self._unmade = "", (), ()
        self._artifact, self._digest, self._kept = "", "", KeptQuantizing()
        self.speed.forget()
        self.sensitivity.forget()

    # Keeping up

    def look_again(self) -> None:
        """Others may have quantised, exported or deleted meanwhile: `modelpack quantize` keeps its files here too."""
        if not self._artifact or self._job:
            return
        path = Path(self._artifact)
        kept = read_kept(path) if self._is_on_disk else self._kept
        stamp = stamp_of(path)
        if kept != self._kept or stamp != self._stamp:
            self._kept, self._stamp = kept, stamp
            self.follow_artifact()

    def follow_artifact(self) -> None:
        """The artifact may be another: show what is kept for it, and find what of that is out of date."""
        path = self.artifact
        if path != self._artifact:
            self._artifact, self._digest, self._unmade = path, "", ()
            self._kept = read_kept(Path(path)) if path else KeptQuantizing()
            self._is_on_disk, self._stamp = True, stamp_of(Path(path)) if path else None
            self.sensitivity.follow(path)
        if path and (self._kept.variants or self.sensitivity.report is not None or self._job):
            self._background.ask("digest", lambda check: digest_of(Path(path), check), self._on_digest)
        self.changed.emit()

    def _on_digest(self, digest: str | None, error: ErrorInfo | None) -> None:
        if error is not None or digest is None:
            return
        self._digest = digest
        variants = tuple(
            one if one.made_from else dataclasses.replace(one, made_from=digest) for one in self._kept.variants
        )
        kept = dataclasses.replace(self._kept, variants=variants)
        if kept != self._kept:
            self._kept = kept
            self._keep()
        self._restore()
        self.sensitivity.follow_digest(digest)
        self.changed.emit()

    def _restore(self) -> None:
        """Variants that are up to date are the stage's result, also those of an earlier session, and those of a file
        that an export has since made again to the byte.
        """
        state = self._states.state(Stage.QUANTIZE)
        recipe = self._project.recipe
        is_same = state.ran_with is not None and not pipeline.is_stale(
            Stage.QUANTIZE, state.ran_with, recipe, is_source=self._states.looks_at_source
        )
        is_wanted = state.result is None or (is_same and state.status is Status.STALE)
        made = [one for one in self.fresh if one.error is None]
        if made and is_wanted and not self._job and not state.is_under_way and state.error is None:
            self._states.restore(Stage.QUANTIZE, self._report(), recipe, ())

    def _report(self) -> QuantizeReport:
        """The variants that are up to date as the stage would give them."""
        from modelpack_gui.core.quantize.text import best_of, verdict_sentence  # as above

        fresh, size = self.fresh, self.float_size_bytes
        best = best_of(fresh)
        return QuantizeReport(
            artifact_path=self._artifact,
            float_size_bytes=size,
            variants=fresh,
            calibration_note=self.calibration_note,
            summary=verdict_sentence(fresh, size),
            verdict=best.verdict if best is not None else Verdict.FAILED,
            machine={},
            duration_s=sum(one.duration_s for one in fresh),
            float_p50_ms=self.float_p50_ms,
        )

    def _on_stage_changed(self, stage: Stage) -> None:
        if stage is Stage.EXPORT and not self._states.state(stage).is_under_way:
            self.follow_artifact()

    def _on_edited(self) -> None:
        if self.artifact != self._artifact:
            self.follow_artifact()

    def _on_partial(self, partial: Partial) -> None:
        if self._job and partial.job == self._job and isinstance(partial.result, QuantizedVariant):
            self._kept = dataclasses.replace(self._kept, calibration_note="")  # that of the runs before
            self._put((partial.result,))
            self.changed.emit()

    def _put(self, variants: Iterable[QuantizedVariant]) -> None:
        """Add them; what could not be made is shown until the next run, and not kept."""
        variants = tuple(variants)
        unmade = {one.label: one for one in self._unmade}
        unmade.update((one.label, one) for one in variants if not one.path)
        self._unmade = tuple(unmade.values())
        self._kept = self._kept.with_variants(variants, self._digest)
        self._keep()

    def _on_measured(self, report: object) -> None:
        if not isinstance(report, BenchReport):
            return
        from modelpack_gui.core.quantize.speed import speed_doubts, with_speeds  # as above

        before = self._report()
        chosen = tuple(one for one in before.variants if one.path in self._measured)
        after = with_speeds(dataclasses.replace(before, variants=chosen), report, self._spelled)
        self._kept = self._kept.with_speeds(after, speed_doubts(report))
        self._keep()
        if self._states.result(Stage.QUANTIZE, QuantizeReport) is not None:
            self._states.add_to(Stage.QUANTIZE, self._report())

    def _spelled(self, path: str) -> str:
        return relative_to_recipe(path, self._project.base)

    def _keep(self) -> None:
        if not self._artifact:
            return
        try:
            write_kept(Path(self._artifact), self._kept)
            self._is_on_disk = True
        except UserError as error:
            self._is_on_disk = False
            self.failed.emit(error.info)


def runner_of(variant: QuantizedVariant, base: Path) -> RunnerSpec:
    """The runner that a recipe in the folder `base` would spell for a variant's file."""
    return RunnerSpec("onnxruntime", artifact=relative_to_recipe(variant.path, base), label=variant.label)
