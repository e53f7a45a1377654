"""What the tolerances say of an output, from the few vertices of its hull: see HullPoint.

An element passes if |actual - expected| <= atol + rtol * |expected|, in float64, as numpy.testing.assert_allclose
has it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from modelpack_gui.core.records import ErrorGrid, HullPoint, OutputParity


def is_exact(dtype: str) -> bool:
    """Whether values of a dtype must be equal: integers, booleans and strings."""
    return not dtype.startswith(("float", "bfloat", "complex"))


def is_beyond(point: HullPoint, rtol: float, atol: float) -> bool:
    """Whether an element fails."""
    return point.abs_diff > atol + rtol * point.abs_expected


def budget(point: HullPoint, rtol: float, atol: float) -> float:
    """Share of its tolerance that an element uses: 1.0 is the limit; infinite where none is allowed."""
    if point.abs_diff == 0:
        return 0.0
    allowed = atol + rtol * point.abs_expected
    if allowed <= 0:
        return math.inf
    share = point.abs_diff / allowed if math.isfinite(point.abs_diff) else math.inf
    return max(share, math.nextafter(1.0, 2.0)) if point.abs_diff > allowed else min(share, 1.0)


def worst(hull: Sequence[HullPoint], rtol: float, atol: float) -> tuple[HullPoint, float]:
    """The vertex with the largest budget, which no other element exceeds, and that budget."""
    return max(((point, budget(point, rtol, atol)) for point in hull), key=lambda item: item[1])


def smallest_atol(output: OutputParity, rtol: float) -> float | None:
    """The smallest atol at which an output passes with that rtol; None if there is none."""
    if not _can_pass(output):
        return None
    if not output.hull or is_exact(output.expected.dtype):
        return 0.0
    atol = max(0.0, *(point.abs_diff - rtol * point.abs_expected for point in output.hull))
    # The difference above was rounded, and so is the sum that it is judged by: up by last places until it passes.
    step = max(math.ulp(point.abs_diff) for point in output.hull)
    while any(is_beyond(point, rtol, atol) for point in output.hull):
        atol += step
    return atol


def smallest_rtol(output: OutputParity, atol: float) -> float | None:
    """The smallest rtol at which an output passes with that atol; None if there is none."""
    if not _can_pass(output):
        return None
    if not output.hull or is_exact(output.expected.dtype):
        return 0.0
    wanting = [point for point in output.hull if point.abs_diff > atol]
    if any(point.abs_expected == 0 for point in wanting):
        return None
    rtol = max(((point.abs_diff - atol) / point.abs_expected for point in wanting), default=0.0)
    if math.isinf(rtol):  # of a subnormal expected value
        return None
    while any(is_beyond(point, rtol, atol) for point in output.hull):
        rtol = math.nextafter(rtol, math.inf)
    return rtol


def frontier(output: OutputParity) -> tuple[tuple[float, float], ...]:
    """The smallest passing (rtol, atol), by rising rtol from 0; the straight lines between them pass too.

    A pair passes if it lies on or above them. The last one has the atol 0, where an rtol alone can do. Empty if no
    tolerance lets the output pass.
    """
    first = smallest_atol(output, 0.0)
    if first is None:
        return ()
    pairs = [(0.0, first)]
    last = smallest_rtol(output, 0.0)
    chain = _chain(output.hull) if not is_exact(output.expected.dtype) else []
    for left, right in itertools.pairwise(chain):
        # Where two neighbours need the same atol.
        rtol = (right.abs_diff - left.abs_diff) / (right.abs_expected - left.abs_expected)
        if math.isfinite(rtol) and (last is None or rtol < last):
            atol = smallest_atol(output, rtol)
            assert atol is not None
            pairs.append((rtol, atol))
    if last is not None and last > 0:
        pairs.append((last, 0.0))
    return tuple(sorted(pairs))


def estimated_beyond(grid: ErrorGrid, rtol: float, atol: float) -> int:
    """About how many elements fail at tolerances that they were not counted at."""
    total = 0.0
    for i, j, count in grid.cells:
        allowed = atol + rtol * math.ldexp(math.sqrt(2.0), i)
        if allowed <= 0:
            total += count
            continue
        # Within a cell the errors are taken to be spread evenly over the octave.
        total += count * min(1.0, max(0.0, j + 1 - math.log2(allowed)))
    return round(total)


def _can_pass(output: OutputParity) -> bool:
    """Whether it is a matter of tolerances: comparable, with NaN and Inf in their places."""
    if output.misplaced or (output.equal_nans and not output.nan_equal):
        return False
    if (output.expected.shape, output.expected.dtype) != (output.actual.shape, output.actual.dtype):
        return False
    if is_exact(output.expected.dtype):
        return not output.mismatched
    return all(math.isfinite(point.abs_diff) for point in output.hull)


def _chain(hull: Sequence[HullPoint]) -> list[HullPoint]:
    """The vertices from the smallest expected value to the largest difference, where the chain is concave."""
    chain: list[HullPoint] = []
    for point in sorted(hull, key=lambda item: (item.abs_expected, -item.abs_diff)):
        if chain and point.abs_diff <= chain[-1].abs_diff:
            continue
        while len(chain) > 1 and _is_below(chain[-2], chain[-1], point):
            chain.pop()
        chain.append(point)
    return chain


def _is_below(left: HullPoint, middle: HullPoint, right: HullPoint) -> bool:
    """Whether the middle one lies on or below the line between its neighbours."""
    rise = (middle.abs_diff - left.abs_diff) / (middle.abs_expected - left.abs_expected)
    return rise <= (right.abs_diff - left.abs_diff) / (right.abs_expected - left.abs_expected)
