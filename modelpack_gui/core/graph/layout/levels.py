"""The boxes of one open group and the links between them, without cycles."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.layout.parts import cyclic, parts_of
from modelpack_gui.core.graph.layout.shown import Shown

PORT_IN = 100
"""Where values enter a frame; no box of the scene. Its `ref` is the first of them."""
PORT_OUT = 101
"""Where values leave a frame."""

FEW = 3
"""Up to so many values between two boxes enter and leave their frames each at a port of its own; more share one."""

Values = tuple[int, ...]


@dataclass(frozen=True)
class Item:
    """One box or port of a level.

    Attributes:
        kind: As in `Scene.box_kind`, or a port.
        ref: Node, group or value.
        part, parts: Which part of a group, and of how many.
        nodes: The nodes in it.
        count: As in `Scene.box_count`.
        values: Those that pass through a port.
    """

    kind: int
    ref: int
    part: int = 0
    parts: int = 1
    nodes: Sequence[int] = ()
    count: int = 1
    values: Values = ()

    @property
    def is_port(self) -> bool:
        """Whether it is a point on the frame around."""
        return self.kind >= PORT_IN


@dataclass
class Level:
    """Items and links between them by their numbers.

    Attributes:
        links: Source, target and the values between them.
    """

    items: list[Item] = field(default_factory=list)
    links: list[tuple[int, int, Values]] = field(default_factory=list)

    def ports(self, frame: int) -> tuple[list[Values], list[Values]]:
        """Values of each port at which something enters a frame, and at which something leaves it."""
        entering = dict.fromkeys(values for _, target, values in self.links if target == frame)
        leaving = dict.fromkeys(values for source, _, values in self.links if source == frame)
        return list(entering), list(leaving)

    def add(self, item: Item) -> int:
        """Add an item; its number."""
        self.items.append(item)
        return len(self.items) - 1


class LevelMaker:
    """Makes levels of a scope.

    Args:
        is_open: Whether a group is shown as a frame.
        check: Called now and then; raises to stop.
    """

    def __init__(
        self,
        graph: Graph,
        shown: Shown,
        is_open: Callable[[int], bool],
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._graph = graph
        self._shown = shown
        self._is_open = is_open
        self._check = check
        self._group_of_node = graph.ints("node_group")
        self._parents = graph.ints("group_parent")
        self._backward: dict[int, list[tuple[int, int, bool]]] = {}
        for maker, reader, value in shown.backward:
            self._backward.setdefault(maker, []).append((reader, value, True))
            self._backward.setdefault(reader, []).append((maker, value, False))
        self.split: dict[int, int] = {}
        """Groups that were cut, and into how many parts."""

    def root(self) -> Level:
        """The whole scope."""
        shown = self._shown
        level = Level()
        sources = {value: level.add(Item(kinds.BOX_INPUT, value)) for value in shown.entries}
        group = self._graph.root_group(shown.scope)
        self._fill(level, self._group_tokens(group, shown.nodes), shown.nodes, sources)
        self._add_results(level, shown.results, sources)
        return level

    def inside(self, item: Item, entering: Iterable[Values], leaving: Iterable[Values]) -> Level:
        """What is in a frame.

        Args:
            entering, leaving: Values of each port.
        """
        level = Level()
        sources = {}
        for values in entering:
            sources.update(dict.fromkeys(values, level.add(Item(PORT_IN, values[0], values=values))))
        self._fill(level, self._group_tokens(item.ref, item.nodes), item.nodes, sources)
        made_by = self._graph.producers
        for values in leaving:
            port = level.add(Item(PORT_OUT, values[0], values=values))
            made: dict[int, list[int]] = {}
            for value in values:
                source = self._item_of.get(made_by[value], -1)
                if source >= 0:
                    made.setdefault(source, []).append(value)
            for source, own in made.items():
                level.links += [(source, port, bundle) for bundle in self._bundled(level, source, port, own)]
        return level

    def flat(self, nodes: Sequence[int]) -> Level:
        """Some nodes without groups; where links to others are cut there are stubs."""
        level = Level()
        shown = self._shown
        inside = set(nodes)
        taken = set(self._graph.scopes[shown.scope].inputs)
        wanted: dict[int, None] = {}
        for node in nodes:
            wanted.update((value, None) for maker, value in shown.read_by(node) if maker not in inside)
        sources = {
            value: level.add(Item(kinds.BOX_INPUT if value in taken else kinds.BOX_STUB_FROM, value))
            for value in wanted
        }
        self._fill(level, {node: node for node in nodes}, nodes, sources)
        self._add_results(level, [pair for pair in shown.results if self._made_in(pair[1], inside)], sources)
        outside: dict[int, int] = {}
        for place, node in enumerate(shown.nodes):
            if node not in inside:
                edges = range(shown.starts[place], shown.starts[place + 1])
                for value in {shown.values[edge] for edge in edges if shown.makers[edge] in inside}:
                    outside[value] = outside.get(value, 0) + 1
        for value, count in outside.items():
            stub = level.add(Item(kinds.BOX_STUB_TO, value, count=count))
            level.links.append((self._item_of[self._graph.producers[value]], stub, (value,)))
        return level

    def _made_in(self, value: int, nodes: Collection[int]) -> bool:
        return value >= 0 and self._graph.producers[value] in nodes

    # Items

    def _group_tokens(self, group: int, nodes: Sequence[int]) -> dict[int, int]:
        """For each node, itself, or what stands for the group it is in directly below one: minus 1 minus that."""
        child_of: dict[int, int] = {group: 0}
        tokens = {}
        parents = self._parents
        for node in nodes:
            at = self._group_of_node[node]
            token = child_of.get(at)
            if token is None:
                below = at
                while parents[below] != group and parents[below] >= 0:
                    below = parents[below]
                token = child_of[at] = -1 - below
            tokens[node] = token or node
        return tokens

    def _fill(
        self, level: Level, tokens: Mapping[int, int], nodes: Sequence[int], sources: Mapping[int, int]
    ) -> None:
        """Add the items that tokens stand for, and the links between them and from the sources of values."""
        members: dict[tuple[int, int], list[int]] = {}
        part_of = self._parts(tokens, nodes)
        for node in nodes:
            members.setdefault((tokens[node], part_of.get(node, 0)), []).append(node)
        parts: dict[int, int] = {}
        for token, part in members:
            parts[token] = max(parts.get(token, 0), part + 1)
        self.split.update({-1 - token: count for token, count in parts.items() if count > 1 and token < 0})
        item_of: dict[int, int] = {}
        is_frame = {}
        for (token, part), inside in members.items():
            if token >= 0 or len(inside) == 1:
                item = level.add(Item(kinds.BOX_NODE, inside[0], nodes=inside))
            else:
                kind = kinds.BOX_FRAME if self._is_open(-1 - token) else kinds.BOX_GROUP
                item = level.add(Item(kind, -1 - token, part, parts[token], inside, len(inside)))
                is_frame[item] = kind == kinds.BOX_FRAME
            for node in inside:
                item_of[node] = item
        self._item_of = item_of
        self._link(level, nodes, sources)
        self._add_backward(level, nodes, is_frame)

    def _parts(self, tokens: Mapping[int, int], nodes: Sequence[int]) -> dict[int, int]:
        number: dict[int, int] = {}
        for token in tokens.values():
            number.setdefault(token, len(number))
        if len(number) == len(nodes):
            return {}
        shown = self._shown
        links = {
            (number[tokens[maker]], number[tokens[node]])
            for node in nodes
            for maker, _ in shown.read_by(node)
            if maker in tokens and tokens[maker] != tokens[node]
        }
        found: dict[int, int] = {}
        for component in cyclic(len(number), list(links)):
            self._check()
            items = set(component)
            caught = [node for node in nodes if number[tokens[node]] in items]
            found.update(
                parts_of(caught, tokens, lambda node: [maker for maker, _ in shown.read_by(node)], self._check)
            )
        return found

    # Links

    def _link(self, level: Level, nodes: Sequence[int], sources: Mapping[int, int]) -> None:
        item_of, shown = self._item_of, self._shown
        between: dict[tuple[int, int], dict[int, None]] = {}
        for node in nodes:
            target = item_of[node]
            place = shown.place[node]
            for edge in range(shown.starts[place], shown.starts[place + 1]):
                maker, value = shown.makers[edge], shown.values[edge]
                source = item_of.get(maker, -1)
                if source < 0:
                    source = sources.get(value, -1)
                if source >= 0 and source != target:
                    between.setdefault((source, target), {})[value] = None
        for (source, target), values in between.items():
            level.links += [(source, target, bundle) for bundle in self._bundled(level, source, target, values)]

    def _bundled(self, level: Level, source: int, target: int, values: Iterable[int]) -> list[Values]:
        """The values of each link between two items."""
        together = tuple(values)
        is_framed = kinds.BOX_FRAME in (level.items[source].kind, level.items[target].kind)
        return [(value,) for value in together] if is_framed and len(together) <= FEW else [together]

    def _add_results(self, level: Level, results: Iterable[tuple[int, int]], sources: Mapping[int, int]) -> None:
        for value, drawn in results:
            box = level.add(Item(kinds.BOX_OUTPUT, value))
            source = self._item_of.get(self._graph.producers[drawn], sources.get(drawn, -1)) if drawn >= 0 else -1
            if source >= 0:
                level.links.append((source, box, (drawn,)))

    def _add_backward(self, level: Level, nodes: Sequence[int], is_frame: Mapping[int, bool]) -> None:
        """Stubs at both ends of what would close a cycle; in frames it is the inner level that has them."""
        if not self._backward:
            return
        item_of = self._item_of
        for node in nodes:
            item = item_of[node]
            if is_frame.get(item):
                continue
            for other, value, is_maker in self._backward.get(node, ()):
                if other != node and item_of.get(other) == item:
                    continue
                kind = kinds.BOX_STUB_TO if is_maker else kinds.BOX_STUB_FROM
                stub = level.add(Item(kind, value))
                level.links.append((item, stub, (value,)) if is_maker else (stub, item, (value,)))
