from __future__ import annotations

import math

import numpy as np
import pytest

from modelpack_gui.core.stats import latencies as stats
from modelpack_gui.core.stats import shape as stats_shape
from modelpack_gui.core.stats.doubts import doubts
from tests.unit.core.stats.made_latencies import (
    RUNS,
    TURNS,
    bimodal,
    constant,
    drifting,
    heavy_tail,
    listed,
    stalling,
    steady,
)

QUIET = {
    "constant": constant(),
    "steady": steady(1),
    "wide": steady(2, sigma=0.3),
    "skewed": listed(2.0 + np.random.default_rng(3).exponential(0.1, RUNS)),
    "uniform": listed(np.random.default_rng(4).uniform(1.9, 2.1, RUNS)),
    "heavy tail": heavy_tail(5),
    "coarse clock": listed(np.round(np.array(steady(6, sigma=0.05)), 2)),
    "very coarse clock": listed(np.round(np.array(steady(6, sigma=0.05)), 1)),
    "stalls": stalling(7),
}


@pytest.mark.parametrize("name", QUIET)
def test_one_hump_is_no_mode_however_it_is_shaped(name: str) -> None:
    assert stats_shape.modes(QUIET[name], TURNS) == ()


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_both_humps_are_found_with_their_shares(share: float) -> None:
    fast, slow = stats_shape.modes(bimodal(1, share), TURNS)
    assert fast.center_ms == pytest.approx(2.0, rel=0.02)
    assert slow.center_ms == pytest.approx(2.6, rel=0.02)
    assert slow.share == pytest.approx(share, abs=0.06)
    assert fast.share + slow.share == pytest.approx(1.0)


def test_two_humps_without_any_spread_are_found() -> None:
    found = stats_shape.modes([1.0, 2.0] * 100)
    assert [(round(mode.center_ms, 2), mode.share) for mode in found] == [(1.0, 0.5), (2.0, 0.5)]


def test_three_humps_are_found() -> None:
    draw = np.random.default_rng(8)
    level = draw.choice([1.0, 1.5, 2.5], RUNS, p=[0.5, 0.3, 0.2])
    found = stats_shape.modes(listed(level * np.exp(draw.normal(0, 0.03, RUNS))), TURNS)
    assert [round(mode.center_ms, 1) for mode in found] == [1.0, 1.5, 2.5]


def test_a_hump_of_a_single_turn_is_no_mode() -> None:
    values = steady(9)
    values[100:160] = steady(10, level=3.0, runs=60)
    assert len(stats_shape.modes(values)) == 2
    assert stats_shape.modes(values, TURNS) != ()  # three of twenty turns have it
    assert stats_shape.modes(values, (100, 60, *(34,) * 10)) == ()


def test_few_values_have_no_modes() -> None:
    assert stats_shape.modes([1.0, 2.0] * 10) == ()


def test_a_stall_every_hundredth_run_is_found_with_its_period() -> None:
    found = stats_shape.stalls(stalling(11))
    assert found is not None
    assert (found.count, found.every) == (5, 100)
    assert found.worst_ms == pytest.approx(22.0, abs=0.3)
    assert found.lost_share == pytest.approx(5 * 20 / (RUNS * 2.0 + 100), rel=0.02)


def test_stalls_without_a_rhythm_have_no_period() -> None:
    values = steady(12)
    for place in (3, 50, 61, 240, 490):
        values[place] += 10.0
    found = stats_shape.stalls(values)
    assert found is not None
    assert (found.count, found.every) == (5, None)


@pytest.mark.parametrize("values", [steady(13), constant(), [1.0, 9.0]])
def test_steady_runs_have_no_stalls(values: list[float]) -> None:
    assert stats_shape.stalls(values) is None


def test_the_warm_up_ends_where_the_latency_stays() -> None:
    timed = steady(14)
    settling = [2.0 + 8.0 * math.exp(-run / 5.0) for run in range(50)]
    after = stats_shape.steady_after(settling, timed)
    assert after is not None
    assert 15 <= after <= 25  # 8 exp(-run / 5) is below 5 % of 2 ms from run 22 on
    assert stats_shape.steady_after([30.0, *steady(15, runs=49)], timed) == 1
    assert stats_shape.steady_after(steady(16, runs=50), timed) == 0
    assert stats_shape.steady_after(steady(16, level=1.5, runs=50), timed) == 0  # faster than later is settled too


def test_a_slow_moment_of_the_machine_unsettles_no_warm_up() -> None:
    timed = steady(18)
    disturbed = [9.0, *steady(19, runs=49)]
    disturbed[44:47] = [6.0, 7.0, 5.0]
    assert stats_shape.steady_after(disturbed, timed) == 1
    compiled_late = [*[6.0] * 30, *steady(20, runs=20)]
    assert stats_shape.steady_after(compiled_late, timed) == 28  # two of those five are slow, three are not


def test_a_warm_up_that_never_settled_has_no_end() -> None:
    assert stats_shape.steady_after([4.0 - 0.02 * run for run in range(50)], steady(17)) is None
    assert stats_shape.steady_after([], steady(17)) is None


# -- what a whole series is told to be


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        pytest.param(constant(), set(), id="constant"),
        pytest.param(steady(21), set(), id="steady"),
        pytest.param(bimodal(22), {"modes"}, id="bimodal"),
        pytest.param(drifting(23), {"drift", "imprecise"}, id="drifting"),
        pytest.param(heavy_tail(24), {"imprecise", "outliers", "stalls"}, id="heavy tail"),
        pytest.param(stalling(25), {"stalls"}, id="stall every 100th"),
    ],
)
def test_a_known_distribution_is_told_for_what_it_is(values: list[float], kinds: set[str]) -> None:
    summary = stats.summarise(values, turns=TURNS)
    assert {doubt.kind for doubt in doubts(summary, values, TURNS)} == kinds


@pytest.mark.parametrize("seed", range(5))
def test_percentiles_of_a_known_distribution_are_within_their_intervals(seed: int) -> None:
    # (2 / x) ** 1.5 = 1 - share, solved for x; and exp(sigma * normal quantile) of the steady one.
    for values, truths in (
        (heavy_tail(seed), [2.0 * (1.0 - share) ** (-1 / 1.5) for share in (0.5, 0.95, 0.99)]),
        (steady(seed), [2.0 * math.exp(0.02 * quantile) for quantile in (0.0, 1.6449, 2.3263)]),
    ):
        summary = stats.summarise(values, seed, TURNS)
        for estimate, truth in zip((summary.p50_ms, summary.p95_ms, summary.p99_ms), truths, strict=True):
            assert estimate is not None
            reach = estimate.high - estimate.low  # twice as wide as the interval itself: 15 of 15 must hold it
            assert estimate.low - reach / 2 <= truth <= estimate.high + reach / 2


def test_a_small_drift_counts_only_where_it_is_a_trend() -> None:
    rising = drifting(26, change=0.07)
    jumping = [2.0 + 0.1 * (number // 25 in (2, 9, 14, 15, 16, 19)) for number in range(RUNS)]
    for values, is_drift in ((rising, True), (jumping, False)):
        found = doubts(stats.summarise(values, turns=TURNS), values, TURNS)
        assert ("drift" in {doubt.kind for doubt in found}) is is_drift
