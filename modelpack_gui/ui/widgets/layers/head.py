"""The head of the view layer by layer: verdict, what is compared and how, progress, and the empty state."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from modelpack_gui.core.figures import plural
from modelpack_gui.ui.look.theme import SPACING, status_of
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.state.layers import LayersState
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconButton, StatusBadge, wrapped_label
from modelpack_gui.ui.widgets.empty_state import EmptyState
from modelpack_gui.ui.widgets.number_fields import SpinField
from modelpack_gui.ui.widgets.progress_line import ProgressLine
from modelpack_gui.ui.widgets.segments import Segments

_LEVELS_KEY = "layers/levels"
_MEMORY_KEY = "layers/memory-mib"
_LEVELS = {"off": ("off",), "on": ("all",), "both": ("off", "all")}
_MEMORY_MIB = 512
_EMPTY_TEXT = (
    "Compares what each layer of the artifact gives with what the same layer of the model gives, and names the first "
    "node whose error its inputs do not explain."
)


class LayersHead(QWidget):
    """Says what it came to; asks how to compare.

    Attributes:
        empty: The drawn state for nothing yet, to be placed by who uses the head.
    """

    compare_wanted = Signal()
    cancel_wanted = Signal()

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.badge = StatusBadge()
        self.sentence = wrapped_label("", is_selectable=True)
        self.sentence.setObjectName("layers-sentence")
        self.compare_button = IconButton("Compare layers", "run")
        self.compare_button.setObjectName("compare-layers")
        self.compare_button.clicked.connect(self.compare_wanted)
        self.cancel_button = IconButton("Cancel", "cancel")
        self.cancel_button.setObjectName("cancel-layers")
        self.cancel_button.clicked.connect(self.cancel_wanted)
        self.case = ElidedLabel("", Qt.TextElideMode.ElideRight)
        self.case.setObjectName("layers-case")
        self.levels_choice = Segments(
            {"off": "Off", "on": "On", "both": "Both"},
            {
                "off": "The artifact as it was exported: every value can be seen.",
                "on": "As it will run: fused values are listed as not aligned.",
                "both": "One after the other, to tell a fault of the export from one of the optimiser.",
            },
        )
        chosen = settings.text(_LEVELS_KEY, "both")
        self.levels_choice.set_value(chosen if chosen in _LEVELS else "both")
        self.levels_choice.chosen.connect(lambda value: settings.set_text(_LEVELS_KEY, value))
        self.memory = SpinField("Memory limit in MiB", 16, 65_536)
        self.memory.setObjectName("layers-memory")
        self.memory.setSuffix(" MiB")
        self.memory.setMaximumWidth(self.memory.fontMetrics().horizontalAdvance("65,536 MiB") + 40)
        self.memory.setSingleStep(128)
        self.memory.setToolTip("What the intermediate values of both sides may take at once; it takes more passes.")
        kept = settings.text(_MEMORY_KEY)
        self.memory.set_value(int(kept) if kept.isdecimal() else _MEMORY_MIB)
        self.memory.valueChanged.connect(lambda value: settings.set_text(_MEMORY_KEY, str(value)))
        self._progress = ProgressLine()
        self._empty_button = IconButton("Compare layers", "run")
        self._empty_button.clicked.connect(self.compare_wanted)
        self.empty = EmptyState("parity", _EMPTY_TEXT, self._empty_button)

        top = QHBoxLayout()
        top.setSpacing(SPACING)
        top.addWidget(self.badge, alignment=Qt.AlignmentFlag.AlignTop)
        told = QVBoxLayout()
        told.setSpacing(0)
        told.addWidget(self.sentence)
        told.addWidget(self.case)
        told.addStretch(1)  # the first line beside the badge
        top.addLayout(told, 1)
        for button in (self.cancel_button, self.compare_button):
            top.addWidget(button, alignment=Qt.AlignmentFlag.AlignTop)
        options = QHBoxLayout()
        options.setSpacing(SPACING)
        options.addWidget(self._label("Optimisation", self.levels_choice))
        options.addWidget(self.levels_choice)
        options.addSpacing(SPACING)
        options.addWidget(self._label("Memory", self.memory))
        options.addWidget(self.memory)
        options.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addLayout(top)
        column.addLayout(options)
        column.addWidget(self._progress)

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels of optimisation to compare at."""
        return _LEVELS[self.levels_choice.value]

    @property
    def memory_bytes(self) -> int:
        """What intermediate values may take at once."""
        return self.memory.value() << 20

    def show_state(self, state: LayersState, problem: str, case: str, other: str) -> None:
        """Bring badge, sentence, buttons and progress in line.

        Args:
            case: What is compared next.
            other: What the rows that are shown are of, if that differs.
        """
        self.case.set_text(f"Case: {case}")
        report = state.report
        is_running = state.is_running
        for button in (self.compare_button, self._empty_button):
            button.setEnabled(not is_running and not problem)
            button.setToolTip(problem or "Alt+F5")
        self.cancel_button.setVisible(is_running)
        self.compare_button.setVisible(not is_running)
        self.empty.set_problem(problem)
        text, message, share = "", None, state.job.fraction
        if is_running:
            status = Status.RUNNING
            if share is None and state.planned:
                share = state.done / state.planned
            came = f"  ·  {state.done:,} of {plural(state.planned, 'value')}" if state.planned else ""
            message = f"{state.job.message}{came}"
        elif state.job.error is not None:
            status = Status.FAILED
        elif state.job.was_cancelled:
            status = Status.CANCELLED
            text = f"Cancelled after {state.done:,} of {plural(state.planned, 'value')}." if state.planned else ""
        elif report is not None:
            status = Status.STALE if state.is_stale else status_of(report.verdict)
            stale = "Out of date: settings, files or the artifact changed since. "
            of = f"Shown is {other}; compare again to see {case}. " if other else ""
            text = f"{stale if state.is_stale else ''}{of}{report.summary}"
        else:
            status = Status.NOT_RUN
        self._progress.show_progress(message, share)
        self.badge.set_status(status)
        self.sentence.setText(text)
        self.sentence.setVisible(bool(text))

    def _label(self, text: str, buddy: QWidget) -> QLabel:
        label = QLabel(text)
        label.setBuddy(buddy)
        return label
