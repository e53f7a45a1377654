"""What holds of any latencies, however they came about."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelpack_gui.core.bench.verdict import compared
from modelpack_gui.core.records import Estimate, LatencySummary
from modelpack_gui.core.stats import latencies as stats
from modelpack_gui.core.stats import shape as stats_shape
from modelpack_gui.core.stats.doubts import doubts

LATENCIES = st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=120)


@st.composite
def in_turns(draw: st.DrawFn) -> tuple[list[float], list[int]]:
    """Latencies, and turns that they came in; some turns may have given nothing."""
    sizes = draw(st.lists(st.integers(0, 8), min_size=1, max_size=25).filter(any))
    return draw(st.lists(st.floats(1e-6, 1e6), min_size=sum(sizes), max_size=sum(sizes))), sizes


def estimates(summary: LatencySummary) -> list[Estimate]:
    found = (summary.p50_ms, summary.p95_ms, summary.p99_ms, summary.p999_ms)
    return [estimate for estimate in found if estimate is not None]


@settings(max_examples=60, deadline=None)
@given(in_turns())
def test_intervals_hold_their_value_and_stay_within_the_sample(given_: tuple[list[float], list[int]]) -> None:
    values, turns = given_
    summary = stats.summarise(values, turns=turns)
    for estimate in estimates(summary):
        assert summary.min_ms <= estimate.low <= estimate.value <= estimate.high <= summary.max_ms
    shares = sum(mode.share for mode in summary.modes)
    assert shares <= 1.0 + 1e-9
    assert len(summary.modes) != 1
    doubts(summary, values, turns, warmup_ms=values)


@settings(max_examples=40, deadline=None)
@given(LATENCIES, LATENCIES)
def test_of_two_runners_at_most_one_is_faster(ones: list[float], others: list[float]) -> None:
    there, back = stats.speedup(ones, others), stats.speedup(others, ones)
    assert there.low <= there.value <= there.high
    assert there.value * back.value == pytest.approx(1.0)
    assert (compared(there), compared(back)) not in (("faster", "faster"), ("slower", "slower"))


@settings(max_examples=40, deadline=None)
@given(in_turns(), st.integers(-3, 3))
def test_another_unit_of_time_changes_no_ratio(given_: tuple[list[float], list[int]], power: int) -> None:
    values, turns = given_
    factor = 2.0**power  # exact in floating point
    one, other = stats.summarise(values, 1, turns), stats.summarise([value * factor for value in values], 1, turns)
    for a, b in zip(estimates(one), estimates(other), strict=True):
        assert (b.low, b.value, b.high) == pytest.approx((a.low * factor, a.value * factor, a.high * factor))
    assert other.cov == pytest.approx(one.cov)
    assert (other.drift, other.outliers) == (one.drift, one.outliers)


@settings(max_examples=60, deadline=None)
@given(LATENCIES, LATENCIES)
def test_a_warm_up_settles_within_itself(warmup: list[float], timed: list[float]) -> None:
    after = stats_shape.steady_after(warmup, timed)
    assert after is None or 0 <= after <= len(warmup) - 1


@settings(max_examples=60, deadline=None)
@given(LATENCIES)
def test_stalls_are_some_of_the_runs(values: list[float]) -> None:
    found = stats_shape.stalls(values)
    if found is not None:
        assert 1 <= found.count < len(values)
        assert found.worst_ms == max(values)
        assert 0.0 < found.lost_share < 1.0
