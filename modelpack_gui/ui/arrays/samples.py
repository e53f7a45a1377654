"""Latencies of one runner as arrays, taken in as they come, and what charts draw of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from modelpack_gui.ui.arrays.pair import Array, Floats

SHORTEST_MS = 1e-6
"""A clock's tick: zero has no place on a log axis."""
FENCE = 3.0
"""Interquartile ranges from a quartile to Tukey's far fence; runs beyond it are outliers, as in `core.stats`."""


class Samples:
    """Latencies in order and sorted, milliseconds.

    Adding a turn to 100,000 runs takes a fraction of a millisecond: only what is new is converted and sorted, and is
    then merged into what was sorted before.

    Attributes:
        ordered: Sorted; nothing in it is below SHORTEST_MS.
        changes: How often it became other values.
    """

    def __init__(self) -> None:
        self._buffer: Floats = np.empty(256)
        self._count = 0
        self.ordered: Floats = np.empty(0)
        self.changes = 0

    def __len__(self) -> int:
        return self._count

    @property
    def in_order(self) -> Floats:
        """As they were measured."""
        return self._buffer[: self._count]

    def take(self, values: Sequence[float]) -> None:
        """Hold these values: what follows those that it has is added, anything else takes their place."""
        if not self._continues(values):
            self._count = 0
            self.ordered = np.empty(0)
            self.changes += 1
        if len(values) == self._count:
            return
        self.changes += 1
        tail = np.asarray(values[self._count :], np.float64)
        needed = self._count + len(tail)
        if needed > len(self._buffer):
            grown: Floats = np.empty(max(needed, 2 * len(self._buffer)))
            grown[: self._count] = self.in_order
            self._buffer = grown
        self._buffer[self._count : needed] = tail
        self._count = needed
        self.ordered = merged(self.ordered, np.sort(np.maximum(tail, SHORTEST_MS)))

    def _continues(self, values: Sequence[float]) -> bool:
        count = self._count
        if not count or len(values) < count:
            return not count
        return all(values[i] == self._buffer[i] for i in (0, count // 3, count // 2, count - 1))

    def percentile(self, share: float) -> float:
        """As `core.stats.latencies.percentile`; there must be a value."""
        position = share * (self._count - 1)
        below = math.floor(position)
        above = min(below + 1, self._count - 1)
        low, high = float(self.ordered[below]), float(self.ordered[above])
        return low + (high - low) * (position - below)

    def share_within(self, value_ms: float) -> float:
        """Share of the runs that took no longer than this, 0..1."""
        return float(np.searchsorted(self.ordered, value_ms, "right")) / max(1, self._count)

    def beyond(self, value_ms: float) -> int:
        """Runs that took longer than this."""
        return self._count - int(np.searchsorted(self.ordered, value_ms, "right"))

    def counts(self, edges_ms: Floats) -> Array:
        """Runs between each two edges; the last bin has its upper edge in it."""
        places = np.searchsorted(self.ordered, edges_ms, "left")
        places[-1] = np.searchsorted(self.ordered, edges_ms[-1], "right")
        made: Array = np.diff(places)
        return made

    def fences(self) -> tuple[float, float]:
        """Tukey's far fences, milliseconds."""
        low, high = self.percentile(0.25), self.percentile(0.75)
        reach = FENCE * (high - low)
        return low - reach, high + reach

    def outliers(self, most: int) -> Floats:
        """Runs beyond the far fences, sorted; of more than `most` the longest."""
        low, high = self.fences()
        first = int(np.searchsorted(self.ordered, high, "right"))
        slow = self.ordered[max(first, self._count - most) :]
        fast = self.ordered[: min(int(np.searchsorted(self.ordered, low, "left")), most - len(slow))]
        made: Floats = np.concatenate([fast, slow])
        return made


def merged(one: Floats, other: Floats) -> Floats:
    """Two sorted arrays as one."""
    if not len(one):
        return other
    places = np.searchsorted(one, other) + np.arange(len(other))
    made: Floats = np.empty(len(one) + len(other))
    is_old = np.ones(len(made), np.bool_)
    is_old[places] = False
    made[places] = other
    made[is_old] = one
    return made


def envelope(values: Floats, start: int, buckets: int) -> tuple[Floats, Floats]:
    """The least and the greatest of each of some buckets, one after the other, so that no spike is lost.

    A bucket has 2, 4, 8, … values: while values are added at the end, those before stay as they are.

    Args:
        values: In order; the first is at `start` of the x axis.
        buckets: At most.

    Returns:
        x and y; the values themselves where there are few.
    """
    if len(values) <= 2 * buckets:
        return np.arange(start, start + len(values), dtype=np.float64), values
    size = 2 ** math.ceil(math.log2(len(values) / buckets))
    edges = np.arange(0, len(values), size)
    y: Floats = np.empty(2 * len(edges))
    y[0::2] = np.minimum.reduceat(values, edges)
    y[1::2] = np.maximum.reduceat(values, edges)
    return np.repeat(edges + float(start), 2), y


def kernel_density(samples: Samples, grid: Floats, *, is_log: bool) -> Floats:
    """A Gaussian kernel estimate on an evenly spaced grid, highest at 1.

    The bandwidth is Silverman's rule of thumb, 0.9 min(std, IQR / 1.34) n^(-1/5) (Silverman 1986, eq. 3.31), and not
    less than a step of the grid. The values are put into the grid's bins first: with hundreds of them the difference
    is below a pixel.

    Args:
        grid: In milliseconds, or in their decimal logarithm with `is_log`.
    """
    step = float(grid[1] - grid[0])
    edges = np.concatenate([grid - step / 2, grid[-1:] + step / 2])
    counts = samples.counts(10.0**edges if is_log else edges).astype(np.float64)
    place = np.log10 if is_log else np.asarray
    quartiles = place(np.array([samples.percentile(0.25), samples.percentile(0.75)]))
    inside = float(counts.sum())
    mean = float((counts * grid).sum()) / max(inside, 1.0)
    std = math.sqrt(float((counts * (grid - mean) ** 2).sum()) / max(inside, 1.0))
    spread = float(quartiles[1] - quartiles[0]) / 1.34
    width = 0.9 * (min(std, spread) if spread > 0 else std) * len(samples) ** -0.2
    width = max(width, step)
    reach = max(1, math.ceil(4.0 * width / step))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / width) ** 2)
    smooth: Floats = np.convolve(counts, kernel)[reach : reach + len(grid)]
    highest = float(smooth.max(initial=0.0))
    return smooth / highest if highest > 0 else smooth
