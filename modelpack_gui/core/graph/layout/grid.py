"""Boxes without links: in rows, beside those that have some."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from modelpack_gui.core.graph.layout.arrange import BOX_GAP, Arrangement, Link, Point, arrange

SHAPE = 1.6
"""Width by height of the rows."""


def beside(
    sizes: Sequence[Point],
    ranks: Sequence[int],
    links: Sequence[Link],
    loose: Sequence[int],
    anchors: Sequence[float] = (),
    minor: Sequence[int] = (),
    check: Callable[[], None] = lambda: None,
) -> Arrangement:
    """Arrange all boxes, those without links in rows to the right of the others.

    Args:
        loose: Boxes without links.
    """
    apart = set(loose)
    kept = [box for box in range(len(sizes)) if box not in apart]
    number = {box: i for i, box in enumerate(kept)}
    used = sorted({ranks[box] for box in kept})
    layer = {rank: i for i, rank in enumerate(used)}
    main = arrange(
        [sizes[box] for box in kept],
        [layer[ranks[box]] for box in kept],
        [Link(number[link.source], number[link.target], link.lane, link.source_at, link.target_at) for link in links],
        [anchors[box] for box in kept] if anchors else (),
        [minor[box] for box in kept] if minor else (),
        check,
    )
    places: list[Point] = [(0.0, 0.0)] * len(sizes)
    for box, place in zip(kept, main.places, strict=True):
        places[box] = place
    left = main.width + 4 * BOX_GAP if kept else 0.0
    area = sum((sizes[box][0] + 2 * BOX_GAP) * (sizes[box][1] + 2 * BOX_GAP) for box in loose)
    most = max(math.sqrt(area * SHAPE), *(sizes[box][0] for box in loose))
    if kept:  # a tall picture has room at its side
        most = max(area / max(main.height, 1.0), *(sizes[box][0] for box in loose))
        most = max(most, min(math.sqrt(area * SHAPE), 4 * max(sizes[box][0] for box in loose)))
    x = y = row = width = 0.0
    for box in loose:
        if x and x + sizes[box][0] > most:
            x, y, row = 0.0, y + row + 2 * BOX_GAP, 0.0
        places[box] = (left + x, y)
        x += sizes[box][0] + 2 * BOX_GAP
        row = max(row, sizes[box][1])
        width = max(width, x - 2 * BOX_GAP)
    return Arrangement(places, main.routes, left + width, max(main.height, y + row), main.is_wrapped)
