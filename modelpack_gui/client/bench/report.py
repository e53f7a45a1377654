"""From what was measured to the report: summaries, speed-ups, doubts, the noise of the machine and the verdict."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelpack_gui.client.bench.measured import EAGER, Measured
from modelpack_gui.client.bench.noise import NoiseWatch
from modelpack_gui.core.bench import verdict as bench_verdict
from modelpack_gui.core.records import (
    BenchReport,
    BenchRequest,
    BenchSpec,
    Capabilities,
    ColdStart,
    Doubt,
    MachineNoise,
    RunnerResult,
)
from modelpack_gui.core.stats import doubts as stats_doubts
from modelpack_gui.core.stats import latencies as stats
from modelpack_gui.core.stats import shape as stats_shape


@dataclass(frozen=True)
class RunFacts:
    """In what a benchmark ran, since when (ISO 8601, UTC) and for how long."""

    capabilities: Capabilities
    threads: int
    started_at: str
    duration_s: float


def make(
    request: BenchRequest,
    measured: Sequence[Measured],
    again: Measured | None,
    watch: NoiseWatch,
    run: RunFacts,
    *,
    is_complete: bool,
) -> BenchReport:
    """The report of a benchmark that has ended, or was stopped.

    Args:
        again: The baseline as it was measured in a second process; None without that.
    """
    spec = request.bench
    found = run.capabilities
    twin = next((item for item in measured if again is not None and item.runner == again.runner), None)
    noise = watch.noise(twin, again, found.logical_cores or found.physical_cores, spec.seed)
    baseline = baseline_of(measured, spec.baseline)
    results = judge(measured, baseline, noise, spec.seed)
    summary = bench_verdict.report_sentence(baseline, results, noise)
    overheads = [value for item in measured for value in item.overheads_ns if value > 0.0]
    return BenchReport(
        bench=spec,
        artifact_path=request.artifact_path,
        baseline=baseline,
        summary=summary if is_complete else f"Stopped early. {summary}",
        runners=results,
        threads=run.threads,
        machine=machine_facts(run, spec, watch.frequency_mhz),
        is_complete=is_complete,
        duration_s=run.duration_s,
        started_at=run.started_at,
        noise=noise,
        clock_overhead_ns=statistics.median(overheads) if overheads else None,
    )


def wanted_baseline(measured: Sequence[Measured], wanted: str) -> Measured:
    """The one that was asked for, else eager as it is, else eager with options, else the first."""
    for key in (wanted, EAGER):
        for item in measured:
            if item.runner == key:
                return item
    return next((item for item in measured if item.spec.runner == EAGER), measured[0])


def baseline_of(measured: Sequence[Measured], wanted: str) -> str:
    """Key of the runner that the others are compared with: one whose speed counts; empty if there is none."""
    valid = [item for item in measured if item.is_valid]
    return wanted_baseline(valid, wanted).runner if valid else ""


def judge(
    measured: Sequence[Measured], baseline: str, noise: MachineNoise | None, seed: int
) -> tuple[RunnerResult, ...]:
    """Each runner's result, in the order given."""
    base = next((item for item in measured if item.runner == baseline), None)
    results = [_result(item, base, noise, seed) for item in measured]
    of_base = next((result for result in results if result.runner == baseline), None)
    if of_base is None:
        return tuple(results)
    return tuple(
        result
        if result is of_base
        else dataclasses.replace(result, sentence=bench_verdict.runner_sentence(result, of_base, noise))
        for result in results
    )


def _result(item: Measured, base: Measured | None, noise: MachineNoise | None, seed: int) -> RunnerResult:
    turns, latencies_ms = tuple(item.turns), tuple(item.latencies_ms)
    summary = stats.summarise(latencies_ms, seed, turns) if latencies_ms else None
    speedup = None
    if base is not None and item is not base and item.is_valid:
        speedup = stats.speedup(base.latencies_ms, latencies_ms, seed, base.turns, turns)
    doubts: tuple[Doubt, ...] = ()
    if summary is not None:
        doubts = stats_doubts.doubts(
            summary, latencies_ms, turns, warmup_ms=item.warmup_ms, rss_bytes=item.rss_bytes, noise=noise
        )
    return RunnerResult(
        runner=item.runner,
        title=item.title,
        prepared=item.prepared,
        warmup_ms=tuple(item.warmup_ms),
        latencies_ms=latencies_ms,
        summary=summary,
        speedup=speedup,
        doubts=doubts,
        error=item.error,
        spec=item.spec,
        turns=turns,
        cold=cold_start(item),
        outputs=item.outputs,
        peak_rss_bytes=item.peak_rss_bytes,
        load=tuple(item.load),
    )


def cold_start(item: Measured) -> ColdStart | None:
    """What came before its latency was steady; None if its process never became ready."""
    prepared = item.prepared
    if item.process_start_s is None and prepared is None:
        return None
    steady = stats_shape.steady_after(item.warmup_ms, item.latencies_ms) if item.latencies_ms else None
    return ColdStart(
        process_start_s=item.process_start_s,
        load_s=prepared.load_time_s if prepared is not None else None,
        compile_s=prepared.compile_s if prepared is not None else None,
        first_run_ms=prepared.first_run_ms if prepared is not None else None,
        steady_after_runs=steady,
        steady_after_s=sum(item.warmup_ms[:steady]) / 1000.0 if steady is not None else None,
    )


def machine_facts(run: RunFacts, spec: BenchSpec, frequency_mhz: float | None) -> Mapping[str, str]:
    """What the figures depend on, for the report; only what is known."""
    found = run.capabilities
    facts = {
        "cpu": found.cpu,
        "cpu_flags": " ".join(found.cpu_flags),
        "physical_cores": str(found.physical_cores or ""),
        "logical_cores": str(found.logical_cores or ""),
        "memory_bytes": str(found.memory_bytes or ""),
        **found.pace,
        "frequency_mhz": f"{frequency_mhz:.0f}" if frequency_mhz else "",
        "threads": str(run.threads),
        "seed": str(spec.seed),
        "pinned_to": " ".join(map(str, spec.pin_cpus)),
        "platform": found.platform,
        "python": found.python_version,
        "executable": found.executable,
    }
    facts |= {package.name: package.version for package in found.packages}
    return {name: value for name, value in facts.items() if value}
