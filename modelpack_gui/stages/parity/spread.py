"""How far the model's own answers lie apart, where that says what an artifact can be held to."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.parity.judgement import judge_output
from modelpack_gui.core.parity.plan import Case
from modelpack_gui.core.records import ParityCase, ParitySpec, Regime, Verdict
from modelpack_gui.stages.parity import metrics
from modelpack_gui.stages.parity.chunked import chunks, float64
from modelpack_gui.stages.parity.reference import Reference
from modelpack_gui.stages.parity.regimes import nudged
from modelpack_gui.stages.parity.runtimes import Output


def with_own_spread(
    judged: ParityCase,
    case: Case,
    reference: Reference,
    tensors: Sequence[Any],
    expected: Sequence[Output],
    spec: ParitySpec,
    *,
    is_random: bool,
) -> ParityCase:
    """A case judged by what the model makes of it the next time.

    A random model is run again on the same inputs. Another one is run again where it fails with values that are not
    the usual ones, on inputs that differ from them by hardly more than rounding: extreme values are often equal ones,
    and the places of the largest of equal scores are arbitrary. One whose numbers overflow has no answer at all then,
    in any of its outputs. With usual values it must agree.
    """
    if not is_random and (judged.regime is Regime.NORMAL or judged.verdict is not Verdict.FAILED):
        return judged
    if not judged.outputs:
        return judged
    spreads = [math.inf] * len(expected)
    if is_random or all(map(_is_finite, expected)):
        try:
            again = reference.run(tensors if is_random else nudged(tensors, case.inputs, case.regime))
        except UserError:  # it does not run on inputs beside these, so that nothing is known
            return judged
        if len(again) != len(expected):
            return judged
        spreads = [_spread(one, other) for one, other in zip(expected, again, strict=True)]
    outputs = [
        judge_output(dataclasses.replace(output, own_spread=spread), spec, judged.regime)
        for output, spread in zip(judged.outputs, spreads, strict=True)
    ]
    return dataclasses.replace(
        judged, outputs=tuple(outputs), verdict=Verdict.worst([output.verdict for output in outputs])
    )


def _is_finite(output: Output) -> bool:
    import numpy as np

    values = output.values
    return values.dtype.kind in "OSU" or all(
        bool(np.isfinite(float64(one)).all()) for _, one, _ in chunks(values, values)
    )


def _spread(one: Output, other: Output) -> float:
    """The largest difference; infinite where NaN, Inf, shapes or texts differ."""
    import numpy as np

    left, right = one.values, other.values
    if metrics.is_identical(left, right):
        return 0.0
    if left.shape != right.shape or left.dtype != right.dtype or left.dtype.kind in "OSU":
        return math.inf
    for _, mine, others in chunks(left, right):
        first, second = float64(mine), float64(others)
        odd = ~(np.isfinite(first) & np.isfinite(second))
        if not np.array_equal(first[odd], second[odd], equal_nan=True):
            return math.inf
    return metrics.largest_difference(left, right) or 0.0
