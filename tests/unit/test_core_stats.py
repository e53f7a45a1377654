from __future__ import annotations

import random
import statistics

import numpy as np
import pytest

from modelpack_gui.core import stats


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
    assert stats.doubts(summary) == ()


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
    rising = [1.0] * 100 + [1.25] * 100 + [1.5] * 100
    summary = stats.summarise(rising)
    assert summary.drift == 1.5
    assert any("50 % slower than the first" in doubt.text for doubt in stats.doubts(summary))
    falling = stats.doubts(stats.summarise(rising[::-1]))
    assert any("33 % faster than the first" in doubt.text for doubt in falling)


def test_a_wide_interval_and_many_outliers_are_doubted() -> None:
    draw = random.Random(5)
    two_modes = [draw.choice((1.0, 2.0)) for _ in range(60)]
    assert any("known to" in doubt.text for doubt in stats.doubts(stats.summarise(two_modes)))
    spiky = [1.0 + 0.001 * (i % 7) + (5.0 if i % 10 == 0 else 0.0) for i in range(300)]
    assert any("30 of 300 runs lie far outside" in doubt.text for doubt in stats.doubts(stats.summarise(spiky)))


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


def test_runs_of_very_different_length_are_compared_with_fewer_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    long, short = noisy(3000, 1, scale=2.0), noisy(100, 2)
    monkeypatch.setattr(stats, "DRAWS", 3000)
    ratio = stats.speedup(long, short)
    assert 1.9 < ratio.low <= ratio.value <= ratio.high < 2.1
    p50 = stats.summarise(long).p50_ms
    assert 1.99 < p50.low <= p50.value <= p50.high < 2.01
