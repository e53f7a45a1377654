"""Brings the ports of a drawing in columns to the middle of its sides: what is above and below it stays in line."""

from __future__ import annotations

from collections.abc import Sequence

from modelpack_gui.core.graph.layout.arrange import Arrangement, Point, straightened

LANE = 8.0
"""Between two lines on their way to the middle, px."""
PITCH = 12.0
"""Between two ports, px."""


def with_ports_in_the_middle(
    found: Arrangement, firsts: Sequence[int], lasts: Sequence[int], links: Sequence[tuple[int, int, object]]
) -> Arrangement:
    """An arrangement with longer lines from its ports.

    Args:
        firsts, lasts: The boxes that are ports at the top and at the bottom, a point each.
    """
    middle = round(found.width / 2)
    entering = _lanes([(box, found.places[box][0]) for box in firsts], middle)
    leaving = _lanes([(box, found.places[box][0]) for box in lasts], middle)
    above = LANE * (max((lane for _, lane in entering.values()), default=-1) + 2) if entering else 0.0
    below = LANE * (max((lane for _, lane in leaving.values()), default=-1) + 2) if leaving else 0.0
    height = found.height + above + below
    places: list[Point] = [(x, y + above) for x, y in found.places]
    for box, (x, _) in entering.items():
        places[box] = (x, 0.0)
    for box, (x, _) in leaving.items():
        places[box] = (x, height)
    routes = []
    for (source, target, _), route in zip(links, found.routes, strict=True):
        points = [(x, y + above) for x, y in route]
        if source in entering:
            port, lane = entering[source]
            start = port + points[0][0] - found.places[source][0]
            y = LANE * (lane + 1)
            points = [(start, 0.0), (start, y), (points[0][0], y), *points]
        if target in leaving:
            port, lane = leaving[target]
            end = port + points[-1][0] - found.places[target][0]
            y = height - LANE * (lane + 1)
            points = [*points, (points[-1][0], y), (end, y), (end, height)]
        routes.append(straightened(points))
    return Arrangement(places, routes, found.width, height, is_wrapped=True)


def _lanes(ports: Sequence[tuple[int, float]], middle: float) -> dict[int, tuple[float, int]]:
    """The new left side of each port, and its lane: 0 is next to the side. Lines that come from the left take lanes
    from the left, those from the right from the right, so that none crosses another."""
    ordered = sorted(ports, key=lambda port: (port[1], port[0]))
    start = middle - PITCH * (len(ordered) - 1) / 2
    moved = [(box, old, float(round(start + PITCH * i))) for i, (box, old) in enumerate(ordered)]
    from_left = [(box, new) for box, old, new in moved if old <= new]
    from_right = [(box, new) for box, old, new in moved if old > new][::-1]
    return {box: (new, lane) for side in (from_left, from_right) for lane, (box, new) in enumerate(side)}
