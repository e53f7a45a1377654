"""Distance of two arrays in representable numbers of their own dtype (units in the last place)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt

_BFLOAT16_SHIFT = 16


def has_ulps(dtype: str) -> bool:
    """Whether a dtype has such distances: binary floating-point numbers."""
    return dtype.startswith(("float", "bfloat"))


def largest_ulp(dtype: str, expected: npt.NDArray[Any], actual: npt.NDArray[Any]) -> int:
    """How many steps from number to number it takes at most from one to the other; NaN must not be among them.

    -0.0 and 0.0 are one number. Across zero all numbers between are counted.

    Args:
        dtype: As in TensorInfo; bfloat16 may come as float32.
        expected, actual: Flat, and not empty.
    """
    import numpy as np

    left, right = _ordered(dtype, expected), _ordered(dtype, actual)
    # The distance can take one bit more than the dtype has: with the sign wrapped around it is right as unsigned.
    distance = np.maximum(left, right) - np.minimum(left, right)
    return int(distance.view(f"u{distance.dtype.itemsize}").max())


def _ordered(dtype: str, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Integers in the order of the values, neighbours next to each other, read from the bits."""
    import numpy as np

    size = values.dtype.itemsize
    bits = np.ascontiguousarray(values).view(f"i{size}")
    if dtype == "bfloat16" and size > 2:
        bits = (bits >> _BFLOAT16_SHIFT).astype(np.int16)
    # Sign and magnitude to two's complement: -0.0, the smallest integer, becomes 0.
    return np.where(bits < 0, np.iinfo(bits.dtype).min - bits, bits)
