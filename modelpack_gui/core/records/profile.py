"""Where a runner's time goes, operator by operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelpack_gui.core.records.bench import RunnerSpec
from modelpack_gui.core.records.source import InputSpec, ModelSource


@dataclass(frozen=True)
class ProfileRequest:
    """Profile one runner on the example inputs, in a process of its own.

    Attributes:
        runs: Profiled runs, after `warmup_runs` that are not.
        threads: Intra-op threads; None takes the physical cores.
    """

    runner: RunnerSpec
    source: ModelSource
    inputs: tuple[InputSpec, ...]
    artifact_path: str
    threads: int | None = None
    warmup_runs: int = 10
    runs: int = 50


@dataclass(frozen=True)
class ProfileRow:
    """One node of the graph that really ran, or one operator call site of eager PyTorch.

    Attributes:
        name: Of the node as the runtime names it; of an operator its name and module.
        op_type: `Conv`, `FusedConv`, `QLinearConv`, `aten::conv2d`.
        provider: Execution provider that ran it, or the device.
        mean_us: A run of the model, all calls together, microseconds, less what the profiler adds. Each moment
            counts for one row only: of operators of PyTorch inside one another for the outermost, of ONNX nodes for
            the innermost.
        calls: A run of the model.
        share: Of the sum over all rows, 0..1.
        originals: Names of nodes of the artifact that it stands for, where the names tell; empty if they do not.
        module: Path of the innermost PyTorch module that holds all of it; empty if unknown.
        is_fallback: Whether it runs on the CPU although another provider was asked for.
        output_bytes: Of one run; 0 if unknown.
        modules: Paths of all modules that it does work of, for a fused node several; empty if unknown.
        indices: `NodeInfo.index` of each of `originals`; empty if those are unknown.
        kernel: What computes it, as the runtime calls that, such as `brgconv_avx512_f32`; empty if it does not say.
    """

    name: str
    op_type: str
    provider: str
    mean_us: float
    calls: float
    share: float
    originals: tuple[str, ...] = ()
    module: str = ""
    is_fallback: bool = False
    output_bytes: int = 0
    modules: tuple[str, ...] = ()
    indices: tuple[int, ...] = ()
    kernel: str = ""


@dataclass(frozen=True)
class ProfileReport:
    """One runner's profile.

    Attributes:
        runner: Its key.
        wall_us: A run of the model with the profiler off, mean of the faster half of the runs, microseconds.
        profiled_us: The same with it on: how much the profiler itself costs.
        rows: Largest share first; of the same runs as `profiled_us`.
        overhead_us: A profiled run less all rows: the runtime's own work, copies in and out, and the profiler.
        providers: Number of nodes by execution provider.
        summary: Where most of it goes, in one plain sentence.
        notes: What to know, such as operators without a fast kernel here; one sentence each.
        facts: Versions, threads, optimisation level, CPU flags.
        artifact_path: Of the file that was run, as it was asked for; empty for a runner that runs the source.
        probe_us: What the profiler adds to one call of a node, or to one operator within another, as measured here;
            it is taken off the rows. 0 if it is not known.
    """

    runner: str
    title: str
    wall_us: float
    profiled_us: float
    runs: int
    rows: tuple[ProfileRow, ...]
    overhead_us: float
    providers: Mapping[str, int] = field(default_factory=dict)
    summary: str = ""
    notes: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    artifact_path: str = ""
    probe_us: float = 0.0
