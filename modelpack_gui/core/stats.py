"""Statistics of latencies, standard library only.

Percentiles interpolate linearly between order statistics (Hyndman & Fan 1996, definition 7; numpy's default).
Consecutive runs are correlated, so intervals come from a moving-block bootstrap (Künsch 1989) and not from one that
draws single runs.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Iterator, Sequence

from modelpack_gui.core.records.latency import Doubt, Estimate, LatencySummary

RESAMPLES = 400
FEWEST_RESAMPLES = 100
DRAWS = 4_000_000
"""Values drawn for one runner's intervals at most: those of a long benchmark are narrow, and must not take long."""
BLOCK = 25


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


def summarise(latencies_ms: Sequence[float], seed: int = 0) -> LatencySummary:
    """Describe one runner's latencies, in the order they were measured.

    Raises:
        ValueError: There are none.
    """
    ordered = sorted(latencies_ms)
    mean = statistics.fmean(ordered)
    std = statistics.stdev(ordered) if len(ordered) > 1 else 0.0
    shares = (0.50, 0.95, 0.99)
    resampled: list[list[float]] = [[] for _ in shares]  # not the samples themselves: of a long run they fill memory
    for sample in _block_resamples(latencies_ms, seed, _how_many(ordered)):
        sample.sort()
        for values, share in zip(resampled, shares, strict=True):
            values.append(percentile(sample, share))
    p50_ms, p95_ms, p99_ms = (
        _interval(percentile(ordered, share), values) for values, share in zip(resampled, shares, strict=True)
    )

    low_quartile, high_quartile = percentile(ordered, 0.25), percentile(ordered, 0.75)
    reach = 3.0 * (high_quartile - low_quartile)
    third = max(1, len(latencies_ms) // 3)
    first, last = statistics.median(latencies_ms[:third]), statistics.median(latencies_ms[-third:])
    return LatencySummary(
        count=len(ordered),
        mean_ms=mean,
        std_ms=std,
        min_ms=ordered[0],
        max_ms=ordered[-1],
        p50_ms=p50_ms,
        p95_ms=p95_ms,
        p99_ms=p99_ms,
        cov=std / mean if mean else 0.0,
        outliers=sum(not low_quartile - reach <= value <= high_quartile + reach for value in ordered),
        drift=last / first if first else 1.0,
        throughput_per_s=1000.0 / mean if mean else 0.0,
    )


def speedup(baseline_ms: Sequence[float], latencies_ms: Sequence[float], seed: int = 0) -> Estimate:
    """p50 of the baseline over p50 of the other: above 1 is faster than the baseline.

    Raises:
        ValueError: One of them is empty.
    """
    value = _median(baseline_ms) / _median(latencies_ms)
    count = _how_many(max(baseline_ms, latencies_ms, key=len))
    ones, others = (
        map(_median, _block_resamples(values, seed + i, count))
        for i, values in enumerate((baseline_ms, latencies_ms))
    )
    return _interval(value, [one / other for one, other in zip(ones, others, strict=True)])


def doubts(summary: LatencySummary) -> tuple[Doubt, ...]:
    """Reasons not to trust the figures, in plain words."""
    found = []
    if summary.drift > 1.10 or summary.drift < 0.90:
        direction = "slower" if summary.drift > 1 else "faster"
        change = 100 * abs(summary.drift - 1.0)
        text = f"The last third of the runs was {change:.0f} % {direction} than the first: not in a steady state."
        found.append(Doubt("drift", text))
    half_width = (summary.p50_ms.high - summary.p50_ms.low) / (2.0 * summary.p50_ms.value or 1.0)
    if half_width > 0.05:
        text = f"The p50 is known to ±{100 * half_width:.0f} % only: the machine was busy, or the runs are too few."
        found.append(Doubt("imprecise", text))
    if summary.outliers > 0.05 * summary.count:
        found.append(Doubt("outliers", f"{summary.outliers} of {summary.count} runs lie far outside the rest."))
    return tuple(found)


def _median(values: Sequence[float]) -> float:
    if not values:
        raise ValueError("no values")
    return statistics.median(values)


def _interval(value: float, resampled: list[float]) -> Estimate:
    ordered = sorted(resampled)
    return Estimate(value, percentile(ordered, 0.025), percentile(ordered, 0.975))


def _how_many(values: Sequence[float]) -> int:
    return max(FEWEST_RESAMPLES, min(RESAMPLES, DRAWS // len(values)))


def _block_resamples(values: Sequence[float], seed: int, count: int) -> Iterator[list[float]]:
    draw: Callable[[int], int] = random.Random(seed).randrange  # noqa: S311 (statistics, not secrets)
    length = min(BLOCK, max(1, len(values) // 4))
    starts = len(values) - length + 1
    blocks = math.ceil(len(values) / length)
    for _ in range(count):
        sample: list[float] = []
        for _ in range(blocks):
            start = draw(starts)
            sample.extend(values[start : start + length])
        yield sample[: len(values)]
