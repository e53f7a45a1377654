"""The order of boxes within layers, for few crossings: barycentres, then swaps of neighbours."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Layers = list[list[int]]

MOST_SWEEPS = 14
PATIENCE = 4
"""Sweeps without fewer crossings after which no more are made."""
WORK = 400_000
"""Vertices moved in all sweeps together; big pictures get fewer sweeps."""
WIDE = 400
"""Layers wider than this are not improved by swaps, which take the square of their width."""


@dataclass
class Net:
    """Who is linked to whom, between layers next to each other.

    Links end at vertices, or at ports: points of a wide vertex. Ports have numbers after those of the vertices.

    Attributes:
        count: How many vertices there are.
        lower, upper: For each vertex, the ends in the next and in the previous layer that it is linked to.
        ports: For a vertex that has some, the number of each, and its place from -0.5 (left) to 0.5.
        owners: The vertex of each port, by its number less `count`.
        from_ports: As `lower`, for a vertex with ports: a list for each port, from left to right.
    """

    count: int
    lower: Sequence[Sequence[int]]
    upper: Sequence[Sequence[int]]
    ports: Mapping[int, Sequence[tuple[int, float]]] = field(default_factory=dict)
    owners: Sequence[int] = ()
    from_ports: Mapping[int, Sequence[Sequence[int]]] = field(default_factory=dict)

    def vertex(self, end: int) -> int:
        """The vertex that an end is, or belongs to."""
        return end if end < self.count else self.owners[end - self.count]

    def number(self, layer: Sequence[int], position: list[float]) -> None:
        """Note where the vertices of a layer and their ports are."""
        for place, vertex in enumerate(layer):
            position[vertex] = place
        if self.ports:
            for vertex in layer:
                for port, at in self.ports.get(vertex, ()):
                    position[port] = position[vertex] + at


def in_order(layers: Layers, net: Net, check: Callable[[], None] = lambda: None) -> Layers:
    """The layers with their vertices in another order.

    Args:
        check: Called now and then; raises to stop.
    """
    best = _first(layers, net)
    position = [0.0] * (net.count + len(net.owners))
    for layer in best:
        net.number(layer, position)
    least = _crossings(best, net, position)
    current = [list(layer) for layer in best]
    waited = 0
    for sweep in range(min(MOST_SWEEPS, max(2, WORK // max(1, net.count)))):
        if not least or waited >= PATIENCE:
            break
        check()
        _sweep(current, net, position, is_down=sweep % 2 == 0, is_right=sweep % 4 >= 2)
        crossings = _crossings(current, net, position)
        waited += 1
        if crossings < least:
            least, waited = crossings, 0
            best = [list(layer) for layer in current]
    if least:
        for layer in best:
            net.number(layer, position)
        _swap(best, net, position, check)
    return best


def _first(layers: Layers, net: Net) -> Layers:
    """Each layer in the order in which a walk down the graph comes to its vertices."""
    rank = {vertex: i for i, layer in enumerate(layers) for vertex in layer}
    found: Layers = [[] for _ in layers]
    is_seen = bytearray(net.count)
    for layer in layers:
        for start in layer:
            if is_seen[start] or net.upper[start]:
                continue
            stack = [start]
            while stack:
                vertex = stack.pop()
                if is_seen[vertex]:
                    continue
                is_seen[vertex] = 1
                found[rank[vertex]].append(vertex)
                stack.extend([net.vertex(end) for end in reversed(net.lower[vertex])])
    for layer, old in zip(found, layers, strict=True):
        if len(layer) < len(old):
            layer.extend(vertex for vertex in old if not is_seen[vertex])
    return found


def _sweep(layers: Layers, net: Net, position: list[float], *, is_down: bool, is_right: bool) -> None:
    """Sort every layer by the mean position of its neighbours; a vertex without any keeps its place."""
    neighbours = net.upper if is_down else net.lower
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
        net.number(layer, position)


def _crossings(layers: Layers, net: Net, position: Sequence[float]) -> int:
    total = 0
    lower, from_ports = net.lower, net.from_ports
    for layer in layers:
        seen: list[float] = []
        for vertex in layer:
            for near in from_ports[vertex] if vertex in from_ports else (lower[vertex],):
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


def _swap(layers: Layers, net: Net, position: list[float], check: Callable[[], None]) -> None:
    """Swap neighbours in a layer as long as that leaves fewer crossings."""
    for _ in range(3):
        has_changed = False
        for layer in layers:
            if not 1 < len(layer) <= WIDE:
                continue
            check()
            near = {
                vertex: (
                    sorted([position[v] for v in net.upper[vertex]]),
                    sorted([position[v] for v in net.lower[vertex]]),
                )
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
            net.number(layer, position)
        if not has_changed:
            return


def _above(places: Sequence[float], place: float) -> int:
    """How many of some sorted places lie after one."""
    return len(places) - bisect_right(places, place)
