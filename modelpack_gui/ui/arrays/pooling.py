"""A two-dimensional slice of an output, made as small as the screen by keeping the worst element of every tile."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from modelpack_gui.ui.arrays.blocks import Check, go_on, map_blocks
from modelpack_gui.ui.arrays.pair import Array, Floats, Values, budget_of, errors_of, magnitudes, relative_of

Places = npt.NDArray[np.int64]


class Shade(str, Enum):
    """What the third pane shows."""

    DIFFERENCE = "difference"  # signed
    ABSOLUTE = "absolute"
    RELATIVE = "relative"
    BUDGET = "budget"
    NOISE = "noise"  # |actual − exact| in units of the noise floor


@dataclass(frozen=True)
class SliceChoice:
    """Which elements are looked at.

    Attributes:
        index: The place on each axis; that of the two that are spread out does not count.
        row_axis, column_axis: Those two; None where the output has fewer axes.
    """

    index: tuple[int, ...] = ()
    row_axis: int | None = None
    column_axis: int | None = None

    def cut(self, side: Array) -> Array:
        """The slice, always with two axes."""
        picks: list[int | slice] = list(self.index)
        for axis in (self.row_axis, self.column_axis):
            if axis is not None:
                picks[axis] = slice(None)
        made: Array = side[tuple(picks)]
        if self.row_axis is None:
            return made.reshape(1, -1)
        if self.column_axis is None:
            return made.reshape(-1, 1)
        return made if self.row_axis < self.column_axis else made.T

    def at(self, row: int, column: int) -> tuple[int, ...]:
        """The index of an element in the whole output."""
        found = list(self.index)
        for axis, place in ((self.row_axis, row), (self.column_axis, column)):
            if axis is not None:
                found[axis] = place
        return tuple(found)

    def place_of(self, index: tuple[int, ...]) -> tuple[int, int]:
        """Row and column of an element in the slice that holds it."""
        return (
            0 if self.row_axis is None else index[self.row_axis],
            0 if self.column_axis is None else index[self.column_axis],
        )

    def shape_in(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Rows and columns."""
        return (
            1 if self.row_axis is None else shape[self.row_axis],
            1 if self.column_axis is None else shape[self.column_axis],
        )


