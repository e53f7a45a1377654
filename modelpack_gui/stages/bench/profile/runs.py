"""What the profilers have in common: operators timed over several runs, and which runs count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass
class TracedRun(Generic[K]):
    """One run of the model under the profiler.

    Attributes:
        total_us: From its first moment to its last.
        own_us: Time of each operator or node that is not another's.
        calls: How often each was called.
    """

    total_us: float
    own_us: dict[K, float] = field(default_factory=dict)
    calls: dict[K, int] = field(default_factory=dict)

    def add(self, key: K, us: float) -> None:
        """Count one call."""
        self.own_us[key] = self.own_us.get(key, 0.0) + us
        self.calls[key] = self.calls.get(key, 0) + 1


@dataclass(frozen=True)
class Means(Generic[K]):
    """The runs that count, on average: what they took, and each operator's part and calls."""

    total_us: float
    own_us: dict[K, float]
    calls: dict[K, float]
    runs: int


def faster_half(runs: Sequence[TracedRun[K]]) -> Means[K]:
    """Averages over the faster half of the runs: what else the machine did meanwhile lands on no operator.

    Averages of the same runs add up, which medians of each operator would not.

    Args:
        runs: At least one.
    """
    ordered = sorted(runs, key=lambda run: run.total_us)
    kept = ordered[: (len(ordered) + 1) // 2]
    own: defaultdict[K, float] = defaultdict(float)
    calls: defaultdict[K, int] = defaultdict(int)
    for run in kept:
        for key, us in run.own_us.items():
            own[key] += us
            calls[key] += run.calls[key]
    number = len(kept)
    return Means(
        total_us=sum(run.total_us for run in kept) / number,
        own_us={key: us / number for key, us in own.items()},
        calls={key: count / number for key, count in calls.items()},
        runs=number,
    )
