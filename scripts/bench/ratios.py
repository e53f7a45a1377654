"""Ratios of two measurements with their spread, for the benchmarks in this folder."""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence

RESAMPLES = 2000


def describe(values_ms: Sequence[float]) -> str:
    """Median and quartiles, milliseconds."""
    low, middle, high = statistics.quantiles(values_ms, n=4)
    return f"{middle:.3f} ms (quartiles {low:.3f} to {high:.3f}, n = {len(values_ms)})"


def ratio_of_medians(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float, float]:
    """Median of ours over median of theirs, with the bounds of its 95 % bootstrap interval."""
    rng = random.Random(0)
    resampled = sorted(
        statistics.median(rng.choices(ours, k=len(ours))) / statistics.median(rng.choices(theirs, k=len(theirs)))
        for _ in range(RESAMPLES)
    )
    value = statistics.median(ours) / statistics.median(theirs)
    return value, resampled[int(0.025 * RESAMPLES)], resampled[int(0.975 * RESAMPLES)]


def verdict_line(name: str, ratio: tuple[float, float, float], limit: float) -> str:
    """One line: the ratio, its interval, and whether it keeps the limit."""
    value, low, high = ratio
    kept = "within" if value <= limit else "BEYOND"
    return f"{name}: {value:.2f} x ({low:.2f} to {high:.2f}), {kept} the limit of {limit:.2f} x"
