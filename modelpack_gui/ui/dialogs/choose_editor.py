"""Which editor opens the user's code."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QPushButton, QVBoxLayout, QWidget

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import SourcePlace
from modelpack_gui.ui.look.theme import GROUP_SPACING, SPACING, mono_font
from modelpack_gui.ui.models.editor_commands import Editor, editor_command
from modelpack_gui.ui.widgets.basics import wrapped_label
from modelpack_gui.ui.widgets.form_parts import CalmCombo, NoteLabel
from modelpack_gui.ui.widgets.marked_line import MarkedLine

_OTHER = "Another command"
_SAMPLE = SourcePlace("/model.py", 12)


class ChooseEditorDialog(QDialog):
    """The editors that were found, or a command of one's own. `command` is empty for the first that is found."""

    trial_wanted = Signal(str)  # the command as it is written now

    def __init__(self, found: Sequence[Editor], chosen: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("editor-dialog")
        self.setWindowTitle("Choose my editor")
        self._automatic = found[0].template if found else ""
        self.choice: QComboBox = CalmCombo("Editor")
        self.choice.setObjectName("editor-choice")
        first = f"The first that is found: {found[0].title}" if found else "Whatever the desktop opens"
        self.choice.addItem(first, "")
        for editor in found:
            self.choice.addItem(editor.title, editor.template)
        self.choice.addItem(_OTHER, None)
        self.line = MarkedLine("Command")
        self.line.setObjectName("editor-command")
        self.line.setFont(mono_font())
        self.line.setPlaceholderText("code -g {file}:{line}")
        self.note = NoteLabel()
        self.note.setObjectName("editor-problem")
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, parent=self
        )
        self._try = QPushButton("Try it")
        self._try.setObjectName("editor-try")
        self._try.setAutoDefault(False)
        self._buttons.addButton(self._try, QDialogButtonBox.ButtonRole.ActionRole)
        self._try.clicked.connect(lambda: self.trial_wanted.emit(self.command or self._automatic))
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        form = QFormLayout()
        form.setHorizontalSpacing(GROUP_SPACING)
        form.setVerticalSpacing(SPACING)
        form.addRow("&Editor", self.choice)
        form.addRow("&Command", self.line)
        column = QVBoxLayout(self)
        column.setContentsMargins(GROUP_SPACING, GROUP_SPACING, GROUP_SPACING, GROUP_SPACING)
        column.setSpacing(SPACING)
        column.addWidget(
            wrapped_label(
                "Lines of your code open in it. In the command {file} and {line} stand for the line; it is started "
                "as it is, without a shell.",
                is_muted=True,
            )
        )
        column.addLayout(form)
        column.addWidget(self.note)
        column.addStretch(1)
        column.addWidget(self._buttons)
        self.resize(520, 190)

        templates = ["", *(editor.template for editor in found)]
        self.choice.setCurrentIndex(templates.index(chosen) if chosen in templates else len(templates))
        self.line.setText(chosen or self._automatic)
        self.choice.activated.connect(self._on_chosen)
        self.line.textEdited.connect(self._on_edited)
        self._check()

    @property
    def command(self) -> str:
        """What was chosen."""
        return "" if self.choice.currentIndex() == 0 else self.line.text().strip()

    def _on_chosen(self) -> None:
        template = self.choice.currentData()
        if template is None:
            self.line.setFocus()
            self.line.selectAll()
        else:
            self.line.follow(template or self._automatic)
        self._check()

    def _on_edited(self) -> None:
        self.choice.setCurrentIndex(self.choice.count() - 1)
        self._check()

    def _check(self) -> None:
        problem = ""
        if self.command or self.choice.currentIndex():
            try:
                editor_command(self.command, _SAMPLE, sys.platform)
            except UserError as error:
                problem = f"{error.info.message} {error.info.hint}"
        self.note.set_text(problem)
        self.line.set_problem(problem)
        for button in (self._buttons.button(QDialogButtonBox.StandardButton.Ok), self._try):
            button.setEnabled(not problem)
