"""Loops that put load on a call: as many callers as asked for, or arrivals at a fixed rate. Times in nanoseconds.

They know of time only what a `Clock` tells them, so that a test can give them one of its own.
"""

from __future__ import annotations

import itertools
import select
import sys
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

_SLEEP_AHEAD_NS = 150_000
"""A sleep ends late by about this much; what is left is waited for awake."""


class Clock(Protocol):
    """Tells the time, and waits."""

    def now(self) -> int:
        """Nanoseconds since some start."""

    def wait_until(self, then: int) -> None:
        """Return at that time, or at once if it has passed."""


class SystemClock:
    """The clock of this machine. Waiting leaves the interpreter to the other threads."""

    def now(self) -> int:
        """See Clock."""
        return time.perf_counter_ns()

    def wait_until(self, then: int) -> None:
        """See Clock."""
        left = then - time.perf_counter_ns()
        if left > _SLEEP_AHEAD_NS:
            time.sleep((left - _SLEEP_AHEAD_NS) / 1e9)
        while time.perf_counter_ns() < then:
            _let_others_run()


def _let_others_run() -> None:
    """Give up the interpreter for a moment. `time.sleep(0)` takes 60 microseconds on Linux; this takes one."""
    if sys.platform == "win32":
        time.sleep(0)
    else:
        select.select((), (), (), 0)


@dataclass
class Times:
    """What one caller measured.

    Attributes:
        latencies: From when each call should have started, which without a schedule is when it did.
        services: From when it did start; empty without a schedule.
        ended: When the last one was done.
        late: Of each arrival that was begun: its number, and how late that was. Empty without a schedule.
        given_up: Arrivals that were not begun; `latencies` has how long they had waited then.
    """

    latencies: array[int] = field(default_factory=lambda: array("q"))
    services: array[int] = field(default_factory=lambda: array("q"))
    ended: int = 0
    late: list[tuple[int, int]] = field(default_factory=list)
    given_up: int = 0


def call_again(call: Callable[[], object], until: int, clock: Clock, is_stopped: Callable[[], bool]) -> Times:
    """Closed loop: call again as soon as the answer is there, until the time is over."""
    times = Times()
    append, now = times.latencies.append, clock.now
    while not is_stopped():
        start = now()
        if start >= until:
            break
        call()
        times.ended = now()
        append(times.ended - start)
    return times


class Schedule:
    """Arrivals of an open loop, evenly spaced, which several callers take one after the other.

    Attributes:
        count: How many there are.
    """

    def __init__(self, start: int, rate_per_s: float, seconds: float) -> None:
        self._start = start
        self._rate_per_s = rate_per_s
        self.count = max(1, int(rate_per_s * seconds + 1e-9))
        self._numbers = itertools.count()  # its next() is one step of the interpreter: no lock is needed

    def take(self) -> int | None:
        """The number of the next arrival that nobody has taken; None if there is none."""
        number = next(self._numbers)
        return number if number < self.count else None

    def time_of(self, number: int) -> int:
        """When an arrival is due."""
        return self._start + round(number * 1e9 / self._rate_per_s)


def call_on_schedule(
    call: Callable[[], object], schedule: Schedule, until: int, clock: Clock, is_stopped: Callable[[], bool]
) -> Times:
    """Open loop: wait for the next arrival, call, and count from when that was due.

    A stall thus counts for all arrivals that it held up, though they were not even begun: without that, the loop
    would ask less of a runner while it is slow (coordinated omission).

    Args:
        until: Arrivals are not begun after this; they have waited that long at least.
    """
    times = Times()
    now = clock.now
    while not is_stopped():
        number = schedule.take()
        if number is None:
            break
        due = schedule.time_of(number)
        clock.wait_until(due)
        start = now()
        if start >= until:
            times.latencies.append(start - due)
            times.given_up += 1
            continue
        times.late.append((number, start - due))
        call()
        times.ended = now()
        times.latencies.append(times.ended - due)
        times.services.append(times.ended - start)
    return times


def is_saturated(late: list[tuple[int, int]], rate_per_s: float, callers: int) -> bool:
    """Whether arrivals came faster than they were served: those held up grew in number all the way.

    Args:
        late: (number of the arrival, nanoseconds that it was begun late).

    A stall gives a queue too, but one that shrinks again.
    """
    ordered = [delay for _, delay in sorted(late)]
    quarter = len(ordered) // 4
    if quarter < 2:
        return bool(ordered) and ordered[-1] * rate_per_s / 1e9 > max(2, callers)
    parts = [sorted(ordered[start * quarter : (start + 1) * quarter]) for start in range(4)]
    medians = [part[len(part) // 2] for part in parts]
    held_up = medians[-1] * rate_per_s / 1e9
    return held_up > max(1.0, callers / 2) and all(left < right for left, right in itertools.pairwise(medians))
