"""Judge one case: the artifact's outputs against the eager ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.parity.dims import Dim
from modelpack_gui.core.parity.judgement import judge_output
from modelpack_gui.core.parity.plan import Case, describe_sizes
from modelpack_gui.core.parity.summary import DIM_NOT_DYNAMIC, EAGER_REFUSED, NO_OUTPUTS, OUTPUTS_DIFFER
from modelpack_gui.core.records import NoiseFigures, ParityCase, ParitySpec, Verdict
from modelpack_gui.stages.parity.metrics import compare
from modelpack_gui.stages.parity.runtimes import Output, Runtime
from modelpack_gui.stages.parity.sides import aligned
from modelpack_gui.stages.parity.ties import find_ties
from modelpack_gui.stages.parity.totals import Tolerance


def frozen_dim(case: Case, dims: Sequence[Dim], runtime: Runtime) -> ErrorInfo | None:
    """Why a case cannot be run: a dimension that it changes has a fixed size in the artifact."""
    for dim in dims:
        if dim.name not in case.changed:
            continue
        for input_name, axis in dim.axes:
            fixed = runtime.fixed_size(input_name, axis)
            if fixed is not None and fixed != case.sizes[dim.name]:
                return ErrorInfo(
                    DIM_NOT_DYNAMIC,
                    f"{dim.name} was asked to be dynamic and is fixed at {fixed} in the artifact "
                    f"(axis {axis} of {input_name}).",
                    "Export again; check that the name of the input and the axis are right, make the example size 2 "
                    "or more, and look at the warnings of the export.",
                )
    return None


def refused(case: Case, who: str, code: str, error: UserError) -> ErrorInfo:
    """What happened when something would not run a case; `who` is the runtime or `The model itself`."""
    at = describe_sizes(case.sizes, case.changed) if case.changed else "the example size"
    if case.input_set:
        at = f"the input set {case.input_set}"
    info = error.info
    if code == EAGER_REFUSED:
        hint = "If the model does not take this size, give the dynamic dimension a range (min and max)."
    else:
        hint = info.hint
    return ErrorInfo(code, f"{who} does not run at {at}: {info.message}", hint, info.details)


def judge(
    case: Case,
    expected: Sequence[Output],
    actual: Sequence[Output],
    spec: ParitySpec,
    noise: Sequence[NoiseFigures | None],
    computes_in: str = "",
) -> ParityCase:
    """Compare all outputs of one case, by name where both sides have the same names, else by position.

    Args:
        noise: Of each expected output.
        computes_in: See `ParityReport`.
    """
    if len(expected) != len(actual):
        error = ErrorInfo(
            OUTPUTS_DIFFER,
            f"The artifact gives {_count(actual)}, the model {_count(expected)}.",
            "An exporter drops outputs that are None or given twice; let forward return each tensor once.",
        )
        return without_outputs(case, Verdict.FAILED, error)
    if not expected:
        error = ErrorInfo(
            NO_OUTPUTS,
            "Neither side gives an output, so that there is nothing to compare, which proves nothing.",
            "Let forward return what the model computes.",
        )
        return without_outputs(case, Verdict.WARNING, error)
    outputs = []
    pairs = list(zip(expected, aligned(expected, actual), strict=True))
    for (one, other), figures in zip(pairs, noise, strict=True):
        tolerance = Tolerance(*spec.tolerance_of(one.info.dtype, computes_in))
        outputs.append(compare(other.info.name, one, other, tolerance, spec=spec, regime=case.regime, noise=figures))
    outputs = [
        judge_output(dataclasses.replace(output, tie=tie), spec, case.regime) if tie is not None else output
        for output, tie in zip(outputs, find_ties(outputs, pairs, spec, computes_in), strict=True)
    ]
    return ParityCase(
        label=case.label,
        sizes=case.sizes,
        seed=case.seed,
        is_example=case.is_example,
        verdict=Verdict.worst([output.verdict for output in outputs]),
        outputs=tuple(outputs),
        input_set=case.input_set,
        regime=case.regime,
    )


def without_outputs(case: Case, verdict: Verdict, error: ErrorInfo) -> ParityCase:
    """A case that could not be compared."""
    return ParityCase(
        case.label, case.sizes, case.seed, case.is_example, verdict, (), error, case.input_set, case.regime
    )


def _count(outputs: Sequence[Output]) -> str:
    names = ", ".join(output.info.name for output in outputs)
    return f"{len(outputs)} {'output' if len(outputs) == 1 else 'outputs'} ({names or 'none'})"
