"""The verdict of a parity run in one plain sentence."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from modelpack_gui.core.figures import plural, rounded, significant
from modelpack_gui.core.parity.rounding import ROUNDING_RATIO, nearness
from modelpack_gui.core.records import Origin, OutputParity, ParityCase, ParityReport, Regime, Verdict

DIM_NOT_DYNAMIC = "dim-not-dynamic"
ARTIFACT_REFUSED = "artifact-refused-inputs"
EAGER_REFUSED = "eager-refused-inputs"
OUTPUTS_DIFFER = "outputs-do-not-match"
NO_OUTPUTS = "no-outputs"
"""Codes of the errors that cases have."""

REGIME_TITLES: Mapping[Regime, str] = {
    Regime.NORMAL: "usual values",
    Regime.ZEROS: "zeros",
    Regime.LARGE: "large values",
    Regime.TINY: "tiny values",
    Regime.EQUAL: "equal values",
    Regime.NAN: "NaN among the values",
    Regime.INF: "Inf among the values",
}
"""What the inputs hold, as sentences have it."""

Found = tuple[ParityCase, OutputParity]
"""An output and the case that it is of."""

SLIGHT_BUDGET = 10.0  # errors are called rounding up to so many times the tolerance, where no noise floor is known

_PLACES_NAMED = 3  # in a sentence

_TELLING = frozenset({Origin.FOLDING, Origin.OPTIMIZER, Origin.PRECISION, Origin.RUNTIME})
"""Origins that say more than where it fails."""


def summarise(report: ParityReport, doubts: Sequence[Found]) -> str:
    """Say whether the artifact agrees with the model; if not, which output, where, by how much, and why perhaps.

    Args:
        report: Its cases are judged; its own verdict and summary are not looked at.
        doubts: The outputs whose warnings put the whole in doubt.
    """
    return _summary(report, doubts) + _skipped(report) + _left(report) + _precision(report)


def _precision(report: ParityReport) -> str:
    """Why outputs in float32 were not judged as such, as a sentence that follows others; empty if they were."""
    dtypes = {item.expected.dtype for case in report.cases for item in case.outputs}
    if not report.computes_in or not dtypes & {"float32", "float64"}:
        return ""
    return f" The artifact computes in {report.computes_in} inside, and was judged by the tolerances for that."


def _summary(report: ParityReport, doubts: Sequence[Found]) -> str:
    cases, sizes = report.cases, example_sizes(report)
    failed = [case for case in cases if case.verdict is Verdict.FAILED]
    if failed:
        causes = [_refusals(failed, sizes, report.runtime_title), *_wrong_outputs(cases, sizes)]
        text = "; ".join(cause for cause in causes if cause)
        diagnosis = "the model is random" if report.is_random else _diagnosis(report, failed)
        return f"Failed: {text}{f'; {diagnosis}' if diagnosis else ''}."
    if is_empty(report):
        return "Doubtful: neither side gives an output, so that nothing was compared, which proves nothing."
    agreement = _agreement(report)
    if report.is_random:
        return f"Doubtful: {agreement}, but the model gives different answers to the same input{_spread(cases)}."
    if doubts:
        name, group = next(iter(_by_name(doubts).items()))
        where = _where([case for case, _ in group], cases, sizes)
        trouble = "has other indices" if group[0][1].ties else "proves little"
        return f"Doubtful: {agreement}, but {name} {trouble} {where}: {group[0][1].reason}"
    fixed = untried(report)
    if fixed:
        others = " and ".join(f"{name} other than {sizes[name]}" for name in fixed)
        return f"Doubtful: {agreement}, but nothing was compared at a size of {others}."
    return f"Passed{' so far' if report.left else ''}: {agreement}{_used(cases)}.{_excused(cases)}"


def _spread(cases: Iterable[ParityCase]) -> str:
    """How far the answers of a random model lie apart, and how far the artifact is from them; empty if not known."""
    outputs = [item for case in cases for item in case.outputs if item.own_spread]
    if not outputs:
        return ""
    widest = max(outputs, key=lambda item: (item.own_spread or 0.0, item.max_abs_diff or 0.0))
    return (
        f": up to {significant(widest.own_spread)} apart, and the artifact up to "
        f"{significant(max(item.max_abs_diff or 0.0 for item in outputs))} from them"
    )


def _excused(cases: Iterable[ParityCase]) -> str:
    """In how many cases values differ although nothing is wrong, as a sentence that follows others."""
    count = sum(any(_differs(item) for item in case.outputs) for case in cases)
    if not count:
        return ""
    differ = "In 1 case values differ" if count == 1 else f"In {count} cases values differ"
    return f" {differ} that no real inputs give, which says nothing of the artifact."


def _differs(output: OutputParity) -> bool:
    """Whether an output differs, be it for a good reason."""
    return output.mismatched > 0 or output.verdict is Verdict.FAILED


def example_sizes(report: ParityReport) -> Mapping[str, int]:
    """Size of each dynamic dimension in the example inputs; of an older report as its case `example` has them."""
    if report.example_sizes:
        return report.example_sizes
    return next((case.sizes for case in report.cases if case.is_example), {})


def untried(report: ParityReport) -> tuple[str, ...]:
    """The dynamic dimensions of which no case at another size than the example's was compared: nothing is proved."""
    compared = [case for case in report.cases if case.outputs or case.verdict is Verdict.FAILED]
    sizes = example_sizes(report)
    return tuple(name for name in sizes if all(case.sizes.get(name) == sizes[name] for case in compared))


