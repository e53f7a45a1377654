"""Walks an ONNX model into the columns of a graph.

Column by column, not node by node: a look at a protobuf field takes a tenth of a microsecond, a call of a function of
ours as long as five of them, and there are a dozen fields to a node. What is the same for many nodes (an attribute, a
type, the printed scopes of a module) is spelled out once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from modelpack_gui.core.context import Context
from modelpack_gui.core.dtypes import size_bytes
from modelpack_gui.core.graph.builder import MOST_BYTES, GraphBuilder
from modelpack_gui.core.records import InitializerInfo
from modelpack_gui.stages.inspection.attributes import GRAPH, GRAPHS, SHORT, AttributeText, type_of
from modelpack_gui.stages.inspection.onnx_data_files import DataFiles
from modelpack_gui.stages.inspection.onnx_types import (
    MOST_AXES,
    dtype_name,
    elements_of,
    initializer_info,
    sparse_initializer_info,
    text_of,
    type_and_shape,
)
from modelpack_gui.stages.inspection.origin import origin_of_node, path_of_node_name

NODES_AT_ONCE = 5000
"""Between two looks at whether the user has cancelled."""

_DOC = AttributeText(items=0, characters=2000, elements=0)
_CACHED_BYTES = 256  # longer attributes are hardly ever the same
_TENSOR, _TENSORS, _SPARSE, _SPARSES = 4, 9, 11, 12
_MAY_BE_GRAPHS = frozenset({0, GRAPH, GRAPHS})
_MAY_BE_LONG = frozenset({*_MAY_BE_GRAPHS, _TENSORS, _SPARSE, _SPARSES})
_STRING = 8  # onnx.TensorProto.STRING
_EXTERNAL = 1  # onnx.TensorProto.EXTERNAL


class Place(NamedTuple):
    """Where the graph of a scope is in its model.

    Attributes:
        scope: Of the node that owns it; -1 if none does.
        node: Its place in that scope's list of nodes; else the place in the model's list of functions or trainings.
        field: Number of its attribute, or `graph`, `functions`, `initialization`, `algorithm`.
        item: Place in the attribute's list of graphs; -1 if it holds just one.
    """

    scope: int
    node: int
    field: int | str
    item: int = -1


def graphs_at(model: Any, places: Sequence[Place]) -> list[Any]:
    """The GraphProto, or FunctionProto, of each scope of a model."""
    found: list[Any] = []
    for scope, node, field, item in places:
        if isinstance(field, int):
            attribute = found[scope].node[node].attribute[field]
            found.append(attribute.g if item < 0 else attribute.graphs[item])
        elif field == "graph":
            found.append(model.graph)
        elif field == "functions":
            found.append(model.functions[node])
        else:
            found.append(getattr(model.training_info[node], field))
    return found


class OnnxWalk:
    """Takes a model's scopes, nodes and initializers into a builder; types come in a second step (`set_types`).

    Attributes:
        places: Where each scope is, by its number.
        data_files: What the tensors need of the files beside the model.
    """

    def __init__(self, model: Any, path: Path, context: Context) -> None:
        self.builder = GraphBuilder(text_of(model.graph.name))
        self.places = [Place(-1, -1, "graph")]
        self.data_files = DataFiles(path.parent)
        self.values_made_twice = 0
        self._context = context
        self._attributes: dict[bytes, tuple[int, int, int]] = {}
        self._types: dict[bytes, tuple[int, int]] = {}
        self._add_graph(model.graph, 0)
        for i, function in enumerate(model.functions):
            self._add_function(function, i)
        for i, training in enumerate(model.training_info):
            for name in ("initialization", "algorithm"):
                if training.HasField(name):
                    scope = self._scope(Place(-1, i, name), f"training {i} / {name}", "training", 0)
                    self._add_graph(getattr(training, name), scope)

    def set_types(self, model: Any) -> None:
        """Give the values the types that a model says they have; it is the one that was walked, shapes inferred."""
        known = self._types
        dtypes, shapes = self.builder.columns["value_dtype"], self.builder.columns["value_shape"]
        for scope, graph in enumerate(graphs_at(model, self.places)):
            is_function = self.places[scope].field == "functions"
            values = self.builder.values[scope]
            for infos in (graph.value_info,) if is_function else (graph.input, graph.output, graph.value_info):
                for info in infos:
                    type_proto = info.type
                    found = known.get(type_proto.SerializeToString())
                    dtype, shape = self._type(type_proto) if found is None else found
                    value = values[info.name]
                    if value >= 0:
                        dtypes[value] = dtypes[value] or dtype
                        if shapes[value] < 0:
                            shapes[value] = shape

    def _type(self, type_proto: Any) -> tuple[int, int]:
        """Number of the text of its dtype, and of its shape."""
        dtype, shape = type_and_shape(type_proto)
        numbers = (self.builder.texts[dtype], self.builder.shape_number(shape))
        self._types[type_proto.SerializeToString()] = numbers
        return numbers

    def _scope(self, place: Place, title: str, kind: str, parent: int = -1, owner: int = -1) -> int:
        self.places.append(place)
        return self.builder.add_scope(title, kind, parent, owner)

    def _add_function(self, function: Any, index: int) -> None:
        title = f"function {text_of(function.domain) or 'ai.onnx'}::{text_of(function.name)}"
        scope = self._scope(Place(-1, index, "functions"), title, "function")
        values, (taken, given) = self.builder.values[scope], self.builder.ports[scope]
        taken += [values.make(name) for name in function.input]
        self._add_nodes(function.node, scope)
        given += [values[name] if name else values.make("") for name in function.output]

    def _add_graph(self, graph: Any, scope: int) -> None:
        values, (taken, given) = self.builder.values[scope], self.builder.ports[scope]
        self._add_initializers(graph.initializer[:], scope)
        for sparse in graph.sparse_initializer:
            self._add_initializer(sparse_initializer_info(sparse), sparse.values, scope)
        taken += [values.make(info.name) for info in graph.input]
        self._add_nodes(graph.node, scope)
        given += [values[info.name] if info.name else values.make("") for info in graph.output]

    def _add_initializers(self, tensors: Sequence[Any], scope: int) -> None:
        """Add tensors; of a plain one only the name is its own, the rest is that of all of its type and shape."""
        builder, columns, values = self.builder, self.builder.columns, self.builder.values[scope]
        known: dict[tuple[int, tuple[int, ...]], tuple[int, int, int]] = {}
        for tensor in tensors:
            dtype_number, dims = tensor.data_type, tuple(tensor.dims)
            if dtype_number == _STRING or len(dims) > MOST_AXES or tensor.data_location == _EXTERNAL:
                self._add_initializer(initializer_info(tensor), tensor, scope)
                continue
            facts = known.get((dtype_number, dims))
            if facts is None:
                dtype = dtype_name(dtype_number)
                stored = min(size_bytes(dtype, elements_of(dims)), MOST_BYTES)
                facts = known[dtype_number, dims] = (builder.texts[dtype], builder.shape_number(dims), stored)
            value = values.make(tensor.name)
            builder.set_type(value, facts[0], facts[1])
            columns["initializer_value"].append(value)
            columns["initializer_bytes"].append(facts[2])
            columns["initializer_external"].append(0)
            columns["initializer_note"].append(0)

    def _add_initializer(self, item: InitializerInfo, tensor: Any, scope: int) -> None:
        """Add a tensor with what is particular about it."""
        notes = [item.note] if item.note else []
        if tensor.data_location == _EXTERNAL:
            notes += self.data_files.need(tensor, item.size_bytes)
        told = dataclasses.replace(item, note="; ".join(notes))
        self.builder.add_initializer(told, scope, is_shape_known=len(tensor.dims) <= MOST_AXES)

    def _add_nodes(self, messages: Any, scope: int) -> None:
        nodes = messages[:]
        made = [name for node in nodes for name in node.output if name]
        self.values_made_twice += len(made) - len(set(made))
        self.builder.values[scope].make_all(made)
        for first in range(0, len(nodes), NODES_AT_ONCE):
            self._context.check_cancelled()
            part = nodes[first : first + NODES_AT_ONCE]
            attributes = [node.attribute[:] for node in part]
            owners = [i for i, items in enumerate(attributes) if any(item.type in _MAY_BE_GRAPHS for item in items)]
            start = 0
            for i in owners:
                self._add_run(part[start : i + 1], attributes[start : i + 1], scope)
                self._add_subgraphs(attributes[i], scope, first + i)
                start = i + 1
            self._add_run(part[start:], attributes[start:], scope)

    def _add_subgraphs(self, attributes: Sequence[Any], scope: int, node: int) -> None:
        """Add the graphs of the node that was added last; `node` is its place in its own graph."""
        owner = self.builder.node_count - 1
        for field, attribute in enumerate(attributes):
            kind, title = type_of(attribute), f"node {owner} / {text_of(attribute.name)}"
            if kind == GRAPH:
                self._add_subgraph(attribute.g, Place(scope, node, field), title, owner)
            elif kind == GRAPHS:
                for item, graph in enumerate(attribute.graphs):
                    self._add_subgraph(graph, Place(scope, node, field, item), f"{title}[{item}]", owner)

    def _add_subgraph(self, graph: Any, place: Place, title: str, owner: int) -> None:
        self._add_graph(graph, self._scope(place, title, "subgraph", place.scope, owner))

    def _add_run(self, nodes: Sequence[Any], attributes: Sequence[Sequence[Any]], scope: int) -> None:
        """Add nodes that have no subgraphs but for the last."""
        columns, texts, values = self.builder.columns, self.builder.texts, self.builder.values[scope]
        names = [node.name for node in nodes]
        columns["node_op_type"] += [texts[node.op_type] for node in nodes]
        columns["node_domain"] += [texts[node.domain or "ai.onnx"] for node in nodes]
        columns["node_name"] += [texts[name] for name in names]
        docs = [node.doc_string for node in nodes]
        columns["node_doc"] += [texts[_DOC.shortened(text_of(doc))] if doc else 0 for doc in docs]
        columns["node_scope"] += [scope] * len(nodes)
        self._add_origins([text_of(name) for name in names], [node.metadata_props[:] for node in nodes])
        inputs = [node.input[:] for node in nodes]
        outputs = [node.output[:] for node in nodes]
        columns["input_values"] += [values[name] for read in inputs for name in read]
        columns["output_values"] += [values[name] for made in outputs for name in made]
        numbers = [self._attribute(item) for items in attributes for item in items]
        columns["attribute_names"] += [name for name, _, _ in numbers]
        columns["attribute_types"] += [kind for _, kind, _ in numbers]
        columns["attribute_texts"] += [text for _, _, text in numbers]
        self.builder.add_items(map(len, inputs), map(len, outputs), map(len, attributes))

    def _add_origins(self, names: Sequence[str], metadata: Sequence[Sequence[Any]]) -> None:
        columns, texts = self.builder.columns, self.builder.texts
        if not any(metadata):
            columns["node_module_path"] += [texts[path_of_node_name(name)] for name in names]
            columns["node_module_class"] += [0] * len(names)
            columns["node_source_location"] += [0] * len(names)
            return
        origins = [origin_of_node(name, entries) for name, entries in zip(names, metadata, strict=True)]
        columns["node_module_path"] += [texts[origin.module_path] for origin in origins]
        columns["node_module_class"] += [texts[origin.module_class] for origin in origins]
        columns["node_source_location"] += [texts[origin.source_location] for origin in origins]

    def _attribute(self, attribute: Any) -> tuple[int, int, int]:
        """Text numbers of its name, type and value."""
        kind = attribute.type
        if kind == _TENSOR:
            tensor = attribute.t
            if tensor.data_location == _EXTERNAL:
                self.data_files.need(tensor, initializer_info(tensor).size_bytes)
            is_long = elements_of(tensor.dims) > SHORT.elements
        else:
            is_long = kind in _MAY_BE_LONG
        key = b"" if is_long else attribute.SerializeToString()
        numbers = self._attributes.get(key)
        if numbers is None:
            info, texts = SHORT.info(attribute), self.builder.texts
            numbers = (texts[info.name], texts[info.type], texts[info.value])
            if 0 < len(key) <= _CACHED_BYTES:
                self._attributes[key] = numbers
        return numbers
