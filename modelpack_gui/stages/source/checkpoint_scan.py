"""The scan-checkpoint stage: what a checkpoint holds. Nothing in it is run, and no tensor is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.figures import plural
from modelpack_gui.core.records import (
    CheckpointEntry,
    CheckpointScan,
    CheckpointScanRequest,
    StateDictInfo,
    TensorInfo,
)
from modelpack_gui.stages.common import paths
from modelpack_gui.stages.source.checkpoint import is_cut_short, safetensors_error
from modelpack_gui.stages.source.checkpoint_files import CheckpointFiles, find_files, not_valid, truncated
from modelpack_gui.stages.source.checkpoint_globals import is_forbidden, is_whole_module, not_allowed
from modelpack_gui.stages.source.pickle_outline import (
    Outline,
    OutlineError,
    OutlineObject,
    OutlineTensor,
    outline_archive,
    outline_old,
)
from modelpack_gui.stages.source.prefixes import shared_prefixes
from modelpack_gui.stages.source.safetensors_header import outline_safetensors
from modelpack_gui.stages.source.state_dict import default_key, find_state_dicts

_PREVIEWED = 12
_OTHERS = 40


def run(request: CheckpointScanRequest, context: Context) -> CheckpointScan:
    """List what a checkpoint holds.

    Raises:
        UserError: Those of `find_files`; `checkpoint-truncated`, `checkpoint-not-valid`.
    """
    found = find_files(paths.resolve(context, request.path), request.path)
    outline = _outline(found, context)
    state_dicts = find_state_dicts(outline.content, _is_tensor)
    refused = [name for name in not_allowed(outline.globals) if name not in request.allowed_globals]
    return CheckpointScan(
        path=str(found.path),
        format=found.format,
        size_bytes=found.size_bytes,
        shards=tuple(file.name for file in found.files) if found.is_sharded else (),
        state_dicts=tuple(_describe(key, state) for key, state in state_dicts.items()),
        default_key=default_key(state_dicts),
        others=_others(outline.content, set(state_dicts)),
        refused=tuple(refused),
        forbidden=tuple(name for name in refused if is_forbidden(name)),
        is_whole_module=not state_dicts and is_whole_module(outline.globals),
    )


def _outline(found: CheckpointFiles, context: Context) -> Outline:
    if not found.is_sharded:
        return _outline_file(found.path, found.format)
    tensors: dict[str, Any] = {}
    names: dict[str, None] = {}
    for number, file in enumerate(found.files):
        context.check_cancelled()
        context.progress(f"Looking into {file.name}", number / len(found.files))
        part = _outline_file(file, found.format)
        if isinstance(part.content, Mapping):
            tensors |= part.content
        names |= dict.fromkeys(part.globals)
    return Outline(tensors, tuple(names))


def _outline_file(path: Path, kind: str) -> Outline:
    if kind == "safetensors":
        try:
            return Outline(outline_safetensors(path), ())
        except ValueError as error:
            raise safetensors_error(path, str(error)) from error
    try:
        return outline_archive(path) if kind == "torch" else outline_old(path)
    except OutlineError as error:
        if kind == "torch_old" and is_cut_short(path):
            raise truncated(path, str(error)) from error
        raise not_valid(path, "is not a checkpoint of torch.save", str(error)) from error


def _is_tensor(value: Any) -> bool:
    return isinstance(value, OutlineTensor)


def _describe(key: str, state: Mapping[str, Any]) -> StateDictInfo:
    tensors = {name: value for name, value in state.items() if isinstance(value, OutlineTensor)}
    dtypes = Counter(value.dtype for value in tensors.values())
    return StateDictInfo(
        key=key,
        tensors=len(tensors),
        size_bytes=sum(value.size_bytes for value in tensors.values()),
        dtypes=tuple(dtype for dtype, _ in dtypes.most_common()),
        prefixes=shared_prefixes(tensors),
        preview=tuple(
            TensorInfo(name, value.dtype, value.shape) for name, value in list(tensors.items())[:_PREVIEWED]
        ),
    )


def _others(content: Any, taken: set[str]) -> tuple[CheckpointEntry, ...]:
    """What is at the top besides the state dicts and what holds them."""
    if not isinstance(content, Mapping) or "" in taken:
        return ()
    outer = {key.partition(".")[0] for key in taken}
    rest = [(str(key), value) for key, value in content.items() if key not in taken and key not in outer]
    return tuple(CheckpointEntry(key, _what(value)) for key, value in rest[:_OTHERS])


def _what(value: Any) -> str:
    if isinstance(value, OutlineTensor):
        return f"tensor {value.dtype} {list(value.shape)}"
    if isinstance(value, OutlineObject):
        return value.global_name
    if isinstance(value, Mapping):
        return f"dict of {len(value)}"
    if isinstance(value, (list, tuple, set)):
        return f"{type(value).__name__} of {len(value)}"
    if isinstance(value, (bool, int, float)) or value is None:
        return f"{type(value).__name__} {value}" if value is not None else "None"
    if isinstance(value, (str, bytes)):
        return f"text of {plural(len(value), 'character')}"
    return "class" if isinstance(value, type) else type(value).__name__
