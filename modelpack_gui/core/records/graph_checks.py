"""What is wrong with a graph, or could be better, and where."""

from __future__ import annotations

from dataclasses import dataclass

from modelpack_gui.core.records.inspection import GraphIndex
from modelpack_gui.core.records.lint import Severity


@dataclass(frozen=True)
class GraphChecksRequest:
    """Look for what is wrong with a graph that was read.

    Attributes:
        provider: Execution provider of ONNX Runtime whose kernels the operators are looked up in.
        reads_weights: Whether the bytes of weights are read, to find those that are stored twice.
    """

    index: GraphIndex
    provider: str = "CPUExecutionProvider"
    reads_weights: bool = True


@dataclass(frozen=True)
class GraphFinding:
    """One thing that a check found.

    Attributes:
        text: What it is, with the names of nodes and tensors.
        nodes: Where, by `NodeInfo.index`; the first is the one to look at.
        values: Tensors that it is about, by their numbers in the graph.
    """

    text: str
    nodes: tuple[int, ...] = ()
    values: tuple[int, ...] = ()


@dataclass(frozen=True)
class GraphCheckResult:
    """What one check found in all of the graph.

    Attributes:
        id: Stable name, such as `dead-nodes`.
        title: What it looks for: `Nodes that nothing uses`.
        severity: Of its findings.
        why: Why it matters.
        fix: What to do.
        total: How many it found; `findings` may hold fewer.
        problem: Why it could not look; empty if it did.
    """

    id: str
    title: str
    severity: Severity
    why: str
    fix: str
    findings: tuple[GraphFinding, ...] = ()
    total: int = 0
    problem: str = ""


@dataclass(frozen=True)
class GraphChecksReport:
    """All checks, those that found something first, the gravest of them at the head.

    Attributes:
        path: The artifact.
        provider: As it was asked.
        providers: Those that this ONNX Runtime has kernels of.
    """

    path: str
    results: tuple[GraphCheckResult, ...]
    provider: str
    providers: tuple[str, ...] = ()
    duration_s: float = 0.0

    def count(self, severity: Severity) -> int:
        """How many findings are of a severity."""
        return sum(result.total for result in self.results if result.severity == severity)
