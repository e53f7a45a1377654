"""The recipe of a window: its file, whether its Python may be run, and the edits that can be undone."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from modelpack_gui.client import recipe_file, trust
from modelpack_gui.client.recipe_run import resolved_interpreter
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.locations import without_links
from modelpack_gui.core.proposals import with_output_path, with_saved_model
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import ModelSource
from modelpack_gui.ui.project.edit_command import EditCommand

if TYPE_CHECKING:  # it is imported when there is one: the window opens without
    from modelpack_gui.core.records import SourceScan


class Project(QObject):
    """One recipe at a time. It knows of no results and starts no job.

    Attributes:
        recipe: The recipe as edited now.
        path: Its file; None while it has none.
        opened_artifact: Absolute path of an artifact that this project was opened with, or empty.
        is_trusted: Whether the recipe's Python may be run.
        new_recipe: What a new project starts from.
    """

    leaving = Signal()  # another recipe is about to take this one's place
    replaced = Signal()  # it did
    edited = Signal(object)  # the Recipe before; by the user, undo and redo included
    respelled = Signal(object)  # the Recipe before; it says the same with other words, so that results stay
    filled_in = Signal()  # a new project took what its saved model says of itself; that is no edit
    changed = Signal()  # its file, its trust, or whether all is saved

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self.undo_stack.cleanChanged.connect(self._on_clean_changed)
        self.recipe = Recipe()
        self.path: Path | None = None
        self.opened_artifact = ""
        self.is_trusted = True
        self.new_recipe: Callable[[], Recipe] = Recipe
        self._proposes = False  # whether the next scan may fill in what the recipe leaves open

    @property
    def base(self) -> Path:
        """Folder that relative paths of the recipe start from."""
        return self.path.parent if self.path is not None else Path.home()

    @property
    def job_folder(self) -> Path:
        """Folder that jobs start from: the recipe's, or that of the artifact that was opened without one."""
        return Path(self.opened_artifact).parent if self.opened_artifact else self.base

    @property
    def interpreter(self) -> str:
        """The Python that runs the recipe's model."""
        return resolved_interpreter(self.recipe.interpreter.path, self.base)

    @property
    def is_modified(self) -> bool:
        """Whether there are unsaved changes."""
        return not self.undo_stack.isClean()

    def start_new(self) -> None:
        """Start over with an empty recipe."""
        self._replace(self.new_recipe(), None)

    def open_recipe(self, path: Path, *, is_trusted: bool | None = None) -> None:
        """Open a recipe file; it is trusted if it was, unless `is_trusted` says.

        Raises:
            UserError: The file cannot be read or is not a recipe; everything stays as it was.
        """
        path = without_links(path)
        recipe = recipe_file.load_recipe(path)
        trusted = trust.is_trusted(recipe, path) if is_trusted is None else is_trusted
        self._replace(recipe, path, is_trusted=trusted)

    def open_artifact(self, path: Path) -> None:
        """A new project whose source is an artifact, and which takes what that says of itself."""
        path = without_links(path)
        source = ModelSource(file=str(path))
        recipe = dataclasses.replace(self.new_recipe(), source=source)
        self._replace(recipe, None, proposes=True, artifact=str(path))

    def restore(self, recipe: Recipe, path: Path | None, *, is_trusted: bool) -> None:
        """Go on with a recipe that was lost unsaved; it is unsaved still, and trusted if it was."""
        self._replace(_recipe_before(path), path, is_trusted=is_trusted)
        self.edit(recipe, "restore unsaved changes")

    def save(self, path: Path) -> None:
        """Write the recipe; from then on it lives at `path`.

        Raises:
            UserError: The file cannot be written; nothing is lost.
        """
        path = without_links(path)
        recipe = self.recipe
        if self.path is None or path.parent != self.path.parent:
            recipe = recipe_file.moved(recipe, self.base, path.parent)
        if self.path is None:  # no folder to start from until now: what lies below it goes where the recipe goes
            recipe = recipe_file.with_relative_paths(recipe, path.parent)
        recipe_file.save_recipe(recipe, path)
        if self.is_trusted:
            trust.trust(recipe, path)
        self.path = path
        if recipe != self.recipe:  # the same files, spelled from another folder: results stay, undo cannot
            before, self.recipe = self.recipe, recipe
            self.undo_stack.clear()
            self.respelled.emit(before)
        self.undo_stack.setClean()
        self.changed.emit()

    def trust(self) -> None:
        """The user has seen what would be run and agrees."""
        self.is_trusted = True
        if self.path is not None:
            trust.trust(self.recipe, self.path)
        self.changed.emit()

    def edit(self, recipe: Recipe, text: str, merge_key: str = "") -> None:
        """Change the recipe, undoably.

        Args:
            text: What the change is, for the undo menu: `change opset`.
            merge_key: Changes in a row with the same key are undone as one (typing in a field).
        """
        if recipe != self.recipe:
            self._proposes = recipe.source.location != self.recipe.source.location
            self.undo_stack.push(EditCommand(self._set_recipe, self.recipe, recipe, text, merge_key))

    def take_proposals(self, scan: SourceScan) -> None:
        """What a saved model says of itself goes where the recipe has nothing; in a new project it is no edit."""
        if scan.saved is None or not self._proposes:
            return
        self._proposes = False
        recipe = with_output_path(with_saved_model(self.recipe, scan.saved), is_saved=self.path is not None)
        if self.undo_stack.count() == 0 and self.path is None:
            self.recipe = recipe
            self.filled_in.emit()
        else:
            self.edit(recipe, f"take what {Path(scan.path).name} takes")

    def _on_clean_changed(self) -> None:
        self.changed.emit()

    def _set_recipe(self, recipe: Recipe) -> None:
        before, self.recipe = self.recipe, recipe
        self.edited.emit(before)

    def _replace(
        self,
        recipe: Recipe,
        path: Path | None,
        *,
        is_trusted: bool = True,
        proposes: bool = False,
        artifact: str = "",
    ) -> None:
        """`artifact` is known before anybody asks for a job: its folder is where jobs start from."""
        self.leaving.emit()
        self.recipe, self.path, self.opened_artifact, self.is_trusted = recipe, path, artifact, is_trusted
        self._proposes = proposes
        self.undo_stack.clear()
        self.replaced.emit()


def _recipe_before(path: Path | None) -> Recipe:
    """The recipe as its file says; an empty one where there is no file that can be read."""
    try:
        return recipe_file.load_recipe(path) if path is not None else Recipe()
    except UserError:
        return Recipe()
