"""Which nodes cost most accuracy when they are quantised: as they come, and kept with the project."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from modelpack_gui.client.quantize_store import KeptSensitivity, read_sensitivity, write_sensitivity
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import QuantizeSpec, SensitivityReport, SensitivityRequest, SensitivityRow
from modelpack_gui.ui.job_center import JobCenter
from modelpack_gui.ui.project.jobs import ProjectJobs
from modelpack_gui.ui.project.project import Project
from modelpack_gui.ui.state.side_job import SideJob


class SensitivityState(QObject):
    """Runs the job beside the stages, for the artifact that it is told of.

    Attributes:
        job: What finds it.
        explored: The settings that the rows are about; None before the first time.
        rows: What each node costs.
        report: All of it; None before the first time, and while it is found.
    """

    changed = Signal()
    failed = Signal(object)  # ErrorInfo: what was found could not be kept

    def __init__(
        self, project: Project, jobs: JobCenter, project_jobs: ProjectJobs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._project = project
        self._artifact = ""
        self._explored_in = ""  # the artifact that the job is about
        self._digest = ""  # of the artifact, empty until it is known
        self._made_from = ""  # the same of that which the rows are about
        self.explored: QuantizeSpec | None = None
        self.rows: tuple[SensitivityRow, ...] = ()
        self.report: SensitivityReport | None = None
        self.job = SideJob(jobs, project_jobs, self)
        self.job.changed.connect(self.changed)
        self.job.part_came.connect(self._on_row)
        self.job.ended.connect(self._on_ended)

    @property
    def artifact(self) -> str:
        """Path of the artifact that the rows are about; empty without one."""
        return self._explored_in if self.job.is_running else self._artifact

    @property
    def is_stale(self) -> bool:
        """Whether the artifact is another one by now."""
        return self.report is not None and bool(self._digest) and self._made_from != self._digest

    def explore(self, spec: QuantizeSpec) -> None:
        """Find it, for nodes quantised as `spec` says but with none left out."""
        if self.job.is_running or not self._artifact:
            return
        recipe = self._project.recipe
        self.explored = dataclasses.replace(spec, exclude_nodes=())
        self.rows, self.report, self._explored_in = (), None, self._artifact
        self.job.start(
            "quantize.sensitivity",
            SensitivityRequest(recipe.source, recipe.inputs, recipe.input_sets, self._artifact, self.explored),
            "What each node costs",
        )

    def follow(self, artifact: str) -> None:
        """The artifact is another: show what is kept for it."""
        self._artifact, self._digest = artifact, ""
        if self.job.is_running:
            return
        kept = read_sensitivity(Path(artifact)) if artifact else None
        self.explored = kept.quantize if kept is not None else None
        self.report = kept.report if kept is not None else None
        self.rows = kept.report.rows if kept is not None else ()
        self._made_from = kept.made_from if kept is not None else ""
        self.changed.emit()

    def follow_digest(self, digest: str) -> None:
        """What the artifact's bytes are is known."""
        self._digest = digest
        if self.report is not None and not self._made_from:  # found while that was not known
            self._made_from = digest
            self._keep()
        self.changed.emit()

    def forget(self) -> None:
        """Another project takes this one's place."""
        self.job.forget()
        self.follow("")

    def _on_row(self, row: object) -> None:
        if isinstance(row, SensitivityRow):
            self.rows = (*(one for one in self.rows if one.node != row.node), row)
            self.changed.emit()

    def _on_ended(self, report: object) -> None:
        if not isinstance(report, SensitivityReport):
            return
        self.report, self.rows = report, report.rows
        if self._explored_in != self._artifact:
            self.follow(self._artifact)  # there is another artifact by now
        else:
            self._made_from = self._digest
            self._keep()

    def _keep(self) -> None:
        if self.report is None or self.explored is None:
            return
        try:
            write_sensitivity(Path(self._artifact), KeptSensitivity(self.explored, self.report, self._made_from))
        except UserError as error:
            self.failed.emit(error.info)
