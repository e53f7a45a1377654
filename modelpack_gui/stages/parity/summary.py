"""The verdict of a parity run in one plain sentence."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from modelpack_gui.core.parity_dims import Dim
from modelpack_gui.core.records import CapturedWarning, OutputParity, ParityCase, ParitySpec, Verdict
from modelpack_gui.stages.parity.judge import DIM_NOT_DYNAMIC, OUTPUTS_DIFFER

NOISE_FACTOR = 10.0  # errors up to so many noise floors are called rounding
SLIGHT_BUDGET = 10.0  # and so are errors up to so many times the tolerance, where no noise floor is known


def summarise(
    cases: Sequence[ParityCase],
    dims: Sequence[Dim],
    spec: ParitySpec,
    runtime_title: str,
    random: CapturedWarning | None,
    computes_in: str = "",
) -> str:
    """Say whether the artifact agrees with the model; if not, which output, where, by how much, and why perhaps.

    Args:
        computes_in: See `ParityReport`.
    """
    return _summary(cases, dims, spec, runtime_title, random) + _precision(cases, computes_in)


def _precision(cases: Iterable[ParityCase], computes_in: str) -> str:
    """Why outputs in float32 were not judged as such, as a sentence that follows others; empty if they were."""
    dtypes = {item.expected.dtype for case in cases for item in case.outputs}
    if not computes_in or not dtypes & {"float32", "float64"}:
        return ""
    return f" The artifact computes in {computes_in} inside, and was judged by the tolerances for that."


def _summary(
    cases: Sequence[ParityCase],
    dims: Sequence[Dim],
    spec: ParitySpec,
    runtime_title: str,
    random: CapturedWarning | None,
) -> str:
    failed = [case for case in cases if case.verdict is Verdict.FAILED]
    if failed:
        causes = [_refusals(failed, dims, runtime_title), *_wrong_outputs(cases, dims)]
        text = "; ".join(cause for cause in causes if cause)
        diagnosis = "the model is random" if random else _diagnosis(cases, failed, dims)
        return f"Failed: {text}{f'; {diagnosis}' if diagnosis else ''}.{_skipped(cases, dims)}"
    agreement = _agreement(cases, spec)
    if random:
        return (
            f"Doubtful: {agreement}, but the model gives different answers to the same input.{_skipped(cases, dims)}"
        )
    doubtful = _by_output(cases, Verdict.WARNING)
    if doubtful:
        name, group = next(iter(doubtful.items()))
        where = _where([case for case, _ in group], cases, dims)
        reason = group[0][1].reason
        return f"Doubtful: {agreement}, but {name} proves little {where}: {reason}{_skipped(cases, dims)}"
    fixed = untried(cases, dims)
    if fixed:
        sizes = " and ".join(f"{dim.name} other than {dim.example}" for dim in fixed)
        return f"Doubtful: {agreement}, but nothing was compared at a size of {sizes}.{_skipped(cases, dims)}"
    return f"Passed: {agreement}{_used(cases)}.{_skipped(cases, dims)}"


def untried(cases: Iterable[ParityCase], dims: Sequence[Dim]) -> tuple[Dim, ...]:
    """The dynamic dimensions of which no case at another size than the example's was compared: nothing is proved."""
    compared = [case for case in cases if case.outputs or case.verdict is Verdict.FAILED]
    return tuple(dim for dim in dims if all(case.sizes[dim.name] == dim.example for case in compared))


def places(cases: Iterable[ParityCase], dims: Sequence[Dim]) -> str:
    """Where some cases are: `the example size`, `batch = 3, 5, 17`, `batch = 3 with height = 5`."""
    found: dict[tuple[str, ...], list[ParityCase]] = {}
    sets = []
    for case in cases:
        if case.input_set:
            sets.append(f"the input set {case.input_set}")
        else:
            found.setdefault(_changed(case, dims), []).append(case)
    texts = []
    for changed, group in found.items():
        if not changed:
            seeds = "" if any(case.is_example for case in group) else " with other values"
            texts.append(f"the example size{seeds}")
        elif len(changed) == 1:
            sizes = sorted({case.sizes[changed[0]] for case in group})
            texts.append(f"{changed[0]} = {', '.join(str(size) for size in sizes)}")
        else:
            texts.extend(dict.fromkeys(" with ".join(f"{n} = {case.sizes[n]}" for n in changed) for case in group))
    return " and at ".join((*texts, *dict.fromkeys(sets)))


def _changed(case: ParityCase, dims: Sequence[Dim]) -> tuple[str, ...]:
    return tuple(dim.name for dim in dims if case.sizes[dim.name] != dim.example)


def _agreement(cases: Sequence[ParityCase], spec: ParitySpec) -> str:
    count = sum(bool(case.outputs) for case in cases)
    budgets = [item.max_budget for case in cases for item in case.outputs]
    how = "exactly" if budgets and not any(budgets) else _within(cases, spec)
    return f"{count} {'case agrees' if count == 1 else 'cases agree'} {how}"


def _within(cases: Sequence[ParityCase], spec: ParitySpec) -> str:
    """The tolerances, with those of the dtypes that were judged by others."""
    others = {
        item.expected.dtype: (item.rtol, item.atol)
        for case in cases
        for item in case.outputs
        if (item.rtol, item.atol) != (spec.rtol, spec.atol)
    }
    texts = [f"rtol {spec.rtol:g}, atol {spec.atol:g}"]
    if len(others) == len({item.expected.dtype for case in cases for item in case.outputs}):
        texts = []
    texts += [f"rtol {rtol:g}, atol {atol:g} for {dtype}" for dtype, (rtol, atol) in sorted(others.items())]
    return f"within {' and '.join(texts)}"


