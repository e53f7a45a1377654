"""What the selected example input is made from: random values, a file with its options, or a plain value."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QVBoxLayout, QWidget

from modelpack_gui.core.records import ImageSpec, InputSpec
from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.form_parts import CalmCombo, NoteLabel, form_label
from modelpack_gui.ui.widgets.number_fields import ParsedEdit
from modelpack_gui.ui.widgets.path_field import PathField

_KINDS = {"random": "Random tensor", "file": "Tensor from a file", "value": "Plain value, part of the artifact"}
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")
_WITH_KEYS = (".npz", ".pt", ".pth", ".safetensors")
SUFFIXES = (".npy", *_WITH_KEYS, *PICTURES)
_NORMALISED = ImageSpec((224, 224), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


class InputDetails(QWidget):
    """Edits one InputSpec beyond what its row in the table shows; `spec_edited` gives the new one."""

    spec_edited = Signal(object, str, bool)  # InputSpec; what was edited; whether its file must be read for its shape

    def __init__(self, base: Callable[[], Path], settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spec: InputSpec | None = None
        self.kind = CalmCombo("Kind of the selected input")
        self.kind.setObjectName("input-kind")
        for key, title in _KINDS.items():
            self.kind.addItem(title, key)
        self.kind.activated.connect(self._on_kind)
        patterns = " ".join(f"*{suffix}" for suffix in SUFFIXES)
        self.file = PathField(
            "Input file", "input-file", f"Arrays and pictures ({patterns});;All files (*)", base, settings,
            suffixes=SUFFIXES,
        )  # fmt: skip
        self.file.line.setPlaceholderText("An array (.npy .npz .pt .safetensors) or a picture")
        self.file.path_edited.connect(self._on_file)
        self.key = ParsedEdit("Key of the array", str.strip, str)
        self.key.setObjectName("input-key")
        self.key.setPlaceholderText("Name of the array in the file; dots reach into nested ones")
        self.key.value_edited.connect(lambda text: self._change("key", reads=True, file_key=text))
        self.picture_size = ParsedEdit("Picture size", _parse_size, _spell_size)
        self.picture_size.setPlaceholderText("as it is")
        self.picture_size.value_edited.connect(lambda size: self._change_image("picture size", reads=True, size=size))
        self.channels = CalmCombo("Channels of the picture")
        self.channels.addItem("RGB", 3)
        self.channels.addItem("Grey", 1)
        self.channels.activated.connect(self._on_channels)
        self.mean = ParsedEdit("Mean", _parse_numbers, _spell_numbers)
        self.std = ParsedEdit("Std", _parse_numbers, _spell_numbers)
        for line, name in ((self.mean, "mean"), (self.std, "std")):
            line.setPlaceholderText("none")
            line.value_edited.connect(
                lambda numbers, name=name: self._change_image(f"picture {name}", **{name: numbers})
            )
        for line, name in ((self.picture_size, "size"), (self.mean, "mean"), (self.std, "std")):
            line.setObjectName(f"input-picture-{name}")
        self.channels.setObjectName("input-picture-channels")
        self._problem = NoteLabel()
        self._problem.setObjectName("input-file-problem")

        self._picture = QWidget()
        row = QHBoxLayout(self._picture)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING)
        self.picture_size.setFixedWidth(96)
        self.channels.setFixedWidth(96)
        row.addWidget(self.picture_size)
        row.addWidget(self.channels)
        for text, line in (("Mean", self.mean), ("Std", self.std)):
            label = form_label(text)
            label.setMinimumWidth(0)
            label.setBuddy(line)
            row.addWidget(label)
            row.addWidget(line, 1)
        self.form = QFormLayout()
        self.form.setHorizontalSpacing(SPACING)
        self.form.setVerticalSpacing(SPACING)
        self._title = form_label("Selected")
        self._title.setBuddy(self.kind)
        self.form.addRow(self._title, self.kind)
        self.form.addRow(form_label("File"), self.file)
        self.form.addRow(form_label("Key"), self.key)
        self.form.addRow(form_label("Size, channels"), self._picture)
        self.form.addRow("", self._problem)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self.form)
        self.show_spec(None)

    def show_spec(self, spec: InputSpec | None) -> None:
        """Show another input; None hides the form."""
        if spec is None or self._spec is None or spec.name != self._spec.name or spec.file != self._spec.file:
            self.show_problem("")
        is_other = spec is None or self._spec is None or spec.name != self._spec.name
        self._spec = spec
        self.setVisible(spec is not None)
        if spec is None:
            return
        kind = "value" if spec.is_value else "file" if spec.file or self._is_choosing(is_other=is_other) else "random"
        self.kind.setCurrentIndex(self.kind.findData(kind))
        self._title.setText(spec.name if len(spec.name) <= 16 else f"{spec.name[:15]}…")
        self._title.setToolTip(spec.name)
        self.file.set_path(spec.file)
        self.key.set_value(spec.file_key)
        image = spec.image or ImageSpec()
        self.picture_size.set_value(image.size)
        self.mean.set_value(image.mean)
        self.std.set_value(image.std)
        self.channels.setCurrentIndex(self.channels.findData(image.channels))
        self._show_rows(kind)

    def show_problem(self, text: str) -> None:
        """Say why the file could not be read."""
        self._problem.set_text(text)
        self.form.setRowVisible(self._problem, bool(text))

    def _is_choosing(self, *, is_other: bool) -> bool:
        """Whether a file was asked for and is not chosen yet."""
        return not is_other and self.kind.currentData() == "file"

    def _show_rows(self, kind: str) -> None:
        suffix = PurePosixPath(self._spec.file.lower()).suffix if self._spec is not None else ""
        self.form.setRowVisible(self.file, kind == "file")
        self.form.setRowVisible(self.key, kind == "file" and suffix in _WITH_KEYS)
        self.form.setRowVisible(self._picture, kind == "file" and suffix in PICTURES)

    def _on_kind(self) -> None:
        spec, kind = self._spec, self.kind.currentData()
        if spec is None:
            return
        if kind == "file":
            if spec.is_value:
                self._emit(_tensor(spec), "make tensor", reads=False)
            self.kind.setCurrentIndex(self.kind.findData("file"))
            self._show_rows("file")
            self.file.line.setFocus()
        elif kind == "value":
            new = InputSpec(spec.name, (), is_value=True, argument=spec.argument, value=spec.value)
            self._emit(new, "make plain value", reads=False)
        else:
            new = dataclasses.replace(_tensor(spec) if spec.is_value else spec, file="", file_key="", image=None)
            self._emit(new, "draw at random", reads=False)
            self._show_rows("random")

    def _on_file(self, path: str) -> None:
        if self._spec is None:
            return
        is_picture = PurePosixPath(path.lower()).suffix in PICTURES
        image = self._spec.image if is_picture else None
        if is_picture and image is None:
            shape = self._spec.shape
            size = (shape[-2], shape[-1]) if len(shape) == 4 else _NORMALISED.size
            image = dataclasses.replace(_NORMALISED, size=size)
            if len(shape) == 4 and shape[1] == 1:
                image = ImageSpec(size, channels=1)
        new = dataclasses.replace(self._spec, file=path, file_key="", image=image, low=None, high=None)
        self._emit(new, "choose input file", reads=bool(path))

    def _on_channels(self) -> None:
        count = self.channels.currentData()
        image = (self._spec.image if self._spec is not None else None) or ImageSpec()
        fits = count == image.channels
        self._change_image(
            "channels", reads=True, channels=count, mean=image.mean if fits else (), std=image.std if fits else ()
        )

    def _change_image(self, what: str, *, reads: bool = False, **changes: Any) -> None:
        if self._spec is not None:
            image = dataclasses.replace(self._spec.image or ImageSpec(), **changes)
            self._change(what, reads=reads, image=image)

    def _change(self, what: str, *, reads: bool, **changes: Any) -> None:
        if self._spec is not None:
            self._emit(dataclasses.replace(self._spec, **changes), what, reads=reads)

    def _emit(self, spec: InputSpec, what: str, *, reads: bool) -> None:
        if spec != self._spec:
            name = self._spec.name if self._spec is not None else spec.name
            self.spec_edited.emit(spec, f"{what} of {name}", reads)


def _tensor(spec: InputSpec) -> InputSpec:
    return InputSpec(spec.name, (1,), argument=spec.argument)


def _parse_size(text: str) -> tuple[int, int] | None:
    words = re.split(r"[\s,x×]+", text.strip())
    if words == [""]:
        return None
    if len(words) != 2 or not all(word.isdigit() and int(word) for word in words):
        raise ValueError("must be height and width, such as 224 x 224, or empty")
    return int(words[0]), int(words[1])


def _spell_size(size: tuple[int, int] | None) -> str:
    return f"{size[0]} x {size[1]}" if size else ""


def _parse_numbers(text: str) -> tuple[float, ...]:
    words = text.replace(",", " ").split()
    try:
        numbers = tuple(float(word) for word in words)
    except ValueError:
        raise ValueError("must be numbers, such as 0.485, 0.456, 0.406, or empty") from None
    if len(numbers) not in (0, 1, 3):
        raise ValueError("must be one number for each channel, or one for all")
    return numbers


def _spell_numbers(numbers: tuple[float, ...]) -> str:
    return ", ".join(f"{number:g}" for number in numbers)
