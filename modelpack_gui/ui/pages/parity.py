"""The parity page: does the artifact compute what the model computes, at every size, seed and kind of value?"""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from modelpack_gui.core import pipeline
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.figures import plural
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import CaseChoice, LayerFault, ParityReport, ParityRequest, Result
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.models.parity_inspection import inspect_case, inspect_output
from modelpack_gui.ui.models.parity_text import live_text
from modelpack_gui.ui.pages.base import RUN_TEXT, StagePage
from modelpack_gui.ui.project.spec_edits import edit_parity
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.state.parity_left import cases_left, go_on, is_live
from modelpack_gui.ui.state.parity_runs import with_cases
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import IconButton
from modelpack_gui.ui.widgets.parity.overview import ParityOverview
from modelpack_gui.ui.widgets.parity.settings import ParitySettings
from modelpack_gui.ui.widgets.parity.tabs import LAYERS, ParityTabs
from modelpack_gui.ui.widgets.parity.verdict import VerdictDetails

LIVE_INTERVAL_MS = 100
INSPECT_DELAY_MS = 120
"""What is chosen is inspected at once; while it is judged anew, as a slider is dragged, only when that rests."""


class ParityPage(StagePage):
    """Verdict and where a difference comes from; tolerances; below them, in tabs, the proof and its values."""

    stage = Stage.PARITY
    icon_name = "parity"
    empty_text = (
        "Runs the model and the artifact on the same inputs, at several sizes and seeds, and compares every output "
        "element by element."
    )

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(controller, parent)
        self._report: ParityReport | None = None
        self._given: Result | None = None  # what the report on screen was judged from
        self._is_live_shown = False
        self._inspected: tuple[object, str] | None = None  # a case and the name of an output
        self._live_timer = QTimer(self, singleShot=True, interval=LIVE_INTERVAL_MS)
        self._live_timer.timeout.connect(self.refresh)
        self._inspect_timer = QTimer(self, singleShot=True, interval=INSPECT_DELAY_MS)
        self._inspect_timer.timeout.connect(self._inspect)
        self._add_to_header()
        self.details = VerdictDetails()
        self.settings = ParitySettings(controller, settings)
        self.settings.dragging_changed.connect(self._hold_head)
        self.fields, self.problem = self.settings.fields, self.settings.problem
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        column.insertWidget(column.indexOf(self.sentence) + 1, self.details)
        column.insertWidget(column.count() - 1, self.settings)  # it can be changed before the first run
        column.insertSpacing(column.count() - 1, SPACING // 2)
        self.overview = ParityOverview(controller, settings)
        self.overview.selected.connect(self._on_selected)
        self.tabs = ParityTabs(controller, settings, self.overview)
        self.tabs.values_wanted.connect(self._run_again)
        self.content.addWidget(self.tabs, 1)
        controller.recipe_changed.connect(self._on_recipe_changed)
        controller.parity.changed.connect(self._on_cases_changed)
        self._on_recipe_changed()
        self.refresh()

    # What the base asks for

    def show_result(self, result: Result) -> None:
        """Draw a report; of a new one the gravest cell is selected, of one judged anew what was before."""
        assert isinstance(result, ParityReport)
        given = self.controller.states.given(self.stage)
        is_same = given is self._given and not self._is_live_shown
        self._report, self._given, self._is_live_shown = result, given, False
        self.tabs.set_report(result)
        self.overview.show_report(result, keeps=is_same)

    def reveal(self, subject: object) -> None:
        """Unfold an explanation, or show the fault of the comparison layer by layer."""
        if isinstance(subject, LayerFault):
            self.tabs.reveal(subject)
            return
        self.tabs.setCurrentWidget(self.overview)
        self.overview.reveal(subject)

    def show_per_node(self) -> None:
        """Layer by layer."""
        self.tabs.setCurrentIndex(LAYERS)

    def show_partial(self) -> bool:
        """Cases came that are in no report."""
        return self._is_live

    def refresh(self) -> None:
        """Also whether fixes can be pressed, and the cases of a run that is on."""
        if self.controller.result(self.stage, ParityReport) is None:
            self._report = self._given = None
        if not self._is_live and self._is_live_shown:
            self._drawn = None  # the report is to be drawn again
        super().refresh()
        is_under_way = self.controller.state(self.stage).is_under_way
        self.overview.explanations.set_fixes_enabled(is_enabled=not is_under_way)
        if self._is_live:
            self._show_live()
        report = None if self._is_live else self._report
        self.details.show_report(report)
        self.settings.show_report(report)
        self._show_go_on()

    def sentence_for(self, result: Result) -> str:
        """The report's own."""
        assert isinstance(result, ParityReport)
        is_running = self.controller.state(self.stage).status is Status.RUNNING
        return f"Previous result: {result.summary}" if is_running else result.summary

    def hideEvent(self, event: QHideEvent) -> None:
        """What is not looked at is not inspected either."""
        self._inspect_timer.stop()
        super().hideEvent(event)

    def _hold_head(self, is_held: bool) -> None:
        """A slider must not slip away under the pointer when the sentence above it becomes shorter."""
        for widget in (self.sentence, self.details):
            widget.setMinimumHeight(widget.height() if is_held and widget.isVisible() else 0)

    # Sweeping, and going on

    def _add_to_header(self) -> None:
        self.sweep = QCheckBox("Sweep")
        self.sweep.setObjectName("parity-sweep")
        self.sweep.setToolTip(
            "Also try more sizes of each dimension, pairs of them, and extreme values, as long as Cases allows"
        )
        self.sweep.clicked.connect(
            lambda: edit_parity(self.controller, "change the sweep", sweep=self.sweep.isChecked())
        )
        self.go_on = IconButton("Go on", "run")
        self.go_on.setObjectName("parity-go-on")
        self.go_on.setToolTip("Run the cases that are left; those that ran are kept")
        self.go_on.clicked.connect(lambda: go_on(self.controller))
        place = self.header.indexOf(self.run_button)
        self.header.insertWidget(place, self.go_on)
        self.header.insertWidget(place, self.sweep)

    def _on_recipe_changed(self) -> None:
        is_sweep = self.controller.recipe.parity.sweep
        self.sweep.setChecked(is_sweep)
        for button in (self.run_button, self._empty_run):
            button.setText("Sweep" if is_sweep else RUN_TEXT[self.stage])

    def _show_go_on(self) -> None:
        left = cases_left(self.controller)
        self.go_on.setVisible(left > 0)
        self.go_on.setText(f"Go on ({left} left)")

    # While it runs

    @property
    def _is_live(self) -> bool:
        return is_live(self.controller)

    def _on_cases_changed(self) -> None:
        if not self._live_timer.isActive():
            self._live_timer.start()

    def _show_live(self) -> None:
        runs = self.controller.parity
        self._is_live_shown = True
        self.tabs.set_report(None)
        self.overview.show_cases(runs.cases, is_sweep=self.controller.recipe.parity.sweep)
        is_running = self.controller.state(self.stage).status is Status.RUNNING
        self.sentence.setText(live_text(runs.cases, runs.planned, is_running=is_running))
        self.sentence.show()

    # Selecting

    def _on_selected(self) -> None:
        case, output = self.overview.case, self.overview.output
        if case is None:
            return
        self.tabs.show_selected(case, output)
        chosen = (case.choice.key, output.name if output is not None else "")
        if chosen == self._inspected:
            self._inspect_timer.start()
        else:
            self._inspected = chosen
            self._inspect()

    def _inspect(self) -> None:
        self._inspect_timer.stop()
        case, output = self.overview.case, self.overview.output
        if case is not None:
            shown = inspect_case(case) if output is None else inspect_output(case, output)
            self.controller.inspect(shown, self.stage)

    def _run_again(self, choice: CaseChoice) -> None:
        """The arrays of a case were not kept: run it alone, and put it in the place of what is known of it."""
        controller = self.controller
        request = pipeline.request_for(
            self.stage, controller.recipe, controller.artifact_path, folder=controller.parity.folder_beside()
        )
        assert isinstance(request, ParityRequest)
        given = controller.states.given(self.stage)

        def answered(found: ParityReport | None, error: ErrorInfo | None) -> None:
            if error is not None:
                controller.message_raised.emit(error)
            if found is None or controller.states.given(self.stage) is not given:
                return
            assert isinstance(given, ParityReport)
            self._given = with_cases(given, found.cases)
            controller.states.add_to(self.stage, self._given)

        title = f"Values of {plural(1, 'case')}"
        controller.ask("parity", dataclasses.replace(request, only=(choice,)), title, ParityReport, answered)
