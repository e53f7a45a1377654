"""Cut a part out of an ONNX graph: the nodes between some values and one, as a model of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelpack_gui.stages.inspection.onnx_shapes import infer_shapes
from modelpack_gui.stages.inspection.onnx_types import BFLOAT16, DTYPE_NAMES, external_entries
from modelpack_gui.stages.inspection.onnx_walk import graphs_of, reads, subgraphs_of, tensors_of

if TYPE_CHECKING:
    import numpy.typing as npt

_NOT_CONSTANT = ("Random", "Multinomial", "Bernoulli", "Quantize", "Dequantize")
_KEPT_METADATA = "pkg.torch.onnx.name_scopes"
"""Says which module a node came from. The stack traces beside it quote the user's own code and folders."""


@dataclass(frozen=True)
class Cut:
    """A part of a graph that makes one value.

    Attributes:
        target: The value.
        nodes: Positions of its nodes, in execution order.
        inputs: Values that it must be fed, in the order of their first use.
        stored: Constants of the file that it uses.
        fixed: Values that are computed from constants alone, kept as constants instead of what computes them.
    """

    target: str
    nodes: tuple[int, ...]
    inputs: tuple[str, ...]
    stored: tuple[str, ...]
    fixed: tuple[str, ...] = ()


class Graph:
    """The main graph of an ONNX file. Weights stay on the disk until a part that uses them is cut out.

    Attributes:
        inputs: Names of the values that it is fed.
        outputs: Names of its outputs.
    """

    def __init__(self, path: Path, scratch: Path) -> None:
        import onnx

        self._folder = path.parent
        self._model = onnx.load(str(path), load_external_data=False)
        graph = self._model.graph
        self._nodes = list(graph.node)
        self._stored = {tensor.name: tensor for tensor in graph.initializer}
        self._sparse = {tensor.values.name: tensor for tensor in graph.sparse_initializer}
        self._makers = {name: i for i, node in enumerate(self._nodes) for name in node.output if name}
        self._uses = [reads(node) for node in self._nodes]
        self._used_by: dict[str, list[int]] = {}
        for i, names in enumerate(self._uses):
            for name in names:
                self._used_by.setdefault(name, []).append(i)
        self._constant = self._constants()
        self._types = _types(infer_shapes(self._model, path, scratch)[0].graph)
        self.inputs = tuple(value.name for value in graph.input if value.name not in self._stored)
        self.outputs = tuple(value.name for value in graph.output)

    def __len__(self) -> int:
        return len(self._nodes)

    def node(self, position: int) -> Any:
        """The NodeProto at a position."""
        return self._nodes[position]

    def maker(self, value: str) -> int | None:
        """Position of the node that makes a value; None for inputs and constants."""
        return self._makers.get(value)

    def has(self, value: str) -> bool:
        """Whether there is such a value in the main graph."""
        return value in self._makers or value in self.inputs or value in self._stored

    def dtype(self, value: str) -> str:
        """As our records spell it; empty if it is not known, or no tensor."""
        return DTYPE_NAMES.get(self._types.get(value, 0), "")

    def maker_named(self, node_name: str) -> int | None:
        """Position of the node with that name; None if there is none."""
        return next((i for i, node in enumerate(self._nodes) if node.name == node_name), None)

    def after(self, value: str) -> frozenset[int]:
        """The nodes that depend on a value."""
        found: set[int] = set()
        waiting = list(self._used_by.get(value, ()))
        while waiting:
            position = waiting.pop()
            if position not in found:
                found.add(position)
                waiting += [i for name in self._nodes[position].output for i in self._used_by.get(name, ())]
        return frozenset(found)

    def fixed(self, cut: Cut) -> Cut:
        """The part without what computes constants only; quantised ones stay, as runtimes look for their nodes."""
        made = {name for i in cut.nodes for name in self._nodes[i].output}
        moving = [i for i in cut.nodes if not self._constant.issuperset(self._nodes[i].output)]
        used = {name for i in moving for name in self._uses[i]}
        found = tuple(name for name in dict.fromkeys(used) if name in made and name in self._constant)
        plain = self.cut(cut.target, {*cut.inputs, *found}) if moving else cut
        return Cut(
            cut.target, plain.nodes, tuple(name for name in plain.inputs if name not in found), plain.stored,
            tuple(name for name in plain.inputs if name in found),
        )  # fmt: skip

    def _constants(self) -> frozenset[str]:
        """Values that are computed from nothing but constants."""
        found: set[str] = {*self._stored, *self._sparse}
        for node, uses in zip(self._nodes, self._uses, strict=True):
            if found.issuperset(uses) and not node.op_type.startswith(_NOT_CONSTANT):
                found.update(name for name in node.output if name)
        return frozenset(found)

    def cut(self, target: str, stops: Collection[str] = ()) -> Cut:
        """The part that makes `target` from the values in `stops`, and from the graph's inputs where needed."""
        nodes: set[int] = set()
        waiting = [target]
        while waiting:
            name = waiting.pop()
            maker = self._makers.get(name)
            if maker is None or maker in nodes or (name in stops and name != target):
                continue
            nodes.add(maker)
            waiting += self._uses[maker]
        ordered = tuple(sorted(nodes))
        made = {name for i in ordered for name in self._nodes[i].output}
        # A node may make several values: one of them can be both made here and among the stops.
        fed = [name for i in ordered for name in self._uses[i] if name not in made] or [target][: not ordered]
        stored = tuple(dict.fromkeys(name for name in fed if name in self._stored or name in self._sparse))
        inputs = tuple(dict.fromkeys(name for name in fed if name not in stored))
        return Cut(target, ordered, inputs, stored)

    def extract(
        self, cut: Cut, feeds: Mapping[str, npt.NDArray[Any]], wanted: Sequence[str] = (), as_dtype: str = ""
    ) -> Any:
        """The part as a ModelProto whose inputs have the shapes of `feeds`; their values are not in it.

        Its inputs are those of the cut and its outputs are the wanted values, in order; their names may differ:
        what is bfloat16 goes in and out as float32, which holds it exactly and numpy knows.

        Args:
            wanted: The values to give; empty for the target alone.
            as_dtype: Cast the target to this floating-point dtype, where it is of another one.
        """
        import onnx
        from onnx import helper

        before: list[Any] = []
        after: list[Any] = []
        inputs, outputs = [], []
        for name in cut.inputs:
            array = feeds[name]
            elem_type = helper.np_dtype_to_tensor_dtype(array.dtype)
            fed = name
            if self._types.get(name) == BFLOAT16:
                fed = f"{name}.float32"
                before.append(helper.make_node("Cast", [fed], [name], to=BFLOAT16))
            inputs.append(helper.make_tensor_value_info(fed, elem_type, array.shape))
        for name in wanted or (cut.target,):
            given, elem_type = name, self._types.get(name, 0)
            dtype = self.dtype(name)
            other = as_dtype if name == cut.target and as_dtype and "float" in dtype and as_dtype != dtype else ""
            if elem_type == BFLOAT16:
                other = other or "float32"
            if other or not cut.nodes:  # an output must be made by a node
                given = output_name(name)
                elem_type = _elem_type(other) if other else elem_type
                kind = {"to": elem_type} if other else {}
                after.append(helper.make_node("Cast" if other else "Identity", [name], [given], **kind))
            known = helper.make_tensor_value_info(given, elem_type, None)
            outputs.append(known if elem_type else onnx.ValueInfoProto(name=given))
        model = onnx.ModelProto(
            ir_version=self._model.ir_version,
            producer_name=self._model.producer_name,
            producer_version=self._model.producer_version,
            opset_import=self._model.opset_import,
        )
        model.functions.extend(self._functions(cut))
        for function in model.functions:
            _strip(function)
        graph = model.graph
        graph.name = "repro"
        graph.node.extend((*before, *(self._nodes[i] for i in cut.nodes), *after))
        graph.input.extend(inputs)
        graph.output.extend(outputs)
        graph.initializer.extend(onnx.numpy_helper.from_array(feeds[name], name) for name in cut.fixed)
        graph.initializer.extend(self._stored[name] for name in cut.stored if name in self._stored)
        graph.sparse_initializer.extend(self._sparse[name] for name in cut.stored if name in self._sparse)
        for inner in graphs_of(graph):
            _strip(inner)
        for tensor in tensors_of(graph):
            if external_entries(tensor):
                onnx.external_data_helper.load_external_data_for_tensor(tensor, str(self._folder))
                tensor.data_location = onnx.TensorProto.DEFAULT
                del tensor.external_data[:]
        return model

    def _functions(self, cut: Cut) -> list[Any]:
        """The local functions that its nodes call, and those that these call."""
        known = {(item.domain, item.name): item for item in self._model.functions}
        found: dict[tuple[str, str], Any] = {}
        waiting = [self._nodes[i] for i in cut.nodes]
        while waiting:
            node = waiting.pop()
            key = (node.domain, node.op_type)
            if key in known and key not in found:
                found[key] = known[key]
                waiting += known[key].node
            for attribute in node.attribute:
                waiting += [item for inner in subgraphs_of(attribute) for item in inner.node]
        return list(found.values())


def output_name(value: str) -> str:
    """What a value is called that is cast on its way out."""
    return f"{value}.out"


def _types(graph: Any) -> dict[str, int]:
    """Element type of every tensor that is known."""
    found = {tensor.name: tensor.data_type for tensor in graph.initializer}
    for values in (graph.value_info, graph.input, graph.output):
        for value in values:
            if value.type.WhichOneof("value") == "tensor_type":
                found[value.name] = value.type.tensor_type.elem_type
    return found


def _elem_type(dtype: str) -> int:
    return next(number for number, name in DTYPE_NAMES.items() if name == dtype)


def _strip(graph: Any) -> None:
    """Take out what quotes the user's code: a zip for strangers holds the operators and not their source."""
    graph.doc_string = ""
    for item in (graph, *graph.node):
        if hasattr(item, "metadata_props"):
            kept = [entry for entry in item.metadata_props if entry.key == _KEPT_METADATA]
            del item.metadata_props[:]
            item.metadata_props.extend(kept)
    for node in graph.node:
        node.doc_string = ""
