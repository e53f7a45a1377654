"""The values of an output on both sides, memory-mapped, and what the errors of some elements are."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import ValueFiles

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

MISPLACED = np.inf
"""The error of an element that is NaN or infinite on one side and something else on the other."""


@dataclass(frozen=True)
class Values:
    """Both sides of an output, and the other two where they were kept. All have the same shape, but for `mismatch`.

    Attributes:
        expected, actual: Memory-mapped; 0-D ones, too.
        exact: Of eager PyTorch in float64.
        plain: Of the artifact with optimisations off.
        dtype: Of the output; it is not that of the array for bfloat16, which numpy lacks.
        nan_equal: Whether NaN agrees with NaN.
        mismatch: Why the elements cannot be compared one by one, in a sentence; empty if they can.
    """

    expected: Array
    actual: Array
    exact: Array | None
    plain: Array | None
    dtype: str
    nan_equal: bool
    mismatch: str = ""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the expected side."""
        return self.expected.shape

    @property
    def size(self) -> int:
        """Elements."""
        return int(self.expected.size)

    @property
    def is_text(self) -> bool:
        """Whether the values are strings."""
        return self.expected.dtype.kind in "US"

    @property
    def is_exact(self) -> bool:
        """Whether the values must be equal: integers, booleans and strings."""
        return self.expected.dtype.kind not in "fc"

    @functools.cached_property
    def flat_expected(self) -> Array:
        """The expected side as one row."""
        return self.expected.reshape(-1)

    @functools.cached_property
    def flat_actual(self) -> Array:
        """The actual side as one row."""
        return self.actual.reshape(-1)

    def errors(self, start: int, stop: int) -> tuple[Floats, Floats]:
        """|actual − expected| and |expected| of some elements; see `errors_of`."""
        return errors_of(self.flat_expected[start:stop], self.flat_actual[start:stop], nan_equal=self.nan_equal)


def errors_of(expected: Array, actual: Array, *, nan_equal: bool) -> tuple[Floats, Floats]:
    """|actual − expected| and |expected| in float64, for a budget: an element is beyond it if d > atol + rtol * e.

    Where a side is not finite, d is 0 if both are the same and `MISPLACED` if they are not, and e is 0: infinity
    agrees with infinity of its own sign, NaN with NaN if `nan_equal`. Of strings d is 0 or 1; of integers it is
    never 0 where they differ, however large they are.
    """
    if expected.dtype.kind in "US":
        differs = (expected != actual).astype(np.float64)
        return differs, np.zeros(expected.shape)
    wide = np.complex128 if "c" in (expected.dtype.kind, actual.dtype.kind) else np.float64
    wanted, given = expected.astype(wide), actual.astype(wide)
    with np.errstate(over="ignore", invalid="ignore"):
        difference: Floats = np.abs(given - wanted)
        size: Floats = np.abs(wanted)
    if expected.dtype.kind not in "fc" and actual.dtype.kind not in "fc":
        hidden = (difference == 0) & (expected != actual)  # beyond 2 ** 53
        difference[hidden] = 1.0
        return difference, size
    if not np.isfinite(difference.max(initial=0.0)):
        odd = ~(np.isfinite(wanted) & np.isfinite(given))
        same = wanted[odd] == given[odd]
        if nan_equal:
            same |= np.isnan(wanted[odd]) & np.isnan(given[odd])
        difference[odd] = np.where(same, 0.0, MISPLACED)
        size[odd] = 0.0
    return difference, size


def budget_of(difference: Floats, size: Floats, rtol: float, atol: float) -> Floats:
    """d / (atol + rtol * e): 1 is the limit. Where nothing is tolerated, 0 or infinite."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        used: Floats = difference / (atol + rtol * size)
    if np.isnan(used.max(initial=0.0)):
        used[difference == 0] = 0.0
    return used


def relative_of(difference: Floats, size: Floats) -> Floats:
    """d / e; infinite where something differs from zero, and zero where nothing differs."""
    return budget_of(difference, size, 1.0, 0.0)


def magnitudes(values: Array) -> Floats:
    """As float64; of complex values the magnitudes."""
    if values.dtype.kind == "c":
        made: Floats = np.abs(values.astype(np.complex128))
        return made
    return values.astype(np.float64)


def open_values(files: ValueFiles, dtype: str, *, nan_equal: bool) -> Values:
    """Map the files of an output.

    Raises:
        UserError: `values-missing`, `values-unreadable`.
    """
    expected, actual = _mapped(files.expected), _mapped(files.actual)
    mismatch = ""
    if expected.shape != actual.shape:
        shapes = f"{expected.shape} was expected and {actual.shape} came"
        mismatch = f"The shapes differ: {shapes}. There are no pairs of elements to compare."
    elif (expected.dtype.kind in "US") != (actual.dtype.kind in "US"):
        mismatch = f"Text cannot be compared with numbers: {expected.dtype} was expected and {actual.dtype} came."
    others = [_mapped(path) if path else None for path in (files.exact, files.plain)]
    exact, plain = (one if one is not None and one.shape == expected.shape else None for one in others)
    return Values(expected, actual, exact, plain, dtype, nan_equal, mismatch)


def _mapped(path: str) -> Array:
    try:
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
        found: Array = mapped.view(np.ndarray)  # slices of a memmap cost more than the work on them
        return found if found.flags.c_contiguous else np.ascontiguousarray(found)
    except FileNotFoundError as error:
        raise UserError(
            "values-missing",
            f"The values of this output are no longer at {Path(path).parent}.",
            "Compare this case again to have them.",
        ) from error
    except (OSError, ValueError, EOFError) as error:
        raise UserError(
            "values-unreadable",
            f"The values in {path} cannot be read: {error}.",
            "Compare this case again to have them written anew.",
        ) from error
