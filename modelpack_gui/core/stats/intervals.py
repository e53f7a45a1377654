"""95 % intervals of what a benchmark says, from runs that are not independent of each other.

Runs of one turn resemble each other, since they share the state of the machine; so the unit that is resampled is a
whole turn (a cluster; without turns, a block of consecutive runs: Künsch 1989, The jackknife and the bootstrap for
general stationary observations). Some twenty clusters are few, and a plain percentile bootstrap's intervals
would be too narrow for several reasons. Each is answered:

- The spread of a mean over n clusters is taken about their own mean: sqrt(n / (n - 1)), and t in place of normal
  quantiles with n - 1 degrees of freedom (Hesterberg 2015, What teachers should know about the bootstrap, section 5).
- The error is taken to either side apart, for it is far from even where the median lies between two humps.
- Neighbouring turns may resemble each other too, as when a processor heats up. With a lag-one autocorrelation phi of
  the turns' medians the variance of a mean grows by (1 + phi) / (1 - phi) (Priestley 1981, Spectral analysis and time
  series, section 5.3). In short series phi comes out too low by (1 + 3 phi) / n (Kendall 1954, Note on bias in the
  estimation of autocorrelation). It counts only where it is positive, which errs to the wide side by itself, so half
  of that is added: intervals of 20 turns hold the truth in 93 to 97 % then for any phi from 0 to 0.25.
- Extreme percentiles rest on a few values, which a bootstrap cannot invent more of. Their intervals are order
  statistics, by the binomial distribution (David & Nagaraja 2003, Order statistics, section 7.1), with the sample
  taken for as small as its clusters make it (Woodruff 1952, Confidence intervals for medians and other position
  measures; Korn & Graubard 1998, Confidence intervals for proportions with small expected number of positive counts).

`tests/unit/core/stats/test_coverage.py` measures how often the intervals hold the truth.
"""

from __future__ import annotations

import math
import random
import statistics
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from operator import mul

RESAMPLES = 300
"""Enough for a standard error to 4 %, which is all that is taken from them."""

CLUSTERS = 20
"""Blocks that runs without turns are cut into, or those with too few turns."""

FEWEST_TURNS = 10
MOST_CLUSTERS = 60
"""More turns than that are taken several together: nothing is gained by more, and resemblances reach further."""

_FEWEST_VALUES = 6
"""The smallest and largest of fewer hold the median in under 95 % of all cases: 1 - 2 ** (1 - 5) is 94 %."""

_Z = statistics.NormalDist().inv_cdf(0.975)
_T_OF_FEW = {1: 12.706, 2: 4.303, 3: 3.182}
_LARGEST_PHI = 0.8
"""No sample of this size tells more from a trend, which `drift` speaks of."""

_BIAS = 0.5

_WINDOW = 5.0
"""Standard errors about the median within which a resample's median is looked for."""

_CANDIDATES = 128


def median_interval(latencies_ms: Sequence[float], turns: Sequence[int], seed: int) -> tuple[float, float]:
    """Bounds of the median, in milliseconds, within the smallest and the largest value.

    Raises:
        ValueError: There are no values, or the turns have another number of runs.
    """
    sizes = cluster_sizes(len(latencies_ms), turns)
    smallest, largest = min(latencies_ms), max(latencies_ms)
    if len(latencies_ms) < _FEWEST_VALUES:
        return smallest, largest
    value = statistics.median(latencies_ms)
    resampled = _Medians(latencies_ms, sizes)
    below, above = _errors([resampled.of(weights) for weights in _weights(len(sizes), seed)], value)
    reach = _widening(len(sizes)) * _kinship(cluster_medians(latencies_ms, sizes))
    return max(smallest, value - below * reach), min(largest, value + above * reach)


