"""What the samples of a benchmark say: summaries, speed-ups and the verdict in one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from modelpack_gui.core import stats, stats_doubts
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import BenchRequest, Capabilities, PreparedRunner, RunnerResult, RunnerSpec

BASELINE = "eager"


@dataclass
class Measured:
    """What was collected of one runner. Latencies in milliseconds, in the order they were measured."""

    runner: str
    title: str
    spec: RunnerSpec
    prepared: PreparedRunner | None = None
    warmup_ms: list[float] = field(default_factory=list)
    latencies_ms: list[float] = field(default_factory=list)
    error: ErrorInfo | None = None


def judge(measured: Sequence[Measured], seed: int) -> tuple[str, str, tuple[RunnerResult, ...]]:
    """Give the baseline's identifier, the verdict in one sentence, and each runner's result, in the order given."""
    with_samples = [item for item in measured if item.latencies_ms]
    baseline = next((item for item in with_samples if item.runner == BASELINE), None)
    if baseline is None and with_samples:
        baseline = with_samples[0]
    results = tuple(_result(item, baseline, seed) for item in measured)
    name = baseline.runner if baseline is not None else ""
    return name, sentence(name, results), results


def _result(item: Measured, baseline: Measured | None, seed: int) -> RunnerResult:
    summary = stats.summarise(item.latencies_ms, seed) if item.latencies_ms else None
    speedup = None
    if summary is not None and baseline is not None and item is not baseline:
        speedup = stats.speedup(baseline.latencies_ms, item.latencies_ms, seed)
    return RunnerResult(
        runner=item.runner,
        title=item.title,
        prepared=item.prepared,
        warmup_ms=tuple(item.warmup_ms),
        latencies_ms=tuple(item.latencies_ms),
        summary=summary,
        speedup=speedup,
        doubts=stats_doubts.doubts(summary) if summary is not None else (),
        error=item.error,
        spec=item.spec,
    )


def sentence(baseline: str, results: Sequence[RunnerResult]) -> str:
    """The verdict on the fastest runner against the baseline, in plain words."""
    base = next((result for result in results if result.runner == baseline), None)
    if base is None or base.summary is None:
        return "No runner could be measured."
    base_ms = base.summary.p50_ms
    others = [result for result in results if result.speedup is not None and result.summary is not None]
    if not others:
        return f"{base.title}: p50 {ms(base_ms.value)} ({ms(base_ms.low)} to {ms(base_ms.high)})."
    best = max(others, key=lambda result: result.speedup.value if result.speedup else 0.0)
    assert best.speedup is not None
    assert best.summary is not None
    ratio = best.speedup
    p50 = f"p50 {ms(best.summary.p50_ms.value)} against {ms(base_ms.value)}"
    if ratio.low <= 1.0 <= ratio.high:
        bounds = f"{ratio.low:.2f} to {ratio.high:.2f} times as fast"
        return f"No measurable difference between {best.title} and {base.title} ({bounds}): {p50}."
    if ratio.value > 1.0:
        bounds = f"({times(ratio.low)} to {times(ratio.high)})"
        return f"{best.title} is {times(ratio.value)} times as fast as {base.title} {bounds}: {p50}."
    return (
        f"{base.title} is the fastest: {best.title}, the next, takes {times(1.0 / ratio.value)} times as long "
        f"({times(1.0 / ratio.high)} to {times(1.0 / ratio.low)}): {p50}."
    )


def ms(value: float) -> str:
    """A latency in milliseconds, three significant digits."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:.{digits}f} ms"


def times(ratio: float) -> str:
    """A ratio, with the digits that tell it from 1."""
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}" if ratio >= 2 else f"{ratio:.2f}"


def machine_facts(capabilities: Capabilities) -> Mapping[str, str]:
    """What the figures depend on, for the report."""
    facts = {
        "cpu": capabilities.cpu,
        "cpu_flags": " ".join(capabilities.cpu_flags),
        "physical_cores": str(capabilities.physical_cores or ""),
        "logical_cores": str(capabilities.logical_cores or ""),
        "memory_bytes": str(capabilities.memory_bytes or ""),
        "platform": capabilities.platform,
        "python": capabilities.python_version,
        "executable": capabilities.executable,
    }
    facts |= {package.name: package.version for package in capabilities.packages}
    return {name: value for name, value in facts.items() if value}


def titles(request: BenchRequest, capabilities: Capabilities) -> dict[str, str]:
    """Title of each runner that the request names; the identifier where the interpreter does not know it."""
    known = {info.id: info.title for info in capabilities.runners}
    return {one.key: one.label or known.get(one.runner, one.runner) for one in request.bench.runners}
