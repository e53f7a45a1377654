"""How often our 95 % intervals of a speed-up hold the true one, beside the two usual ways to get an interval.

Each experiment simulates two runners of a known ratio in 20 interleaved rounds of 25
(`tests/unit/core/made_experiments`). The usual ways: a bootstrap that draws single runs, and a moving-block bootstrap
of each runner apart, both with the percentiles of the resampled ratios.
`.venv/bin/python scripts/bench/interval_coverage.py [--experiments 1000]`.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from modelpack_gui.core.bench.noise import band_of  # noqa: E402
from modelpack_gui.core.bench.verdict import compared  # noqa: E402
from modelpack_gui.core.stats import latencies as stats  # noqa: E402 (the checkout is put on the path above)
from tests.unit.core.stats.made_experiments import Noise, experiment  # noqa: E402
from tests.unit.core.stats.made_latencies import TURNS  # noqa: E402

KINDS = {
    "usual": Noise(),
    "runs vary most": Noise(between=0.005, within=0.05, within_phi=0.2),
    "turns vary most": Noise(between=0.04),
    "turns resemble the last": Noise(between_phi=0.3),
    "two humps": Noise(second=0.3),
}
RESAMPLES = 400
BLOCK = 25
Array = npt.NDArray[np.float64]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    began_s = time.perf_counter()
    print("| noise | single runs drawn | blocks drawn | ours | width, ours over blocks | equals found equal |")
    print("|---|---|---|---|---|---|")
    for name, noise in KINDS.items():
        print(row(name, noise, arguments.experiments, arguments.seed), flush=True)
    print(f"\n{arguments.experiments} experiments each, {time.perf_counter() - began_s:.0f} s")
    return 0


def row(name: str, noise: Noise, experiments: int, seed: int) -> str:
    draw = np.random.default_rng(seed)
    held = np.zeros(3)
    equal = 0
    widths = np.zeros((experiments, 2))
    for number in range(experiments):
        baseline, again, other = experiment(draw, noise, 3)
        ours = stats.speedup(baseline, other, number, TURNS, TURNS)
        band = band_of(stats.speedup(baseline, again, number, TURNS, TURNS))
        singles, blocks = (usual(np.array(baseline), np.array(other), draw, length) for length in (1, BLOCK))
        for way, (low, high) in enumerate((singles, blocks, (ours.low, ours.high))):
            held[way] += low <= 1.0 <= high
        widths[number] = blocks[1] - blocks[0], ours.high - ours.low
        equal += compared(ours, band) == "equal"
    shares = " | ".join(f"{100.0 * share:.1f} %" for share in held / experiments)
    wider = np.median(widths[:, 1] / widths[:, 0])
    return f"| {name} | {shares} | {wider:.2f} | {100.0 * equal / experiments:.1f} % |"


def usual(ones: Array, others: Array, draw: np.random.Generator, length: int) -> tuple[float, float]:
    """The percentile interval of resampled ratios of medians, from blocks of so many consecutive runs."""
    medians = []
    for values in (ones, others):
        blocks = len(values) // length
        starts = draw.integers(0, len(values) - length + 1, (RESAMPLES, blocks))
        places = (starts[:, :, None] + np.arange(length)).reshape(RESAMPLES, -1)
        medians.append(np.median(values[places], axis=1))
    low, high = np.quantile(medians[0] / medians[1], (0.025, 0.975))
    return float(low), float(high)


if __name__ == "__main__":
    sys.exit(main())
