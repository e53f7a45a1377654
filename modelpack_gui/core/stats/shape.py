"""What a series of latencies looks like: humps, stalls, and where its warm-up ends."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from modelpack_gui.core.records.latency import LatencyMode

FAR_FENCE = 3.0
"""Interquartile ranges beyond the quartiles at which a value counts as far out (Tukey 1977)."""

SMALLEST_MODE = 0.10
"""Share of the runs below which a hump is no mode: such are stalls and outliers."""

_VALLEY = 0.5
"""Between two modes the density falls below this share of the lower one's."""

_SURE = 3.0
"""And by so many standard errors of a count."""

_NARROWEST = 0.004
"""Modes nearer than some of these, relative, are not told apart: a clock has steps too."""

_GRID = 400
_TURNS_OF_A_MODE = 3
_STALL = 2.0
_FEWEST_REGULAR = 4
_REGULAR = 0.10
_SETTLED = 5
_TOLERANCE = 0.05
_SLOW_SHARE = 0.1


@dataclass(frozen=True)
class Stalls:
    """Runs that took more than twice the median and lie beyond the far fence.

    Attributes:
        count: Of them.
        worst_ms: The longest.
        lost_share: Of all the time: what they took beyond the median.
        every: About so many runs apart, if that is regular; else None.
    """

    count: int
    worst_ms: float
    lost_share: float
    every: int | None


def modes(latencies_ms: Sequence[float], turns: Sequence[int] = ()) -> tuple[LatencyMode, ...]:
    """The humps of a distribution that has several, the fastest first; empty for one.

    A Gaussian kernel density of the logarithms, with Silverman's bandwidth (1986, section 3.4.2) about the scale of
    the shortest half of the values, which several humps do not widen. Valleys that are shallow, or that chance could
    make, are filled; a hump that few runs or few turns are part of is none.

    Args:
        turns: Runs in each turn: what one single turn does is no mode.
    """
    positive = sorted(math.log(value) for value in latencies_ms if value > 0.0)
    if len(positive) < 30:
        return ()
    cut = len(positive) // 100
    kept = positive[cut : len(positive) - cut]
    half = len(kept) // 2
    shortest = min(kept[i + half] - kept[i] for i in range(len(kept) - half))
    bandwidth = max(_NARROWEST, _tick(kept), 0.9 * shortest / 1.349 * len(kept) ** -0.2)
    low, high = kept[0] - 3.0 * bandwidth, kept[-1] + 3.0 * bandwidth
    step = max((high - low) / _GRID, bandwidth / 4.0)
    density = _density(kept, low, step, math.ceil((high - low) / step) + 1, bandwidth / step)
    # A kernel of this width counts the values within about 2 sqrt(pi) bandwidths.
    counted = 2.0 * math.sqrt(math.pi) * bandwidth / step
    found = _humps(density, counted)
    edges = [-math.inf, *(low + step * valley for _, valley in found[:-1]), math.inf]
    humps = [(low + step * peak, edges[i], edges[i + 1]) for i, (peak, _) in enumerate(found)]
    shown = []
    for peak, start, end in humps:
        share = sum(start <= value < end for value in positive) / len(positive)
        if share >= SMALLEST_MODE and _in_turns(latencies_ms, turns, start, end) >= _TURNS_OF_A_MODE:
            top = [value for value in positive if abs(value - peak) <= bandwidth]
            shown.append(LatencyMode(math.exp(statistics.median(top) if top else peak), share))
    return tuple(shown) if len(shown) > 1 else ()


def stalls(latencies_ms: Sequence[float]) -> Stalls | None:
    """Runs that something held up; None if there are none."""
    if len(latencies_ms) < 8:
        return None
    low, middle, high = statistics.quantiles(latencies_ms, n=4, method="inclusive")
    limit = max(_STALL * middle, high + FAR_FENCE * (high - low))
    places = [place for place, value in enumerate(latencies_ms) if value > limit]
    if not places:
        return None
    lost = sum(latencies_ms[place] - middle for place in places)
    return Stalls(len(places), max(latencies_ms), lost / sum(latencies_ms), _period(places))


