"""Which values are looked at together: as many as the memory allows, and a few first, so that rows come at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelpack_gui.stages.layers.align import Aligned
from modelpack_gui.stages.layers.eager_trace import EagerValue

FIRST_VALUES = 6
_ITEM_BYTES = {"float64": 8, "int64": 8, "uint64": 8, "complex64": 8, "complex128": 16, "float16": 2, "bfloat16": 2,
               "int16": 2, "int8": 1, "uint8": 1, "bool": 1}  # fmt: skip


@dataclass(frozen=True)
class Chunk:
    """One run of each level and one of eager.

    Attributes:
        values: To be looked at, by level.
    """

    values: Mapping[str, tuple[Aligned, ...]]
    size_bytes: int


def plan_chunks(values: Mapping[str, Sequence[Aligned]], sizes: Mapping[str, int], memory_bytes: int) -> list[Chunk]:
    """Chunks in order of execution; one value larger than the memory is a chunk of its own.

    Args:
        values: By level, in order of execution.
        sizes: Bytes of each value by name.
    """
    order: dict[str, list[str]] = {}
    aligned = {}
    for level, items in values.items():
        for item in items:
            order.setdefault(item.value, []).append(level)
            aligned[item.value] = item
    names = sorted(order, key=lambda name: aligned[name].node.index)
    chunks: list[Chunk] = []
    current: list[str] = []
    taken = 0
    for name in names:
        size = sizes[name] * len(order[name])
        if current and taken + size > memory_bytes:
            chunks.append(_chunk(current, order, aligned, taken))
            current, taken = [], 0
        current.append(name)
        taken += size
    if current:
        chunks.append(_chunk(current, order, aligned, taken))
    return chunks


def size_of(value: EagerValue) -> int:
    """Bytes of a value."""
    return math.prod(value.shape) * _ITEM_BYTES.get(value.dtype, 4)


def _chunk(
    names: Sequence[str], order: Mapping[str, Sequence[str]], aligned: Mapping[str, Aligned], size: int
) -> Chunk:
    levels = dict.fromkeys(level for name in names for level in order[name])
    return Chunk({level: tuple(aligned[name] for name in names if level in order[name]) for level in levels}, size)
