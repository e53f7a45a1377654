"""The plan of the turns: who comes when, with how many runs, and when it is enough.

A round is one turn of every runner, in an order drawn anew each time. So whatever the machine does meanwhile falls on
all of them alike, and no runner always follows the same other one.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from modelpack_gui.client.bench.measured import Measured
from modelpack_gui.core.records import BenchSpec
from modelpack_gui.core.stats import latencies as stats

T = TypeVar("T")

SETTLE_MS = 20.0
SETTLE_FEWEST, SETTLE_MOST = 2, 2_000
"""Before the timed runs of each turn the runner runs about this long, and that is not kept: its process has slept,
and its data has left the caches."""

BUDGET_ROUNDS = 8
"""Intervals come from whole rounds, so a time budget must hold a few, however slow the runners are."""

MOST_TIMES = 40
"""Where a precision is asked for and no time budget set: at most so many times the iterations."""

NEXT_LOOK = 1.1
"""After an interval that was too wide, the next look comes with a tenth more runs: each look is one more chance to
stop at an interval that is narrow by luck."""


def blocks(runs: int, block: int) -> Iterator[int]:
    """Split a number of runs into blocks; the last may be smaller."""
    for start in range(0, runs, block):
        yield min(block, runs - start)


def settle_runs(typical_ms: float | None) -> int:
    """How many runs settle a runner whose calls take this long."""
    if typical_ms is None or typical_ms <= 0.0:
        return SETTLE_FEWEST
    return max(SETTLE_FEWEST, min(SETTLE_MOST, math.ceil(SETTLE_MS / typical_ms)))


def fitting_block(block_runs: int, budget_s: float | None, typical_ms: Sequence[float]) -> int:
    """Runs in a turn: `block_runs`, or fewer where a time budget would not hold `BUDGET_ROUNDS` rounds of them.

    Args:
        budget_s: None sets no limit.
        typical_ms: About how long a call of each runner takes; 0 if unknown.
    """
    each_s = sum(typical_ms) / 1000.0
    if budget_s is None or each_s <= 0.0:
        return block_runs
    return max(1, min(block_runs, math.floor(budget_s / BUDGET_ROUNDS / each_s)))


class Rounds:
    """Gives the number of timed runs of each round, until there were enough.

    Args:
        widest: Asked where a precision is wanted, once every runner has the iterations: the widest half width of a
            p50's interval, as a share of that p50.
        clock: Seconds; the time budget counts from the first round.
    """

    def __init__(
        self, spec: BenchSpec, widest: Callable[[], float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._spec = spec
        self._widest = widest
        self._clock = clock
        self._draw = random.Random(spec.seed)  # noqa: S311 (an order of turns, not a secret)
        self._until: float | None = None
        self._done = 0
        self.number = 0
        self.width: float | None = None

    @property
    def planned(self) -> int:
        """Rounds of the iterations alone."""
        return math.ceil(self._spec.iterations / self._spec.block_runs)

    @property
    def is_open_ended(self) -> bool:
        """Whether the iterations are done, and how many rounds the precision still takes cannot be known."""
        return self.number > self.planned

    @property
    def title(self) -> str:
        """Of the round that runs: `Round 3 of 20`, or by how much the precision is missed."""
        if self._spec.precision is None:
            return f"Round {self.number} of {self.planned}"
        if self.width is None:
            return f"Round {self.number} of at least {self.planned}"
        known, wanted = 100.0 * self.width, 100.0 * self._spec.precision
        return f"Round {self.number}, p50 known to {known:.2g} % ({wanted:.2g} % wanted)"

    def __iter__(self) -> Iterator[int]:
        spec = self._spec
        self._until = None if spec.time_budget_s is None else self._clock() + spec.time_budget_s
        for runs in blocks(spec.iterations, spec.block_runs):
            if self.number and self._is_spent:
                return
            yield self._next(runs)
        if spec.precision is None:
            return
        most = math.inf if spec.time_budget_s is not None else MOST_TIMES * spec.iterations
        look_at = self._done
        while self._done < most and not self._is_spent:
            if self._done >= look_at:
                self.width = self._widest()
                if self.width <= spec.precision:
                    return
                look_at = math.ceil(self._done * NEXT_LOOK)
            yield self._next(spec.block_runs)

    @property
    def is_late(self) -> bool:
        """Whether a round should be broken off. The first is always finished, so that every runner has figures."""
        return self.number > 1 and self._is_spent

    @property
    def _is_spent(self) -> bool:
        return self._until is not None and self._clock() >= self._until

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in the order of this round."""
        order = list(items)
        self._draw.shuffle(order)
        return order

    def _next(self, runs: int) -> int:
        self.number += 1
        self._done += runs
        return runs


def widest_half_width(items: Sequence[Measured]) -> float:
    """The widest half width of the 95 % interval of a p50, as a share of that p50."""
    return max((stats.precision(item.latencies_ms, item.turns) for item in items if item.latencies_ms), default=0.0)
