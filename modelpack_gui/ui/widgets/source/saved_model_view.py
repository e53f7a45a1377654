"""What a saved model is, what it takes and gives, and the code that loading it would use by name."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from modelpack_gui.core.figures import plural
from modelpack_gui.core.records import SavedModel
from modelpack_gui.ui.look.theme import GRID, SPACING, mono_font
from modelpack_gui.ui.models.source_text import saved_line, tensor_lines
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconButton, IconToolButton, wrapped_label
from modelpack_gui.ui.widgets.form_parts import NoteLabel

_SHOWN = 6  # names and tensors; the dialog and the tooltip have all of them


class SavedModelView(QWidget):
    """Shown in the place of the class list. Nothing of the file was run to make it."""

    consent_wanted = Signal()
    disallowed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("saved-model")
        self._shown: tuple[SavedModel | None, tuple[str, ...]] = (None, ())
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, GRID, 0, 0)
        self._column.setSpacing(GRID)

    def show_saved(self, saved: SavedModel | None, allowed: tuple[str, ...]) -> None:
        """Show a description, and which of the names in it the user agreed to."""
        if (saved, allowed) == self._shown:
            return
        self._shown = (saved, allowed)
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        if saved is None:
            return
        self._column.addWidget(wrapped_label(saved_line(saved), is_selectable=True))
        for title, tensors in (("Takes", saved.inputs), ("Gives", saved.outputs)):
            lines = tensor_lines(tensors)
            if lines:
                self._column.addWidget(self._listed(title, lines))
        if saved.globals:
            self._add_globals(saved, allowed)

    def _listed(self, title: str, lines: tuple[str, ...]) -> QWidget:
        text = wrapped_label("\n".join(_first(lines)), is_selectable=True)
        text.setFont(mono_font())
        text.setToolTip("\n".join(lines))
        name = wrapped_label(title, is_muted=True)
        name.setFixedWidth(48)
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING)
        row.addWidget(name, alignment=Qt.AlignmentFlag.AlignTop)
        row.addWidget(text, 1)
        return line

    def _add_globals(self, saved: SavedModel, allowed: tuple[str, ...]) -> None:
        if saved.forbidden:
            note = NoteLabel()
            names = ", ".join(saved.forbidden[:4])
            note.set_text(f"It asks for {names}, with which a file can run any command. It cannot be loaded.")
            self._column.addWidget(note)
            return
        missing = [name for name in saved.globals if name not in allowed]
        if not missing:
            self._column.addWidget(wrapped_label("Its pickle may use these by your consent:", is_muted=True))
            for name in saved.globals:
                self._column.addWidget(self._allowed_row(name))
            return
        note = NoteLabel(Status.WARNING)
        count = plural(len(missing), "class", "classes")
        note.set_text(f"Loading it uses {count} by name, which you have not allowed yet. Nothing of it was run.")
        note.setObjectName("saved-globals-note")
        self._column.addWidget(note)
        text = wrapped_label("\n".join(_first(tuple(missing))), is_selectable=True)
        text.setFont(mono_font())
        text.setToolTip("\n".join(missing))
        self._column.addWidget(text)
        button = IconButton("Review and allow…", "warning")
        button.setObjectName("saved-consent-button")
        button.clicked.connect(self.consent_wanted)
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, GRID, 0, 0)
        row.addWidget(button)
        row.addStretch(1)
        self._column.addWidget(line)

    def _allowed_row(self, name: str) -> QWidget:
        text = ElidedLabel(name, Qt.TextElideMode.ElideMiddle)
        text.setFont(mono_font())
        remove = IconToolButton(f"Allow {name} no longer", "remove")
        remove.setObjectName(f"disallow-{name}")
        remove.clicked.connect(lambda: self.disallowed.emit(name))
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING)
        row.addWidget(text, 1)
        row.addWidget(remove)
        return line


def _first(lines: tuple[str, ...]) -> tuple[str, ...]:
    return lines if len(lines) <= _SHOWN else (*lines[:_SHOWN], f"and {len(lines) - _SHOWN} more")
