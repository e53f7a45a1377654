"""Histograms of errors on a log axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from modelpack_gui.core.records import ErrorHistogram
from modelpack_gui.ui.arrays.blocks import Check, go_on, map_blocks
from modelpack_gui.ui.arrays.pair import Floats, Values, magnitudes

STEP = 0.125
"""Width of a bin in powers of ten."""
_LOWEST = 1e-37
_FINE = 1 << 15
_FINITE = 255 << 7


@dataclass(frozen=True)
class ErrorCounts:
    """Both histograms.

    Attributes:
        relative: Over the elements whose expected value is not zero.
        without_relative: Elements that differ from an expected zero, and so have no relative error.
        misplaced: Elements that have no error at all: NaN or infinite on one side only.
        rounding: |eager − exact|, where the exact values were kept.
    """

    absolute: ErrorHistogram
    relative: ErrorHistogram
    without_relative: int
    misplaced: int
    rounding: ErrorHistogram | None


def error_counts(values: Values, check: Check = go_on) -> ErrorCounts:
    """Count the errors of all elements."""

    def work(start: int, stop: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int, int]:
        difference, size = values.errors(start, stop)
        misplaced = 0
        if not np.isfinite(difference.max(initial=0.0)):
            finite = np.isfinite(difference)
            misplaced = int(len(finite) - np.count_nonzero(finite))
            difference, size = difference[finite], size[finite]
        absolute = _fine_counts(difference)
        is_zero = size == 0
        zeros = int(np.count_nonzero(is_zero))
        without = 0
        if zeros:
            without = int(np.count_nonzero(difference[is_zero] != 0))
            difference, size = difference[~is_zero], size[~is_zero]
        with np.errstate(over="ignore"):
            return absolute, _fine_counts(difference / size), without, misplaced

    parts = map_blocks(values.size, work, check)
    exact = values.exact
    rounding = None
    if exact is not None and not values.is_exact:
        flat = exact.reshape(-1)

        def rounded(start: int, stop: int) -> npt.NDArray[np.int64]:
            with np.errstate(invalid="ignore", over="ignore"):
                difference = np.abs(magnitudes(values.flat_expected[start:stop]) - magnitudes(flat[start:stop]))
            return _fine_counts(difference[np.isfinite(difference)])

        rounding = _histogram(map_blocks(values.size, rounded, check))
    return ErrorCounts(
        _histogram([part[0] for part in parts]),
        _histogram([part[1] for part in parts]),
        sum(part[2] for part in parts),
        sum(part[3] for part in parts),
        rounding,
    )


def _fine_counts(errors: Floats) -> npt.NDArray[np.int64]:
    """Counts by the upper half of the float32 next to each error: a logarithm for next to nothing.

    That half has 128 steps for each power of two. The first count is that of the zeros.
    """
    with np.errstate(over="ignore"):
        narrow = np.maximum(errors, _LOWEST).astype(np.float32)
    counts = np.bincount(narrow.view(np.uint32) >> 16, minlength=_FINE)
    if counts[_FINITE:].any():  # beyond float32
        counts[_FINITE - 1] += counts[_FINITE:].sum()
        counts[_FINITE:] = 0
    zeros = int(np.count_nonzero(errors == 0)) if counts[_LOWEST_STEP] else 0
    if zeros:
        counts[_LOWEST_STEP] -= zeros
        counts[0] = zeros
    return counts


_LOWEST_STEP = int(np.array([_LOWEST], np.float32).view(np.uint32)[0] >> 16)
_PLACES = np.log10((np.arange(1, _FINITE, dtype=np.uint32) << 16 | 1 << 15).view(np.float32).astype(np.float64))
"""The logarithm of the middle of each step but the first."""


def _histogram(parts: list[npt.NDArray[np.int64]]) -> ErrorHistogram:
    fine = np.sum(parts, axis=0) if parts else np.zeros(_FINE, np.int64)
    used = np.flatnonzero(fine[1:_FINITE])
    if not len(used):
        return ErrorHistogram(-8.0, STEP, (), int(fine[0]))
    bins = np.floor(_PLACES[used] / STEP).astype(np.int64)
    low = int(bins.min())
    counts = np.bincount(bins - low, weights=fine[1 + used]).astype(np.int64)
    return ErrorHistogram(low * STEP, STEP, tuple(int(number) for number in counts), int(fine[0]))
