"""What all stage pages share: header, verdict, and the drawn states empty, working and failed."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import Result
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import GROUP_SPACING, PAGE_MARGIN, SPACING, title_font
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import IconButton, StatusBadge, wrapped_label
from modelpack_gui.ui.widgets.empty_state import EmptyState
from modelpack_gui.ui.widgets.error_panel import ErrorPanel
from modelpack_gui.ui.widgets.progress_line import ProgressLine

RUN_TEXT = {
    Stage.SOURCE: "Load model",
    Stage.EXPORT: "Export",
    Stage.GRAPH: "Read graph",
    Stage.CHECK: "Check artifact",
    Stage.PARITY: "Compare",
    Stage.QUANTIZE: "Quantise",
    Stage.BENCH: "Benchmark",
}


class StagePage(QWidget):
    """A page: title, badge and primary button; one sentence; failure; the content or the empty state.

    A subclass puts its widgets in `content` (a QVBoxLayout), draws a result in `show_result`, and says what the empty
    state tells in `empty_text`. `always_content` pages (forms) have no empty state. The base calls `refresh` whenever
    the stage's state or the project changes; subclasses extend it for their own needs.
    """

    stage: Stage
    icon_name = ""
    empty_text = ""
    always_content = False

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.controller = controller
        self.setObjectName(f"page-{self.stage.name.lower()}")
        self._drawn: Result | None = None

        title = QLabel(self.stage.label)
        title.setFont(title_font())
        self.badge = StatusBadge()
        self.run_button = IconButton(RUN_TEXT[self.stage], "run", "primary")
        self.run_button.setObjectName(f"run-{self.stage.name.lower()}")
        self.run_button.clicked.connect(lambda: controller.run(self.stage))
        self.cancel_button = IconButton("Cancel", "cancel")
        self.cancel_button.setObjectName(f"cancel-{self.stage.name.lower()}")
        self.cancel_button.clicked.connect(lambda: controller.cancel(self.stage))
        self.header = QHBoxLayout()
        self.header.setSpacing(SPACING)
        self.header.addWidget(title)
        self.header.addSpacing(SPACING)
        self.header.addWidget(self.badge)
        self.header.addStretch(1)
        self.header.addWidget(self.cancel_button)
        self.header.addWidget(self.run_button)

        self.sentence = wrapped_label("", is_selectable=True)
        self.sentence.setObjectName("verdict-sentence")
        self._progress = ProgressLine()
        self.error_panel = ErrorPanel(controller, self.stage)

        inner = QWidget()
        self.content = QVBoxLayout(inner)
        self.content.setContentsMargins(0, 0, 0, 0)
        self.content.setSpacing(GROUP_SPACING)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._make_empty())
        self._stack.addWidget(inner)

        column = QVBoxLayout(self)
        column.setContentsMargins(PAGE_MARGIN, GROUP_SPACING, PAGE_MARGIN, GROUP_SPACING)
        column.setSpacing(SPACING)
        column.addLayout(self.header)
        column.addWidget(self.sentence)
        column.addWidget(self._progress)
        column.addWidget(self.error_panel)
        column.addSpacing(SPACING // 2)
        column.addWidget(self._stack, 1)

        controller.stage_changed.connect(self._on_stage_changed)
        controller.project_changed.connect(self.refresh)

    # For subclasses

    def show_result(self, result: Result) -> None:
        """Draw a result. Called once for each."""
        raise NotImplementedError

    def sentence_for(self, result: Result) -> str:
        """The verdict in one plain sentence."""
        raise NotImplementedError

    def show_partial(self) -> bool:
        """Whether there is something to draw without a result (live samples)."""
        return False

    def reveal(self, subject: object) -> None:
        """Bring a record of this stage's result into view; the page itself is what shows a failure."""

    def show_per_node(self) -> None:
        """Show the tab of what this stage finds of each node, if it has one; how it is measured is said there."""

    def refresh(self) -> None:
        """Bring everything in line with the stage's state."""
        state = self.controller.state(self.stage)
        is_running = state.is_under_way
        problem = self.controller.problem(self.stage)
        self.badge.set_status(state.status)
        self.run_button.setEnabled(not is_running and not problem)
        self.run_button.setToolTip(problem or "F5")
        self._empty_run.setEnabled(not is_running and not problem)
        self._empty_run.setToolTip(problem)
        self._empty.set_problem(problem)
        self.cancel_button.setVisible(is_running)
        self._progress.show_progress(state.message if is_running else None, state.fraction)
        error = None if is_running else state.error
        if error is not None and state.status is Status.STALE:
            error = dataclasses.replace(error, message=f"Before the last change: {error.message}")
        had_focus = self.error_panel.isAncestorOf(QApplication.focusWidget() or self)
        self.error_panel.show_error(error)
        if had_focus and error is None:  # a fix was pressed: the focus stays on the page
            (self.cancel_button if is_running else self.run_button).setFocus(Qt.FocusReason.OtherFocusReason)
        has_content = state.result is not None or self.always_content or self.show_partial()
        self._stack.setCurrentIndex(1 if has_content else 0)
        if state.result is not None:
            if state.result is not self._drawn:
                self._drawn = state.result
                self.show_result(state.result)
            sentence = self.sentence_for(state.result)
            if state.status is Status.STALE:
                sentence = f"Out of date: settings, files or the artifact changed since. {sentence}"
            elif state.error is not None and not is_running:
                sentence = f"Before that: {sentence}"
            self.sentence.setText(sentence)
        else:
            self._drawn = None
        self.sentence.setVisible(state.result is not None and bool(self.sentence.text()))

    def _on_stage_changed(self, stage: Stage) -> None:
        if stage is self.stage or stage is Stage.EXPORT:
            self.refresh()

    def _make_empty(self) -> EmptyState:
        self._empty_run = IconButton(RUN_TEXT[self.stage], "run")
        self._empty_run.clicked.connect(lambda: self.controller.run(self.stage))
        self._empty = EmptyState(self.icon_name, self.empty_text, self._empty_run)
        return self._empty
