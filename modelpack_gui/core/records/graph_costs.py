"""What a graph costs: weights, arithmetic and memory, with the sizes that it leaves open chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class GraphCostsRequest:
    """Count what the nodes of a graph cost.

    Attributes:
        path: Absolute path of the artifact: of an ONNX file shapes are inferred anew with the chosen sizes.
        columns: Absolute path of its graph (see `GraphIndex.columns`).
        folder: Absolute path of the folder for the numbers; the job's scratch folder if empty.
        sizes: Of what the inputs leave open, by name (`batch`) or place (`image[0]`); the rest gets usual ones.
    """

    path: str
    columns: str
    folder: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class ChosenDim:
    """A size that the inputs leave open, and what it was taken for.

    Attributes:
        key: Its name in the file, or its place where it has none.
        places: The axes of inputs that have it: `image[0]`.
        is_assumed: Nobody chose it: it is a usual one.
    """

    key: str
    places: tuple[str, ...]
    size: int
    is_assumed: bool


@dataclass(frozen=True)
class CostSum:
    """A figure of several nodes.

    Attributes:
        value: Of those that are known; with `unknown` above zero it is at least that.
        unknown: Nodes of which it is not known.
    """

    value: float
    unknown: int = 0


@dataclass(frozen=True)
class OpTypeCosts:
    """The nodes of one op type. What is in graphs inside of nodes and in functions counts as theirs.

    Attributes:
        nodes: All there are, those in subgraphs and functions included.
        parameters, weight_bytes: Of initializers that they read, each once.
        formula, source: How macs and flops are counted, and where that is from; empty without a formula.
        why: Why something is unknown, in a few words; empty if all is known.
    """

    op_type: str
    domain: str
    nodes: int
    parameters: float
    weight_bytes: float
    macs: CostSum
    flops: CostSum
    activation_bytes: CostSum
    formula: str = ""
    source: str = ""
    why: str = ""


@dataclass(frozen=True)
class GraphCosts:
    """What a graph costs in all; by node and group it is in a file of columns (see `core.graph.costs.node_costs`).

    Attributes:
        costs: Absolute path of that file, for `Costs.read`.
        dims: The sizes that it was counted with.
        macs: Multiply-accumulates of products and convolutions.
        flops: Two for each of them, and one for each other arithmetic step.
        activation_bytes: All tensors that the nodes make, added up.
        peak_bytes: The most memory that tensors take at a time, weights not included; `unknown` counts tensors.
        peak_node: The node that runs then; -1 if there are no nodes.
        by_op: The op types with the most macs first.
        notes: What was odd, in sentences.
    """

    costs: str
    dims: tuple[ChosenDim, ...]
    parameters: float
    weight_bytes: float
    macs: CostSum
    flops: CostSum
    activation_bytes: CostSum
    peak_bytes: CostSum
    peak_node: int
    by_op: tuple[OpTypeCosts, ...]
    notes: tuple[str, ...] = ()
    duration_s: float = 0.0