@dataclass(frozen=True)
class Window:
    """Rows and columns that are in view, and how many of them become one tile."""

    top: int
    left: int
    bottom: int
    right: int
    tall: int = 1
    wide: int = 1

    @classmethod
    def fitting(
        cls, shape: tuple[int, int], view: tuple[float, float, float, float], pixels: tuple[int, int]
    ) -> Window:
        """What covers a view (top, left, bottom, right) with about as many tiles as pixels (down, across).

        The tiles lie on one grid however the view moves, so that nothing flickers.
        """
        tall = max(1, -int(-(view[2] - view[0]) // max(1, pixels[0])))
        wide = max(1, -int(-(view[3] - view[1]) // max(1, pixels[1])))
        top = max(0, int(view[0] // tall) * tall)
        left = max(0, int(view[1] // wide) * wide)
        bottom = min(shape[0], -int(-view[2] // tall) * tall)
        right = min(shape[1], -int(-view[3] // wide) * wide)
        return cls(top, left, max(bottom, top), max(right, left), tall, wide)


@dataclass(frozen=True, eq=False)
class Pooled:
    """One element for every tile: the one with the largest error of the kind that is shown.

    Attributes:
        rows, columns: Where it lies in the slice.
        expected, actual: Its values; of complex ones the magnitudes. NaN and infinities as they are.
        shade: What the third pane shows; NaN where both sides are, infinite where only one is.
    """

    window: Window
    rows: Places
    columns: Places
    expected: Floats
    actual: Floats
    shade: Floats


@dataclass(frozen=True)
class Levels:
    """What the colours of a slice span, over all of its finite elements; None where it has none.

    Attributes:
        low, high: Of both sides.
        shade_low, shade_high: Smallest above zero and largest magnitude of what the third pane draws.
        nans, infs: Of both sides together.
    """

    low: float | None
    high: float | None
    shade_low: float | None
    shade_high: float | None
    nans: int
    infs: int


@dataclass(frozen=True)
class Shading:
    """How the third pane is computed."""

    shade: Shade
    rtol: float = 0.0
    atol: float = 0.0
    floor: float = 0.0


def pool(values: Values, choice: SliceChoice, window: Window, shading: Shading, check: Check = go_on) -> Pooled:
    """Look at every element of the window, and keep the worst one of each tile."""
    wanted, given, exact = _cut(values, choice)
    inside = (slice(window.top, window.bottom), slice(window.left, window.right))
    wanted, given = wanted[inside], given[inside]
    exact = None if exact is None else exact[inside]
    height, width = wanted.shape
    across = -(-width // window.wide)

    def band(start: int, stop: int) -> tuple[Places, Places]:
        """The picks of some rows of tiles."""
        rows, columns = [], []
        for tile in range(start, stop):
            first = tile * window.tall
            last = min(first + window.tall, height)
            score = _scores(wanted[first:last], given[first:last], _rows(exact, first, last), values, shading)
            row, column = _pick(score, window.wide, across)
            rows.append(row + first)
            columns.append(column)
        return np.array(rows, np.int64).reshape(-1, across), np.array(columns, np.int64).reshape(-1, across)

    down = -(-height // window.tall)
    at_once = max(1, (1 << 15) // max(1, window.tall * width))
    parts = map_blocks(down, band, check, at_once)
    empty = np.zeros((0, across), np.int64)
    rows = np.concatenate([part[0] for part in parts]) if parts else empty
    columns = np.concatenate([part[1] for part in parts]) if parts else empty
    expected, actual = wanted[rows, columns], given[rows, columns]
    shade = shades(expected, actual, None if exact is None else exact[rows, columns], values, shading)
    return Pooled(window, rows + window.top, columns + window.left, magnitudes(expected), magnitudes(actual), shade)


def levels(values: Values, choice: SliceChoice, pooled: Pooled, check: Check = go_on) -> Levels:
    """Look at every element of a slice, of which `pooled` is the whole."""
    sides = [choice.cut(values.expected), choice.cut(values.actual)]
    width = max(1, sides[0].shape[1])

    def work(start: int, stop: int) -> tuple[list[float], int, int]:
        ends: list[float] = []
        nans = infs = 0
        for side in sides:
            part = side[start:stop]
            if part.dtype.kind == "c":
                part = np.abs(part)
            lowest, highest = part.min(), part.max()
            if not (np.isfinite(lowest) and np.isfinite(highest)):
                found = int(np.count_nonzero(np.isnan(part)))
                finite = part[np.isfinite(part)]
                nans += found
                infs += part.size - finite.size - found
                if not finite.size:
                    continue
                lowest, highest = finite.min(), finite.max()
            ends += [float(lowest), float(highest)]
        return ends, nans, infs

    parts = map_blocks(sides[0].shape[0] if sides[0].size else 0, work, check, max(1, (1 << 16) // width))
    ends = [end for part in parts for end in part[0]]
    shade = np.abs(pooled.shade[np.isfinite(pooled.shade)])
    return Levels(
        min(ends, default=None),
        max(ends, default=None),
        float(shade[shade > 0].min()) if shade.any() else None,
        float(shade.max()) if shade.size else None,
        sum(part[1] for part in parts),
        sum(part[2] for part in parts),
    )


def shades(wanted: Array, given: Array, exact: Array | None, values: Values, shading: Shading) -> Floats:
    """What the third pane shows of some elements."""
    shade = shading.shade
    if shade is Shade.NOISE:
        if exact is None or shading.floor <= 0:
            return np.full(wanted.shape, np.nan)
        with np.errstate(invalid="ignore", over="ignore"):
            return np.abs(magnitudes(given) - magnitudes(exact)) / shading.floor
    difference, size = errors_of(wanted, given, nan_equal=values.nan_equal)
    if shade is Shade.BUDGET:
        is_exact = values.is_exact
        made = budget_of(difference, size, 0.0 if is_exact else shading.rtol, 0.0 if is_exact else shading.atol)
    elif shade is Shade.RELATIVE:
        made = relative_of(difference, size)
    elif shade is Shade.DIFFERENCE and wanted.dtype.kind not in "cUS" and given.dtype.kind not in "cUS":
        made = difference
        lower = magnitudes(given) < magnitudes(wanted)
        made[lower] *= -1.0
    else:
        made = difference
    if wanted.dtype.kind in "fc" and np.isnan(wanted.max(initial=0.0)):
        made[np.isnan(wanted) & np.isnan(given)] = np.nan
    return made


def _cut(values: Values, choice: SliceChoice) -> tuple[Array, Array, Array | None]:
    exact = None if values.exact is None else choice.cut(values.exact)
    return choice.cut(values.expected), choice.cut(values.actual), exact


def _rows(side: Array | None, first: int, last: int) -> Array | None:
    return None if side is None else side[first:last]


def _scores(wanted: Array, given: Array, exact: Array | None, values: Values, shading: Shading) -> Floats:
    """What a tile's element is picked by: NaN on both sides last."""
    if shading.shade is Shade.DIFFERENCE:
        shading = Shading(Shade.ABSOLUTE)
    score = shades(wanted, given, exact, values, shading)
    if wanted.dtype.kind in "fc" and np.isnan(score.max(initial=0.0)):
        score[np.isnan(score)] = -1.0
    return score


def _pick(score: Floats, wide: int, across: int) -> tuple[Places, Places]:
    """Row and column of the largest score of each tile in a band of tiles."""
    best = score.max(axis=0)  # a search for the place along this axis takes ten times as long
    if wide > 1:
        padded = np.full(across * wide, -2.0)
        padded[: len(best)] = best
        column = padded.reshape(across, wide).argmax(axis=1) + np.arange(across) * wide
    else:
        column = np.arange(across)
    return score[:, column].argmax(axis=0), column
