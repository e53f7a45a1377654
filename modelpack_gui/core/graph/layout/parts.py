"""Cuts groups into parts, so that what is drawn as one box never reads, by way of others, from itself.

A group is convex if no path leaves it and comes back. Of groups that are in a cycle together, nodes are taken in an
order in which each comes after what it reads, and each joins the part of its group that it can join without closing
a cycle between the parts.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence

MOST_TRIED = 4
"""Parts of its group that a node is tried with, the latest first."""


def parts_of(
    nodes: Sequence[int],
    group_of: Mapping[int, int],
    makers_of: Callable[[int], Sequence[int]],
    check: Callable[[], None] = lambda: None,
) -> dict[int, int]:
    """Which part of its group each node is in, from 0 for each group.

    Args:
        nodes: Of all groups that are in a cycle, in an order in which each comes after what it reads.
        group_of: The group of each; a node that is a box of its own has a number of its own.
        makers_of: What a node reads from; others than `nodes` are passed over.
    """
    part_of: dict[int, int] = {}  # node: part, over all groups
    parts_of_group: dict[int, list[int]] = {}
    above: list[int] = []  # for each part, a bit for each part that leads to it
    below: list[int] = []
    for turn, node in enumerate(_by_group(nodes, group_of, makers_of)):
        if turn % 256 == 0:
            check()
        group = group_of[node]
        sources = {part_of[maker] for maker in makers_of(node) if maker in part_of}
        own = parts_of_group.setdefault(group, [])
        chosen = -1
        for part in reversed(own[-MOST_TRIED:]):
            bit = 1 << part
            if not any(source != part and above[source] & bit for source in sources):
                chosen = part
                break
        if chosen < 0:
            chosen = len(above)
            above.append(0)
            below.append(0)
            own.append(chosen)
        part_of[node] = chosen
        gained = 0
        for source in sources:
            if source != chosen:
                gained |= above[source] | 1 << source
        gained &= ~above[chosen]
        if gained:
            _join(chosen, gained, above, below)
    numbers = {part: i for own in parts_of_group.values() for i, part in enumerate(own)}
    return {node: numbers[part] for node, part in part_of.items()}


def _join(part: int, gained: int, above: list[int], below: list[int]) -> None:
    """Note that some parts now lead to one, and with it to all that it leads to."""
    reached = below[part] | 1 << part
    for other in _bits(reached):
        above[other] |= gained
    for other in _bits(gained):
        below[other] |= reached


def _bits(mask: int) -> list[int]:
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return found


def _by_group(
    nodes: Sequence[int], group_of: Mapping[int, int], makers_of: Callable[[int], Sequence[int]]
) -> list[int]:
    """The nodes in an order that stays in a group as long as it can, for few parts."""
    place = {node: i for i, node in enumerate(nodes)}
    waiting = dict.fromkeys(nodes, 0)
    readers: dict[int, list[int]] = {}
    for node in nodes:
        for maker in set(makers_of(node)):
            if maker in place:
                waiting[node] += 1
                readers.setdefault(maker, []).append(node)
    ready: dict[int, list[int]] = {}  # places, by group
    everywhere: list[int] = []
    for node in nodes:
        if not waiting[node]:
            heapq.heappush(ready.setdefault(group_of[node], []), place[node])
            heapq.heappush(everywhere, place[node])
    is_done = bytearray(len(nodes))
    order: list[int] = []
    group = -1
    while len(order) < len(nodes):
        own = ready.get(group)
        if own:
            at = heapq.heappop(own)
        else:
            at = heapq.heappop(everywhere)
            if is_done[at]:
                continue
            group = group_of[nodes[at]]
            at = heapq.heappop(ready[group])
        is_done[at] = 1
        node = nodes[at]
        order.append(node)
        for reader in readers.get(node, ()):
            waiting[reader] -= 1
            if not waiting[reader]:
                heapq.heappush(ready.setdefault(group_of[reader], []), place[reader])
                heapq.heappush(everywhere, place[reader])
    return order
