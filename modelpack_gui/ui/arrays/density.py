"""How many elements lie where in a plane: the expected value across, the actual one or the difference up."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from modelpack_gui.ui.arrays.blocks import BLOCK, Check, go_on, map_blocks
from modelpack_gui.ui.arrays.judging import Facts
from modelpack_gui.ui.arrays.pair import Floats, Values, magnitudes

Range = tuple[float, float]

_FARTHEST = 1e150
"""Beyond it a plane's own arithmetic overflows."""


@dataclass(frozen=True, eq=False)
class Density:
    """Counts on a grid.

    Attributes:
        x, y: What the grid spans.
        counts: [row, column]; the first row is the lowest.
        inside: Elements on the grid.
        left_out: Elements that are NaN, infinite or next to it on a side, and so have no place in the plane.
        is_difference: Whether y is actual − expected.
    """

    x: Range
    y: Range
    counts: npt.NDArray[np.int64]
    inside: int
    left_out: int
    is_difference: bool


def density(
    values: Values, bins: tuple[int, int], x: Range, y: Range, *, is_difference: bool, check: Check = go_on
) -> Density:
    """Count all elements on a grid.

    Args:
        bins: Columns and rows.
        x, y: What the grid spans; `plane_of` gives what holds every element.
    """
    columns, rows = bins
    across, up = columns / (x[1] - x[0]), rows / (y[1] - y[0])
    sums: dict[int, npt.NDArray[np.int64]] = {}  # a grid for each of the two threads

    def work(start: int, stop: int) -> tuple[int, int]:
        wanted, height = _plane(values, start, stop, is_difference=is_difference)
        with np.errstate(invalid="ignore", over="ignore"):
            column = (wanted - x[0]) * across
            row = (height - y[0]) * up
        inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        total = int(np.count_nonzero(inside))
        odd = 0
        if total < len(inside):
            odd = int(len(inside) - np.count_nonzero(_has_place(wanted, height)))
            column, row = column[inside], row[inside]
        places = row.astype(np.int64)
        places *= columns
        places += column.astype(np.int64)
        counted = np.bincount(places, minlength=columns * rows)
        mine = sums.setdefault(threading.get_ident(), counted)
        if mine is not counted:
            mine += counted
        return total, odd

    parts = map_blocks(values.size, work, check, 4 * BLOCK)
    counts = np.sum([*sums.values(), np.zeros(columns * rows, np.int64)], axis=0).reshape(rows, columns)
    return Density(x, y, counts, sum(p[0] for p in parts), sum(p[1] for p in parts), is_difference)


def plane_of(facts: Facts, *, is_difference: bool) -> tuple[Range, Range]:
    """What holds every element that has a place, with a margin; equal axes for expected against actual."""
    if facts.low is None or facts.high is None:
        return (0.0, 1.0), (0.0, 1.0)
    both = _with_margin((max(facts.low, -_FARTHEST), min(facts.high, _FARTHEST)))
    if not is_difference:
        return both, both
    top = min(facts.max_abs_diff or 0.0, _FARTHEST)
    return both, _with_margin((-top, top))


def _has_place(wanted: Floats, height: Floats) -> npt.NDArray[np.bool_]:
    """Which elements are on the plane, however wide it is drawn."""
    return (np.abs(wanted) < _FARTHEST) & (np.abs(height) < _FARTHEST)


def _with_margin(ends: Range) -> Range:
    low, high = ends
    margin = (high - low) * 0.03 or max(abs(low), 1e-30) * 0.5
    return low - margin, high + margin


def _plane(values: Values, start: int, stop: int, *, is_difference: bool) -> tuple[Floats, Floats]:
    wanted, given = magnitudes(values.flat_expected[start:stop]), magnitudes(values.flat_actual[start:stop])
    if is_difference:
        with np.errstate(invalid="ignore", over="ignore"):
            given -= wanted
    return wanted, given
