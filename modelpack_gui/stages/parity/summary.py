"""The verdict of a parity run in one plain sentence."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from modelpack_gui.core.records import CapturedWarning, OutputParity, ParityCase, ParitySpec, Verdict
from modelpack_gui.stages.parity.cases import Dim
from modelpack_gui.stages.parity.judge import DIM_NOT_DYNAMIC, OUTPUTS_DIFFER


def summarise(
    cases: Sequence[ParityCase],
    dims: Sequence[Dim],
    spec: ParitySpec,
    runtime_title: str,
    random: CapturedWarning | None,
) -> str:
    """Say whether the artifact agrees with the model; if not, which output, where, by how much, and why perhaps."""
    failed = [case for case in cases if case.verdict is Verdict.FAILED]
    if failed:
        causes = [_refusals(failed, dims, runtime_title), *_wrong_outputs(failed, dims)]
        text = "; ".join(cause for cause in causes if cause)
        diagnosis = "the model is random" if random else _diagnosis(cases, failed, dims)
        return f"Failed: {text}{f'; {diagnosis}' if diagnosis else ''}.{_skipped(cases, dims)}"
    agreement = _agreement(cases, spec)
    if random:
        return (
            f"Doubtful: {agreement}, but the model gives different answers to the same input.{_skipped(cases, dims)}"
        )
    doubtful = [case for case in cases if case.verdict is Verdict.WARNING]
    if doubtful:
        output = next(item for item in doubtful[0].outputs if item.verdict is Verdict.WARNING)
        where = places(doubtful, dims)
        return f"Doubtful: {agreement}, but of {output.name} at {where}: {output.reason}{_skipped(cases, dims)}"
    return f"Passed: {agreement}{_used(cases)}.{_skipped(cases, dims)}"


def places(cases: Iterable[ParityCase], dims: Sequence[Dim]) -> str:
    """Where some cases are: `the example size`, `batch = 3, 5, 17`, `batch = 3 with height = 5`."""
    found: dict[tuple[str, ...], list[ParityCase]] = {}
    for case in cases:
        found.setdefault(_changed(case, dims), []).append(case)
    texts = []
    for changed, group in found.items():
        if not changed:
            texts.append("the example size")
        elif len(changed) == 1:
            sizes = sorted({case.sizes[changed[0]] for case in group})
            texts.append(f"{changed[0]} = {', '.join(str(size) for size in sizes)}")
        else:
            texts.extend(dict.fromkeys(" with ".join(f"{n} = {case.sizes[n]}" for n in changed) for case in group))
    return " and at ".join(texts)


def _changed(case: ParityCase, dims: Sequence[Dim]) -> tuple[str, ...]:
    return tuple(dim.name for dim in dims if case.sizes[dim.name] != dim.example)


def _agreement(cases: Sequence[ParityCase], spec: ParitySpec) -> str:
    count = sum(bool(case.outputs) for case in cases)
    budgets = [item.max_budget for case in cases for item in case.outputs]
    how = "exactly" if budgets and all(item is None for item in budgets) else _within(spec)
    return f"{count} {'case agrees' if count == 1 else 'cases agree'} {how}"


def _within(spec: ParitySpec) -> str:
    return f"within rtol {spec.rtol:g}, atol {spec.atol:g}"


def _used(cases: Sequence[ParityCase]) -> str:
    budgets = [item.max_budget for case in cases for item in case.outputs if item.max_budget is not None]
    return f"; the largest error used {percent(max(budgets))} of the tolerance" if budgets else ""


def percent(share: float) -> str:
    """A share of 0..1 as `1.2 %`, never rounded to nothing."""
    value = 100.0 * share
    if value == 0.0:
        return "0 %"
    return "less than 0.01 %" if value < 0.01 else f"{value:.2g} %"


def _refusals(failed: Sequence[ParityCase], dims: Sequence[Dim], runtime_title: str) -> str:
    refused = [case for case in failed if case.error is not None]
    if not refused:
        return ""
    first = refused[0].error
    assert first is not None
    if all(case.error is not None and case.error.code == DIM_NOT_DYNAMIC for case in refused):
        return f"{first.message.rstrip('.')}, so that {places(refused, dims)} cannot be run"
    if first.code == OUTPUTS_DIFFER:
        return f"{first.message[0].lower()}{first.message[1:].rstrip('.')}"
    return f"{runtime_title} does not run at {places(refused, dims)}, where the model itself does"


def _wrong_outputs(failed: Sequence[ParityCase], dims: Sequence[Dim]) -> list[str]:
    found: dict[str, list[tuple[ParityCase, OutputParity]]] = {}
    for case in failed:
        for output in case.outputs:
            if output.verdict is Verdict.FAILED:
                found.setdefault(output.name, []).append((case, output))
    texts = []
    for name, group in found.items():
        where = places((case for case, _ in group), dims)
        texts.append(f"{name} is wrong at {where} ({_extent([output for _, output in group])})")
    return texts


def _extent(outputs: Sequence[OutputParity]) -> str:
    incomparable = [item for item in outputs if item.histogram is None and item.worst_index is None]
    if incomparable:
        return incomparable[0].reason.rstrip(".").replace("The ", "the ", 1)
    worst = max(outputs, key=_rank)
    assert worst.worst_index is not None
    assert worst.worst_expected is not None
    assert worst.worst_actual is not None
    at = f"[{', '.join(str(place) for place in worst.worst_index)}]"
    error = abs(worst.worst_actual - worst.worst_expected)
    if not math.isfinite(error):
        return f"{worst.worst_actual:.4g} instead of {worst.worst_expected:.4g} at {at}"
    return f"largest error {error:.2g} at {at}"


def _rank(output: OutputParity) -> float:
    if output.expected_nans != output.actual_nans or output.expected_infs != output.actual_infs:
        return math.inf
    return output.max_abs_diff or 0.0


def _diagnosis(cases: Sequence[ParityCase], failed: Sequence[ParityCase], dims: Sequence[Dim]) -> str:
    """What the pattern of failures points to; empty if it says nothing."""
    if any(case.error is not None for case in failed):
        return ""
    at_example = [case for case in cases if not _changed(case, dims)]
    failed_there = [case for case in at_example if case.verdict is Verdict.FAILED]
    if len(failed_there) == len(at_example):
        return "the example inputs fail too, so that it is not a matter of size"
    if failed_there:
        return "other values of the same size pass, so that the export froze something that depends on the values"
    names = list(dict.fromkeys(name for case in failed for name in _changed(case, dims)))
    single = list(
        dict.fromkeys(name for case in failed for name in _changed(case, dims) if len(_changed(case, dims)) == 1)
    )
    return f"the example size passes, so the export froze something that depends on {' and '.join(single or names)}"


def _skipped(cases: Sequence[ParityCase], dims: Sequence[Dim]) -> str:
    skipped = [case for case in cases if case.verdict is Verdict.SKIPPED]
    if not skipped:
        return ""
    return f" Skipped: {places(skipped, dims)}, which the model itself does not run."
