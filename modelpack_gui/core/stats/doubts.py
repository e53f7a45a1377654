"""Reasons not to trust a runner's figures, in plain words with the figures that show them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence

from modelpack_gui.core.figures import milliseconds, percent, plural, size
from modelpack_gui.core.records.bench import BenchReport, MachineNoise
from modelpack_gui.core.records.latency import Doubt, DoubtKind, LatencySummary
from modelpack_gui.core.stats.intervals import cluster_medians, cluster_sizes
from modelpack_gui.core.stats.shape import stalls, steady_after

DOUBT_NAMES: dict[DoubtKind, str] = {
    "drift": "Drift",
    "warm_up": "Warm-up not over",
    "modes": "Several modes",
    "outliers": "Outliers",
    "stalls": "Stalls",
    "noisy_machine": "Noisy machine",
    "few_runs": "Few runs",
    "imprecise": "Not precise",
    "memory_grows": "Memory grows",
}
ENOUGH_RUNS = 500
_LARGE_DRIFT = 0.10
_DRIFT = 0.03
_TREND = 2.576
"""Of Kendall's test: a trend that chance makes in 1 % of all series."""

_HALF_WIDTH = 0.05
_IQR = 0.10
_TURNS_VARY = 0.025
_OUTLIERS = 0.05
_LOST = 0.01
_WARM_UP = 10
_GROWTH = 0.02
_GROWTH_BYTES = 8_000_000
_FEWEST_TURNS = 8


def doubts(
    summary: LatencySummary,
    latencies_ms: Sequence[float] = (),
    turns: Sequence[int] = (),
    *,
    warmup_ms: Sequence[float] = (),
    rss_bytes: Sequence[int] = (),
    noise: MachineNoise | None = None,
) -> tuple[Doubt, ...]:
    """All reasons that apply, the gravest first.

    Args:
        latencies_ms: Of the timed runs, in order; without them only what the summary tells is looked at.
        turns: Runs in each turn.
        warmup_ms: Latencies of the warm-up runs, in order.
        rss_bytes: Resident memory after each timed turn, in order; 0 for unknown.
        noise: Of the machine during this benchmark.

    Raises:
        ValueError: The turns have another number of runs.
    """
    medians = cluster_medians(latencies_ms, cluster_sizes(len(latencies_ms), turns)) if latencies_ms else []
    return (
        *_memory(rss_bytes),
        *_drift(summary, medians),
        *_warm_up(warmup_ms, latencies_ms),
        *_modes(summary),
        *_stalls(latencies_ms),
        *_outliers(summary),
        *_imprecise(summary, medians),
        *_noise(noise),
        *_few(summary),
    )


def told_once(report: BenchReport, *, is_noise_told: bool) -> tuple[tuple[Doubt, tuple[str, ...]], ...]:
    """Each doubt of a benchmark once, with the titles of the runners that it is about.

    Args:
        is_noise_told: That the machine was noisy is said of the whole already.
    """
    found: dict[Doubt, list[str]] = {}
    for one in report.runners:
        for doubt in one.doubts:
            if doubt.kind != "noisy_machine" or not is_noise_told:
                found.setdefault(doubt, []).append(one.title)
    return tuple((doubt, tuple(titles)) for doubt, titles in found.items())


def _drift(summary: LatencySummary, medians: Sequence[float]) -> Iterator[Doubt]:
    change = abs(summary.drift - 1.0)
    if change > _LARGE_DRIFT or (change > _DRIFT and abs(_trend(medians)) > _TREND):
        direction = "slower" if summary.drift > 1 else "faster"
        text = (
            f"The last third of the runs was {100 * change:.0f} % {direction} than the first: not in a steady state."
        )
        yield Doubt("drift", text)


