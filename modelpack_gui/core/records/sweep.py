"""A sweep: many configurations of runner, file, threads and batch, measured one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records.bench import RunnerSpec, runner_specs
from modelpack_gui.core.records.export import DynamicDim
from modelpack_gui.core.records.latency import Doubt, Estimate, LatencySummary, OutputsCheck
from modelpack_gui.core.records.source import InputSpec, ModelSource

SweepOutcome = Literal["waiting", "running", "measured", "failed", "crashed", "timed_out", "cancelled"]


@dataclass(frozen=True)
class SweepSpec:
    """What to try: every runner, on every file that it takes, with every number of threads and every batch size.

    Attributes:
        artifacts: Files beside the recipe's own artifact, such as INT8 ones; runners that take them run each.
        threads: Empty takes 1 and the physical cores.
        batch_sizes: Empty takes that of the example inputs.
        iterations: Timed runs of a cell; fewer than 500 are a first look, and are marked so.
        cell_limit_s: A cell that takes longer has hung, and is ended.
        cell_budget_s: The timed runs of a cell end after this long; None sets no limit.
    """

    runners: tuple[RunnerSpec, ...] = runner_specs("eager", "onnxruntime")
    artifacts: tuple[str, ...] = ()
    threads: tuple[int, ...] = ()
    batch_sizes: tuple[int, ...] = ()
    warmup_runs: int = 20
    iterations: int = 200
    cell_budget_s: float | None = 20.0
    cell_limit_s: float = 600.0
    seed: int = 0


@dataclass(frozen=True)
class SweepChoice:
    """One cell. `batch_size` None leaves the example inputs as they are."""

    runner: RunnerSpec
    threads: int
    batch_size: int | None = None


@dataclass(frozen=True)
class SweepRequest:
    """Measure the cells of a sweep. The director turns it into one process for each cell.

    Attributes:
        interpreter: As the recipe spells it; a result made with another one is out of date.
        folder: Absolute; where finished cells are kept as they come, so that a later run goes on from there.
        is_fresh: Whether what an earlier run has kept is forgotten first.
    """

    source: ModelSource
    inputs: tuple[InputSpec, ...]
    artifact_path: str
    sweep: SweepSpec
    dynamic: tuple[DynamicDim, ...] = ()
    interpreter: str = ""
    folder: str = ""
    is_fresh: bool = False
    rtol: float = 1e-3
    atol: float = 1e-5


@dataclass(frozen=True)
class SweepCell:
    """One cell and what came of it.

    Attributes:
        title: Of the runner, options and file included.
        throughput_per_s: Items a second: batch size over p50.
        is_kept: Whether an earlier run measured it.
        error: Why it gave nothing; None if it did.
    """

    choice: SweepChoice
    title: str
    outcome: SweepOutcome
    summary: LatencySummary | None = None
    throughput_per_s: Estimate | None = None
    outputs: OutputsCheck | None = None
    peak_rss_bytes: int = 0
    size_bytes: int = 0
    doubts: tuple[Doubt, ...] = ()
    error: ErrorInfo | None = None
    duration_s: float = 0.0
    is_kept: bool = False


@dataclass(frozen=True)
class SweepReport:
    """All cells.

    Attributes:
        summary: The verdict in one plain sentence: which configuration has the lowest latency, which the most items a
            second.
        is_complete: False if it was cancelled; finished cells are kept.
    """

    sweep: SweepSpec
    cells: tuple[SweepCell, ...]
    summary: str
    machine: Mapping[str, str]
    is_complete: bool
    duration_s: float
    started_at: str = ""
