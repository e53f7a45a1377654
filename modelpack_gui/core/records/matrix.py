"""The export matrix: every exporter at several opsets, each tried to the end and compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records.brief import ParityBrief
from modelpack_gui.core.records.export import ArtifactFormat, ExportRecord, ExportSpec
from modelpack_gui.core.records.latency import Estimate
from modelpack_gui.core.records.parity import ParitySpec
from modelpack_gui.core.records.source import InputSet, InputSpec, ModelSource
from modelpack_gui.core.records.tensors import Verdict

CellOutcome = Literal["waiting", "running", "exported", "failed", "crashed", "timed_out", "cancelled"]


@dataclass(frozen=True)
class MatrixChoice:
    """One cell to try.

    Attributes:
        opset_version: None for a format without opsets.
    """

    format: ArtifactFormat
    exporter: str
    opset_version: int | None = None


@dataclass(frozen=True)
class MatrixSpec:
    """What to try, and how.

    Attributes:
        workers: Cells at a time; 0 takes the machine's cores.
        latency_runs: Timed runs of each artifact at the end, for a quick look; 0 leaves that out.
        cell_limit_s: A cell that takes longer has hung, and is ended.
    """

    choices: tuple[MatrixChoice, ...]
    workers: int = 0
    latency_runs: int = 60
    cell_limit_s: float = 1800.0


@dataclass(frozen=True)
class MatrixRequest:
    """Try the cells of a matrix. The director turns it into one job for each cell, in a process of its own.

    Attributes:
        export: The options that all cells share; each overrides format, exporter, opset and output path.
        interpreter: As the recipe spells it; a result made with another one is out of date.
        is_fresh: Whether what an earlier run has kept is forgotten first.
    """

    source: ModelSource
    inputs: tuple[InputSpec, ...]
    export: ExportSpec
    parity: ParitySpec
    matrix: MatrixSpec
    input_sets: tuple[InputSet, ...] = ()
    interpreter: str = ""
    is_fresh: bool = False


@dataclass(frozen=True)
class MatrixCellRequest:
    """Export one cell, read it back, check it and compare it with the model.

    Attributes:
        threads: For torch and the runtime: several cells run at a time and share the cores.
    """

    choice: MatrixChoice
    source: ModelSource
    inputs: tuple[InputSpec, ...]
    export: ExportSpec
    parity: ParitySpec
    input_sets: tuple[InputSet, ...] = ()
    threads: int = 1


@dataclass(frozen=True)
class MatrixLatencyRequest:
    """Time an artifact for a quick look, in a fresh runtime, on one thread.

    Attributes:
        artifact_path: Empty only imports what timing needs, ahead of time.
    """

    artifact_path: str
    inputs: tuple[InputSpec, ...]
    runs: int


@dataclass(frozen=True)
class MatrixLatency:
    """A quick look at the latency, not a benchmark: few runs on one thread, one artifact after the other.

    Attributes:
        p50_ms: With the 95 % interval within this run; other runs may differ by more.
        runtime: What ran it.
    """

    p50_ms: Estimate
    runs: int
    runtime: str


@dataclass(frozen=True)
class MatrixSize:
    """The parity of a cell at one case.

    Attributes:
        label: `example`, `batch = 3`.
        max_abs_diff: Largest over its outputs; None if nothing could be compared.
        max_budget: Of the tolerance used; 1.0 is the limit.
        reason: Why it did not pass; empty if it did.
    """

    label: str
    seed: int
    verdict: Verdict
    max_abs_diff: float | None
    max_budget: float | None
    reason: str = ""


@dataclass(frozen=True)
class MatrixFinding:
    """A check of a cell's artifact that did not pass."""

    title: str
    verdict: Verdict
    explanation: str
    fix: str = ""


@dataclass(frozen=True)
class MatrixCell:
    """One cell: what was tried, and how far it came.

    Attributes:
        outcome: `exported` says only that a file was made: check, loads and parity judge it.
        message: What it is doing, while it runs.
        error: Why nothing was exported; None if it was.
        export: What came out; None if nothing did.
        check: The worst of all checks of the file.
        loads: Whether a runtime loads and runs it.
        findings: The checks that did not pass.
        parity: None if it could not be compared; then `parity_error` says why.
        sizes: The parity case by case.
        nodes: Of the artifact's graph; None if they could not be counted.
        duration_s: Of the whole cell, in its worker.
        latency_error: Why the latency could not be looked at.
    """

    choice: MatrixChoice
    outcome: CellOutcome
    message: str = ""
    error: ErrorInfo | None = None
    export: ExportRecord | None = None
    check: Verdict | None = None
    loads: Verdict | None = None
    findings: tuple[MatrixFinding, ...] = ()
    parity: ParityBrief | None = None
    parity_error: ErrorInfo | None = None
    sizes: tuple[MatrixSize, ...] = ()
    nodes: int | None = None
    duration_s: float | None = None
    latency: MatrixLatency | None = None
    latency_error: ErrorInfo | None = None

    @property
    def opset_got(self) -> int | None:
        """Opset of the artifact; None without one, and for formats without opsets."""
        return None if self.export is None else self.export.artifact.opset_version

    @property
    def artifact_path(self) -> str:
        """Absolute path of the artifact; empty without one."""
        return "" if self.export is None else self.export.artifact.path

    @property
    def size_bytes(self) -> int | None:
        """Of the artifact, data files included."""
        return None if self.export is None else self.export.artifact.size_bytes

    @property
    def mismatches(self) -> int:
        """How much of what was asked was not got."""
        return 0 if self.export is None else len(self.export.mismatches)

    @property
    def is_as_asked(self) -> bool:
        """Whether its export is as asked, and nothing is known that makes it doubtful; True without one."""
        return self.export is None or self.export.verdict is Verdict.PASSED

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it in this run."""
        return self.outcome not in ("waiting", "running")


@dataclass(frozen=True)
class MatrixReport:
    """The whole matrix.

    Attributes:
        cells: In the order they were asked for.
        recommended: The cell to use; None if none can be.
        reason: Why that one, in one sentence.
        is_complete: False if it was cancelled; the cells finished until then are kept.
        reused: How many cells an earlier run had finished already.
        workers: Cells that ran at a time.
    """

    cells: tuple[MatrixCell, ...]
    recommended: MatrixChoice | None
    reason: str
    is_complete: bool
    duration_s: float
    reused: int = 0
    workers: int = 1
