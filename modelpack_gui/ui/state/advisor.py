"""Looks ahead of an export: lint for the recipe as it is, by itself; lint and probe for the dialog, when asked."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import ExportSpec, LintReport, LintRequest, ProbeReport, ProbeRequest
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.job_center import JobView
from modelpack_gui.ui.status import Status

DEBOUNCE_MS = 700
TITLE = "Look ahead of the export"

LintAnswered = Callable[[LintReport], None]
ProbeAnswered = Callable[["ProbeReport | None", "ErrorInfo | None"], None]
Progressed = Callable[[str], None]


class Advisor(QObject):
    """Keeps the findings for the recipe, and asks anew when what they rest on changes.

    It asks only while the model is loaded as it is set now: a recipe that cannot be loaded has nothing to look at. It
    waits while a stage runs.

    Attributes:
        report: The last findings; None before the first.
        error: Why the last look gave none.
    """

    changed = Signal()

    def __init__(self, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self.report: LintReport | None = None
        self.error: ErrorInfo | None = None
        self._looked_at: Recipe | None = None  # what report and error are about
        self._job = ""
        self._timer = QTimer(self, singleShot=True, interval=DEBOUNCE_MS)
        self._timer.timeout.connect(self._look)
        controller.recipe_changed.connect(self._on_changed)
        controller.stage_changed.connect(self._on_changed)
        controller.project_changed.connect(self._on_changed)
        self._on_changed()

    @property
    def is_running(self) -> bool:
        """Whether it looks now."""
        return bool(self._job)

    @property
    def is_stale(self) -> bool:
        """Whether the findings are about other settings than those there are now."""
        return self._looked_at is not None and _basis(self._looked_at) != _basis(self._controller.recipe)

    def lint(self, spec: ExportSpec, answered: LintAnswered) -> None:
        """Look at other options for the same model; `answered` is not called where there is nothing to say."""
        recipe = self._controller.recipe
        if not self._is_loaded:
            return

        def ended(report: LintReport | None, _error: ErrorInfo | None) -> None:
            if report is not None:
                answered(report)

        request = LintRequest(recipe.source, recipe.inputs, spec)
        self._controller.ask("lint", request, TITLE, LintReport, ended)

    def probe(self, answered: ProbeAnswered, progressed: Progressed) -> Callable[[], None]:
        """Find which sizes the model takes; gives what cancels it. `answered` gets two Nones if it was cancelled."""
        controller, recipe = self._controller, self._controller.recipe

        def moved(view: JobView) -> None:
            if view.id == job and view.ended_s is None and view.message:
                progressed(view.message)

        def ended(report: ProbeReport | None, error: ErrorInfo | None) -> None:
            controller.jobs.job_changed.disconnect(moved)
            answered(report, None if error is not None and error.code == "cancelled" else error)

        job = ""
        controller.jobs.job_changed.connect(moved)
        request = ProbeRequest(recipe.source, recipe.inputs)
        job = controller.ask("probe", request, "Probe sizes", ProbeReport, ended)
        return lambda: controller.jobs.cancel(job)

    @property
    def _is_loaded(self) -> bool:
        controller = self._controller
        status = controller.state(Stage.SOURCE).status
        return controller.is_trusted and not controller.source.is_onnx and status in (Status.PASSED, Status.WARNING)

    def _on_changed(self, _stage: object = None) -> None:
        recipe = self._controller.recipe
        if self._looked_at is not None and self._looked_at.source != recipe.source:
            self.report, self.error, self._looked_at = None, None, None  # of another model
        is_new = self._looked_at is None or self.is_stale
        if is_new and self._is_loaded and recipe.inputs and not self._job:
            self._timer.start()
        self._controller.put_findings(self.report.findings if self.report is not None else ())
        self.changed.emit()

    def _look(self) -> None:
        controller = self._controller
        if controller.is_busy or self._job or not self._is_loaded:
            return  # the end of the stage comes here again
        recipe = controller.recipe

        def ended(report: LintReport | None, error: ErrorInfo | None) -> None:
            self._job, self._looked_at = "", recipe
            self.report, self.error = report, error
            self._on_changed()

        request = LintRequest(recipe.source, recipe.inputs, recipe.export)
        self._job = controller.ask("lint", request, TITLE, LintReport, ended)
        self.changed.emit()


def _basis(recipe: Recipe) -> tuple[object, ...]:
    """What findings rest on: where the file goes and what its tensors are called are no part of it."""
    export = dataclasses.replace(recipe.export, output_path="", input_names=(), output_names=())
    return (recipe.interpreter, recipe.source, recipe.inputs, export)
