"""A graph whose nodes, values, initializers, scopes and module groups are rows of columns.

Whatever has a number here keeps it as long as the graph: nodes from 0 in the order of the file, those of a subgraph
right after the node that owns it; values from 0; scope 0 is the main graph, group 0 the whole model. Records of
single rows are made when asked for and kept, so that a row is always the same object.
"""

from __future__ import annotations

import functools
import json
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TypeVar, cast, overload

from modelpack_gui.core.graph.columns import Column, ColumnsError, ints, read_columns, write_columns
from modelpack_gui.core.graph.steps import Steps, drained
from modelpack_gui.core.records.inspection import AttributeInfo, InitializerInfo, NodeInfo
from modelpack_gui.core.records.tensors import TensorInfo

R = TypeVar("R")
Shape = tuple["int | str | None", ...]
_NODES_AT_ONCE = 4000

NODE_TEXTS = ("op_type", "domain", "name", "module_path", "module_class", "source_location", "doc")
"""Columns `node_<name>` of text numbers, one for each of these fields of NodeInfo."""

_COLUMNS = frozenset(
    {
        "texts", "shapes", *(f"node_{name}" for name in NODE_TEXTS), "node_scope", "node_group",
        "input_starts", "input_values", "output_starts", "output_values",
        "attribute_starts", "attribute_names", "attribute_types", "attribute_texts",
        "value_name", "value_dtype", "value_shape", "value_scope",
        "initializer_value", "initializer_bytes", "initializer_external", "initializer_note",
        "scope_title", "scope_kind", "scope_parent", "scope_owner",
        "scope_input_starts", "scope_inputs", "scope_output_starts", "scope_outputs",
        "group_title", "group_path", "group_class", "group_kind", "group_parent", "group_scope",
    }
)  # fmt: skip


@dataclass(frozen=True)
class ScopeInfo:
    """One graph of the file: the main graph, a subgraph of a node, or a local function.

    Attributes:
        title: `then_branch of node 12`, `function my::Gelu`; that of the main graph is empty.
        kind: `graph`, `subgraph`, `function`, or `training` (a graph of the file's training information).
        parent: The scope around it; -1 for the main graph and functions. Training goes on from the main graph.
        owner: The node that a subgraph belongs to; -1 for the others.
        inputs, outputs: Values that it takes and gives, in order.
    """

    index: int
    title: str
    kind: str
    parent: int
    owner: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class GroupInfo:
    """Nodes that are shown as one: a module of the PyTorch model, a common name prefix, or a stretch of a flat graph.

    Attributes:
        title: Its last part: `conv1`. That of group 0 is the graph's name.
        path: All of it: `layers.0.conv1`.
        module_class: Of the module; empty if unknown.
        kind: `root`, `module`, `prefix` or `stretch`.
        parent: The group around it; -1 for the root of a scope.
        scope: The graph that its nodes are in; each scope has a root group of its own.
    """

    index: int
    title: str
    path: str
    module_class: str
    kind: str
    parent: int
    scope: int


class Rows(Sequence[R]):
    """Records made one by one from columns."""

    def __init__(self, count: int, make: Callable[[int], R]) -> None:
        self._count = count
        self._make = make
        self._made: dict[int, R] = {}

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> R: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[R]: ...
    def __getitem__(self, index: int | slice) -> R | Sequence[R]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._count))]
        if not -self._count <= index < self._count:
            raise IndexError(index)
        index %= self._count
        row = self._made.get(index)
        if row is None:
            row = self._made[index] = self._make(index)
        return row

    def __iter__(self) -> Iterator[R]:
        return (self[i] for i in range(self._count))


