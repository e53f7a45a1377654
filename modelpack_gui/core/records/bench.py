"""A benchmark: its runners, each in a process of its own, in interleaved blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records.export import DynamicDim
from modelpack_gui.core.records.latency import ColdStart, Doubt, Estimate, LatencySummary, OutputsCheck
from modelpack_gui.core.records.source import InputSpec, ModelSource
from modelpack_gui.core.records.traffic import TrafficPoint

OptionValue = bool | int | float | str


@dataclass(frozen=True)
class RunnerSpec:
    """One runner as it shall be measured: which, with what options, on what file.

    Attributes:
        runner: Identifier from the registry.
        options: Those that are not the default, by name; `RunnerInfo.options` lists what a runner has.
        artifact: File that it runs, relative to the recipe's folder or absolute; empty takes the recipe's own
            (or the source, for a runner that needs no artifact).
        label: As shown; empty makes one from the title, the options and the file's name.
    """

    runner: str
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    artifact: str = ""
    label: str = ""

    @property
    def key(self) -> str:
        """What tells it from the others: `onnxruntime`, `onnxruntime[threads=1,file=a.onnx]`."""
        parts = [f"{name}={_spelled(self.options[name])}" for name in sorted(self.options)]
        if self.artifact:
            parts.append(f"file={self.artifact}")
        return f"{self.runner}[{','.join(parts)}]" if parts else self.runner


def _spelled(value: OptionValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def runner_specs(*runners: str) -> tuple[RunnerSpec, ...]:
    """Runners as they come, without options."""
    return tuple(RunnerSpec(runner) for runner in runners)


@dataclass(frozen=True)
class BenchSpec:
    """Settings of a benchmark.

    Attributes:
        runners: In the order they are shown; no two with the same key.
        warmup_runs: Before the first timed run of each runner; kept and drawn, not counted.
        iterations: Timed runs of each runner; with `precision`, the fewest.
        block_runs: Timed runs in one turn of a runner.
        threads: Intra-op threads, the same for every runner; None takes the physical cores.
        seed: Of the order of turns, of fresh inputs and of the intervals.
        precision: Go on until the half width of the 95 % interval of every runner's p50 is below this share of it
            (0.01 is 1 %); None runs `iterations`.
        time_budget_s: The timed runs end after this long, whatever was reached; None sets no limit.
        noise_run: Whether the baseline is measured twice, in two processes: what those differ by is noise (A/A).
        fresh_inputs: Whether every run gets inputs of its own, made before the clock starts.
        pin_cpus: Logical processors that the runners' processes keep to, where the system can; empty: any.
        batch_size: Size of the batch axis; None leaves the example inputs as they are.
        callers: Numbers of concurrent callers to try after the latencies (closed loop); empty leaves that out.
        rates_per_s: Arrival rates to try (open loop); empty leaves that out.
        load_s: How long each of those lasts, seconds.
        baseline: Key of the runner that the others are compared with; empty takes `eager`, else the first.
    """

    runners: tuple[RunnerSpec, ...] = runner_specs("eager", "torchscript_trace", "onnxruntime")
    warmup_runs: int = 50
    iterations: int = 500
    block_runs: int = 25
    threads: int | None = None
    seed: int = 0
    precision: float | None = None
    time_budget_s: float | None = None
    noise_run: bool = True
    fresh_inputs: bool = False
    pin_cpus: tuple[int, ...] = ()
    batch_size: int | None = None
    callers: tuple[int, ...] = ()
    rates_per_s: tuple[float, ...] = ()
    load_s: float = 3.0
    baseline: str = ""


@dataclass(frozen=True)
class BenchRequest:
    """Benchmark a model and its artifacts. The director turns it into jobs for one process a runner.

    Attributes:
        artifact_path: Of the recipe; empty if there is none.
        dynamic: Axes of the artifact that take any size; they say what the batch axis is.
        rtol, atol: Outputs of every runner must agree with eager's within them for its speed to count.
    """

    source: ModelSource
    inputs: tuple[InputSpec, ...]
    artifact_path: str
    bench: BenchSpec
    dynamic: tuple[DynamicDim, ...] = ()
    rtol: float = 1e-3
    atol: float = 1e-5


@dataclass(frozen=True)
class PreparedRunner:
    """A runner that is ready.

    Attributes:
        runner: Its key.
        provider: Device or execution provider that really runs it.
        load_time_s: From request to ready.
        peak_rss_bytes: Of the process so far; 0 if unknown.
        facts: Versions, number of threads, graph optimisation level, and the like.
        compile_s: Of `load_time_s`, what a compiler took; None if there is none.
        first_run_ms: Latency of the very first run; None if it was not timed.
        is_lossy: Whether it trades accuracy for speed on purpose: an INT8 or float16 file, a lower dtype.
        warnings: What to know of how it was set up, such as a provider that was asked for and not taken.
    """

    runner: str
    provider: str
    threads: int
    load_time_s: float
    peak_rss_bytes: int
    facts: Mapping[str, str] = field(default_factory=dict)
    compile_s: float | None = None
    first_run_ms: float | None = None
    is_lossy: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunnerResult:
    """One runner's samples and what they say.

    Attributes:
        runner: Its key.
        warmup_ms: Latencies of the warm-up runs, in order.
        latencies_ms: Of the timed runs, in order.
        speedup: p50 of the baseline over p50 of this runner; None for the baseline, when either is missing, and when
            its outputs are wrong.
        doubts: Reasons to doubt the figures.
        error: Why it could not be measured, or not to the end; None if it was.
        spec: What was asked for; None in a report of an older version.
        turns: Timed runs in each of its turns, in order; their sum is the number of latencies.
        outputs: Its outputs against the reference's; None if that was not looked at.
        peak_rss_bytes: Peak resident memory of its process, at the end; 0 if unknown.
        load: How it does under load, if that was asked for.
        sentence: What it means against the baseline, in plain words; empty for the baseline.
    """

    runner: str
    title: str
    prepared: PreparedRunner | None
    warmup_ms: tuple[float, ...]
    latencies_ms: tuple[float, ...]
    summary: LatencySummary | None
    speedup: Estimate | None
    doubts: tuple[Doubt, ...] = ()
    error: ErrorInfo | None = None
    spec: RunnerSpec | None = None
    turns: tuple[int, ...] = ()
    cold: ColdStart | None = None
    outputs: OutputsCheck | None = None
    peak_rss_bytes: int = 0
    load: tuple[TrafficPoint, ...] = ()
    sentence: str = ""

    @property
    def is_valid(self) -> bool:
        """Whether its speed counts: it was measured, and its answers are right."""
        return self.summary is not None and (self.outputs is None or self.outputs.is_valid)


@dataclass(frozen=True)
class MachineNoise:
    """How quiet the machine was, by a loop of known work between the rounds, in a process that does nothing else.

    Attributes:
        calibration_ms: Median time of the loop, before each round and after the last.
        spread: Of single times of that loop: (p95 - p50) / p50.
        load_before, load_after: The system's load average over a minute; None where there is none.
        is_noisy: Whether figures of this run should be doubted for it.
        aa_ratio: p50 of the baseline over its own, measured in a second process; None without such a run.
        band: Relative difference below which this run cannot tell two runners apart, such as 0.02.
        text: That in plain words.
    """

    calibration_ms: tuple[float, ...]
    spread: float
    load_before: float | None = None
    load_after: float | None = None
    is_noisy: bool = False
    aa_ratio: Estimate | None = None
    band: float | None = None
    text: str = ""


@dataclass(frozen=True)
class BenchReport:
    """All runners of one benchmark.

    Attributes:
        baseline: Key of the runner that speed-ups are against.
        summary: The verdict in one plain sentence.
        machine: Processor, governor, versions, seed, and all else that the figures depend on.
        is_complete: False if it was cancelled; the samples measured until then are kept.
        started_at: When it began, ISO 8601 in UTC to the second; empty if unknown.
        noise: None in a report of an older version.
        clock_overhead_ns: What the loop around a call costs by itself, the two readings of the clock included; it is
            in every latency, and is not taken off.
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
    started_at: str = ""
    noise: MachineNoise | None = None
    clock_overhead_ns: float | None = None
