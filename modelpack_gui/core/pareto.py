"""Which of several choices are worth a look: those that no other one beats in every respect."""

from __future__ import annotations

from collections.abc import Sequence


def pareto_front(points: Sequence[Sequence[float]]) -> tuple[int, ...]:
    """Places of the points that no other point dominates, in the order given.

    A point dominates another if it is as good in every respect and better in one; more is better in each. Of equal
    points all are kept.
    """
    return tuple(i for i, one in enumerate(points) if not any(_dominates(other, one) for other in points))


def _dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    pairs = list(zip(one, other, strict=True))
    return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)
