"""An artifact's graph as plain records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from modelpack_gui.core.records.export import Artifact
from modelpack_gui.core.records.source import InputSpec
from modelpack_gui.core.records.tensors import TensorInfo


@dataclass(frozen=True)
class InspectRequest:
    """Read the graph of an artifact.

    Attributes:
        folder: Absolute path of the folder for its columns; the job's scratch folder if empty.
        inputs: Example inputs that a TorchScript archive is read with: it keeps no shapes. Without any, those that it
            says it was exported with.
    """

    path: str
    folder: str = ""
    inputs: tuple[InputSpec, ...] = ()


@dataclass(frozen=True)
class AttributeInfo:
    """One attribute of a node; `value` is its text, shortened where long, `type` as ONNX names it."""

    name: str
    type: str
    value: str


@dataclass(frozen=True)
class NodeInfo:
    """One node.

    Attributes:
        index: Position in the graph, from 0; nodes of subgraphs follow their owner.
        domain: The default domain is spelled `ai.onnx`.
        module_path: Of the PyTorch module it came from (`stages.0.first.0`); empty if unknown.
        module_class: That module's class; empty if unknown.
        inputs: Value names; an omitted optional input is an empty string.
        output_infos: One for each output, dtype and shape after shape inference.
        source_location: `file:line` of the Python that made it; empty if unknown.
        subgraph: Where it is, such as `node 12 / then_branch`; empty in the main graph.
    """

    index: int
    op_type: str
    domain: str
    name: str
    module_path: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    output_infos: tuple[TensorInfo, ...]
    attributes: tuple[AttributeInfo, ...] = ()
    module_class: str = ""
    source_location: str = ""
    doc: str = ""
    subgraph: str = ""


@dataclass(frozen=True)
class InitializerInfo:
    """A constant stored in the file.

    Attributes:
        external: Name of the data file that holds it; empty when it is in the main file.
        note: What is particular about it, such as `sparse, 12 stored` or `weights.bin is missing`.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    size_bytes: int
    external: str = ""
    note: str = ""


DataFileState = Literal["present", "moved", "missing", "short", "outside"]


@dataclass(frozen=True)
class DataFile:
    """A file beside the model that holds tensors of it.

    Attributes:
        name: As the model names it, relative to its own folder.
        path: Absolute path of the file that was found; empty if there is none.
        state: `present`; `moved` (one of that name lies elsewhere in the model's folder); `missing`; `short` (it ends
            before the tensors in it do); `outside` (the model points out of its folder: not looked at).
        size_bytes: Of the file that was found.
        needed_bytes: Where the last tensor in it ends.
        tensors: How many are in it.
    """

    name: str
    path: str
    state: DataFileState
    size_bytes: int
    needed_bytes: int
    tensors: int


@dataclass(frozen=True)
class GraphIndex:
    """The facts about an artifact's graph; the graph itself lies in a file of columns (see `core.graph`).

    Attributes:
        columns: Absolute path of that file, for `Graph.read`.
        node_count: Nodes of the main graph, of subgraphs and of local functions.
        initializer_count: Constants stored in the file.
        parameters: Elements of the initializers.
        weight_bytes: Their bytes.
        op_counts: Nodes per op_type, most frequent first.
        shape_inference_error: What shape inference said; empty if it succeeded.
        data_files: Where the tensors are that are not in the file itself.
        notes: What is odd about the file and does not keep it from being read, a sentence each.
        duration_s: Wall time of the stage.
    """

    artifact: Artifact
    graph_name: str
    columns: str
    node_count: int
    initializer_count: int
    parameters: int
    weight_bytes: int
    op_counts: Mapping[str, int]
    metadata: Mapping[str, str] = field(default_factory=dict)
    shape_inference_error: str = ""
    data_files: tuple[DataFile, ...] = ()
    notes: tuple[str, ...] = ()
    duration_s: float = 0.0


@dataclass(frozen=True)
class TensorStatsRequest:
    """Read one stored tensor and describe its values.

    Attributes:
        name: Of an initializer, or of what a Constant node gives.
    """

    path: str
    name: str


@dataclass(frozen=True)
class TensorStats:
    """Statistics of one initializer's values.

    Attributes:
        minimum, maximum, mean, std: Over the finite elements, in float64; None if there are none.
        counts: Histogram of the finite elements; `edges` has one more item than `counts`.
        preview: The first few values as text.
        zero_slices: Slices along the first axis, such as output channels, that hold zeros only; None for tensors of
            one axis and of strings.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    elements: int
    size_bytes: int
    minimum: float | None
    maximum: float | None
    mean: float | None
    std: float | None
    zeros: int
    nans: int
    infs: int
    counts: tuple[int, ...]
    edges: tuple[float, ...]
    preview: str = ""
    zero_slices: int | None = None
