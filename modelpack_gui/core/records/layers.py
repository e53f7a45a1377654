"""Parity layer by layer: the artifact's intermediate values against eager PyTorch's."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from modelpack_gui.core.explain.explanation import SourcePlace
from modelpack_gui.core.records.export import DynamicDim
from modelpack_gui.core.records.parity import CaseChoice, ParitySpec
from modelpack_gui.core.records.source import InputSet, InputSpec, ModelSource
from modelpack_gui.core.records.tensors import TensorInfo, Verdict


@dataclass(frozen=True)
class LayersRequest:
    """Compare layer by layer at one case.

    Attributes:
        artifact_path: An ONNX file or a .pt2; where `parity` names an actual artifact, that one counts.
        case: The inputs; those of the worst case of a parity report, say.
        optimizations: Levels to run the artifact at, see RuntimeChoice; values that an optimisation fuses away are
            listed as such.
        memory_bytes: How much the intermediate values that live at once may take, both sides together.
        only: Names of the values to look at; empty for all that can be aligned.
    """

    source: ModelSource
    inputs: tuple[InputSpec, ...]
    artifact_path: str
    dynamic: tuple[DynamicDim, ...]
    parity: ParitySpec
    input_sets: tuple[InputSet, ...] = ()
    case: CaseChoice = field(default_factory=CaseChoice)
    optimizations: tuple[str, ...] = ("off", "all")
    memory_bytes: int = 512 << 20
    only: tuple[str, ...] = ()


class AlignedBy(str, Enum):
    """How a value of the artifact was found in the eager run."""

    MODULE = "module"  # output of the module with that path
    OPERATION = "operation"  # output of the operation on that source line
    OUTPUT = "output"  # output of the model


@dataclass(frozen=True)
class LayerRow:
    """One value of the artifact beside its eager counterpart, at one level of optimisation.

    All errors are over the elements finite on both sides.

    Attributes:
        node: Index of the node that makes it, as NodeInfo.index.
        value: Name of the value.
        depth: Position in execution order among all rows of the level, from 0; the x axis of the chart.
        eager_name: What it is in the eager run: `stages.0.first.0`, or `stages.0: relu (shapes.py:41)`.
        optimization: Level that it was measured at.
        max_budget: As OutputParity, at the request's tolerances.
        noise_floor: The unit of noise_ratio, as NoiseFigures.floor: larger where the artifact computes in less than
            eager's precision; None if not measured.
        noise_ratio: Largest error against float64 in noise floors; None as above.
        propagated: Largest max_abs_diff among the aligned values that it is computed from; None if there are none.
        introduced: Largest error of this node (or of the nodes since those values) when replayed on eager's own
            values; None where it was not replayed.
        misplaced: NaN or Inf at other places.
        is_fault: Whether its error rises beyond what its inputs explain.
    """

    node: int
    node_name: str
    op_type: str
    value: str
    depth: int
    info: TensorInfo
    module_path: str
    source_location: str
    aligned_by: AlignedBy
    eager_name: str
    optimization: str
    verdict: Verdict
    reason: str
    max_abs_diff: float | None
    max_rel_diff: float | None
    rmse: float | None
    max_ulp: float | None
    max_budget: float | None
    noise_floor: float | None = None
    noise_ratio: float | None = None
    propagated: float | None = None
    introduced: float | None = None
    misplaced: int = 0
    max_expected: float | None = None
    is_fault: bool = False


class Unaligned(str, Enum):
    """Why a node has no row."""

    FOLDED = "folded"  # constant
    FUSED = "fused"  # gone at that level of optimisation, as part of another
    INTERNAL = "internal"  # helper inside of what is one operation in PyTorch
    NO_COUNTERPART = "no counterpart"


@dataclass(frozen=True)
class UnalignedNode:
    """A node that has no row at a level of optimisation; `optimization` is empty if at none.

    Attributes:
        text: Why, in one sentence: `part of the fused Conv + Relu that makes relu_1`.
    """

    node: int
    node_name: str
    op_type: str
    reason: Unaligned
    text: str
    optimization: str = ""


@dataclass(frozen=True)
class LayerRows:
    """Rows as they come; later ones of the same value and level replace earlier ones (when replayed).

    Attributes:
        done, planned: Values compared so far, of so many.
    """

    rows: tuple[LayerRow, ...]
    done: int
    planned: int


@dataclass(frozen=True)
class LayerFault:
    """The first node where it goes wrong.

    Attributes:
        place: The line of the user's code; None if it is not known.
        is_confirmed: Whether the node alone, on eager's inputs, shows the error too.
        sentence: What, where and how much, in plain words.
        missing: What eager did between its inputs and its output that the artifact does not, `mul (shapes.py:44)`.
    """

    node: int
    node_name: str
    op_type: str
    value: str
    module_path: str
    place: SourcePlace | None
    optimization: str
    is_confirmed: bool
    sentence: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class LayersReport:
    """All rows, and the first fault.

    Attributes:
        nodes: Nodes of the artifact's main graph.
        aligned_share: Share of the nodes that are aligned or part of what is, 0..1, folded ones left out.
        peak_bytes: Most that intermediate values took at once.
    """

    artifact_path: str
    case: CaseChoice
    case_label: str
    parity: ParitySpec
    verdict: Verdict
    summary: str
    rows: tuple[LayerRow, ...]
    unaligned: tuple[UnalignedNode, ...]
    nodes: int
    aligned_share: float
    fault: LayerFault | None
    runtime: str
    duration_s: float
    peak_bytes: int = 0
