"""Gathers a graph, node by node, into the columns of `Graph`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from modelpack_gui.core.graph.columns import Column, ints, longs
from modelpack_gui.core.graph.graph import NODE_TEXTS, Graph, Shape
from modelpack_gui.core.graph.groups import add_groups
from modelpack_gui.core.records.inspection import InitializerInfo, NodeInfo
from modelpack_gui.core.records.tensors import TensorInfo


class GraphBuilder:
    """Scopes first, then what is in them; a node of a subgraph comes after the node that owns it."""

    def __init__(self, graph_name: str = "") -> None:
        self.graph_name = graph_name
        self.texts: dict[str, int] = {"": 0}
        self._shapes: dict[str, int] = {}
        self._values: dict[tuple[int, str], int] = {}
        self._parents: list[int] = []
        self._ports: list[tuple[list[int], list[int]]] = []
        names = (
            *(f"node_{name}" for name in NODE_TEXTS), "node_scope",
            "input_values", "output_values", "attribute_names", "attribute_types", "attribute_texts",
            "value_name", "value_dtype", "value_shape", "value_scope", "initializer_value", "initializer_external",
            "scope_title", "scope_kind", "scope_parent", "scope_owner",
        )  # fmt: skip
        self.columns: dict[str, Any] = {name: ints() for name in names}
        for name in ("input_starts", "output_starts", "attribute_starts"):
            self.columns[name] = ints([0])
        self.columns["initializer_bytes"] = longs()
        self.add_scope("", "graph")

    @property
    def node_count(self) -> int:
        """Nodes so far; the number that the next one gets."""
        return len(self.columns["node_scope"])

    def add_scope(self, title: str, kind: str, parent: int = -1, owner: int = -1) -> int:
        """Begin another graph (see `ScopeInfo`); its number."""
        scope = len(self._parents)
        self._parents.append(parent)
        self._ports.append(([], []))
        for name, number in (
            ("title", self._text(title)), ("kind", self._text(kind)), ("parent", parent), ("owner", owner)
        ):  # fmt: skip
            self.columns[f"scope_{name}"].append(number)
        return scope

    def add_ports(self, scope: int, inputs: Iterable[TensorInfo], outputs: Iterable[TensorInfo]) -> None:
        """What a scope takes and gives; an output that an outer scope makes is that value."""
        taken, given = self._ports[scope]
        taken += [self.add_value(info, scope) for info in inputs]
        given += [self._output(info, scope) for info in outputs]

    def add_value(self, info: TensorInfo, scope: int = 0) -> int:
        """A value of a scope; one that is there gets dtype and shape where it lacked them."""
        columns = self.columns
        value = self._values.get((scope, info.name))
        if value is None:
            value = self._values[scope, info.name] = len(columns["value_name"])
            columns["value_name"].append(self._text(info.name))
            columns["value_dtype"].append(self._text(info.dtype))
            columns["value_shape"].append(self._shape(info.shape))
            columns["value_scope"].append(scope)
            return value
        if not columns["value_dtype"][value]:
            columns["value_dtype"][value] = self._text(info.dtype)
        if columns["value_shape"][value] < 0:
            columns["value_shape"][value] = self._shape(info.shape)
        return value

    def add_initializer(self, item: InitializerInfo, scope: int = 0) -> None:
        """A constant stored in the file."""
        self.columns["initializer_value"].append(self.add_value(TensorInfo(item.name, item.dtype, item.shape), scope))
        self.columns["initializer_bytes"].append(item.size_bytes)
        self.columns["initializer_external"].append(self._text(item.external))

    def add_node(self, node: NodeInfo, scope: int = 0) -> int:
        """A node; its number. `index` and `subgraph` of the record are not looked at."""
        columns = self.columns
        number = self.node_count
        for name in NODE_TEXTS:
            columns[f"node_{name}"].append(self._text(getattr(node, name)))
        columns["node_scope"].append(scope)
        columns["input_values"].extend(self._read(name, scope) for name in node.inputs)
        columns["input_starts"].append(len(columns["input_values"]))
        columns["output_values"].extend(
            self.add_value(info, scope) if info.name else -1 for info in node.output_infos
        )
        columns["output_starts"].append(len(columns["output_values"]))
        for item in node.attributes:
            columns["attribute_names"].append(self._text(item.name))
            columns["attribute_types"].append(self._text(item.type))
            columns["attribute_texts"].append(self._text(item.value))
        columns["attribute_starts"].append(len(columns["attribute_names"]))
        return number

    def finish(self) -> Graph:
        """The graph, its nodes grouped by module, or by what else tells parts of it apart."""
        columns: dict[str, Column] = dict(self.columns)
        for direction, lists in (
            ("input", [ports[0] for ports in self._ports]),
            ("output", [p[1] for p in self._ports]),
        ):
            starts, values = ints([0]), ints()
            for numbers in lists:
                values.extend(numbers)
                starts.append(len(values))
            columns[f"scope_{direction}_starts"], columns[f"scope_{direction}s"] = starts, values
        columns.update(add_groups(self.columns, self.texts, self.graph_name))
        columns["texts"] = list(self.texts)
        columns["shapes"] = list(self._shapes)
        return Graph(columns)

    def _text(self, text: str) -> int:
        number = self.texts.get(text)
        if number is None:
            number = self.texts[text] = len(self.texts)
        return number

    def _shape(self, shape: Shape | None) -> int:
        if shape is None:
            return -1
        return self._shapes.setdefault(json.dumps(shape), len(self._shapes))

    def _known(self, name: str, scope: int) -> int:
        while scope >= 0:
            value = self._values.get((scope, name))
            if value is not None:
                return value
            scope = self._parents[scope]
        return -1

    def _read(self, name: str, scope: int) -> int:
        if not name:
            return -1
        value = self._known(name, scope)
        return value if value >= 0 else self.add_value(TensorInfo(name, "", None), scope)

    def _output(self, info: TensorInfo, scope: int) -> int:
        value = self._known(info.name, scope)
        return value if value >= 0 and info.name else self.add_value(info, scope)


def graph_of(
    nodes: Sequence[NodeInfo],
    initializers: Sequence[InitializerInfo] = (),
    inputs: Sequence[TensorInfo] = (),
    outputs: Sequence[TensorInfo] = (),
    graph_name: str = "",
) -> Graph:
    """A graph of records in one scope."""
    builder = GraphBuilder(graph_name)
    for item in initializers:
        builder.add_initializer(item)
    builder.add_ports(0, inputs, ())
    for node in nodes:
        builder.add_node(node)
    builder.add_ports(0, (), outputs)
    return builder.finish()
