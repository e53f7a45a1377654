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
from typing import Any

from modelpack_gui.core.graph.group_tree import Branch
from modelpack_gui.core.graph.layout.parts import cyclic

MOST = 120
"""Nodes and groups directly in a group."""
WANTED = 40
"""In a stretch."""
SLACK = 0.4
"""How far from its place, as a share of a stretch, a cut may be where fewer values pass it."""
TITLE_TYPES = 2


def add_stretches(root: Branch, columns: Mapping[str, Any], names: Sequence[str]) -> None:
    """Cut this branch and all below it, where they are too full."""
    for branch in list(root.walk()):
        if len(branch.nodes) + len(branch.children) > MOST:
            _cut(branch, columns, names)


def _cut(branch: Branch, columns: Mapping[str, Any], names: Sequence[str]) -> None:
    entries: list[tuple[int, Branch | None]] = [(node, None) for node in branch.nodes]
    entries += [(child.first, child) for child in branch.children.values()]
    entries.sort(key=lambda entry: entry[0])
    links = _links(branch, [first for first, _ in entries], columns)
    order = _in_flow(len(entries), {(source, target) for source, target, _ in links})
    entries = [entries[i] for i in order]
    passing = _passing(order, links)
    pieces: list[list[tuple[int, Branch | None]]] = []
    start = 0
    for cut in [*_places(passing), len(entries)]:
        pieces.append(entries[start:cut])
        start = cut
    branch.nodes, branch.children = [], {}
    stretches = [_stretch(branch, piece, columns, names) for piece in pieces]
    while len(stretches) > MOST:
        size = math.ceil(len(stretches) / math.ceil(len(stretches) / WANTED))
        stretches = [_over(branch, stretches[i : i + size], columns, names) for i in range(0, len(stretches), size)]
    for stretch in stretches:
        branch.adopt(stretch)


def _links(branch: Branch, firsts: Sequence[int], columns: Mapping[str, Any]) -> list[tuple[int, int, int]]:
    """Which entry makes what another reads: both by their places, and the value."""
    place_of = {first: place for place, first in enumerate(firsts)}
    for child in branch.children.values():
        place = place_of[child.first]
        for inner in child.walk():
            place_of.update(dict.fromkeys(inner.nodes, place))
    made_at: dict[int, int] = {}
    starts, values = columns["output_starts"], columns["output_values"]
    for node, place in place_of.items():
        made_at.update((value, place) for value in values[starts[node] : starts[node + 1]] if value >= 0)
    found: dict[tuple[int, int, int], None] = {}
    starts, values = columns["input_starts"], columns["input_values"]
    for node, place in place_of.items():
        for value in values[starts[node] : starts[node + 1]]:
            source = made_at.get(value, place)
            if source != place:
                found[source, place, value] = None
    return list(found)


def _in_flow(count: int, links: Collection[tuple[int, int]]) -> list[int]:
    """Places in an order in which each comes after what it reads; those of a cycle are together."""
    if all(source < target for source, target in links):
        return list(range(count))
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


def _passing(order: Sequence[int], links: Sequence[tuple[int, int, int]]) -> list[int]:
    """How many values pass from before each entry to it or beyond."""
    at = {place: i for i, place in enumerate(order)}
    made: dict[int, int] = {}
    last: dict[int, int] = {}
    for source, target, value in links:
        made[value] = at[source]
        last[value] = max(last.get(value, -1), at[target])
    change = [0] * (len(order) + 2)
    for value, end in last.items():
        if end > made[value]:
            change[made[value] + 1] += 1
            change[end + 1] -= 1
    return list(itertools.accumulate(change[: len(order)]))


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


def _stretch(
    branch: Branch, piece: Sequence[tuple[int, Branch | None]], columns: Mapping[str, Any], names: Sequence[str]
) -> Branch:
    found = Branch("", "", "stretch", branch.scope)
    for node, child in piece:
        if child is None:
            found.nodes.append(node)
        else:
            found.adopt(child)
    _name(found, branch, columns, names)
    return found


def _over(branch: Branch, stretches: Sequence[Branch], columns: Mapping[str, Any], names: Sequence[str]) -> Branch:
    found = Branch("", "", "stretch", branch.scope)
    for stretch in stretches:
        found.adopt(stretch)
    _name(found, branch, columns, names)
    return found


def _name(found: Branch, branch: Branch, columns: Mapping[str, Any], names: Sequence[str]) -> None:
    """By the groups in it, `layers.0 – layers.38`, or else by the operators that it has most of and its nodes:
    `Conv, Relu · 120–159`."""
    nodes = [node for inner in found.walk() for node in inner.nodes]
    found.first, last = min(nodes), max(nodes)
    found.path = f"{branch.path}[{found.first}–{last}]"
    groups = found.in_order()
    if len(groups) > len(found.nodes) and all(child.kind != "stretch" for child in groups):
        found.title = f"{groups[0].title} – {groups[-1].title}"
        return
    op_types = Counter(columns["node_op_type"][node] for node in nodes)
    most = ", ".join(names[op_type][:16] for op_type, _ in op_types.most_common(TITLE_TYPES))
    found.title = f"{most} · {found.first}–{last}"
