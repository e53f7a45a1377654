"""The figures of one output, gathered chunk by chunk. The verdict on them is `core.parity.judgement`'s."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.parity.tolerance import is_exact
from modelpack_gui.stages.parity.bins import Bins, Grid
from modelpack_gui.stages.parity.chunked import float64
from modelpack_gui.stages.parity.hull import Hull
from modelpack_gui.stages.parity.sums import Sums
from modelpack_gui.stages.parity.ulp import has_ulps, largest_ulp

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True)
class Tolerance:
    """An element passes if |actual - expected| <= atol + rtol * |expected|."""

    rtol: float
    atol: float


@dataclass
class Totals(Sums):
    """Sums and extremes over all chunks of one output of numbers.

    Attributes:
        compared: See Sums; all that follows is of these elements but for `misplaced`.
        differing: Of a dtype whose values must be equal: those that are not.
        beyond: Those beyond the tolerance, in float64.
        misplaced_finite: Those whose expected value is finite.
        first_beyond, most_differing, first_misplaced: Flat indices.
    """

    dtype: str
    tolerance: Tolerance
    elements: int = 0
    differing: int = 0
    beyond: int = 0
    first_beyond: int | None = None
    most_differing: int | None = None
    misplaced: int = 0
    misplaced_finite: int = 0
    first_misplaced: int | None = None
    expected_nans: int = 0
    actual_nans: int = 0
    equal_nans: int = 0
    expected_infs: int = 0
    actual_infs: int = 0
    max_abs: float = 0.0
    max_rel: float | None = None
    max_expected: float = 0.0
    max_ulp: int | None = None
    absolute: Bins = field(default_factory=Bins)
    relative: Bins = field(default_factory=Bins)
    grid: Grid = field(default_factory=Grid)
    hull: Hull = field(default_factory=Hull)

    def __post_init__(self) -> None:
        self.is_exact = is_exact(self.dtype)
        self._has_ulps = has_ulps(self.dtype)

    def add(self, start: int, expected: npt.NDArray[Any], actual: npt.NDArray[Any]) -> None:
        """Compare one chunk; `start` is the flat index of its first element."""
        import numpy as np

        self.elements += expected.size
        if self.is_exact:
            self._add_equality(start, expected, actual)
        left, right = float64(expected), float64(actual)
        # What overflows becomes Inf, which is beyond any tolerance; x / 0 and Inf - Inf are looked at below.
        with np.errstate(all="ignore"):
            difference = np.abs(right - left)
            places: npt.NDArray[np.int64] | None = None
            if not np.isfinite(difference).all():
                self._add_non_finite(start, left, right)
                places = np.flatnonzero(np.isfinite(left) & np.isfinite(right))
                expected, actual = expected[places], actual[places]
                left, right, difference = left[places], right[places], difference[places]
            if left.size:
                self.add_sums(left, right, difference)
                self._add_errors(start, places, np.abs(left), difference)
                if self._has_ulps:
                    self.max_ulp = max(self.max_ulp or 0, largest_ulp(self.dtype, expected, actual))

    def _add_equality(self, start: int, expected: npt.NDArray[Any], actual: npt.NDArray[Any]) -> None:
        """In their own dtype: int64 above 2**53 is rounded in float64."""
        import numpy as np

        unequal = expected != actual
        count = int(np.count_nonzero(unequal))
        if not count:
            return
        self.differing += count
        distance = np.maximum(np.abs(actual.astype(np.float64) - expected.astype(np.float64)), 1.0) * unequal
        place = int(np.argmax(distance))
        if float(distance[place]) > self.max_abs or self.most_differing is None:
            self.most_differing = start + place
        self.max_abs = max(self.max_abs, float(distance[place]))

    def _add_non_finite(self, start: int, left: npt.NDArray[Any], right: npt.NDArray[Any]) -> None:
        import numpy as np

        left_nan, right_nan = np.isnan(left), np.isnan(right)
        left_inf, right_inf = np.isinf(left), np.isinf(right)
        self.expected_nans += int(np.count_nonzero(left_nan))
        self.actual_nans += int(np.count_nonzero(right_nan))
        self.equal_nans += int(np.count_nonzero(left_nan & right_nan))
        self.expected_infs += int(np.count_nonzero(left_inf))
        self.actual_infs += int(np.count_nonzero(right_inf))
        differs = (left_nan != right_nan) | (left_inf != right_inf) | (left_inf & right_inf & (left != right))
        count = int(np.count_nonzero(differs))
        if count:
            self.misplaced += count
            self.misplaced_finite += int(np.count_nonzero(differs & ~left_nan & ~left_inf))
            if self.first_misplaced is None:
                self.first_misplaced = start + int(np.argmax(differs))

    def _add_errors(
        self,
        start: int,
        places: npt.NDArray[np.int64] | None,
        magnitude: npt.NDArray[np.float64],
        difference: npt.NDArray[np.float64],
    ) -> None:
        import numpy as np

        largest = float(difference.max())
        self.max_abs = max(self.max_abs, largest)
        self.max_expected = max(self.max_expected, float(magnitude.max()))
        self.hull.add(start, places, magnitude, difference)
        beyond = difference > magnitude * self.tolerance.rtol + self.tolerance.atol
        count = int(np.count_nonzero(beyond))
        if count:
            self.beyond += count
            if self.first_beyond is None:
                place = int(np.argmax(beyond))
                self.first_beyond = start + (place if places is None else int(places[place]))
        if not largest:
            agreeing, has_relative = difference.size, bool(self.max_expected > 0)
            self.max_rel = max(self.max_rel or 0.0, 0.0) if has_relative else self.max_rel
        else:
            agreeing = self._add_spread(magnitude, difference)
        self.absolute.zeros += agreeing
        self.relative.zeros += agreeing

    def _add_spread(self, magnitude: npt.NDArray[np.float64], difference: npt.NDArray[np.float64]) -> int:
        """Count the errors by size; gives the number of elements that agree exactly."""
        import numpy as np

        relative = difference / magnitude  # Inf where nothing was expected, NaN where nothing came either
        of_values = relative if magnitude.all() else relative[magnitude > 0]
        if of_values.size:
            self.max_rel = max(self.max_rel or 0.0, float(of_values.max()))
        differs = difference > 0
        agreeing = difference.size - int(np.count_nonzero(differs))
        if agreeing:
            magnitude, difference, relative = magnitude[differs], difference[differs], relative[differs]
        self.absolute.add(difference)
        self.relative.add(relative)
        if not self.is_exact:
            self.grid.add(magnitude, difference)
        return agreeing
