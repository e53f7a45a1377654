"""Two graphs laid side by side: two files, or a file and what ONNX Runtime makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelpack_gui.core.records.inspection import GraphIndex

OPTIMIZER_LEVELS: Mapping[str, str] = {
    "basic": "Basic: same operators, fewer nodes",
    "extended": "Extended: fused operators of ONNX Runtime's own",
    "all": "All: laid out for this processor as well",
}
"""How far ONNX Runtime optimises, and what that means; the last is what a session does unless told otherwise."""


@dataclass(frozen=True)
class GraphCompareRequest:
    """Compare the graphs of two artifacts.

    Attributes:
        path, other: The files, the one from before first.
        index, other_index: Their graphs where they have been read; a file that was not is read first.
        folder: Absolute path of the folder for what is written; the job's scratch folder if empty.
        reads_weights: Whether the values of weights are compared too, which reads them from disk.
    """

    path: str
    other: str
    index: GraphIndex | None = None
    other_index: GraphIndex | None = None
    folder: str = ""
    reads_weights: bool = True


@dataclass(frozen=True)
class GraphOptimizedRequest:
    """Compare an ONNX file with what ONNX Runtime makes of it.

    Attributes:
        level: One of `OPTIMIZER_LEVELS`.
        index, folder: See `GraphCompareRequest`.
    """

    path: str
    level: str = "all"
    index: GraphIndex | None = None
    folder: str = ""


@dataclass(frozen=True)
class FactChange:
    """Something about a whole model that is another in the second.

    Attributes:
        aspect: `opset`, `input`, `output`, `metadata`, `file`, ...
        what: Which one: a domain, a name, a key.
        before, after: Empty if it has none.
    """

    aspect: str
    what: str
    before: str
    after: str


@dataclass(frozen=True)
class FusionPattern:
    """What the optimiser did in several places.

    Attributes:
        before: Op types that it took, in order.
        after: Op type that does the same; empty if none is left.
        why: In words, where there is no node any more: `computed beforehand`, `left out`.
        nodes: In how many places.
        befores: Nodes of the file, `NodeInfo.index`, each once, in order.
        afters: Nodes of the optimised graph.
    """

    before: tuple[str, ...]
    after: str
    why: str
    nodes: int
    befores: tuple[int, ...] = ()
    afters: tuple[int, ...] = ()


@dataclass(frozen=True)
class GraphComparison:
    """What two graphs have in common, and what not; the pairs lie in a file of columns.

    Attributes:
        before, after: The two graphs. The file of an optimised graph is the one that ONNX Runtime wrote.
        columns: Absolute path of the pairs and changes, for `Difference.read`.
        counts: Nodes by what became of them, see `core.graph.compare.difference.State`.
        clutter: Those among them that are put in and taken out without a change to what is computed, by state and op
            type, see `core.graph.compare.difference.CLUTTER`.
        aspects: In how many pairs each kind of thing differs, see `core.graph.compare.difference.ASPECTS`.
        facts: What differs of the models as a whole.
        patterns: What the optimiser did, most frequent first; empty for files.
        level: How far it was told to go; empty for files.
        notes: What to know, one sentence each.
        duration_s: Wall time of the job.
    """

    before: GraphIndex
    after: GraphIndex
    columns: str
    counts: Mapping[str, int]
    clutter: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    aspects: Mapping[str, int] = field(default_factory=dict)
    facts: tuple[FactChange, ...] = ()
    patterns: tuple[FusionPattern, ...] = ()
    level: str = ""
    notes: tuple[str, ...] = ()
    duration_s: float = 0.0

    @property
    def is_optimized(self) -> bool:
        """Whether the second graph is what ONNX Runtime makes of the first."""
        return bool(self.level)


@dataclass(frozen=True)
class WeightChangesRequest:
    """Measure how much the weights of pairs of nodes differ.

    Attributes:
        comparison: What was compared; its files hold the pairs and both graphs.
    """

    comparison: GraphComparison


@dataclass(frozen=True)
class WeightChange:
    """Two weights of one shape that differ.

    Attributes:
        node, other_node: That read them, in the first and the second graph.
        elements: Of each.
        changed: Elements that differ; NaN is no other value than NaN.
        max_abs, mean_abs: Largest and mean difference of the finite elements; None if there are none.
        relative: Euclidean norm of the difference over that of the first weight; None if the first is all zero.
    """

    name: str
    other_name: str
    node: int
    other_node: int
    dtype: str
    other_dtype: str
    shape: tuple[int, ...]
    elements: int
    changed: int
    max_abs: float | None
    mean_abs: float | None
    relative: float | None


@dataclass(frozen=True)
class WeightChanges:
    """How much weights differ, the most changed first.

    Attributes:
        unread: Names of weights that could not be read, and why.
    """

    rows: tuple[WeightChange, ...]
    unread: Mapping[str, str] = field(default_factory=dict)
    duration_s: float = 0.0
