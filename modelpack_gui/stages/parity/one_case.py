"""Run one case on all sides and judge it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.parity.dims import Dim
from modelpack_gui.core.parity.plan import Case
from modelpack_gui.core.parity.summary import ARTIFACT_REFUSED, EAGER_REFUSED
from modelpack_gui.core.records import ParityCase, ParitySpec, Verdict
from modelpack_gui.stages.parity import judge
from modelpack_gui.stages.parity.keep import OutputValues
from modelpack_gui.stages.parity.reference import Reference
from modelpack_gui.stages.parity.regimes import case_inputs
from modelpack_gui.stages.parity.runtimes import Output, Runtime
from modelpack_gui.stages.parity.sides import Further, FurtherSides, aligned
from modelpack_gui.stages.parity.spread import with_own_spread


class Compared(NamedTuple):
    """A judged case, and the values of its outputs in their order; no values if it could not be compared."""

    case: ParityCase
    values: tuple[OutputValues, ...] = ()


class CaseRunner:
    """The sides of a comparison, ready to be run on one case after another.

    Args:
        further: Run where the seed is 0: other values of the same kind say nothing new of the noise.
        is_random: Whether the model gives different answers to the same input.
    """

    def __init__(
        self,
        reference: Reference,
        runtime: Runtime,
        further: FurtherSides | None,
        dims: Sequence[Dim],
        spec: ParitySpec,
        computes_in: str,
        context: Context,
        *,
        is_random: bool = False,
    ) -> None:
        self._reference = reference
        self._runtime = runtime
        self._further = further
        self._dims = dims
        self._spec = spec
        self._computes_in = computes_in
        self._context = context
        self._is_random = is_random

    def run(self, case: Case) -> Compared:
        """Compare at one case. One that the model itself does not run is skipped; that the artifact does not, fails.

        Raises:
            UserError: The model does not run on the example inputs.
            JobCancelled: The user asked to stop.
        """
        try:
            tensors = case_inputs(self._reference, case)
            expected = self._reference.run(tensors)
        except UserError as error:
            if case.is_example:
                raise
            info = judge.refused(case, self._reference.subject, EAGER_REFUSED, error)
            return Compared(judge.without_outputs(case, Verdict.SKIPPED, info))
        frozen = judge.frozen_dim(case, self._dims, self._runtime)
        if frozen is not None:
            return Compared(judge.without_outputs(case, Verdict.FAILED, frozen))
        self._context.check_cancelled()
        try:
            actual = self._runtime.run(tensors)
        except UserError as error:
            info = judge.refused(case, self._runtime.title, ARTIFACT_REFUSED, error)
            return Compared(judge.without_outputs(case, Verdict.FAILED, info))
        self._context.check_cancelled()
        further = Further.nothing(len(expected))
        if self._further is not None and case.seed == 0:
            further = self._further.run(tensors, expected, actual)
        judged = judge.judge(case, expected, actual, self._spec, further.noise, self._computes_in)
        judged = with_own_spread(
            judged, case, self._reference, tensors, expected, self._spec, is_random=self._is_random
        )
        return Compared(judged, _values(judged, expected, actual, further))


def _values(
    case: ParityCase, expected: Sequence[Output], actual: Sequence[Output], further: Further
) -> tuple[OutputValues, ...]:
    """The arrays of each output that was judged, paired as they were judged."""
    if not case.outputs:
        return ()
    sides = zip(expected, aligned(expected, actual), further.exact, further.plain, strict=True)
    return tuple(
        OutputValues(one.values, other.values, exact and exact.values, plain and plain.values)
        for one, other, exact, plain in sides
    )
