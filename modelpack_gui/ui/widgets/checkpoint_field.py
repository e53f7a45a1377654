"""The checkpoint: path, whether every key must match, and the classes that its pickle may use by consent."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from modelpack_gui.core.records import CheckpointSpec
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.theme import GRID, SPACING, mono_font
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconToolButton, wrapped_label
from modelpack_gui.ui.widgets.form_parts import TICK_HEIGHT, FormSection
from modelpack_gui.ui.widgets.path_field import PathField

SUFFIXES = (".pt", ".pth", ".ckpt", ".bin", ".safetensors")


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
        self._strict = QCheckBox("Every key must match (&strict)")
        self._strict.setObjectName("checkpoint-strict")
        self._strict.setToolTip("Off: missing and unexpected keys are a warning in the key report")
        self._strict.clicked.connect(self._on_strict_clicked)
        self._allowed_box = QWidget()
        self._allowed = QVBoxLayout(self._allowed_box)
        self._allowed.setContentsMargins(0, 0, 0, 0)
        self._allowed.setSpacing(GRID)
        self.add_row("Chec&kpoint", self.file, self.file.line)
        self.add_row("", self._strict, height=TICK_HEIGHT)
        self._allowed_label = self.add_row("Allowed classes", self._allowed_box)
        self.follow()

    def follow(self) -> None:
        """Show the recipe's checkpoint."""
        spec = self._controller.recipe.source.checkpoint
        path = spec.path if spec is not None else ""
        self.file.set_path(path)
        missing = bool(path) and not (self._controller.base / path).is_file()
        self.file.line.set_problem(f"There is no file {self._controller.base / path}." if missing else "")
        self._clear.setEnabled(spec is not None)
        self._strict.setEnabled(spec is not None)
        self._strict.setChecked(spec is None or spec.strict)
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
        else:  # consent was given for the other file
            self.checkpoint_edited.emit(CheckpointSpec(path, before.strict), "choose checkpoint")

    def _on_strict_clicked(self, strict: bool) -> None:
        spec = self._controller.recipe.source.checkpoint
        if spec is not None:
            self.checkpoint_edited.emit(dataclasses.replace(spec, strict=strict), "change strict loading")

    def _on_disallow(self, name: str) -> None:
        spec = self._controller.recipe.source.checkpoint
        if spec is not None:
            allowed = tuple(item for item in spec.allowed_globals if item != name)
            self.checkpoint_edited.emit(dataclasses.replace(spec, allowed_globals=allowed), f"disallow {name}")
