"""What the charts of latencies draw: one runner's runs, and how it looks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt

PERCENTILES = (
    (0.50, "p50", Qt.PenStyle.SolidLine),
    (0.95, "p95", Qt.PenStyle.DashLine),
    (0.99, "p99", Qt.PenStyle.DotLine),
)
_GROWN = 1.1  # so many times as many runs are worth another look
WRONG = "wrong outputs"


@dataclass(frozen=True, eq=False)
class LatencySeries:
    """One runner's latencies in order, milliseconds.

    Attributes:
        runner: Its key.
        timed_ms: While it is measured this may be the list that grows: only what is new is read.
        turns: Timed runs in each of its turns, in order; empty if unknown.
        is_valid: False if its outputs are wrong: it is drawn hatched, and named so.
        dash: Whether another runner has its colour already: its lines are dashed.
    """

    runner: str
    title: str
    color: str
    warmup_ms: Sequence[float]
    timed_ms: Sequence[float]
    turns: tuple[int, ...] = ()
    is_valid: bool = True
    dash: bool = False

    @property
    def key(self) -> str:
        """What tells it from the others."""
        return self.runner

    @property
    def name(self) -> str:
        """Title, and that its outputs are wrong."""
        return self.title if self.is_valid else f"{self.title} ({WRONG})"

    @property
    def pen_style(self) -> Qt.PenStyle:
        """Of its curves."""
        if not self.is_valid:
            return Qt.PenStyle.DotLine
        return Qt.PenStyle.DashLine if self.dash else Qt.PenStyle.SolidLine


class Spread:
    """How far apart the latencies of some runners are, as far as the choice of an axis needs it.

    Attributes:
        medians: Largest over smallest median; 1 for fewer than two runners.
        tail: Largest p99 over smallest median; 1 without runs.
    """

    def __init__(self) -> None:
        self.medians = 1.0
        self.tail = 1.0
        self._seen: dict[str, tuple[int, float, float]] = {}  # how many runs there were, the first and the last

    def look(self, series: Sequence[LatencySeries]) -> None:
        """Look at some runners, unless they are those of before with a few runs more."""
        known = [self._seen.get(one.key) for one in series]
        if len(self._seen) == len(series) and all(
            seen is not None
            and seen[0] <= len(one.timed_ms) < _GROWN * seen[0]
            and seen[1:] == (one.timed_ms[0], one.timed_ms[seen[0] - 1])
            for seen, one in zip(known, series, strict=True)
        ):
            return
        self._seen = {
            one.key: (len(one.timed_ms), one.timed_ms[0], one.timed_ms[-1]) for one in series if len(one.timed_ms)
        }
        ordered = [_thinned(one.timed_ms) for one in series if len(one.timed_ms)]
        medians = [values[len(values) // 2] for values in ordered]
        least = min(medians, default=0.0)
        self.medians = max(medians) / least if least > 0 else 1.0
        slowest = max((values[math.ceil(0.99 * (len(values) - 1))] for values in ordered), default=0.0)
        self.tail = slowest / least if least > 0 else 1.0


def _thinned(values: Sequence[float], most: int = 1000) -> list[float]:
    """Some of the values, sorted: enough to choose an axis by, at any number of runs."""
    step = max(1, len(values) // most) | 1
    while step % 5 == 0:  # turns have 25 runs: the first ones of each must not stand for all
        step += 2
    return sorted(values[::step])
