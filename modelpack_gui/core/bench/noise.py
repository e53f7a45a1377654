"""How quiet a machine was during a benchmark, and what differences it cannot show."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from modelpack_gui.core.figures import percent
from modelpack_gui.core.records.bench import MachineNoise
from modelpack_gui.core.records.bench_turns import Calibration
from modelpack_gui.core.records.latency import Estimate
from modelpack_gui.core.stats.latencies import percentile

NOISY_SPREAD = 0.10
"""Single times of a loop of known work spread by this much, (p95 - p50) / p50, only where something disturbs it."""

NOISY_ROUNDS = 0.05
"""And its median moves by this much from round to round only where the machine's speed changes."""

OTHERS = 0.25
"""Other tasks that want a processor, on average: the window that draws the samples wants one for less."""

BUSY = 0.5
"""Load per core before the benchmark from which others clearly use the machine, where nothing tells it better: the
load average remembers an earlier benchmark for a minute."""


def machine_noise(
    calibrations: Sequence[Calibration],
    *,
    aa_ratio: Estimate | None = None,
    load_before: float | None = None,
    load_after: float | None = None,
    cores: int = 0,
) -> MachineNoise:
    """Judge the machine by its calibration loop and by one runner measured twice.

    Args:
        calibrations: Before each round and after the last; empty if there were none.
        aa_ratio: p50 of the baseline over its own in another process.
        load_before, load_after: The system's load average over a minute.
        cores: Logical processors; 0 if unknown, and then the load is not judged.
    """
    kept = [one.latencies_ms for one in calibrations if one.latencies_ms]
    medians = tuple(statistics.median(times) for times in kept)
    spread = _spread([value for times in kept for value in times])
    between = _range_share(medians)
    signs = []
    if spread > NOISY_SPREAD:
        signs.append(f"a loop of known work varies by {percent(spread)} from one time to the next")
    if between > NOISY_ROUNDS:
        signs.append(f"its speed changed by {percent(between)} between the rounds")
    others = [one.others_running for one in calibrations if one.others_running is not None]
    if others:
        if statistics.fmean(others) > OTHERS:
            signs.append(f"other programs wanted {statistics.fmean(others):.1f} processors meanwhile")
    elif load_before is not None and cores > 0 and load_before / cores > BUSY:
        signs.append(f"the load average was {load_before:.1f} on {cores} processors before it began")
    band = band_of(aa_ratio)
    return MachineNoise(
        calibration_ms=medians,
        spread=spread,
        load_before=load_before,
        load_after=load_after,
        is_noisy=bool(signs),
        aa_ratio=aa_ratio,
        band=band,
        text=_text(signs, spread, band, has_loop=bool(medians)),
    )


def band_of(aa_ratio: Estimate | None) -> float | None:
    """Relative difference that a runner may show to itself: the farther bound of that interval from 1."""
    if aa_ratio is None or aa_ratio.low <= 0.0:
        return None
    return max(aa_ratio.high, 1.0 / aa_ratio.low) - 1.0


def _text(signs: Sequence[str], spread: float, band: float | None, *, has_loop: bool) -> str:
    parts = []
    if signs:
        parts.append(f"The machine was noisy: {'; '.join(signs)}.")
    elif has_loop:
        parts.append(f"The machine was quiet: a loop of known work varies by {percent(spread)}.")
    if band is not None:
        parts.append(f"The baseline against itself differs by up to {percent(band)}: less than that says nothing.")
    return " ".join(parts)


def _spread(values: Sequence[float]) -> float:
    if not values:
        return 0.0
    ordered = sorted(values)
    middle = percentile(ordered, 0.5)
    return (percentile(ordered, 0.95) - middle) / middle if middle else 0.0


def _range_share(medians: Sequence[float]) -> float:
    """From the 10th to the 90th percentile, over the median: one disturbed round is not the machine."""
    if len(medians) < 4:
        return 0.0
    ordered = sorted(medians)
    middle = percentile(ordered, 0.5)
    return (percentile(ordered, 0.9) - percentile(ordered, 0.1)) / middle if middle else 0.0
