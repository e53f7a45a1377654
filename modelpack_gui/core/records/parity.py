"""Eager PyTorch (`expected`) against an artifact (`actual`), over sizes, seeds and regimes; or any two artifacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.explain.explanation import Explanation
from modelpack_gui.core.records.attribution import Attribution
from modelpack_gui.core.records.brief import ParityBrief
from modelpack_gui.core.records.export import DynamicDim
from modelpack_gui.core.records.output_parity import OutputParity
from modelpack_gui.core.records.source import InputSet, InputSpec, ModelSource
from modelpack_gui.core.records.tensors import CapturedWarning, Verdict

LOW_PRECISION: Mapping[str, tuple[float, float]] = {
    "float16": (1e-2, 5e-3),
    "bfloat16": (2e-2, 1e-2),
    "int8": (1e-1, 5e-2),
}
"""(rtol, atol): some spacings of the dtype's numbers, relative and near 1."""


class Regime(str, Enum):
    """What kind of values the floating-point inputs are given. Integer inputs stay within their range."""

    NORMAL = "normal"  # as the recipe draws them
    ZEROS = "zeros"
    LARGE = "large"
    TINY = "tiny"
    EQUAL = "equal"  # all elements the same
    NAN = "nan"  # some elements NaN
    INF = "inf"  # some elements +Inf and -Inf


@dataclass(frozen=True)
class RuntimeChoice:
    """How an artifact is run.

    Attributes:
        id: `onnxruntime`, `onnx.reference`, `torchscript`, `pt2`; empty for the usual one of its format.
        optimization: Level of the runtime's graph optimisations: `off`, `basic`, `extended`, `all`; others than
            ONNX Runtime ignore it, but for `off` of TorchScript.
    """

    id: str = ""
    optimization: str = "all"


@dataclass(frozen=True)
class ParitySpec:
    """Tolerances, sides and cases.

    An element passes if |actual - expected| <= atol + rtol * |expected| (as numpy.testing.assert_allclose).

    Attributes:
        low_precision: (rtol, atol) by dtype, for outputs in a dtype that cannot be as exact as float32, or of an
            artifact that computes in one: there the larger ones count. Two float16 results of one computation differ
            by more than rtol 1e-3 when they were merely summed in another order.
        sizes: Tried on each dynamic axis, besides the example's own size.
        seeds: Added to the seed of each example input; 0 is the example itself.
        nan_equal: Whether NaN agrees with NaN.
        max_noise_ratio: An output also fails if its error exceeds so many noise floors; 0 for no such limit.
        sweep: Also try more sizes of each dimension (primes, large ones, both ends), pairs of them, and the regimes.
        regimes: Tried by a sweep.
        time_budget_s: After so long a sweep starts no further case, and says which ones are left; 0 for no limit.
        expected_artifact: Compare with this artifact instead of the model; empty for the model.
        expected_runtime: How that is run.
        actual_artifact: Compare this artifact; empty for the one that the recipe exports.
        runtime: How the artifact is run.
    """

    rtol: float = 1e-3
    atol: float = 1e-5
    sizes: tuple[int, ...] = (1, 2, 3, 5, 17)
    seeds: tuple[int, ...] = (0, 1)
    low_precision: Mapping[str, tuple[float, float]] = field(default_factory=lambda: dict(LOW_PRECISION))
    nan_equal: bool = True
    max_noise_ratio: float = 0.0
    sweep: bool = False
    regimes: tuple[Regime, ...] = tuple(Regime)
    time_budget_s: float = 120.0
    expected_artifact: str = ""
    expected_runtime: RuntimeChoice = field(default_factory=RuntimeChoice)
    actual_artifact: str = ""
    runtime: RuntimeChoice = field(default_factory=RuntimeChoice)

    def tolerance_of(self, dtype: str, computes_in: str = "") -> tuple[float, float]:
        """(rtol, atol) for an output of a dtype.

        Args:
            computes_in: The dtype that the artifact computes in, where it is known to be another one.
        """
        pairs = [self.low_precision.get(name, (0.0, 0.0)) for name in (dtype, computes_in)]
        return max(self.rtol, *(rtol for rtol, _ in pairs)), max(self.atol, *(atol for _, atol in pairs))


@dataclass(frozen=True)
class CaseChoice:
    """Which inputs a case stands for; two cases of one plan never have the same.

    Attributes:
        sizes: Size of each dynamic dimension by name; those left out have the example's.
        input_set: Name of the set of inputs that it starts from; empty for the first one.
    """

    sizes: Mapping[str, int] = field(default_factory=dict)
    seed: int = 0
    regime: Regime = Regime.NORMAL
    input_set: str = ""

    @property
    def key(self) -> tuple[object, ...]:
        """The same for choices of the same case, and fit for a dict; where all sizes are given."""
        return (self.input_set, tuple(sorted(self.sizes.items())), self.regime.value, self.seed)


@dataclass(frozen=True)
class ParityRequest:
    """Compare the model with an artifact.

    Attributes:
        only: The cases to run, also such as no plan has; empty for all that are planned. The values of others that
            lie in the folder stay there as long as there is room.
        known: Cases that an earlier run of the same request gave: they are taken over and not run again, but for
            those in `only`.
        folder: Where the values of the outputs are kept as .npy files; empty to keep none. What earlier runs left
            there and no case of `known` refers to is deleted.
        keep_bytes: How much is kept there at most; cases that fail go first.
    """

    source: ModelSource
    inputs: tuple[InputSpec, ...]
    artifact_path: str
    dynamic: tuple[DynamicDim, ...]
    parity: ParitySpec
    input_sets: tuple[InputSet, ...] = ()
    only: tuple[CaseChoice, ...] = ()
    known: tuple[ParityCase, ...] = ()
    folder: str = ""
    keep_bytes: int = 2 << 30


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
    regime: Regime = Regime.NORMAL

    @property
    def choice(self) -> CaseChoice:
        """What it stands for."""
        return CaseChoice(self.sizes, self.seed, self.regime, self.input_set)

    @property
    def noise_ratio(self) -> float | None:
        """The largest of its outputs; None if none was measured."""
        found = [output.noise.ratio for output in self.outputs if output.noise is not None]
        return max((one for one in found if one is not None), default=None)


@dataclass(frozen=True)
class ParityPart:
    """A case as it comes, while the others are still to be run; a later one of the same case replaces it.

    Attributes:
        number, planned: It is case `number` (from 1) of so many.
    """

    case: ParityCase
    number: int
    planned: int


@dataclass(frozen=True)
class ParityReport:
    """The proof, or where it breaks.

    Attributes:
        summary: The verdict in one plain sentence.
        runtime: What ran the artifact, with its version and provider.
        explanations: Why it differs, where that is of a known kind.
        computes_in: `float16`, `bfloat16` or `int8` if the artifact computes in it, whatever its outputs are.
        attribution: Where the largest difference comes from; None if nothing could be compared.
        left: The planned cases that the time budget left out; `known` of a next request goes on from here.
        expected_title: What is compared with: `eager PyTorch`, or an artifact and its runtime.
        is_random: Whether the model gives different answers to the same input.
        example_sizes: Size of each dynamic dimension in the example inputs, by name.
        runtime_title: Short name of what ran the artifact, such as `ONNX Runtime`.
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
    attribution: Attribution | None = None
    left: tuple[CaseChoice, ...] = ()
    expected_title: str = "eager PyTorch"
    is_random: bool = False
    example_sizes: Mapping[str, int] = field(default_factory=dict)
    runtime_title: str = "the runtime"

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
