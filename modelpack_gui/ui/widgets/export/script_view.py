"""The Python that does what the window does: the export alone, or a whole script to keep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from modelpack_gui.client.files import write_text
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.preview.script import export_code, script_code
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import KeyReport, ParameterInfo
from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.widgets.basics import IconButton
from modelpack_gui.ui.widgets.code.view import CodeView
from modelpack_gui.ui.widgets.form_parts import NoteLabel
from modelpack_gui.ui.widgets.segments import Segments

_EXPORT, _WHOLE = "export", "whole"
_TITLES = {_EXPORT: "Export call", _WHOLE: "Whole script"}
_TIPS = {
    _EXPORT: "What makes the artifact, with torch alone",
    _WHOLE: "Export, check and parity in one file that needs torch, numpy, onnx and onnxruntime only",
}


class ScriptView(QWidget):
    """Shows one of the two scripts of a recipe; copies what is shown, and saves it to a file.

    Args:
        base: Gives the folder of the recipe, where the script is to run and is offered to be saved.
    """

    def __init__(self, base: Callable[[], Path], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._base = base
        self._recipe = Recipe()
        self._forward: Sequence[ParameterInfo] = ()
        self._keys: KeyReport | None = None
        self.code = CodeView("Equivalent Python")
        self.choice = Segments(_TITLES, _TIPS)
        self.choice.set_value(_EXPORT)
        self.choice.chosen.connect(lambda _value: self._show())
        self.save_button = IconButton("Save script…", "save")
        self.save_button.setObjectName("save-script")
        self.save_button.setAutoDefault(False)
        self.save_button.clicked.connect(self._on_save)
        for button in self.choice.buttons.values():
            button.setAutoDefault(False)
        self._note = NoteLabel()
        self._note.setObjectName("save-script-problem")
        top = QHBoxLayout()
        top.setSpacing(SPACING)
        top.addWidget(self.choice)
        top.addStretch(1)
        top.addWidget(self.save_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addLayout(top)
        column.addWidget(self._note)
        column.addWidget(self.code, 1)
        self.setFocusProxy(self.code)

    def show_recipe(self, recipe: Recipe, forward: Sequence[ParameterInfo], keys: KeyReport | None) -> None:
        """Follow another recipe; the rest as for `core.preview.script.export_code`."""
        self._recipe, self._forward, self._keys = recipe, forward, keys
        self._show()

    def save(self, path: Path) -> None:
        """Write the script that is shown.

        Raises:
            UserError: The file cannot be written; it is as it was.
        """
        write_text(path, self.code.text)

    def _show(self) -> None:
        make = script_code if self.choice.value == _WHOLE else export_code
        self.code.set_text(make(self._recipe, self._forward, self._keys))

    def _on_save(self) -> None:
        name = self._recipe.source.name.rpartition(".")[2].lower() or "model"
        start = self._base() / f"export_{name}.py"
        chosen, _ = QFileDialog.getSaveFileName(self, "Save script", str(start), "Python (*.py)")
        if not chosen:
            return
        path = Path(chosen)
        try:
            self.save(path if path.suffix else path.with_suffix(".py"))
        except UserError as error:
            self._note.set_text(f"{error.info.message} {error.info.hint}")
        else:
            self._note.set_text("")
