"""The boxes of one open group and the links between them, without cycles."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.layout.clusters import Cluster, Clusters, Member

PORT_IN = 100
"""Where values enter a frame; no box of the scene. Its `ref` is the first of them."""
PORT_OUT = 101
"""Where values leave a frame."""

MANY = 8
"""More inputs than this that only one box reads are drawn as one, as are outputs: files have them by the hundred. If
the box is open, they are drawn in it instead, next to what reads or makes each."""

FEW = 8
"""Up to so many values between two boxes enter and leave their frames each at a port of its own; more share one."""

Values = tuple[int, ...]

End = TypeVar("End", int, tuple[int, int])
"""An input, or a result as in `Shown.results`."""

_NOTHING: Mapping[int, tuple[()]] = {}


@dataclass(frozen=True)
class Item:
    """One box or port of a level.

    Attributes:
        kind: As in `Scene.box_kind`, or a port.
        ref: Node, group or value.
        part, parts: Which part of a group, and of how many.
        nodes: The nodes in it.
        count: As in `Scene.box_count`.
        values: Those that pass through a port, or that an input or output stands for.
        is_main: Of the ports at one side, whether the longest way through the frame leads through this one.
        inputs, results: Of an open group, what is drawn in it of the inputs and results of the scope, as in `Shown`.
    """

    kind: int
    ref: int
    part: int = 0
    parts: int = 1
    nodes: Sequence[int] = ()
    count: int = 1
    values: Values = ()
    is_main: bool = False
    inputs: Values = ()
    results: tuple[tuple[int, int], ...] = ()

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

    def chained_frames(self) -> set[int]:
        """Frames in chains of three and more."""
        frame = kinds.BOX_FRAME
        pairs = [link[:2] for link in self.links if self.items[link[0]].kind == self.items[link[1]].kind == frame]
        middle = {source for source, _ in pairs} & {target for _, target in pairs}
        return {item for pair in pairs if middle.intersection(pair) for item in pair}

    def join(self, source: int, target: int, values: Iterable[int]) -> None:
        """Add the links between two items: one, or one for each value where these have ports of their own."""
        together = tuple(values)
        is_framed = kinds.BOX_FRAME in (self.items[source].kind, self.items[target].kind)
        bundles = [(value,) for value in together] if is_framed and len(together) <= FEW else [together]
        self.links += [(source, target, bundle) for bundle in bundles]

    def add(self, item: Item) -> int:
        """Add an item; its number."""
        self.items.append(item)
        return len(self.items) - 1


class LevelMaker:
    """Makes levels of a scope.

    Args:
        is_open: Whether a group is shown as a frame.
        check: Called now and then; raises to stop.

    Attributes:
        split: Groups that were cut, and into how many parts.
    """

    def __init__(
        self,
        graph: Graph,
        clusters: Clusters,
        is_open: Callable[[int], bool],
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._graph = graph
        self._clusters = clusters
        self._shown = clusters.shown
        self._is_open = is_open
        self._check = check
        self._backward: dict[int, list[tuple[int, int, bool]]] = {}
        for maker, reader, value in self._shown.backward:
            self._backward.setdefault(maker, []).append((reader, value, True))
            self._backward.setdefault(reader, []).append((maker, value, False))
        self.split: dict[int, int] = {}

    def root(self) -> Level:
        """The whole scope."""
        shown = self._shown
        level = Level()
        cluster = self._clusters.of(self._graph.root_group(shown.scope), shown.nodes, self._check)
        self._fill_with_ends(level, cluster, {}, shown.entries, shown.results)
        return level

    def inside(self, item: Item, entering: Iterable[Values], leaving: Iterable[Values]) -> Level:
        """What is in a frame.

        Args:
            entering, leaving: Values of each port.
        """
        level = Level()
        sources: dict[int, int] = {}
        made_by, entering, leaving = self._graph.producers, list(entering), list(leaving)
        main = self._clusters.main_entry(item.nodes, entering) if len(entering) > 1 else 0
        for number, values in enumerate(entering):
            port = level.add(Item(PORT_IN, values[0], values=values, is_main=number == main))
            sources.update(dict.fromkeys(values, port))
        cluster = self._clusters.of(item.ref, item.nodes, self._check)
        start = self._fill_with_ends(level, cluster, sources, item.inputs, item.results)
        main = self._clusters.main_exit(item.nodes, made_by, leaving) if len(leaving) > 1 else 0
        for number, values in enumerate(leaving):
            port = level.add(Item(PORT_OUT, values[0], values=values, is_main=number == main))
            made: dict[int, list[int]] = {}
            for value in values:
                made.setdefault(start + cluster.member_of[made_by[value]], []).append(value)
            for source, own in made.items():
                level.join(source, port, own)
        return level

    def flat(self, nodes: Sequence[int]) -> Level:
        """Some nodes without groups; where links to others are cut there are stubs."""
        level = Level()
        shown = self._shown
        cluster = self._clusters.flat(nodes)
        taken = set(self._graph.scopes[shown.scope].inputs)
        sources = {
            value: level.add(Item(kinds.BOX_INPUT if value in taken else kinds.BOX_STUB_FROM, value))
            for value in cluster.entering
        }
        start = self._fill(level, cluster, sources)
        inside = cluster.member_of
        made_by = self._graph.producers
        results = [(value, drawn) for value, drawn in shown.results if drawn >= 0 and made_by[drawn] in inside]
        self._add_results(level, cluster, start, results, sources)
        for value, count in self._read_outside(inside).items():
            stub = level.add(Item(kinds.BOX_STUB_TO, value, count=count))
            level.links.append((start + inside[made_by[value]], stub, (value,)))
        return level

    def _read_outside(self, inside: Collection[int]) -> dict[int, int]:
        """Values that some nodes make and others read, and how many do."""
        shown = self._shown
        found: dict[int, int] = {}
        for place, node in enumerate(shown.nodes):
            if node not in inside:
                edges = range(shown.starts[place], shown.starts[place + 1])
                for value in {shown.values[edge] for edge in edges if shown.makers[edge] in inside}:
                    found[value] = found.get(value, 0) + 1
        return found

    def _fill_with_ends(
        self,
        level: Level,
        cluster: Cluster,
        sources: dict[int, int],
        inputs: Sequence[int],
        results: Sequence[tuple[int, int]],
    ) -> int:
        """As `_fill`, with inputs and results of the scope: many of one open group are drawn in that."""
        made_by = self._graph.producers
        drawn = {source for _, source in results}
        taken_in = self._only_in(
            cluster, {value: tuple(cluster.entering.get(value, ())) for value in inputs if value not in drawn}
        )
        made_in = self._only_in(
            cluster, {end: (cluster.member_of.get(made_by[end[1]], -1),) for end in results if end[1] >= 0}
        )
        inside = {value for values in taken_in.values() for value in values}
        read_by = {value: tuple(cluster.entering.get(value, ())) for value in inputs if value not in inside}
        for values in _together(read_by):
            box = level.add(Item(kinds.BOX_INPUT, values[0], count=len(values), values=values))
            sources.update(dict.fromkeys(values, box))
        start = self._fill(level, cluster, sources, taken_in, made_in)
        made_inside = {end for ends in made_in.values() for end in ends}
        self._add_results(level, cluster, start, [end for end in results if end not in made_inside], sources)
        return start

    def _only_in(self, cluster: Cluster, ends: Mapping[End, tuple[int, ...]]) -> dict[int, tuple[End, ...]]:
        """Inputs or results by the open member that they have to do with alone, of those that have many.

        Args:
            ends: Which members read or make each.
        """
        found: dict[int, list[End]] = {}
        for end, members in ends.items():
            if len(members) == 1 and members[0] >= 0 and self._is_frame(cluster.members[members[0]]):
                found.setdefault(members[0], []).append(end)
        return {place: tuple(own) for place, own in found.items() if len(own) > MANY}

    def _is_frame(self, member: Member) -> bool:
        return member.group >= 0 and len(member.nodes) > 1 and self._is_open(member.group)

    def _fill(
        self,
        level: Level,
        cluster: Cluster,
        sources: Mapping[int, int],
        inputs: Mapping[int, Values] = _NOTHING,
        results: Mapping[int, tuple[tuple[int, int], ...]] = _NOTHING,
    ) -> int:
        """Add the members of a cluster and their links, also those from the sources of values.

        Args:
            inputs, results: Of the scope, what is drawn in a member, by its place.

        Returns:
            The item of the first member.
        """
        start = len(level.items)
        for place, member in enumerate(cluster.members):
            if member.group < 0 or len(member.nodes) == 1:
                level.add(Item(kinds.BOX_NODE, member.nodes[0], nodes=member.nodes))
                continue
            kind = kinds.BOX_FRAME if self._is_frame(member) else kinds.BOX_GROUP
            level.add(
                Item(
                    kind, member.group, member.part, member.parts, member.nodes, len(member.nodes),
                    inputs=inputs.get(place, ()), results=results.get(place, ()),
                )
            )  # fmt: skip
            if member.parts > 1:
                self.split[member.group] = member.parts
        for (source, target), values in cluster.between.items():
            level.join(start + source, start + target, values)
        entering: dict[tuple[int, int], list[int]] = {}
        for value, targets in cluster.entering.items():
            if value in sources:
                for target in targets:
                    entering.setdefault((sources[value], start + target), []).append(value)
        for (source, target), own in entering.items():
            level.join(source, target, own)
        self._add_backward(level, cluster, start)
        return start

    def _add_results(
        self,
        level: Level,
        cluster: Cluster,
        start: int,
        results: Iterable[tuple[int, int]],
        sources: Mapping[int, int],
    ) -> None:
        made_by = self._graph.producers
        drawn_for = dict(results)
        made_in: dict[int, tuple[int, ...]] = {
            value: (cluster.member_of.get(made_by[drawn], -1 - drawn),) if drawn >= 0 else ()
            for value, drawn in drawn_for.items()
        }
        for values in _together(made_in):
            box = level.add(Item(kinds.BOX_OUTPUT, values[0], count=len(values), values=values))
            made: dict[int, list[int]] = {}
            for value in values:
                for member in made_in[value]:
                    source = start + member if member >= 0 else sources.get(drawn_for[value], -1)
                    if source >= 0:
                        made.setdefault(source, []).append(drawn_for[value])
            for source, own in made.items():
                level.join(source, box, own)

    def _add_backward(self, level: Level, cluster: Cluster, start: int) -> None:
        """Stubs at both ends of what would close a cycle; in frames it is the inner level that has them."""
        for node, ends in self._backward.items():
            member = cluster.member_of.get(node, -1)
            if member < 0 or level.items[start + member].kind == kinds.BOX_FRAME:
                continue
            for other, value, is_maker in ends:
                if other != node and cluster.member_of.get(other) == member:
                    continue
                stub = level.add(Item(kinds.BOX_STUB_TO if is_maker else kinds.BOX_STUB_FROM, value))
                ends_of_link = (start + member, stub) if is_maker else (stub, start + member)
                level.links.append((*ends_of_link, (value,)))


def _together(ends: Mapping[int, tuple[int, ...]]) -> list[Values]:
    """Values that are drawn as one input or output.

    Args:
        ends: Which members each is read or made by.
    """
    found: dict[tuple[int, ...], list[int]] = {}
    for value, members in ends.items():
        found.setdefault(members, []).append(value)
    together = dict(found)
    for members, values in found.items():
        if len(members) != 1 or len(values) <= MANY:
            del together[members]
    return list(dict.fromkeys(tuple(together.get(members, (value,))) for value, members in ends.items()))
