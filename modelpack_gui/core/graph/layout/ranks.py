"""Which layer each box of an acyclic graph is in."""

from __future__ import annotations

from collections.abc import Sequence

PASSES = 3
"""Of pulling boxes to their neighbours; links stop getting shorter after two or three."""


def ranks_of(count: int, links: Sequence[tuple[int, int]], firsts: Sequence[int], lasts: Sequence[int]) -> list[int]:
    """The layer of each box, from 0: every link leads to a later one, and links are short.

    Longest path from the sources; then boxes with more links down than up go down as far as these let them, and with
    a box all that only leads to it. `firsts` are alone in the first layer, `lasts` in the last.

    Args:
        links: Source and target; they form no cycle.
    """
    below: list[list[int]] = [[] for _ in range(count)]
    above: list[list[int]] = [[] for _ in range(count)]
    for source, target in links:
        below[source].append(target)
        above[target].append(source)
    order = topological(count, below, above)
    is_fixed = bytearray(count)
    for box in (*firsts, *lasts):
        is_fixed[box] = 1
    start = 1 if firsts else 0
    ranks = [start] * count
    for box in firsts:
        ranks[box] = 0
    for box in order:
        if above[box] and not is_fixed[box]:
            ranks[box] = 1 + max(ranks[other] for other in above[box])
    is_tree = _trees(order, below, above, is_fixed)
    for _ in range(PASSES):
        if not _pull_down(order, ranks, below, above, is_fixed, is_tree):
            break
    inner = [ranks[box] for box in order if not is_fixed[box]]
    last = max(inner, default=start - 1) + 1
    for box in lasts:
        ranks[box] = last
    return ranks


def topological(count: int, below: Sequence[Sequence[int]], above: Sequence[Sequence[int]]) -> list[int]:
    """Boxes with every link leading forwards; those of cycles are left out."""
    waiting = [len(sources) for sources in above]
    order = [box for box in range(count) if not waiting[box]]
    for box in order:  # it grows
        for target in below[box]:
            waiting[target] -= 1
            if not waiting[target]:
                order.append(target)
    return order


def _trees(
    order: Sequence[int], below: Sequence[Sequence[int]], above: Sequence[Sequence[int]], is_fixed: bytearray
) -> bytearray:
    """Which boxes have above them only what leads nowhere else: they can go down together without longer links."""
    is_tree = bytearray(len(below))
    for box in order:
        if not is_fixed[box]:
            is_tree[box] = all(is_tree[other] and set(below[other]) == {box} for other in above[box])
    return is_tree


def _pull_down(
    order: Sequence[int],
    ranks: list[int],
    below: Sequence[Sequence[int]],
    above: Sequence[Sequence[int]],
    is_fixed: bytearray,
    is_tree: bytearray,
) -> bool:
    has_moved = False
    for box in reversed(order):
        targets = [ranks[target] for target in below[box] if not is_fixed[target]]
        if is_fixed[box] or not targets or (len(below[box]) <= len(above[box]) and not is_tree[box]):
            continue
        lowest = min(targets) - 1
        if lowest > ranks[box]:
            ranks[box] = lowest
            has_moved = True
    return has_moved
