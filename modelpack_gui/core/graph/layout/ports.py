"""Brings what leaves a drawing back below where it was entered, in line with what is around: a chain of open groups
would else be a staircase."""

from __future__ import annotations

from collections.abc import Sequence

from modelpack_gui.core.graph.layout.arrange import Arrangement, Point, straightened

LANE = 8.0
"""Between two lines on their way back, px."""
PITCH = 12.0
"""Between two ports, px."""


def with_ports_in_line(
    found: Arrangement, firsts: Sequence[int], lasts: Sequence[int], links: Sequence[tuple[int, int, object]]
) -> Arrangement:
    """An arrangement with longer lines to its lower ports, and all ports on its sides.

    Args:
        firsts, lasts: The boxes that are ports at the top and at the bottom, a point each; of both the first one is
            to be in line with the other.
    """
    main = lasts[0]
    start = found.places[firsts[0]][0] if firsts else min(found.places[box][0] for box in lasts)
    before = sum((found.places[box][0], box) < (found.places[main][0], main) for box in lasts)
    leaving = _lanes([(box, found.places[box][0]) for box in lasts], max(0.0, start - PITCH * before))
    height = found.height + LANE * (max(lane for _, lane in leaving.values()) + 2)
    places = list(found.places)
    for box in firsts:
        places[box] = (places[box][0], 0.0)
    for box, (x, _) in leaving.items():
        places[box] = (x, height)
    entering = set(firsts)
    routes = []
    for (source, target, _), route in zip(links, found.routes, strict=True):
        points: list[Point] = [(route[0][0], 0.0), *route] if source in entering else route
        if target in leaving:
            port, lane = leaving[target]
            end = port + points[-1][0] - found.places[target][0]
            y = height - LANE * (lane + 1)
            points = [*points, (points[-1][0], y), (end, y), (end, height)]
        routes.append(straightened(points))
    return Arrangement(places, routes, found.width, height, found.is_wrapped)


def _lanes(ports: Sequence[tuple[int, float]], start: float) -> dict[int, tuple[float, int]]:
    """The new left side of each port, and its lane: 0 is next to the side. Lines that come from the left take lanes
    from the left, those from the right from the right, so that none crosses another."""
    ordered = sorted(ports, key=lambda port: (port[1], port[0]))
    moved = [(box, old, start + PITCH * i) for i, (box, old) in enumerate(ordered)]
    from_left = [(box, new) for box, old, new in moved if old <= new]
    from_right = [(box, new) for box, old, new in moved if old > new][::-1]
    return {box: (new, lane) for side in (from_left, from_right) for lane, (box, new) in enumerate(side)}
