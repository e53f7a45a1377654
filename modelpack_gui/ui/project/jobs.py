"""Jobs of the project that is open: in its interpreter, from its folder, and forgotten when another is opened."""

from __future__ import annotations

from collections.abc import Callable

from modelpack_gui.core.events import TerminalEvent
from modelpack_gui.core.records import Request
from modelpack_gui.ui.job_center import JobCenter
from modelpack_gui.ui.project.project import Project


class ProjectJobs:
    """Starts jobs of a project; the answers to what an earlier one asked for are dropped."""

    def __init__(self, project: Project, jobs: JobCenter) -> None:
        self.project = project
        self._jobs = jobs
        self._generation = 0  # of projects

    def run(self, stage: str, request: Request, title: str, ended: Callable[[TerminalEvent], None]) -> str:
        """Start a job and give its id; `ended` is called once if the project is still open then."""
        generation = self._generation

        def if_current(event: TerminalEvent) -> None:
            if generation == self._generation:
                ended(event)

        project = self.project
        return self._jobs.run(
            stage, request, title, if_current, interpreter=project.interpreter, base=project.job_folder
        )

    def cancel(self, job: str) -> None:
        """Ask a job to stop."""
        self._jobs.cancel(job)

    def forget(self) -> None:
        """Another project takes this one's place: nobody waits for its answers."""
        self._generation += 1
