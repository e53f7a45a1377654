"""Index an ExportedProgram: the nodes of its graph, with the module and the line each came from."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.graph.builder import GraphBuilder
from modelpack_gui.core.records import Artifact, AttributeInfo, InitializerInfo, NodeInfo, TensorInfo
from modelpack_gui.stages.inspection.attributes import SHORT, AttributeText
from modelpack_gui.stages.inspection.origin import Origin, location_of_stack
from modelpack_gui.stages.inspection.pt2_program import Symbols, load_program
from modelpack_gui.stages.inspection.read_graph import ReadGraph
from modelpack_gui.stages.source.inputs import dtype_name

if TYPE_CHECKING:
    import torch

CANCEL_EVERY = 2000


def read_pt2(artifact: Artifact, context: Context, texts: AttributeText = SHORT) -> ReadGraph:
    """Read the graph of an ExportedProgram; parameters go by their path in the model, as in its state_dict."""
    context.progress("Reading the graph", 0.0)
    program, metadata = load_program(artifact.path)
    context.check_cancelled()
    context.progress("Listing nodes", 0.4)
    builder = GraphBuilder()
    for name, tensor in _shown_tensors(program).items():
        builder.add_initializer(InitializerInfo(name, dtype_name(tensor.dtype), tuple(tensor.shape), tensor.nbytes))
    walk = _Walk(builder, Symbols(program, metadata), context, _stored_names(program), texts)
    builder.add_ports(0, artifact.inputs, ())
    walk.add_nodes(program.graph_module, 0)
    builder.add_ports(0, (), artifact.outputs)
    builder.graph_name = walk.root_class or "ExportedProgram"
    return ReadGraph(builder.finish(), builder.graph_name, artifact, metadata)


def stored_tensors(program: torch.export.ExportedProgram) -> dict[str, torch.Tensor]:
    """Parameters, buffers and constants by their path in the model."""
    import torch

    constants = {name: value for name, value in program.constants.items() if isinstance(value, torch.Tensor)}
    return {**constants, **program.state_dict}


def _shown_tensors(program: torch.export.ExportedProgram) -> dict[str, torch.Tensor]:
    """Those of `stored_tensors` without the other names of shared ones that no node reads: tied weights are one."""
    stored = _stored_names(program)
    read = {stored.get(node.name) for node in program.graph.nodes if node.op == "placeholder" and node.users}
    tensors = stored_tensors(program)
    places = {_place(tensor) for name, tensor in tensors.items() if name in read}
    return {name: tensor for name, tensor in tensors.items() if name in read or _place(tensor) not in places}


def _place(tensor: torch.Tensor) -> tuple[object, ...]:
    """Where the elements lie; that of an empty tensor is its own."""
    return (tensor.data_ptr() or id(tensor), *tensor.shape, *tensor.stride())


def _stored_names(program: torch.export.ExportedProgram) -> dict[str, str]:
    """Path in the model by name of the graph's placeholder, of what is stored in the file."""
    return {
        str(spec.arg.name): str(spec.target)
        for spec in program.graph_signature.input_specs
        if spec.target is not None and hasattr(spec.arg, "name")
    }


