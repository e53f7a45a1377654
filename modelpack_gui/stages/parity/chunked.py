"""Two arrays of one shape, a chunk at a time: what a chunk takes in float64 stays in the processor's cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt

CHUNK = 1 << 16
"""Elements."""


def chunks(
    expected: npt.NDArray[Any], actual: npt.NDArray[Any]
) -> Iterator[tuple[int, npt.NDArray[Any], npt.NDArray[Any]]]:
    """Two arrays of one shape, flat, a chunk at a time, with the flat index of its first element."""
    left, right = _flat(expected), _flat(actual)
    for start in range(0, expected.size, CHUNK):
        yield start, left[start : start + CHUNK], right[start : start + CHUNK]


def float64(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The values in float64, or in complex128 where they are complex."""
    import numpy as np

    return values.astype(np.complex128 if values.dtype.kind == "c" else np.float64)


def unravel(flat_index: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The index of an element in an array of that shape."""
    index = []
    for size in reversed(shape):
        flat_index, place = divmod(flat_index, size)
        index.append(place)
    return tuple(reversed(index))


def _flat(values: npt.NDArray[Any]) -> Any:
    """Something whose slices are those of the flat array; never a copy of the whole."""
    return values.reshape(-1) if values.flags.c_contiguous else values.flat
