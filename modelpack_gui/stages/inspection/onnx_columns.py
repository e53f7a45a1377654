"""Walks an ONNX model into the columns of a graph.

Column by column, not node by node: a look at a protobuf field takes a tenth of a microsecond, a call of a function of
ours as long as five of them, and there are a dozen fields to a node. What is the same for many nodes (an attribute, a
type, the printed scopes of a module) is spelled out once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
)
from modelpack_gui.stages.inspection.onnx_value_types import ValueTypes
from modelpack_gui.stages.inspection.onnx_walk import subgraphs_of
from modelpack_gui.stages.inspection.origin import origins_of_nodes, path_of_folders

NODES_AT_ONCE = 5000
"""Between two looks at whether the user has cancelled."""

_DOC = AttributeText(items=0, characters=2000, elements=0)
_CACHED_BYTES = 256  # longer attributes are hardly ever the same
_TENSOR, _TENSORS, _SPARSE, _SPARSES = 4, 9, 11, 12
_MAY_BE_GRAPHS = frozenset({0, GRAPH, GRAPHS})
_MAY_BE_LONG = frozenset({*_MAY_BE_GRAPHS, _TENSOR, _TENSORS, _SPARSE, _SPARSES})
_STRING = 8  # onnx.TensorProto.STRING
_EXTERNAL = 1  # onnx.TensorProto.EXTERNAL


class _Run:
    """Nodes that follow each other, with what is read of them before they are added.

    Attributes:
        kinds: The types of the attributes of each.
    """

    def __init__(
        self,
        nodes: Sequence[Any],
        outputs: Sequence[Sequence[str]],
        attributes: Sequence[Sequence[Any]] | None = None,
        kinds: Sequence[Sequence[int]] | None = None,
    ) -> None:
        self.nodes, self.outputs = nodes, outputs
        self.attributes = [node.attribute[:] for node in nodes] if attributes is None else attributes
        self.kinds = [[item.type for item in items] for items in self.attributes] if kinds is None else kinds

    def owners(self) -> list[int]:
        """Places of those that may have subgraphs."""
        return [i for i, kinds in enumerate(self.kinds) if not _MAY_BE_GRAPHS.isdisjoint(kinds)]

    def part(self, start: int, end: int | None = None) -> _Run:
        """Some of them."""
        part = slice(start, end)
        return _Run(self.nodes[part], self.outputs[part], self.attributes[part], self.kinds[part])


class OnnxWalk:
    """Takes a model's scopes, nodes and initializers into a builder; types come in a second step (`set_types`).

    Scopes and nodes get their numbers in the order of `onnx_walk.all_graphs` and `all_nodes`.

    Attributes:
        data_files: What the tensors need of the files beside the model.
    """

    def __init__(self, model: Any, path: Path, context: Context) -> None:
        self.builder = GraphBuilder(text_of(model.graph.name))
        self.data_files = DataFiles(path.parent)
        self.values_made_twice = 0
        self._context = context
        self._attributes: dict[bytes, tuple[int, int, int]] = {}
        self._add_graph(model.graph, 0)
        for function in model.functions:
            self._add_function(function)
        for i, training in enumerate(model.training_info):
            for name in ("initialization", "algorithm"):
                if training.HasField(name):
                    scope = self.builder.add_scope(f"training {i} / {name}", "training", 0)
                    self._add_graph(getattr(training, name), scope)

    def set_types(self, types: ValueTypes) -> None:
        """Give the values the types that are known of them."""
        builder = self.builder
        dtypes, shapes = builder.columns["value_dtype"], builder.columns["value_shape"]
        known = [(builder.texts[dtype], builder.shape_number(shape)) for dtype, shape in types.types]
        for values, (names, numbers) in zip(builder.values, types.scopes, strict=True):
            for name, number in zip(names, numbers, strict=True):
                value = values[name]
                if value >= 0:
                    dtype, shape = known[number]
                    dtypes[value] = dtypes[value] or dtype
                    if shapes[value] < 0:
                        shapes[value] = shape

    def _add_function(self, function: Any) -> None:
        title = f"function {text_of(function.domain) or 'ai.onnx'}::{text_of(function.name)}"
        scope = self.builder.add_scope(title, "function")
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
        names = [tensor.name for tensor in tensors]
        values.make_all(names)
        for tensor, name in zip(tensors, names, strict=True):
            dtype_number, dims = tensor.data_type, tuple(tensor.dims)
            if dtype_number == _STRING or len(dims) > MOST_AXES or tensor.data_location == _EXTERNAL:
                self._add_initializer(initializer_info(tensor), tensor, scope)
                continue
            facts = known.get((dtype_number, dims))
            if facts is None:
                dtype = dtype_name(dtype_number)
                stored = min(size_bytes(dtype, elements_of(dims)), MOST_BYTES)
                facts = known[dtype_number, dims] = (builder.texts[dtype], builder.shape_number(dims), stored)
            value = values[name] if name else values.make("")
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
        outputs = [node.output[:] for node in nodes]
        made = [name for names in outputs for name in names if name]
        self.values_made_twice += len(made) - len(set(made))
        self.builder.values[scope].make_all(made)
        for first in range(0, len(nodes), NODES_AT_ONCE):
            self._context.check_cancelled()
            run = _Run(nodes[first : first + NODES_AT_ONCE], outputs[first : first + NODES_AT_ONCE])
            start = 0
            for i in run.owners():
                self._add_run(run.part(start, i + 1), scope)
                self._add_subgraphs(run.attributes[i], scope)
                start = i + 1
            self._add_run(run.part(start), scope)

    def _add_subgraphs(self, attributes: Sequence[Any], scope: int) -> None:
        """Add the graphs of the node that was added last."""
        owner = self.builder.node_count - 1
        for attribute in attributes:
            is_list = type_of(attribute) == GRAPHS
            for i, graph in enumerate(subgraphs_of(attribute)):
                title = f"node {owner} / {text_of(attribute.name)}{f'[{i}]' if is_list else ''}"
                self._add_graph(graph, self.builder.add_scope(title, "subgraph", scope, owner))

    def _add_run(self, run: _Run, scope: int) -> None:
        """Add nodes that have no subgraphs but for the last."""
        nodes = run.nodes
        columns, texts, values = self.builder.columns, self.builder.texts, self.builder.values[scope]
        names = [node.name for node in nodes]
        columns["node_op_type"] += [texts[node.op_type] for node in nodes]
        columns["node_domain"] += [texts[node.domain or "ai.onnx"] for node in nodes]
        columns["node_name"] += [texts[name] for name in names]
        docs = [node.doc_string for node in nodes]
        columns["node_doc"] += [texts[_DOC.shortened(text_of(doc))] if doc else 0 for doc in docs]
        columns["node_scope"] += [scope] * len(nodes)
        self._add_origins([text_of(name) for name in names], nodes)
        inputs = [node.input[:] for node in nodes]
        columns["input_values"] += [values[name] for read in inputs for name in read]
        columns["output_values"] += [values[name] for made in run.outputs for name in made]
        known = self._attributes
        numbers = [
            self._attribute(item, kind)
            if kind in _MAY_BE_LONG
            else known.get(item.SerializeToString()) or self._attribute(item, kind)
            for items, kinds_of_node in zip(run.attributes, run.kinds, strict=True)
            for item, kind in zip(items, kinds_of_node, strict=True)
        ]
        columns["attribute_names"] += [name for name, _, _ in numbers]
        columns["attribute_types"] += [kind for _, kind, _ in numbers]
        columns["attribute_texts"] += [text for _, _, text in numbers]
        self.builder.add_items(map(len, inputs), map(len, run.outputs), map(len, run.attributes))

    def _add_origins(self, names: Sequence[str], nodes: Sequence[Any]) -> None:
        """Where nodes of some names come from: by their metadata, or else by the names alone."""
        columns, texts = self.builder.columns, self.builder.texts
        if not any(map(len, [node.metadata_props for node in nodes])):
            folders = [name.rpartition("/")[0] for name in names]
            numbers = {folder: texts[path_of_folders(folder)] for folder in set(folders)}
            columns["node_module_path"] += [numbers[folder] for folder in folders]
            columns["node_module_class"] += [0] * len(names)
            columns["node_source_location"] += [0] * len(names)
            return
        paths, classes, sources = origins_of_nodes(names, nodes)
        columns["node_module_path"] += [texts[path] for path in paths]
        columns["node_module_class"] += [texts[module_class] for module_class in classes]
        columns["node_source_location"] += [texts[source] for source in sources]

    def _attribute(self, attribute: Any, kind: int) -> tuple[int, int, int]:
        """Text numbers of its name, type and value; kept for the next that is the same, if it is short."""
        is_kept = kind not in _MAY_BE_LONG
        if kind == _TENSOR:
            tensor = attribute.t
            if tensor.data_location == _EXTERNAL:
                self.data_files.need(tensor, initializer_info(tensor).size_bytes)
            is_kept = elements_of(tensor.dims) <= SHORT.elements
        key = attribute.SerializeToString() if is_kept else b""
        numbers = self._attributes.get(key)
        if numbers is None:
            info, texts = SHORT.info(attribute), self.builder.texts
            numbers = (texts[info.name], texts[info.type], texts[info.value])
            if 0 < len(key) <= _CACHED_BYTES:
                self._attributes[key] = numbers
        return numbers
