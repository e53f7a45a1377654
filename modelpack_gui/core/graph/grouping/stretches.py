"""Cuts what has too much directly in it into stretches.

They are runs of nodes and groups in an order in which each comes after what it reads, so that no path leaves a
stretch and comes back.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from modelpack_gui.core.graph.cycles import cyclic
from modelpack_gui.core.graph.grouping.group_tree import GroupTree

MOST = 120
"""Nodes and groups directly in a group."""
WANTED = 40
"""In a stretch."""
SLACK = 0.4
"""How far from its place, as a share of a stretch, a cut may be where fewer values pass it."""
TITLE_TYPES = 2


class _Entry(NamedTuple):
    """A node or a group directly in a group; `group` is -1 for a node."""

    first: int
    last: int
    group: int


def add_stretches(tree: GroupTree, columns: Mapping[str, Any], names: Sequence[str]) -> None:
    """Cut all groups that are too full."""
    direct, children = Counter(tree.node_group), Counter(tree.parents)
    full = [group for group in direct | children if group >= 0 and direct[group] + children[group] > MOST]
    if full:
        _Cutter(tree, columns, names).cut(full)


class _Cutter:
    def __init__(self, tree: GroupTree, columns: Mapping[str, Any], names: Sequence[str]) -> None:
        self._tree = tree
        self._columns = columns
        self._names = names
        self._first, self._last = _extents(tree)

    def cut(self, full: Sequence[int]) -> None:
        tree = self._tree
        nodes_of: dict[int, list[int]] = {group: [] for group in full}
        for node, group in enumerate(tree.node_group):
            if group in nodes_of:
                nodes_of[group].append(node)
        groups_of: dict[int, list[int]] = {group: [] for group in full}
        for group, around in enumerate(tree.parents):
            if around in groups_of:
                groups_of[around].append(group)
        for group in full:
            entries = [_Entry(node, node, -1) for node in nodes_of[group]]
            entries += [_Entry(self._first[inner], self._last[inner], inner) for inner in groups_of[group]]
            entries.sort()
            self._cut(group, *_in_flow(tree, group, entries, self._columns))
        self._renumber()

    def _cut(self, group: int, entries: Sequence[_Entry], passing: Sequence[int]) -> None:
        bounds = [0, *_places(passing), len(entries)]
        pieces: list[Sequence[_Entry]] = [entries[start:end] for start, end in itertools.pairwise(bounds)]
        while True:
            made = [self._stretch(group, piece) for piece in pieces]
            if len(made) <= MOST:
                return
            size = math.ceil(len(made) / math.ceil(len(made) / WANTED))
            pieces = [made[start : start + size] for start in range(0, len(made), size)]

    def _stretch(self, around: int, piece: Sequence[_Entry]) -> _Entry:
        tree = self._tree
        first, last = min(entry.first for entry in piece), max(entry.last for entry in piece)
        path = f"{tree.paths[around]}[{first}–{last}]"
        stretch = tree.add(path, self._title(piece, first, last), "stretch", around, tree.scopes[around])
        self._first.append(first)
        self._last.append(last)
        for entry in piece:
            if entry.group >= 0:
                tree.parents[entry.group] = stretch
            else:
                tree.node_group[entry.first] = stretch
        return _Entry(first, last, stretch)

    def _title(self, piece: Sequence[_Entry], first: int, last: int) -> str:
        """By the groups in it, `layers.0 – layers.38`, or else by the operators that it has most of and its nodes:
        `Conv, Relu · 120–159`."""
        tree, op_types = self._tree, self._columns["node_op_type"]
        groups = [entry.group for entry in piece if entry.group >= 0]
        if 2 * len(groups) > len(piece) and all(tree.kinds[group] != "stretch" for group in groups):
            return f"{tree.titles[groups[0]]} – {tree.titles[groups[-1]]}"
        counts = Counter(op_types[first : last + 1] if groups else [op_types[entry.first] for entry in piece])
        most = ", ".join(self._names[op_type][:16] for op_type, _ in counts.most_common(TITLE_TYPES))
        return f"{most} · {first}–{last}"

    def _renumber(self) -> None:
        """Have each group come after the one around it again, and those in one in the order of their first nodes."""
        tree, first = self._tree, self._first
        inside: dict[int, list[int]] = {}
        for group, around in enumerate(tree.parents):
            inside.setdefault(around, []).append(group)
        order = inside[-1][:]
        waiting = order[::-1]
        while waiting:
            group = waiting.pop()
            if tree.parents[group] >= 0:
                order.append(group)
            if group in inside:
                waiting += sorted(inside[group], key=lambda inner: (first[inner], inner), reverse=True)
        tree.reorder(order)


def _extents(tree: GroupTree) -> tuple[list[int], list[int]]:
    """The first and the last node in each group, and in the groups in it; -1 if there is none."""
    first, last = [-1] * len(tree.parents), [-1] * len(tree.parents)
    for node, group in enumerate(tree.node_group):
        if first[group] < 0:
            first[group] = node
        last[group] = node
    for group in range(len(tree.parents) - 1, -1, -1):
        around = tree.parents[group]
        if around >= 0 and last[group] >= 0:
            last[around] = max(last[around], last[group])
            first[around] = first[group] if first[around] < 0 else min(first[around], first[group])
    return first, last


def _places(passing: Sequence[int]) -> list[int]:
    """Where stretches begin, but for the first: near equal parts, at places that few values pass."""
    count = math.ceil(len(passing) / WANTED)
    size = len(passing) / count
    found: list[int] = []
    for number in range(1, count):
        ideal = round(number * size)
        reach = int(size * SLACK / 2)
        near = range(max(ideal - reach, found[-1] + 2 if found else 2), min(ideal + reach + 1, len(passing) - 1))
        if near:
            found.append(min(near, key=lambda place: (passing[place], abs(place - ideal))))
    return found


# The order of entries


def _in_flow(
    tree: GroupTree, group: int, entries: Sequence[_Entry], columns: Mapping[str, Any]
) -> tuple[Sequence[_Entry], Sequence[int]]:
    """Entries in an order in which each comes after what it reads, and how many values pass before each of them."""
    nodes, places = _inside(tree, group, entries)
    made_at: dict[int, int] = {}
    last: dict[int, int] = {}
    is_ordered = True
    input_starts, inputs = columns["input_starts"], columns["input_values"]
    output_starts, outputs = columns["output_starts"], columns["output_values"]
    for node, place in zip(nodes, places, strict=True):
        for value in inputs[input_starts[node] : input_starts[node + 1]]:
            source = made_at.get(value)
            if source is None:
                last.setdefault(value, -1)
            elif place > source:
                last[value] = max(last.get(value, -1), place)
            elif place < source:
                is_ordered = False
        for value in outputs[output_starts[node] : output_starts[node + 1]]:
            made_at[value] = place
            if value in last:
                is_ordered = False  # read by a node that comes before
    if is_ordered:
        return entries, _passing(len(entries), made_at, last)
    links = _links(nodes, places, columns)
    order = _sorted(len(entries), {(source, target) for source, target, _ in links})
    at = {place: i for i, place in enumerate(order)}
    made = {value: at[source] for source, _, value in links}
    read: dict[int, int] = {}
    for _, target, value in links:
        read[value] = max(read.get(value, -1), at[target])
    return [entries[place] for place in order], _passing(len(entries), made, read)


def _inside(tree: GroupTree, group: int, entries: Sequence[_Entry]) -> tuple[list[int], list[int]]:
    """The nodes in a group and in those in it, and the place of the entry that each is in."""
    place_of = {entry.group: place for place, entry in enumerate(entries) if entry.group >= 0}
    if not place_of:
        return [entry.first for entry in entries], list(range(len(entries)))
    own = {entry.first: place for place, entry in enumerate(entries) if entry.group < 0}
    nodes, places = [], []
    for node in range(min(entry.first for entry in entries), max(entry.last for entry in entries) + 1):
        at = tree.node_group[node]
        place = own.get(node, -1) if at == group else place_of.get(at, -2)
        if place == -2:
            place = place_of[at] = _place_above(tree, at, place_of)
        if place >= 0:
            nodes.append(node)
            places.append(place)
    return nodes, places


def _place_above(tree: GroupTree, group: int, place_of: Mapping[int, int]) -> int:
    while group >= 0:
        if group in place_of:
            return place_of[group]
        group = tree.parents[group]
    return -1


def _passing(count: int, made_at: Mapping[int, int], last: Mapping[int, int]) -> list[int]:
    change = [0] * (count + 2)
    for value, end in last.items():
        start = made_at.get(value, end)
        if end > start:
            change[start + 1] += 1
            change[end + 1] -= 1
    return list(itertools.accumulate(change[:count]))


def _links(nodes: Sequence[int], places: Sequence[int], columns: Mapping[str, Any]) -> list[tuple[int, int, int]]:
    """Which entry makes what another reads: both by their places, and the value."""
    made_at: dict[int, int] = {}
    starts, values = columns["output_starts"], columns["output_values"]
    for node, place in zip(nodes, places, strict=True):
        made_at.update((value, place) for value in values[starts[node] : starts[node + 1]] if value >= 0)
    found: dict[tuple[int, int, int], None] = {}
    starts, values = columns["input_starts"], columns["input_values"]
    for node, place in zip(nodes, places, strict=True):
        for value in values[starts[node] : starts[node + 1]]:
            source = made_at.get(value, place)
            if source != place:
                found[source, place, value] = None
    return list(found)


def _sorted(count: int, links: Collection[tuple[int, int]]) -> list[int]:
    """Places in an order in which each comes after what it reads; those of a cycle are together."""
    first_of = list(range(count))  # of the cycle that each is in
    members: dict[int, list[int]] = {}
    for component in cyclic(count, sorted(links)):
        members[component[0]] = component
        for place in component:
            first_of[place] = component[0]
    below: dict[int, set[int]] = {}
    waiting: dict[int, int] = dict.fromkeys(first_of, 0)
    for source, target in links:
        upper, lower = first_of[source], first_of[target]
        if upper != lower and lower not in below.setdefault(upper, set()):
            below[upper].add(lower)
            waiting[lower] += 1
    ready = [place for place, number in waiting.items() if not number]
    heapq.heapify(ready)
    order: list[int] = []
    while ready:
        place = heapq.heappop(ready)
        order += members.get(place, [place])
        for other in below.get(place, ()):
            waiting[other] -= 1
            if not waiting[other]:
                heapq.heappush(ready, other)
    return order