def _warm_up(warmup_ms: Sequence[float], latencies_ms: Sequence[float]) -> Iterator[Doubt]:
    if len(warmup_ms) >= _WARM_UP and latencies_ms and steady_after(warmup_ms, latencies_ms) is None:
        last = statistics.median(warmup_ms[-5:])
        level = statistics.median(latencies_ms[: max(1, len(latencies_ms) // 3)])
        above = 100 * (last / level - 1.0) if level else 0.0
        yield Doubt(
            "warm_up",
            f"The warm-up had not settled after {plural(len(warmup_ms), 'run')}: its last runs took {above:.0f} % "
            "longer than the first timed ones. Allow more warm-up runs.",
        )


def _modes(summary: LatencySummary) -> Iterator[Doubt]:
    if len(summary.modes) > 1:
        shown = ", ".join(f"{milliseconds(mode.center_ms)} ({100 * mode.share:.0f} %)" for mode in summary.modes)
        yield Doubt(
            "modes", f"The latencies have {len(summary.modes)} humps, at {shown}: one figure cannot say both."
        )


def _stalls(latencies_ms: Sequence[float]) -> Iterator[Doubt]:
    found = stalls(latencies_ms)
    if found is None or (found.every is None and (found.count < 3 or found.lost_share < _LOST)):
        return
    rhythm = f", about every {found.every} runs" if found.every is not None else ""
    cause = (
        "something that comes back holds it up" if found.every is not None else "something holds it up now and then"
    )
    yield Doubt(
        "stalls",
        f"{found.count:,} of {plural(len(latencies_ms), 'run')} took over twice the median{rhythm}, "
        f"the longest {milliseconds(found.worst_ms)}: {cause}.",
    )


def _outliers(summary: LatencySummary) -> Iterator[Doubt]:
    if summary.outliers > _OUTLIERS * summary.count:
        text = f"{summary.outliers:,} of {plural(summary.count, 'run')} lie far outside the rest."
        yield Doubt("outliers", text)


def _imprecise(summary: LatencySummary, medians: Sequence[float]) -> Iterator[Doubt]:
    half_width = (summary.p50_ms.high - summary.p50_ms.low) / (2.0 * summary.p50_ms.value or 1.0)
    mean = statistics.fmean(medians) if len(medians) > 1 else 0.0
    between = statistics.stdev(medians) / mean if mean else 0.0
    if half_width > _HALF_WIDTH:
        text = f"The p50 is known to ±{100 * half_width:.0f} % only: the machine was busy, or the runs are too few."
    elif len(summary.modes) > 1:
        return  # that is told already
    elif between > _TURNS_VARY:
        text = f"Its turns differ: their medians vary by {percent(between)} (2.5 % or less is quiet)."
    elif summary.iqr_share > _IQR:
        text = f"The middle half of the runs spreads over {percent(summary.iqr_share)} of the p50 (10 % is usual)."
    else:
        return
    yield Doubt("imprecise", text)


def _noise(noise: MachineNoise | None) -> Iterator[Doubt]:
    if noise is not None and noise.is_noisy:
        yield Doubt("noisy_machine", noise.text)


def _few(summary: LatencySummary) -> Iterator[Doubt]:
    if summary.count < ENOUGH_RUNS:
        runs = plural(summary.count, "run")
        text = f"Only {runs}; {ENOUGH_RUNS} or more tell p95 and p99 well enough to compare."
        yield Doubt("few_runs", text)


def _memory(rss_bytes: Sequence[int]) -> Iterator[Doubt]:
    """Memory that goes up turn after turn, also in the second half, when whatever is kept once is there."""
    known = [value for value in rss_bytes if value > 0]
    if len(known) < _FEWEST_TURNS:
        return
    half = known[len(known) // 2 :]
    grown = half[-1] - half[0]
    if grown > max(_GROWTH_BYTES, _GROWTH * half[0]) and _trend(half) > _TREND and _trend(known) > _TREND:
        each = grown / (len(half) - 1)
        yield Doubt(
            "memory_grows",
            f"Its memory grows with every turn: from {size(known[0])} to {size(known[-1])}, "
            f"{size(round(each))} a turn at the end. It may leak.",
        )


def _trend(values: Sequence[float]) -> float:
    """Kendall's statistic over its standard deviation under no trend (Mann 1945): above 2.6 it is no chance."""
    count = len(values)
    if count < 4:
        return 0.0
    rises = sum((values[j] > values[i]) - (values[j] < values[i]) for i in range(count) for j in range(i + 1, count))
    return rises / math.sqrt(count * (count - 1) * (2 * count + 5) / 18.0)
