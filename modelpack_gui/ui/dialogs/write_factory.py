"""A factory that was drafted for a class whose constructor needs objects: read it, change it, save it, use it."""

from __future__ import annotations

import ast
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from modelpack_gui.client.files import write_text
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.locations import is_file
from modelpack_gui.core.records import FactoryDraft
from modelpack_gui.ui.look.theme import GROUP_SPACING, SPACING, mono_font
from modelpack_gui.ui.widgets.basics import IconButton, wrapped_label
from modelpack_gui.ui.widgets.form_parts import NoteLabel, form_label
from modelpack_gui.ui.widgets.marked_line import MarkedLine


class WriteFactoryDialog(QDialog):
    """Accepted means that the file was written; nothing that was there is replaced without a tick.

    Attributes:
        path: Where it was written, absolute.
        name: Of the function to use.
    """

    def __init__(self, class_name: str, draft: FactoryDraft, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("write-factory-dialog")
        self.setWindowTitle("Write a factory")
        self.path = Path(draft.path)
        self.name = draft.name
        self._folder = self.path.parent
        self.line = MarkedLine("File")
        self.line.setObjectName("factory-path")
        self.line.setFont(mono_font())
        self.line.setText(draft.path)
        self.line.textChanged.connect(self._judge)
        self._replace = QCheckBox("Replace the file that is there")
        self._replace.setObjectName("factory-replace")
        self._replace.toggled.connect(self._judge)
        self.editor = QPlainTextEdit()
        self.editor.setObjectName("factory-text")
        self.editor.setAccessibleName("Code of the factory")
        self.editor.setFont(mono_font())
        self.editor.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.editor.setPlainText(draft.text)
        self.editor.textChanged.connect(self._judge)
        self._note = NoteLabel()
        self._note.setObjectName("factory-note")

        label = form_label("&File")
        label.setBuddy(self.line)
        place = QHBoxLayout()
        place.setSpacing(SPACING)
        place.addWidget(label)
        place.addWidget(self.line, 1)
        self._save = IconButton("Save and use it", "save", "primary")
        self._save.setObjectName("factory-save")
        self._save.setDefault(True)
        self._save.clicked.connect(self._on_save)
        cancel = IconButton("Cancel")
        cancel.setObjectName("factory-cancel")
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addWidget(self._replace)
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self._save)

        column = QVBoxLayout(self)
        column.setContentsMargins(GROUP_SPACING, GROUP_SPACING, GROUP_SPACING, GROUP_SPACING)
        column.setSpacing(SPACING)
        text = (
            f"The constructor of {class_name} needs objects, which a recipe cannot hold. This function makes them"
            " with the defaults that they have; what a recipe can hold became its parameters. Change what you like:"
            " it is your file."
        )
        column.addWidget(wrapped_label(text, is_muted=True))
        column.addLayout(place)
        column.addWidget(self.editor, 1)
        column.addWidget(self._note)
        column.addLayout(buttons)
        self.resize(760, 540)
        self.editor.setFocus(Qt.FocusReason.OtherFocusReason)
        self._judge()

    def _target(self) -> Path:
        return self._folder / self.line.text().strip()

    def _judge(self) -> None:
        target = self._target()
        exists = is_file(target)
        self._replace.setVisible(exists)
        problem = ""
        if not self.line.text().strip() or target.suffix != ".py":
            problem = "The file needs a name that ends in .py."
        elif exists and not self._replace.isChecked():
            problem = f"There is a file {target.name} already: choose another name, or tick that it may be replaced."
        self.line.set_problem(problem)
        if not problem:
            problem = self._problem_of_code()
        self._note.set_text(problem)
        self._save.setEnabled(not problem)

    def _problem_of_code(self) -> str:
        try:
            tree = ast.parse(self.editor.toPlainText())
        except SyntaxError as error:
            return f"Line {error.lineno}: {error.msg}."
        except ValueError as error:
            return f"This is not Python: {error}."
        functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
        if not functions:
            return "There is no function in it that could make the model."
        if self.name not in functions:
            self.name = functions[-1]
        return ""

    def _on_save(self) -> None:
        target = self._target()
        try:
            write_text(target, self.editor.toPlainText().rstrip("\n") + "\n")
        except UserError as error:
            self._note.set_text(f"{error.info.message} {error.info.hint}".strip())
            return
        self.path = target
        self.accept()
