"""What is drawn of a scope: its nodes without those that are hidden, and who reads from whom."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from modelpack_gui.core.graph.columns import ints
from modelpack_gui.core.graph.graph import Graph

WEIGHT = -2
"""In place of a value that is an initializer or a hidden constant: it is a fact of the node that reads it."""

_CONSTANTS = frozenset({"Constant", "GetAttr"})
_LISTS = frozenset({"ListConstruct", "TupleConstruct"})
_QUANTIZE, _DEQUANTIZE = "QuantizeLinear", "DequantizeLinear"


@dataclass
class Shown:
    """See the module. Edges that would close a cycle are apart, so that the others have none.

    Attributes:
        scope: Which scope.
        nodes: Nodes that are drawn; whatever a node reads is made by one before it.
        starts, makers, values: The edges into the node at each place in `nodes`: places `starts[i]` to
            `starts[i + 1]` of the other two; a maker is a node, or -1 where the value comes from outside the scope.
        entries: Values that come from outside: what the scope takes, and what is read of the scopes around it.
        results: What the scope gives: the output's value, and the value that is drawn for it, which is another one
            where a hidden node lies between.
        backward: Edges that close a cycle, or that a node has with itself: maker, reader and value.
        seen_in: For hidden nodes, the node that they are folded into.
    """

    scope: int
    nodes: list[int] = field(default_factory=list)
    starts: array[int] = field(default_factory=lambda: ints([0]))
    makers: array[int] = field(default_factory=ints)
    values: array[int] = field(default_factory=ints)
    entries: list[int] = field(default_factory=list)
    results: list[tuple[int, int]] = field(default_factory=list)
    backward: list[tuple[int, int, int]] = field(default_factory=list)
    seen_in: dict[int, int] = field(default_factory=dict)
    place: dict[int, int] = field(default_factory=dict)

    def read_by(self, node: int) -> Sequence[tuple[int, int]]:
        """Maker and value of each edge into a node."""
        place = self.place[node]
        start, end = self.starts[place], self.starts[place + 1]
        return list(zip(self.makers[start:end], self.values[start:end], strict=True))


def shown(graph: Graph, scope: int, hidden: Collection[str] = ()) -> Shown:
    """Look at a scope.

    Args:
        hidden: As in `LayoutRequest`.
    """
    return _Look(graph, scope, hidden).found


class _Look:
    def __init__(self, graph: Graph, scope: int, hidden: Collection[str]) -> None:
        self.graph = graph
        self.found = Shown(scope)
        self._scopes = graph.ints("node_scope")
        self._made_by = graph.producers
        self._hidden: dict[int, int] = {}  # node: its input that stands for its output; WEIGHT if none does
        self._resolved: dict[int, int] = {}
        inside = [node for node, its in enumerate(self._scopes) if its == scope]
        self._outputs = set(graph.scopes[scope].outputs)
        self._hide(inside, hidden)
        nodes = [node for node in inside if node not in self._hidden]
        edges = self._edges(nodes)
        self._add_captured(edges)
        self._order(nodes, edges)
        self._find_ends()
        self._fold()

    # Hidden nodes

    def _hide(self, nodes: Sequence[int], hidden: Collection[str]) -> None:
        op_types, texts = self.graph.ints("node_op_type"), self.graph.texts
        by_type: dict[str, list[int]] = {}
        for node in nodes if hidden else ():
            by_type.setdefault(texts[op_types[node]], []).append(node)
        if "constants" in hidden:
            for name in _CONSTANTS:
                for node in by_type.get(name, ()):
                    if not self._is_result(node):
                        self._hidden[node] = WEIGHT
            self._hide_lists(sorted(node for name in _LISTS for node in by_type.get(name, ())))
        if "identities" in hidden:
            for node in by_type.get("Identity", ()):
                self._hidden[node] = self._first_input(node)
        if "qdq" in hidden:
            self._hide_pairs(by_type.get(_QUANTIZE, ()), by_type.get(_DEQUANTIZE, ()))

    def _hide_lists(self, nodes: Sequence[int]) -> None:
        """Hide lists of constants: TorchScript makes one for each argument such as a stride."""
        for node in nodes:  # the file has inner lists first
            if not self._is_result(node) and all(
                self._source(value) == WEIGHT for value in self.graph.inputs(node) if value >= 0
            ):
                self._hidden[node] = WEIGHT
                self._resolved.update(dict.fromkeys(self.graph.outputs(node), WEIGHT))
        self._resolved.clear()  # more may be hidden now

    def _hide_pairs(self, quantizing: Sequence[int], dequantizing: Sequence[int]) -> None:
        """Hide those that only turn floats into integers and back, or stored integers into floats."""
        readers = set(dequantizing)
        paired = set()
        for node in quantizing:
            read_by = [
                reader for value in self.graph.outputs(node) if value >= 0 for reader in self.graph.consumers(value)
            ]
            if read_by and readers.issuperset(read_by) and not self._is_result(node):
                paired.add(node)
                self._hidden[node] = self._first_input(node)
        for node in dequantizing:
            value = self._first_input(node)
            if value < 0:
                continue
            maker = self._made_by[value]
            is_stored = value in self.graph.initializer_of or self._hidden.get(maker, 0) == WEIGHT
            if maker in paired or is_stored:
                self._hidden[node] = value

    def _is_result(self, node: int) -> bool:
        return any(value in self._outputs for value in self.graph.outputs(node))

    def _first_input(self, node: int) -> int:
        return next(iter(self.graph.inputs(node)), -1)

    def _source(self, value: int) -> int:
        """The value that is drawn in place of one: what a hidden node hands on; WEIGHT for a constant."""
        known = self._resolved.get(value)
        if known is not None:
            return known
        seen = set()
        at = value
        while at >= 0 and at not in seen:
            seen.add(at)
            if at in self.graph.initializer_of:
                at = WEIGHT
                break
            maker = self._made_by[at]
            if maker not in self._hidden:
                break
            at = self._hidden[maker]
        else:
            at = WEIGHT  # nothing, or hidden nodes in a circle
        self._resolved[value] = at
        return at

    # Edges

    def _edges(self, nodes: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
        """What each node reads, as `_edges_of` gives it; quick where nothing hidden or stored is read."""
        starts, values = self.graph.ints("input_starts"), self.graph.ints("input_values")
        made_by, scopes, hidden = self._made_by, self._scopes, self._hidden
        stored, scope = self.graph.initializer_of, self.found.scope
        found = {}
        for node in nodes:
            edges = []
            for value in values[starts[node] : starts[node + 1]]:
                maker = made_by[value] if value >= 0 else -1
                if maker >= 0 and maker not in hidden and scopes[maker] == scope and value not in stored:
                    edges.append((maker, value))
                elif value >= 0 and value not in stored:
                    edges += self._edges_of((value,))
            found[node] = edges
        return found

    def _edges_of(self, values: Sequence[int]) -> list[tuple[int, int]]:
        """Maker and value of what is read; -1 for a maker outside the scope."""
        edges = []
        for value in values:
            if value < 0:
                continue
            source = self._source(value)
            if source < 0:
                continue
            maker = self._made_by[source]
            if maker >= 0 and self._scopes[maker] != self.found.scope:
                maker = -1
            edges.append((maker, source))
        return edges

    def _add_captured(self, edges: dict[int, list[tuple[int, int]]]) -> None:
        """What the subgraphs of a node read of this scope, the node reads."""
        parents, owners = self.graph.ints("scope_parent"), self.graph.ints("scope_owner")
        value_scopes = self.graph.ints("value_scope")
        owner_here: dict[int, int] = {}
        for scope in range(len(parents)):
            at, steps = scope, 0
            while at >= 0 and parents[at] != self.found.scope and steps <= len(parents):
                at, steps = parents[at], steps + 1
            if at >= 0 and parents[at] == self.found.scope and owners[at] in edges:
                owner_here[scope] = owners[at]
        if not owner_here:
            return
        outside = {self.found.scope}
        at = parents[self.found.scope]
        while at >= 0 and at not in outside:
            outside.add(at)
            at = parents[at]
        for node, scope in enumerate(self._scopes):
            owner = owner_here.get(scope)
            if owner is None:
                continue
            read = [value for value in self.graph.inputs(node) if value >= 0 and value_scopes[value] in outside]
            if read:
                edges[owner] += self._edges_of(read)

    def _order(self, nodes: Sequence[int], edges: dict[int, list[tuple[int, int]]]) -> None:
        found = self.found
        order: Sequence[int] = nodes
        if any(maker >= node for node in nodes for maker, _ in edges[node]):
            order = _sorted(nodes, edges)
        found.nodes = list(order)
        found.place = place = {node: i for i, node in enumerate(order)}
        entries: dict[int, None] = {}
        for node in order:
            for maker, value in dict.fromkeys(edges[node]):
                if maker < 0:
                    entries[value] = None
                elif place[maker] >= place[node]:
                    found.backward.append((maker, node, value))
                    continue
                found.makers.append(maker)
                found.values.append(value)
            found.starts.append(len(found.values))
        found.entries = list(entries)

    def _find_ends(self) -> None:
        found, scope = self.found, self.graph.scopes[self.found.scope]
        stored = self.graph.initializer_of
        found.results = [(value, self._source(value)) for value in dict.fromkeys(scope.outputs) if value >= 0]
        for _, source in found.results:
            if source >= 0 and (self._made_by[source] not in found.place):
                found.entries.append(source)
        taken = [value for value in scope.inputs if value >= 0 and value not in stored]
        found.entries = list(dict.fromkeys([*taken, *found.entries]))

    def _fold(self) -> None:
        """Say in which node each hidden one is seen: one that reads from it, or else one that it reads from."""
        place = self.found.place
        for node in self._hidden:
            reader = self._reader(node)
            if reader is None:
                source = self._source(self._hidden[node]) if self._hidden[node] >= 0 else WEIGHT
                maker = self._made_by[source] if source >= 0 else -1
                reader = maker if maker in place else None
            if reader is not None:
                self.found.seen_in[node] = reader

    def _reader(self, node: int) -> int | None:
        for _ in range(8):  # further through hidden nodes it is not worth looking
            readers = [r for value in self.graph.outputs(node) if value >= 0 for r in self.graph.consumers(value)]
            drawn = next((reader for reader in readers if reader in self.found.place), None)
            if drawn is not None:
                return drawn
            hidden = next((reader for reader in readers if reader in self._hidden), None)
            if hidden is None:
                return None
            node = hidden
        return None


def _sorted(nodes: Sequence[int], edges: dict[int, list[tuple[int, int]]]) -> list[int]:
    """Nodes with what each reads before it, as far as there are no cycles."""
    waiting = dict.fromkeys(nodes, 0)
    readers: dict[int, list[int]] = {}
    for node in nodes:
        for maker, _ in edges[node]:
            if maker >= 0 and maker != node:
                waiting[node] += 1
                readers.setdefault(maker, []).append(node)
    order: list[int] = []
    is_done: set[int] = set()
    ready = [node for node in reversed(nodes) if not waiting[node]]
    rest = iter(nodes)
    while len(order) < len(nodes):
        if not ready:  # all that are left wait for each other: cut before the first of them
            ready.append(next(node for node in rest if node not in is_done))
        node = ready.pop()
        if node in is_done:
            continue
        is_done.add(node)
        order.append(node)
        for reader in reversed(readers.get(node, ())):
            waiting[reader] -= 1
            if not waiting[reader] and reader not in is_done:
                ready.append(reader)
    return order
