"""Index a TorchScript archive: the nodes of its inlined graph, its parameters and buffers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import Artifact, AttributeInfo, GraphIndex, InitializerInfo, NodeInfo, TensorInfo
from modelpack_gui.stages.inspection.attributes import LIST_ITEMS, TENSOR_ITEMS, shortened
from modelpack_gui.stages.inspection.origin import Origin, location_of_source_range, origin_of_hierarchy
from modelpack_gui.stages.inspection.torchscript_file import load_torchscript
from modelpack_gui.stages.source.inputs import dtype_name

CANCEL_EVERY = 2000
_TYPES = {
    "i": "INT",
    "f": "FLOAT",
    "s": "STRING",
    "t": "TENSOR",
    "g": "GRAPH",
    "is": "INTS",
    "fs": "FLOATS",
    "ss": "STRINGS",
    "ts": "TENSORS",
    "gs": "GRAPHS",
    "ival": "IVALUE",
}


@dataclass
class _Index:
    """What is gathered while walking through the blocks.

    Attributes:
        paths: Path of the module or parameter that a value holds, by the value's own name.
        parameters: Description of each parameter and buffer, by path.
    """

    context: Context
    parameters: Mapping[str, TensorInfo]
    nodes: list[NodeInfo] = field(default_factory=list)
    values: dict[str, TensorInfo] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)

    def shown_name(self, value: Any) -> str:
        """A parameter goes by its path, so that it can be found among the initializers; others by their own name."""
        name = str(value.debugName())
        path = self.paths.get(name, "")
        return path if path in self.parameters else name


def index_torchscript(artifact: Artifact, context: Context) -> GraphIndex:
    """Read the inlined graph of a TorchScript archive."""
    context.progress("Reading the graph", 0.0)
    module = load_torchscript(artifact.path)
    context.check_cancelled()
    context.progress("Listing nodes", 0.4)
    initializers = tuple(
        InitializerInfo(name, dtype_name(tensor.dtype), tuple(tensor.shape), tensor.numel() * tensor.element_size())
        for name, tensor in module.state_dict().items()
    )
    parameters = {item.name: TensorInfo(item.name, item.dtype, item.shape) for item in initializers}
    index = _Index(context, parameters, values=dict(parameters))
    graph = module.inlined_graph
    inputs = list(graph.inputs())
    if inputs:
        index.paths[inputs[0].debugName()] = ""  # the module itself
    for value in inputs[1:]:
        index.values[value.debugName()] = _value_info(value.debugName(), value)
    _add_nodes(index, graph, "")
    counts = Counter(node.op_type for node in index.nodes)
    return GraphIndex(
        artifact=artifact,
        graph_name=str(module.original_name),
        nodes=tuple(index.nodes),
        initializers=initializers,
        values=index.values,
        op_counts=dict(counts.most_common()),
    )


def _add_nodes(index: _Index, block: Any, where: str) -> None:
    for node in block.nodes():
        number = len(index.nodes)
        if number % CANCEL_EVERY == 0:
            index.context.check_cancelled()
        kind = node.kind()
        inputs = list(node.inputs())
        outputs = list(node.outputs())
        attribute_path = _follow_attribute(index, node, inputs, outputs) if kind == "prim::GetAttr" else None
        domain, _, op_type = kind.partition("::")
        infos = tuple(_output_info(index, value) for value in outputs)
        for info in infos:
            index.values.setdefault(info.name, info)
        origin = _origin(node) if attribute_path is None else Origin(attribute_path)
        index.nodes.append(
            NodeInfo(
                index=number,
                op_type=op_type,
                domain=domain,
                name="",
                module_path=origin.module_path,
                inputs=tuple(index.shown_name(value) for value in inputs),
                outputs=tuple(info.name for info in infos),
                output_infos=infos,
                attributes=tuple(_attribute_info(node, name) for name in node.attributeNames()),
                module_class=origin.module_class,
                source_location=location_of_source_range(str(node.sourceRange())),
                subgraph=where,
            )
        )
        for i, inner in enumerate(node.blocks()):
            _add_nodes(index, inner, f"node {number} / block {i}")


def _follow_attribute(index: _Index, node: Any, inputs: list[Any], outputs: list[Any]) -> str | None:
    """Note what an attribute read gives; the path of the module it is read from, None if that is not known."""
    owner = index.paths.get(inputs[0].debugName())
    if owner is None:
        return None
    name = node.s("name")
    index.paths[outputs[0].debugName()] = f"{owner}.{name}" if owner else name
    return owner


def _output_info(index: _Index, value: Any) -> TensorInfo:
    name = index.shown_name(value)
    return index.parameters.get(name) or _value_info(name, value)


def _value_info(name: str, value: Any) -> TensorInfo:
    """Tensors mostly lose dtype and shape when saved; other values spell their TorchScript type."""
    kind = value.type()
    if kind.kind() != "TensorType":
        return TensorInfo(name, shortened(str(kind)), None)
    dtype = kind.dtype()
    sizes = kind.sizes()
    return TensorInfo(name, dtype_name(dtype) if dtype else "", tuple(sizes) if sizes is not None else None)


def _origin(node: Any) -> Origin:
    return origin_of_hierarchy(node.getModuleHierarchy())


def _attribute_info(node: Any, name: str) -> AttributeInfo:
    kind = node.kindOf(name)
    return AttributeInfo(name, _TYPES.get(kind, kind), _attribute_text(kind, getattr(node, kind)(name)))


def _attribute_text(kind: str, value: Any) -> str:
    if kind == "t":
        return _tensor_text(value)
    if kind in ("is", "fs", "ss"):
        items = ", ".join(str(item) for item in value[:LIST_ITEMS])
        return f"[{items}{f', … ({len(value)} items)' if len(value) > LIST_ITEMS else ''}]"
    if kind == "ts":
        return f"{len(value)} tensors"
    if kind in ("g", "gs"):
        return "graph"
    return shortened(str(value))


def _tensor_text(tensor: Any) -> str:
    shape = " × ".join(str(size) for size in tensor.shape) or "scalar"
    label = f"{dtype_name(tensor.dtype)} {shape}"
    if not 0 < tensor.numel() <= TENSOR_ITEMS:
        return label
    return f"{label}: {', '.join(f'{item:.7g}' for item in tensor.reshape(-1).tolist())}"
