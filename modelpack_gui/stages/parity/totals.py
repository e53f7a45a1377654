"""The figures of one output, summed up over chunks, and the verdict on them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.records import ErrorHistogram, OutputParity, TensorInfo, Verdict

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

CHUNK = 1 << 19  # elements; about ten float64 arrays of a chunk live at once, 40 MB
LOG10_LOW, LOG10_HIGH, LOG10_STEP = -12.0, 4.0, 0.25
BINS = round((LOG10_HIGH - LOG10_LOW) / LOG10_STEP)


@dataclass(frozen=True)
class Tolerance:
    """An element passes if |actual - expected| <= atol + rtol * |expected|."""

    rtol: float
    atol: float


def chunks(
    expected: npt.NDArray[Any], actual: npt.NDArray[Any]
) -> Iterator[tuple[int, npt.NDArray[Any], npt.NDArray[Any]]]:
    """Two arrays of one shape, flat, a chunk at a time, with the flat index of its first element."""
    left, right = expected.reshape(-1), actual.reshape(-1)
    for start in range(0, left.size, CHUNK):
        yield start, left[start : start + CHUNK], right[start : start + CHUNK]


def float64(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The values in float64, or in complex128 where they are complex."""
    import numpy as np

    return values.astype(np.complex128 if values.dtype.kind == "c" else np.float64)


