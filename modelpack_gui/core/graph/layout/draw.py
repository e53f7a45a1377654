"""Draws levels into each other: every open group is a frame around what is in it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.box_text import box_lines
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.layout.arrange import MAIN, MIDDLE, Arrangement, Link, Point, arrange
from modelpack_gui.core.graph.layout.grid import beside
from modelpack_gui.core.graph.layout.levels import PORT_IN, PORT_OUT, Item, Level, LevelMaker, Values
from modelpack_gui.core.graph.layout.ports import with_ports_in_line
from modelpack_gui.core.graph.layout.ranks import ranks_of
from modelpack_gui.core.graph.layout.text_room import TextRoom
from modelpack_gui.core.records.graph_layout import LayoutRequest

MOST_LAYERS = 24
"""A link over more layers is cut, with a stub at each end."""
NEAR_LAYERS = 6
"""Where one of the links with the same values is cut, those over more layers than this are cut as well."""
ANCHORS = {
    kinds.BOX_INPUT: 1.0, kinds.BOX_STUB_FROM: 1.0, PORT_IN: 1.0,
    kinds.BOX_OUTPUT: 0.0, kinds.BOX_STUB_TO: 0.0, PORT_OUT: 0.0,
}  # fmt: skip
"""Where in its layer a box of a kind is, 0 the top: near what it belongs to."""
MINOR = {
    kinds.BOX_INPUT: 2, kinds.BOX_OUTPUT: 2, kinds.BOX_STUB_FROM: 2, kinds.BOX_STUB_TO: 2, PORT_IN: 2, PORT_OUT: 2,
}  # fmt: skip
"""How much less a box of a kind matters than a node for what is in line; the main port matters most of these."""
FRAME_MARGIN = 14.0
SIGN_WIDTH = 8.0
"""Of what stands before the title of a frame, px."""
PORT_WIDTH = 2.0


@dataclass
class Drawing:
    """A level with everything in place, for links that lead down.

    Attributes:
        sizes: Of each item, px.
        links: As in `Level`, long ones cut.
        inner: The drawing in each frame, by item.
        origin: Where the inside begins in the frame.
        width, height: Of the frame.
    """

    level: Level
    sizes: list[Point]
    links: list[tuple[int, int, Values]]
    arrangement: Arrangement
    inner: dict[int, Drawing] = field(default_factory=dict)
    origin: Point = (0.0, 0.0)
    width: float = 0.0
    height: float = 0.0

    def port_at(self, kind: int, values: Values) -> float:
        """Where a port is, px from the middle of the frame."""
        for item, place in zip(self.level.items, self.arrangement.places, strict=True):
            if item.kind == kind and item.values == values:
                return self.origin[0] + place[0] + PORT_WIDTH / 2 - self.width / 2
        raise KeyError(values)


class Drawer:
    """Draws levels with the sizes that a request asks for.

    Args:
        check: Called between steps; raises to stop.
    """

    def __init__(
        self, graph: Graph, maker: LevelMaker, request: LayoutRequest, check: Callable[[], None] = lambda: None
    ) -> None:
        self._graph = graph
        self._maker = maker
        self._request = request
        self._check = check
        self._room = TextRoom(request)
        self._is_right = request.direction == "right"

    def draw(self, level: Level, *, is_in_chain: bool = False) -> Drawing:
        """A level, and all frames in it.

        Args:
            is_in_chain: The main ports are to be in line.
        """
        inner = {}
        sizes = []
        in_chain = level.chained_frames()
        for number, item in enumerate(level.items):
            if item.kind == kinds.BOX_FRAME:
                inside = self._maker.inside(item, *level.ports(number))
                inner[number] = self._framed(item, self.draw(inside, is_in_chain=number in in_chain))
                sizes.append((inner[number].width, inner[number].height))
            else:
                sizes.append(self._size(item))
        self._check()
        return self._arranged(level, sizes, inner, is_in_chain=is_in_chain)

    def _arranged(self, level: Level, sizes: list[Point], inner: dict[int, Drawing], *, is_in_chain: bool) -> Drawing:
        items = level.items
        count = len(items)
        linked = {end for source, target, _ in level.links for end in (source, target)}
        by_matter = sorted(range(count), key=lambda i: not items[i].is_main)
        firsts = [i for i in by_matter if items[i].kind == PORT_IN]
        lasts = [i for i in by_matter if items[i].kind == PORT_OUT]
        ranks = ranks_of(len(items), [(source, target) for source, target, _ in level.links], firsts, lasts)
        links = self._cut(level, ranks, sizes)
        lanes: dict[Values, int] = {}
        ends = []
        for source, target, values in links:
            at = inner[source].port_at(PORT_OUT, values) if source in inner else 0.0
            to = inner[target].port_at(PORT_IN, values) if target in inner else 0.0
            ends.append(Link(source, target, lanes.setdefault(values, len(lanes)), at, to))
        anchors = [ANCHORS.get(item.kind, MIDDLE) for item in items]
        loose = [i for i in range(count) if i not in linked and not items[i].is_port]
        minor = [MAIN if item.is_main else MINOR.get(item.kind, 0) for item in items]
        if loose:
            arrangement = beside(sizes, ranks, ends, loose, anchors, minor, self._check)
        else:
            arrangement = arrange(sizes, ranks, ends, anchors, minor, self._check)
        if lasts and (arrangement.is_wrapped or (is_in_chain and _is_askew(arrangement, firsts, lasts))):
            arrangement = with_ports_in_line(arrangement, firsts, lasts, links)
        return Drawing(level, sizes, links, arrangement, inner)

    def _cut(self, level: Level, ranks: list[int], sizes: list[Point]) -> list[tuple[int, int, Values]]:
        """Links with stubs in place of those over too many layers."""
        reach: dict[tuple[int, Values], int] = {}
        for source, target, values in level.links:
            reach[source, values] = max(reach.get((source, values), 0), ranks[target] - ranks[source])
        if max(reach.values(), default=0) <= MOST_LAYERS:
            return level.links
        is_long = [
            reach[source, values] > MOST_LAYERS and ranks[target] - ranks[source] > NEAR_LAYERS
            for source, target, values in level.links
        ]
        kept = [link for link, too_long in zip(level.links, is_long, strict=True) if not too_long]
        cut = [link for link, too_long in zip(level.links, is_long, strict=True) if too_long]
        leaving: dict[tuple[int, Values], int] = {}
        for source, target, values in cut:
            leaving[source, values] = leaving.get((source, values), 0) + 1
            kept.append((self._add_stub(level, kinds.BOX_STUB_FROM, values, 1, sizes), target, values))
            ranks.append(ranks[target] - 1)
        for (source, values), count in leaving.items():
            kept.append((source, self._add_stub(level, kinds.BOX_STUB_TO, values, count, sizes), values))
            ranks.append(ranks[source] + 1)
        return kept

    def _add_stub(self, level: Level, kind: int, values: Values, count: int, sizes: list[Point]) -> int:
        item = Item(kind, values[0], count=count)
        sizes.append(self._size(item))
        return level.add(item)

    # Sizes

    def _size(self, item: Item) -> Point:
        if item.is_port:
            return PORT_WIDTH, 0.0
        lines = box_lines(
            self._graph, item.kind, item.ref, self._request.details, (item.part, item.parts), item.count
        )
        width, height = self._room.size(lines)
        return (height, width) if self._is_right else (width, height)

    def _framed(self, item: Item, drawing: Drawing) -> Drawing:
        """Give a drawing its frame: a title at its top, margins around."""
        request = self._request
        lines = box_lines(self._graph, item.kind, item.ref, (), (item.part, item.parts), item.count)
        header = math.ceil(request.title_height + request.padding)
        least = self._room.title_width(" · ".join(lines)) + 2 * request.padding + SIGN_WIDTH
        inside = drawing.arrangement
        if self._is_right:  # x and y are swapped: the title is at the side
            across, along = inside.width + header + 2 * FRAME_MARGIN, inside.height + 2 * FRAME_MARGIN
            drawing.width, drawing.height = across, max(along, least)
            drawing.origin = (header + FRAME_MARGIN, (drawing.height - inside.height) / 2)
        else:
            drawing.width = max(inside.width + 2 * FRAME_MARGIN, least)
            drawing.height = inside.height + header + 2 * FRAME_MARGIN
            drawing.origin = ((drawing.width - inside.width) / 2, header + FRAME_MARGIN)
        drawing.width, drawing.height = 2.0 * math.ceil(drawing.width / 2), 2.0 * math.ceil(drawing.height / 2)
        drawing.origin = (math.floor(drawing.origin[0]), math.floor(drawing.origin[1]))
        return drawing


def _is_askew(arrangement: Arrangement, firsts: Sequence[int], lasts: Sequence[int]) -> bool:
    """Whether the first of the upper and of the lower ports are not in line."""
    places = arrangement.places
    return bool(firsts) and abs(places[firsts[0]][0] - places[lasts[0]][0]) > 1.0
