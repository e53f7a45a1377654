"""What a file that was opened or dropped is."""

from __future__ import annotations

import zipfile
from enum import Enum
from pathlib import Path

_CHECKPOINTS = (".pt", ".pth", ".ckpt", ".bin", ".safetensors")


class FileKind(Enum):
    """What to do with a file."""

    RECIPE = "recipe"
    SOURCE = "model file"
    CHECKPOINT = "checkpoint"
    ARTIFACT = "artifact"
    UNKNOWN = "unknown"


def kind_of(path: Path) -> FileKind:
    """Tell by the suffix, and by a look inside where the suffix is shared (`.pt`)."""
    suffix = path.suffix.lower()
    if suffix == ".toml":
        return FileKind.RECIPE
    if suffix == ".py":
        return FileKind.SOURCE
    if suffix == ".onnx" or (suffix in (".pt", ".pth", ".ts", ".torchscript") and is_torchscript(path)):
        return FileKind.ARTIFACT
    return FileKind.CHECKPOINT if suffix in _CHECKPOINTS else FileKind.UNKNOWN


def is_torchscript(path: Path) -> bool:
    """Whether it is a TorchScript archive: a zip file with `code/` and `constants.pkl` in its folder."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False
    return any(name.endswith("/constants.pkl") for name in names) and any("/code/" in name for name in names)
