"""What is known of one output of one parity case: figures, and enough of their distribution to judge them anew."""

from __future__ import annotations

from dataclasses import dataclass

from modelpack_gui.core.records.tensors import TensorInfo, Verdict


@dataclass(frozen=True)
class ErrorHistogram:
    """Absolute or relative errors of all elements on a log axis.

    Bin i holds errors in [10 ** (log10_low + i * log10_step), 10 ** (log10_low + (i + 1) * log10_step)); the
    first and last bin also hold what lies beyond them.

    Attributes:
        zeros: Elements that agree exactly; they have no place on a log axis.
    """

    log10_low: float
    log10_step: float
    counts: tuple[int, ...]
    zeros: int


@dataclass(frozen=True)
class HullPoint:
    """A vertex of the upper left convex hull of the points (|expected|, |actual - expected|) of all finite elements.

    The budget |d| / (atol + rtol * |e|) is a quotient of two linear functions of such a point, so that its largest
    value over all elements is taken at a vertex of the hull, whatever the tolerances are. The few vertices are thus
    all that a verdict needs: with them it is judged anew, exactly, at any tolerance and without the arrays.

    Attributes:
        index: Of the element, in the shape of the output.
        expected, actual: Its two values; of complex ones the magnitudes.
    """

    abs_expected: float
    abs_diff: float
    index: tuple[int, ...]
    expected: float
    actual: float


@dataclass(frozen=True)
class ErrorGrid:
    """How many elements have an expected value and an error of which sizes: for a count at other tolerances.

    Attributes:
        cells: (i, j, count): so many elements with 2 ** i <= |expected| < 2 ** (i + 1) and an error in
            2 ** j .. 2 ** (j + 1); what lies beyond the lowest or highest exponent is in that one. Elements that
            agree exactly are left out.
    """

    cells: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class NoiseFigures:
    """Errors against eager PyTorch in float64, the truth; each over the elements that are finite on both sides.

    Attributes:
        eager, actual, plain: Largest |x - exact| of eager as it is, of the artifact as it will run, and of the
            artifact with the runtime's graph optimisations off (None if there is no such thing, or it was not run).
        eager_rms, actual_rms, plain_rms: Their root mean squares.
        floor: The unit of the ratios: `eager`, and at least half a spacing of the dtype at the largest exact value.
    """

    eager: float
    actual: float
    plain: float | None
    eager_rms: float
    actual_rms: float
    plain_rms: float | None
    floor: float

    @property
    def ratio(self) -> float | None:
        """Error of the artifact in units of the noise floor; about 1 is rounding. None if the floor is zero."""
        return self.actual / self.floor if self.floor > 0 else None

    @property
    def plain_ratio(self) -> float | None:
        """The same without the runtime's optimisations."""
        return self.plain / self.floor if self.plain is not None and self.floor > 0 else None


@dataclass(frozen=True)
class ValueFiles:
    """Where the values of an output lie, as .npy files of the output's own shape, to be memory-mapped.

    bfloat16, which numpy lacks, is stored as float32, which holds it exactly; strings are stored as `U`, and None
    of the paths is empty but where it says so.

    Attributes:
        exact: Of eager PyTorch in float64; empty if it was not run.
        plain: Of the artifact with optimisations off; empty if it was not run.
    """

    expected: str
    actual: str
    exact: str = ""
    plain: str = ""


@dataclass(frozen=True)
class TieFacts:
    """Where the indices of an output differ, and how far apart the scores are that they choose between.

    Attributes:
        scores: Name of the output that has the scores.
        dtype: Of the scores.
        rtol, atol: Within these, scores tie.
        differing: Indices that differ.
        unexplained: Those of them that no tie explains, however near the scores: out of range, or given twice.
        hull: Of the points (|score|, difference of the two scores), see HullPoint: whether all of them tie.
    """

    scores: str
    dtype: str
    rtol: float
    atol: float
    differing: int
    unexplained: int
    hull: tuple[HullPoint, ...]


@dataclass(frozen=True)
class OutputParity:
    """One output of one case.

    Attributes:
        reason: Why the verdict is not `passed`, in one sentence; empty if it is.
        mismatched: Elements beyond the tolerance, of `elements`.
        max_rel_diff: Over elements whose expected value is not zero.
        max_budget: Largest |actual - expected| / (atol + rtol * |expected|); 1.0 is the limit.
        cosine: Similarity of the flattened outputs, -1..1; None when one of them is all zero.
        worst_index: Index of the element with the largest budget; None if there are no elements.
        rtol, atol: What it was judged by.
        noise_floor: Largest |eager - eager in float64|, the error that rounding alone gives; None if not measured.
        noise: The errors of all sides against float64; None if that was not measured.
        hull: See HullPoint; the only vertex of equal outputs has no difference. That of integers and booleans, which
            must be equal, serves `allclose` alone. Empty for strings, and where nothing could be compared.
        misplaced: Elements where NaN, +Inf or -Inf are at other places than expected.
        misplaced_finite: Of these, the ones whose expected value is finite.
        max_expected: Largest finite |expected|; None if there is none.
        min_expected_value, max_expected_value: Smallest and largest finite expected value; equal if constant.
        max_ulp: Largest distance in representable numbers of the dtype; None where that means nothing.
        sqnr_db: Signal to noise, 10 * log10(sum(expected²) / sum(d²)); infinite if all agree, None without a signal.
        top1, top5: Share of rows (last axis, at least 2 and 5 long) whose largest element is the same one on both
            sides, and whose five largest are the same set; None for outputs that have no such axis.
        ties: What was found about differing indices: whether their scores tie; empty if it is no question.
        allclose: What numpy.testing.assert_allclose(actual, expected, rtol, atol, equal_nan) says.
        counted: How `mismatched` came about: False if it was estimated when the output was judged anew.
        values: Where its values are kept; None if they are not.
        equal_nans: Elements that are NaN on both sides.
        nan_equal: Whether those were taken to agree; else they are among the mismatched.
        grid: See ErrorGrid; None for what must be equal.
        tie: What `ties` and the verdict on differing indices rest on; None if no other output has their scores.
        own_spread: How far the model's own answers lie apart: to the same inputs if it is random, else to inputs that
            differ by rounding. Infinite if NaN, Inf or shapes differ, or if the model gives NaN or Inf for finite
            inputs; None if that was not looked at.
    """

    name: str
    verdict: Verdict
    reason: str
    expected: TensorInfo
    actual: TensorInfo
    elements: int
    mismatched: int
    max_abs_diff: float | None
    max_rel_diff: float | None
    mean_abs_diff: float | None
    rmse: float | None
    max_budget: float | None
    cosine: float | None
    worst_index: tuple[int, ...] | None
    worst_expected: float | None
    worst_actual: float | None
    expected_nans: int
    actual_nans: int
    expected_infs: int
    actual_infs: int
    noise_floor: float | None
    histogram: ErrorHistogram | None
    rtol: float
    atol: float
    noise: NoiseFigures | None = None
    hull: tuple[HullPoint, ...] = ()
    misplaced: int = 0
    max_expected: float | None = None
    min_expected_value: float | None = None
    max_expected_value: float | None = None
    relative_histogram: ErrorHistogram | None = None
    max_ulp: float | None = None
    sqnr_db: float | None = None
    top1: float | None = None
    top5: float | None = None
    ties: str = ""
    allclose: bool | None = None
    counted: bool = True
    values: ValueFiles | None = None
    equal_nans: int = 0
    nan_equal: bool = True
    grid: ErrorGrid | None = None
    misplaced_finite: int = 0
    own_spread: float | None = None
    tie: TieFacts | None = None
