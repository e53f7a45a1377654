"""What is asked about a project beside its stages: its interpreter, its model file, and what a page wants to know."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from modelpack_gui.core import records
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.events import Done, Failed, TerminalEvent
from modelpack_gui.core.records import ParameterInfo, Request, ScanRequest
from modelpack_gui.ui.project.jobs import ProjectJobs
from modelpack_gui.ui.project.project import Project

if TYPE_CHECKING:  # they are imported when there is one: the window opens without
    from modelpack_gui.core.records import Capabilities, SourceScan

R = TypeVar("R")


class ProjectQuestions(QObject):
    """Asks, and keeps the answers about the interpreter and the model file.

    Attributes:
        capabilities: Of the recipe's interpreter; None until it answered.
        capabilities_error: Why it did not answer.
        scan: Classes and factories of the model file; None until it was read.
        scan_error: Why it could not be read.
    """

    capabilities_changed = Signal()
    scan_changed = Signal()

    def __init__(self, project: Project, jobs: ProjectJobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._jobs = jobs
        self.capabilities: Capabilities | None = None
        self.capabilities_error: ErrorInfo | None = None
        self.scan: SourceScan | None = None
        self.scan_error: ErrorInfo | None = None

    @property
    def forward(self) -> tuple[ParameterInfo, ...]:
        """Parameters of the chosen class's `forward`; empty until the file was read, and for factories."""
        if self.scan is not None and self.scan.saved is not None:
            return self.scan.saved.forward
        chosen = self.scan.callables if self.scan is not None else ()
        return next((item.forward for item in chosen if item.name == self._project.recipe.source.name), ())

    @property
    def is_scanned(self) -> bool:
        """Whether the model file was read, or could not be."""
        return self.scan is not None or self.scan_error is not None

    def forget_scan(self) -> None:
        """There is another project: its file has not been read."""
        self.scan, self.scan_error = None, None

    def refresh(self) -> None:
        """Another project, or it may be looked at now."""
        self.refresh_capabilities()
        self.refresh_scan()

    def refresh_capabilities(self) -> None:
        """Ask the recipe's interpreter what it has."""
        self.capabilities, self.capabilities_error = None, None
        self.capabilities_changed.emit()
        if not self._project.is_trusted:
            return

        def answered(found: Capabilities | None, error: ErrorInfo | None) -> None:
            self.capabilities, self.capabilities_error = found, error
            self.capabilities_changed.emit()

        self.ask("hello", records.HelloRequest(), "Ask the interpreter", records.Capabilities, answered)

    def refresh_scan(self) -> None:
        """Read the model file again, without running it."""
        source = self._project.recipe.source
        self.forget_scan()
        self.scan_changed.emit()
        if not source.location or not self._project.is_trusted:
            return

        def answered(scan: SourceScan | None, error: ErrorInfo | None) -> None:
            now = self._project.recipe.source
            if (now.file, now.module) == (source.file, source.module):
                self.scan, self.scan_error = scan, error
                self.scan_changed.emit()

        request = ScanRequest(source.file, source.module)
        self.ask("scan", request, f"Read {source.location}", records.SourceScan, answered)

    def ask(
        self,
        stage: str,
        request: Request,
        title: str,
        kind: type[R],
        answered: Callable[[R | None, ErrorInfo | None], None],
    ) -> str:
        """Run a job beside the stages, and give its id; `answered` gets what it made or why it did not."""
        return self._jobs.run(stage, request, title, lambda event: answered(*_split(event, kind)))


def _split(event: TerminalEvent, kind: type[R]) -> tuple[R | None, ErrorInfo | None]:
    if isinstance(event, Failed):
        return None, event.error
    if isinstance(event, Done) and isinstance(event.result, kind):
        return event.result, None
    return None, UserError("cancelled", "It was cancelled.", "Run it again.").info
