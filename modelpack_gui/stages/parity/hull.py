"""The upper left convex hull of the errors of an output, gathered chunk by chunk: see HullPoint."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

MAX_VERTICES = 256
_SLACKS = (1e-12, 1e-9, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3)
_SAMPLE = 64  # of the first chunk, one of so many
_STEPS_SHIFT = 48  # leaves the exponent of a float64 and four bits of its mantissa: 16 steps to an octave


@dataclass
class Hull:
    """The vertices so far, from the smallest |expected| to the largest difference.

    Exact while there are at most MAX_VERTICES. An error that is a smooth function of the value, as of a wrong
    formula, can make a vertex of every element: then those are left out that rise above the line between their
    neighbours by a tiny share of the difference, `slack`.

    Attributes:
        places: Flat index of each vertex.
    """

    slack: float = 0.0
    places: list[int] = field(default_factory=list)
    _expected: Floats | None = None
    _difference: Floats | None = None
    _low: int = 0
    _table: Floats | None = None

    def add(self, start: int, places: Ints | None, expected: Floats, difference: Floats) -> None:
        """Take in a chunk of finite elements.

        Args:
            start: Flat index of the chunk.
            places: Where in the chunk the elements are; None if they are all of it.
            expected: |expected|.
            difference: |actual - expected|.
        """
        if self._expected is None and expected.size > _SAMPLE * _SAMPLE:
            self._add(start, places, expected, difference, slice(None, None, _SAMPLE))  # rules most of the rest out
        found = self._candidates(expected, difference)
        if found.size:
            self._add(start, places, expected, difference, found)

    def _add(
        self, start: int, places: Ints | None, expected: Floats, difference: Floats, found: Ints | slice
    ) -> None:
        """Take in some elements of a chunk."""
        import numpy as np

        flat = (np.arange(expected.size) if places is None else places)[found] + start
        expected, difference = expected[found], difference[found]
        if self._expected is not None and self._difference is not None:
            expected = np.concatenate((self._expected, expected))
            difference = np.concatenate((self._difference, difference))
            flat = np.concatenate((np.array(self.places, np.int64), flat))
        chain = self._chain(expected, difference)
        self._expected, self._difference = expected[chain], difference[chain]
        self.places = flat[chain].tolist()
        self._table = None

    def _candidates(self, expected: Floats, difference: Floats) -> Ints:
        """The elements that may lie above the hull, and few others."""
        import numpy as np

        if self._expected is None or self._difference is None:
            return np.arange(expected.size)
        if math.isinf(self._difference[-1]):
            return np.arange(0)
        table = self._tabulated()
        # What the hull reaches at the lower end of the element's step is surpassed by all that is above the hull.
        steps = expected.view(np.int64) >> _STEPS_SHIFT
        steps -= self._low
        np.clip(steps, 0, table.size - 1, out=steps)
        found = np.flatnonzero(difference > table.take(steps))
        if found.size:
            reach = np.interp(expected[found], self._expected, self._difference, left=-1.0)
            found = found[difference[found] > reach * (1.0 + self.slack)]
        return found

    def _tabulated(self) -> Floats:
        """How far the hull reaches, by steps of |expected|; -1 where all of it is at larger ones."""
        import numpy as np

        if self._table is None:
            assert self._expected is not None
            assert self._difference is not None
            first, last = (self._expected[[0, -1]].view(np.int64) >> _STEPS_SHIFT).tolist()
            edges = (np.arange(first, last + 2) << _STEPS_SHIFT).view(np.float64)
            table = np.interp(edges, self._expected, self._difference, left=-1.0)
            table[0] = -1.0  # stands for all that is smaller too
            self._low, self._table = first, table
        return self._table

    def _chain(self, expected: Floats, difference: Floats) -> Ints:
        """Positions of the vertices among some points, in order."""
        import numpy as np

        order = np.lexsort((-difference, expected))
        rising = difference[order]
        # Only what exceeds all differences of smaller values can be a vertex.
        is_record = np.ones(order.size, np.bool_)
        is_record[1:] = rising[1:] > np.maximum.accumulate(rising)[:-1]
        order = order[is_record]
        if math.isinf(difference[order[-1]]):  # beyond any tolerance, so that no other matters
            return order[-1:]
        order = order[_concave(expected[order].tolist(), difference[order].tolist())]
        while order.size > MAX_VERTICES:
            self.slack = next((slack for slack in _SLACKS if slack > self.slack), 10.0 * self.slack)
            order = order[_thinned(expected[order], difference[order], self.slack)]
        return order


def _concave(expected: list[float], difference: list[float]) -> list[int]:
    """Which of some points, rising in both, are on their upper hull."""
    chain: list[int] = []
    for place, (x, y) in enumerate(zip(expected, difference, strict=True)):
        while len(chain) > 1:
            one, two = chain[-2], chain[-1]
            run, rise = expected[two] - expected[one], difference[two] - difference[one]
            # Quotients rather than products, which overflow and underflow.
            if rise / run > (y - difference[one]) / (x - expected[one]):
                break
            chain.pop()
        chain.append(place)
    return chain


def _thinned(expected: Floats, difference: Floats, slack: float) -> list[int]:
    """Which of some vertices to keep so that no other rises above the line between two of them by more than that."""
    import numpy as np

    kept = {0, expected.size - 1}
    stack = [(0, expected.size - 1)]
    while stack:
        one, other = stack.pop()
        if other - one < 2:
            continue
        inner = slice(one + 1, other)
        share = (expected[inner] - expected[one]) / (expected[other] - expected[one])
        line = difference[one] + share * (difference[other] - difference[one])
        rise = difference[inner] - line
        place = int(np.argmax(rise / line))
        if rise[place] > slack * line[place]:
            kept.add(one + 1 + place)
            stack += [(one, one + 1 + place), (one + 1 + place, other)]
    return sorted(kept)
