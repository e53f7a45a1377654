"""Eager PyTorch (`expected`) against an artifact (`actual`), over sizes and seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.explanation import Explanation
from modelpack_gui.core.records.brief import ParityBrief
from modelpack_gui.core.records.export import DynamicDim
from modelpack_gui.core.records.source import InputSet, InputSpec, ModelSource
from modelpack_gui.core.records.tensors import CapturedWarning, TensorInfo, Verdict

LOW_PRECISION: Mapping[str, tuple[float, float]] = {"float16": (1e-2, 5e-3), "bfloat16": (2e-2, 1e-2)}
"""(rtol, atol): some spacings of the dtype's numbers, relative and near 1."""


@dataclass(frozen=True)
class ParitySpec:
    """Tolerances and cases.

    An element passes if |actual - expected| <= atol + rtol * |expected| (as numpy.testing.assert_allclose).

    Attributes:
        low_precision: (rtol, atol) by dtype, for outputs in a dtype that cannot be as exact as float32, or of an
            artifact that computes in one: there the larger ones count. Two float16 results of one computation differ
            by more than rtol 1e-3 when they were merely summed in another order.
        sizes: Tried on each dynamic axis, besides the example's own size.
        seeds: Added to the seed of each example input; 0 is the example itself.
    """

    rtol: float = 1e-3
    atol: float = 1e-5
    sizes: tuple[int, ...] = (1, 2, 3, 5, 17)
    seeds: tuple[int, ...] = (0, 1)
    low_precision: Mapping[str, tuple[float, float]] = field(default_factory=lambda: dict(LOW_PRECISION))

    def tolerance_of(self, dtype: str, computes_in: str = "") -> tuple[float, float]:
        """(rtol, atol) for an output of a dtype.

        Args:
            computes_in: The dtype that the artifact computes in, where it is known to be another one.
        """
        pairs = [self.low_precision.get(name, (0.0, 0.0)) for name in (dtype, computes_in)]
        return max(self.rtol, *(rtol for rtol, _ in pairs)), max(self.atol, *(atol for _, atol in pairs))


@dataclass(frozen=True)
class ParityRequest:
    """Compare the model with an artifact."""

    source: ModelSource
    inputs: tuple[InputSpec, ...]
    artifact_path: str
    dynamic: tuple[DynamicDim, ...]
    parity: ParitySpec
    input_sets: tuple[InputSet, ...] = ()


@dataclass(frozen=True)
class ErrorHistogram:
    """Absolute errors of all elements on a log axis.

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


@dataclass(frozen=True)
class ParityCase:
    """One set of inputs.

    Attributes:
        label: Short name: `example`, `batch = 3`.
        sizes: Size of each dynamic dimension by name; empty when there is none.
        seed: Added to the seed of each input.
        is_example: Whether these are the example inputs themselves.
        error: Why the artifact could not be run on them; None if it could.
        input_set: Name of the set of inputs that it is; empty for the first one.
    """

    label: str
    sizes: Mapping[str, int]
    seed: int
    is_example: bool
    verdict: Verdict
    outputs: tuple[OutputParity, ...]
    error: ErrorInfo | None = None
    input_set: str = ""


@dataclass(frozen=True)
class ParityReport:
    """The proof, or where it breaks.

    Attributes:
        summary: The verdict in one plain sentence.
        runtime: What ran the artifact, with its version and provider.
        explanations: Why it differs, where that is of a known kind.
        computes_in: `float16` or `bfloat16` if the artifact computes in it, whatever the dtype of its outputs.
    """

    artifact_path: str
    parity: ParitySpec
    verdict: Verdict
    summary: str
    cases: tuple[ParityCase, ...]
    runtime: str
    warnings: tuple[CapturedWarning, ...]
    duration_s: float
    explanations: tuple[Explanation, ...] = ()
    computes_in: str = ""

    @property
    def brief(self) -> ParityBrief:
        """What it came to, without its cases."""
        outputs = [output for case in self.cases for output in case.outputs]
        return ParityBrief(
            verdict=self.verdict,
            summary=self.summary,
            max_abs_diff=max((one.max_abs_diff for one in outputs if one.max_abs_diff is not None), default=None),
            max_budget=max((one.max_budget for one in outputs if one.max_budget is not None), default=None),
            cases=sum(case.verdict is not Verdict.SKIPPED for case in self.cases),
        )
