"""How many elements are beyond a tolerance, and where NaN and infinities are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from modelpack_gui.ui.arrays.blocks import Check, go_on, map_blocks
from modelpack_gui.ui.arrays.pair import Array, Floats, Values

_NEIGHBOURHOOD = 8.0
_CANDIDATES = 0.1
"""Of a block: more than that are not worth keeping."""


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

    @property
    def has_nothing_finite(self) -> bool:
        """Whether there are numbers, and all of them NaN or infinite: agreement of such proves nothing."""
        return self.max_abs_diff is not None and self.low is None


class Counter:
    """Counts the elements beyond a tolerance, exactly, again and again.

    An element whose error is at most atol passes whatever rtol is. So the few with larger errors are kept from one
    count for the next: while atol stays in the neighbourhood, as it does under a slider, only those are looked at.
    """

    def __init__(self, values: Values) -> None:
        self._values = values
        self._kept_from = np.inf  # the candidates are all elements with a larger error
        self._candidates: tuple[Floats, Floats] = (np.zeros(0), np.zeros(0))

    def count(self, rtol: float, atol: float, check: Check = go_on) -> int:
        """Elements with |actual − expected| > atol + rtol * |expected|; those that must be equal and differ."""
        if self._values.is_exact:
            rtol = atol = 0.0
        if atol < self._kept_from:
            return self._count_all(rtol, atol, check)
        return _beyond(*self._candidates, rtol, atol)

    def _count_all(self, rtol: float, atol: float, check: Check) -> int:
        values, kept_from = self._values, atol / _NEIGHBOURHOOD

        def work(start: int, stop: int) -> tuple[int, Floats, Floats] | tuple[int, None, None]:
            difference, size = values.errors(start, stop)
            is_candidate = difference > kept_from
            number = int(np.count_nonzero(is_candidate))
            if number > _CANDIDATES * len(difference):
                return _beyond(difference, size, rtol, atol), None, None
            difference, size = difference[is_candidate], size[is_candidate]
            return _beyond(difference, size, rtol, atol), difference, size

        parts = map_blocks(values.size, work, check)
        kept = [(difference, size) for _, difference, size in parts if difference is not None and size is not None]
        if len(kept) == len(parts) > 0:
            self._candidates = np.concatenate([one[0] for one in kept]), np.concatenate([one[1] for one in kept])
            self._kept_from = kept_from
        return sum(part[0] for part in parts)


def _beyond(difference: Floats, size: Floats, rtol: float, atol: float) -> int:
    return int(np.count_nonzero(difference > atol + rtol * size))


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
        return [*counts, int(np.count_nonzero(difference != 0))], ends, float(finite.max(initial=-1.0))

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
