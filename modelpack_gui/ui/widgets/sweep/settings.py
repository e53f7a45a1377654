"""What a sweep tries: runners, files, threads, batch sizes, and how long each cell may take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import QFileDialog, QLabel, QMenu, QVBoxLayout, QWidget

from modelpack_gui.client.recipe_file import relative_to_recipe
from modelpack_gui.core.artifact_formats import SUFFIXES
from modelpack_gui.core.figures import plural
from modelpack_gui.core.records import RunnerSpec
from modelpack_gui.core.runners.titles import runner_title
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import SPACING, icon
from modelpack_gui.ui.models.runner_entries import runner_problem
from modelpack_gui.ui.project.spec_edits import edit_sweep
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.state.sweep import SweepState
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.surroundings import surroundings_of
from modelpack_gui.ui.widgets.basics import IconButton
from modelpack_gui.ui.widgets.flow_layout import FlowLayout
from modelpack_gui.ui.widgets.labelled import labelled
from modelpack_gui.ui.widgets.number_fields import ParsedEdit, SpinField, join, parse_sizes
from modelpack_gui.ui.widgets.status_line import StatusLine


class StayingMenu(QMenu):
    """A menu of boxes to tick, which stays open while they are ticked."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Tick, and stay."""
        action: QAction | None = self.actionAt(event.position().toPoint())
        if action is not None and action.isCheckable():
            action.trigger()  # nothing for one that is disabled
        else:
            super().mouseReleaseEvent(event)


