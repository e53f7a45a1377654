"""Distances in representable numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from modelpack_gui.ui.arrays.pair import Array

_UNSIGNED = {2: np.uint16, 4: np.uint32, 8: np.uint64}


def ulp_distances(expected: Array, actual: Array, dtype: str) -> list[int | None] | None:
    """How many steps from number to number of `dtype` lie between; None where a side is not finite.

    None altogether where that means nothing: for integers, booleans, strings, complex numbers, and two dtypes.
    """
    if expected.dtype != actual.dtype or expected.dtype.kind != "f" or expected.dtype.itemsize not in _UNSIGNED:
        return None
    wanted, given = _steps_from_zero(expected, dtype), _steps_from_zero(actual, dtype)
    is_same_side = np.signbit(expected) == np.signbit(actual)
    between = np.where(is_same_side, np.maximum(wanted, given) - np.minimum(wanted, given), wanted + given)
    known = np.isfinite(expected) & np.isfinite(actual)
    return [int(steps) if is_known else None for steps, is_known in zip(between, known, strict=True)]


def _steps_from_zero(side: Array, dtype: str) -> npt.NDArray[np.uint64]:
    """The bits below the sign, which count the numbers up from zero."""
    size = side.dtype.itemsize
    bits = np.ascontiguousarray(side).view(_UNSIGNED[size]).astype(np.uint64)
    bits &= np.uint64((1 << (8 * size - 1)) - 1)
    if dtype == "bfloat16" and size == 4:
        bits >>= np.uint64(16)  # the upper half of the float32 that it is kept as
    return bits
