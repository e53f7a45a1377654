"""Drawings within drawings become one scene: absolute places, and edges from box to box through the frames."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.columns import ints
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.layout.arrange import Point, straightened
from modelpack_gui.core.graph.layout.draw import Drawing
from modelpack_gui.core.graph.layout.levels import PORT_IN, PORT_OUT, Values
from modelpack_gui.core.graph.layout.shown import Shown
from modelpack_gui.core.graph.scene import Scene

_BITS = {"bool": 8, "string": 128, "float4_e2m1": 4, "complex64": 64, "complex128": 128}


@dataclass
class _Placed:
    """A drawing and where it is."""

    drawing: Drawing
    x: float
    y: float
    around: _Placed | None
    frame: int
    """Its item in the drawing around."""
    boxes: dict[int, int]
    inner: dict[int, _Placed]
    links_from: dict[int, list[int]]
    _by_value: dict[int, dict[int, list[int]]] = field(default_factory=dict)

    def ports(self) -> dict[Values, int]:
        """Item of each port at which something enters."""
        return {item.values: i for i, item in enumerate(self.drawing.level.items) if item.kind == PORT_IN}

    def further(self, item: int, values: Values) -> dict[int, list[int]]:
        """Links from a port or a frame that carry some values, and which of these each carries."""
        index = self._by_value.get(item)
        if index is None:
            index = self._by_value[item] = {}
            for link in self.links_from.get(item, ()):
                for value in self.drawing.links[link][2]:
                    index.setdefault(value, []).append(link)
        found: dict[int, list[int]] = {}
        for value in values:
            for link in index.get(value, ()):
                found.setdefault(link, []).append(value)
        return found


def compose(
    graph: Graph, shown: Shown, drawing: Drawing, *, is_right: bool, check: Callable[[], None] = lambda: None
) -> Scene:
    """Make the scene.

    Args:
        is_right: Whether x and y of the drawing are to be swapped.
        check: Called between steps; raises to stop.
    """
    maker = _Composer(graph, is_right=is_right)
    maker.place(drawing)
    check()
    maker.add_edges()
    check()
    maker.finish(shown)
    return maker.scene


class _Composer:
    def __init__(self, graph: Graph, *, is_right: bool) -> None:
        self._graph = graph
        self._is_right = is_right
        self._dtypes, self._shapes = graph.ints("value_dtype"), graph.ints("value_shape")
        self._bytes: dict[tuple[int, int], float] = {}  # by dtype and shape: values by the thousand have the same
        self.scene = Scene()
        self.scene.node_box = ints([-1]) * len(graph.nodes)
        self._placed: list[_Placed] = []

    # Boxes

    def place(
        self, drawing: Drawing, x: float = 0.0, y: float = 0.0, around: _Placed | None = None, frame: int = -1
    ) -> _Placed:
        """Add the boxes of a drawing, those in its frames after them."""
        placed = _Placed(drawing, x, y, around, frame, {}, {}, {})
        self._placed.append(placed)
        parent = around.boxes[frame] if around is not None else -1
        for number, item in enumerate(drawing.level.items):
            if item.is_port:
                continue
            left, top = drawing.arrangement.places[number]
            width, height = drawing.sizes[number]
            corner = self._turned(x + left, y + top)
            box = self.scene.add_box(
                item.kind,
                item.ref,
                (*corner, *self._turned(width, height)),
                parent=parent,
                part=(item.part, item.parts),
                count=item.count,
            )
            placed.boxes[number] = box
            for node in item.nodes if item.kind != kinds.BOX_FRAME else ():
                self.scene.node_box[node] = box
        for number, link in enumerate(drawing.links):
            placed.links_from.setdefault(link[0], []).append(number)
        for number, inner in drawing.inner.items():
            left, top = drawing.arrangement.places[number]
            start = (x + left + inner.origin[0], y + top + inner.origin[1])
            placed.inner[number] = self.place(inner, *start, placed, number)
        return placed

    def _turned(self, x: float, y: float) -> Point:
        return (y, x) if self._is_right else (x, y)

    # Edges

    def add_edges(self) -> None:
        """Follow every link from the box where it begins to the boxes where it ends."""
        self._ports = {id(placed): placed.ports() for placed in self._placed}
        for placed in self._placed:
            for number, box in placed.boxes.items():
                if number in placed.inner:
                    continue
                for link in placed.links_from.get(number, ()):
                    for target, values, points in self._ways(placed, link, placed.drawing.links[link][2]):
                        line = straightened([self._turned(x, y) for x, y in points])
                        size = self._size(values)
                        self.scene.add_edge(box, target, values[0], line, count=len(values), size_bytes=size)

    def _ways(self, placed: _Placed, link: int, values: Values) -> Iterator[tuple[int, Values, list[Point]]]:
        """Box, values and line of every end of a link, through all frames on its way."""
        drawing = placed.drawing
        _, target, together = drawing.links[link]
        line = [(placed.x + x, placed.y + y) for x, y in drawing.arrangement.routes[link]]
        if target in placed.inner:
            there = placed.inner[target]
            further = there.further(self._ports[id(there)][together], values)
        elif drawing.level.items[target].kind == PORT_OUT:
            assert placed.around is not None
            there = placed.around
            port = drawing.level.items[target].values
            further = {
                other: own
                for other, own in there.further(placed.frame, values).items()
                if there.drawing.links[other][2] == port
            }
        else:
            yield placed.boxes[target], values, line
            return
        for other, own in further.items():
            for box, carried, rest in self._ways(there, other, tuple(own)):
                yield box, carried, line + rest

    def _size(self, values: Sequence[int]) -> float:
        """Bytes of some values together, those that are not known left out; -1 if none is."""
        dtypes, shapes, known = self._dtypes, self._shapes, self._bytes
        total, is_known = 0.0, False
        for value in values:  # a frame's edge may stand for 25,000 of them
            key = dtypes[value], shapes[value]
            size = known.get(key)
            if size is None:
                size = known[key] = self._size_of(*key)
            if size >= 0:
                total += size
                is_known = True
        return total if is_known else -1.0

    def _size_of(self, dtype: int, shape: int) -> float:
        """Bytes of a value, sizes that are not known counted as one; -1 if dtype or rank are not known."""
        bits = _bits(self._graph.texts[dtype])
        sizes = self._graph.shapes[shape] if shape >= 0 else None
        if sizes is None or bits < 0:
            return -1.0
        elements = math.prod(max(0, size) if isinstance(size, int) else 1 for size in sizes)
        return min(float(2**62), elements * bits / 8)

    # What needs all boxes

    def finish(self, shown: Shown) -> None:
        """Say where hidden nodes are seen, and what is at the other end of each stub."""
        scene, node_box = self.scene, self.scene.node_box
        for node, seen_in in shown.seen_in.items():
            node_box[node] = node_box[seen_in]
        entries = {scene.box_ref[box]: box for box, kind in enumerate(scene.box_kind) if kind == kinds.BOX_INPUT}
        producers = self._graph.producers
        for box, kind in enumerate(scene.box_kind):
            value = scene.box_ref[box]
            if kind == kinds.BOX_STUB_FROM:
                maker = producers[value]
                scene.box_far[box] = (
                    node_box[maker] if maker >= 0 and node_box[maker] >= 0 else entries.get(value, -1)
                )
            elif kind == kinds.BOX_STUB_TO:
                readers = [node for node in self._graph.consumers(value) if node_box[node] >= 0]
                scene.box_far[box] = node_box[readers[-1]] if readers else -1


def _bits(dtype: str) -> int:
    """Of an element; -1 if that is no dtype that is known."""
    if dtype in _BITS:
        return _BITS[dtype]
    for start in ("float8", "uint", "int", "bfloat", "float"):
        if dtype.startswith(start):
            digits = dtype.removeprefix(start)
            return 8 if start == "float8" else int(digits) if digits.isdecimal() else -1
    return -1
