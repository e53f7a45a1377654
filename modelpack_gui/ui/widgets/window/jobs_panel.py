"""The jobs of this session: what runs, how far it is, how long it took, and a way to stop it."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from modelpack_gui.core.figures import duration
from modelpack_gui.ui.job_center import JobCenter, JobView
from modelpack_gui.ui.look.theme import icon, status_icon, theme
from modelpack_gui.ui.models.record_table import Column, RecordTableModel
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import IconButton
from modelpack_gui.ui.widgets.data_table import DataTable


class JobsPanel(QWidget):
    """A table of jobs, newest first."""

    def __init__(self, jobs: JobCenter, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._model: RecordTableModel[JobView] = RecordTableModel(
            (
                Column(
                    "Job",
                    lambda job: job.title,
                    icon=lambda job: status_icon(job.status),
                    width=260,
                ),
                Column("State", _state, color=lambda job: theme().status_color(job.status), width=130),
                Column("Progress", _progress, full=lambda job: job.error or job.message, width=420),
                Column(
                    "Elapsed",
                    lambda job: job.elapsed_s,
                    text=lambda job: duration(job.elapsed_s),
                    full=lambda job: f"{job.elapsed_s:.3f} s",
                    is_number=True,
                ),
            ),
            parent=self,
        )
        self._table = DataTable(self._model, "jobs-table", "Jobs")
        self._table.remember(settings)
        self._table.context_menu_made.connect(self._on_context_menu)
        self._table.record_selected.connect(lambda _job: self._update_button())
        self.cancel_button = IconButton("Cancel job", "cancel")
        self.cancel_button.setEnabled(False)
        self.cancel_button.clicked.connect(self._on_cancel)
        self._clock = QTimer(self, interval=500)  # the elapsed column, and only while something runs
        self._clock.timeout.connect(self._refresh)
        buttons = QHBoxLayout()
        buttons.addWidget(self.cancel_button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self._table, 1)
        column.addLayout(buttons)
        self._refresh()
        jobs.job_changed.connect(self._refresh)

    def select(self, job_id: str) -> None:
        """Make a job the current one."""
        row = next((i for i, view in enumerate(self._model.records) if view.id == job_id), -1)
        if row >= 0:
            self._table.setCurrentIndex(self._model.index(row, 0))

    def _refresh(self) -> None:
        current = self._selected()
        views = list(reversed(self._jobs.jobs.values()))
        self._model.set_records(views)
        if current is not None:
            self.select(current.id)
        is_busy = any(view.ended_s is None for view in views)
        if is_busy != self._clock.isActive():
            self._clock.start() if is_busy else self._clock.stop()
        self._update_button()

    def _selected(self) -> JobView | None:
        index = self._table.currentIndex()
        return self._model.record(index.row()) if index.isValid() else None

    def _update_button(self) -> None:
        selected = self._selected()
        self.cancel_button.setEnabled(selected is not None and self._jobs.is_running(selected.id))

    def _on_cancel(self) -> None:
        selected = self._selected()
        if selected is not None:
            self._jobs.cancel(selected.id)

    def _on_context_menu(self, menu: QMenu, job: JobView) -> None:
        if self._jobs.is_running(job.id):
            menu.addAction(icon("cancel"), "Cancel job").triggered.connect(lambda: self._jobs.cancel(job.id))


def _state(job: JobView) -> str:
    return "Finished" if job.status is Status.PASSED else job.status.value.capitalize()


def _progress(job: JobView) -> str:
    if job.error:
        return job.error
    share = "" if job.fraction is None else f"{100 * job.fraction:.0f} %  "
    return share + job.message
