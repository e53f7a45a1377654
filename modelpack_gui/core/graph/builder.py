"""Gathers a graph into the columns of `Graph`: node by node from records, or whole runs of nodes at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import accumulate

from modelpack_gui.core.graph.columns import Column, ints, longs
from modelpack_gui.core.graph.graph import NODE_TEXTS, Graph, Shape
from modelpack_gui.core.graph.grouping.groups import add_groups
from modelpack_gui.core.records.inspection import InitializerInfo, NodeInfo
from modelpack_gui.core.records.tensors import TensorInfo

MOST_BYTES = 2**63 - 1
"""More than a column of bytes can hold: a file may say anything of the shapes of its tensors."""

_COLUMNS = (
    *(f"node_{name}" for name in NODE_TEXTS), "node_scope",
    "input_values", "output_values", "attribute_names", "attribute_types", "attribute_texts",
    "value_name", "value_dtype", "value_shape", "value_scope",
    "initializer_value", "initializer_bytes", "initializer_external", "initializer_note",
    "scope_title", "scope_kind", "scope_parent", "scope_owner",
)  # fmt: skip


class TextNumbers(dict[str, int]):
    """The number of each text, by `numbers[text]`; a new text gets the next one.

    Bytes are taken too, as protobuf gives them where a text is no UTF-8: `b"\\xff"` is spelled with its escapes.

    Attributes:
        damaged: Whether that was so.
    """

    damaged = False

    def __missing__(self, text: str | bytes) -> int:
        if isinstance(text, bytes):
            self.damaged = True
            return self[text.decode("utf-8", "backslashreplace")]
        number = self[text] = len(self)
        return number


class ScopeValues(dict[str, int]):
    """The number of each value by its name, as the nodes of one scope see it: `values[name]`.

    A name that neither this scope nor one around it makes is given a value here: whatever a node reads is there.
    """

    def __init__(self, builder: GraphBuilder, scope: int, parent: ScopeValues | None) -> None:
        super().__init__({"": -1})
        self._builder = builder
        self._scope = scope
        self._parent = parent

    def __missing__(self, name: str | bytes) -> int:
        if isinstance(name, bytes):
            return self[self._spelled(name)]
        outer = self._parent
        while outer is not None:
            if name in outer:
                return outer[name]
            outer = outer._parent
        return self.make(name)

    def make(self, name: str | bytes) -> int:
        """The value of that name of this very scope; each value without a name is one of its own."""
        if isinstance(name, bytes):
            name = self._spelled(name)
        if name in self and name:
            return self[name]
        columns = self._builder.columns
        value = len(columns["value_name"])
        if name:
            self[name] = value
        columns["value_name"].append(self._builder.texts[name])
        columns["value_dtype"].append(0)
        columns["value_shape"].append(-1)
        columns["value_scope"].append(self._scope)
        return value

    def _spelled(self, name: bytes) -> str:
        self._builder.texts.damaged = True
        return name.decode("utf-8", "backslashreplace")

    def make_all(self, names: Iterable[str | bytes]) -> None:
        """The values of some names of this scope, those without a name left out."""
        spelled = (name if isinstance(name, str) else self._spelled(name) for name in names)
        new = [name for name in dict.fromkeys(spelled) if name not in self]
        columns, texts = self._builder.columns, self._builder.texts
        self.update(zip(new, range(len(columns["value_name"]), len(columns["value_name"]) + len(new)), strict=True))
        columns["value_name"] += [texts[name] for name in new]
        columns["value_dtype"] += [0] * len(new)
        columns["value_shape"] += [-1] * len(new)
        columns["value_scope"] += [self._scope] * len(new)


class GraphBuilder:
    """Scopes first, then what is in them; a node of a subgraph comes after the node that owns it.

    Attributes:
        columns: As far as they are filled; a run of nodes is appended to all `node_*` columns and to the three kinds
            of items (see `add_items`).
        values: Of each scope.
        ports: Inputs and outputs of each scope.
    """

    def __init__(self, graph_name: str = "") -> None:
        self.graph_name = graph_name
        self.texts = TextNumbers({"": 0})
        self.columns: dict[str, list[int]] = {name: [] for name in _COLUMNS}
        self.values: list[ScopeValues] = []
        self.ports: list[tuple[list[int], list[int]]] = []
        self._shapes: dict[Shape, int] = {}
        self._groups: dict[str, Column] = {}
        self._starts: dict[str, list[int]] = {"input": [0], "output": [0], "attribute": [0]}
        self.add_scope("", "graph")

    @property
    def node_count(self) -> int:
        """Nodes so far; the number that the next one gets."""
        return len(self.columns["node_scope"])

    def add_scope(self, title: str, kind: str, parent: int = -1, owner: int = -1) -> int:
        """Begin another graph (see `ScopeInfo`); its number."""
        scope = len(self.values)
        self.values.append(ScopeValues(self, scope, self.values[parent] if parent >= 0 else None))
        self.ports.append(([], []))
        for name, number in (
            ("title", self.texts[title]), ("kind", self.texts[kind]), ("parent", parent), ("owner", owner)
        ):  # fmt: skip
            self.columns[f"scope_{name}"].append(number)
        return scope

    def add_ports(self, scope: int, inputs: Iterable[TensorInfo], outputs: Iterable[TensorInfo]) -> None:
        """What a scope takes and gives; an output that an outer scope makes is that value."""
        taken, given = self.ports[scope]
        taken += [self.add_value(info, scope) for info in inputs]
        given += [self._output(info, scope) for info in outputs]

    def add_value(self, info: TensorInfo, scope: int = 0) -> int:
        """A value of a scope; one that is there gets dtype and shape where it lacked them."""
        value = self.values[scope].make(info.name)
        self.set_type(value, self.texts[info.dtype], self.shape_number(info.shape))
        return value

    def set_type(self, value: int, dtype: int, shape: int) -> None:
        """Give a value the text number of its dtype and the number of its shape, where it lacks them."""
        dtypes, shapes = self.columns["value_dtype"], self.columns["value_shape"]
        dtypes[value] = dtypes[value] or dtype
        if shapes[value] < 0:
            shapes[value] = shape

    def shape_number(self, shape: Shape | None) -> int:
        """The number of a shape; -1 for an unknown one."""
        return -1 if shape is None else self._shapes.setdefault(shape, len(self._shapes))

    def add_initializer(self, item: InitializerInfo, scope: int = 0, *, is_shape_known: bool = True) -> None:
        """A constant stored in the file."""
        columns = self.columns
        info = TensorInfo(item.name, item.dtype, item.shape if is_shape_known else None)
        columns["initializer_value"].append(self.add_value(info, scope))
        columns["initializer_bytes"].append(min(item.size_bytes, MOST_BYTES))
        columns["initializer_external"].append(self.texts[item.external])
        columns["initializer_note"].append(self.texts[item.note])

    def add_node(self, node: NodeInfo, scope: int = 0) -> int:
        """A node; its number. `index` and `subgraph` of the record are not looked at."""
        columns, texts, values = self.columns, self.texts, self.values[scope]
        number = self.node_count
        for name in NODE_TEXTS:
            columns[f"node_{name}"].append(texts[getattr(node, name)])
        columns["node_scope"].append(scope)
        columns["input_values"].extend(values[name] for name in node.inputs)
        columns["output_values"].extend(
            self.add_value(info, scope) if info.name else -1 for info in node.output_infos
        )
        for item in node.attributes:
            columns["attribute_names"].append(texts[item.name])
            columns["attribute_types"].append(texts[item.type])
            columns["attribute_texts"].append(texts[item.value])
        self.add_items((len(node.inputs),), (len(node.output_infos),), (len(node.attributes),))
        return number

    def add_items(self, inputs: Iterable[int], outputs: Iterable[int], attributes: Iterable[int]) -> None:
        """Say how many of the inputs, outputs and attributes in the columns belong to each of the next nodes."""
        for kind, counts in (("input", inputs), ("output", outputs), ("attribute", attributes)):
            starts = self._starts[kind]
            sums = accumulate(counts, initial=starts.pop())
            starts.extend(sums)

    def group_nodes(self) -> None:
        """Group the nodes by module, or by what else tells parts of the graph apart, once all are there."""
        starts = {f"{kind}_starts": starts for kind, starts in self._starts.items()}
        self._groups = add_groups({**self.columns, **starts}, self.texts, self.graph_name)

    def finish(self) -> Graph:
        """The graph, its nodes grouped."""
        if not self._groups:
            self.group_nodes()
        columns: dict[str, Column] = {
            name: longs(numbers) if name == "initializer_bytes" else ints(numbers)
            for name, numbers in self.columns.items()
        }
        columns.update({f"{kind}_starts": ints(starts) for kind, starts in self._starts.items()})
        for direction, lists in (
            ("input", [taken for taken, _ in self.ports]),
            ("output", [o for _, o in self.ports]),
        ):
            columns[f"scope_{direction}_starts"] = ints([*accumulate(map(len, lists), initial=0)])
            columns[f"scope_{direction}s"] = ints([value for numbers in lists for value in numbers])
        columns.update(self._groups)
        columns["texts"] = list(self.texts)
        columns["shapes"] = [json.dumps(shape) for shape in self._shapes]
        return Graph(columns)

    def _output(self, info: TensorInfo, scope: int) -> int:
        """What a scope gives may be made outside it."""
        values = self.values[scope]
        if not info.name:
            return self.add_value(info, scope)
        value = values[info.name]
        self.set_type(value, self.texts[info.dtype], self.shape_number(info.shape))
        return value


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
