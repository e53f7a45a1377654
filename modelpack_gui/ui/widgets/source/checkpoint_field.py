"""The checkpoint: path, what is in it, how it is read, and the classes that its pickle may use by consent."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from modelpack_gui.core.locations import is_there, located
from modelpack_gui.core.records import CheckpointSpec
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import GRID, SPACING, mono_font
from modelpack_gui.ui.models.checkpoint_text import file_line, scan_problem
from modelpack_gui.ui.project.checkpoint_reader import CheckpointReader
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconToolButton, wrapped_label
from modelpack_gui.ui.widgets.form_parts import TICK_HEIGHT, FormSection, NoteLabel
from modelpack_gui.ui.widgets.path_field import PathField
from modelpack_gui.ui.widgets.source.checkpoint_options import CheckpointOptions

SUFFIXES = (".pt", ".pth", ".ckpt", ".bin", ".safetensors", ".json")
"""A .json is the index of shards."""


class CheckpointField(FormSection):
    """Edits a CheckpointSpec or None; `checkpoint_edited` gives the new one."""

    checkpoint_edited = Signal(object, str)  # CheckpointSpec | None; what was changed, for the undo menu

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__("Checkpoint", parent)
        self._controller = controller
        self._shown: tuple[str, ...] = ()
        patterns = " ".join(f"*{suffix}" for suffix in SUFFIXES)
        self.file = PathField(
            "Checkpoint", "checkpoint", f"Checkpoints ({patterns});;All files (*)", lambda: controller.base, settings,
            suffixes=SUFFIXES,
        )  # fmt: skip
        self.file.line.setPlaceholderText("None: the weights stay as the constructor makes them")
        self.file.path_edited.connect(self._on_path_edited)
        self._clear = IconToolButton("Use no checkpoint", "close")
        self._clear.setObjectName("checkpoint-clear")
        self._clear.clicked.connect(lambda: self.checkpoint_edited.emit(None, "clear checkpoint"))
        self.file.row.addWidget(self._clear)
        self.reader = CheckpointReader(controller, self)
        self._facts = ElidedLabel("", Qt.TextElideMode.ElideRight)
        self._facts.setObjectName("checkpoint-facts")
        self._facts.setProperty("role", "muted")
        self._note = NoteLabel()
        self._note.setObjectName("checkpoint-problem")
        self._allowed_box = QWidget()
        self._allowed = QVBoxLayout(self._allowed_box)
        self._allowed.setContentsMargins(0, 0, 0, 0)
        self._allowed.setSpacing(GRID)
        self.add_row("Chec&kpoint", self.file, self.file.line)
        self.add_row("", self._facts, height=TICK_HEIGHT)
        self.add_row("", self._note, height=TICK_HEIGHT)
        self.options = CheckpointOptions(self)
        self.options.spec_edited.connect(self.checkpoint_edited)
        self.add_row("Allowed classes", self._allowed_box)
        self.reader.changed.connect(self._show_scan)
        self.follow()

    def follow(self) -> None:
        """Show the recipe's checkpoint."""
        spec = self._controller.recipe.source.checkpoint
        path = spec.path if spec is not None else ""
        self.file.set_path(path)
        place = located(self._controller.base, path)
        self.file.line.set_problem(f"There is no file {place}." if path and not is_there(place) else "")
        self._clear.setEnabled(spec is not None)
        self.reader.follow()
        self._show_scan()
        allowed = spec.allowed_globals if spec is not None else ()
        self.form.setRowVisible(self._allowed_box, bool(allowed))
        if allowed != self._shown:
            self._shown = allowed
            while (item := self._allowed.takeAt(0)) is not None:
                widget = item.widget()
                if widget is not None:
                    widget.hide()
                    widget.deleteLater()
            self._allowed.addWidget(
                wrapped_label("The checkpoint's pickle may use these by your consent:", is_muted=True)
            )
            for name in allowed:
                self._allowed.addWidget(self._allowed_row(name))

    def _show_scan(self) -> None:
        spec, scan, error = self._controller.recipe.source.checkpoint, self.reader.scan, self.reader.error
        text, is_final = (error.message, True) if error is not None else scan_problem(scan) if scan else ("", False)
        self._note.set_text(text, Status.FAILED if is_final else Status.WARNING)
        self._facts.set_text(file_line(scan) if scan is not None else "")
        self.form.setRowVisible(self._facts, scan is not None)
        self.form.setRowVisible(self._note, bool(text))
        self.options.show_spec(spec, scan)

    def _allowed_row(self, name: str) -> QWidget:
        text = ElidedLabel(name, Qt.TextElideMode.ElideMiddle)
        text.setFont(mono_font())
        remove = IconToolButton(f"Allow {name} no longer", "remove")
        remove.setObjectName(f"disallow-{name}")
        remove.clicked.connect(lambda: self._on_disallow(name))
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING)
        row.addWidget(text, 1)
        row.addWidget(remove)
        return line

    def _on_path_edited(self, path: str) -> None:
        before = self._controller.recipe.source.checkpoint
        if not path:
            self.checkpoint_edited.emit(None, "clear checkpoint")
        elif before is None:
            self.checkpoint_edited.emit(CheckpointSpec(path), "choose checkpoint")
        else:  # consent was given for the other file, whose key and prefix it were
            after = CheckpointSpec(path, before.strict, dtype=before.dtype)
            self.checkpoint_edited.emit(after, "choose checkpoint")

    def _on_disallow(self, name: str) -> None:
        spec = self._controller.recipe.source.checkpoint
        if spec is not None:
            allowed = tuple(item for item in spec.allowed_globals if item != name)
            self.checkpoint_edited.emit(dataclasses.replace(spec, allowed_globals=allowed), f"disallow {name}")
