"""How exact a dtype is, and what an error is called that is so many noise floors large."""

from __future__ import annotations

import math

from modelpack_gui.core.figures import rounded
from modelpack_gui.core.records import NoiseFigures

AS_NEAR = 1.5
"""Up to so many noise floors an artifact is as near to the exact result as eager PyTorch."""

ROUNDING_RATIO = 10.0
"""Up to so many it is rounding: sums in another order, or an approximation of exp that differs in its last bits."""

_FRACTION_BITS = {
    "float64": 52,
    "complex128": 52,
    "float32": 23,
    "complex64": 23,
    "float16": 10,
    "bfloat16": 7,
    "int8": 7,
    "float8_e4m3fn": 3,
    "float8_e4m3fnuz": 3,
    "float8_e5m2": 2,
    "float8_e5m2fnuz": 2,
}
_LOWEST_EXPONENT = {"float64": -1022, "complex128": -1022, "float16": -14}
_USUAL_LOWEST_EXPONENT = -126


def spacing(dtype: str, value: float) -> float:
    """Between the numbers of a floating-point dtype near a value; that of int8 as if its scale were made for it.

    Raises:
        KeyError: It is no such dtype.
    """
    bits = _FRACTION_BITS[dtype]
    lowest = _LOWEST_EXPONENT.get(dtype, _USUAL_LOWEST_EXPONENT)
    exponent = lowest if value == 0 or not math.isfinite(value) else max(lowest, math.frexp(abs(value))[1] - 1)
    return math.ldexp(1.0, exponent - bits)


def half_spacing(dtype: str, magnitude: float) -> float:
    """What rounding one number of that size to a dtype costs at most, about; as of float32 where that is no float.

    Unlike the half of `spacing` it grows evenly with the magnitude, and is up to twice that.
    """
    known = dtype if is_float(dtype) else "float32"
    return max(math.ldexp(magnitude, -1 - _FRACTION_BITS[known]), spacing(known, 0.0))


def is_float(dtype: str) -> bool:
    """Whether it is a dtype that rounds."""
    return dtype in _FRACTION_BITS and dtype != "int8"


def coarseness(computes_in: str, dtype: str) -> float:
    """How many times coarser what an artifact computes in is than a dtype; 1 where it is not, or not known."""
    if computes_in not in _FRACTION_BITS or dtype not in _FRACTION_BITS:
        return 1.0
    return max(1.0, math.ldexp(1.0, _FRACTION_BITS[dtype] - _FRACTION_BITS[computes_in]))


def nearness(noise: NoiseFigures, computes_in: str = "") -> str:
    """How near an artifact is to the exact result: `as near to the exact result as eager is (0.9x)`.

    Args:
        computes_in: A lower precision than the model's own that it computes in.
    """
    ratio = noise.ratio
    if ratio is None:
        return "and how near it is to the exact result is not known"
    whom = f"{computes_in} allows" if computes_in else "eager is"
    if ratio <= AS_NEAR:
        return f"as near to the exact result as {whom} ({times(ratio)})"
    if ratio <= ROUNDING_RATIO:
        return f"nearly as near to the exact result as {whom} ({times(ratio)})"
    return f"{times(ratio)} the noise floor"


def times(ratio: float) -> str:
    """A ratio as `0.9x`, `120x`, `780,000x`."""
    return f"{rounded(ratio)}x" if ratio >= 10 else f"{ratio:.1f}x"
