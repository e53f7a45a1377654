"""The order of boxes within layers, for few crossings: barycentres, then swaps of neighbours."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

Layers = list[list[int]]

MOST_SWEEPS = 14
PATIENCE = 4
"""Sweeps without fewer crossings after which no more are made."""
WORK = 400_000
"""Vertices moved in all sweeps together; big pictures get fewer sweeps."""
WIDE = 400
"""Layers wider than this are not improved by swaps, which take the square of their width."""


def in_order(
    layers: Layers,
    lower: Sequence[Sequence[int]],
    upper: Sequence[Sequence[int]],
    check: Callable[[], None] = lambda: None,
) -> Layers:
    """The layers with their vertices in another order.

    Args:
        lower, upper: Neighbours of each vertex in the next and the previous layer.
        check: Called now and then; raises to stop.
    """
    count = sum(map(len, layers))
    best = _first(layers, lower, upper)
    position = [0] * len(lower)
    _number(best, position)
    least = _crossings(best, lower, position)
    current = [list(layer) for layer in best]
    waited = 0
    for sweep in range(min(MOST_SWEEPS, max(2, WORK // max(1, count)))):
        if not least or waited >= PATIENCE:
            break
        check()
        is_down = sweep % 2 == 0
        _sweep(current, upper if is_down else lower, position, is_down=is_down, is_right=sweep % 4 >= 2)
        crossings = _crossings(current, lower, position)
        waited += 1
        if crossings < least:
            least, waited = crossings, 0
            best = [list(layer) for layer in current]
    if least:
        _number(best, position)
        _swap(best, lower, upper, position, check)
    return best


def _number(layers: Layers, position: list[int]) -> None:
    for layer in layers:
        for place, vertex in enumerate(layer):
            position[vertex] = place


def _first(layers: Layers, lower: Sequence[Sequence[int]], upper: Sequence[Sequence[int]]) -> Layers:
    """Each layer in the order in which a walk down the graph comes to its vertices."""
    rank = {vertex: i for i, layer in enumerate(layers) for vertex in layer}
    found: Layers = [[] for _ in layers]
    is_seen = bytearray(len(lower))
    for layer in layers:
        for start in layer:
            if is_seen[start] or upper[start]:
                continue
            stack = [start]
            while stack:
                vertex = stack.pop()
                if is_seen[vertex]:
                    continue
                is_seen[vertex] = 1
                found[rank[vertex]].append(vertex)
                stack.extend(reversed(lower[vertex]))
    for layer, old in zip(found, layers, strict=True):
        if len(layer) < len(old):
            layer.extend(vertex for vertex in old if not is_seen[vertex])
    return found


def _sweep(
    layers: Layers, neighbours: Sequence[Sequence[int]], position: list[int], *, is_down: bool, is_right: bool
) -> None:
    """Sort every layer by the mean position of its neighbours; a vertex without any keeps its place."""
    for layer in layers[1:] if is_down else layers[-2::-1]:
        if len(layer) < 2:
            continue
        keys: list[tuple[float, int, int]] = []
        free: list[tuple[int, int]] = []
        for place, vertex in enumerate(layer):
            near = neighbours[vertex]
            if not near:
                free.append((place, vertex))
            elif len(near) == 1:
                keys.append((position[near[0]], -place if is_right else place, vertex))
            else:
                mean = sum([position[other] for other in near]) / len(near)
                keys.append((mean, -place if is_right else place, vertex))
        keys.sort()
        layer[:] = [vertex for _, _, vertex in keys]
        for place, vertex in free:
            layer.insert(place, vertex)
        for place, vertex in enumerate(layer):
            position[vertex] = place


def _crossings(layers: Layers, lower: Sequence[Sequence[int]], position: Sequence[int]) -> int:
    total = 0
    for layer in layers:
        seen: list[int] = []
        for vertex in layer:
            near = lower[vertex]
            if not near:
                continue
            places = [position[other] for other in near]
            if seen and seen[-1] > min(places):
                total += sum([len(seen) - bisect_right(seen, place) for place in places])
                seen += places
                seen.sort()  # two sorted runs: linear
            else:
                places.sort()
                seen += places
    return total


def _swap(
    layers: Layers,
    lower: Sequence[Sequence[int]],
    upper: Sequence[Sequence[int]],
    position: list[int],
    check: Callable[[], None],
) -> None:
    """Swap neighbours in a layer as long as that leaves fewer crossings."""
    for _ in range(3):
        has_changed = False
        for layer in layers:
            if not 1 < len(layer) <= WIDE:
                continue
            check()
            near = {
                vertex: (sorted([position[v] for v in upper[vertex]]), sorted([position[v] for v in lower[vertex]]))
                for vertex in layer
            }
            for place in range(len(layer) - 1):
                left, right = layer[place], layer[place + 1]
                before = sum([_above(m, other) for m, o in zip(near[left], near[right], strict=True) for other in o])
                if not before:
                    continue
                after = sum([_above(o, own) for m, o in zip(near[left], near[right], strict=True) for own in m])
                if after < before:
                    layer[place], layer[place + 1] = right, left
                    has_changed = True
            for place, vertex in enumerate(layer):
                position[vertex] = place
        if not has_changed:
            return


def _above(places: Sequence[int], place: int) -> int:
    """How many of some sorted places lie after one."""
    return len(places) - bisect_right(places, place)
