"""The profiles of this project's runners: what was asked for, what came, and whether that still holds."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from modelpack_gui.client.files import stamp_of
from modelpack_gui.core import records
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.locations import located
from modelpack_gui.core.records import FileStamp, RunnerSpec
from modelpack_gui.ui.job_center import JobCenter
from modelpack_gui.ui.project.jobs import ProjectJobs
from modelpack_gui.ui.project.project import Project
from modelpack_gui.ui.project.source import ProjectSource
from modelpack_gui.ui.state.side_job import SideJob
from modelpack_gui.ui.state.stages import StageStates

if TYPE_CHECKING:  # they are imported when there is one: the window opens without
    from modelpack_gui.core.records import ProfileReport, ProfileRequest


@dataclass(frozen=True)
class KeptProfile:
    """A profile, and what it was made from.

    Attributes:
        files: The source's files as they were then.
        artifact: The file that was run, as it was then; None for a runner that runs the source.
    """

    report: ProfileReport
    request: ProfileRequest
    files: tuple[FileStamp, ...]
    artifact: FileStamp | None


@dataclass(frozen=True)
class _Asked:
    """A profile that is under way, and what it is made from."""

    request: ProfileRequest
    files: tuple[FileStamp, ...]
    artifact: FileStamp | None


class ProfilesState(QObject):
    """Profiles runners one after the other. It lives as long as the project, not as the view that draws it.

    Attributes:
        kept: The last profile of each runner, by key, the latest last.
        running: Key of the runner that is being profiled; empty if none is.
        job: What profiles it.
        failed: Key of the runner of the last one, if it gave no profile; `job.error` says why.
    """

    changed = Signal()  # it started, went on, or ended
    profiled = Signal()  # there is another profile, or none any more

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
        self._left: list[tuple[RunnerSpec, str]] = []
        self.kept: dict[str, KeptProfile] = {}
        self.running = ""
        self.failed = ""
        self._asked: _Asked | None = None  # what is under way
        self.job = SideJob(jobs, project_jobs, self)
        self.job.changed.connect(self.changed)
        self.job.ended.connect(self._on_ended)
        project.leaving.connect(self.forget)

    @property
    def is_running(self) -> bool:
        """Whether one is under way."""
        return self.job.is_running

    @property
    def problem(self) -> str:
        """Why no profile of the recipe as it is now can be asked for; empty if one can."""
        try:
            self._request(RunnerSpec(""))
        except UserError as error:
            return f"{error.info.message} {error.info.hint}"
        return ""

    def report_of(self, key: str) -> ProfileReport | None:
        """The last profile of a runner, stale or not."""
        kept = self.kept.get(key)
        return kept.report if kept is not None else None

    def is_stale(self, key: str) -> bool:
        """Whether settings, files or the artifact changed since a runner was profiled."""
        kept = self.kept.get(key)
        if kept is None:
            return False
        if self.problem:
            return True
        now = self._request(kept.request.runner)
        if kept.artifact is None:  # what is exported by now is nothing to it
            now = dataclasses.replace(now, artifact_path=kept.request.artifact_path)
        elif self._artifact_stamp(now) != kept.artifact:
            return True
        return now != kept.request or bool(self._source.changed(kept.files))

    def of_artifact(self, path: str) -> KeptProfile | None:
        """The latest profile that ran a file, which has not changed since."""
        for kept in reversed(self.kept.values()):
            is_it = kept.artifact is not None and kept.artifact.path == path
            if is_it and self._artifact_stamp(kept.request) == kept.artifact:
                return kept
        return None

    def start(self, specs: Sequence[tuple[RunnerSpec, str]]) -> None:
        """Profile some runners, one after the other; the title of each is for the list of jobs."""
        if self.is_running or self.problem or not specs:
            return
        self.failed = ""
        self._left = list(specs)
        self._next()

    def cancel(self) -> None:
        """Stop; the profiles that have come stay."""
        self._left = []
        self.job.cancel()

    def forget(self) -> None:
        """Another project takes this one's place."""
        self._left, self._asked = [], None
        self.running, self.failed, self.kept = "", "", {}
        self.profiled.emit()
        self.job.forget()

    def _next(self) -> None:
        spec, title = self._left.pop(0)
        request = self._request(spec)
        self._asked = _Asked(request, self._source.stamps(), self._artifact_stamp(request))
        self.running = spec.key
        self.job.start("profile", request, f"Profile {title}")

    def _request(self, spec: RunnerSpec) -> ProfileRequest:
        # when one is asked for: the window opens sooner
        from modelpack_gui.core.profile.request import profile_request

        return profile_request(self._project.recipe, spec, self._states.artifact_path)

    def _artifact_stamp(self, request: ProfileRequest) -> FileStamp | None:
        path = request.runner.artifact or request.artifact_path
        return stamp_of(located(self._project.base, path).absolute()) if path else None

    def _on_ended(self, report: object) -> None:
        asked, self._asked, self.running = self._asked, None, ""
        assert asked is not None
        key = asked.request.runner.key
        if isinstance(report, records.ProfileReport):
            self.kept.pop(key, None)  # the latest is last
            artifact = asked.artifact if report.artifact_path else None
            self.kept[key] = KeptProfile(report, asked.request, asked.files, artifact)
            self.profiled.emit()
        else:
            self.failed = key if self.job.error is not None else ""
            self._left = []
        if self._left:
            self._next()
