"""The sweep of one window: its cells as they come, and those that an earlier run has kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from modelpack_gui.client.sweep_store import Fingerprints, SweepStore, sweep_folder
from modelpack_gui.core import sweep
from modelpack_gui.core.locations import is_file, located
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import (
    Request,
    RunnerSpec,
    SweepCell,
    SweepChoice,
    SweepReport,
    SweepRequest,
    SweepSpec,
)
from modelpack_gui.core.runners.titles import runner_title
from modelpack_gui.core.sweep import CellKey, key_of
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.project.jobs import ProjectJobs
from modelpack_gui.ui.state.side_job import SideJob
from modelpack_gui.ui.surroundings import infos_of

_STALE = "Out of date: the settings or the model changed since these cells were measured."


class SweepState(QObject):
    """What the sweep view shows and may ask for.

    Attributes:
        cells: All that the recipe asks for, in the order of the table; those without figures wait.
        stale: Keys of kept cells that were made from something else than what the recipe says now.
        job: The sweep that runs, and how the last one ended.
    """

    changed = Signal()

    def __init__(self, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self.cells: dict[CellKey, SweepCell] = {}
        self.stale: frozenset[CellKey] = frozenset()
        self._project_jobs = ProjectJobs(controller.project, controller.jobs)
        self.job = SideJob(controller.jobs, self._project_jobs, self)
        self.job.changed.connect(self.changed)
        self.job.part_came.connect(self._on_part)
        self.job.ended.connect(self._on_ended)
        controller.project.leaving.connect(self._on_leaving)
        for signal in (controller.project_changed, controller.recipe_changed, controller.capabilities_changed):
            signal.connect(self.refresh)
        self.refresh()

    @property
    def spec(self) -> SweepSpec:
        """The recipe's."""
        return self._controller.recipe.sweep

    @property
    def is_running(self) -> bool:
        """Whether cells run or wait."""
        return self.job.is_running

    @property
    def problem(self) -> str:
        """Why it cannot be run now, in one sentence; empty if it can."""
        return self._controller.problem(Stage.BENCH)

    @property
    def measured(self) -> tuple[SweepCell, ...]:
        """Cells with figures that are up to date."""
        return tuple(cell for key, cell in self.cells.items() if cell.summary is not None and key not in self.stale)

    @property
    def missing(self) -> int:
        """Cells that a run would measure: those that wait, ended early or are out of date."""
        return sum(
            cell.outcome not in ("measured", "failed") or key in self.stale for key, cell in self.cells.items()
        )

    @property
    def sentence(self) -> str:
        """What was found so far; empty while nothing was."""
        over = [cell for key, cell in self.cells.items() if sweep.is_over(cell) and key not in self.stale]
        if not over:
            return _STALE if self.stale else ""
        found = sweep.summary(over)
        if self.is_running:
            return f"So far: {found}"
        return f"{found} {len(self.stale)} of {len(self.cells)} cells are out of date." if self.stale else found

    def start(self, *, is_fresh: bool = False) -> None:
        """Run what is missing, or all of it anew."""
        if self.is_running or self.problem:
            return
        if not self._controller.is_trusted:
            self._controller.trust_wanted.emit()
            return
        if is_fresh:
            self.cells = {key: _waiting(cell) for key, cell in self.cells.items()}
        request: Request = self._request(is_fresh=is_fresh)
        self.job.start("sweep", request, "Sweep")

    def cancel(self) -> None:
        """Stop; the finished cells stay."""
        self.job.cancel()

    def refresh(self) -> None:
        """Show what the recipe asks for, with what an earlier run has kept of it."""
        if self.is_running:
            return
        controller = self._controller
        capabilities = controller.capabilities
        infos = infos_of(controller)
        cores = capabilities.cores if capabilities is not None else 1
        choices = sweep.choices(self.spec, infos, cores=cores)
        before = self.cells
        kept = SweepStore(Path(self._folder)).read() if self._folder else {}
        self.cells, stale = {}, set()
        prints = None
        if kept and capabilities is not None:
            prints = Fingerprints(self._request(), capabilities, controller.base)
        for choice in choices:
            key = key_of(choice)
            old = kept.get(key)
            if old is not None:
                self.cells[key] = self._titled(old.cell)
                if prints is None or old.fingerprint != prints.of(choice):
                    stale.add(key)
            elif key in before and before[key].outcome in ("crashed", "timed_out"):
                self.cells[key] = before[key]  # of this session: not worth keeping, but worth reading
            else:
                self.cells[key] = SweepCell(choice, runner_title(choice.runner, infos), "waiting")
        self.stale = frozenset(stale)
        self.changed.emit()

    def measure_properly(self, cells: Sequence[SweepCell]) -> None:
        """Put the runners of cells into the benchmark, with the threads and the batch size of the first."""
        if not cells:
            return
        recipe = self._controller.recipe
        there = {one.key for one in recipe.bench.runners}
        new: dict[str, RunnerSpec] = {
            cell.choice.runner.key: cell.choice.runner for cell in cells if cell.choice.runner.key not in there
        }
        first: SweepChoice = cells[0].choice
        bench = dataclasses.replace(
            recipe.bench,
            runners=(*recipe.bench.runners, *new.values()),
            threads=first.threads,
            batch_size=first.batch_size,
        )
        self._controller.edit(dataclasses.replace(recipe, bench=bench), "measure a cell of the sweep")

    # Inside

    @property
    def _folder(self) -> str:
        """Where cells are kept; empty for a recipe that has no place yet."""
        controller = self._controller
        return str(sweep_folder(controller.base, controller.recipe.export)) if controller.path is not None else ""

    def _request(self, *, is_fresh: bool = False) -> SweepRequest:
        controller, recipe = self._controller, self._controller.recipe
        artifact = controller.artifact_path
        if not artifact and recipe.export.output_path:
            found = located(controller.base, recipe.export.output_path)
            artifact = str(found) if is_file(found) else ""
        return sweep.request_of(recipe, artifact, self._folder, is_fresh=is_fresh)

    def _titled(self, cell: SweepCell) -> SweepCell:
        infos = infos_of(self._controller)
        return dataclasses.replace(cell, title=runner_title(cell.choice.runner, infos)) if infos else cell

    def _on_part(self, part: object) -> None:
        if isinstance(part, SweepCell):
            key = key_of(part.choice)
            self.cells[key] = part
            self.stale = self.stale - {key}
            self.changed.emit()

    def _on_ended(self, result: object) -> None:
        if isinstance(result, SweepReport):
            self.cells = {key_of(cell.choice): cell for cell in result.cells}
            self.stale = frozenset()
        else:
            self.cells = {
                key: _waiting(cell) if cell.outcome == "running" else cell for key, cell in self.cells.items()
            }
        self.changed.emit()

    def _on_leaving(self) -> None:
        self.job.forget()
        self._project_jobs.forget()
        self.cells, self.stale = {}, frozenset()


def _waiting(cell: SweepCell) -> SweepCell:
    return SweepCell(cell.choice, cell.title, "waiting")
