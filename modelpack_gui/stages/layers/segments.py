"""Run the artifact in segments, one after the other, each on what the one before it gave.

So only the values of one segment live at once, and eager, which is run once, takes each as it comes to it.
"""

from __future__ import annotations

import ctypes
import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.stages.layers.aligned import Aligned
from modelpack_gui.stages.layers.eager_trace import EagerValue
from modelpack_gui.stages.layers.side import ArtifactSide

if TYPE_CHECKING:
    import torch

FIRST_VALUES = 6
"""Of the first segment, so that there is something to see at once."""

SEGMENT_BYTES = 8 << 20
"""Of values, and as much of weights: larger segments are hardly faster."""

_ITEM_BYTES = {"float64": 8, "int64": 8, "uint64": 8, "complex64": 8, "complex128": 16, "float16": 2, "bfloat16": 2,
               "int16": 2, "int8": 1, "uint8": 1, "bool": 1}  # fmt: skip


@dataclass(frozen=True)
class Segment:
    """A stretch of the graph.

    Attributes:
        end: Position of its last node.
    """

    values: tuple[Aligned, ...]
    end: int


def plan_segments(
    items: Sequence[Aligned], sizes: Mapping[str, int], side: ArtifactSide, memory_bytes: int
) -> list[Segment]:
    """Segments in order of execution; one value larger than the memory is a segment of its own.

    Args:
        items: In order of execution.
        sizes: Bytes of each value by name.
    """
    limit = min(memory_bytes, SEGMENT_BYTES)
    position = side.graph.position
    segments: list[Segment] = []
    current: list[Aligned] = []
    taken = weights = 0
    begun = 0
    for item in items:
        size = sizes[item.value]
        here = position[item.node.index]
        weights += sum(side.stored_bytes(node) for node in side.graph.nodes[begun : here + 1])
        begun = max(begun, here + 1)
        is_full = taken + size > limit or weights > SEGMENT_BYTES or (not segments and len(current) == FIRST_VALUES)
        if current and is_full:
            segments.append(Segment(tuple(current), position[current[-1].node.index]))
            current, taken, weights = [], 0, 0
        current.append(item)
        taken += size
    if current:
        segments.append(Segment(tuple(current), position[current[-1].node.index]))
    return segments


def size_of(value: EagerValue) -> int:
    """Bytes of a value."""
    return math.prod(value.shape) * _ITEM_BYTES.get(value.dtype, 4)


def give_back_memory() -> None:
    """Let the allocator give back what is free: between torch and the runtime, half of it would lie idle else."""
    trim = _trim()
    if trim is not None:
        trim(0)


@functools.cache
def _trim() -> Any:
    """glibc's malloc_trim; None where there is no such thing."""
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None


class Stream:
    """The values of the artifact at one level, each to be taken once.

    Attributes:
        peak_bytes: Most that they took at once.
    """

    def __init__(self, side: ArtifactSide, level: str, segments: Sequence[Segment]) -> None:
        self._side, self._level = side, level
        self._left = list(segments)
        self._values: dict[str, torch.Tensor] = {}
        self._kept: dict[str, torch.Tensor] = {}
        self.peak_bytes = 0

    def take(self, value: str) -> torch.Tensor:
        """A value; segments are run until it is there.

        Raises:
            UserError: `layers-part-failed`.
        """
        while value not in self._values:
            self._advance()
        return self._values.pop(value)

    def _advance(self) -> None:
        segment = self._left.pop(0)
        try:
            self._run(segment)
        except UserError:
            if len(segment.values) == 1:
                raise
            # One by one, so that all there is before what fails can be compared.
            position = self._side.graph.position
            self._left[:0] = [Segment((item,), position[item.node.index]) for item in segment.values]

    def _run(self, segment: Segment) -> None:
        names = [item.value for item in segment.values]
        crossing = self._crossing(segment.end) if self._left else []
        wanted = [name for name in crossing if name not in self._kept and name not in names]
        give_back_memory()
        found = self._side.run(self._level, [*names, *wanted], self._kept)
        self._kept = {**self._kept, **found}
        self._kept = {name: self._kept[name] for name in crossing if name in self._kept}
        self._values.update({name: found[name] for name in names})
        alive = {id(tensor): tensor.nbytes for tensor in (*self._values.values(), *self._kept.values())}
        self.peak_bytes = max(self.peak_bytes, sum(alive.values()))

    def _crossing(self, end: int) -> list[str]:
        """Values made up to a node that are read behind it, as far as they are tensors that can be had."""
        graph = self._side.graph
        made = self._side.makers(self._level)
        found = []
        for node in graph.nodes[: end + 1]:
            for value in node.outputs:
                if value in graph.constant or (made is not None and value not in made):
                    continue
                info = graph.infos.get(value)
                if info is None or info.dtype in ("", "string", "no tensor"):
                    continue
                if any(graph.position[reader.index] > end for reader in graph.readers.get(value, ())):
                    found.append(value)
        return found
