"""One case, run in other ways than it was: at other levels, by another runtime, from another file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.parity.plan import Case
from modelpack_gui.core.parity.rounding import ROUNDING_RATIO, is_float
from modelpack_gui.core.records import OutputParity, ParityCase, ParitySpec, SideResult, Verdict
from modelpack_gui.stages.parity import judge
from modelpack_gui.stages.parity.runtimes import Output, Runtime
from modelpack_gui.stages.parity.sides import aligned, noise_of

MUCH_BETTER = 3.0
"""A way of running it that has so many times less of an error has not the fault, or another one."""


@dataclass(frozen=True)
class Way:
    """What came of running a case in one way.

    Attributes:
        judged: None if it could not be run.
    """

    result: SideResult
    judged: ParityCase | None


@dataclass(frozen=True)
class Situation:
    """A case with its inputs and what is expected of them."""

    case: Case
    tensors: Sequence[Any]
    expected: Sequence[Output]
    exact: Sequence[Output | None]
    spec: ParitySpec
    computes_in: str

    def run(self, side: str, runtime: Runtime) -> Way:
        """Run the artifact, or another one, in a runtime."""
        try:
            return self.look_at(side, runtime.run(self.tensors))
        except UserError as error:
            return failed(side, error)

    def look_at(self, side: str, outputs: Sequence[Output]) -> Way:
        """Judge what was run elsewhere."""
        ordered = aligned(self.expected, outputs) or (None,) * len(self.expected)
        noise = tuple(
            noise_of(one, other, exact, None, self.computes_in) if other is not None else None
            for one, other, exact in zip(self.expected, ordered, self.exact, strict=True)
        )
        judged = judge.judge(self.case, self.expected, outputs, self.spec, noise, self.computes_in)
        result = SideResult(
            side=side,
            verdict=judged.verdict,
            max_abs_diff=_most([output.max_abs_diff for output in judged.outputs]),
            max_budget=_most([output.max_budget for output in judged.outputs]),
            noise_ratio=judged.noise_ratio,
            error=judged.error.message if judged.error is not None else "",
        )
        return Way(result, judged)


def failed(side: str, error: UserError) -> Way:
    """A way that could not be gone."""
    return Way(SideResult(side, Verdict.FAILED, None, None, error=error.info.message), None)


def _most(values: Sequence[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def is_same(output: OutputParity) -> bool:
    """Whether an output has the very values that were expected."""
    return not output.max_abs_diff and not output.mismatched


def is_unlike(output: OutputParity) -> bool:
    """Whether an output is wrong in a way that no rounding makes: its type, its shape, NaN or Inf, an integer."""
    return output.verdict is Verdict.FAILED and (
        output.misplaced > 0
        or output.expected.shape != output.actual.shape
        or output.expected.dtype != output.actual.dtype
        or not is_float(output.expected.dtype)
    )


def has_fault(output: OutputParity) -> bool:
    """Whether an output differs by more than rounding; where the exact result is not known, than the tolerance."""
    if is_unlike(output):
        return True
    ratio = output.noise.ratio if output.noise is not None else None
    return output.verdict is Verdict.FAILED if ratio is None else ratio > ROUNDING_RATIO


def severity(output: OutputParity) -> float:
    """What outputs, and the same output run in several ways, are ranked by; 0 if there is no difference."""
    if is_unlike(output):
        return math.inf
    if is_same(output):
        return 0.0
    ratio = output.noise.ratio if output.noise is not None else None
    return ratio if ratio is not None else output.max_budget or 0.0


def differs_like(way: Way, actual: ParityCase) -> bool:
    """Whether a way of running it has the fault that the artifact has as it runs."""
    if way.judged is None or way.judged.error is not None:
        return True
    worst = max(map(severity, way.judged.outputs), default=0.0)
    limit = max(map(severity, actual.outputs), default=0.0) / MUCH_BETTER
    return worst > limit or any(map(has_fault, way.judged.outputs))
