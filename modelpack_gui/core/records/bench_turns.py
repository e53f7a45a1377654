"""What the director of a benchmark asks of the processes: one part of the measuring each."""

from __future__ import annotations

from dataclasses import dataclass

from modelpack_gui.core.records.bench import RunnerSpec
from modelpack_gui.core.records.latency import OutputsCheck
from modelpack_gui.core.records.source import InputSpec, ModelSource


@dataclass(frozen=True)
class BenchPrepareRequest:
    """Make one runner ready in this process.

    Attributes:
        threads: Intra-op threads, unless the runner's own options say otherwise.
        fresh_inputs: Whether every run will get inputs of its own.
        pin_cpus: Logical processors to keep to, where the system can; empty leaves that free.
        seed: Of the fresh inputs.
        profile_folder: Absolute; where a runtime that profiles by itself shall write what it finds; empty for no
            profile.
        folder: Absolute; the same for all runners of a benchmark: inputs are kept there, so that they are drawn once,
            and a runner that does without torch need not load it. Empty takes the process's own scratch folder.
    """

    runner: RunnerSpec
    source: ModelSource
    inputs: tuple[InputSpec, ...]
    artifact_path: str
    threads: int
    fresh_inputs: bool = False
    pin_cpus: tuple[int, ...] = ()
    seed: int = 0
    profile_folder: str = ""
    folder: str = ""


@dataclass(frozen=True)
class BenchTurnRequest:
    """Run the prepared runner: first `settle_runs` that are not kept, then `runs` that are. `runner` is its key."""

    runner: str
    runs: int
    settle_runs: int = 0


@dataclass(frozen=True)
class LatencyTurn:
    """Latencies of one turn in order, milliseconds.

    Attributes:
        rss_bytes, peak_rss_bytes: Resident memory of the process now and at most; 0 if unknown.
        overhead_ns: What the loop costs around a call that does nothing, median.
    """

    runner: str
    latencies_ms: tuple[float, ...]
    rss_bytes: int = 0
    peak_rss_bytes: int = 0
    overhead_ns: float = 0.0


@dataclass(frozen=True)
class OutputsRequest:
    """Run the prepared runner once on the example inputs, and compare what it gives, or keep it to compare with.

    Attributes:
        runner: Its key.
        folder: Absolute; the reference's outputs are kept there as `.npy` files.
        is_reference: Whether this is the reference.
        reference: Key of the reference.
    """

    runner: str
    folder: str
    is_reference: bool
    reference: str
    rtol: float
    atol: float


@dataclass(frozen=True)
class RunnerOutputs:
    """What came of an OutputsRequest; of the reference, `check` is None."""

    runner: str
    check: OutputsCheck | None


@dataclass(frozen=True)
class CalibrationRequest:
    """Time a loop of known work `loops` times; its process does nothing else."""

    loops: int = 20


@dataclass(frozen=True)
class Calibration:
    """Those times, milliseconds, in order.

    Attributes:
        load_average: Of the system over a minute; None where there is none.
        others_running: How many other tasks of the system wanted a processor meanwhile, on average; None if unknown.
        frequency_mhz: Of the processor now; None if unknown.
    """

    latencies_ms: tuple[float, ...]
    load_average: float | None = None
    others_running: float | None = None
    frequency_mhz: float | None = None
