"""The elements that are farthest off."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

from modelpack_gui.ui.arrays.blocks import Check, go_on, map_blocks
from modelpack_gui.ui.arrays.pair import Floats, Values, budget_of, errors_of, magnitudes, relative_of
from modelpack_gui.ui.arrays.ulp import ulp_distances

_BLOCK = 1 << 17
"""Larger than elsewhere: a selection costs more calls than a sum."""


class Measure(str, Enum):
    """What `worst` goes by."""

    BUDGET = "budget"
    ABSOLUTE = "absolute"
    RELATIVE = "relative"


@dataclass(frozen=True, eq=False)
class Element:
    """One element, with plain Python values.

    Attributes:
        place: Its index in the flattened array.
        expected, actual: As they are; numbers, complex numbers or strings.
        difference: actual − expected, of complex values its magnitude; None for strings.
        budget: |d| / (atol + rtol * |expected|); infinite where NaN or infinity is at another place.
        ulp: Distance in representable numbers of the dtype; None where that means nothing.
        exact: The value in float64 arithmetic; None if that was not kept.
    """

    place: int
    index: tuple[int, ...]
    expected: Any
    actual: Any
    difference: float | None
    abs_diff: float
    relative: float
    budget: float
    ulp: int | None
    exact: float | None = None


def worst(
    values: Values, most: int, measure: Measure, rtol: float, atol: float, check: Check = go_on
) -> tuple[Element, ...]:
    """The elements that differ most, worst first; of equally bad ones those that come first in the array."""
    if values.is_exact:
        rtol = atol = 0.0

    bar = [np.nextafter(0.0, 1.0)]  # what an element must have to be among the worst of those seen so far

    def work(start: int, stop: int) -> tuple[npt.NDArray[np.int64], Floats]:
        score = _score(measure, *values.errors(start, stop), rtol, atol)
        places = np.flatnonzero(score >= bar[0])
        if len(places) > most:
            places = _best(score, places, most)
            bar[0] = max(bar[0], float(score[places].min()))
        return places + start, score[places]

    parts = map_blocks(values.size, work, check, _BLOCK)
    if not parts:
        return ()
    places = np.concatenate([part[0] for part in parts])
    scores = np.concatenate([part[1] for part in parts])
    order = np.lexsort((places, -scores))[:most]
    return elements(values, places[order], rtol, atol)


def element(values: Values, index: tuple[int, ...], rtol: float, atol: float) -> Element:
    """Everything about the element at an index."""
    place = np.array([int(np.ravel_multi_index(index, values.shape)) if values.shape else 0], np.int64)
    return elements(values, place, rtol, atol)[0]


def elements(values: Values, places: npt.NDArray[np.int64], rtol: float, atol: float) -> tuple[Element, ...]:
    """Everything about some elements, by their places in the flattened array."""
    wanted, given = values.flat_expected[places], values.flat_actual[places]
    difference, size = errors_of(wanted, given, nan_equal=values.nan_equal)
    relative = relative_of(difference, size)
    used = budget_of(difference, size, rtol, atol)
    ulps = ulp_distances(wanted, given, values.dtype)
    indices = np.stack(np.unravel_index(places, values.shape or (1,)), axis=1)
    exact = values.exact.reshape(-1)[places] if values.exact is not None else None
    signed = None
    if not values.is_text and "c" not in (wanted.dtype.kind, given.dtype.kind):
        with np.errstate(invalid="ignore", over="ignore"):
            signed = magnitudes(given) - magnitudes(wanted)
    return tuple(
        Element(
            place=int(places[i]),
            index=tuple(int(k) for k in indices[i]) if values.shape else (),
            expected=wanted[i].item(),
            actual=given[i].item(),
            difference=None if values.is_text else float(difference[i] if signed is None else signed[i]),
            abs_diff=float(difference[i]),
            relative=float(relative[i]),
            budget=float(used[i]),
            ulp=None if ulps is None else ulps[i],
            exact=None if exact is None else float(magnitudes(exact[i : i + 1])[0]),
        )
        for i in range(len(places))
    )


def _score(measure: Measure, difference: Floats, size: Floats, rtol: float, atol: float) -> Floats:
    if measure is Measure.ABSOLUTE:
        return difference
    if measure is Measure.RELATIVE:
        return relative_of(difference, size)
    return budget_of(difference, size, rtol, atol)


def _best(score: Floats, places: npt.NDArray[np.int64], most: int) -> npt.NDArray[np.int64]:
    """The `most` best places; where the last ones tie, the first of them."""
    found = score[places]
    limit = np.partition(found, len(found) - most)[len(found) - most]
    above = places[found > limit]
    ties = places[found == limit][: most - len(above)]
    return np.sort(np.concatenate([above, ties]))