def _used(cases: Sequence[ParityCase]) -> str:
    budgets = [item.max_budget for case in cases for item in case.outputs if item.max_budget is not None]
    return f"; the largest error used {percent(max(budgets))} of the tolerance" if any(budgets) else ""


def percent(share: float) -> str:
    """A share of 0..1 as `1.2 %`, never rounded to nothing."""
    value = 100.0 * share
    if value < 0.01:
        return "less than 0.01 %"
    return f"{value:.0f} %" if value >= 10 else f"{value:.2g} %"


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


def _by_output(cases: Iterable[ParityCase], verdict: Verdict) -> dict[str, list[tuple[ParityCase, OutputParity]]]:
    """The outputs of that verdict, by name as it is shown, with their cases."""
    found: dict[str, list[tuple[ParityCase, OutputParity]]] = {}
    for case in cases:
        for output in case.outputs:
            if output.verdict is verdict:
                name = f"output {output.name}" if output.name.isdigit() else output.name
                found.setdefault(name, []).append((case, output))
    return found


def _where(found: Sequence[ParityCase], cases: Sequence[ParityCase], dims: Sequence[Dim]) -> str:
    compared = sum(bool(case.outputs) for case in cases)
    return f"in all {compared} cases" if 1 < len(found) == compared else f"at {places(found, dims)}"


def _wrong_outputs(cases: Sequence[ParityCase], dims: Sequence[Dim]) -> list[str]:
    return [
        f"{name} is wrong {_where([case for case, _ in group], cases, dims)} "
        f"({_extent([output for _, output in group])})"
        for name, group in _by_output(cases, Verdict.FAILED).items()
    ]


def _extent(outputs: Sequence[OutputParity]) -> str:
    incomparable = [item for item in outputs if item.histogram is None and item.worst_index is None]
    if incomparable:
        return incomparable[0].reason.rstrip(".").replace("The ", "the ", 1)
    unlike = next((item for item in outputs if _has_other_mask(item)), None)
    if unlike is not None:
        assert unlike.worst_index is not None
        at = f"[{', '.join(str(place) for place in unlike.worst_index)}]"
        return f"{unlike.worst_actual:.4g} instead of {unlike.worst_expected:.4g} at {at}"
    error = max(item.max_abs_diff or 0.0 for item in outputs)
    budgets = [item.max_budget for item in outputs if item.max_budget is not None]
    times = f", {max(budgets):.3g} times the tolerance" if budgets else ""
    return f"largest error {error:.2g}{times}"


def _diagnosis(cases: Sequence[ParityCase], failed: Sequence[ParityCase], dims: Sequence[Dim]) -> str:
    """What the pattern of failures points to; empty if it says nothing."""
    if any(case.error is not None for case in failed):
        return ""
    slight = _slight([item for case in failed for item in case.outputs if item.verdict is Verdict.FAILED])
    if slight:
        return slight
    if all(case.input_set for case in failed):
        return "the example inputs pass, so the export froze something that the other inputs change"
    at_example = [case for case in cases if not _changed(case, dims)]
    failed_there = [case for case in at_example if case.verdict is Verdict.FAILED]
    if len(failed_there) == len(at_example):
        return "the example itself fails, so that it is not a matter of size" if len(cases) > len(at_example) else ""
    if failed_there:
        passing = "other values" if any(case.is_example for case in failed_there) else "the example's own values"
        return f"{passing} pass at that size, so the export froze something that depends on the values"
    names = list(dict.fromkeys(name for case in failed for name in _changed(case, dims)))
    alone = [name for name in names if any(_changed(case, dims) == (name,) for case in failed)]
    return f"the example size passes, so the export froze something that depends on {' and '.join(alone or names)}"


def _slight(failed: Sequence[OutputParity]) -> str:
    """Say so if the errors are no larger than what rounding gives; empty if they are, or cannot be compared."""
    if any(item.max_budget is None or item.max_abs_diff is None or _has_other_mask(item) for item in failed):
        return ""
    worst = max(failed, key=lambda item: item.max_budget or 0.0)
    floors = [item.noise_floor for item in failed if item.noise_floor is not None]
    is_rounding = bool(floors) and max(item.max_abs_diff or 0.0 for item in failed) <= NOISE_FACTOR * max(floors)
    if not is_rounding and (worst.max_budget or 0.0) > SLIGHT_BUDGET:
        return ""
    floor = f": the model itself differs from its float64 version by {max(floors):.2g}" if floors else ""
    return (
        f"the largest error is {worst.max_budget:.3g} times the tolerance, which may be rounding in "
        f"{worst.expected.dtype}{floor}"
    )


def _has_other_mask(output: OutputParity) -> bool:
    """Whether NaN or Inf are at other places; equal counts at other places show as a worst element not finite."""
    worst = (output.worst_expected, output.worst_actual)
    return any(value is not None and not math.isfinite(value) for value in worst)


def _skipped(cases: Sequence[ParityCase], dims: Sequence[Dim]) -> str:
    skipped = [case for case in cases if case.verdict is Verdict.SKIPPED]
    if not skipped:
        return ""
    return f" Skipped: {places(skipped, dims)}, which the model itself does not run."
