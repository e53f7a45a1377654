"""Two benchmarks of the same recipe laid over each other, and the gate that says whether the later is too slow.

They were measured at different times in different processes, so nothing in them belongs together in pairs, and what
one runner differs by from itself (A/A) is the least that can be claimed.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from modelpack_gui.core.bench.verdict import bounds_text, compared, factor_text, inverse
from modelpack_gui.core.figures import listed, milliseconds, percent, plural
from modelpack_gui.core.records.bench import BenchReport, RunnerResult
from modelpack_gui.core.records.latency import Estimate
from modelpack_gui.core.records.tensors import Verdict
from modelpack_gui.core.stats import latencies as stats

Claim = Literal["faster", "slower", "equal", "new", "gone", "invalid", "unmeasured"]

_NO_MATTER = ("seed", "frequency_mhz", "executable", "threads", "pinned_to")
"""Facts that differ from one run to the next on the same machine, or are told otherwise."""

_SETTINGS = ("warmup_runs", "block_runs", "fresh_inputs", "pin_cpus", "batch_size")
_MACHINE_MOVED = 0.02


@dataclass(frozen=True)
class RunnerChange:
    """One runner in both.

    Attributes:
        key, title: Of the runner.
        before_ms, after_ms: Its p50 in each; None where it was not measured, or its outputs are wrong.
        ratio: p50 after over before, so above 1 it has become slower; None unless both are measured and valid.
    """

    key: str
    title: str
    before_ms: Estimate | None
    after_ms: Estimate | None
    ratio: Estimate | None
    claim: Claim
    sentence: str


@dataclass(frozen=True)
class BenchComparison:
    """Two benchmarks.

    Attributes:
        changes: In the order of the later one, then those that only the earlier one has.
        notes: What else differs: machine, versions, settings; one sentence each.
        summary: In one or two plain sentences.
    """

    changes: tuple[RunnerChange, ...]
    notes: tuple[str, ...]
    summary: str


@dataclass(frozen=True)
class GateRow:
    """One runner of the baseline at the gate.

    Attributes:
        verdict: FAILED: surely slower by more than is allowed, wrong or broken; WARNING: it may be; SKIPPED: this run
            does not have it.
    """

    key: str
    title: str
    ratio: Estimate | None
    verdict: Verdict
    sentence: str


@dataclass(frozen=True)
class GateReport:
    """Whether a benchmark may pass.

    Attributes:
        limit: Allowed growth of p50: 0.05 is 5 %.
        verdict: The gravest of the rows; SKIPPED if nothing could be compared, which is no pass.
    """

    limit: float
    verdict: Verdict
    rows: tuple[GateRow, ...]
    summary: str
    notes: tuple[str, ...]

    @property
    def is_passed(self) -> bool:
        """Whether nothing is surely too slow, and something was compared."""
        return self.verdict in (Verdict.PASSED, Verdict.WARNING)


def compare(before: BenchReport, after: BenchReport) -> BenchComparison:
    """Lay the later over the earlier."""
    band = _band(before, after)
    changes = tuple(_change(key, one, other, band, after.bench.seed) for key, one, other in _pairs(before, after))
    return BenchComparison(changes, tuple(_notes(before, after)), _summary(changes))


def gate(before: BenchReport, after: BenchReport, limit: float = 0.05) -> GateReport:
    """Judge the later by the earlier: too slow is where the whole interval lies beyond the limit.

    Args:
        before: The baseline.
        limit: 0.05 allows a p50 that is 5 % longer.
    """
    band = _band(before, after)
    rows = tuple(
        _gate_row(_change(key, one, other, band, after.bench.seed), limit, band)
        for key, one, other in _pairs(before, after)
        if one is not None and one.is_valid
    )
    verdicts = {row.verdict for row in rows}
    order = (Verdict.FAILED, Verdict.WARNING, Verdict.PASSED)
    verdict = next((one for one in order if one in verdicts), Verdict.SKIPPED)
    summary = _gate_summary(rows, verdict, limit)
    if verdict is not Verdict.PASSED and any(one.noise is not None and one.noise.is_noisy for one in (before, after)):
        summary += " A noisy machine was measured on: try again on a quiet one."
    return GateReport(limit, verdict, rows, summary, tuple(_notes(before, after)))


def _pairs(before: BenchReport, after: BenchReport) -> Iterator[tuple[str, RunnerResult | None, RunnerResult | None]]:
    earlier = {result.runner: result for result in before.runners}
    later = {result.runner: result for result in after.runners}
    for key in dict.fromkeys((*later, *earlier)):
        yield key, earlier.get(key), later.get(key)


def _change(
    key: str, before: RunnerResult | None, after: RunnerResult | None, band: float | None, seed: int
) -> RunnerChange:
    shown = after or before
    assert shown is not None
    title = shown.title
    ratio: Estimate | None = None
    claim: Claim
    if before is None:
        claim, text = "new", f"{title} is new in this run."
    elif after is None:
        claim, text = "gone", f"{title} is not in this run."
    elif before.summary is None or after.summary is None:
        claim, text = "unmeasured", _unmeasured(before, after)
    elif not before.is_valid or not after.is_valid:
        when = "gives wrong outputs" if not after.is_valid else "gave wrong outputs in the earlier run"
        claim, text = "invalid", f"{title} {when}: its speed does not count."
    else:
        ratio = inverse(
            stats.speedup(before.latencies_ms, after.latencies_ms, seed, before.turns, after.turns, is_paired=False)
        )
        claim = compared(inverse(ratio), band)
        text = _claim_text(title, before, after, ratio, claim)
    return RunnerChange(key, title, _p50(before), _p50(after), ratio, claim, text)


def _p50(result: RunnerResult | None) -> Estimate | None:
    return result.summary.p50_ms if result is not None and result.is_valid and result.summary is not None else None


def _claim_text(
    title: str,
    before: RunnerResult,
    after: RunnerResult,
    ratio: Estimate,
    claim: Literal["faster", "slower", "equal"],
) -> str:
    assert before.summary is not None
    assert after.summary is not None
    p50 = f"p50 {milliseconds(after.summary.p50_ms.value)}, before {milliseconds(before.summary.p50_ms.value)}"
    if claim == "equal":
        return f"{title}: no difference that these runs can show ({factor_text(ratio)}, {bounds_text(ratio)}); {p50}."
    shown = ratio if claim == "slower" else inverse(ratio)
    return f"{title} has become {factor_text(shown)} {claim} ({bounds_text(shown)}): {p50}."


def _unmeasured(before: RunnerResult, after: RunnerResult) -> str:
    if after.summary is None:
        why = f": {after.error.message}" if after.error is not None else ""
        return f"{after.title} could not be measured in this run{why}"
    return f"{before.title} could not be measured in the earlier run."


def _gate_row(change: RunnerChange, limit: float, band: float | None) -> GateRow:
    verdict, text = _judged(change, limit, band)
    return GateRow(change.key, change.title, change.ratio, verdict, text)


def _judged(change: RunnerChange, limit: float, band: float | None) -> tuple[Verdict, str]:
    if change.claim == "gone":
        return Verdict.SKIPPED, change.sentence
    ratio = change.ratio
    if ratio is None:
        return Verdict.FAILED, change.sentence
    allowed = f"{percent(limit)} allowed"
    figures = f"{factor_text(ratio)} the baseline's p50, {bounds_text(ratio)}"
    if ratio.low > 1.0 + limit:
        if band is not None and ratio.value <= 1.0 + band:
            noise = f"two runs differ by up to {percent(band)} by noise alone"
            return Verdict.WARNING, f"{change.title} looks slower ({figures}; {allowed}), but {noise}."
        return Verdict.FAILED, f"{change.title} is too slow: {figures}; {allowed}."
    if ratio.high > 1.0 + limit:
        return Verdict.WARNING, f"{change.title} may be too slow: {figures}; {allowed}. More runs would tell."
    return Verdict.PASSED, f"{change.title} is not too slow: {figures}; {allowed}."


def _gate_summary(rows: Sequence[GateRow], verdict: Verdict, limit: float) -> str:
    def names(wanted: Verdict) -> str:
        return listed([row.title for row in rows if row.verdict is wanted])

    if verdict is Verdict.SKIPPED:
        return "No runner of the baseline is in this run, so that nothing could be compared."
    if verdict is Verdict.FAILED:
        return f"Failed against the baseline, {percent(limit)} allowed: {names(Verdict.FAILED)}."
    if verdict is Verdict.WARNING:
        return f"Nothing is surely slower by more than {percent(limit)}; this may be: {names(Verdict.WARNING)}."
    return f"Nothing is slower than the baseline by more than {percent(limit)}."


def _summary(changes: Sequence[RunnerChange]) -> str:
    both = [change for change in changes if change.ratio is not None]
    if not both:
        return "The two runs have no runner in common that was measured with right outputs in both."
    moved = [change for change in both if change.claim != "equal"]
    if not moved:
        return f"No difference that these runs can show, in {plural(len(both), 'runner')}."
    largest = max(moved, key=_distance)
    rest = len(moved) - 1
    more = f" {plural(rest, 'other')} differ{'s' if rest == 1 else ''} too." if rest else ""
    return f"{largest.sentence}{more}"


def _distance(change: RunnerChange) -> float:
    assert change.ratio is not None
    return max(change.ratio.value, 1.0 / change.ratio.value)


def _band(before: BenchReport, after: BenchReport) -> float | None:
    known = [report.noise.band for report in (before, after) if report.noise is not None]
    return max((band for band in known if band is not None), default=None)


def _notes(before: BenchReport, after: BenchReport) -> Iterator[str]:
    if before.artifact_path != after.artifact_path:
        yield f"The artifact differs: {before.artifact_path or 'none'} before, {after.artifact_path or 'none'} after."
    if before.threads != after.threads:
        yield f"Threads differ: {before.threads} before, {after.threads} after."
    for name in _SETTINGS:
        earlier, later = getattr(before.bench, name), getattr(after.bench, name)
        if earlier != later:
            yield f"Settings differ: {name} {_shown(earlier)} before, {_shown(later)} after."
    for name in dict.fromkeys((*before.machine, *after.machine)):
        was, now = before.machine.get(name, ""), after.machine.get(name, "")
        if was != now and name not in _NO_MATTER:
            yield f"{name} differs: {was or 'none'} before, {now or 'none'} after."
    loops = [report.noise.calibration_ms for report in (before, after) if report.noise is not None]
    if len(loops) == 2 and all(loops):
        moved = statistics.median(loops[1]) / statistics.median(loops[0])
        if abs(moved - 1.0) > _MACHINE_MOVED:
            word = "slower" if moved > 1.0 else "faster"
            share = moved - 1.0 if moved > 1.0 else 1.0 / moved - 1.0
            yield f"The machine itself was {percent(share)} {word} in the later run, by a loop of known work."
    for report, when in ((before, "earlier"), (after, "later")):
        if report.noise is not None and report.noise.is_noisy:
            yield f"The {when} run was made on a noisy machine."
        if not report.is_complete:
            yield f"The {when} run was stopped early."


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "any"
    return "as given" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
