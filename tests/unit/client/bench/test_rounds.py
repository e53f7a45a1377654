from __future__ import annotations

from collections.abc import Callable, Iterable

from modelpack_gui.client.bench.load import loads_of
from modelpack_gui.client.bench.rounds import SETTLE_FEWEST, SETTLE_MOST, Rounds, fitting_block, settle_runs
from modelpack_gui.core.records import BenchSpec


def rounds(
    widths: Iterable[float] = (), clock: Callable[[], float] = lambda: 0.0, **settings: float | None
) -> Rounds:
    spec = BenchSpec(**{"iterations": 100, "block_runs": 25, **settings})  # type: ignore[arg-type]
    left = iter(widths)
    return Rounds(spec, lambda: next(left), clock)


def test_the_iterations_are_split_into_rounds_and_the_last_is_smaller() -> None:
    assert list(rounds(iterations=60)) == [25, 25, 10]


def test_with_a_precision_rounds_go_on_until_the_widest_interval_is_narrow_enough() -> None:
    plan = rounds([0.05, 0.02, 0.009], precision=0.01)
    assert sum(plan) == 150  # after 100, at the next round after 110, and after one more
    assert plan.width == 0.009


def test_a_precision_that_is_never_reached_ends_at_forty_times_the_iterations() -> None:
    assert sum(rounds([0.5] * 1000, precision=0.01)) == 4000


def test_with_a_time_budget_as_well_only_that_ends_them() -> None:
    seconds = iter(range(100_000))
    plan = rounds([0.5] * 10_000, lambda: next(seconds), precision=0.01, time_budget_s=1000.0)
    assert sum(plan) > 4000


def test_the_time_budget_ends_the_rounds_but_never_the_first() -> None:
    now = [0.0]
    plan = rounds(clock=lambda: now[0], time_budget_s=5.0)
    done = []
    for runs in plan:
        now[0] += 10.0
        done.append((runs, plan.is_late))
    assert done == [(25, False)]


def test_a_later_round_is_broken_off_when_the_time_is_over() -> None:
    now = [0.0]
    plan = rounds(clock=lambda: now[0], time_budget_s=5.0)
    late = []
    for _ in plan:
        late.append(plan.is_late)
        now[0] += 3.0
        late.append(plan.is_late)
    assert late == [False, False, False, True]


def test_the_order_is_drawn_anew_each_round_and_is_the_same_for_the_same_seed() -> None:
    def orders(seed: int) -> list[list[str]]:
        plan = rounds(seed=seed)
        return [plan.shuffled("abcdef") for _ in plan]

    assert orders(1) == orders(1)
    assert orders(1) != orders(2)
    assert len({tuple(order) for order in orders(1)}) == 4


def test_the_title_says_how_far_it_is() -> None:
    plan = rounds()
    assert [plan.title for _ in plan][1] == "Round 2 of 4"
    plan = rounds([0.0234, 0.0], precision=0.01)
    titles = [plan.title for _ in plan]
    assert titles[0] == "Round 1 of at least 4"
    assert titles[-1] == "Round 5, p50 known to 2.3 % (1 % wanted)"


def test_runners_settle_for_about_twenty_milliseconds() -> None:
    assert settle_runs(2.5) == 8
    assert settle_runs(100.0) == SETTLE_FEWEST
    assert settle_runs(0.001) == SETTLE_MOST
    assert settle_runs(None) == SETTLE_FEWEST


def test_a_time_budget_holds_eight_rounds_however_slow_the_runners_are() -> None:
    assert fitting_block(25, 10.0, [5.0, 5.0]) == 25
    assert fitting_block(25, 10.0, [300.0, 100.0]) == 3
    assert fitting_block(25, 10.0, [9000.0]) == 1
    assert fitting_block(25, None, [9000.0]) == 25


def test_loads_are_closed_loops_first_then_open_ones_with_the_most_callers() -> None:
    spec = BenchSpec(callers=(1, 4, 4), rates_per_s=(10.0, 50.0))
    assert loads_of(spec) == ((1, None), (4, None), (4, 10.0), (4, 50.0))
    assert loads_of(BenchSpec(rates_per_s=(10.0,))) == ((1, 10.0),)
    assert loads_of(BenchSpec()) == ()
