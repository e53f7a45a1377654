"""One level of the picture: boxes of known sizes and links between them become places and routes.

Everything here is for links that lead down; for links to the right the caller swaps x and y.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from modelpack_gui.core.graph.layout.order import Net, in_order
from modelpack_gui.core.graph.layout.place import Placer, Segment
from modelpack_gui.core.graph.layout.wrap import Wrapping, columns_of

Point = tuple[float, float]

MIDDLE = 0.5

BOX_GAP = 12.0
"""Room at each side of a box, px; two boxes keep twice this."""
BEND_GAP = 6.0
"""Room at each side of a long link that passes between boxes."""
LAYER_GAP = 30.0
PORT_GAP = 10.0
"""Between ports and the layer next to them."""
MOST_GAP = 140.0
MAIN, BEND_MINOR = 1, 3
"""See `arrange`."""
SLOPE = 5.0
"""A link that goes this many px across gets one px more of height, up to MOST_GAP: flat lines are hard to follow."""


@dataclass(frozen=True)
class Link:
    """From one box to another.

    Attributes:
        source, target: Numbers of boxes; the target is in a later layer.
        lane: Links of one source and lane share their way as far as they can.
        source_at, target_at: Where it ends, px from the middle of the box.
    """

    source: int
    target: int
    lane: int
    source_at: float = 0.0
    target_at: float = 0.0


@dataclass
class Arrangement:
    """Where everything is; the top left corner is at (0, 0).

    Attributes:
        places: Left and top of each box.
        routes: Corners of each link, from the bottom of its source to the top of its target.
    """

    places: list[Point]
    routes: list[list[Point]]
    width: float
    height: float
    is_wrapped: bool = False


@dataclass
class _Layered:
    """Boxes and bends in layers; a number below `boxes` is a box, the others are bends."""

    boxes: int
    ranks: list[int]
    upper: list[list[Segment]]
    lower: list[list[Segment]]
    ways: list[list[int]] = field(default_factory=list)
    """The bends of each link."""
    bend_minor: list[int] = field(default_factory=list)
    """How much less each bend matters; see `arrange`."""


def arrange(
    sizes: Sequence[tuple[float, float]],
    ranks: Sequence[int],
    links: Sequence[Link],
    anchors: Sequence[float] = (),
    minor: Sequence[int] = (),
    check: Callable[[], None] = lambda: None,
) -> Arrangement:
    """Arrange boxes in layers.

    Args:
        sizes: Width and height of each box.
        ranks: The layer of each.
        anchors: Where in its layer each box is: 0 at the top, 1 at the bottom; all in the middle if empty.
        minor: How much less each box matters: what is linked to several is put in line with one of the least number.
            Bends of long links matter least, but those from or to a box of the number `MAIN`. All alike if empty.
        check: Called between steps; raises to stop.
    """
    minor = minor or [0] * len(sizes)
    layered = _with_bends(ranks, links, minor)
    layers: list[list[int]] = [[] for _ in range(max(layered.ranks, default=-1) + 1)]
    for vertex, rank in enumerate(layered.ranks):
        layers[rank].append(vertex)
    layers = in_order(layers, _net(layered, sizes), check)
    bends = len(layered.ranks) - layered.boxes
    halves = [width / 2 for width, _ in sizes] + [0.0] * bends
    gaps = [BOX_GAP] * layered.boxes + [BEND_GAP] * bends
    is_bend = [False] * layered.boxes + [True] * bends
    placer = Placer(layers, halves, gaps, layered.lower, layered.upper, is_bend, [*minor, *layered.bend_minor])
    middles = [float(round(x)) for x in placer.middles(check)]
    heights = [max((sizes[v][1] for v in layer if v < layered.boxes), default=0.0) for layer in layers]
    tops = _tops(layers, layered, middles, heights)
    wrapping = _wrapping(layers, layered, middles, halves, tops, heights)
    return _placed(sizes, links, layered, middles, tops, heights, wrapping, anchors or [MIDDLE] * layered.boxes)


def _with_bends(ranks: Sequence[int], links: Sequence[Link], minor: Sequence[int]) -> _Layered:
    count = len(ranks)
    found = _Layered(count, list(ranks), [[] for _ in ranks], [[] for _ in ranks])
    chains: dict[tuple[int, int], list[int]] = {}
    is_there: set[tuple[int, int, float, float]] = set()

    def join(above: int, below: int, above_at: float, below_at: float) -> None:
        if (above, below, above_at, below_at) not in is_there:
            is_there.add((above, below, above_at, below_at))
            found.lower[above].append((below, above_at, below_at))
            found.upper[below].append((above, below_at, above_at))

    for link in links:
        needed = ranks[link.target] - ranks[link.source] - 1
        chain = chains.setdefault((link.source, link.lane), [])
        while len(chain) < needed:
            bend = len(found.ranks)
            found.ranks.append(ranks[link.source] + 1 + len(chain))
            found.bend_minor.append(MAIN if MAIN in (minor[link.source], minor[link.target]) else BEND_MINOR)
            found.lower.append([])
            found.upper.append([])
            if chain:
                join(chain[-1], bend, 0.0, 0.0)
            else:
                join(link.source, bend, link.source_at, 0.0)
            chain.append(bend)
        way = chain[:needed]
        found.ways.append(way)
        if way:
            join(way[-1], link.target, 0.0, link.target_at)
        else:
            join(link.source, link.target, link.source_at, link.target_at)
    return found


def _net(layered: _Layered, sizes: Sequence[tuple[float, float]]) -> Net:
    count = len(layered.ranks)
    numbers: dict[tuple[int, float], int] = {}
    ports: dict[int, list[tuple[int, float]]] = {}

    def end_of(segment: Segment) -> int:
        vertex, _, at = segment
        if not at:
            return vertex
        if (vertex, at) not in numbers:
            numbers[vertex, at] = count + len(numbers)
            ports.setdefault(vertex, []).append((numbers[vertex, at], at / sizes[vertex][0]))
        return numbers[vertex, at]

    lower = [[end_of(segment) for segment in near] for near in layered.lower]
    upper = [[end_of(segment) for segment in near] for near in layered.upper]
    from_ports = {}
    for vertex in ports:
        places = sorted({at for _, at, _ in layered.lower[vertex]})
        from_ports[vertex] = [
            [end for end, (_, at, _) in zip(lower[vertex], layered.lower[vertex], strict=True) if at == place]
            for place in places
        ]
    return Net(count, lower, upper, ports, [vertex for vertex, _ in numbers], from_ports)


def _tops(
    layers: Sequence[Sequence[int]], layered: _Layered, middles: Sequence[float], heights: Sequence[float]
) -> list[float]:
    tops, y = [], 0.0
    for layer, height in zip(layers, heights, strict=True):
        tops.append(y)
        across = max(
            (
                abs(middles[vertex] + own - middles[other] - far)
                for vertex in layer
                for other, own, far in layered.lower[vertex]
            ),
            default=0.0,
        )
        is_at_ports = not height or (len(tops) < len(heights) and not heights[len(tops)])
        y += height + round(min(MOST_GAP, (PORT_GAP if is_at_ports else LAYER_GAP) + across / SLOPE))
    return tops


def _wrapping(
    layers: Sequence[Sequence[int]],
    layered: _Layered,
    middles: Sequence[float],
    halves: Sequence[float],
    tops: Sequence[float],
    heights: Sequence[float],
) -> Wrapping | None:
    lefts = [min(middles[v] - halves[v] for v in layer) for layer in layers]
    rights = [max(middles[v] + halves[v] for v in layer) for layer in layers]
    crossing = [sum(len(layered.lower[vertex]) for vertex in layer) for layer in layers]
    return columns_of(tops, heights, lefts, rights, crossing)


def _placed(
    sizes: Sequence[tuple[float, float]],
    links: Sequence[Link],
    layered: _Layered,
    middles: Sequence[float],
    tops: Sequence[float],
    heights: Sequence[float],
    wrapping: Wrapping | None,
    anchors: Sequence[float],
) -> Arrangement:
    ranks = layered.ranks
    move_x = wrapping.move_x if wrapping else [0.0] * len(tops)
    move_y = wrapping.move_y if wrapping else [0.0] * len(tops)
    column = wrapping.column if wrapping else [0] * len(tops)
    places = []
    for box, (width, height) in enumerate(sizes):
        rank = ranks[box]
        top = tops[rank] + math.floor((heights[rank] - height) * anchors[box]) + move_y[rank]
        places.append((middles[box] - width / 2 + move_x[rank], top))
    lanes: dict[tuple[int, int, int], int] = {}
    routes = []
    for link, way in zip(links, layered.ways, strict=True):
        rank = ranks[link.source]
        x = middles[link.source] + link.source_at + move_x[rank]
        points = [(x, places[link.source][1] + sizes[link.source][1]), (x, tops[rank] + heights[rank] + move_y[rank])]
        for vertex in (*way, link.target):
            below = ranks[vertex]
            at = link.target_at if vertex == link.target else 0.0
            x, y = middles[vertex] + at + move_x[below], tops[below] + move_y[below]
            if wrapping and column[below] != column[below - 1]:
                lane = lanes.setdefault((column[below], link.source, link.lane), len(lanes))
                points += wrapping.way_over(column[below], lane, points[-1], (x, y))
            points.append((x, y))
            if vertex == link.target:
                points.append((x, places[vertex][1]))
            else:
                points.append((x, y + heights[below]))
        routes.append(straightened(points))
    right = max((place[0] + size[0] for place, size in zip(places, sizes, strict=True)), default=0.0)
    bottom = max((place[1] + size[1] for place, size in zip(places, sizes, strict=True)), default=0.0)
    left = min([0.0, *(x for route in routes for x, _ in route)])
    top = min([0.0, *(y for route in routes for _, y in route)])
    if left or top:
        places = [(x - left, y - top) for x, y in places]
        routes = [[(x - left, y - top) for x, y in route] for route in routes]
    right = max([right - left, *(x for route in routes for x, _ in route)])
    bottom = max([bottom - top, *(y for route in routes for _, y in route)])
    return Arrangement(places, routes, right, bottom, wrapping is not None)


def straightened(points: Sequence[Point]) -> list[Point]:
    """The corners of a line without those at which it does not turn."""
    found: list[Point] = []
    for x, y in points:
        if found and abs(found[-1][0] - x) < 0.01 and abs(found[-1][1] - y) < 0.01:
            continue
        if len(found) > 1:
            (ax, ay), (bx, by) = found[-2], found[-1]
            if abs((bx - ax) * (y - by) - (by - ay) * (x - bx)) < 0.01 and (by - ay) * (y - by) >= 0:
                found.pop()
        found.append((x, y))
    return found
