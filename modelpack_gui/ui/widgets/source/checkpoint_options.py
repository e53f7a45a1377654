"""How a checkpoint is read: which state dict of it, what is taken off its keys, what it is cast to."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QStyledItemDelegate, QWidget

from modelpack_gui.core.records import CAST_DTYPES, CheckpointScan, CheckpointSpec
from modelpack_gui.ui.look.theme import mono_font
from modelpack_gui.ui.models.checkpoint_text import (
    chosen_state_dict,
    preview_text,
    state_dict_line,
    state_dict_title,
)
from modelpack_gui.ui.widgets.basics import Foldable
from modelpack_gui.ui.widgets.form_parts import TICK_HEIGHT, CalmCombo, FormSection
from modelpack_gui.ui.widgets.marked_line import MarkedLine
from modelpack_gui.ui.widgets.mono_block import MonoBlock


class CheckpointOptions(QWidget):
    """Rows in the form of a section. `spec_edited` gives the spec with one thing changed."""

    spec_edited = Signal(object, str)  # CheckpointSpec; what was changed, for the undo menu

    def __init__(self, section: FormSection) -> None:
        super().__init__(section)
        self.hide()  # it has no face of its own: its rows are the section's
        self._form = section.form
        self._spec: CheckpointSpec | None = None
        self.key = CalmCombo("State dict")
        self.key.setObjectName("checkpoint-key")
        self.key.setItemDelegate(QStyledItemDelegate(self.key))  # the one that heeds the style sheet
        self.key.activated.connect(self._on_key_activated)
        self._preview = MonoBlock(max_lines=13)
        self._preview.setObjectName("checkpoint-preview")
        self._preview.setAccessibleName("First keys of the state dict")
        self._fold = Foldable("First keys", self._preview)
        self._fold.setObjectName("checkpoint-preview-fold")
        self.prefix = CalmCombo("Prefix of the keys")
        self.prefix.setObjectName("checkpoint-prefix")
        self.prefix.setEditable(True)
        self.prefix.setInsertPolicy(CalmCombo.InsertPolicy.NoInsert)
        self.prefix.setItemDelegate(QStyledItemDelegate(self.prefix))
        self.prefix.view().setFont(mono_font())
        self._prefix_line = MarkedLine("Prefix of the keys")
        self._prefix_line.setObjectName("checkpoint-prefix-line")
        self._prefix_line.setFont(mono_font())
        self._prefix_line.setPlaceholderText("Automatic: a usual one, if all keys match without it")
        self._prefix_line.setStyleSheet("min-height: 0px;")  # inside the combo's frame
        self.prefix.setLineEdit(self._prefix_line)
        self.prefix.setCompleter(None)  # type: ignore[arg-type]  # it would turn `module` into `module.` as one types
        self.prefix.activated.connect(lambda _index: self._give_prefix())
        self._prefix_line.editingFinished.connect(self._give_prefix)
        self.dtype = CalmCombo("Cast weights to")
        self.dtype.setObjectName("checkpoint-dtype")
        self.dtype.setItemDelegate(QStyledItemDelegate(self.dtype))
        self.dtype.addItem("As the model has it", "")
        for name in CAST_DTYPES:
            self.dtype.addItem(name, name)
        self.dtype.setToolTip("Floating-point parameters and buffers are cast; integers and bools stay")
        self.dtype.activated.connect(self._on_dtype_activated)
        self.strict = QCheckBox("Every key must match (&strict)")
        self.strict.setObjectName("checkpoint-strict")
        self.strict.setToolTip("Off: missing and unexpected keys are a warning in the key report")
        self.strict.clicked.connect(self._on_strict_clicked)
        section.add_row("State &dict", self.key)
        section.add_row("", self._fold, height=TICK_HEIGHT)
        section.add_row("Prefi&x", self.prefix)
        section.add_row("&Cast to", self.dtype)
        section.add_row("", self.strict, height=TICK_HEIGHT)
        self.show_spec(None, None)

    def show_spec(self, spec: CheckpointSpec | None, scan: CheckpointScan | None) -> None:
        """Show a checkpoint's spec and, once it was read, what the file offers."""
        self._spec = spec
        for widget in (self.prefix, self.dtype):
            self._form.setRowVisible(widget, spec is not None)
        self.strict.setEnabled(spec is not None)
        self.strict.setChecked(spec is None or spec.strict)
        info = chosen_state_dict(scan, spec.key) if spec is not None else None
        self._form.setRowVisible(self._fold, info is not None)
        if info is not None:
            of = f" of {info.key}" if info.key else ""
            self._fold.set_title(f"First keys{of} ({state_dict_line(info)})")
            self._preview.set_text(preview_text(info))
        self._show_keys(spec, scan)
        if spec is None:
            return
        offered = [item.prefix for item in reversed(info.prefixes)] if info is not None else []
        with QSignalBlocker(self.prefix), QSignalBlocker(self._prefix_line):
            typed = self._prefix_line.text() if self._prefix_line.hasFocus() else spec.prefix
            self.prefix.clear()
            self.prefix.addItems(offered)
            self.prefix.setCurrentIndex(-1)
            self._prefix_line.setText(typed)
        known = max(self.dtype.findData(spec.dtype), 0)
        self.dtype.setCurrentIndex(known)

    def _show_keys(self, spec: CheckpointSpec | None, scan: CheckpointScan | None) -> None:
        found = scan.state_dicts if scan is not None else ()
        has_choice = len(found) > 1 or any(info.key for info in found) or bool(spec is not None and spec.key)
        self._form.setRowVisible(self.key, spec is not None and has_choice)
        if spec is None:
            return
        self.key.clear()
        default = next((info for info in found if scan is not None and info.key == scan.default_key), None)
        automatic = "Choose one" if found and default is None else "Automatic"
        self.key.addItem(f"{automatic} ({state_dict_title(default)})" if default is not None else automatic, "")
        for info in found:
            if info.key:
                self.key.addItem(state_dict_title(info), info.key)
        if spec.key and self.key.findData(spec.key) < 0:
            self.key.addItem(f"{spec.key} (not found in the file)" if found else spec.key, spec.key)
        self.key.setCurrentIndex(max(self.key.findData(spec.key), 0))

    def _on_key_activated(self, _index: int) -> None:
        self._give("choose state dict", key=self.key.currentData())

    def _on_dtype_activated(self, _index: int) -> None:
        self._give("change dtype of the weights", dtype=self.dtype.currentData())

    def _give_prefix(self) -> None:
        self._give("change prefix of the keys", prefix=self._prefix_line.text().strip())

    def _on_strict_clicked(self, strict: bool) -> None:
        self._give("change strict loading", strict=strict)

    def _give(self, what: str, **changes: object) -> None:
        if self._spec is not None:
            changed = dataclasses.replace(self._spec, **changes)  # type: ignore[arg-type]
            if changed != self._spec:
                self.spec_edited.emit(changed, what)
