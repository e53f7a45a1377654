"""Read a checkpoint without running code from it: `weights_only=True` always, tensors memory-mapped."""

from __future__ import annotations

import pickle
import pickletools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.figures import listed, plural
from modelpack_gui.core.records import CheckpointSpec
from modelpack_gui.stages.common import paths
from modelpack_gui.stages.source import checkpoint_globals as unsafe
from modelpack_gui.stages.source.checkpoint_files import CheckpointFiles, find_files, not_valid, truncated
from modelpack_gui.stages.source.pickle_outline import MAGIC_NUMBER
from modelpack_gui.stages.source.state_dict import choose_state_dict
from modelpack_gui.stages.source.usercode import pip_command

_SAFETENSORS_CUT = ("incomplete", "too small", "toosmall", "invalidheaderlength", "invalid header length")
_PICKLES_OF_OLD_FORMAT = 5  # magic number, protocol, system, the content, keys of storages; then the tensors


@dataclass(frozen=True)
class Checkpoint:
    """A state dict that was read.

    Attributes:
        path: Of the file, or of the index of its shards.
        files: That tensors are mapped from.
        key: Where the state dict was nested; empty if it was not.
        state: Values by key, tensors on the CPU; keeps torch's `_metadata` where the file had it.
    """

    path: Path
    files: tuple[Path, ...]
    size_bytes: int
    key: str
    state: Mapping[str, Any]


def read_checkpoint(spec: CheckpointSpec, context: Context, user_module: ModuleType | None = None) -> Checkpoint:
    """Read the state dict of a checkpoint.

    Args:
        user_module: The model's module, where globals of `__main__` and of files saved as scripts are looked up.

    Raises:
        UserError: Those of `find_files` and `choose_state_dict`; `checkpoint-truncated`, `checkpoint-not-valid`,
            `checkpoint-unsafe-global` (details: one full name on each line), `checkpoint-forbidden-global`,
            `checkpoint-whole-module`, `checkpoint-shards-disagree`, `import-missing`.
    """
    found = find_files(paths.resolve(context, spec.path), spec.path)
    if found.is_sharded:
        content: Any = _read_shards(found, spec, context, user_module)
    else:
        content = _read_file(found.path, found, spec, user_module)
    key, state = choose_state_dict(content, spec.key, found.path, is_tensor)
    if key and not spec.key:
        context.log("info", f"{found.path.name}: the state dict is under the key {key!r}.")
    return Checkpoint(found.path, found.files, found.size_bytes, key, state)


def is_tensor(value: Any) -> bool:
    """Whether it is one of torch."""
    import torch

    return isinstance(value, torch.Tensor)


def _read_shards(
    found: CheckpointFiles, spec: CheckpointSpec, context: Context, user_module: ModuleType | None
) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for number, file in enumerate(found.files):
        context.progress(f"Reading shard {number + 1} of {len(found.files)}")
        context.check_cancelled()
        content = _read_file(file, found, spec, user_module)
        if not isinstance(content, Mapping):
            raise not_valid(file, "is a shard, but holds no dict of tensors")
        listed_here = {key for key, place in found.key_files.items() if place == file}
        absent = sorted(listed_here - set(content))
        if absent:
            raise UserError(
                "checkpoint-shards-disagree",
                f"{found.path.name} says that {file.name} has {plural(len(absent), 'key')} which {file.name} lacks:"
                f" {listed(absent)}.",
                "The index and the shards are of different downloads or exports: get them again, all together.",
                "\n".join(absent),
            )
        extra = [key for key in content if key not in listed_here]
        if extra:
            context.log("warning", f"{file.name} has keys that {found.path.name} does not list: {listed(extra)}.")
        merged |= {key: value for key, value in content.items() if found.key_files.get(key, file) == file}
    return merged


def _read_file(path: Path, found: CheckpointFiles, spec: CheckpointSpec, user_module: ModuleType | None) -> Any:
    if found.format == "safetensors":
        return _read_safetensors(path)
    return _read_torch(path, spec, is_archive=found.format == "torch", user_module=user_module)


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
        raise safetensors_error(path, str(error)) from error
    return tensors


def safetensors_error(path: Path, text: str) -> UserError:
    """The error for what is wrong with a safetensors file, as the library or our own reader says it."""
    if any(mark in text.lower() for mark in _SAFETENSORS_CUT):
        return truncated(path, text)
    return not_valid(path, "is not a safetensors file", text)


def _read_torch(path: Path, spec: CheckpointSpec, *, is_archive: bool, user_module: ModuleType | None) -> Any:
    import torch

    with safe_globals(unsafe.resolve_globals(spec.allowed_globals, user_module)):
        try:
            return torch.load(path, map_location="cpu", weights_only=True, mmap=True if is_archive else None)
        except Exception as error:  # damaged pickles raise anything; it becomes the outcome
            raise _explain(path, spec, error, is_archive=is_archive) from error


def _explain(path: Path, spec: CheckpointSpec, error: Exception, *, is_archive: bool) -> UserError:
    """The error to show for what torch.load raised."""
    text = f"{type(error).__name__}: {error}"
    marks = ("unexpected EOF", "central directory", "truncated", "corrupted", "PytorchStreamReader")
    if any(mark in text for mark in marks) or (not is_archive and is_cut_short(path)):
        return truncated(path, text)
    if isinstance(error, pickle.UnpicklingError):
        refused = unsafe.refused_globals(path, spec.allowed_globals, str(error), is_archive=is_archive)
        if refused:
            return unsafe.refusal(path, spec.path, refused)
    # What torch says before this mark advises weights_only=False, with which the file could run any command.
    reason = text.partition("WeightsUnpickler error:")[2].partition("Check the documentation")[0].strip() or text
    return not_valid(path, "is not a checkpoint that torch.load can read", reason)


def is_cut_short(path: Path) -> bool:
    """Whether an old-format file ends within the pickles it starts with, or has damaged ones. They are not run."""
    with path.open("rb") as stream:
        for index in range(_PICKLES_OF_OLD_FORMAT):
            try:
                arguments = [argument for _, argument, _ in pickletools.genops(stream)]
            except (MemoryError, OverflowError):  # a length that cannot be
                return True
            except ValueError as error:
                return ", opcode " not in str(error)  # an unknown opcode is damage; the rest is about a missing end
            if index == 0 and MAGIC_NUMBER not in arguments:
                return False
    return False


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
