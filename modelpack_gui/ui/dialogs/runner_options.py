"""The options of one runner, drawn from what the registry says of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from modelpack_gui.core.artifact_formats import FORMAT_TITLES, SUFFIXES
from modelpack_gui.core.records import OptionInfo, OptionValue, RunnerSpec
from modelpack_gui.core.runners.titles import info_of, runner_title
from modelpack_gui.ui.look.theme import GROUP_SPACING, SPACING
from modelpack_gui.ui.models.runner_entries import Surroundings
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import IconButton, wrapped_label
from modelpack_gui.ui.widgets.number_fields import SpinField
from modelpack_gui.ui.widgets.path_field import PathField
from modelpack_gui.ui.widgets.status_line import StatusLine

_TALLEST = 540  # pixels; a runner with many options scrolls


class OptionField(QWidget):
    """One option: a choice, a tick or a whole number, with what it does and costs below."""

    changed = Signal()

    def __init__(self, option: OptionInfo, value: OptionValue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.option = option
        self.editor = self._make_editor(value)
        self.editor.setObjectName(f"option-{option.name}")
        self.editor.setAccessibleName(option.title)
        self.editor.setToolTip(plain_tooltip(option.problem or option.note))
        self.editor.setEnabled(not option.problem)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.editor, alignment=Qt.AlignmentFlag.AlignLeft)
        if option.problem or option.note:
            column.addWidget(wrapped_label(option.problem or option.note, is_muted=True))

    @property
    def value(self) -> OptionValue:
        """What is set."""
        editor = self.editor
        if isinstance(editor, QCheckBox):
            return editor.isChecked()
        if isinstance(editor, SpinField):
            return editor.value()
        assert isinstance(editor, QComboBox)
        text: str = editor.currentData()
        return text

    def _make_editor(self, value: OptionValue) -> QWidget:
        option = self.option
        if option.kind == "bool":
            box = QCheckBox("On" if option.title else option.name)
            box.setChecked(bool(value))
            box.toggled.connect(self.changed)
            return box
        if option.kind == "int":
            spin = SpinField(option.title, option.minimum, option.maximum)
            if option.minimum == 0 and option.default == 0:
                spin.setSpecialValueText("auto")
            spin.setValue(int(value if isinstance(value, int | float) else option.default))
            spin.setMinimumWidth(110)
            spin.valueChanged.connect(self.changed)
            return spin
        combo = QComboBox()
        for choice in dict.fromkeys((*option.choices, str(value))):
            combo.addItem(choice, choice)
        combo.setCurrentIndex(combo.findData(str(value)))
        combo.currentIndexChanged.connect(self.changed)
        return combo


class RunnerOptionsDialog(QDialog):
    """Asks for a runner's options, its file and its name; `spec` has them when it was accepted."""

    def __init__(
        self,
        spec: RunnerSpec,
        around: Surroundings,
        taken: frozenset[str],
        base: Callable[[], Path],
        settings: Settings,
        parent: QWidget | None = None,
    ) -> None:
        """`taken` are the keys of the other runners in the list; no two may have the same."""
        super().__init__(parent)
        self._asked = spec
        self._around = around
        self._taken = taken
        info = info_of(spec.runner, around.infos)
        title = info.title if info is not None else spec.runner
        self.setObjectName("runner-options")
        self.setWindowTitle(f"Options of {title}")
        self.fields: dict[str, OptionField] = {}
        form = QFormLayout()
        form.setHorizontalSpacing(GROUP_SPACING)
        form.setVerticalSpacing(SPACING)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.label = QLineEdit(spec.label)
        self.label.setObjectName("runner-label")
        self.label.setAccessibleName("Name")
        self.label.textChanged.connect(self._show_state)
        form.addRow("Name", self.label)
        self.file: PathField | None = None
        needed = info.needs_artifact if info is not None else ""
        if needed or spec.artifact:
            form.addRow("File", self._make_file(needed, base, settings))
        for option in info.options if info is not None else ():
            field = OptionField(option, spec.options.get(option.name, option.default))
            field.changed.connect(self._show_state)
            self.fields[option.name] = field
            label = QLabel(option.title)
            label.setBuddy(field.editor)
            form.addRow(label, field)
        self._lay_out(form, info.note if info is not None else "")
        self._show_state()

    @property
    def spec(self) -> RunnerSpec:
        """The runner as it is set now; options that are at their default are left out, those unknown here stay."""
        options = {name: value for name, value in self._asked.options.items() if name not in self.fields}
        options |= {name: field.value for name, field in self.fields.items() if field.value != field.option.default}
        artifact = self.file.path if self.file is not None else self._asked.artifact
        return dataclasses.replace(self._asked, options=options, artifact=artifact, label=self.label.text().strip())

    def reset(self) -> None:
        """Every option at its default."""
        for field in self.fields.values():
            default, editor = field.option.default, field.editor
            if isinstance(editor, QCheckBox):
                editor.setChecked(bool(default))
            elif isinstance(editor, SpinField):
                editor.setValue(int(default))
            elif isinstance(editor, QComboBox):
                editor.setCurrentIndex(editor.findData(str(default)))

    def _lay_out(self, form: QFormLayout, note: str) -> None:
        inside = QWidget()
        inside.setLayout(form)
        form.setContentsMargins(0, 0, SPACING, 0)
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inside)
        inside.setMinimumWidth(440)
        self._scroll.setMinimumHeight(min(_TALLEST, inside.sizeHint().height() + 4))
        self._scroll.setMinimumWidth(470)
        self.problem = StatusLine(Status.WARNING)
        self.problem.setObjectName("runner-options-problem")
        self.ok_button = IconButton("OK", "", "primary")
        self.ok_button.setObjectName("runner-options-ok")
        self.ok_button.setDefault(True)
        self.ok_button.clicked.connect(self.accept)
        cancel = IconButton("Cancel")
        cancel.clicked.connect(self.reject)
        self.reset_button = IconButton("Defaults", "reset")
        self.reset_button.setObjectName("runner-options-reset")
        self.reset_button.clicked.connect(self.reset)
        buttons = QHBoxLayout()
        buttons.addWidget(self.reset_button)
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.ok_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(GROUP_SPACING, GROUP_SPACING, GROUP_SPACING, GROUP_SPACING)
        column.setSpacing(GROUP_SPACING)
        if note:
            column.addWidget(wrapped_label(note, is_muted=True))
        column.addWidget(self._scroll, 1)
        column.addWidget(self.problem)
        column.addLayout(buttons)

    def _make_file(self, needed: str, base: Callable[[], Path], settings: Settings) -> PathField:
        suffixes = next((suffixes for name, suffixes in SUFFIXES.items() if name == needed), ())
        patterns = " ".join(f"*{suffix}" for suffix in suffixes)
        title = FORMAT_TITLES.get(needed, "Model")
        kinds = f"{title} files ({patterns});;All files (*)" if patterns else "All files (*)"
        self.file = PathField("File", "runner-file", kinds, base, settings, suffixes=suffixes)
        self.file.set_path(self._asked.artifact)
        self.file.line.setPlaceholderText("the artifact of the export")
        self.file.path_edited.connect(self._show_state)
        return self.file

    def _show_state(self) -> None:
        spec = self.spec
        self.label.setPlaceholderText(runner_title(dataclasses.replace(spec, label=""), self._around.infos))
        is_taken = spec.key in self._taken
        self.problem.set_text(
            "The same runner with these options is in the list: change an option." if is_taken else ""
        )
        self.ok_button.setEnabled(not is_taken)
        self.reset_button.setEnabled(any(field.value != field.option.default for field in self.fields.values()))
