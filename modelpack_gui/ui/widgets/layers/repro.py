"""Making a repro: where to write it, how far it is, and what came of it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.figures import size
from modelpack_gui.core.pipeline import verdict_of
from modelpack_gui.core.records import LayersRequest, ReproRecord, ReproRequest, Verdict
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import SPACING, mono_font, status_of
from modelpack_gui.ui.new_file import ask_where
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconButton, IconToolButton, StatusBadge, wrapped_label
from modelpack_gui.ui.widgets.error_panel import ErrorPanel


class ReproPanel(QWidget):
    """Hidden until a repro is asked for; then the work, and the result with its command."""

    busy_changed = Signal()

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("repro")
        self._controller = controller
        self._settings = settings
        self._job = ""
        self._record: ReproRecord | None = None
        self.badge = StatusBadge()
        self.sentence = wrapped_label("", is_selectable=True)
        self.sentence.setObjectName("repro-sentence")
        self.command = ElidedLabel()
        self.command.setObjectName("repro-command")
        self.command.setFont(mono_font())
        self.copy_button = IconToolButton("Copy the command", "copy")
        self.copy_button.setObjectName("repro-copy")
        self.copy_button.clicked.connect(self._on_copy)
        self.reveal_button = IconButton("Reveal in folder", "reveal")
        self.reveal_button.setObjectName("repro-reveal")
        self.reveal_button.clicked.connect(self._on_reveal)
        self.cancel_button = IconButton("Cancel", "cancel")
        self.cancel_button.setObjectName("repro-cancel")
        self.cancel_button.clicked.connect(lambda: controller.jobs.cancel(self._job))
        self.error = ErrorPanel(controller)
        self.error.hide()
        top = QHBoxLayout()
        top.setSpacing(SPACING)
        top.addWidget(self.badge)
        top.addWidget(self.sentence, 1)
        top.addWidget(self.reveal_button)
        top.addWidget(self.cancel_button)
        self._below = QWidget()
        below = QHBoxLayout(self._below)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(SPACING)
        below.addWidget(self.command, 1)
        below.addWidget(self.copy_button)
        self._line = QWidget()
        line = QVBoxLayout(self._line)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(SPACING // 2)
        line.addLayout(top)
        line.addWidget(self._below)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING // 2)
        column.addWidget(self._line)
        column.addWidget(self.error)
        controller.jobs.job_changed.connect(self._on_job_changed)
        controller.project_changed.connect(self._on_project_changed)
        self.hide()

    @property
    def is_busy(self) -> bool:
        """Whether one is being made."""
        return bool(self._job)

    def ask_and_make(self, request: LayersRequest, value: str) -> None:
        """Ask where the zip goes, and make it."""
        stem = Path(request.artifact_path).stem or "artifact"
        kinds = "Zip archive (*.zip)"
        path = ask_where(self, self._settings, "repro", "Make a repro", f"{stem}-repro.zip", kinds)
        if path is not None:
            self.make(request, value, path)

    def make(self, request: LayersRequest, value: str, path: Path) -> None:
        """Make the repro of a value that goes wrong; no value finds the first fault."""
        if self.is_busy:
            return
        wanted = ReproRequest(
            request.source,
            request.inputs,
            request.artifact_path,
            request.dynamic,
            request.parity,
            str(path),
            request.input_sets,
            request.case,
            value,
        )
        self._record = None
        self._job = self._controller.ask("repro", wanted, "Make a repro", ReproRecord, self._on_answered)
        self.error.show_error(None)
        self._show("Shrinking the graph while the failure stays")
        self.busy_changed.emit()

    def _on_answered(self, record: ReproRecord | None, error: ErrorInfo | None) -> None:
        self._job = ""
        self._record = record
        is_failure = error is not None and error.code != "cancelled"
        self.error.show_error(error if is_failure else None)
        if record is None:
            self._line.hide()
            self.setVisible(is_failure)
        else:
            verdict = verdict_of(record)
            self.badge.set_status(status_of(verdict), "Reproduced" if verdict is Verdict.PASSED else "Not reproduced")
            self._show(f"{record.summary} {Path(record.path).name}, {size(record.size_bytes)}.")
        self.busy_changed.emit()

    def _show(self, text: str) -> None:
        record = self._record
        self.show()
        self._line.show()
        self.sentence.setText(text)
        self.badge.setVisible(record is not None)
        self.cancel_button.setVisible(record is None)
        self.reveal_button.setVisible(record is not None)
        self._below.setVisible(record is not None)
        self.command.set_text(record.command if record is not None else "")

    def _on_job_changed(self, view: object) -> None:
        job = self._controller.jobs.jobs.get(self._job)
        if job is not None and job is view and job.ended_s is None and job.message:
            self.sentence.setText(job.message)

    def _on_project_changed(self) -> None:
        if self._controller.layers.request is None and not self.isHidden():
            self._job, self._record = "", None
            self.hide()
            self.busy_changed.emit()

    def _on_copy(self) -> None:
        if self._record is not None:
            QGuiApplication.clipboard().setText(self._record.command)

    def _on_reveal(self) -> None:
        if self._record is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(self._record.path).parent)))
