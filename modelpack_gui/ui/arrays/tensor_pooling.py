"""A slice of one tensor, made as small as the screen by keeping the largest element of every tile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from modelpack_gui.ui.arrays.blocks import Check, go_on
from modelpack_gui.ui.arrays.elements import Elements
from modelpack_gui.ui.arrays.pair import Array, Floats, magnitudes
from modelpack_gui.ui.arrays.pooling import Places, SliceChoice, Window

_BAND = 1 << 21
"""Elements that are looked at together."""


@dataclass(frozen=True, eq=False)
class Tiles:
    """One element for every tile: the one of the largest magnitude; NaN and infinities before any other.

    Attributes:
        rows, columns: Where it lies in the slice.
        values: What it is; of complex ones the magnitude.
        low, high: Of all finite elements; None where there are none.
        nans, infs: How many there are.
    """

    window: Window
    rows: Places
    columns: Places
    values: Floats
    low: float | None
    high: float | None
    nans: int
    infs: int


def tiles_of(elements: Elements, choice: SliceChoice, window: Window, check: Check = go_on) -> Tiles:
    """Look at every element of a window.

    Raises:
        UserError: The file is not what it was.
    """
    if elements.is_across(choice):
        turned = SliceChoice(choice.index, choice.column_axis, choice.row_axis)
        other = Window(window.left, window.top, window.right, window.bottom, window.wide, window.tall)
        made = tiles_of(elements, turned, other, check)
        return Tiles(window, made.columns.T, made.rows.T, made.values.T, made.low, made.high, made.nans, made.infs)
    height, width = window.bottom - window.top, window.right - window.left
    down, across = -(-height // window.tall), -(-width // window.wide)
    rows = np.zeros((down, across), np.int64)
    columns = np.zeros((down, across), np.int64)
    values = np.zeros((down, across), np.float64)
    ends: list[float] = []
    nans = infs = 0
    for down_tiles, across_tiles in _bands(down, across, window):
        check()
        top, left = window.top + down_tiles.start * window.tall, window.left + across_tiles.start * window.wide
        bottom = min(window.bottom, window.top + down_tiles.stop * window.tall)
        right = min(window.right, window.left + across_tiles.stop * window.wide)
        band = _floats(elements.cut(choice, top, left, bottom, right, check))
        lowest, highest = band.min(), band.max()
        if not (np.isfinite(lowest) and np.isfinite(highest)):
            finite = np.isfinite(band)
            found = int(np.isnan(band).sum())
            nans += found
            infs += int(band.size - finite.sum()) - found
            lowest = band.min(where=finite, initial=np.inf)
            highest = band.max(where=finite, initial=-np.inf)
        if lowest <= highest:
            ends += [float(lowest), float(highest)]
        place = down_tiles, across_tiles
        rows[place], columns[place], values[place] = _picked(band, window)
        rows[place] += top
        columns[place] += left
    return Tiles(window, rows, columns, values, min(ends, default=None), max(ends, default=None), nans, infs)


def _bands(down: int, across: int, window: Window) -> Iterator[tuple[slice, slice]]:
    """Rows and columns of tiles that are looked at together."""
    wide = max(1, min(across, _BAND // (window.tall * window.wide)))
    tall = max(1, _BAND // (window.tall * window.wide * wide))
    for row in range(0, down, tall):
        for column in range(0, across, wide):
            yield slice(row, min(down, row + tall)), slice(column, min(across, column + wide))


def _picked(band: Array, window: Window) -> tuple[Places, Places, Floats]:
    """Row and column in a band, and value, of the largest element of each tile."""
    height, width = band.shape
    tall, wide = window.tall, window.wide
    down, across = -(-height // tall), -(-width // wide)
    if tall == wide == 1:
        row = np.broadcast_to(np.arange(height, dtype=np.int64)[:, None], band.shape)
        column = np.broadcast_to(np.arange(width, dtype=np.int64), band.shape)
        return row, column, band.astype(np.float64)
    rows, columns = np.empty((down, across), np.int64), np.empty((down, across), np.int64)
    best = np.full(across * wide, -1.0, band.dtype)
    starts = np.arange(across, dtype=np.int64) * wide
    for tile in range(down):
        score = np.abs(band[tile * tall : (tile + 1) * tall])
        best[:width] = score.max(axis=0)  # a search for the place along this axis takes ten times as long
        columns[tile] = best.reshape(across, wide).argmax(axis=1) + starts  # of which NaN is the largest
        rows[tile] = score[:, columns[tile]].argmax(axis=0) + tile * tall
    return rows, columns, band[rows, columns].astype(np.float64)


def _floats(values: Array) -> Array:
    """As floating point in which magnitudes are exact; of complex values the magnitudes."""
    if values.dtype.kind == "f":
        return values.astype(np.float32) if values.dtype.itemsize < 4 else values
    return magnitudes(values)
