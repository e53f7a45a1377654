"""What a file with a model or with weights in it is, told from its content. Nothing in it is run.

The window asks before it offers a file as a model or as a checkpoint, the stages before they load one; neither needs
torch for it.
"""

from __future__ import annotations

import pickletools
import zipfile
import zlib
from collections.abc import Iterator
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from modelpack_gui.core.locations import is_device, is_file, located
from modelpack_gui.core.records.source import ModelSource


class SavedKind(str, Enum):
    """The kind of a file. The values are stable: they cross to the worker and stand in results."""

    TORCHSCRIPT = "torchscript"
    EXPORTED_PROGRAM = "exported-program"
    PICKLED_MODULE = "pickled-module"
    ONNX = "onnx"
    CHECKPOINT = "checkpoint"
    UNKNOWN = "unknown"

    @property
    def is_model(self) -> bool:
        """Whether it holds a model that can be run, not only weights."""
        return self not in (SavedKind.CHECKPOINT, SavedKind.UNKNOWN)

    @property
    def label(self) -> str:
        """As shown."""
        return _LABELS[self]


_LABELS = {
    SavedKind.TORCHSCRIPT: "TorchScript archive",
    SavedKind.EXPORTED_PROGRAM: "ExportedProgram",
    SavedKind.PICKLED_MODULE: "whole pickled nn.Module",
    SavedKind.ONNX: "ONNX model",
    SavedKind.CHECKPOINT: "checkpoint",
    SavedKind.UNKNOWN: "file of an unknown kind",
}

ZIP_DAMAGE = (
    zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError,
)  # fmt: skip
"""What zipfile raises for damaged archives: flipped bits also ask for passwords, methods and places it knows not."""

_OLD_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
_OPCODES_LOOKED_AT = 400  # a module's pickle has its class, `training` and `_parameters` at the very start
_AFTER_IR_VERSION = frozenset((0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42))  # tags of the fields 2 to 8 of a ModelProto
_LAST_IR_VERSION = 0x40
_SAFETENSORS_HEADER = 8  # bytes of its length; then its JSON


def kind_of_file(path: Path) -> SavedKind:
    """Tell what a file is; UNKNOWN also where it cannot be read."""
    if is_device(path):  # a pipe would be waited for
        return SavedKind.UNKNOWN
    try:
        with path.open("rb") as stream:
            head = stream.read(_SAFETENSORS_HEADER + 2)
            stream.seek(0)
            if head[:2] == b"PK":
                return _kind_of_archive(path)
            if head[:1] == b"\x80":
                return _kind_of_old_file(stream)
    except OSError:
        return SavedKind.UNKNOWN
    if _starts_as_onnx(head) or path.suffix.lower() == ".onnx":
        return SavedKind.ONNX  # one that is damaged or empty is still meant to be one
    if head[_SAFETENSORS_HEADER:] == b'{"':
        return SavedKind.CHECKPOINT
    return SavedKind.UNKNOWN


def kind_of_source(source: ModelSource, base: Path) -> SavedKind | None:
    """What the saved model of a recipe in `base` is; None for Python source, and where there is no file."""
    if not source.is_saved_model:
        return None
    path = located(base, source.file)
    return kind_of_file(path) if is_file(path) else None


def runs_in_torch(source: ModelSource, base: Path) -> bool:
    """Whether there is a model that PyTorch runs, so that its outputs are what others are held against."""
    return bool(source.location) and kind_of_source(source, base) is not SavedKind.ONNX


def inner_name(names: list[str], leaf: str) -> str:
    """The member of an archive of torch that has this path below the archive's own folder; empty if there is none."""
    return next((name for name in names if name.partition("/")[2] == leaf or name == leaf), "")


def _kind_of_archive(path: Path) -> SavedKind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if inner_name(names, "constants.pkl") and any("/code/" in name for name in names):
                return SavedKind.TORCHSCRIPT
            is_program = any("/models/" in name and name.endswith(".json") for name in names)
            if (inner_name(names, "archive_format") and is_program) or inner_name(
                names, "serialized_exported_program.json"
            ):
                return SavedKind.EXPORTED_PROGRAM
            pickled = inner_name(names, "data.pkl")
            if not pickled:
                return SavedKind.UNKNOWN
            with archive.open(pickled) as stream:
                is_module = _starts_as_module(stream)
    except ZIP_DAMAGE:
        return SavedKind.UNKNOWN
    return SavedKind.PICKLED_MODULE if is_module else SavedKind.CHECKPOINT


def _kind_of_old_file(stream: BinaryIO) -> SavedKind:
    """Files from before torch 1.6 hold pickles in a row: a magic number, a version, the machine, the content."""
    try:
        for index in range(3):
            arguments = [argument for _, argument, _ in pickletools.genops(stream)]
            if index == 0 and _OLD_MAGIC_NUMBER not in arguments:
                return SavedKind.CHECKPOINT  # a bare pickle; reading it says what is wrong with it
        return SavedKind.PICKLED_MODULE if _starts_as_module(stream) else SavedKind.CHECKPOINT
    except (ValueError, UnicodeDecodeError):
        return SavedKind.CHECKPOINT


def _starts_as_module(stream: object) -> bool:
    """Whether a pickle is one object of a class with a module's attributes, rather than a dict of tensors."""
    is_object = False
    for index, (name, argument) in enumerate(_opcodes(stream)):
        if index < 8 and (name in ("NEWOBJ", "NEWOBJ_EX", "INST", "OBJ") or argument == "module"):
            is_object = True
        if index >= 8 and not is_object:
            return False
        if is_object and argument in ("_parameters", "_modules"):
            return True
    return False


def _opcodes(stream: object) -> Iterator[tuple[str, object]]:
    try:
        for opcode, argument, _ in islice(pickletools.genops(stream), _OPCODES_LOOKED_AT):  # type: ignore[arg-type]
            yield opcode.name, argument
    except (ValueError, UnicodeDecodeError):  # damaged, or cut short: what came before was seen
        return


def _starts_as_onnx(head: bytes) -> bool:
    """A ModelProto starts with its ir_version, the field 1, and goes on with a field after it."""
    return len(head) > 2 and head[0] == 0x08 and 0 < head[1] < _LAST_IR_VERSION and head[2] in _AFTER_IR_VERSION
