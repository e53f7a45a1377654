"""Probe the sizes of the inputs, and take over what it proposes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from modelpack_gui.core.dims.text import probe_sentence
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import ProbeReport
from modelpack_gui.ui.look.theme import GRID, SPACING
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconButton, wrapped_label
from modelpack_gui.ui.widgets.form_parts import NoteLabel

Cancel = Callable[[], None]
Answered = Callable[["ProbeReport | None", "ErrorInfo | None"], None]
StartProbe = Callable[[Answered, Callable[[str], None]], Cancel]


class ProbeRow(QWidget):
    """A button that probes or cancels, what it says, and buttons that accept. It changes nothing by itself."""

    probed = Signal(object)  # ProbeReport
    accept_wanted = Signal()  # for the selected axis
    accept_all_wanted = Signal()

    def __init__(self, start: StartProbe, parent: QWidget | None = None) -> None:
        """`start` begins a probe: it is given what to call at the end and with progress, and gives what cancels."""
        super().__init__(parent)
        self._start = start
        self._cancel: Cancel | None = None
        self._is_running = False
        self.button = IconButton("&Probe sizes", "search")
        self.button.setObjectName("probe-sizes")
        self.button.setAutoDefault(False)
        self.button.setToolTip("Run the model in PyTorch at other sizes of each axis, and see which ones it takes")
        self.button.clicked.connect(self._on_clicked)
        self._progress = ElidedLabel("", Qt.TextElideMode.ElideRight)
        self._progress.setProperty("role", "muted")
        self.accept = IconButton("&Accept this axis")
        self.accept.setObjectName("probe-accept")
        self.accept.setToolTip("Take over what is proposed for the selected axis and those that change with it")
        self.accept.setAutoDefault(False)
        self.accept.clicked.connect(self.accept_wanted)
        self.accept_all = IconButton("Accept a&ll")
        self.accept_all.setObjectName("probe-accept-all")
        self.accept_all.setAutoDefault(False)
        self.accept_all.clicked.connect(self.accept_all_wanted)
        self.note = NoteLabel(Status.PASSED)
        self.note.setObjectName("probe-note")
        self.details = wrapped_label("", is_muted=True, is_selectable=True)
        self.details.setObjectName("probe-details")
        self.details.hide()
        row = QHBoxLayout()
        row.setSpacing(SPACING)
        row.addWidget(self.button)
        row.addWidget(self._progress, 1)
        row.addWidget(self.accept)
        row.addWidget(self.accept_all)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(row)
        column.addWidget(self.note)
        column.addWidget(self.details)
        self.show_acceptable(selected=False, any_=False)

    @property
    def is_running(self) -> bool:
        """Whether a probe is under way."""
        return self._is_running

    def show_acceptable(self, *, selected: bool, any_: bool) -> None:
        """Whether there is a proposal for the selected axis, and for any."""
        self.accept.setEnabled(selected)
        self.accept_all.setEnabled(any_)

    def show_accepting(self, *, is_visible: bool) -> None:
        """Show the buttons that accept, once there is something to accept."""
        self.accept.setVisible(is_visible)
        self.accept_all.setVisible(is_visible)

    def show_details(self, text: str) -> None:
        """Show what was found on the selected axis."""
        self.details.setText(text)
        self.details.setVisible(bool(text))

    def stop(self) -> None:
        """Cancel a probe that is under way."""
        if self._is_running and self._cancel is not None:
            self._cancel()

    def _on_clicked(self) -> None:
        if self.is_running:
            self.stop()
            return
        self.note.set_text("")
        self._progress.set_text("Starting")
        self._set_button(is_running=True)
        self._is_running = True
        self._cancel = self._start(self._on_answered, self._progress.set_text)

    def _on_answered(self, report: ProbeReport | None, error: ErrorInfo | None) -> None:
        self._is_running = False
        self._progress.set_text("")
        self._set_button(is_running=False)
        if report is not None:
            status = Status.PASSED if report.is_complete else Status.WARNING
            self.note.set_text(probe_sentence(report), status)
            self.probed.emit(report)
        elif error is not None:
            self.note.set_text(error.message, Status.FAILED)
        else:
            self.note.set_text("The probe was cancelled.", Status.CANCELLED)

    def _set_button(self, *, is_running: bool) -> None:
        self.button.setText("Cancel the &probe" if is_running else "&Probe sizes")
        self.button.set_icon_name("cancel" if is_running else "search")