class Graph:
    """See the module. `columns` are as `GraphBuilder` makes them; every other module only reads.

    Attributes:
        texts: Every distinct text once; columns of texts hold places in it.
        shapes: Every distinct shape once.
        nodes, initializers, scopes, groups: Records by number.
    """

    def __init__(self, columns: Mapping[str, Column]) -> None:
        missing = _COLUMNS - columns.keys()
        if missing:
            raise ColumnsError(f"The columns {', '.join(sorted(missing))} are missing")
        self.columns = columns
        self.texts = cast("Sequence[str]", columns["texts"])
        self.shapes: list[Shape | None] = [_shape(text) for text in cast("Sequence[str]", columns["shapes"])]
        self.nodes: Rows[NodeInfo] = Rows(len(self.ints("node_scope")), self._node)
        self.initializers: Rows[InitializerInfo] = Rows(len(self.ints("initializer_value")), self._initializer)
        self.scopes: Rows[ScopeInfo] = Rows(len(self.ints("scope_kind")), self._scope)
        self.groups: Rows[GroupInfo] = Rows(len(self.ints("group_kind")), self._group)

    @classmethod
    def read(cls, path: Path) -> Graph:
        """Read a graph that was written with `write`.

        Raises:
            OSError, ColumnsError: The file is not there, or no such file.
        """
        return cls(read_columns(path))

    def write(self, path: Path) -> None:
        """Write it to a file, for `read`."""
        write_columns(path, self.columns)

    def ints(self, name: str) -> array[int]:
        """A column of numbers, by its name."""
        return cast("array[int]", self.columns[name])

    @property
    def value_count(self) -> int:
        """How many values there are."""
        return len(self.ints("value_name"))

    # Nodes

    def text(self, column: str, row: int) -> str:
        """A text by the name of its column: `graph.text("node_op_type", 3)`."""
        return self.texts[self.ints(column)[row]]

    def inputs(self, node: int) -> array[int]:
        """Values that a node reads; -1 for an optional one that is left out."""
        return self._span("input", "input_values", node)

    def outputs(self, node: int) -> array[int]:
        """Values that a node makes; -1 for an optional one that is left out."""
        return self._span("output", "output_values", node)

    # Values

    def value_name(self, value: int) -> str:
        """Name; empty for -1."""
        return "" if value < 0 else self.text("value_name", value)

    def value_info(self, value: int) -> TensorInfo:
        """Name, dtype and shape after shape inference."""
        shape = self.ints("value_shape")[value]
        return TensorInfo(
            self.value_name(value), self.text("value_dtype", value), None if shape < 0 else self.shapes[shape]
        )

    def value_named(self, name: str, scope: int = 0) -> int:
        """The value of a name as seen from a scope, the scopes around it included; -1 if there is none."""
        while scope >= 0:
            value = self._values_by_name.get((scope, name), -1)
            if value >= 0:
                return value
            scope = self.ints("scope_parent")[scope]
        return -1

    @functools.cached_property
    def _values_by_name(self) -> dict[tuple[int, str], int]:
        return drained(self._naming())

    def _naming(self) -> Steps[dict[tuple[int, str], int]]:
        """The last first, so that of several of one name the first stays."""
        names, scopes, texts = self.ints("value_name"), self.ints("value_scope"), self.texts
        found: dict[tuple[int, str], int] = {}
        for value in range(len(names) - 1, -1, -1):
            if value % _NODES_AT_ONCE == 0:
                yield
            found[scopes[value], texts[names[value]]] = value
        return found

    def preparing(self) -> Steps[None]:
        """Make what the first click on a node would wait for."""
        if "producers" not in self.__dict__:
            self.__dict__["producers"] = yield from self._producing()
        if "_consumers" not in self.__dict__:
            self.__dict__["_consumers"] = yield from self._connecting()
        if "_values_by_name" not in self.__dict__:
            self.__dict__["_values_by_name"] = yield from self._naming()

    @functools.cached_property
    def producers(self) -> array[int]:
        """The node that makes each value; -1 for inputs and initializers."""
        return drained(self._producing())

    def _producing(self) -> Steps[array[int]]:
        made_by = ints([-1]) * self.value_count
        starts, values = self.ints("output_starts"), self.ints("output_values")
        for node in range(len(self.nodes)):
            if node % _NODES_AT_ONCE == 0:
                yield
            for place in range(starts[node], starts[node + 1]):
                if values[place] >= 0:
                    made_by[values[place]] = node
        return made_by

    @functools.cached_property
    def _consumers(self) -> tuple[array[int], array[int]]:
        return drained(self._connecting())

    def _connecting(self) -> Steps[tuple[array[int], array[int]]]:
        starts, values = self.ints("input_starts"), self.ints("input_values")
        counts = [0] * (self.value_count + 1)
        for value, count in Counter(values).items():
            if value >= 0:
                counts[value + 1] = count
        yield
        ends = ints(list(accumulate(counts)))
        yield
        found, filled = ints([0]) * ends[-1], ints(ends)
        for node in range(len(self.nodes)):
            if node % _NODES_AT_ONCE == 0:
                yield
            for place in range(starts[node], starts[node + 1]):
                value = values[place]
                if value >= 0:
                    found[filled[value]] = node
                    filled[value] += 1
        return ends, found

    def consumers(self, value: int) -> array[int]:
        """Nodes that read a value, in order; one that reads it twice is there twice."""
        ends, found = self._consumers
        return found[ends[value] : ends[value + 1]]

    @functools.cached_property
    def initializer_of(self) -> Mapping[int, int]:
        """Number of the initializer by that of its value."""
        return {value: i for i, value in enumerate(self.ints("initializer_value"))}

    # Scopes and groups

    @functools.cached_property
    def nodes_by_name(self) -> Mapping[str, int]:
        """Number of each node that has a name; of several of one name that of the first."""
        texts, names = self.texts, self.ints("node_name")
        return {texts[names[node]]: node for node in range(len(names) - 1, -1, -1) if texts[names[node]]}

    @functools.cached_property
    def scopes_of_node(self) -> Mapping[int, tuple[int, ...]]:
        """The subgraphs that a node owns, by node."""
        found: dict[int, list[int]] = {}
        for scope, owner in enumerate(self.ints("scope_owner")):
            if owner >= 0:
                found.setdefault(owner, []).append(scope)
        return {owner: tuple(scopes) for owner, scopes in found.items()}

    @functools.cached_property
    def function_scopes(self) -> Mapping[tuple[str, str], int]:
        """Scope of each local function by domain and op type of the nodes that call it."""
        found = {}
        for scope in self.scopes:
            if scope.kind == "function":
                domain, _, name = scope.title.removeprefix("function ").rpartition("::")
                found[domain, name] = scope.index
        return found

    def root_group(self, scope: int) -> int:
        """The group that holds all of a scope."""
        return self._root_groups[scope]

    @functools.cached_property
    def _root_groups(self) -> Mapping[int, int]:
        scopes = self.ints("group_scope")
        return {scopes[i]: i for i, parent in enumerate(self.ints("group_parent")) if parent < 0}

    @functools.cached_property
    def group_children(self) -> Sequence[Sequence[int]]:
        """The groups directly in each group, in the order of their first nodes."""
        children: list[list[int]] = [[] for _ in range(len(self.groups))]
        for group, parent in enumerate(self.ints("group_parent")):
            if parent >= 0:
                children[parent].append(group)
        return children

    @functools.cached_property
    def group_nodes(self) -> Sequence[Sequence[int]]:
        """The nodes directly in each group, those of its groups not included."""
        nodes: list[list[int]] = [[] for _ in range(len(self.groups))]
        for node, group in enumerate(self.ints("node_group")):
            nodes[group].append(node)
        return nodes

    def groups_above(self, group: int) -> list[int]:
        """A group and those around it, the outermost first."""
        path = []
        while group >= 0:
            path.append(group)
            group = self.ints("group_parent")[group]
        return path[::-1]

    # Rows as records

    def _span(self, kind: str, values: str, row: int) -> array[int]:
        starts = self.ints(f"{kind}_starts")
        return self.ints(values)[starts[row] : starts[row + 1]]

    def _node(self, node: int) -> NodeInfo:
        outputs = self.outputs(node)
        starts = self.ints("attribute_starts")
        return NodeInfo(
            index=node,
            **{name: self.text(f"node_{name}", node) for name in NODE_TEXTS},
            inputs=tuple(self.value_name(value) for value in self.inputs(node)),
            outputs=tuple(self.value_name(value) for value in outputs),
            output_infos=tuple(
                self.value_info(value) if value >= 0 else TensorInfo("", "", None) for value in outputs
            ),
            attributes=tuple(
                AttributeInfo(
                    self.text("attribute_names", i), self.text("attribute_types", i), self.text("attribute_texts", i)
                )
                for i in range(starts[node], starts[node + 1])
            ),
            subgraph=self.text("scope_title", self.ints("node_scope")[node]),
        )

    def _initializer(self, row: int) -> InitializerInfo:
        info = self.value_info(self.ints("initializer_value")[row])
        return InitializerInfo(
            info.name,
            info.dtype,
            tuple(size for size in info.shape or () if isinstance(size, int)),
            self.ints("initializer_bytes")[row],
            self.text("initializer_external", row),
            self.text("initializer_note", row),
        )

    def _scope(self, scope: int) -> ScopeInfo:
        return ScopeInfo(
            scope,
            self.text("scope_title", scope),
            self.text("scope_kind", scope),
            self.ints("scope_parent")[scope],
            self.ints("scope_owner")[scope],
            tuple(self._span("scope_input", "scope_inputs", scope)),
            tuple(self._span("scope_output", "scope_outputs", scope)),
        )

    def _group(self, group: int) -> GroupInfo:
        return GroupInfo(
            group,
            self.text("group_title", group),
            self.text("group_path", group),
            self.text("group_class", group),
            self.text("group_kind", group),
            self.ints("group_parent")[group],
            self.ints("group_scope")[group],
        )


def _shape(text: str) -> Shape | None:
    sizes = json.loads(text)
    return None if sizes is None else tuple(sizes)
