"""Coordinates across the layers: the method of Brandes and Köpf, with widths and with links that end at ports.

Vertices that are linked one below the other are put into a line where that is possible; the lines are pushed
together; this is done towards all four corners, and each vertex gets the mean of the middle two of its four places.
(Brandes, Köpf: Fast and Simple Horizontal Coordinate Assignment, 2001. The pushing is that of dagre: first as far
to the left as can be, then to the right as far as that closes gaps.)
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

Segment = tuple[int, float, float]
"""The neighbour; where the link meets this vertex, and where the neighbour, in px from their middles."""


class Placer:
    """Places the vertices of some layers.

    Args:
        layers: Vertices in order.
        halves: Half the width of each vertex, px.
        gaps: Room to leave at each side of a vertex, px; two neighbours keep the sum of theirs.
        lower, upper: Segments of each vertex to the next and the previous layer.
        is_bend: Whether a vertex is only a bend of a long link, of each vertex.
        minor: How much less each vertex matters: who has several neighbours is in line with one of the least number.
    """

    def __init__(
        self,
        layers: Sequence[Sequence[int]],
        halves: Sequence[float],
        gaps: Sequence[float],
        lower: Sequence[Sequence[Segment]],
        upper: Sequence[Sequence[Segment]],
        is_bend: Sequence[bool],
        minor: Sequence[int],
    ) -> None:
        self._layers = layers
        self._halves = halves
        self._gaps = gaps
        self._lower = lower
        self._upper = upper
        self._is_bend = is_bend
        self._minor = minor
        self._position = [0] * len(halves)
        for layer in layers:
            for place, vertex in enumerate(layer):
                self._position[vertex] = place
        self._forbidden = self._conflicts()

    def middles(self, check: Callable[[], None] = lambda: None) -> list[float]:
        """The x of the middle of each vertex; the leftmost begins at 0."""
        found: list[list[float]] = []
        for is_up in (True, False):
            for is_left in (True, False):
                check()
                root, shift = self._lines(is_up=is_up, is_left=is_left)
                found.append(self._pushed(root, shift, is_left=is_left))
        widths = [self._extent(places) for places in found]
        narrow = min(range(4), key=lambda i: widths[i][1] - widths[i][0])
        left, right = widths[narrow]
        for i, places in enumerate(found):
            move = left - widths[i][0] if i % 2 == 0 else right - widths[i][1]
            if move:
                found[i] = [x + move for x in places]
        middles = [0.0] * len(self._halves)
        for vertex, four in enumerate(zip(*found, strict=True)):
            _, second, third, _ = sorted(four)
            middles[vertex] = (second + third) / 2
        start = self._extent(middles)[0]
        return [x - start for x in middles]

    def _extent(self, places: Sequence[float]) -> tuple[float, float]:
        ends = [(places[v] - self._halves[v], places[v] + self._halves[v]) for layer in self._layers for v in layer]
        return min((end[0] for end in ends), default=0.0), max((end[1] for end in ends), default=0.0)

    def _conflicts(self) -> set[tuple[int, int]]:
        """Segments (upper, lower) that must not be lines: they cross one between two bends, or end at something minor
        while something else is there to be in line with."""
        found: set[tuple[int, int]] = set()
        is_bend, minor = self._is_bend, self._minor
        for layer in self._layers:
            for vertex in layer:
                if is_bend[vertex]:
                    continue
                for near, is_down in ((self._lower[vertex], True), (self._upper[vertex], False)):
                    if len(near) > 1:
                        least = min([minor[other] for other, _, _ in near])
                        lesser = [other for other, _, _ in near if minor[other] > least]
                        found.update((vertex, other) if is_down else (other, vertex) for other in lesser)
        for layer in self._layers[1:]:
            self._add_crossed(layer, found)
        return found

    def _add_crossed(self, layer: Sequence[int], found: set[tuple[int, int]]) -> None:
        """Add the segments above a layer that cross one between two bends."""
        is_bend, position, upper = self._is_bend, self._position, self._upper
        inner: list[tuple[int, int]] = []  # places in this layer and in the one above
        for place, vertex in enumerate(layer):
            if is_bend[vertex] and upper[vertex] and is_bend[upper[vertex][0][0]]:
                inner.append((place, position[upper[vertex][0][0]]))
        if not inner:
            return
        rights = [end for _, end in inner]
        for i in range(len(rights) - 2, -1, -1):
            rights[i] = min(rights[i], rights[i + 1])
        passed, left = 0, -1
        for place, vertex in enumerate(layer):
            if passed < len(inner) and inner[passed][0] == place:
                left = max(left, inner[passed][1])
                passed += 1
                continue
            right = rights[passed] if passed < len(inner) else len(position)
            for other, _, _ in upper[vertex]:
                if not left <= position[other] <= right:
                    found.add((other, vertex))

    def _lines(self, *, is_up: bool, is_left: bool) -> tuple[list[int], list[float]]:
        """The first vertex of the line that each is in, and how far right of that one it is.

        Args:
            is_up: Put each in line with one above it, rather than below.
            is_left: Prefer the left one of two in the middle, and go from left to right.
        """
        count = len(self._halves)
        root = list(range(count))
        shift = [0.0] * count
        is_taken = bytearray(count)
        segments = self._upper if is_up else self._lower
        position, forbidden = self._position, self._forbidden
        step = 1 if is_left else -1
        for layer in self._layers if is_up else self._layers[::-1]:
            reached = -1 if is_left else count
            for vertex in layer[::step]:
                near = segments[vertex]
                if not near:
                    continue
                if len(near) > 1:
                    near = [
                        segment
                        for segment in sorted(near, key=lambda segment: position[segment[0]])
                        if ((segment[0], vertex) if is_up else (vertex, segment[0])) not in forbidden
                    ]
                    half = (len(near) - 1) // 2
                    near = near[half : len(near) - half][::step]
                for other, own_end, far_end in near:
                    place = position[other]
                    if is_taken[other] or (place <= reached if is_left else place >= reached):
                        continue
                    if ((other, vertex) if is_up else (vertex, other)) in forbidden:
                        continue
                    is_taken[other] = 1
                    root[vertex] = root[other]
                    shift[vertex] = shift[other] + far_end - own_end
                    reached = place
                    break
        return root, shift

    def _pushed(self, root: Sequence[int], shift: Sequence[float], *, is_left: bool) -> list[float]:
        """Middles with all lines as far to one side as they can be, then back where that closes gaps."""
        count = len(self._halves)
        right_of: list[list[tuple[int, float]]] = [[] for _ in range(count)]
        waiting = [0] * count
        halves, gaps = self._halves, self._gaps
        for layer in self._layers:
            for left, right in itertools.pairwise(layer):
                apart = halves[left] + gaps[left] + gaps[right] + halves[right] + shift[left] - shift[right]
                right_of[root[left]].append((root[right], apart))
                waiting[root[right]] += 1
        lines = [vertex for vertex in range(count) if root[vertex] == vertex and not waiting[vertex]]
        places = [0.0] * count
        for line in lines:  # it grows
            at = places[line]
            for other, apart in right_of[line]:
                if at + apart > places[other]:
                    places[other] = at + apart
                waiting[other] -= 1
                if not waiting[other]:
                    lines.append(other)
        if not is_left:  # everything to the right of all: then the left side is the ragged one
            end = max((places[line] for line in lines), default=0.0)
            for line in reversed(lines):
                places[line] = min((places[other] - apart for other, apart in right_of[line]), default=end)
            self._close_left(lines, right_of, places)
        else:
            for line in reversed(lines):
                if right_of[line]:
                    limit = min(places[other] - apart for other, apart in right_of[line])
                    if limit > places[line]:
                        places[line] = limit
        return [places[root[vertex]] + shift[vertex] for vertex in range(count)]

    @staticmethod
    def _close_left(
        lines: Sequence[int], right_of: Sequence[Sequence[tuple[int, float]]], places: list[float]
    ) -> None:
        """Move lines to the left as far as the nearest one there, where there is one."""
        limits: dict[int, float] = {}
        for line in lines:
            if line in limits and limits[line] < places[line]:
                places[line] = limits[line]
            for other, apart in right_of[line]:
                limits[other] = max(limits.get(other, places[line] + apart), places[line] + apart)