def _budget(difference: npt.NDArray[np.float64], allowed: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Share of the tolerance that each difference uses; 0 where there is none, Inf where none is allowed."""
    import numpy as np

    budget = np.zeros_like(difference)
    with np.errstate(over="ignore"):
        np.divide(difference, allowed, where=allowed > 0, out=budget)
    budget[(allowed <= 0) & (difference > 0)] = math.inf
    return budget


@dataclass
class Totals:
    """Sums over all chunks of one output."""

    tolerance: Tolerance
    elements: int = 0
    mismatched: int = 0
    is_exact: bool = False
    compared: int = 0  # finite in both
    max_abs: float = 0.0
    max_rel: float | None = None
    max_budget: float = -1.0
    sum_abs: float = 0.0
    sum_square: float = 0.0
    dot: float = 0.0
    expected_square: float = 0.0
    actual_square: float = 0.0
    max_expected: float = 0.0
    worst: tuple[int, float, float] | None = None
    misplaced: tuple[int, float, float] | None = None  # the first NaN or Inf that the other has not there
    misplaced_count: int = 0
    expected_nans: int = 0
    actual_nans: int = 0
    expected_infs: int = 0
    actual_infs: int = 0
    zeros: int = 0
    bins: list[int] = field(default_factory=lambda: [0] * BINS)

    def add_texts(self, expected: npt.NDArray[Any], actual: npt.NDArray[Any]) -> None:
        """Compare strings."""
        self.is_exact = True
        self.elements = expected.size
        self.mismatched = sum(left != right for left, right in zip(expected, actual, strict=True))

    def add(self, start: int, expected: npt.NDArray[Any], actual: npt.NDArray[Any], is_exact: bool) -> None:
        """Compare one chunk of numbers; `start` is the flat index of its first element."""
        import numpy as np

        self.is_exact = is_exact
        self.elements += expected.size
        left, right = float64(expected), float64(actual)
        finite = np.isfinite(left) & np.isfinite(right)
        self._add_non_finite(start, left, right)
        if is_exact:
            # Judged in their own dtype: int64 above 2**53 is rounded in float64.
            unequal = expected != actual
            difference = np.where(unequal, np.maximum(np.abs(left - right), 1.0), 0.0)
            budget = unequal.astype(np.float64)
        else:
            with np.errstate(over="ignore"):  # between two huge values of other sign: Inf is beyond any tolerance
                difference = np.abs(np.subtract(right, left, where=finite, out=np.zeros_like(left)))
            allowed = self._allowed(np.abs(left), finite)
            budget = _budget(difference, allowed)
            unequal = finite & (difference > allowed)
        self.mismatched += int(unequal.sum())
        self._add_differences(start, left, right, difference, budget, finite)

    def _allowed(self, magnitude: npt.NDArray[np.float64], finite: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
        import numpy as np

        with np.errstate(over="ignore"):
            return self.tolerance.atol + self.tolerance.rtol * np.where(finite, magnitude, 0.0)

    def _add_non_finite(self, start: int, left: npt.NDArray[Any], right: npt.NDArray[Any]) -> None:
        import numpy as np

        left_nan, right_nan = np.isnan(left), np.isnan(right)
        left_inf, right_inf = np.isinf(left), np.isinf(right)
        self.expected_nans += int(left_nan.sum())
        self.actual_nans += int(right_nan.sum())
        self.expected_infs += int(left_inf.sum())
        self.actual_infs += int(right_inf.sum())
        differs = (left_nan != right_nan) | (left_inf != right_inf) | (left_inf & right_inf & (left != right))
        count = int(differs.sum())
        if count:
            self.misplaced_count += count
            self.mismatched += count
            if self.misplaced is None:
                i = int(np.argmax(differs))
                self.misplaced = (start + i, _real(left[i]), _real(right[i]))

    def _add_differences(
        self,
        start: int,
        left: npt.NDArray[Any],
        right: npt.NDArray[Any],
        difference: npt.NDArray[np.float64],
        budget: npt.NDArray[np.float64],
        finite: npt.NDArray[np.bool_],
    ) -> None:
        import numpy as np

        count = int(finite.sum())
        if not count:
            return
        self.compared += count
        magnitude = np.where(finite, np.abs(left), 0.0)
        actual_magnitude = np.where(finite, np.abs(right), 0.0)
        self.max_abs = max(self.max_abs, float(difference.max()))
        self.max_expected = max(self.max_expected, float(magnitude.max()))
        has_relative = finite & (magnitude > 0)
        if has_relative.any():
            # A subnormal expected value can make the quotient overflow: Inf is then the honest figure.
            with np.errstate(over="ignore"):
                largest = float((difference[has_relative] / magnitude[has_relative]).max())
            self.max_rel = largest if self.max_rel is None else max(self.max_rel, largest)
        with np.errstate(over="ignore", invalid="ignore"):
            self.sum_abs += float(difference.sum())
            self.sum_square += float(np.square(difference).sum())
            self.expected_square += float(np.square(magnitude).sum())
            self.actual_square += float(np.square(actual_magnitude).sum())
            product = np.where(finite, np.conj(left) * right, 0.0)
            self.dot += float(np.real(product).sum())
        self._add_worst(start, left, right, difference, budget, finite)
        self._add_bins(difference[finite])

    def _add_worst(
        self,
        start: int,
        left: npt.NDArray[Any],
        right: npt.NDArray[Any],
        difference: npt.NDArray[np.float64],
        budget: npt.NDArray[np.float64],
        finite: npt.NDArray[np.bool_],
    ) -> None:
        import numpy as np

        # Integers have no budget between 0 and 1: the largest difference says more.
        rank = np.where(finite, difference if self.is_exact else budget, -1.0)
        i = int(np.argmax(rank))
        if float(rank[i]) > self.max_budget:
            self.max_budget = float(rank[i])
            self.worst = (start + i, _real(left[i]), _real(right[i]))

    def _add_bins(self, difference: npt.NDArray[np.float64]) -> None:
        import numpy as np

        positive = difference[difference > 0]
        self.zeros += difference.size - positive.size
        if positive.size:
            places = np.floor((np.log10(positive) - LOG10_LOW) / LOG10_STEP)
            counts = np.bincount(np.clip(places, 0, BINS - 1).astype(np.int64), minlength=BINS)
            self.bins = [one + int(more) for one, more in zip(self.bins, counts, strict=True)]

    def judged(self, name: str, expected: TensorInfo, actual: TensorInfo, noise_floor: float | None) -> OutputParity:
        """The sums as a record with a verdict."""
        verdict, reason = self._verdict()
        has_figures = self.compared > 0
        worst = self.misplaced or self.worst
        shape = tuple(int(size) for size in expected.shape or () if size is not None)
        return OutputParity(
            name=name,
            verdict=verdict,
            reason=reason,
            expected=expected,
            actual=actual,
            elements=self.elements,
            mismatched=self.mismatched,
            max_abs_diff=self.max_abs if has_figures else None,
            max_rel_diff=self.max_rel,
            mean_abs_diff=self.sum_abs / self.compared if has_figures else None,
            rmse=math.sqrt(self.sum_square / self.compared) if has_figures else None,
            max_budget=self.max_budget if has_figures and not self.is_exact else None,
            cosine=self._cosine(),
            worst_index=_unravel(worst[0], shape) if worst else None,
            worst_expected=worst[1] if worst else None,
            worst_actual=worst[2] if worst else None,
            expected_nans=self.expected_nans,
            actual_nans=self.actual_nans,
            expected_infs=self.expected_infs,
            actual_infs=self.actual_infs,
            noise_floor=noise_floor,
            histogram=ErrorHistogram(LOG10_LOW, LOG10_STEP, tuple(self.bins), self.zeros) if has_figures else None,
            rtol=self.tolerance.rtol,
            atol=self.tolerance.atol,
        )

    def _cosine(self) -> float | None:
        scale = math.sqrt(self.expected_square) * math.sqrt(self.actual_square)
        if not 0.0 < scale < math.inf:
            return None
        return max(-1.0, min(1.0, self.dot / scale))

    def _verdict(self) -> tuple[Verdict, str]:
        if self.misplaced_count:
            places = "place" if self.misplaced_count == 1 else "places"
            return Verdict.FAILED, (
                f"NaN or Inf is at other places than expected, at {self.misplaced_count} {places}: expected has "
                f"{self.expected_nans} NaN and {self.expected_infs} Inf, actual {self.actual_nans} and "
                f"{self.actual_infs}."
            )
        if self.mismatched:
            of = f"{self.mismatched} of {self.elements} elements"
            if self.is_exact:
                return Verdict.FAILED, f"{of} differ; values of this dtype must be equal."
            return (
                Verdict.FAILED,
                f"{of} are beyond the tolerance, the worst by a factor of {_factor(self.max_budget)}.",
            )
        if not self.elements:
            return Verdict.WARNING, "The output has no elements, which proves nothing."
        if self.is_exact:
            return Verdict.PASSED, ""
        if not self.compared:
            return Verdict.WARNING, "No element is finite on both sides, which proves nothing."
        if self.max_expected == 0.0:
            return Verdict.WARNING, "Every element is zero on both sides, which proves nothing."
        if self.max_expected <= self.tolerance.atol:
            return Verdict.WARNING, (
                f"No expected value is larger than {self.max_expected:.2g}, so that zeros would pass as well at "
                f"atol {self.tolerance.atol:g}, which proves nothing."
            )
        if self.expected_nans:
            return Verdict.WARNING, (
                f"{self.expected_nans} of {self.elements} elements are NaN on both sides, where nothing is compared."
            )
        return Verdict.PASSED, ""


def _factor(budget: float) -> str:
    """A factor above 1, never rounded to 1: three digits, or all of a large one."""
    if math.isinf(budget):
        return "infinity (the tolerance is zero there)"
    if budget < 1.01:
        return "just over 1"
    return f"{budget:,.0f}" if budget >= 100 else f"{budget:.3g}"


def _real(value: Any) -> float:
    """The value for a record; of a complex one its magnitude."""
    return float(abs(value)) if isinstance(value, complex) else float(value)


def _unravel(flat_index: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    index = []
    for size in reversed(shape):
        flat_index, place = divmod(flat_index, size)
        index.append(place)
    return tuple(reversed(index))
