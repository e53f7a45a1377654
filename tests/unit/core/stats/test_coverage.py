"""How often intervals hold the truth, over experiments as a benchmark makes them (`made_experiments`)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest

from modelpack_gui.core.bench.noise import band_of
from modelpack_gui.core.bench.verdict import compared
from modelpack_gui.core.records import Estimate
from modelpack_gui.core.stats import latencies as stats
from tests.unit.core.stats.made_experiments import Noise, correlated, experiment
from tests.unit.core.stats.made_latencies import TURNS

EXPERIMENTS = 1000
TRUE_RATIO = 1.66


@dataclass(frozen=True)
class Judged:
    """One experiment: the baseline, slowed down, against another, and against itself."""

    ratio: Estimate
    band: float | None


@pytest.fixture(scope="module")
def usual() -> list[Judged]:
    draw = np.random.default_rng(4)
    found = []
    for number in range(EXPERIMENTS):
        baseline, again, other = experiment(draw, Noise(), 3)
        ratio = stats.speedup([TRUE_RATIO * value for value in baseline], other, number, TURNS, TURNS)
        found.append(Judged(ratio, band_of(stats.speedup(baseline, again, number, TURNS, TURNS))))
    return found


def test_intervals_hold_the_true_ratio_as_often_as_they_claim(usual: list[Judged]) -> None:
    held = sum(one.ratio.low <= TRUE_RATIO <= one.ratio.high for one in usual)
    assert 0.93 <= held / EXPERIMENTS <= 0.97


@pytest.mark.parametrize(
    ("noise", "seed"),
    [
        pytest.param(Noise(between=0.005, within=0.05, within_phi=0.2), 2, id="runs-vary"),
        pytest.param(Noise(between=0.04), 3, id="turns-vary"),
        pytest.param(Noise(second=0.3), 7, id="two-humps"),
    ],
)
def test_intervals_hold_the_true_ratio_under_other_noise(noise: Noise, seed: int) -> None:
    draw = np.random.default_rng(seed)
    tries, held = 400, 0
    for number in range(tries):
        baseline, other = experiment(draw, noise)
        ratio = stats.speedup(baseline, other, number, TURNS, TURNS)
        held += ratio.low <= 1.0 <= ratio.high
    assert 0.92 <= held / tries <= 0.98  # of 400 a share of 95 % is known to 2 %


def test_two_identical_runners_are_declared_equal(usual: list[Judged]) -> None:
    """The baseline was slowed down by a known factor; without it the two are the same."""
    equal = equal_without_band = 0
    for one in usual:
        same = Estimate(*(bound / TRUE_RATIO for bound in (one.ratio.value, one.ratio.low, one.ratio.high)))
        equal += compared(same, one.band) == "equal"
        equal_without_band += compared(same) == "equal"
    assert equal / EXPERIMENTS >= 0.95
    assert equal_without_band / EXPERIMENTS >= 0.93


def test_a_factor_of_time_is_a_factor_of_the_ratio() -> None:
    """So that one set of experiments tells both how often a ratio is held and how often equals are found equal."""
    baseline, other = experiment(np.random.default_rng(8), Noise())
    one = stats.speedup(baseline, other, 0, TURNS, TURNS)
    slowed = stats.speedup([TRUE_RATIO * value for value in baseline], other, 0, TURNS, TURNS)
    expected = (TRUE_RATIO * one.low, TRUE_RATIO * one.value, TRUE_RATIO * one.high)
    assert (slowed.low, slowed.value, slowed.high) == pytest.approx(expected)


def test_a_difference_well_beyond_the_noise_is_found() -> None:
    draw = np.random.default_rng(5)
    found = 0
    for number in range(100):
        baseline, again, other = experiment(draw, Noise(), 3)
        band = band_of(stats.speedup(baseline, again, number, TURNS, TURNS))
        ratio = stats.speedup([1.05 * value for value in baseline], other, number, TURNS, TURNS)
        found += compared(ratio, band) == "faster"
    assert found >= 95


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
def test_intervals_of_a_percentile_hold_it_as_often_as_they_claim(share: float) -> None:
    draw = np.random.default_rng(6)
    quiet = Noise(between=0.01, machine=1e-9, spikes=0.0)
    sigma = math.hypot(quiet.within, quiet.between)
    normal_quantile = {0.5: 0.0, 0.95: 1.6449, 0.99: 2.3263}[share]
    truth = math.exp(sigma * normal_quantile)
    tries, held = 250, 0
    for number in range(tries):
        logs = correlated(draw, (20, 25), quiet.within, quiet.within_phi)
        logs += draw.normal(0.0, quiet.between, (20, 1))
        summary = stats.summarise(list(map(float, np.exp(logs).ravel())), number, TURNS)
        estimate = {0.5: summary.p50_ms, 0.95: summary.p95_ms, 0.99: summary.p99_ms}[share]
        assert estimate is not None
        held += estimate.low <= truth <= estimate.high
    assert held / tries >= 0.92
