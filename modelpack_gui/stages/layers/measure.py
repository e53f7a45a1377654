"""The error of one value of the artifact against eager and against the exact result, in one pass over its elements.

Leaner than the metrics of parity, which every output gets: here there are thousands of values.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.parity.rounding import half_spacing, is_float
from modelpack_gui.stages.parity.ulp import has_ulps, largest_ulp
from modelpack_gui.stages.source.inputs import dtype_name, to_numpy

if TYPE_CHECKING:
    import numpy.typing as npt
    import torch

CHUNK = 1 << 16  # elements; some arrays of a chunk in float64 stay in the cache


@dataclass
class Errors:
    """Figures over the elements that are finite on both sides.

    Attributes:
        compared: Elements that are; all of them of integers.
        unequal: Elements that differ, of integers and booleans; of others it is not counted.
        noise: Largest |eager - exact|; None without an exact result.
        wide: Largest |artifact - exact|.
        floor: `noise`, and at least half a spacing of the dtype at the largest expected value.
    """

    elements: int = 0
    compared: int = 0
    unequal: int = 0
    misplaced: int = 0
    max_abs: float = 0.0
    max_rel: float = 0.0
    square: float = 0.0
    max_ulp: float | None = None
    max_budget: float = 0.0
    max_expected: float = 0.0
    noise: float | None = None
    wide: float | None = None
    floor: float | None = None

    @property
    def ratio(self) -> float | None:
        """Error against the exact result in noise floors."""
        return self.wide / self.floor if self.wide is not None and self.floor else None

    @property
    def rmse(self) -> float | None:
        """Root mean square error."""
        return math.sqrt(self.square / self.compared) if self.compared else None


def measure(
    expected: torch.Tensor,
    actual: torch.Tensor,
    exact: torch.Tensor | None,
    tolerance: tuple[float, float],
    *,
    nan_equal: bool = True,
    computes_in: str = "",
) -> Errors:
    """Compare two tensors of one shape.

    Args:
        exact: The same in float64; None if it is not known.
        tolerance: (rtol, atol).
        computes_in: The dtype that the artifact computes in, if it is a coarser one than it shows.
    """
    errors = Errors(elements=expected.numel())
    if not (expected.is_floating_point() or expected.is_complex()):
        _add_exact(errors, to_numpy(expected).reshape(-1), to_numpy(actual).reshape(-1))
        return errors
    left, right = to_numpy(expected).reshape(-1), to_numpy(actual).reshape(-1)
    wide = to_numpy(exact).reshape(-1) if exact is not None else None
    dtype = dtype_name(expected.dtype)
    has_steps = has_ulps(dtype) and expected.dtype == actual.dtype
    for start in range(0, left.size, CHUNK):
        part = slice(start, start + CHUNK)
        truth = wide[part] if wide is not None else None
        _add(errors, left[part], right[part], truth, tolerance, nan_equal)
        if has_steps:
            _add_ulp(errors, left[part], right[part], dtype)
    if errors.noise is not None:
        dtypes = (dtype_name(expected.dtype), dtype_name(actual.dtype), computes_in)
        halves = (half_spacing(name, errors.max_expected) for name in dtypes if is_float(name))
        errors.floor = max(errors.noise, *halves)
    return errors


def _add_exact(errors: Errors, left: npt.NDArray[Any], right: npt.NDArray[Any]) -> None:
    import numpy as np

    errors.compared = left.size
    for start in range(0, left.size, CHUNK):
        one, other = left[start : start + CHUNK], right[start : start + CHUNK]
        unequal = one != other
        count = int(unequal.sum())
        if one.dtype.kind in "biu":
            errors.max_expected = max(errors.max_expected, float(np.abs(one.astype(np.float64)).max()))
        if count:
            errors.unequal += count
            difference = np.abs(one.astype(np.float64) - other.astype(np.float64))
            errors.max_abs = max(errors.max_abs, float(difference.max()))
            errors.square += float(difference @ difference)


def _add(
    errors: Errors,
    expected: npt.NDArray[Any],
    actual: npt.NDArray[Any],
    exact: npt.NDArray[Any] | None,
    tolerance: tuple[float, float],
    nan_equal: bool,
) -> None:
    """Add one chunk.

    Two float32 are subtracted in float32, where near ones differ exactly; that is twice as fast as in float64. What
    is not finite, or overflows on the way, is done again in float64.
    """
    import numpy as np

    left, right = expected, actual
    if left.dtype != np.float32 or right.dtype != np.float32:
        kind = np.complex128 if left.dtype.kind == "c" else np.float64
        left, right = left.astype(kind), right.astype(kind)
    with np.errstate(over="ignore", invalid="ignore"):
        difference = np.abs(right - left)
        square = float(np.dot(difference, difference))
    largest = float(difference.max(initial=0.0))
    if left.dtype == np.float32 and (not math.isfinite(square) or (square < 1e-30 and largest > 0)):
        left, right = left.astype(np.float64), right.astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            difference = np.abs(right - left)
        largest = float(difference.max(initial=0.0))
    if not math.isfinite(largest):
        both = np.isfinite(left) & np.isfinite(right)
        errors.misplaced += _misplaced(left, right, nan_equal)
        left, right, difference = left[both], right[both], difference[both]
        exact = exact[both] if exact is not None else None
    if not left.size:
        return
    if difference.dtype == np.float64:
        square = float(np.dot(difference, difference))
    errors.compared += left.size
    errors.max_abs = max(errors.max_abs, float(difference.max()))
    errors.square += square
    size = np.abs(left)
    errors.max_expected = max(errors.max_expected, float(size.max()))
    if errors.max_abs > 0:
        _add_relative(errors, difference, size, tolerance)
    if exact is not None:
        _add_noise(errors, left, right, exact)


def _add_relative(
    errors: Errors, difference: npt.NDArray[Any], size: npt.NDArray[Any], tolerance: tuple[float, float]
) -> None:
    import numpy as np

    rtol, atol = tolerance
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        allowed = size * size.dtype.type(rtol)
        allowed += size.dtype.type(atol)
        errors.max_budget = max(errors.max_budget, _largest(difference, allowed))
        size[size == 0] = math.inf
        errors.max_rel = max(errors.max_rel, _largest(difference, size))


def _largest(difference: npt.NDArray[Any], units: npt.NDArray[Any]) -> float:
    """The largest quotient; 0 by 0 is none."""
    import numpy as np

    found = float((difference / units).max())
    return found if not math.isnan(found) else float(np.nan_to_num(difference / units, posinf=math.inf).max())


def _add_noise(errors: Errors, left: npt.NDArray[Any], right: npt.NDArray[Any], exact: npt.NDArray[Any]) -> None:
    import numpy as np

    with np.errstate(invalid="ignore"):
        apart = np.subtract(left, exact)
        noise = max(float(apart.max()), -float(apart.min()))
        np.subtract(right, exact, out=apart)
        wide = max(float(apart.max()), -float(apart.min()))
    if math.isfinite(noise) and math.isfinite(wide):
        errors.noise = max(errors.noise or 0.0, noise)
        errors.wide = max(errors.wide or 0.0, wide)


def _misplaced(left: npt.NDArray[Any], right: npt.NDArray[Any], nan_equal: bool) -> int:
    """Elements where NaN, +Inf and -Inf differ."""
    import numpy as np

    left_nan, right_nan = np.isnan(left), np.isnan(right)
    differs = left_nan != right_nan
    if not nan_equal:
        differs |= left_nan
    infinite = np.isinf(left) | np.isinf(right)
    differs |= infinite & (left != right) & ~left_nan & ~right_nan
    return int(differs.sum())


def _add_ulp(errors: Errors, left: npt.NDArray[Any], right: npt.NDArray[Any], dtype: str) -> None:
    """Distance in representable numbers; NaN and Inf count nowhere."""
    import numpy as np

    if errors.misplaced or errors.compared < errors.elements:
        both = np.isfinite(left) & np.isfinite(right)
        left, right = left[both], right[both]
    if left.size:
        errors.max_ulp = max(errors.max_ulp or 0.0, float(largest_ulp(dtype, left, right)))