class _Walk:
    """What is gathered on the way through a graph and the graphs inside it."""

    def __init__(
        self,
        builder: GraphBuilder,
        symbols: Symbols,
        context: Context,
        stored: Mapping[str, str],
        texts: AttributeText,
    ) -> None:
        self.root_class = ""
        self._builder, self._symbols, self._context, self._stored = builder, symbols, context, stored
        self._texts = texts

    def add_nodes(self, module: Any, scope: int) -> None:
        """Add the nodes of a graph; those of a graph that a node calls follow, as subgraphs."""
        builder = self._builder
        inner: list[tuple[Any, str, int]] = []
        for node in module.graph.nodes:
            if node.op == "placeholder":
                builder.add_ports(scope, self._infos(self._name(node), node.meta.get("val")) if scope else (), ())
                for info in self._infos(self._name(node), node.meta.get("val")):
                    builder.add_value(info, scope)
            if node.op != "call_function":
                continue
            if builder.node_count % CANCEL_EVERY == 0:
                self._context.check_cancelled()
            number = builder.add_node(self._node(node, builder.node_count), scope)
            for child in node.all_input_nodes:
                graph = getattr(module, str(child.target), None) if child.op == "get_attr" else None
                if hasattr(graph, "graph"):
                    inner.append((graph, str(child.target), number))
        for graph, name, number in inner:
            own = builder.add_scope(f"node {number} / {name}", "subgraph", scope, number)
            self.add_nodes(graph, own)
            given = [child for node in graph.graph.nodes if node.op == "output" for child in node.all_input_nodes]
            builder.add_ports(
                own, (), [info for node in given for info in self._infos(self._name(node), node.meta.get("val"))]
            )

    def _node(self, node: Any, number: int) -> NodeInfo:
        domain, op_type = operator_of(node.target)
        infos = tuple(self._infos(node.name, node.meta.get("val")))
        origin = self._origin(node)
        return NodeInfo(
            index=number,
            op_type=op_type,
            domain=domain,
            name=node.name,
            module_path=origin.module_path,
            inputs=tuple(self._read(node)),
            outputs=tuple(info.name for info in infos),
            output_infos=infos,
            attributes=tuple(_attributes(node, self._texts)),
            module_class=origin.module_class,
            source_location=origin.source_location,
        )

    def _read(self, node: Any) -> Iterator[str]:
        """What a node reads, in the order of its arguments; of a node with many values that which it takes."""
        items = [item for item in _nodes_in((*node.args, *node.kwargs.values())) if item.op != "get_attr"]
        for item in items:
            value = item.meta.get("val")
            if not isinstance(value, (tuple, list)):
                yield self._name(item)
            elif node.target is operator.getitem and isinstance(node.args[1], int):
                yield f"{self._name(item)}.{node.args[1] % len(value)}"
            else:
                yield from (info.name for info in self._infos(self._name(item), value))

    def _name(self, node: Any) -> str:
        return self._stored.get(node.name, str(node.name))

    def _infos(self, name: str, value: Any) -> Iterator[TensorInfo]:
        """One for each item of what a node gives; a tuple's items are numbered."""
        if isinstance(value, (tuple, list)):
            for position, item in enumerate(value):
                yield self._symbols.info(f"{name}.{position}", item)
        else:
            yield self._symbols.info(name, value)

    def _origin(self, node: Any) -> Origin:
        stack = [
            (path, kind)
            for path, kind in (node.meta.get("nn_module_stack") or {}).values()
            if str(path) != _MADE_BY_TORCH
        ]
        location = location_of_stack(node.meta.get("stack_trace") or "")
        if not stack:
            return Origin(source_location=location)
        path, class_name = stack[-1]
        if not stack[0][0]:
            self.root_class = _class_name(stack[0][1])
        return Origin(str(path), _class_name(class_name), location)


_MADE_BY_TORCH = "_empty_nn_module_stack_from_metadata_hook"
"""The module that torch.export gives nodes which it makes itself, for sizes."""


def _class_name(kind: Any) -> str:
    """The class alone: stacks name it with its module, or hold the class itself."""
    return str(getattr(kind, "__qualname__", kind)).rpartition(".")[2]


def operator_of(target: Any) -> tuple[str, str]:
    """Domain and name: `aten` and `conv2d`, with the overload where it is not the default one."""
    schema = getattr(target, "_schema", None)
    if schema is None:
        return str(getattr(target, "__module__", "")).lstrip("_"), str(getattr(target, "__name__", target))
    domain, _, name = str(schema.name).partition("::")
    overload = str(schema.overload_name)
    return domain, f"{name}.{overload}" if overload else name


def _attributes(node: Any, texts: AttributeText) -> Iterator[AttributeInfo]:
    """The arguments that are no values of the graph, by their names in the operator's schema."""
    schema = getattr(node.target, "_schema", None)
    names = [argument.name for argument in schema.arguments] if schema is not None else []
    given = [(names[i] if i < len(names) else str(i), value) for i, value in enumerate(node.args)]
    for name, value in (*given, *node.kwargs.items()):
        if next(_nodes_in(value), None) is None:
            is_list = isinstance(value, (tuple, list))
            text = (
                texts.listed(map(str, value[: texts.items]), len(value)) if is_list else texts.shortened(str(value))
            )
            yield AttributeInfo(name, type(value).__name__.upper(), text)


def _nodes_in(value: Any) -> Iterator[Any]:
    """The nodes in an argument, however deep in lists."""
    if isinstance(value, (tuple, list)):
        for item in value:
            yield from _nodes_in(item)
    elif hasattr(value, "all_input_nodes"):
        yield value
