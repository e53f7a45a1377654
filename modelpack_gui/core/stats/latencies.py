"""Statistics of latencies, standard library only.

Percentiles interpolate linearly between order statistics (Hyndman & Fan 1996, definition 7; numpy's default). Where
their intervals come from is told in `core.stats.intervals`.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from modelpack_gui.core.records.latency import Estimate, LatencySummary
from modelpack_gui.core.stats.intervals import median_interval, ratio_interval, tail_interval
from modelpack_gui.core.stats.shape import FAR_FENCE, modes

UNCARRIED = 0.025
"""A percentile is left out where the chance that even the largest value lies below it is above this."""


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` (0..1) of the sorted values lie.

    Raises:
        ValueError: There are no values.
    """
    if not ordered:
        raise ValueError("no values")
    position = share * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def carries(count: int, share: float) -> bool:
    """Whether so many values bound that percentile from above: of 500 the 99th, of 368 not."""
    return share**count <= UNCARRIED


def summarise(latencies_ms: Sequence[float], seed: int = 0, turns: Sequence[int] = ()) -> LatencySummary:
    """Describe one runner's latencies, in the order they were measured.

    Args:
        seed: Of the resampling.
        turns: Runs in each turn, in order; empty if the runs were not made in turns.

    Raises:
        ValueError: There are no latencies, or the turns have another number of runs.
    """
    ordered = sorted(latencies_ms)
    p50_ms = Estimate(percentile(ordered, 0.5), *median_interval(latencies_ms, turns, seed))
    mean = statistics.fmean(ordered)
    std = statistics.stdev(ordered) if len(ordered) > 1 else 0.0
    low_quartile, high_quartile = percentile(ordered, 0.25), percentile(ordered, 0.75)
    reach = FAR_FENCE * (high_quartile - low_quartile)
    third = max(1, len(latencies_ms) // 3)
    first, last = statistics.median(latencies_ms[:third]), statistics.median(latencies_ms[-third:])

    def tail(share: float) -> Estimate | None:
        if not carries(len(ordered), share):
            return None
        value = percentile(ordered, share)
        return Estimate(value, *tail_interval(latencies_ms, turns, ordered, value, share))

    return LatencySummary(
        count=len(ordered),
        mean_ms=mean,
        std_ms=std,
        min_ms=ordered[0],
        max_ms=ordered[-1],
        p50_ms=p50_ms,
        p95_ms=tail(0.95),
        p99_ms=tail(0.99),
        cov=std / mean if mean else 0.0,
        outliers=sum(not low_quartile - reach <= value <= high_quartile + reach for value in ordered),
        drift=last / first if first else 1.0,
        throughput_per_s=1000.0 / mean if mean else 0.0,
        p999_ms=tail(0.999),
        iqr_share=(high_quartile - low_quartile) / p50_ms.value if p50_ms.value else 0.0,
        modes=modes(latencies_ms, turns),
    )


def speedup(
    baseline_ms: Sequence[float],
    latencies_ms: Sequence[float],
    seed: int = 0,
    baseline_turns: Sequence[int] = (),
    turns: Sequence[int] = (),
    *,
    is_paired: bool = True,
) -> Estimate:
    """p50 of the baseline over p50 of the other: above 1 is faster than the baseline.

    With the turns of both given, turn number i of one belongs to the same round as turn number i of the other. What
    the machine did in a round it did to both, so rounds are resampled whole. If one was stopped early, only the
    rounds that both had are compared.

    Args:
        is_paired: False if the two were not measured in the same rounds, as in two benchmarks.

    Raises:
        ValueError: One of them is empty, or its turns have another number of runs.
    """
    ones, others, rounds = baseline_ms, latencies_ms, (baseline_turns, turns)
    if is_paired:
        ones, others, rounds = _common_rounds(ones, others, *rounds)
    if not ones or not others:
        raise ValueError("no values")
    value = max(statistics.median(ones), _SHORTEST_MS) / max(statistics.median(others), _SHORTEST_MS)
    return Estimate(value, *ratio_interval(value, ones, others, *rounds, seed, is_paired=is_paired))


def precision(latencies_ms: Sequence[float], turns: Sequence[int] = (), seed: int = 0) -> float:
    """How well p50 is known: half the width of its 95 % interval over its value; 0.01 is 1 %.

    Raises:
        ValueError: As `summarise`.
    """
    low, high = median_interval(latencies_ms, turns, seed)
    return (high - low) / (2.0 * max(statistics.median(latencies_ms), _SHORTEST_MS))


_SHORTEST_MS = 1e-9
"""A coarse clock may say 0."""

_FEWEST_COMMON = 2


def _common_rounds(
    ones: Sequence[float], others: Sequence[float], one_turns: Sequence[int], other_turns: Sequence[int]
) -> tuple[Sequence[float], Sequence[float], tuple[Sequence[int], Sequence[int]]]:
    common = min(len(one_turns), len(other_turns))
    if len(one_turns) == len(other_turns) or common < _FEWEST_COMMON:
        return ones, others, (one_turns, other_turns)
    one_turns, other_turns = one_turns[:common], other_turns[:common]
    return ones[: sum(one_turns)], others[: sum(other_turns)], (one_turns, other_turns)
