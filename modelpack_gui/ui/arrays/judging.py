"""How many elements are beyond a tolerance, and where NaN and infinities are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from modelpack_gui.ui.arrays.blocks import Check, go_on, map_blocks
from modelpack_gui.ui.arrays.pair import Array, Values


@dataclass(frozen=True)
class Facts:
    """What does not depend on the tolerance.

    Attributes:
        misplaced: Elements that are NaN or infinite on one side and something else on the other.
        unequal: Elements that differ at all.
        low, high: Smallest and largest finite value of both sides; of complex ones the magnitudes. None without any.
        max_abs_diff: Largest finite |actual − expected|; None without any.
    """

    size: int
    expected_nans: int = 0
    actual_nans: int = 0
    expected_infs: int = 0
    actual_infs: int = 0
    misplaced: int = 0
    unequal: int = 0
    low: float | None = None
    high: float | None = None
    max_abs_diff: float | None = None


def count_mismatched(values: Values, rtol: float, atol: float, check: Check = go_on) -> int:
    """Elements with |actual − expected| > atol + rtol * |expected|, exactly; those that must be equal and differ."""
    if values.is_exact:
        rtol = atol = 0.0

    def work(start: int, stop: int) -> int:
        difference, limit = values.errors(start, stop)
        limit *= rtol
        limit += atol
        return int(np.count_nonzero(difference > limit))

    return sum(map_blocks(values.size, work, check))


def facts_of(values: Values, check: Check = go_on) -> Facts:
    """Count and measure once, when an output is opened."""

    def work(start: int, stop: int) -> tuple[list[int], list[float], float]:
        difference, _ = values.errors(start, stop)
        wanted, given = values.flat_expected[start:stop], values.flat_actual[start:stop]
        if values.is_text:
            return [0, 0, 0, 0, 0, int(np.count_nonzero(difference))], [], -1.0
        counts = [*_odd(wanted), *_odd(given)]
        finite = difference[np.isfinite(difference)] if counts != [0, 0, 0, 0] else difference
        counts = [counts[0], counts[2], counts[1], counts[3], len(difference) - len(finite)]
        ends = [end for side in (wanted, given) for end in _ends(side)]
        return [*counts, int(np.count_nonzero(difference))], ends, float(finite.max(initial=-1.0))

    parts = map_blocks(values.size, work, check)
    expected_nans, actual_nans, expected_infs, actual_infs, misplaced, unequal = (
        sum(part[0][i] for part in parts) for i in range(6)
    )
    ends = [end for part in parts for end in part[1]]
    largest = max((part[2] for part in parts), default=-1.0)
    return Facts(
        values.size,
        expected_nans,
        actual_nans,
        expected_infs,
        actual_infs,
        misplaced,
        unequal,
        low=min(ends, default=None),
        high=max(ends, default=None),
        max_abs_diff=largest if largest >= 0 else None,
    )


def _odd(side: Array) -> tuple[int, int]:
    """Its NaN and infinities."""
    if side.dtype.kind not in "fc" or np.isfinite(side).all():
        return 0, 0
    nans = int(np.count_nonzero(np.isnan(side)))
    return nans, int(np.count_nonzero(~np.isfinite(side))) - nans


def _ends(side: Array) -> list[float]:
    """Its smallest and largest finite value; nothing without any."""
    if side.dtype.kind == "c":
        side = np.abs(side)
    if side.dtype.kind == "f":
        finite = np.isfinite(side)
        side = side if finite.all() else side[finite]
    return [float(side.min()), float(side.max())] if side.size else []
