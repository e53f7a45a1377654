"""What a checkpoint file holds, and how its keys fit a model's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from modelpack_gui.core.records.tensors import TensorInfo

CAST_DTYPES = ("float32", "float16", "bfloat16", "float64")
"""What `CheckpointSpec.dtype` can be, besides empty."""


@dataclass(frozen=True)
class CheckpointScanRequest:
    """List what a checkpoint holds. Nothing in it is run and no tensor is read.

    Attributes:
        path: As in CheckpointSpec.
        allowed_globals: Those of CheckpointSpec; what they name is not listed as refused.
    """

    path: str
    allowed_globals: tuple[str, ...] = ()


@dataclass(frozen=True)
class KeyPrefix:
    """What many keys of a state dict start with, such as `module.`."""

    prefix: str
    keys: int


@dataclass(frozen=True)
class StateDictInfo:
    """One state dict in a checkpoint.

    Attributes:
        key: Where it is nested, with dots between; empty if the file holds nothing else.
        tensors: How many.
        size_bytes: Of all of them.
        dtypes: Of them, the most frequent first.
        prefixes: What all keys start with, and the usual names of wrappers that most start with; the longest last.
        preview: The first few tensors.
    """

    key: str
    tensors: int
    size_bytes: int
    dtypes: tuple[str, ...]
    prefixes: tuple[KeyPrefix, ...] = ()
    preview: tuple[TensorInfo, ...] = ()


@dataclass(frozen=True)
class CheckpointEntry:
    """Something else at the top of a checkpoint, such as `epoch`.

    Attributes:
        what: In a few words: `int`, `dict of 3`, `tensor float32 [4]`.
    """

    key: str
    what: str


@dataclass(frozen=True)
class CheckpointScan:
    """What a checkpoint holds.

    Attributes:
        path: Absolute; of the index file where there are shards.
        format: `torch` is an archive of torch.save, `torch_old` its format before torch 1.6.
        size_bytes: Of all files.
        shards: Names of the files that an index leads to; empty for a single file.
        state_dicts: All of them, in the order of the file.
        default_key: Which of them is taken when none is chosen; None if one has to be chosen.
        others: What else is at the top.
        refused: Full names that `weights_only=True` does not allow, without those allowed by name.
        forbidden: Those of them with which a file could run any command; they can never be allowed.
        is_whole_module: Whether it is a pickled model rather than state dicts.
    """

    path: str
    format: Literal["torch", "torch_old", "safetensors"]
    size_bytes: int
    shards: tuple[str, ...]
    state_dicts: tuple[StateDictInfo, ...]
    default_key: str | None
    others: tuple[CheckpointEntry, ...] = ()
    refused: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    is_whole_module: bool = False


@dataclass(frozen=True)
class ShapeMismatch:
    """A checkpoint key whose tensor does not fit the model's."""

    key: str
    model_shape: tuple[int, ...]
    checkpoint_shape: tuple[int, ...]


@dataclass(frozen=True)
class KeySuggestion:
    """A missing key of the model, and the unexpected one of the checkpoint that it probably is.

    Attributes:
        reason: Why, in a few words.
    """

    missing: str
    unexpected: str
    reason: str


@dataclass(frozen=True)
class KeyReport:
    """The checkpoint's keys against the model's.

    Attributes:
        matched: How many keys fit in name and shape.
        missing: In the model, not in the checkpoint.
        unexpected: In the checkpoint, not in the model.
        tied: In the model, not in the checkpoint, but the same tensor as one that is there.
        key: Where the state dict was nested; empty if it was not.
        prefix: What was taken off the keys; empty if nothing was.
        dtype: What floating-point parameters and buffers were cast to; empty if they were not.
        suggestions: For missing keys, each key at most once.
    """

    matched: int
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    mismatched: tuple[ShapeMismatch, ...] = ()
    tied: tuple[str, ...] = ()
    key: str = ""
    prefix: str = ""
    dtype: str = ""
    suggestions: tuple[KeySuggestion, ...] = ()
