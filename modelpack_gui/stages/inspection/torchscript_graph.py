"""Index a TorchScript archive: the nodes of its inlined graph, its parameters and buffers."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.figures import listed
from modelpack_gui.core.graph.builder import GraphBuilder
from modelpack_gui.core.graph.columns import ints
from modelpack_gui.core.graph.compare.pairs import shape_text
from modelpack_gui.core.graph.graph import Graph, Shape
from modelpack_gui.core.records import (
    Artifact,
    AttributeInfo,
    InitializerInfo,
    InputSpec,
    NodeInfo,
    TensorInfo,
    tensor_inputs,
)
from modelpack_gui.stages.inspection.attributes import SHORT, AttributeText
from modelpack_gui.stages.inspection.origin import Origin, location_of_source_range, origin_of_hierarchy
from modelpack_gui.stages.inspection.read_graph import ReadGraph
from modelpack_gui.stages.inspection.torchscript_file import DAMAGE, load_torchscript
from modelpack_gui.stages.inspection.torchscript_paths import module_paths
from modelpack_gui.stages.inspection.torchscript_shapes import ScriptTypes, script_types
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
_PYTHON_TYPES = {bool: "BOOL", int: "INT", float: "FLOAT", str: "STRING", list: "INTS"}


@dataclass
class _Index:
    """What is gathered while walking through the blocks.

    Attributes:
        modules: Path of the module that each node is in, by its number; empty where that cannot be told.
        types: Dtype and shape of the values, by their own names, where they could be found.
        paths: Path of the module or parameter that a value holds, by the value's own name.
        parameters: Description of each parameter and buffer, by path.
        texts: How much of an attribute is spelled out.
        has_places: Whether the debug information can be read.
    """

    context: Context
    parameters: Mapping[str, TensorInfo]
    builder: GraphBuilder
    texts: AttributeText
    modules: Sequence[str] = ()
    types: Mapping[str, tuple[str, Shape]] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    has_places: bool = True

    def place_of(self, node: Any) -> str:
        """`file:line` in the source; the archive's debug information is read only now.

        The graph stands without it. Where it is damaged torch takes seconds to say so, each time: it is asked once.
        """
        if not self.has_places:
            return ""
        try:
            return location_of_source_range(str(node.sourceRange()))
        except DAMAGE:
            self.has_places = False
            return ""

    def shown_name(self, value: Any) -> str:
        """A parameter goes by its path, so that it can be found among the initializers; others by their own name.

        The module itself is no value of the graph: an input that is left out.
        """
        name = str(value.debugName())
        path = self.paths.get(name)
        if path is None or (path and path not in self.parameters):
            return name
        return path


def read_torchscript(
    artifact: Artifact, context: Context, texts: AttributeText = SHORT, inputs: Sequence[InputSpec] = ()
) -> ReadGraph:
    """Read the inlined graph of a TorchScript archive.

    Args:
        inputs: Example inputs that shapes are found for, as the archive keeps none.
    """
    context.progress("Reading the graph", 0.0)
    module = load_torchscript(artifact.path)
    context.check_cancelled()
    context.progress("Listing nodes", 0.4)
    initializers = tuple(
        InitializerInfo(name, dtype_name(tensor.dtype), tuple(tensor.shape), tensor.numel() * tensor.element_size())
        for name, tensor in module.state_dict().items()
    )
    parameters = {item.name: TensorInfo(item.name, item.dtype, item.shape) for item in initializers}
    builder = GraphBuilder(str(module.original_name))
    for item in initializers:
        builder.add_initializer(item)
    found = script_types(module, inputs, context) if inputs else ScriptTypes()
    index = _Index(context, parameters, builder, texts, _module_paths(module), found.types)
    graph = module.inlined_graph
    ports = list(graph.inputs())
    if ports:
        index.paths[ports[0].debugName()] = ""  # the module itself
    builder.add_ports(0, [_output_info(index, value) for value in ports[1:]], ())
    _add_nodes(index, graph, 0)
    builder.add_ports(0, (), [_output_info(index, value) for value in graph.outputs()])
    made = builder.finish()
    if found.idle:
        idle = ints([made.text("scope_title", scope) in found.idle for scope in range(len(made.scopes))])
        made = Graph({**made.columns, "scope_idle": idle})
    notes = (f"The archive keeps no shapes: these are for {_inputs_text(inputs)}.",) if found.types else ()
    return ReadGraph(made, builder.graph_name, artifact, notes=notes)


def _inputs_text(inputs: Sequence[InputSpec]) -> str:
    return listed([f"{item.name} {item.dtype} {shape_text(item.shape)}" for item in tensor_inputs(inputs)])


def _add_nodes(index: _Index, block: Any, scope: int) -> None:
    builder = index.builder
    for node in block.nodes():
        if builder.node_count % CANCEL_EVERY == 0:
            index.context.check_cancelled()
        kind = node.kind()
        inputs = list(node.inputs())
        outputs = list(node.outputs())
        attribute_path = _follow_attribute(index, node, inputs, outputs) if kind == "prim::GetAttr" else None
        domain, _, op_type = kind.partition("::")
        infos = tuple(_output_info(index, value) for value in outputs)
        origin = _origin(index, node) if attribute_path is None else Origin(attribute_path)
        number = builder.add_node(
            NodeInfo(
                index=builder.node_count,
                op_type=op_type,
                domain=domain,
                name="",
                module_path=origin.module_path,
                inputs=tuple(index.shown_name(value) for value in inputs),
                outputs=tuple(info.name for info in infos),
                output_infos=infos,
                attributes=(
                    *(_attribute_info(index.texts, node, name) for name in node.attributeNames()),
                    *_constant_arguments(index.texts, node, inputs),
                ),
                module_class=origin.module_class,
                source_location=index.place_of(node),
            ),
            scope,
        )
        for i, inner in enumerate(node.blocks()):
            own = builder.add_scope(f"node {number} / block {i}", "subgraph", scope, number)
            builder.add_ports(own, [_output_info(index, value) for value in inner.inputs()], ())
            _add_nodes(index, inner, own)
            builder.add_ports(own, (), [_output_info(index, value) for value in inner.outputs()])


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
    typed = index.types.get(str(value.debugName()))
    if typed is not None and name not in index.parameters:
        return TensorInfo(name, *typed)
    return index.parameters.get(name) or _value_info(name, value)


def _value_info(name: str, value: Any) -> TensorInfo:
    """Tensors mostly lose dtype and shape when saved; other values spell their TorchScript type."""
    kind = value.type()
    if kind.kind() != "TensorType":
        text = "bool value" if kind.kind() == "BoolType" else str(kind)  # `bool` is a dtype of tensors
        return TensorInfo(name, SHORT.shortened(text), None)
    dtype = kind.dtype()
    sizes = kind.sizes()
    return TensorInfo(name, dtype_name(dtype) if dtype else "", tuple(sizes) if sizes is not None else None)


def _module_paths(module: Any) -> Sequence[str]:
    try:
        return module_paths(module)
    except DAMAGE:
        return ()


def _origin(index: _Index, node: Any) -> Origin:
    origin = origin_of_hierarchy(node.getModuleHierarchy())
    number = index.builder.node_count
    return Origin(index.modules[number], origin.module_class) if number < len(index.modules) else origin


def _attribute_info(texts: AttributeText, node: Any, name: str) -> AttributeInfo:
    kind = node.kindOf(name)
    return AttributeInfo(name, _TYPES.get(kind, kind), _attribute_text(texts, kind, getattr(node, kind)(name)))


def _constant_arguments(texts: AttributeText, node: Any, inputs: Sequence[Any]) -> Iterator[AttributeInfo]:
    """The arguments of an operator that are written in the archive as constants, by their names in its schema."""
    schema = node.schema()
    if not schema.startswith("aten::"):
        return
    for name, value in zip(_argument_names(schema), inputs, strict=False):
        found = _constant(value.node())
        if found is None:
            continue
        if isinstance(found, list):
            text = texts.listed(map(str, found[: texts.items]), len(found))
        else:
            text = texts.shortened(str(found))
        yield AttributeInfo(name, _PYTHON_TYPES.get(type(found), "IVALUE"), text)


@functools.lru_cache(maxsize=4096)
def _argument_names(schema: str) -> tuple[str, ...]:
    import torch

    return tuple(argument.name for argument in torch._C.parse_schema(schema).arguments)


def _constant(node: Any) -> Any:
    """What a node gives that is a number, a text, or a list of such; None for any other."""
    kind = node.kind()
    if kind == "prim::Constant":
        value = next(iter(node.outputs())).toIValue()
        return value if isinstance(value, (bool, int, float, str)) else None
    if kind == "prim::ListConstruct":
        items = [_constant(value.node()) for value in node.inputs()]
        return items if all(isinstance(item, (int, float)) for item in items) else None
    return None


def _attribute_text(texts: AttributeText, kind: str, value: Any) -> str:
    if kind == "t":
        return _tensor_text(texts, value)
    if kind == "ts":
        return texts.listed((_tensor_text(texts, item) for item in value[: texts.items]), len(value))
    if kind in ("is", "fs", "ss"):
        return texts.listed(map(str, value[: texts.items]), len(value))
    if kind in ("g", "gs"):
        return "graph"
    return texts.shortened(str(value))


def _tensor_text(texts: AttributeText, tensor: Any) -> str:
    shape = " × ".join(str(size) for size in tensor.shape) or "scalar"
    label = f"{dtype_name(tensor.dtype)} {shape}"
    if not 0 < tensor.numel() <= texts.elements:
        return label
    return texts.shortened(f"{label}: {', '.join(f'{item:.7g}' for item in tensor.reshape(-1).tolist())}")
