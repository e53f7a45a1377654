from __future__ import annotations

import random
import statistics

import numpy as np
import pytest

from modelpack_gui.core.records import Estimate
from modelpack_gui.core.stats import latencies as stats


@pytest.mark.parametrize("count", [1, 2, 3, 10, 501])
@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.95, 0.99, 1.0])
def test_percentiles_are_those_of_numpy(count: int, share: float) -> None:
    draw = random.Random(count)
    values = sorted(draw.lognormvariate(0, 1) for _ in range(count))
    assert stats.percentile(values, share) == pytest.approx(float(np.quantile(values, share)), rel=1e-12)


@pytest.mark.parametrize("call", [lambda: stats.percentile([], 0.5), lambda: stats.summarise([])])
def test_no_values_have_no_statistics(call: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (the message is the library's)
        call()  # type: ignore[operator]


def test_a_speedup_against_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no values"):
        stats.speedup([], [1.0])


def noisy(count: int, seed: int, scale: float = 1.0) -> list[float]:
    draw = random.Random(seed)
    return [scale * (1.0 + draw.gauss(0, 0.02)) for _ in range(count)]


def test_a_summary_says_what_the_samples_say() -> None:
    values = noisy(500, 1)
    summary = stats.summarise(values)
    assert summary.count == 500
    assert summary.mean_ms == pytest.approx(statistics.fmean(values))
    assert summary.std_ms == pytest.approx(statistics.stdev(values))
    assert (summary.min_ms, summary.max_ms) == (min(values), max(values))
    assert summary.cov == pytest.approx(summary.std_ms / summary.mean_ms)
    assert summary.throughput_per_s == pytest.approx(1000.0 / summary.mean_ms)
    for estimate, share in ((summary.p50_ms, 0.5), (summary.p95_ms, 0.95), (summary.p99_ms, 0.99)):
        assert estimate is not None
        assert estimate.value == pytest.approx(float(np.quantile(values, share)))
        assert estimate.low <= estimate.value <= estimate.high


def test_a_summary_of_the_same_samples_is_the_same() -> None:
    assert stats.summarise(noisy(100, 2)) == stats.summarise(noisy(100, 2))


def test_one_sample_is_summarised_without_spread() -> None:
    summary = stats.summarise([2.0])
    assert (summary.count, summary.std_ms, summary.drift) == (1, 0.0, 1.0)
    assert (summary.p50_ms.low, summary.p50_ms.value, summary.p50_ms.high) == (2.0, 2.0, 2.0)


def test_the_interval_holds_the_true_median_about_as_often_as_it_claims() -> None:
    held = 0
    for seed in range(60):
        median = stats.summarise(noisy(200, seed), seed).p50_ms
        held += median.low <= 1.0 <= median.high
    assert 50 <= held < 60  # 95 % of 60 is 57


def test_the_interval_is_wider_when_neighbouring_runs_resemble_each_other() -> None:
    draw = random.Random(3)
    slow: list[float] = []
    level = 0.0
    for _ in range(500):
        level = 0.95 * level + draw.gauss(0, 0.01)
        slow.append(1.0 + level)
    mixed = slow[:]
    draw.shuffle(mixed)
    wide, narrow = stats.summarise(slow).p50_ms, stats.summarise(mixed).p50_ms
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_far_samples_are_counted_and_kept() -> None:
    values = [*noisy(200, 4), 9.0, 10.0]
    summary = stats.summarise(values)
    assert (summary.outliers, summary.max_ms, summary.count) == (2, 10.0, 202)


def test_drift_is_the_last_third_over_the_first() -> None:
    assert stats.summarise([1.0] * 100 + [1.25] * 100 + [1.5] * 100).drift == 1.5


def test_a_speedup_is_the_ratio_of_medians_with_an_interval_about_it() -> None:
    twice = stats.speedup(noisy(300, 6, scale=2.0), noisy(300, 7))
    assert twice.value == pytest.approx(2.0, rel=0.02)
    assert twice.low < twice.value < twice.high
    assert twice.high - twice.low < 0.05


def test_a_runner_against_itself_has_an_interval_about_one() -> None:
    same = stats.speedup(noisy(300, 8), noisy(300, 9))
    assert same.low <= 1.0 <= same.high


def test_runners_with_unequal_numbers_of_samples_are_compared() -> None:
    assert stats.speedup(noisy(7, 1), noisy(300, 2)).value == pytest.approx(1.0, rel=0.05)


def test_a_long_run_has_a_narrow_interval_beside_a_short_one() -> None:
    long, short = noisy(30_000, 1, scale=2.0), noisy(100, 2)
    ratio = stats.speedup(long, short)
    assert 1.9 < ratio.low <= ratio.value <= ratio.high < 2.1
    p50 = stats.summarise(long).p50_ms
    assert 1.998 < p50.low <= p50.value <= p50.high < 2.002


@pytest.mark.parametrize(
    ("share", "fewest"),
    [(0.95, 72), (0.99, 368), (0.999, 3688)],  # the smallest n with share ** n <= 0.025
)
def test_a_percentile_is_given_only_where_the_sample_carries_it(share: float, fewest: int) -> None:
    assert not stats.carries(fewest - 1, share)
    assert stats.carries(fewest, share)
    for count, is_given in ((fewest - 1, False), (fewest, True)):
        summary = stats.summarise(noisy(count, 3))
        found = {0.95: summary.p95_ms, 0.99: summary.p99_ms, 0.999: summary.p999_ms}[share]
        assert (found is not None) is is_given


def test_the_interval_of_p99_is_that_of_order_statistics() -> None:
    values = list(map(float, range(1, 501)))
    random.Random(0).shuffle(values)
    p99 = stats.summarise(values).p99_ms
    assert p99 is not None
    # Of 500 independent values the 490th and the 500th bound it: binomial tails of 1.4 % and 0.7 %.
    assert (p99.low, p99.high) == (490.0, 500.0)
    assert p99.value == pytest.approx(float(np.quantile(values, 0.99)))


def test_the_interval_of_a_high_percentile_is_wider_where_the_slow_runs_come_together() -> None:
    apart = [2.0 + 0.001 * i if i % 10 == 0 else 1.0 + 0.0001 * i for i in range(1000)]
    together = sorted(apart)
    turns = (25,) * 40
    wide, narrow = stats.summarise(together, turns=turns).p95_ms, stats.summarise(apart, turns=turns).p95_ms
    assert wide is not None
    assert narrow is not None
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


def test_a_constant_runner_has_no_spread_anywhere() -> None:
    summary = stats.summarise([2.0] * 500, turns=(25,) * 20)
    for estimate in (summary.p50_ms, summary.p95_ms, summary.p99_ms):
        assert estimate is not None
        assert (estimate.low, estimate.value, estimate.high) == (2.0, 2.0, 2.0)
    assert (summary.cov, summary.drift, summary.iqr_share, summary.outliers) == (0.0, 1.0, 0.0, 0)
    assert stats.speedup([3.0] * 500, [2.0] * 500) == Estimate(1.5, 1.5, 1.5)


def test_the_p50_of_few_runs_lies_between_the_smallest_and_the_largest() -> None:
    few = stats.summarise([3.0, 1.0, 2.0]).p50_ms
    assert (few.low, few.value, few.high) == (1.0, 2.0, 3.0)
    ratio = stats.speedup([4.0, 6.0], [1.0, 2.0])
    assert (ratio.low, ratio.high) == (2.0, 6.0)


def test_an_interval_reaches_to_the_other_hump_and_not_as_far_to_the_other_side() -> None:
    draw = random.Random(13)
    values = [draw.gauss(1.0, 0.01) * (20.0 if draw.random() < 0.46 else 1.0) for _ in range(100)]
    assert statistics.median(values) < 1.1
    p50 = stats.summarise(values).p50_ms
    assert p50.high > 10.0
    assert p50.low > 0.9
    ratio = stats.speedup(values, noisy(100, 14))
    assert ratio.high > 10.0
    assert ratio.low > 0.9


def test_a_machine_that_slows_down_for_both_does_not_widen_their_ratio() -> None:
    turns = (25,) * 20
    draw = random.Random(11)
    levels = [1.0 + 0.3 * i / 20 for i in range(20)]
    ones, others = ([level * (1 + draw.gauss(0, 0.01)) for level in levels for _ in range(25)] for _ in range(2))
    paired, apart = stats.speedup(ones, others, 0, turns, turns), stats.speedup(ones, others)
    assert paired.low < 1.0 < paired.high
    assert paired.high - paired.low < 0.2 * (apart.high - apart.low)


def test_rounds_that_only_one_of_two_runners_had_are_not_compared() -> None:
    ones = [2.0] * 250 + [9.0] * 250  # the machine halved its speed when the other had been stopped
    others = [1.0] * 250
    ratio = stats.speedup(ones, others, 0, (25,) * 20, (25,) * 10)
    assert ratio == Estimate(2.0, 2.0, 2.0)


def test_turns_of_another_number_of_runs_are_refused() -> None:
    with pytest.raises(ValueError, match="turns of 50 runs together for 60 values"):
        stats.summarise([1.0] * 60, turns=(25, 25))


def test_the_precision_is_half_the_interval_over_the_median() -> None:
    values = noisy(500, 12)
    p50 = stats.summarise(values, turns=(25,) * 20).p50_ms
    expected = (p50.high - p50.low) / (2 * p50.value)
    assert stats.precision(values, (25,) * 20) == pytest.approx(expected)
    assert stats.precision(noisy(2000, 12), (25,) * 80) < stats.precision(values, (25,) * 20)


def test_latencies_that_a_coarse_clock_calls_nothing_are_described() -> None:
    summary = stats.summarise([0.0] * 90 + [0.001] * 10)
    assert summary.p50_ms == Estimate(0.0, 0.0, 0.0)
    assert stats.speedup([1.0] * 10, [0.0] * 10).value > 1e6
