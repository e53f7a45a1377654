"""Latencies as arrays: taken in piece by piece they say the same as all at once."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelpack_gui.core.stats.latencies import percentile, summarise
from modelpack_gui.ui.arrays.samples import Samples, envelope, kernel_density

_LATENCIES = st.lists(st.floats(0.001, 1000.0), min_size=1, max_size=80)


def _drawn(count: int, seed: int = 1) -> list[float]:
    draw = random.Random(seed)
    return [draw.lognormvariate(0.0, 0.2) for _ in range(count)]


@given(_LATENCIES, st.integers(1, 20))
def test_taking_turn_by_turn_gives_the_sorted_runs(values: list[float], turn: int) -> None:
    samples = Samples()
    growing: list[float] = []
    for start in range(0, len(values), turn):
        growing += values[start : start + turn]
        samples.take(growing)
    assert samples.in_order.tolist() == values
    assert samples.ordered.tolist() == sorted(values)


def test_other_runs_take_the_place_of_those_before() -> None:
    samples = Samples()
    samples.take([1.0, 2.0, 3.0])
    samples.take([2.0, 3.0, 4.0, 5.0])
    assert samples.in_order.tolist() == [2.0, 3.0, 4.0, 5.0]
    samples.take([9.0])
    assert samples.ordered.tolist() == [9.0]


def test_what_was_taken_before_is_not_read_again() -> None:
    class Growing(list[float]):
        read = 0

        def __getitem__(self, place):  # type: ignore[no-untyped-def]
            found = super().__getitem__(place)
            Growing.read += len(found) if isinstance(place, slice) else 1
            return found

    values = Growing(_drawn(1000))
    samples = Samples()
    samples.take(values)
    Growing.read = 0
    values.extend([1.0] * 25)
    samples.take(values)
    assert Growing.read < 40
    assert len(samples) == 1025


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.95, 0.99, 1.0])
def test_percentiles_are_those_of_the_statistics(share: float) -> None:
    values = _drawn(137)
    samples = Samples()
    samples.take(values)
    assert samples.percentile(share) == pytest.approx(percentile(sorted(values), share))


def test_outliers_are_those_that_the_statistics_count() -> None:
    values = [*_drawn(400), 30.0, 40.0, 0.0001]
    samples = Samples()
    samples.take(values)
    assert len(samples.outliers(100)) == summarise(values).outliers
    assert samples.outliers(1).tolist() == [40.0]


def test_every_run_is_in_one_bin() -> None:
    samples = Samples()
    samples.take([1.0, 1.0, 2.0, 3.0, 4.0])
    assert samples.counts(np.array([1.0, 2.0, 3.0, 4.0])).tolist() == [2, 1, 2]


def test_a_zero_has_a_place_on_a_log_axis() -> None:
    samples = Samples()
    samples.take([0.0, 1.0])
    assert samples.ordered[0] > 0
    assert samples.in_order[0] == 0.0


def test_thinning_a_long_series_loses_no_spike() -> None:
    values = np.ones(100_000)
    values[77_777] = 50.0
    values[31] = 0.1
    x, y = envelope(values, 0, 400)
    assert len(x) == len(y) <= 800
    assert y.max() == 50.0
    assert y.min() == 0.1
    assert abs(x[int(y.argmax())] - 77_777) < 300


def test_what_was_thinned_stays_as_it_is_when_runs_are_added() -> None:
    values = np.array(_drawn(5000))
    (x, y), (more_x, more_y) = envelope(values[:4500], 0, 400), envelope(values, 0, 400)
    assert (more_x[: len(x)] == x).all()
    assert (more_y[: len(y) - 2] == y[:-2]).all()


def test_a_short_series_is_drawn_whole() -> None:
    x, y = envelope(np.array([3.0, 1.0, 2.0]), -3, 400)
    assert x.tolist() == [-3.0, -2.0, -1.0]
    assert y.tolist() == [3.0, 1.0, 2.0]


@pytest.mark.parametrize("is_log", [False, True])
def test_two_modes_give_two_humps(is_log: bool) -> None:
    draw = random.Random(3)
    samples = Samples()
    samples.take([draw.gauss(draw.choice((2.0, 4.0)), 0.1) for _ in range(2000)])
    grid = np.linspace(np.log10(1.0), np.log10(6.0), 240) if is_log else np.linspace(1.0, 6.0, 240)
    density = kernel_density(samples, grid, is_log=is_log)
    places = 10.0**grid if is_log else grid
    valley = density[(places > 2.8) & (places < 3.2)].max()
    assert density.max() == pytest.approx(1.0)
    assert valley < 0.3
    assert density[(places > 1.8) & (places < 2.2)].max() > 0.8
    assert density[(places > 3.8) & (places < 4.2)].max() > 0.6
