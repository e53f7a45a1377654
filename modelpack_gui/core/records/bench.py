"""Latency of the runners, each in a process of its own, in interleaved blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records.source import InputSpec, ModelSource


@dataclass(frozen=True)
class BenchSpec:
    """Settings of a benchmark.

    Attributes:
        runners: Identifiers from the registry, in the order they are shown.
        warmup_runs: Before the first timed run of each runner; kept and drawn, not counted.
        iterations: Timed runs of each runner.
        block_runs: Timed runs in one turn of a runner.
        threads: Intra-op threads, the same for every runner; None takes the physical cores.
        seed: Of the order of turns.
    """

    runners: tuple[str, ...] = ("eager", "torchscript_trace", "onnxruntime")
    warmup_runs: int = 50
    iterations: int = 500
    block_runs: int = 25
    threads: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class BenchRequest:
    """Benchmark a model and its artifact. The director turns it into prepare and turn jobs.

    Attributes:
        artifact_path: ONNX file for runners that need one; empty if there is none.
    """

    source: ModelSource
    inputs: tuple[InputSpec, ...]
    artifact_path: str
    bench: BenchSpec


@dataclass(frozen=True)
class BenchPrepareRequest:
    """Make one runner ready in this process."""

    runner: str
    source: ModelSource
    inputs: tuple[InputSpec, ...]
    artifact_path: str
    threads: int


@dataclass(frozen=True)
class PreparedRunner:
    """A runner that is ready.

    Attributes:
        provider: Device or execution provider that really runs it.
        load_time_s: From request to ready.
        peak_rss_bytes: Of the process so far; 0 if unknown.
        facts: Versions, number of threads, graph optimisation level, and the like.
    """

    runner: str
    provider: str
    threads: int
    load_time_s: float
    peak_rss_bytes: int
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BenchTurnRequest:
    """Run the prepared runner: first `settle_runs` that are not kept, then `runs` that are."""

    runner: str
    runs: int
    settle_runs: int = 0


@dataclass(frozen=True)
class LatencyTurn:
    """Latencies of one turn in order, milliseconds."""

    runner: str
    latencies_ms: tuple[float, ...]


@dataclass(frozen=True)
class Estimate:
    """A value with the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class LatencySummary:
    """What the samples of one runner say. Times in milliseconds.

    Attributes:
        cov: Standard deviation over mean.
        outliers: Samples beyond Tukey's far fences (3 interquartile ranges); counted, never dropped.
        drift: Median of the last third over median of the first third.
        throughput_per_s: Calls a second at the mean latency.
    """

    count: int
    mean_ms: float
    std_ms: float
    min_ms: float
    max_ms: float
    p50_ms: Estimate
    p95_ms: Estimate
    p99_ms: Estimate
    cov: float
    outliers: int
    drift: float
    throughput_per_s: float


@dataclass(frozen=True)
class RunnerResult:
    """One runner's samples and what they say.

    Attributes:
        warmup_ms: Latencies of the warm-up runs, in order.
        latencies_ms: Of the timed runs, in order; every `block_runs` of them are one turn.
        speedup: p50 of the baseline over p50 of this runner; None for the baseline and when either is missing.
        warnings: Reasons to doubt the figures, in plain words.
        error: Why it could not be measured; None if it was.
    """

    runner: str
    title: str
    prepared: PreparedRunner | None
    warmup_ms: tuple[float, ...]
    latencies_ms: tuple[float, ...]
    summary: LatencySummary | None
    speedup: Estimate | None
    warnings: tuple[str, ...] = ()
    error: ErrorInfo | None = None


@dataclass(frozen=True)
class BenchReport:
    """All runners of one benchmark.

    Attributes:
        baseline: Runner that speed-ups are against (`eager`, else the first that was measured).
        summary: The verdict in one plain sentence.
        is_complete: False if it was cancelled; the samples measured until then are kept.
    """

    bench: BenchSpec
    artifact_path: str
    baseline: str
    summary: str
    runners: tuple[RunnerResult, ...]
    threads: int
    machine: Mapping[str, str]
    is_complete: bool
    duration_s: float