def ratio_interval(
    value: float,
    ones: Sequence[float],
    others: Sequence[float],
    one_turns: Sequence[int],
    other_turns: Sequence[int],
    seed: int,
    *,
    is_paired: bool,
) -> tuple[float, float]:
    """Bounds of the ratio of two medians, which is `value`, by way of its logarithm.

    Args:
        is_paired: Whether turns of the two belong together, where both have as many: those are drawn together.

    Raises:
        ValueError: One side is empty, or its turns have another number of runs.
    """
    one_sizes, other_sizes = cluster_sizes(len(ones), one_turns), cluster_sizes(len(others), other_turns)
    if min(len(ones), len(others)) < _FEWEST_VALUES:
        lowest, highest = min(ones) / max(max(others), _TINY), max(ones) / max(min(others), _TINY)
        return min(value, lowest), max(value, highest)
    one, other = _Medians(ones, one_sizes), _Medians(others, other_sizes)
    one_logs = [_log(median) for median in cluster_medians(ones, one_sizes)]
    other_logs = [_log(median) for median in cluster_medians(others, other_sizes)]
    if is_paired and one_turns and len(one_turns) == len(other_turns) and len(one_sizes) == len(other_sizes):
        logs = [_log(one.of(drawn)) - _log(other.of(drawn)) for drawn in _weights(len(one_sizes), seed)]
        kinship = _kinship([a - b for a, b in zip(one_logs, other_logs, strict=True)])
    else:
        drawn_ones, drawn_others = _weights(len(one_sizes), seed), _weights(len(other_sizes), seed + 1)
        logs = [_log(one.of(a)) - _log(other.of(b)) for a, b in zip(drawn_ones, drawn_others, strict=True)]
        kinship = max(_kinship(one_logs), _kinship(other_logs))
    below, above = _errors(logs, _log(statistics.median(ones)) - _log(statistics.median(others)))
    reach = _widening(min(len(one_sizes), len(other_sizes))) * kinship
    return value * math.exp(-below * reach), value * math.exp(above * reach)


def tail_interval(
    latencies_ms: Sequence[float], turns: Sequence[int], ordered: Sequence[float], value: float, share: float
) -> tuple[float, float]:
    """Bounds of a high percentile, milliseconds: two of the values themselves.

    Where runs of a turn resemble each other so much that the sample counts for fewer than bound it, the upper bound
    is the largest value.

    Args:
        ordered: The same latencies, sorted.
        value: The percentile.
        share: Which one, 0..1.
    """
    count = len(ordered)
    above = 1.0 - share
    shares = []
    start = 0
    for size in cluster_sizes(count, turns):
        part = latencies_ms[start : start + size]
        shares.append(sum(latency > value for latency in part) / size)
        start += size
    by_clusters = statistics.variance(shares) / len(shares) if len(shares) > 1 else 0.0
    effect = max(1.0, by_clusters * count / (above * share))
    few, many = _binomial_bounds(max(1, round(count / effect)), above)
    upper = count - 1 - math.floor(few * effect)
    lower = count - 1 - math.ceil(many * effect)
    return min(value, ordered[max(0, lower)]), max(value, ordered[max(0, min(count - 1, upper))])


