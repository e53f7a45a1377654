"""A runner's outputs against the reference's, before its speed counts: a fast wrong answer is no answer."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from modelpack_gui.core import serde
from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.figures import plural, significant
from modelpack_gui.core.parity.lossy import KnownPrice, excused, judge_outputs, looks_like_scores, lossy_output
from modelpack_gui.core.records import OutputParity, OutputsCheck, OutputsRequest, RunnerOutputs, TensorInfo, Verdict
from modelpack_gui.stages.bench.array_files import read_arrays, write_arrays
from modelpack_gui.stages.bench.base import Prepared
from modelpack_gui.stages.bench.prepare import prepared_of, runner_failed
from modelpack_gui.stages.parity.metrics import compare
from modelpack_gui.stages.parity.runtimes.base import Output
from modelpack_gui.stages.parity.sides import aligned
from modelpack_gui.stages.parity.totals import Tolerance

_NAME = "outputs"
_FLOATS = frozenset({"float64", "float32", "float16", "bfloat16"})


def run(request: OutputsRequest, context: Context) -> RunnerOutputs:
    """Run once on newly made example inputs; keep what comes out, or compare it with what was kept.

    Raises:
        UserError: `runner-not-prepared`, `reference-missing`, `runner-failed`, `output-not-tensor`.
    """
    prepared = prepared_of(request.runner, context)
    found = _outputs_of(prepared, request.runner)
    folder = Path(request.folder)
    if request.is_reference:
        _keep(found, folder)
        return RunnerOutputs(request.runner, None)
    if found is None:
        check = OutputsCheck(Verdict.SKIPPED, request.reference, note="This runner does not give its outputs.")
    else:
        expected = _kept(folder, request.reference)
        tolerance = Tolerance(request.rtol, request.atol)
        check = check_outputs(
            expected, found, request.reference, tolerance, is_lossy=prepared.is_lossy, price=prepared.price
        )
    return RunnerOutputs(request.runner, check)


def check_outputs(
    expected: Sequence[Output],
    found: Sequence[Output],
    reference: str,
    tolerance: Tolerance,
    *,
    is_lossy: bool,
    price: KnownPrice | None = None,
) -> OutputsCheck:
    """The judgement on all outputs.

    Args:
        reference: Key of the runner that gave the expected ones.
        is_lossy: Whether the runner trades accuracy for speed on purpose: beyond the tolerances it is then judged by
            `core.parity.lossy`, and a floating-point output may have another dtype.
        price: What is known of its error on the data that it was quantised with.
    """
    if len(expected) != len(found):
        note = f"It gives {plural(len(found), 'output')}, and {reference} {plural(len(expected), 'output')}."
        return OutputsCheck(Verdict.FAILED, reference, note=note)
    if not expected:
        return OutputsCheck(Verdict.SKIPPED, reference, note="There is no output to compare.")
    compared = []
    for one, other in zip(expected, aligned(expected, found), strict=True):
        actual = _in_dtype_of(one, other) if is_lossy else other
        compared.append(compare(one.info.name, one, actual, tolerance))
    verdict, note = _verdict(compared, reference, is_lossy=is_lossy)
    excuse = excused(tuple(map(lossy_output, compared)), note, price) if verdict is Verdict.FAILED else ""
    if excuse:
        verdict, note = Verdict.WARNING, excuse
    return OutputsCheck(
        verdict,
        reference,
        max_abs_diff=_largest(output.max_abs_diff for output in compared),
        max_rel_diff=_largest(output.max_rel_diff for output in compared),
        worst_ratio=_largest(output.max_budget for output in compared),
        sqnr_db=_smallest(output.sqnr_db for output in compared),
        top1_agreement=_smallest(output.top1 for output in compared if _has_scores(output)),
        note=note,
    )


def _verdict(compared: Sequence[OutputParity], reference: str, *, is_lossy: bool) -> tuple[Verdict, str]:
    failed = [output for output in compared if output.verdict is Verdict.FAILED]
    if not failed:
        worst = _largest(output.max_abs_diff for output in compared)
        if not worst:
            return Verdict.PASSED, f"The same as {reference}'s, exactly."
        return Verdict.PASSED, f"Within the tolerances of {reference}'s; at most {significant(worst)} apart."
    if is_lossy:
        verdict, note = judge_outputs(tuple(map(lossy_output, compared)))
        return (verdict if verdict is Verdict.FAILED else Verdict.WARNING), note
    worst_of = max(failed, key=lambda output: math.inf if output.max_budget is None else output.max_budget)
    return Verdict.FAILED, f'"{worst_of.name}" is not what {reference} gives. {worst_of.reason}'


def _in_dtype_of(expected: Output, found: Output) -> Output:
    """A floating-point output in the dtype of the expected one; others as they are."""
    import numpy as np

    dtypes = (expected.info.dtype, found.info.dtype)
    if dtypes[0] == dtypes[1] or not _FLOATS.issuperset(dtypes):
        return found
    as_expected = np.float64 if expected.info.dtype == "float64" else np.float32
    return Output(dataclasses.replace(found.info, dtype=expected.info.dtype), found.values.astype(as_expected))


def _has_scores(output: OutputParity) -> bool:
    sizes = [size for size in output.expected.shape or () if isinstance(size, int)]
    return looks_like_scores(output.name, output.expected.dtype, sizes)


def _outputs_of(prepared: Prepared, runner: str) -> tuple[Output, ...] | None:
    if prepared.read is None:
        return None
    try:
        call = prepared.another_call(0)  # an earlier run may have written into the inputs of `prepared.call`
        with prepared.mode():
            return prepared.read(call())
    except UserError:
        raise
    except Exception as error:  # whatever the model or the runtime raises
        raise runner_failed(runner, "when its outputs were looked at", error) from error


def _keep(outputs: Sequence[Output] | None, folder: Path) -> None:
    found = outputs or ()
    write_arrays(folder, _NAME, [output.values for output in found], [serde.encode(output.info) for output in found])


def _kept(folder: Path, reference: str) -> tuple[Output, ...]:
    try:
        arrays, infos = read_arrays(folder, _NAME)
        return tuple(
            Output(serde.decode(TensorInfo, info), values) for info, values in zip(infos, arrays, strict=True)
        )
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            "reference-missing",
            f"The outputs of {reference} that these would be compared with cannot be read: {error}",
            "Start the benchmark again.",
        ) from error


def _largest(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return max(known) if known else None


def _smallest(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None and math.isfinite(value)]
    return min(known) if known else None
