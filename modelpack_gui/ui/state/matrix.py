"""The export matrix of one window: its cells as they come, and those that an earlier run has kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from modelpack_gui.client.matrix_store import MatrixStore, fingerprint_of, is_current, take_artifact
from modelpack_gui.client.recipe_run import resolved_interpreter
from modelpack_gui.core import matrix
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.events import Failed, Partial, TerminalEvent
from modelpack_gui.core.locations import located
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import MatrixCell, MatrixChoice, MatrixReport, MatrixRequest, MatrixSpec
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.job_center import JobView
from modelpack_gui.ui.status import Status


class MatrixState(QObject):
    """What the matrix view shows and may ask for.

    Attributes:
        cells: In the order they were asked for.
        stale: Kept cells that were made from something else than what the recipe says now.
        recommended: None while none can be used.
        reason: Why that one, or why none; empty while nothing has run.
        error: Why the last run could not go on at all.
        message, fraction: What is being done while it runs.
    """

    changed = Signal()

    def __init__(self, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self.cells: dict[MatrixChoice, MatrixCell] = {}
        self.stale: frozenset[MatrixChoice] = frozenset()
        self.recommended: MatrixChoice | None = None
        self.reason = ""
        self.error: ErrorInfo | None = None
        self.message = ""
        self.fraction: float | None = None
        self._job = ""
        self._project: Path | None = None
        controller.jobs.partial_added.connect(self._on_partial)
        controller.jobs.job_changed.connect(self._on_job_changed)
        controller.project_changed.connect(self._on_project_changed)
        controller.recipe_changed.connect(self._on_recipe_changed)
        controller.capabilities_changed.connect(self.refresh_kept)
        self._made_from: MatrixRequest | None = None
        self._on_project_changed()

    @property
    def is_running(self) -> bool:
        """Whether cells run or wait."""
        return bool(self._job)

    @property
    def problem(self) -> str:
        """Why it cannot be run now, in one sentence; empty if it can."""
        return self._controller.problem(Stage.EXPORT)

    def start(self, choices: Iterable[MatrixChoice], workers: int = 0, *, is_fresh: bool = False) -> None:
        """Run what is missing of some cells."""
        controller = self._controller
        if self.is_running:
            return
        if not controller.is_trusted:
            controller.trust_wanted.emit()
            return
        request = self._request(tuple(choices), workers, is_fresh=is_fresh)
        self.cells = {choice: MatrixCell(choice, "waiting") for choice in request.matrix.choices}
        self.stale, self.recommended, self.reason, self.error = frozenset(), None, "", None
        self.message, self.fraction = "Looking at what is there", None
        self._made_from = request
        project = self._project

        def ended(event: TerminalEvent) -> None:
            if project == self._project and self._made_from is request:
                self._on_ended(event)

        recipe = controller.recipe
        interpreter = resolved_interpreter(recipe.interpreter.path, controller.base)
        self._job = "starting"  # a client may answer before it gives the job's name
        job = controller.jobs.run(
            "matrix", request, "Export matrix", ended, interpreter=interpreter, base=controller.base
        )
        if self._job and controller.jobs.is_running(job):
            self._job = job
        self.changed.emit()

    def run_again(self, *, is_fresh: bool) -> None:
        """Run the cells that are shown: all of them, or what is missing, was cancelled or crashed."""
        self.start(self.cells, is_fresh=is_fresh)

    def cancel(self) -> None:
        """Stop; the finished cells stay."""
        if self._job:
            self.message = "Cancelling"
            self._controller.jobs.cancel(self._job)
            self.changed.emit()

    def use(self, cell: MatrixCell) -> None:
        """Make the options of a cell those of the recipe, as one edit, and its artifact the recipe's own."""
        controller = self._controller
        asked = matrix.options_of(cell.choice, controller.recipe.export)
        recipe = dataclasses.replace(controller.recipe, export=asked)
        controller.edit(recipe, f"use {matrix.title(cell.choice)}")
        if cell.export is None or cell.choice in self.stale or asked.post_steps or asked.draft_report:
            controller.run(Stage.EXPORT)  # what it asks for is more than what the cell has made
            return
        try:
            record = take_artifact(cell.export, asked, located(controller.base, asked.output_path))
        except UserError as error:
            controller.message_raised.emit(error.info)
            return
        controller.adopt_export(record)

    def refresh_kept(self) -> None:
        """Show what an earlier run has kept, and which of it is out of date."""
        controller = self._controller
        if self.is_running or controller.path is None or not controller.recipe.export.output_path:
            return
        kept = MatrixStore(controller.base, controller.recipe.export).read()
        if not kept:
            return
        self.cells = {choice: kept[choice].cell for choice in matrix.table_order(kept)}
        self._made_from = request = self._request(tuple(kept))
        self.stale = frozenset(kept)
        if controller.capabilities is not None:
            fingerprint = fingerprint_of(request, controller.capabilities, controller.base)
            self.stale = frozenset(choice for choice, item in kept.items() if not is_current(item, fingerprint))
        self._recommend()
        self.changed.emit()

    def _request(
        self, choices: tuple[MatrixChoice, ...], workers: int = 0, *, is_fresh: bool = False
    ) -> MatrixRequest:
        recipe = self._controller.recipe
        return MatrixRequest(
            source=recipe.source,
            inputs=recipe.inputs,
            export=recipe.export,
            parity=recipe.parity,
            matrix=MatrixSpec(choices, workers),
            input_sets=recipe.input_sets,
            is_fresh=is_fresh,
        )

    def _recommend(self) -> None:
        cells = [cell for cell in self.cells.values() if cell.choice not in self.stale]
        over = [cell for cell in cells if cell.is_over]
        self.recommended, self.reason = matrix.recommend(over, self._controller.recipe.export)
        if self.cells and not cells:
            self.recommended, self.reason = None, ""

    def _on_partial(self, event: Partial) -> None:
        if event.job == self._job or self._job == "starting":
            cell = event.result
            assert isinstance(cell, MatrixCell)
            self.cells[cell.choice] = cell
            self._recommend()
            self.changed.emit()

    def _on_job_changed(self, view: JobView) -> None:
        if view.id == self._job and view.status is Status.RUNNING:
            self.message, self.fraction = view.message, view.fraction
            self.changed.emit()

    def _on_ended(self, event: TerminalEvent) -> None:
        self._job, self.message, self.fraction = "", "", None
        if isinstance(event, Failed):
            self.error = event.error
            self.cells = {choice: cell for choice, cell in self.cells.items() if cell.is_over}
        elif isinstance(event.result, MatrixReport):
            report = event.result
            self.cells = {cell.choice: cell for cell in report.cells}
            self.recommended, self.reason = report.recommended, report.reason
        self.changed.emit()

    def _on_recipe_changed(self) -> None:
        """An edit that concerns what the cells were made from makes all of them out of date; undoing it does not."""
        if self.is_running or self._made_from is None or not self.cells:
            return
        now = self._request(self._made_from.matrix.choices)
        if _settings(now) != _settings(self._made_from):
            self.stale = frozenset(self.cells)
            self._recommend()
            self.changed.emit()
        elif self.stale:
            self.refresh_kept()

    def _on_project_changed(self) -> None:
        if self._controller.path == self._project and self.cells:
            return  # saved, or trusted
        self._project = self._controller.path
        if self._job:
            self._controller.jobs.cancel(self._job)
        self._job, self.cells, self.stale, self._made_from = "", {}, frozenset(), None
        self.recommended, self.reason, self.error, self.message = None, "", None, ""
        self.refresh_kept()
        self.changed.emit()


def _settings(request: MatrixRequest) -> tuple[object, ...]:
    shared = matrix.shared_options(request.export)
    return (request.source, request.inputs, shared, request.parity, request.input_sets)
