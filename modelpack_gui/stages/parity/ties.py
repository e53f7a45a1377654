"""Indices that differ where the scores that they choose between tie: TopK, sort and argmax may give either."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from modelpack_gui.core.parity.tolerance import is_exact
from modelpack_gui.core.records import HullPoint, OutputParity, ParitySpec, TieFacts, Verdict
from modelpack_gui.stages.parity.chunked import float64, unravel
from modelpack_gui.stages.parity.hull import Hull
from modelpack_gui.stages.parity.runtimes import Output

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

_MOST_CELLS = 1 << 24  # of what is compared at once; more differing indices than that are no matter of ties


class _Choices(NamedTuple):
    """The two scores of each differing index, NaN where no tie can explain it."""

    places: Ints  # flat, in the indices
    expected: Floats
    actual: Floats


def find_ties(
    judged: Sequence[OutputParity], pairs: Sequence[tuple[Output, Output]], spec: ParitySpec, computes_in: str
) -> list[TieFacts | None]:
    """For each output of a case what is known of ties; None but for indices that differ and whose scores are there.

    Args:
        pairs: Expected and actual, in the order of `judged`.
        computes_in: See ParityReport.
    """
    scores = [expected for expected, _ in pairs if not is_exact(expected.info.dtype)]
    return [
        _ties_of(output, expected, actual, scores, spec, computes_in)
        for output, (expected, actual) in zip(judged, pairs, strict=True)
    ]


def _ties_of(
    output: OutputParity,
    expected: Output,
    actual: Output,
    scores: Sequence[Output],
    spec: ParitySpec,
    computes_in: str,
) -> TieFacts | None:
    is_index = expected.values.dtype.kind in "iu" and expected.info.dtype == actual.info.dtype
    if output.verdict is not Verdict.FAILED or not is_index or expected.info.shape != actual.info.shape:
        return None
    for one in scores:
        if one.values.dtype.kind == "c":
            continue
        found = _choices(expected.values, actual.values, float64(one.values))
        if found is not None and found.places.size:
            return _facts(one, found, expected.values.shape, spec.tolerance_of(one.info.dtype, computes_in))
    return None


def _facts(scores: Output, found: _Choices, shape: tuple[int, ...], tolerance: tuple[float, float]) -> TieFacts:
    import numpy as np

    gap = np.abs(found.expected - found.actual)
    told = np.isfinite(gap)
    hull = Hull()
    points: tuple[HullPoint, ...] = ()
    if told.any():
        left, right, places = found.expected[told], found.actual[told], found.places[told]
        hull.add(0, None, np.abs(left), gap[told])
        points = tuple(
            HullPoint(
                abs(float(left[i])),
                float(gap[told][i]),
                unravel(int(places[i]), shape),
                float(left[i]),
                float(right[i]),
            )
            for i in hull.places
        )
    unexplained = int(np.count_nonzero(~told))
    return TieFacts(scores.info.name, scores.info.dtype, *tolerance, found.places.size, unexplained, points)


def _choices(expected: npt.NDArray[Any], actual: npt.NDArray[Any], scores: Floats) -> _Choices | None:
    """The scores behind the differing indices; None if these are not the scores that the indices point into."""
    import numpy as np

    left, right = expected.astype(np.int64), actual.astype(np.int64)
    for axis in reversed(range(scores.ndim)):
        without = scores.shape[:axis] + scores.shape[axis + 1 :]
        kept = (*scores.shape[:axis], 1, *scores.shape[axis + 1 :])
        if scores.shape[axis] > 1 and left.shape in (without, kept):
            rows = np.moveaxis(scores, axis, -1).reshape(-1, scores.shape[axis])
            found = _of_scores(left.reshape(-1, 1), right.reshape(-1, 1), rows)
            if found is not None:
                return found
    if not left.ndim or not left.size or left.shape[:-1] != scores.shape[:-1] or left.ndim != scores.ndim:
        return None
    width = left.shape[-1]
    one, other, rows = left.reshape(-1, width), right.reshape(-1, width), scores.reshape(-1, scores.shape[-1])
    found = _of_scores(one, other, rows) if width <= rows.shape[1] else None
    if found is None and left.shape == scores.shape:
        found = _of_values(one, other, rows)
    return found


def _of_scores(left: Ints, right: Ints, scores: Floats) -> _Choices | None:
    """Indices into rows of scores, best first; None if the expected ones are not so."""
    import numpy as np

    size = scores.shape[1]
    if not size or left.min(initial=0) < 0 or left.max(initial=0) >= size:
        return None
    chosen = np.take_along_axis(scores, left, axis=1)
    is_largest = (chosen[:, 0] == scores.max(axis=1)).all() and (chosen[:, 1:] <= chosen[:, :-1]).all()
    is_smallest = (chosen[:, 0] == scores.min(axis=1)).all() and (chosen[:, 1:] >= chosen[:, :-1]).all()
    if not (is_largest or is_smallest):
        return None
    instead = np.take_along_axis(scores, np.clip(right, 0, size - 1), axis=1)
    return _differing(left, right, chosen, np.where(_is_strange(right, size), np.nan, instead))


def _of_values(left: Ints, right: Ints, values: Floats) -> _Choices | None:
    """Indices beside their own sorted values, as TopK gives both; None if the values are not sorted.

    An index that the row does not have otherwise lies at its end, where the last two values must tie as well.
    """
    import numpy as np

    width = values.shape[1]
    steps = np.diff(values, axis=1)
    if width < 2 or not ((steps <= 0).all() or (steps >= 0).all()):
        return None
    rows, places = np.nonzero(left != right)
    if rows.size * width > _MOST_CELLS:
        return None
    same = left[rows] == right[rows, places][:, None]
    partner = np.where(same.any(axis=1), values[rows, same.argmax(axis=1)], values[rows, -1])
    at_end = ~same.any(axis=1) & (values[rows, -1] == values[rows, places])
    partner = np.where(at_end, values[rows, -2], partner)
    instead = np.full(values.shape, np.nan)
    instead[rows, places] = np.where(_is_strange(right, None)[rows, places], np.nan, partner)
    return _differing(left, right, values, instead)


def _is_strange(indices: Ints, size: int | None) -> npt.NDArray[np.bool_]:
    """Out of range, or twice in its row: no tie gives such an index."""
    import numpy as np

    order = np.argsort(indices, axis=1, kind="stable")
    ordered = np.take_along_axis(indices, order, axis=1)
    twice = np.zeros(indices.shape, np.bool_)
    np.put_along_axis(twice, order[:, 1:], ordered[:, 1:] == ordered[:, :-1], axis=1)
    return twice | (indices < 0) | (np.zeros_like(twice) if size is None else indices >= size)


def _differing(left: Ints, right: Ints, chosen: Floats, instead: Floats) -> _Choices:
    import numpy as np

    places = np.flatnonzero(left != right)
    return _Choices(places, chosen.reshape(-1)[places], instead.reshape(-1)[places])
