"""What a file that was opened or dropped is."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from modelpack_gui.core.saved_models import SavedKind, kind_of_file

_CHECKPOINTS = (".pt", ".pth", ".ckpt", ".bin", ".safetensors")
_INDEX = ".index.json"  # of shards


class FileKind(Enum):
    """What to do with a file."""

    RECIPE = "recipe"
    SOURCE = "model file"
    SAVED_MODULE = "pickled model"
    CHECKPOINT = "checkpoint"
    ARTIFACT = "artifact"
    UNKNOWN = "unknown"


def kind_of(path: Path) -> FileKind:
    """Tell by the suffix, and by a look inside where the suffix says little (`.pt`)."""
    suffix = path.suffix.lower()
    if suffix == ".toml":
        return FileKind.RECIPE
    if suffix == ".py":
        return FileKind.SOURCE
    kind = _KINDS.get(kind_of_file(path))
    if kind is not None:
        return kind
    is_index = path.name.lower().endswith(_INDEX)
    return FileKind.CHECKPOINT if suffix in _CHECKPOINTS or is_index else FileKind.UNKNOWN


_KINDS = {
    SavedKind.ONNX: FileKind.ARTIFACT,
    SavedKind.TORCHSCRIPT: FileKind.ARTIFACT,
    SavedKind.EXPORTED_PROGRAM: FileKind.ARTIFACT,
    SavedKind.PICKLED_MODULE: FileKind.SAVED_MODULE,
    SavedKind.CHECKPOINT: FileKind.CHECKPOINT,
}
