"""The front of choices that none beats: against the definition, on drawn points."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from modelpack_gui.core.pareto import pareto_front

_POINTS = st.lists(st.tuples(*(st.integers(0, 6).map(float) for _ in range(2))), max_size=12)


def test_the_fast_and_the_close_are_on_the_front_and_what_both_beat_is_not() -> None:
    assert pareto_front([(1.0, 9.0), (2.0, 3.0), (1.5, 2.0), (0.5, 5.0)]) == (0, 1)


def test_a_third_respect_brings_back_what_two_leave_out() -> None:
    assert pareto_front([(2.0, 9.0, -100.0), (1.0, 5.0, -20.0)]) == (0, 1)


def test_equal_points_are_all_kept() -> None:
    assert pareto_front([(1.0, 1.0), (1.0, 1.0)]) == (0, 1)


def test_infinity_is_better_than_any_number() -> None:
    assert pareto_front([(1.0, float("inf")), (1.0, 80.0)]) == (0,)


@given(_POINTS)
def test_every_point_left_out_is_beaten_by_one_on_the_front(points: list[tuple[float, float]]) -> None:
    front = pareto_front(points)
    assert bool(front) == bool(points)
    for i, one in enumerate(points):
        beaten = [j for j in front if points[j] != one and all(a >= b for a, b in zip(points[j], one, strict=True))]
        assert (i in front) == (not beaten)
