"""What a sample of latencies says. Times in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from modelpack_gui.core.records.tensors import Verdict

DoubtKind = Literal[
    "drift", "warm_up", "modes", "outliers", "stalls", "noisy_machine", "few_runs", "imprecise", "memory_grows"
]


@dataclass(frozen=True)
class Estimate:
    """A value with the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Doubt:
    """A reason to doubt a runner's figures.

    Attributes:
        kind: Stable identifier.
        text: In plain words, with the figures that show it.
    """

    kind: DoubtKind
    text: str


@dataclass(frozen=True)
class LatencyMode:
    """One hump of a distribution with several.

    Attributes:
        center_ms: Where it is highest.
        share: Of the samples that belong to it, 0..1.
    """

    center_ms: float
    share: float


@dataclass(frozen=True)
class LatencySummary:
    """What the samples of one runner say. Times in milliseconds.

    A percentile is None where the sample is too small to carry it: where even the largest value may lie below it
    (`share ** count > 0.025`).

    Attributes:
        cov: Standard deviation over mean.
        outliers: Samples beyond Tukey's far fences (3 interquartile ranges); counted, never dropped.
        drift: Median of the last third over median of the first third.
        throughput_per_s: Calls a second at the mean latency.
        iqr_share: Interquartile range over median.
        modes: The humps, if there are several; empty for a distribution with one.
    """

    count: int
    mean_ms: float
    std_ms: float
    min_ms: float
    max_ms: float
    p50_ms: Estimate
    p95_ms: Estimate | None
    p99_ms: Estimate | None
    cov: float
    outliers: int
    drift: float
    throughput_per_s: float
    p999_ms: Estimate | None = None
    iqr_share: float = 0.0
    modes: tuple[LatencyMode, ...] = ()


@dataclass(frozen=True)
class ColdStart:
    """What comes before a runner's latency is steady. Unknown times are None.

    Attributes:
        process_start_s: From starting its process until that was ready for a command.
        load_s: From the command until ready: imports, building or reading the model, optimising it, a first run.
        compile_s: Of `load_s`, what a compiler took (`torch.compile`, AOTInductor).
        first_run_ms: Latency of the very first run.
        steady_after_runs: Runs before the latency stayed steady; None if it did not within the warm-up.
        steady_after_s: The time of those runs together.
    """

    process_start_s: float | None = None
    load_s: float | None = None
    compile_s: float | None = None
    first_run_ms: float | None = None
    steady_after_runs: int | None = None
    steady_after_s: float | None = None


@dataclass(frozen=True)
class OutputsCheck:
    """A runner's outputs against those of the reference (eager, where there is a PyTorch model).

    Attributes:
        verdict: PASSED within the tolerances; WARNING beyond them, but by a runner that trades accuracy for speed on
            purpose (INT8, float16) and still tells the same; FAILED: a fast wrong answer, its speed does not count;
            SKIPPED: not compared, `note` says why.
        reference: Key of the runner that gave the expected outputs.
        worst_ratio: Largest |d| / (atol + rtol |expected|); 1 is the limit.
        sqnr_db: Signal over quantisation noise, 10 log10(sum expected^2 / sum d^2), of the worst output; None if
            there is no difference.
        top1_agreement: Share of rows with the same largest entry, where the output looks like class scores.
        note: What was found, one sentence.
    """

    verdict: Verdict
    reference: str = ""
    max_abs_diff: float | None = None
    max_rel_diff: float | None = None
    worst_ratio: float | None = None
    sqnr_db: float | None = None
    top1_agreement: float | None = None
    note: str = ""

    @property
    def is_valid(self) -> bool:
        """Whether the speed counts."""
        return self.verdict is not Verdict.FAILED
