"""The head of the profile: which runners, the verdict, progress; and the state before anything was profiled."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconButton, StatusBadge, wrapped_label
from modelpack_gui.ui.widgets.bench.runner_pick import RunnerPick
from modelpack_gui.ui.widgets.empty_state import EmptyState
from modelpack_gui.ui.widgets.progress_line import ProgressLine

_EMPTY_TEXT = (
    "Runs one runner alone under a profiler and shows which nodes take the time. Fused nodes are put back to those"
    " of the exported file, PyTorch's operators to their modules. With a second runner, it shows why one is slower."
)


class ProfileHead(QWidget):
    """Asks what to profile, and says what it came to.

    Attributes:
        empty: The drawn state for nothing yet, to be placed by who uses the head.
    """

    profile_wanted = Signal()
    cancel_wanted = Signal()
    chosen = Signal()  # another runner, by the user

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.runner = RunnerPick("profile-runner", "Runner to profile")
        self.against = RunnerPick("profile-against", "Runner to compare it with", "nothing")
        for box in (self.runner, self.against):
            box.spec_chosen.connect(self.chosen)
        self.profile_button = IconButton("Profile", "run")
        self.profile_button.setObjectName("profile-run")
        self.profile_button.clicked.connect(self.profile_wanted)
        self.cancel_button = IconButton("Cancel", "cancel")
        self.cancel_button.setObjectName("profile-cancel")
        self.cancel_button.clicked.connect(self.cancel_wanted)
        self.badge = StatusBadge()
        self.sentence = wrapped_label("", is_selectable=True)
        self.sentence.setObjectName("profile-sentence")
        self.facts = ElidedLabel("", Qt.TextElideMode.ElideRight)
        self.facts.setObjectName("profile-facts")
        self.facts.setProperty("role", "muted")
        self.progress = ProgressLine()
        self._empty_button = IconButton("Profile", "run")
        self._empty_button.clicked.connect(self.profile_wanted)
        self.empty = EmptyState("benchmark", _EMPTY_TEXT, self._empty_button)

        row = QHBoxLayout()
        row.setSpacing(SPACING)
        for text, box in (("Runner", self.runner), ("compared with", self.against)):
            label = QLabel(text)
            label.setBuddy(box)
            row.addWidget(label)
            row.addWidget(box, 1)
        row.addStretch(0)
        row.addWidget(self.cancel_button)
        row.addWidget(self.profile_button)
        verdict = QHBoxLayout()
        verdict.setSpacing(SPACING)
        verdict.addWidget(self.badge, alignment=Qt.AlignmentFlag.AlignTop)
        verdict.addWidget(self.sentence, 1)
        verdict.addStretch(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addLayout(row)
        column.addLayout(verdict)
        column.addWidget(self.facts)
        column.addWidget(self.progress)

    def show_verdict(self, status: Status, word: str, sentence: str, facts: str) -> None:
        """Say what it came to."""
        self.badge.set_status(status, word)
        self.badge.setVisible(status is not Status.NOT_RUN)  # what is below says it
        self.sentence.setText(sentence)
        self.sentence.setVisible(bool(sentence))
        self.facts.set_text(facts)
        self.facts.setVisible(bool(facts))

    def show_running(self, message: str | None, fraction: float | None) -> None:
        """Show how far it is; None while nothing runs."""
        self.progress.show_progress(message, fraction)
        self.cancel_button.setVisible(message is not None)

    def show_ready(self, *, is_running: bool, problem: str) -> None:
        """Whether a profile can be started, and why not."""
        for button in (self.profile_button, self._empty_button):
            button.setEnabled(not is_running and not problem)
            button.setToolTip(problem)
        self.empty.set_problem(problem)
