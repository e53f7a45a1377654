"""Whether both sides would choose the same: the largest elements of each row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from modelpack_gui.stages.parity.chunked import CHUNK

if TYPE_CHECKING:
    import numpy.typing as npt

_MAX_RANK = 3  # above, the last axis is that of a picture and not of scores


def top_agreement(expected: npt.NDArray[Any], actual: npt.NDArray[Any], k: int) -> float | None:
    """Share of rows along the last axis whose k largest elements are the same; None without such an axis."""
    import numpy as np

    least = max(k, 2)
    if not 1 <= expected.ndim <= _MAX_RANK or expected.shape[-1] < least or not expected.size:
        return None
    same = rows = 0
    for left, right in _blocks(expected, actual):
        if k == 1:
            agree = left.argmax(axis=-1) == right.argmax(axis=-1)
        else:
            chosen = [np.sort(np.argpartition(side, -k, axis=-1)[:, -k:], axis=-1) for side in (left, right)]
            agree = (chosen[0] == chosen[1]).all(axis=-1)
        same += int(np.count_nonzero(agree))
        rows += agree.size
    return same / rows


def _blocks(
    expected: npt.NDArray[Any], actual: npt.NDArray[Any]
) -> Iterator[tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
    """Some rows at a time, of both sides."""
    size = expected.shape[-1]
    if expected.ndim == 1:
        expected, actual = expected[None], actual[None]
    while expected.ndim > 2 and expected.shape[0] == 1:
        expected, actual = expected[0], actual[0]
    step = max(1, CHUNK // (expected.size // expected.shape[0]))
    for start in range(0, expected.shape[0], step):
        yield tuple(_sortable(side[start : start + step].reshape(-1, size)) for side in (expected, actual))  # type: ignore[misc]


def _sortable(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """In float32 what numpy cannot sort, or slowly only."""
    import numpy as np

    return values.astype(np.float32) if values.dtype.itemsize < 4 else values
