"""Which set of example inputs is shown: a list, and buttons to add, rename and remove one."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QInputDialog, QWidget

from modelpack_gui.core.recipe import Recipe
from modelpack_gui.ui.look.theme import GRID, SPACING
from modelpack_gui.ui.models import input_sets
from modelpack_gui.ui.widgets.basics import IconToolButton
from modelpack_gui.ui.widgets.form_parts import CalmCombo, form_label


class InputSetBar(QWidget):
    """Chooses one of the sets of a recipe, and edits the list; `recipe_edited` gives the new recipe."""

    recipe_edited = Signal(object, str)  # Recipe; what was edited
    set_chosen = Signal(int)
    message_raised = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recipe = Recipe()
        self._index = 0
        self.combo = CalmCombo("Input set")
        self.combo.setObjectName("input-set")
        self.combo.activated.connect(self._choose)
        self._add = IconToolButton("Add a set of inputs: a copy of this one", "add")
        self._add.setObjectName("add-input-set")
        self._add.clicked.connect(self._on_add)
        self._rename = IconToolButton("Rename this set", "edit")
        self._rename.setObjectName("rename-input-set")
        self._rename.clicked.connect(self._on_rename)
        self._remove = IconToolButton("Remove this set", "remove")
        self._remove.setObjectName("remove-input-set")
        self._remove.clicked.connect(self._on_remove)
        label = form_label("Input set")
        label.setBuddy(self.combo)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(label)
        row.addSpacing(SPACING - GRID)
        row.addWidget(self.combo)
        for button in (self._add, self._rename, self._remove):
            row.addWidget(button)
        row.addStretch(1)
        self.combo.setMaximumWidth(280)
        self.show_recipe(self._recipe)

    @property
    def index(self) -> int:
        """Of the set that is shown; 0 is the first."""
        return self._index

    def show_recipe(self, recipe: Recipe) -> None:
        """Show the sets of another recipe."""
        self._recipe = recipe
        self._index = min(self._index, len(recipe.input_sets))
        titles = input_sets.titles(recipe)
        if [self.combo.itemText(i) for i in range(self.combo.count())] != list(titles):
            self.combo.clear()
            self.combo.addItems(titles)
        self.combo.setCurrentIndex(self._index)
        for button in (self._rename, self._remove):
            button.setEnabled(self._index > 0)
        self._add.setEnabled(bool(recipe.inputs))

    def _choose(self, index: int) -> None:
        self._index = index
        self.show_recipe(self._recipe)
        self.set_chosen.emit(index)

    def _on_add(self) -> None:
        new = input_sets.added(self._recipe, self._index)
        self._index = len(new.input_sets)
        self.recipe_edited.emit(new, "add input set")

    def _on_remove(self) -> None:
        index, self._index = self._index, self._index - 1
        self.recipe_edited.emit(input_sets.removed(self._recipe, index), "remove input set")

    def _on_rename(self) -> None:
        dialog = QInputDialog(self)
        dialog.setObjectName("rename-input-set-dialog")
        dialog.setWindowTitle("Rename input set")
        dialog.setLabelText("Name")
        dialog.setTextValue(self.combo.currentText())
        dialog.textValueSelected.connect(self._take_name)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _take_name(self, name: str) -> None:
        try:
            new = input_sets.renamed(self._recipe, self._index, name)
        except ValueError as error:
            self.message_raised.emit(str(error))
            return
        self.message_raised.emit("")
        self.recipe_edited.emit(new, "rename input set")
