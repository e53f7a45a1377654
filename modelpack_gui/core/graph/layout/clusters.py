"""What is directly in a group, and who reads from whom there: what is the same in every picture of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from modelpack_gui.core.graph.cycles import cyclic
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.layout.parts import parts_of
from modelpack_gui.core.graph.layout.shown import Shown


class Member(NamedTuple):
    """A node, or a group or part of one, directly in a group.

    Attributes:
        group: -1 for a node.
        part, parts: Which part of the group, from 0, and of how many.
        nodes: What is in it.
    """

    group: int
    part: int
    parts: int
    nodes: list[int]


@dataclass
class Cluster:
    """What is directly in a group.

    Attributes:
        member_of: The place of the member that each node is in.
        between: Values that one member makes and another reads, by the places of both; they form no cycle.
        entering: Which members read a value that is made elsewhere.
    """

    members: list[Member] = field(default_factory=list)
    member_of: dict[int, int] = field(default_factory=dict)
    between: dict[tuple[int, int], dict[int, None]] = field(default_factory=dict)
    entering: dict[int, dict[int, None]] = field(default_factory=dict)


class Clusters:
    """The clusters of what is shown of a scope, kept once they are made.

    Attributes:
        counts: How many of the nodes shown are directly in each group.
    """

    def __init__(self, graph: Graph, shown: Shown) -> None:
        self.shown = shown
        self._group_of_node = graph.ints("node_group")
        self._parents = graph.ints("group_parent")
        self._kept: dict[tuple[int, int], Cluster] = {}
        self.counts = Counter(map(self._group_of_node.__getitem__, shown.nodes))

    def of(self, group: int, nodes: Sequence[int], check: Callable[[], None] = lambda: None) -> Cluster:
        """What is in a group, or in a part of it.

        Args:
            nodes: Those in it, in the order of `shown`.
            check: Called now and then; raises to stop.
        """
        key = (group, nodes[0] if nodes else -1)  # no two parts of a group begin with the same node
        found = self._kept.get(key)
        if found is None:
            tokens = self._tokens(group, nodes)
            found = self._made(nodes, tokens, self._parts(nodes, tokens, check))
            self._kept[key] = found
        return found

    def flat(self, nodes: Sequence[int]) -> Cluster:
        """Some nodes, each by itself."""
        return self._made(nodes, {node: node for node in nodes}, {})

    def main_entry(self, nodes: Sequence[int], ports: Sequence[Sequence[int]]) -> int:
        """Which port the longest way through some nodes begins at.

        Args:
            nodes: In the order of `shown`.
            ports: The values that enter at each.
        """
        starts, makers, values, place_of = self.shown.starts, self.shown.makers, self.shown.values, self.shown.place
        port_of = {value: port for port, own in enumerate(ports) for value in own}
        longest = [0] * len(ports)
        below = dict.fromkeys(nodes, 1)  # nodes on the longest way from each
        for node in reversed(nodes):  # plain names: a group may hold nearly all nodes
            place, way = place_of[node], below[node]
            for edge in range(starts[place], starts[place + 1]):
                maker = makers[edge]
                if maker in below:
                    if below[maker] <= way:
                        below[maker] = way + 1
                elif (port := port_of.get(values[edge], -1)) >= 0 and longest[port] < way:
                    longest[port] = way
        return max(range(len(ports)), key=longest.__getitem__, default=-1)

    def main_exit(self, nodes: Sequence[int], made_by: Sequence[int], ports: Sequence[Sequence[int]]) -> int:
        """Which port the longest way through some nodes ends at.

        Args:
            nodes: In the order of `shown`.
            made_by: The maker of each value of the graph.
            ports: The values that leave at each.
        """
        starts, makers, place_of = self.shown.starts, self.shown.makers, self.shown.place
        above: dict[int, int] = {}  # nodes on the longest way to each
        for node in nodes:
            place = place_of[node]
            read = makers[starts[place] : starts[place + 1]]
            above[node] = 1 + max([above.get(maker, 0) for maker in read], default=0)
        longest = [max(above.get(made_by[value], 0) for value in values) for values in ports]
        return max(range(len(ports)), key=longest.__getitem__, default=-1)

    def _tokens(self, group: int, nodes: Sequence[int]) -> dict[int, int]:
        """For each node, itself, or what stands for the group it is in directly below one: minus 1 minus that."""
        token_of: dict[int, int] = {}
        tokens = {}
        parents = self._parents
        for node in nodes:
            at = self._group_of_node[node]
            if at == group:
                tokens[node] = node
                continue
            token = token_of.get(at)
            if token is None:
                below = at
                while parents[below] != group and parents[below] >= 0:
                    below = parents[below]
                token = token_of[at] = -1 - below
            tokens[node] = token
        return tokens

    def _made(self, nodes: Sequence[int], tokens: Mapping[int, int], part_of: Mapping[int, int]) -> Cluster:
        found = Cluster()
        inside: dict[tuple[int, int], list[int]] = {}
        for node in nodes:
            inside.setdefault((tokens[node], part_of.get(node, 0) if part_of else 0), []).append(node)
        parts = Counter(token for token, _ in inside)
        for place, ((token, part), own) in enumerate(inside.items()):
            found.members.append(Member(-1 if token >= 0 else -1 - token, part, parts[token], own))
            for node in own:
                found.member_of[node] = place
        shown = self.shown
        member_of, entering, between = found.member_of, found.entering, found.between
        starts, makers, values, place_of = shown.starts, shown.makers, shown.values, shown.place
        for node in nodes:  # plain names: this runs over every edge of a group just opened
            target, place = member_of[node], place_of[node]
            for edge in range(starts[place], starts[place + 1]):
                source = member_of.get(makers[edge], -1)
                if source == target:
                    continue
                if source < 0:
                    entering.setdefault(values[edge], {})[target] = None
                else:
                    between.setdefault((source, target), {})[values[edge]] = None
        return found

    def _parts(self, nodes: Sequence[int], tokens: Mapping[int, int], check: Callable[[], None]) -> dict[int, int]:
        """Which part of its group each node of a group that must be cut is in."""
        number: dict[int, int] = {}
        for token in tokens.values():
            number.setdefault(token, len(number))
        if len(number) == len(nodes):
            return {}
        shown = self.shown
        starts, makers, place_of = shown.starts, shown.makers, shown.place
        links: dict[tuple[int, int], None] = {}
        item_of = {node: number[token] for node, token in tokens.items()}
        for node in nodes:
            target, place = item_of[node], place_of[node]
            for maker in makers[starts[place] : starts[place + 1]]:
                source = item_of.get(maker, target)
                if source != target:
                    links[source, target] = None
        found: dict[int, int] = {}
        for component in cyclic(len(number), list(links)):
            check()
            items = set(component)
            caught = [node for node in nodes if number[tokens[node]] in items]
            found.update(parts_of(caught, tokens, lambda node: [maker for maker, _ in shown.read_by(node)], check))
        return found
