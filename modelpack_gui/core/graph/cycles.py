"""What reads from itself by way of others: in a damaged file, or of boxes that stand for several nodes."""

from __future__ import annotations

from collections.abc import Sequence


def cyclic(count: int, links: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Strongly connected components of more than one item, each sorted (Tarjan, without recursion)."""
    below: list[list[int]] = [[] for _ in range(count)]
    for source, target in links:
        below[source].append(target)
    number = [0] * count
    low = [0] * count
    is_open = bytearray(count)
    path: list[int] = []
    found: list[list[int]] = []
    counted = 0
    for start in range(count):
        if number[start]:
            continue
        work = [(start, 0)]
        while work:
            item, at = work.pop()
            if not at:
                counted += 1
                number[item] = low[item] = counted
                path.append(item)
                is_open[item] = 1
            targets = below[item]
            while at < len(targets):
                target = targets[at]
                at += 1
                if not number[target]:
                    work.append((item, at))
                    work.append((target, 0))
                    break
                if is_open[target]:
                    low[item] = min(low[item], number[target])
            else:
                if low[item] == number[item]:
                    component = []
                    while True:
                        top = path.pop()
                        is_open[top] = 0
                        component.append(top)
                        if top == item:
                            break
                    if len(component) > 1:
                        found.append(sorted(component))
                if work:
                    above = work[-1][0]
                    low[above] = min(low[above], low[item])
    return found
