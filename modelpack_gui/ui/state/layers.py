"""The comparison layer by layer: its rows as they come, what it gave last, and whether that still holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from modelpack_gui.core import pipeline, records
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import ExportRecord, FileStamp
from modelpack_gui.ui.job_center import JobCenter
from modelpack_gui.ui.project.jobs import ProjectJobs
from modelpack_gui.ui.project.project import Project
from modelpack_gui.ui.project.source import ProjectSource
from modelpack_gui.ui.state.side_job import SideJob
from modelpack_gui.ui.state.stages import StageStates

if TYPE_CHECKING:  # they are imported when there is one: the window opens without
    from modelpack_gui.core.records import LayerRow, LayersReport, LayersRequest, UnalignedNode


class LayersState(QObject):
    """Runs the job beside the stages. It lives as long as the project, not as the view that draws it.

    Attributes:
        request: What was asked last; None if nothing was.
        report: What the last whole run gave; None while the next one is under way.
        done, planned: Values compared so far, of so many.
        job: What compares; if it is cancelled, the rows that had come stay.
    """

    changed = Signal()  # it started, went on, or ended
    rows_changed = Signal()

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
        self._project = project
        self._source = source
        self._states = states
        self._found: dict[tuple[str, str], LayerRow] = {}
        self._ordered: tuple[LayerRow, ...] | None = None  # of what was found, made when it is asked for
        self._ran_with: Recipe | None = None
        self._made_from: tuple[FileStamp, ...] = ()
        self._exported: ExportRecord | None = None
        self.request: LayersRequest | None = None
        self.report: LayersReport | None = None
        self.done = self.planned = 0
        self.job = SideJob(jobs, project_jobs, self)
        self.job.changed.connect(self.changed)
        self.job.part_came.connect(self._on_part)
        self.job.ended.connect(self._on_ended)
        project.leaving.connect(self.forget)

    @property
    def is_running(self) -> bool:
        """Whether it is under way."""
        return self.job.is_running

    @property
    def rows(self) -> tuple[LayerRow, ...]:
        """Of the report, or those that have come so far; in order of depth, one level beside the other."""
        if self._ordered is None:
            from modelpack_gui.ui.models.layer_series import in_order  # when there are rows: the window opens sooner

            self._ordered = in_order(self._found.values() if self.report is None else self.report.rows)
        return self._ordered

    @property
    def unaligned(self) -> tuple[UnalignedNode, ...]:
        """Nodes without a row; known at the end."""
        return self.report.unaligned if self.report is not None else ()

    @property
    def is_stale(self) -> bool:
        """Whether settings, files or the artifact changed since."""
        if self._ran_with is None:
            return False
        return (
            pipeline.is_stale(
                Stage.PARITY, self._ran_with, self._project.recipe, is_source=self._states.looks_at_source
            )
            or not pipeline.is_judged_alike(self._ran_with.parity, self._project.recipe.parity)
            or bool(self._source.changed(self._made_from))
            or self._states.result(Stage.EXPORT, ExportRecord) is not self._exported
        )

    def start(self, request: LayersRequest) -> None:
        """Compare anew; what was there before goes."""
        if self.is_running:
            return
        self._found, self._ordered = {}, None
        self._ran_with = self._project.recipe
        self._made_from = self._source.stamps()
        self._exported = self._states.result(Stage.EXPORT, ExportRecord)
        self.request, self.report = request, None
        self.done = self.planned = 0
        self.rows_changed.emit()
        self.job.start("layers", request, "Layer by layer")

    def cancel(self) -> None:
        """Stop; the rows that have come stay."""
        self.job.cancel()

    def forget(self) -> None:
        """Another project takes this one's place."""
        self._found, self._ordered = {}, None
        self._ran_with, self._made_from, self._exported = None, (), None
        self.request, self.report = None, None
        self.rows_changed.emit()
        self.job.forget()

    def _on_part(self, part: object) -> None:
        if not isinstance(part, records.LayerRows):
            return
        for row in part.rows:
            self._found[row.value, row.optimization] = row
        self._ordered = None
        self.done, self.planned = part.done, part.planned
        self.rows_changed.emit()
        self.changed.emit()

    def _on_ended(self, report: object) -> None:
        if self.job.was_cancelled or not isinstance(report, records.LayersReport):
            return
        self.report = report
        self._found, self._ordered = {}, None
        self.rows_changed.emit()
