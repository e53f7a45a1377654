"""Files into and out of the project: what each kind of file means, and the questions asked on the way."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from modelpack_gui.client import recipe_file
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.locations import is_device, is_there, without_links
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import CheckpointSpec, ModelSource
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.file_kinds import FileKind, kind_of
from modelpack_gui.ui.look.theme import status_icon
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status

OPEN_FILTER = (
    "All that can be opened (*.toml *.py *.onnx *.pt *.pt2 *.pth *.ts *.torchscript *.ckpt *.bin *.safetensors);;"
    "Recipes (*.toml);;Model files (*.py);;Artifacts (*.onnx *.pt *.pt2);;All files (*)"
)


class ProjectFiles:
    """Opens files into the controller's project and saves its recipe.

    Args:
        window: Parent of the dialogs.
    """

    def __init__(self, controller: Controller, settings: Settings, window: QWidget) -> None:
        self._controller = controller
        self._settings = settings
        self._window = window

    def ask_path(self) -> Path | None:
        """Let the user choose a file to open."""
        folder = self._settings.last_folder("open")
        path, _ = QFileDialog.getOpenFileName(self._window, "Open", folder, OPEN_FILTER)
        if not path:
            return None
        self._settings.set_last_folder("open", path)
        return Path(path)

    def open(self, path: Path, *, is_project_open: bool) -> Stage | None:
        """Open a file; gives the stage whose page to show, or None if the user would rather keep the project.

        A model file or checkpoint goes into the open project as an edit; a recipe or artifact takes its place.

        Raises:
            UserError: The file is missing, is of no kind we know, or cannot be read; the project is as it was.
        """
        if not is_there(path):
            raise UserError("file-missing", f"There is no file {path}.", "Check the path; it may have been moved.")
        if is_device(path):
            raise UserError("file-not-regular", f"{path} is a pipe or a device, not a file.", "Choose a file.")
        kind = kind_of(path)
        if kind in (FileKind.RECIPE, FileKind.ARTIFACT):
            return self._replace_project(path, kind)
        if kind is FileKind.UNKNOWN:
            raise UserError(
                "file-kind-unknown",
                f"{path.name} is not a kind of file that can be opened here.",
                "Open a recipe (.toml), a model file (.py), a checkpoint (.pt, .pth, .ckpt, .bin, .safetensors) "
                "or a saved model (.onnx, .pt2, TorchScript, a pickled module).",
            )
        if not is_project_open or self._controller.project.opened_artifact:
            self._controller.new_project()
        if kind in (FileKind.SOURCE, FileKind.SAVED_MODULE):
            self._use_source(path, keeps_checkpoint=kind is FileKind.SOURCE)
        else:
            self._use_checkpoint(path)
        return Stage.SOURCE

    def save(self) -> Path | None:
        """Write the recipe, asking where if it has no file; gives where, or None if the user thought better of it.

        Raises:
            UserError: It cannot be written.
        """
        return self._save_to(self._controller.path) if self._controller.path is not None else self.save_as()

    def save_as(self) -> Path | None:
        """Ask where and write the recipe; gives where, or None if the user thought better of it.

        Raises:
            UserError: It cannot be written.
        """
        start = self._controller.path or Path(self._settings.last_folder("open")) / "recipe.toml"
        path, _ = QFileDialog.getSaveFileName(self._window, "Save recipe as", str(start), "Recipes (*.toml)")
        if not path:
            return None
        target = Path(path)
        return self._save_to(target if target.suffix else target.with_suffix(".toml"))

    def ask_unsaved(self) -> QMessageBox.StandardButton:
        """What to do with unsaved changes: Save, Discard or Cancel; Discard without a question if there are none."""
        buttons = QMessageBox.StandardButton
        if not self._controller.is_modified:
            return buttons.Discard
        path = self._controller.path
        box = QMessageBox(
            QMessageBox.Icon.Warning,
            "Unsaved changes",
            f"Save the changes to {path.name if path is not None else 'the new recipe'}?",
            buttons.Save | buttons.Discard | buttons.Cancel,
            self._window,
        )
        box.setObjectName("unsaved-changes")
        box.setIconPixmap(status_icon(Status.WARNING).pixmap(32, 32))  # the style's own fits no theme of ours
        box.setInformativeText("They are lost if you do not save them.")
        box.setDefaultButton(buttons.Save)
        return buttons(box.exec())

    def may_leave(self) -> bool:
        """Ask about unsaved changes; True if the project may be closed.

        Raises:
            UserError: The user chose to save, and it cannot be written.
        """
        answer = self.ask_unsaved()
        if answer == QMessageBox.StandardButton.Save:
            return self.save() is not None
        return answer == QMessageBox.StandardButton.Discard

    def _replace_project(self, path: Path, kind: FileKind) -> Stage | None:
        if not self.may_leave():
            return None
        if kind is FileKind.RECIPE:
            self._controller.open_recipe(path)
        else:
            self._controller.open_artifact(path)
        self._settings.add_recent(without_links(path))
        return Stage.SOURCE if kind is FileKind.RECIPE else Stage.GRAPH

    def _use_source(self, path: Path, *, keeps_checkpoint: bool) -> None:
        controller = self._controller
        file = recipe_file.relative_to_recipe(str(without_links(path)), controller.base)
        source = ModelSource(file=file, checkpoint=controller.recipe.source.checkpoint if keeps_checkpoint else None)
        controller.edit(dataclasses.replace(controller.recipe, source=source), "choose model file")
        self._settings.add_recent(without_links(path))

    def _use_checkpoint(self, path: Path) -> None:
        controller = self._controller
        file = recipe_file.relative_to_recipe(str(without_links(path)), controller.base)
        before = controller.recipe.source
        strict = before.checkpoint.strict if before.checkpoint is not None else True
        source = dataclasses.replace(before, checkpoint=CheckpointSpec(file, strict))
        controller.edit(dataclasses.replace(controller.recipe, source=source), "choose checkpoint")

    def _save_to(self, path: Path) -> Path:
        self._controller.save(path)
        self._settings.add_recent(without_links(path))
        self._settings.set_last_folder("open", str(path))
        return path