def steady_after(warmup_ms: Sequence[float], latencies_ms: Sequence[float]) -> int | None:
    """Number of warm-up runs before the latency stayed where the timed runs begin.

    It has settled where the median of five runs is at most 5 % above the median of the first third of the timed runs,
    or as much more as those themselves vary, and so are nine in ten of all fives that follow: a machine has its own
    slow moments. None if it did not within the warm-up.
    """
    if len(warmup_ms) < _SETTLED or not latencies_ms:
        return None
    first = latencies_ms[: max(1, len(latencies_ms) // 3)]
    level = statistics.median(first)
    spread = 1.4826 * statistics.median(abs(value - level) for value in first)
    limit = level + max(_TOLERANCE * level, 3.0 * spread / math.sqrt(_SETTLED))
    starts = range(len(warmup_ms) - _SETTLED + 1)
    is_above = [statistics.median(warmup_ms[start : start + _SETTLED]) > limit for start in starts]

    def is_settled(start: int) -> bool:
        rest = is_above[start:]
        return not is_above[start] and sum(rest) <= _SLOW_SHARE * len(rest)

    start = next(filter(is_settled, starts), None)
    if start != 0:
        return start
    # The first runs alone hide behind the median of five.
    return next((place for place in range(_SETTLED) if warmup_ms[place] <= limit), None)


def _tick(ordered: Sequence[float]) -> float:
    """The step of a clock so coarse that most values occur several times; 0 if there is none."""
    distinct = sorted(set(ordered))
    if not 4 <= len(distinct) <= len(ordered) // 5:
        return 0.0
    return statistics.median(after - before for before, after in itertools.pairwise(distinct))


def _density(ordered: Sequence[float], low: float, step: float, cells: int, width: float) -> list[float]:
    """Expected number of values in each cell, smoothed by a Gaussian of so many cells."""
    counts = [0] * cells
    for value in ordered:
        counts[min(cells - 1, max(0, round((value - low) / step)))] += 1
    reach = math.ceil(4.0 * width)
    kernel = [math.exp(-0.5 * (offset / width) ** 2) for offset in range(-reach, reach + 1)]
    total = sum(kernel)
    smooth = [0.0] * cells
    for cell, number in enumerate(counts):
        if number:
            for offset, weight in enumerate(kernel, -reach):
                if 0 <= cell + offset < cells:
                    smooth[cell + offset] += number * weight / total
    return smooth


def _humps(density: Sequence[float], counted: float) -> list[tuple[int, int]]:
    """Peaks, each with the valley after it (of the last the end), after the shallow valleys are filled."""
    peaks = [
        place
        for place in range(1, len(density) - 1)
        if density[place] > 0.0 and density[place - 1] < density[place] >= density[place + 1]
    ]
    if not peaks:
        return [(max(range(len(density)), key=density.__getitem__), len(density) - 1)]
    valleys = [min(range(a, b + 1), key=density.__getitem__) for a, b in itertools.pairwise(peaks)]

    def depth(place: int) -> float:
        """Above 1 for a valley that counts."""
        lower = min(density[peaks[place]], density[peaks[place + 1]]) * counted
        floor = density[valleys[place]] * counted
        return min(_VALLEY * lower / max(floor, 1e-12), (lower - floor) / (_SURE * math.sqrt(lower + floor)))

    while valleys:
        shallowest = min(range(len(valleys)), key=depth)
        if depth(shallowest) > 1.0:
            break
        lower = min(shallowest, shallowest + 1, key=lambda place: density[peaks[place]])
        del peaks[lower], valleys[shallowest]
    return list(zip(peaks, [*valleys, len(density) - 1], strict=True))


def _in_turns(latencies_ms: Sequence[float], turns: Sequence[int], start: float, end: float) -> int:
    """In how many turns there are values whose logarithm is in a range; as many as needed if turns are unknown."""
    if len(turns) < 2 * _TURNS_OF_A_MODE:
        return _TURNS_OF_A_MODE
    low, high = (math.exp(bound) if bound < math.inf else math.inf for bound in (start, end))
    found = begun = 0
    for size in turns:
        found += sum(low <= value < high for value in latencies_ms[begun : begun + size]) >= 2
        begun += size
    return found


def _period(places: Sequence[int]) -> int | None:
    gaps = [after - before for before, after in itertools.pairwise(places)]
    if len(places) < _FEWEST_REGULAR:
        return None
    usual = statistics.median(gaps)
    regular = sum(abs(gap - usual) <= max(1.0, _REGULAR * usual) for gap in gaps)
    return round(usual) if usual >= 5.0 and regular >= 0.8 * len(gaps) else None