def is_empty(report: ParityReport) -> bool:
    """Whether no case gave anything to compare, although it ran."""
    ran = [case for case in report.cases if case.verdict is not Verdict.SKIPPED]
    return bool(ran) and all(case.error is not None and case.error.code == NO_OUTPUTS for case in ran)


def places(cases: Iterable[ParityCase], example: Mapping[str, int]) -> str:
    """Where some cases are: `the example size`, `batch = 3, 5, 17`, `batch = 3 with height = 5 and large values`.

    Of many places, as a sweep has, the first are named, those of usual values before others, and the rest counted.
    """
    listed = sorted(cases, key=lambda case: case.regime is not Regime.NORMAL)
    named: dict[str, int] = {}
    for text, count in _named(listed, example):
        named[text] = named.get(text, 0) + count
    shown = list(named)[:_PLACES_NAMED]
    more = sum(named.values()) - sum(named[text] for text in shown)
    rest = f" and in {plural(more, 'more case')}" if more else ""
    return " and at ".join(shown) + rest


def _named(cases: Iterable[ParityCase], example: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Places, each with the number of its cases."""
    found: dict[tuple[tuple[str, ...], Regime], list[ParityCase]] = {}
    sets = []
    for case in cases:
        if case.input_set:
            sets.append(f"the input set {case.input_set}")
        else:
            found.setdefault((_changed(case, example), case.regime), []).append(case)
    for (changed, regime), group in found.items():
        values = "" if regime is Regime.NORMAL else REGIME_TITLES[regime]
        if not changed:
            if not values and not any(case.is_example for case in group):
                values = "other values"
            yield f"the example size{values and f' with {values}'}", len(group)
        elif len(changed) == 1:
            sizes = sorted({case.sizes[changed[0]] for case in group})
            yield f"{changed[0]} = {', '.join(map(str, sizes))}{values and f' with {values}'}", len(group)
        else:
            ends = f" and {values}" if values else ""
            for case in group:
                yield " with ".join(f"{n} = {case.sizes[n]}" for n in changed) + ends, 1
    for text in sets:
        yield text, 1


def _changed(case: ParityCase, example: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(name for name, size in example.items() if case.sizes.get(name, size) != size)


def _agreement(report: ParityReport) -> str:
    cases = report.cases
    count = sum(bool(case.outputs) and not any(map(_differs, case.outputs)) for case in cases)
    budgets = [item.max_budget for case in cases for item in case.outputs if not _differs(item)]
    how = "exactly" if budgets and not any(budgets) else _within(report)
    return f"{count} {'case agrees' if count == 1 else 'cases agree'} {how}"


def _within(report: ParityReport) -> str:
    """The tolerances, with those of the dtypes that were judged by others."""
    cases, spec = report.cases, report.parity
    judged = {
        item.expected.dtype: (item.rtol, item.atol)
        for case in cases
        for item in case.outputs
        if item.max_budget is not None  # what must be equal has no tolerance
    }
    others = {dtype: pair for dtype, pair in judged.items() if pair != (spec.rtol, spec.atol)}
    texts = [f"rtol {spec.rtol:g}, atol {spec.atol:g}"]
    if len(others) == len(judged) > 0:
        texts = []
    texts += [f"rtol {rtol:g}, atol {atol:g} for {dtype}" for dtype, (rtol, atol) in sorted(others.items())]
    return f"within {' and '.join(texts)}"


def _used(cases: Sequence[ParityCase]) -> str:
    agreeing = [item for case in cases for item in case.outputs if not _differs(item)]
    budgets = [item.max_budget for item in agreeing if item.max_budget is not None]
    return f"; the largest error used {percent(max(budgets))} of the tolerance" if any(budgets) else ""


def percent(share: float) -> str:
    """A share of 0..1 as `1.2 %`, never rounded to nothing."""
    value = 100.0 * share
    if value < 0.01:
        return "less than 0.01 %"
    return f"{value:.0f} %" if value >= 10 else f"{value:.2g} %"


def _refusals(failed: Sequence[ParityCase], example: Mapping[str, int], runtime_title: str) -> str:
    refused = [case for case in failed if case.error is not None]
    if not refused:
        return ""
    first = refused[0].error
    assert first is not None
    if all(case.error is not None and case.error.code == DIM_NOT_DYNAMIC for case in refused):
        return f"{first.message.rstrip('.')}, so that {places(refused, example)} cannot be run"
    if first.code == OUTPUTS_DIFFER:
        return f"{first.message[0].lower()}{first.message[1:].rstrip('.')}"
    return f"{runtime_title} does not run at {places(refused, example)}, where the model itself does"


def _by_name(found: Iterable[Found]) -> dict[str, list[Found]]:
    """Outputs and their cases, by the name of the output as it is shown."""
    groups: dict[str, list[Found]] = {}
    for case, output in found:
        groups.setdefault(shown_name(output), []).append((case, output))
    return groups


def shown_name(output: OutputParity) -> str:
    """The name of an output in a sentence; an exporter may have given it no more than a number."""
    return f"output {output.name}" if output.name.isdigit() else output.name


def _where(found: Sequence[ParityCase], cases: Sequence[ParityCase], example: Mapping[str, int]) -> str:
    compared = sum(bool(case.outputs) for case in cases)
    return f"in all {compared} cases" if 1 < len(found) == compared else f"at {places(found, example)}"


def _wrong_outputs(cases: Sequence[ParityCase], example: Mapping[str, int]) -> list[str]:
    wrong = [(case, item) for case in cases for item in case.outputs if item.verdict is Verdict.FAILED]
    return [
        f"{name} is wrong {_where([case for case, _ in group], cases, example)} "
        f"({_extent([output for _, output in group])})"
        for name, group in _by_name(wrong).items()
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
    times = f", {rounded(max(budgets), 3)} times the tolerance" if budgets else ""
    ratios = [item.noise.ratio or 0.0 for item in outputs if item.noise is not None]
    if budgets and max(budgets) <= 1 and ratios:  # it fails by the limit on that
        times = f", {rounded(max(ratios))} times the noise floor"
    return f"largest error {rounded(error)}{times}"


def _diagnosis(report: ParityReport, failed: Sequence[ParityCase]) -> str:
    """What is known of the cause; empty if nothing is."""
    if any(case.error is not None for case in failed):
        return ""
    slight = _slight(report, [item for case in failed for item in case.outputs if item.verdict is Verdict.FAILED])
    if slight:
        return slight
    found = report.attribution
    if found is not None and found.why and found.origin in _TELLING:
        return found.why
    return _pattern(report.cases, failed, example_sizes(report))


def _pattern(cases: Sequence[ParityCase], failed: Sequence[ParityCase], example: Mapping[str, int]) -> str:
    """What the pattern of failures points to; empty if it says nothing."""
    if all(case.input_set for case in failed):
        return "the example inputs pass, so the export froze something that the other inputs change"
    if all(case.regime is not Regime.NORMAL for case in failed):
        return "usual values pass, so that it is a matter of the values and not of the size"
    cases = [case for case in cases if case.regime is Regime.NORMAL]
    failed = [case for case in failed if case.regime is Regime.NORMAL]
    at_example = [case for case in cases if not _changed(case, example)]
    failed_there = [case for case in at_example if case.verdict is Verdict.FAILED]
    if len(failed_there) == len(at_example):
        return "the example itself fails, so that it is not a matter of size" if len(cases) > len(at_example) else ""
    if failed_there:
        passing = "other values" if any(case.is_example for case in failed_there) else "the example's own values"
        return f"{passing} pass at that size, so the export froze something that depends on the values"
    names = list(dict.fromkeys(name for case in failed for name in _changed(case, example)))
    alone = [name for name in names if any(_changed(case, example) == (name,) for case in failed)]
    return f"the example size passes, so the export froze something that depends on {' and '.join(alone or names)}"


def _slight(report: ParityReport, failed: Sequence[OutputParity]) -> str:
    """Say so if the errors are no larger than what rounding gives; empty if they are, or cannot be compared."""
    if any(item.max_budget is None or item.max_abs_diff is None or _has_other_mask(item) for item in failed):
        return ""
    worst = max(failed, key=lambda item: item.max_budget or 0.0)
    times = f"the largest error is {rounded(worst.max_budget or 0.0, 3)} times the tolerance"
    if (worst.max_budget or 0.0) <= 1:
        times = "all are within the tolerance"
    noise = [item.noise for item in failed if item.noise is not None]
    if noise:
        farthest = max(noise, key=lambda figures: figures.ratio or 0.0)
        unmeasured = max((item.max_abs_diff or 0.0 for item in failed if item.noise is None), default=0.0)
        if max(farthest.ratio or 0.0, unmeasured / max(figures.floor for figures in noise)) > ROUNDING_RATIO:
            return ""
        lower = report.computes_in if report.computes_in != worst.expected.dtype else ""
        return f"{times}, and the artifact is {nearness(farthest, lower)}: rounding"
    if (worst.max_budget or 0.0) > SLIGHT_BUDGET:
        return ""
    return f"so little may be rounding in {report.computes_in or worst.expected.dtype}"


def _has_other_mask(output: OutputParity) -> bool:
    """Whether NaN or Inf are at other places; equal counts at other places show as a worst element not finite."""
    worst = (output.worst_expected, output.worst_actual)
    return any(value is not None and not math.isfinite(value) for value in worst)


def _skipped(report: ParityReport) -> str:
    skipped = [case for case in report.cases if case.verdict is Verdict.SKIPPED]
    if not skipped:
        return ""
    return f" Skipped: {places(skipped, example_sizes(report))}, which the model itself does not run."


def _left(report: ParityReport) -> str:
    """How much the time left out, as a sentence that follows others; empty if nothing."""
    left = len(report.left)
    if not left:
        return ""
    return f" {left} of {len(report.cases) + left} cases {'was' if left == 1 else 'were'} not tried for lack of time."
