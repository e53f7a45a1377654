"""Cuts what is very tall into columns side by side, read from left to right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

TALL = 3200.0
"""What is lower stays whole, px."""
SLIM = 2.5
"""What is less tall than this many times its width stays whole."""
SHAPE = 1.4
"""Width by height that columns are to have together."""
COLUMN_GAP = 48.0
LEAST_FILLED = 0.75
"""Share of its height to which a column is filled at least, if it can be cut where fewer links lead across."""
LEAST_LEFT = 0.25
"""What is left for the last column and is lower than this share stays in the one before."""
PER_COLUMN = 0.05
"""A column more or less than fits the shape best is worth so much of the room that it saves."""
HALVINGS = 16
LANE = 8.0
"""Between two links on their way from one column to the next, px."""
MOST_OVER = 12
"""Links that a cut may go through."""


@dataclass(frozen=True)
class Wrapping:
    """How layers are moved.

    Attributes:
        column: The column of each layer.
        move_x, move_y: How far each layer moves, px.
        starts: Left side of each column.
        bottoms: Where each column ends.
    """

    column: list[int]
    move_x: list[float]
    move_y: list[float]
    starts: list[float]
    bottoms: list[float]

    def way_over(
        self, column: int, lane: int, before: tuple[float, float], after: tuple[float, float]
    ) -> list[tuple[float, float]]:
        """Corners of a link from the end of the column before one to the top of that one."""
        step = (lane % MOST_OVER + 1) * LANE / 2
        x = self.starts[column] - COLUMN_GAP / 4 - step
        below, above = self.bottoms[column - 1] + step + LANE, after[1] - step - LANE
        return [(before[0], below), (x, below), (x, above), (after[0], above)]


def columns_of(
    tops: Sequence[float],
    heights: Sequence[float],
    lefts: Sequence[float],
    rights: Sequence[float],
    crossing: Sequence[int],
) -> Wrapping | None:
    """How to cut; None if nothing is gained.

    Args:
        tops, heights, lefts, rights: Of each layer.
        crossing: How many links lead from each layer to the next.
    """
    if not tops:
        return None
    height = tops[-1] + heights[-1]
    width = max(rights) - min(lefts)
    if height < TALL or height < SLIM * width:
        return None
    starts = _best_cuts(tops, heights, crossing, round(math.sqrt(SHAPE * height / (width + COLUMN_GAP))))
    if len(starts) < 2:
        return None
    column = [0] * len(tops)
    move_x, move_y = [0.0] * len(tops), [0.0] * len(tops)
    lefts_of, bottoms = [], []
    x = 0.0
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(tops)], strict=True)):
        left = min(lefts[start:end])
        lefts_of.append(x)
        for layer in range(start, end):
            column[layer] = number
            move_x[layer], move_y[layer] = x - left, -tops[start]
        bottoms.append(tops[end - 1] + heights[end - 1] - tops[start])
        x += max(rights[start:end]) - left + COLUMN_GAP + LANE * MOST_OVER / 2
    return Wrapping(column, move_x, move_y, lefts_of, bottoms)


def _best_cuts(tops: Sequence[float], heights: Sequence[float], crossing: Sequence[int], wanted: int) -> list[int]:
    """First layers of the columns: about as many as are wanted, with little room left empty below them."""
    best, least = [0], math.inf
    for count in range(max(2, wanted - 2), max(2, wanted + 1) + 1):
        starts = _cuts(tops, heights, crossing, count)
        ends = [*starts[1:], len(tops)]
        tallest = max(tops[end - 1] + heights[end - 1] - tops[start] for start, end in zip(starts, ends, strict=True))
        room = len(starts) * tallest * (1 + abs(len(starts) - wanted) * PER_COLUMN)
        if len(starts) > 1 and room < least:
            best, least = starts, room
    return best


def _cuts(tops: Sequence[float], heights: Sequence[float], crossing: Sequence[int], wanted: int) -> list[int]:
    """First layers of the columns: as many as are wanted at most, the tallest as low as it can be."""
    low, high = max(heights), tops[-1] + heights[-1]
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if len(_filled(tops, heights, crossing, middle)) <= wanted:
            high = middle
        else:
            low = middle
    return _filled(tops, heights, crossing, high)


def _filled(tops: Sequence[float], heights: Sequence[float], crossing: Sequence[int], limit: float) -> list[int]:
    """First layers of columns that are filled up to a limit, px, or until a place where few links lead across."""
    starts, last, layer = [0], -1, 1
    end = max(i for i, height in enumerate(heights) if height or not i)  # ports alone make no column
    while layer <= end:
        if (
            crossing[layer - 1] <= MOST_OVER
            and tops[layer] - tops[starts[-1]] >= limit * LEAST_FILLED
            and (last < 0 or crossing[layer - 1] <= crossing[last - 1])
        ):
            last = layer
        if tops[layer] + heights[layer] - tops[starts[-1]] > limit and last > 0:
            starts.append(last)
            layer, last = last, -1
        layer += 1
    if len(starts) > 1 and tops[end] + heights[end] - tops[starts[-1]] < limit * LEAST_LEFT:
        starts.pop()
    return starts
