"""Read a checkpoint file without running code from it: `weights_only=True` always."""

from __future__ import annotations

import pickle
import pickletools
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import CheckpointSpec
from modelpack_gui.stages.common import paths
from modelpack_gui.stages.source import checkpoint_globals as unsafe
from modelpack_gui.stages.source.state_dict import find_state_dict
from modelpack_gui.stages.source.usercode import pip_command

_SAVE_HINT = "Save it again with torch.save(model.state_dict(), path)."
_SAFETENSORS_CUT = ("incomplete", "too small", "toosmall", "invalidheaderlength", "invalid header length")
_PICKLES_OF_OLD_FORMAT = 5  # magic number, protocol, system, the content, keys of storages; then the tensors
_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
_COPY_HINT = "Copy or download it again and compare its size with the original's."


@dataclass(frozen=True)
class Checkpoint:
    """A state dict that was read.

    Attributes:
        state: Values by key, tensors on the CPU; keeps torch's `_metadata` where the file had it.
    """

    path: Path
    size_bytes: int
    state: Mapping[str, Any]


def read_checkpoint(spec: CheckpointSpec, context: Context, user_module: ModuleType | None = None) -> Checkpoint:
    """Read the state dict of a checkpoint.

    Args:
        user_module: The model's module, where globals of `__main__` and of files saved as scripts are looked up.

    Raises:
        UserError: `checkpoint-missing`, `checkpoint-is-folder`, `checkpoint-empty`, `checkpoint-unreadable`,
            `checkpoint-truncated`, `checkpoint-not-valid`, `checkpoint-unsafe-global` (details: one full name on each
            line), `checkpoint-forbidden-global`, `checkpoint-whole-module`, `checkpoint-torchscript`,
            `checkpoint-no-state-dict`, `checkpoint-ambiguous`, `import-missing`.
    """
    path = paths.resolve(context, spec.path)
    size_bytes = _check_file(path)
    if path.suffix == ".safetensors":
        content: Any = _read_safetensors(path)
    else:
        content = _read_torch(path, spec.allowed_globals, user_module)
    return Checkpoint(path, size_bytes, find_state_dict(content, path, context))


def _check_file(path: Path) -> int:
    if path.is_dir():
        raise UserError("checkpoint-is-folder", f"The checkpoint {path} is a folder.", "Choose a file in it.")
    try:
        size_bytes = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(64)
    except FileNotFoundError as error:
        raise UserError(
            "checkpoint-missing",
            f"There is no checkpoint {path}.",
            "Check the path; it is relative to the recipe's folder.",
        ) from error
    except OSError as error:
        raise UserError(
            "checkpoint-unreadable",
            f"The checkpoint {path} cannot be read: {error.strerror or error}.",
            "Check its permissions.",
        ) from error
    if not head:
        raise UserError("checkpoint-empty", f"The checkpoint {path} is empty (0 bytes).", _COPY_HINT)
    if head.startswith(b"version https://git-lfs"):
        raise UserError(
            "checkpoint-not-valid",
            f"{path} is a Git LFS pointer, not the checkpoint itself.",
            "Run `git lfs pull` in its repository.",
        )
    return size_bytes


def _read_safetensors(path: Path) -> Mapping[str, Any]:
    try:
        import safetensors
        from safetensors.torch import load_file
    except ImportError as error:
        raise UserError(
            "import-missing",
            f"Reading {path.name} needs the package safetensors, which this interpreter lacks.",
            f"Install it: {pip_command('safetensors')}",
        ) from error
    try:
        tensors: Mapping[str, Any] = load_file(path)
    except safetensors.SafetensorError as error:
        text = str(error)
        if any(mark in text.lower() for mark in _SAFETENSORS_CUT):
            raise _truncated(path, text) from error
        raise _not_valid(path, "is not a safetensors file", text) from error
    return tensors


def _read_torch(path: Path, allowed: tuple[str, ...], user_module: ModuleType | None) -> Any:
    import torch

    is_zip = _check_archive(path)
    with safe_globals(unsafe.resolve_globals(allowed, user_module)):
        try:
            return torch.load(path, map_location="cpu", weights_only=True, mmap=True if is_zip else None)
        except Exception as error:  # damaged pickles raise anything; it becomes the outcome
            raise _explain(path, error, is_zip) from error


def _explain(path: Path, error: Exception, is_zip: bool) -> UserError:
    """The error to show for what torch.load raised."""
    text = f"{type(error).__name__}: {error}"
    marks = ("unexpected EOF", "central directory", "truncated", "corrupted", "PytorchStreamReader")
    if any(mark in text for mark in marks) or (not is_zip and _is_cut_short(path)):
        return _truncated(path, text)
    if isinstance(error, pickle.UnpicklingError):
        refused = unsafe.refused_globals(path, str(error))
        if refused:
            return unsafe.refusal(path, refused)
    # What torch says before this mark advises weights_only=False, with which the file could run any command.
    reason = text.partition("WeightsUnpickler error:")[2].partition("Check the documentation")[0].strip() or text
    return _not_valid(path, "is not a checkpoint that torch.load can read", reason)


def _is_cut_short(path: Path) -> bool:
    """Whether an old-format file ends within the pickles it starts with. They are taken apart, not run."""
    with path.open("rb") as stream:
        for index in range(_PICKLES_OF_OLD_FORMAT):
            try:
                arguments = [argument for _, argument, _ in pickletools.genops(stream)]
            except ValueError as error:
                return ", opcode " not in str(error)  # an unknown opcode is damage; the rest is about a missing end
            except UnicodeDecodeError:
                return False
            if index == 0 and _MAGIC_NUMBER not in arguments:
                return False
    return False


def _check_archive(path: Path) -> bool:
    """Whether it is a zip archive as torch.save writes; False means an older pickle, to be tried."""
    with path.open("rb") as stream:
        head = stream.read(4)
    if head[:2] != b"PK":
        if head[:1] != b"\x80":
            raise _not_valid(path, "is not a checkpoint: neither an archive of torch.save nor a pickle", "")
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise _truncated(path, str(error)) from error
    leaves = {name.rpartition("/")[2] for name in names}
    if "constants.pkl" in leaves:
        raise UserError(
            "checkpoint-torchscript",
            f"{path} is a TorchScript archive, not a state_dict.",
            "Save the state_dict of the model it was made from: torch.save(model.state_dict(), path).",
        )
    if "data.pkl" not in leaves:
        raise _not_valid(path, "is a zip archive, but not one that torch.save wrote", "")
    return True


@contextmanager
def safe_globals(objects: list[Any]) -> Iterator[None]:
    """Let the restricted unpickler use these objects, and nothing else, within the block."""
    import torch

    if not objects:
        yield
        return
    scope: Callable[[list[Any]], Any] | None = getattr(torch.serialization, "safe_globals", None)
    if scope is not None:
        with scope(objects):
            yield
        return
    before = torch.serialization.get_safe_globals()  # torch 2.4 has no scope for them
    torch.serialization.add_safe_globals(objects)
    try:
        yield
    finally:
        torch.serialization.clear_safe_globals()
        torch.serialization.add_safe_globals(before)


def _truncated(path: Path, details: str) -> UserError:
    return UserError("checkpoint-truncated", f"The checkpoint {path} is cut short or damaged.", _COPY_HINT, details)


def _not_valid(path: Path, what: str, details: str) -> UserError:
    return UserError("checkpoint-not-valid", f"{path} {what}.", f"Choose another file. {_SAVE_HINT}", details)