class SweepSettings(QWidget):
    """Edits the recipe's SweepSpec, and shows it as it is now."""

    def __init__(
        self, controller: Controller, state: SweepState, settings: Settings, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("sweep-settings")
        self._controller = controller
        self._state = state
        self._settings = settings
        self.runners = _menu_button("Runners", "benchmark", "sweep-runners", self._fill_runners)
        self.runners.setToolTip("What to try, with every number of threads and every batch size.")
        self.files = _menu_button("Files", "file", "sweep-files", self._fill_files)
        self.files.setToolTip(
            "Files beside the recipe's own artifact, such as INT8 ones: runners that take them run each."
        )
        self.threads = ParsedEdit("Threads", parse_sizes, join)
        self.batches = ParsedEdit("Batch sizes", parse_sizes, join)
        self.threads.setPlaceholderText("1 and all cores")
        self.batches.setPlaceholderText("as the inputs")
        for line, name in ((self.threads, "sweep-threads"), (self.batches, "sweep-batches")):
            line.setObjectName(name)
            line.setMaximumWidth(130)
            line.problem_changed.connect(self._show_problem)
        self.threads.value_edited.connect(
            lambda value: edit_sweep(controller, "change the sweep's threads", "sweep.threads", threads=value)
        )
        self.batches.value_edited.connect(
            lambda value: edit_sweep(
                controller, "change the sweep's batch sizes", "sweep.batch_sizes", batch_sizes=value
            )
        )
        self.iterations = self._spin("Runs a cell", "sweep-iterations", 1, 100_000)
        self.iterations.valueChanged.connect(
            lambda value: edit_sweep(controller, "change runs a cell", "sweep.iterations", iterations=value)
        )
        self.budget = self._spin("Time a cell", "sweep-budget", 0, 3600)
        self.budget.setSuffix(" s")
        self.budget.setSpecialValueText("no limit")
        self.budget.valueChanged.connect(
            lambda value: edit_sweep(
                controller, "change seconds a cell", "sweep.cell_budget_s", cell_budget_s=float(value) or None
            )
        )
        self.count = QLabel("")
        self.count.setObjectName("sweep-count")
        self.count.setProperty("role", "muted")
        place = QWidget()
        flow = FlowLayout(place)
        flow.addWidget(self.runners)
        flow.addWidget(self.files)
        flow.addWidget(labelled(self.threads, "Numbers of threads, such as 1, 2, 4; empty takes 1 and all cores"))
        flow.addWidget(
            labelled(self.batches, "Sizes of the batch axis, such as 1, 8, 32; empty leaves the inputs as they are")
        )
        flow.addWidget(labelled(self.iterations, "Timed runs of a cell; fewer than 500 are a first look"))
        flow.addWidget(labelled(self.budget, "The timed runs of a cell end after this long"))
        flow.addWidget(self.count)
        self.problem = StatusLine(Status.FAILED)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING // 2)
        column.addWidget(place)
        column.addWidget(self.problem)
        self._show_problem()
        self.refresh()

    def refresh(self) -> None:
        """Show the recipe's settings."""
        spec = self._state.spec
        self.runners.setText(f"Runners ({len(spec.runners)})")
        self.files.setText(f"More files ({len(spec.artifacts)})" if spec.artifacts else "More files")
        self.threads.set_value(spec.threads)
        self.batches.set_value(spec.batch_sizes)
        self.iterations.set_value(spec.iterations)
        self.budget.set_value(round(spec.cell_budget_s or 0))
        self.count.setText(plural(len(self._state.cells), "cell"))
        for field in (self.runners, self.files, self.threads, self.batches, self.iterations, self.budget):
            field.setEnabled(not self._state.is_running)

    def _spin(self, label: str, name: str, low: int, high: int) -> SpinField:
        made = SpinField(label, low, high)
        made.setObjectName(name)
        return made

    def _show_problem(self) -> None:
        self.problem.set_text(self.threads.problem or self.batches.problem)
        self.problem.setVisible(bool(self.threads.problem or self.batches.problem))

    # The menus

    def _fill_runners(self, menu: QMenu) -> None:
        controller, spec = self._controller, self._state.spec
        around = surroundings_of(controller)
        offered = {one.key: one for one in spec.runners}
        offered |= {one.key: one for one in controller.recipe.bench.runners}
        offered |= {info.id: RunnerSpec(info.id) for info in around.infos if info.id not in offered}
        for key, one in offered.items():
            problem, advice = runner_problem(one, around)
            is_on = any(key == other.key for other in spec.runners)
            text = runner_title(one, around.infos) + (f" ({problem})" if problem else "")
            action = _box(menu, text, is_on=is_on)
            action.setEnabled(is_on or not problem)
            action.setToolTip(advice)
            action.toggled.connect(lambda is_on, one=one: self._toggle_runner(one, is_on=is_on))

    def _toggle_runner(self, one: RunnerSpec, *, is_on: bool) -> None:
        others = tuple(other for other in self._state.spec.runners if other.key != one.key)
        chosen = (*others, one) if is_on else others
        if chosen:  # the last one stays
            edit_sweep(self._controller, "change the sweep's runners", runners=chosen)

    def _fill_files(self, menu: QMenu) -> None:
        base = self._controller.base
        made = [relative_to_recipe(one.path, base) for one in self._controller.quantize.fresh if one.path]
        for path in dict.fromkeys((*self._state.spec.artifacts, *made)):
            action = _box(menu, PurePath(path).name, is_on=path in self._state.spec.artifacts)
            action.setToolTip(path)
            action.toggled.connect(lambda is_on, path=path: self._toggle_file(path, is_on=is_on))
        if menu.actions():
            menu.addSeparator()
        menu.addAction(icon("open"), "Add a file…").triggered.connect(self._add_file)

    def _toggle_file(self, path: str, *, is_on: bool) -> None:
        others = tuple(other for other in self._state.spec.artifacts if other != path)
        edit_sweep(self._controller, "change the sweep's files", artifacts=(*others, path) if is_on else others)

    def _add_file(self) -> None:
        ends = " ".join(f"*{suffix}" for suffixes in SUFFIXES.values() for suffix in suffixes)
        folder = self._settings.last_folder("artifact")
        path, _ = QFileDialog.getOpenFileName(self, "Add a file to the sweep", folder, f"Models ({ends})")
        if path:
            self._settings.set_last_folder("artifact", path)
            self._toggle_file(relative_to_recipe(path, self._controller.base), is_on=True)


def _menu_button(title: str, picture: str, name: str, fill: Callable[[QMenu], None]) -> IconButton:
    made = IconButton(title, picture)
    made.setObjectName(name)
    menu = StayingMenu(made)
    menu.setToolTipsVisible(True)

    def refill() -> None:
        menu.clear()
        fill(menu)

    menu.aboutToShow.connect(refill)
    made.setMenu(menu)
    return made


def _box(menu: QMenu, text: str, *, is_on: bool) -> QAction:
    made = menu.addAction(text)
    made.setCheckable(True)
    made.setChecked(is_on)
    return made
