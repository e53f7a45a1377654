"""The runners of a benchmark: a chip each, and what can be added to them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from modelpack_gui.client.recipe_file import relative_to_recipe
from modelpack_gui.core.artifact_formats import SUFFIXES
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import RunnerSpec
from modelpack_gui.core.runners.titles import info_of
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.dialogs.runner_options import RunnerOptionsDialog
from modelpack_gui.ui.look.runner_colors import keys_of
from modelpack_gui.ui.look.theme import SPACING, icon
from modelpack_gui.ui.models.runner_entries import (
    Surroundings,
    runner_entry,
    runner_offers,
    runners_for_file,
)
from modelpack_gui.ui.project.spec_edits import edit_bench
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.state.quantize import runner_of
from modelpack_gui.ui.state.runner_choices import RunnerChoices
from modelpack_gui.ui.surroundings import surroundings_of
from modelpack_gui.ui.widgets.basics import IconButton
from modelpack_gui.ui.widgets.bench.runner_chip import RunnerChip
from modelpack_gui.ui.widgets.flow_layout import FlowLayout

_SUFFIXES = tuple(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)
_FILTER = f"Models ({' '.join(f'*{suffix}' for suffix in _SUFFIXES)});;All files (*)"


class RunnerList(QWidget):
    """Edits the recipe's runners. Model files can be dropped on it."""

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runner-list")
        self.setAccessibleName("Runners")
        self.setAcceptDrops(True)
        self._controller = controller
        self._settings = settings
        self.choices = RunnerChoices(controller, self)
        self.chips: dict[str, RunnerChip] = {}
        self.dialog: RunnerOptionsDialog | None = None
        self.add_button = IconButton("Add runner", "add", "link")
        self.add_button.setObjectName("add-runner")
        self.add_menu = QMenu(self.add_button)
        self.add_menu.setToolTipsVisible(True)
        self.add_menu.aboutToShow.connect(self._fill_menu)
        self.add_button.setMenu(self.add_menu)
        self._variants_menu = QMenu("Quantised variants", self.add_menu)
        self._variants_menu.setIcon(icon("quantize"))
        self._variants_menu.setToolTipsVisible(True)
        self.add_button.setStyleSheet("QPushButton::menu-indicator { image: none; }")
        self._flow = FlowLayout(self, SPACING)
        self._flow.addWidget(self.add_button)
        self.choices.changed.connect(self._show)
        controller.capabilities_changed.connect(self._show)
        controller.stage_changed.connect(self._on_stage_changed)
        self._show()

    @property
    def around(self) -> Surroundings:
        """What runners can be given here."""
        return surroundings_of(self._controller)

    def edit_options(self, key: str) -> None:
        """Ask for the options of a runner in the list."""
        self._ask(self._spec(key), lambda spec: self.choices.replace(key, spec), but=key)

    def add_copy(self, key: str) -> None:
        """Ask for the options of another one like it."""
        self._ask(self._spec(key), lambda spec: self.choices.add(spec, key))

    def add_runner(self, runner: str) -> None:
        """Add a runner of the registry; asks for options where it is in the list already, or has no file to run."""
        spec = RunnerSpec(runner)
        is_there = any(one.key == spec.key for one in self.choices.specs)
        info = info_of(runner, self.around.infos)
        lacks_file = info is not None and info.needs_artifact not in ("", self.around.artifact_format)
        if (is_there and spec.key in self.choices.on) or lacks_file:
            self._ask(spec, self.choices.add)
        else:
            self.choices.add(spec)

    def add_file(self, path: str) -> None:
        """Add the runner that takes a file."""
        controller = self._controller
        self._settings.set_last_folder("runner-file", path)
        found = runners_for_file(path, self.around.infos)
        if not found:
            name = Path(path).name
            info = ErrorInfo(
                "runner-file-unknown",
                f"No runner here takes {name}.",
                "Choose an .onnx file, a TorchScript file (.pt) or an exported program (.pt2).",
            )
            controller.message_raised.emit(info)
            return
        self.choices.add(RunnerSpec(found[0].id, artifact=relative_to_recipe(path, controller.base)))

    def browse(self) -> None:
        """Ask for a file from disk."""
        dialog = QFileDialog(self, "Add a model file", self._settings.last_folder("runner-file"), _FILTER)
        dialog.setObjectName("runner-file-dialog")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self._add_files)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _add_files(self, paths: list[str]) -> None:
        for path in paths:
            self.add_file(path)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take model files."""
        if _dropped(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add them."""
        event.acceptProposedAction()
        self._add_files(_dropped(event))

    # Showing

    def _show(self) -> None:
        choices, around = self.choices, self.around
        bench = self._controller.recipe.bench
        keys = keys_of(bench, (one.key for one in choices.specs))
        entries = {
            one.key: runner_entry(
                one, around, keys, is_on=one.key in choices.on, is_baseline=one.key == bench.baseline
            )
            for one in choices.specs
        }
        if list(entries) != list(self.chips):
            self._make_chips(list(entries))
        places = list(entries)
        for key, entry in entries.items():
            chip = self.chips[key]
            chip.show_entry(entry, is_only_one=entry.is_on and len(choices.on) == 1)
            chip.earlier.setEnabled(key != places[0])
            chip.later.setEnabled(key != places[-1])
        self._flow.invalidate()
        self.updateGeometry()

    def _make_chips(self, keys: list[str]) -> None:
        """Keep those that are there: the focus must not jump when another one is added."""
        while self._flow.takeAt(0) is not None:
            pass
        old, self.chips = self.chips, {}
        for key in keys:
            self.chips[key] = old.pop(key) if key in old else self._new_chip(key)
            self._flow.addWidget(self.chips[key])
        self._flow.addWidget(self.add_button)
        for chip in old.values():
            chip.deleteLater()
        previous: QWidget | None = None
        for chip in self.chips.values():
            if previous is not None:
                QWidget.setTabOrder(previous, chip.box)
            QWidget.setTabOrder(chip.box, chip.menu_button)
            previous = chip.menu_button
        if previous is not None:
            QWidget.setTabOrder(previous, self.add_button)

    def _new_chip(self, key: str) -> RunnerChip:
        around = self.around
        chip = RunnerChip(runner_entry(self._spec(key), around, (key,)), self)
        chip.ticked.connect(lambda key, is_on: self.choices.set_on(key, is_on=is_on))
        chip.options_wanted.connect(self.edit_options)
        chip.copy_wanted.connect(self.add_copy)
        chip.moved.connect(self.choices.move)
        chip.removed.connect(self.choices.remove)
        chip.baseline_wanted.connect(self._on_baseline)
        chip.show()
        return chip

    def _fill_menu(self) -> None:
        menu = self.add_menu
        menu.clear()
        for offer in runner_offers(self.around, [one.key for one in self.choices.specs]):
            if offer.install:
                text = f"{offer.info.title} ({offer.problem}): copy the command that installs it"
                action = menu.addAction(icon("copy"), text.replace("&", "&&"))
                action.setToolTip(offer.tooltip)
                action.triggered.connect(functools.partial(_copy, offer.install))
                continue
            needs_file = offer.problem.startswith("needs a .")
            suffix = f" ({offer.problem})" if offer.problem else ""
            more = "…" if needs_file or (offer.is_there and offer.info.id in self.choices.on) else ""
            action = menu.addAction(f"{offer.info.title}{suffix}{more}".replace("&", "&&"))
            action.setToolTip(offer.tooltip)
            action.setEnabled(not offer.problem or needs_file)
            action.triggered.connect(lambda _checked=False, runner=offer.info.id: self.add_runner(runner))
        if self._controller.capabilities is None:
            action = menu.addAction("The interpreter has not answered yet")
            action.setEnabled(False)
        menu.addSeparator()
        self._offer_variants(menu)
        menu.addAction(icon("browse"), "File from disk…").triggered.connect(self.browse)

    def _offer_variants(self, menu: QMenu) -> None:
        """What the Quantise page has made, a click each; the way there as long as it has made nothing."""
        controller = self._controller
        rows = [row for row in controller.quantize.rows if row.variant.path]
        if not rows:
            make = menu.addAction(icon("quantize"), "Make an INT8 or float16 variant…")
            make.setToolTip("The Quantise page makes them; then each is here, a click away.")
            make.triggered.connect(lambda: controller.page_wanted.emit(Stage.QUANTIZE))
            return
        more = self._variants_menu
        more.clear()
        menu.addMenu(more)
        for row in rows:
            spec = dataclasses.replace(runner_of(row.variant, controller.base), label=row.variant.label)
            action = more.addAction(row.variant.label + (" (out of date)" if row.is_stale else ""))
            action.setToolTip(row.variant.summary)
            action.setEnabled(
                all(one.key != spec.key or one.key not in self.choices.on for one in self.choices.specs)
            )
            action.triggered.connect(lambda _checked=False, spec=spec: self.choices.add(spec))

    def _on_baseline(self, key: str) -> None:
        bench = self._controller.recipe.bench
        chosen = "" if key == bench.baseline else key
        edit_bench(self._controller, "compare with another runner", baseline=chosen)

    def _on_stage_changed(self, stage: Stage) -> None:
        if stage is Stage.EXPORT:
            self._show()

    def _spec(self, key: str) -> RunnerSpec:
        return next(one for one in self.choices.specs if one.key == key)

    def _ask(self, spec: RunnerSpec, then: Callable[[RunnerSpec], None], but: str = "") -> None:
        if self.dialog is not None:
            return
        taken = frozenset(one.key for one in self.choices.specs) - {but}
        dialog = RunnerOptionsDialog(spec, self.around, taken, lambda: self._controller.base, self._settings, self)
        dialog.accepted.connect(lambda: then(dialog.spec))
        dialog.finished.connect(self._on_dialog_finished)
        self.dialog = dialog
        dialog.open()

    def _on_dialog_finished(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
        self.dialog = None


def _dropped(event: QDropEvent) -> list[str]:
    paths = [url.toLocalFile() for url in event.mimeData().urls()]
    return [path for path in paths if Path(path).suffix.lower() in _SUFFIXES]


def _copy(text: str, _checked: bool = False) -> None:
    QGuiApplication.clipboard().setText(text)