def cluster_sizes(count: int, turns: Sequence[int]) -> tuple[int, ...]:
    """So many consecutive runs are one cluster each.

    Raises:
        ValueError: There are no runs, or the turns have another number of them.
    """
    if count < 1:
        raise ValueError("no values")
    if turns and sum(turns) != count:
        raise ValueError(f"turns of {sum(turns)} runs together for {count} values")
    whole = [size for size in turns if size]
    if len(whole) >= FEWEST_TURNS:
        together = math.ceil(len(whole) / MOST_CLUSTERS)
        return tuple(sum(whole[i : i + together]) for i in range(0, len(whole), together))
    number = min(count, CLUSTERS)
    edges = [count * i // number for i in range(number + 1)]
    return tuple(high - low for low, high in pairwise(edges))


def _errors(resampled: Sequence[float], value: float) -> tuple[float, float]:
    """The standard error to either side: the root mean square below and above, each over half of all."""
    away = [one - value for one in resampled]
    below, above = (sum(one * one for one in away if one * side > 0.0) for side in (-1.0, 1.0))
    return math.sqrt(2.0 * below / len(away)), math.sqrt(2.0 * above / len(away))


def cluster_medians(values: Sequence[float], sizes: Sequence[int]) -> list[float]:
    """The median of each cluster, in order."""
    ends = list(accumulate(sizes, initial=0))
    return [statistics.median(values[start:end]) for start, end in pairwise(ends)]


class _Medians:
    """Medians of resamples, in which each cluster has a weight: how often it was drawn.

    The values are sorted once. A resample's median is looked for among some of them about the median of all, by how
    many values of each cluster lie at or below.
    """

    def __init__(self, values: Sequence[float], sizes: Sequence[int]) -> None:
        owners = [cluster for cluster, size in enumerate(sizes) for _ in range(size)]
        order = sorted(range(len(values)), key=values.__getitem__)
        self._sizes = sizes
        middle = values[order[len(order) // 2]]
        ends = list(accumulate(sizes, initial=0))
        shares = [
            sum(value <= middle for value in values[start:end]) / (end - start) for start, end in pairwise(ends)
        ]
        reach = _WINDOW * statistics.pstdev(shares) / math.sqrt(len(shares)) + _WINDOW / len(values)
        low, high = (math.floor(len(values) * (0.5 + side * reach)) for side in (-1.0, 1.0))
        low, high = max(0, low), min(len(values) - 1, high + 1)
        step = max(1, (high - low) // _CANDIDATES)
        places = [*range(low, high, step), high]
        self._values: list[float] = [values[order[place]] for place in places]
        self._below: list[tuple[int, ...]] = []  # at each candidate: values of each cluster at or below it
        counts = [0] * len(sizes)
        done = 0
        for place in places:
            for index in order[done : place + 1]:
                counts[owners[index]] += 1
            done = place + 1
            self._below.append(tuple(counts))

    def of(self, weights: Sequence[int]) -> float:
        """The median of a resample; in the middle between two values where half of it lies at or below the first."""
        half = sum(map(mul, weights, self._sizes)) / 2.0

        def below(place: int) -> int:
            return sum(map(mul, weights, self._below[place]))

        last = len(self._values) - 1
        place = min(last, bisect_left(range(last + 1), half, key=below))
        following = place
        while following < last and below(following) == half:  # past values of clusters that were not drawn
            following += 1
        if following > place:
            return (self._values[place] + self._values[following]) / 2.0
        return self._values[place]


def _weights(clusters: int, seed: int) -> Iterator[list[int]]:
    """How often each cluster is in each resample."""
    draw = random.Random(seed).choices  # noqa: S311 (statistics, not secrets)
    for _ in range(RESAMPLES):
        weights = [0] * clusters
        for cluster in draw(range(clusters), k=clusters):
            weights[cluster] += 1
        yield weights


def _widening(clusters: int) -> float:
    """From a standard error that was resampled from so many clusters to half the width of an interval."""
    if clusters < 2:
        return 0.0
    return _t(clusters - 1) * math.sqrt(clusters / (clusters - 1))


def _t(freedom: int) -> float:
    """97.5 % quantile of Student's t: Abramowitz & Stegun 26.7.5, better than 0.2 % from four degrees on."""
    if freedom in _T_OF_FEW:
        return _T_OF_FEW[freedom]
    z, n = _Z, float(freedom)
    return (
        z
        + (z**3 + z) / (4.0 * n)
        + (5.0 * z**5 + 16.0 * z**3 + 3.0 * z) / (96.0 * n**2)
        + (3.0 * z**7 + 19.0 * z**5 + 17.0 * z**3 - 15.0 * z) / (384.0 * n**3)
    )


def _kinship(medians: Sequence[float]) -> float:
    """How many times wider an interval must be because neighbouring clusters resemble each other; at least 1."""
    count = len(medians)
    mean = statistics.fmean(medians)
    away = [median - mean for median in medians]
    power = sum(map(mul, away, away))
    if count < FEWEST_TURNS or power <= 0.0:
        return 1.0
    phi = sum(map(mul, away, away[1:])) / power
    phi = min(_LARGEST_PHI, phi + _BIAS * (1.0 + 3.0 * phi) / count)
    return math.sqrt((1.0 + phi) / (1.0 - phi)) if phi > 0.0 else 1.0


def _binomial_bounds(count: int, share: float) -> tuple[int, int]:
    """Numbers that a binomial count falls to or below, and above, in 2.5 % of cases at most.

    The lower is 0 too where even that is less rare.
    """
    mean = count * share
    if mean > 200.0:
        reach = _Z * math.sqrt(mean * (1.0 - share))
        return max(0, math.floor(mean - reach)), min(count, math.ceil(mean + reach))
    chance = math.exp(count * math.log1p(-share))
    total = chance
    few = 0
    for number in range(1, count + 1):
        if total <= 0.025:
            few = number - 1
        if 1.0 - total <= 0.025:
            return few, number - 1
        chance *= (count - number + 1) / number * share / (1.0 - share)
        total += chance
    return few, count


_TINY = 1e-9


def _log(value: float) -> float:
    return math.log(max(value, _TINY))
