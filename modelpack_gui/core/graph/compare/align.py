"""Which node of one graph is which node of another.

The surest evidence is taken first: nodes whose whole past or future is the same on both sides, then those that read
the same weights, then those of one name in one module. What is left is found from its neighbours, and last by its
place in the order. Names that an exporter numbers (`Conv_12`) shift when a node is put in before, and count little.
"""

from __future__ import annotations

import bisect
import difflib
import itertools
import re
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelpack_gui.core.graph.columns import ints
from modelpack_gui.core.graph.compare.features import Digests, Features, Numbers
from modelpack_gui.core.graph.graph import Graph

WAYS = ("", "structure", "weights", "name", "module", "neighbours", "order")
"""How a node was found, by the number in `Alignment.ways`."""

_STRUCTURE, _WEIGHTS, _NAME, _MODULE, _NEIGHBOURS, _ORDER = range(1, len(WAYS))
_NUMBERED = re.compile(r"\d+$|^\d")
_AROUND = frozenset({"DequantizeLinear", "QuantizeLinear"})
_LONGEST = 600
"""Nodes of a stretch that are laid side by side at once: the time grows with the square of it."""

Check = Callable[[], None]
Keys = Sequence[Any]


@dataclass(frozen=True)
class Alignment:
    """Pairs of nodes.

    Attributes:
        left, right: What numbers of both graphs mean the same.
        partner: Of each left node the right one; -1 if it has none.
        back: The other way round.
        ways: How each left node was found, a place in `WAYS`.
    """

    left: Features
    right: Features
    partner: array[int]
    back: array[int]
    ways: array[int]


def align(
    left: Graph,
    right: Graph,
    left_digests: Digests,
    right_digests: Digests,
    check: Check,
    given: Mapping[int, int] | None = None,
) -> Alignment:
    """Find the pairs.

    Args:
        check: Called now and then; raises when nobody waits any more.
        given: Pairs of the main graphs that are known, right ones by left ones; no others are looked for there.
    """
    numbers = Numbers()
    check()
    features = (Features(left, left_digests, numbers), Features(right, right_digests, numbers))
    check()
    aligner = _Aligner(*features, check)
    scopes: deque[tuple[int, int]] = deque()
    if given is None:
        scopes.append((0, 0))
    else:
        for one, other in given.items():
            aligner.join(one, other, _STRUCTURE)
        scopes += aligner.inner_scopes(given)
    functions = right.function_scopes
    scopes += [(scope, functions[name]) for name, scope in left.function_scopes.items() if name in functions]
    while scopes:
        check()
        scopes += aligner.inner_scopes(aligner.align_scopes(*scopes.popleft()))
    return Alignment(*features, aligner.partner, aligner.back, aligner.ways)


class _Aligner:
    def __init__(self, left: Features, right: Features, check: Check) -> None:
        self._left, self._right, self._check = left, right, check
        self.partner = ints([-1]) * len(left.ops)
        self.back = ints([-1]) * len(right.ops)
        self.ways = ints([0]) * len(left.ops)
        self._joined: list[int] = []  # left nodes whose neighbours were not looked at
        self._free: tuple[list[int], list[int]] = ([], [])

    def join(self, one: int, other: int, way: int) -> None:
        self.partner[one], self.back[other], self.ways[one] = other, one, way
        self._joined.append(one)

    def inner_scopes(self, nodes: Iterable[int]) -> list[tuple[int, int]]:
        """The subgraphs of the same attribute of pairs of nodes."""
        found = []
        left, right = self._left.graph, self._right.graph
        owners = left.scopes_of_node
        for node in nodes:
            if node in owners and self.partner[node] >= 0:
                others = {
                    _attribute_of(right, scope): scope for scope in right.scopes_of_node.get(self.partner[node], ())
                }
                for scope in owners[node]:
                    name = _attribute_of(left, scope)
                    if name in others:
                        found.append((scope, others[name]))
        return found

    def align_scopes(self, one: int, other: int) -> list[int]:
        """Pair the nodes of two scopes; the left ones."""
        nodes = [
            [node for node, scope in enumerate(side.graph.ints("node_scope")) if scope == wanted]
            for side, wanted in ((self._left, one), (self._right, other))
        ]
        self._free = (nodes[0], nodes[1])
        self._by_surest()
        self._from_neighbours()
        self._by_name_and_shape()
        self._from_neighbours()
        self._by_weak_evidence()
        self._from_neighbours()
        self._by_order(*nodes)
        self._by_place()
        return nodes[0]

    def _by_surest(self) -> None:
        left, right = self._left, self._right
        for pick in (
            lambda side: list(zip(side.exact.upwards, side.exact.downwards, strict=True)),
            lambda side: list(zip(side.exact.upwards, side.names, side.modules, strict=True)),
            lambda side: side.exact.upwards,
            lambda side: side.exact.downwards,
        ):
            self._pair_unique(pick(left), pick(right), _STRUCTURE)
        self._pair_equal_numbers(
            list(zip(left.exact.upwards, left.exact.downwards, strict=True)),
            list(zip(right.exact.upwards, right.exact.downwards, strict=True)),
            _STRUCTURE,
        )
        weights = [_known_pairs(side.weights, side.ops) for side in (left, right)]
        self._pair_unique(weights[0], weights[1], _WEIGHTS)

    def _by_name_and_shape(self) -> None:
        left, right = self._left, self._right
        self._pair_unique(_sure_names(left), _sure_names(right), _NAME)
        for way, pick in (
            (
                _STRUCTURE,
                lambda side: list(zip(side.shaped.upwards, side.shaped.downwards, side.modules, strict=True)),
            ),
            (_MODULE, _names_in_modules),
        ):
            self._pair_unique(pick(left), pick(right), way)
        placed = [_known_pairs(side.modules, side.ops) for side in (left, right)]
        self._pair_equal_numbers(placed[0], placed[1], _MODULE)
        for pick in (
            lambda side: list(zip(side.shaped.upwards, side.shaped.downwards, strict=True)),
            lambda side: side.shaped.upwards,
            lambda side: side.shaped.downwards,
        ):
            self._pair_unique(pick(left), pick(right), _STRUCTURE)

    def _by_weak_evidence(self) -> None:
        left, right = self._left, self._right
        for way, pick in (
            (_NAME, lambda side: _known_pairs(side.names, side.ops)),
            (_NAME, lambda side: _known_pairs(side.first_outputs, side.ops)),
            (_STRUCTURE, lambda side: side.rough.upwards),
            (_STRUCTURE, lambda side: side.rough.downwards),
        ):
            self._pair_unique(pick(left), pick(right), way)

    def _pair_unique(self, left: Keys, right: Keys, way: int) -> None:
        """Pair free nodes whose key no other free node of their side has; None is no key."""
        self._check()
        lefts, rights = (_once(keys, nodes) for keys, nodes in zip((left, right), self._free, strict=True))
        for key, node in lefts.items():
            other = rights.get(key, -1)
            if node >= 0 and other >= 0:
                self.join(node, other, way)
        self._drop_joined()

    def _pair_equal_numbers(self, left: Keys, right: Keys, way: int) -> None:
        """Pair free nodes of one key in their order, where both sides have the same number of them."""
        self._check()
        lefts, rights = (_grouped(keys, nodes) for keys, nodes in zip((left, right), self._free, strict=True))
        for key, nodes in lefts.items():
            others = rights.get(key, ())
            if len(nodes) == len(others):
                for node, other in zip(nodes, others, strict=True):
                    self.join(node, other, way)
        self._drop_joined()

    def _drop_joined(self) -> None:
        self._free = (
            [node for node in self._free[0] if self.partner[node] < 0],
            [node for node in self._free[1] if self.back[node] < 0],
        )

    def _from_neighbours(self) -> None:
        """From each pair to the free nodes beside both, as long as there are any."""
        self._check()
        if all(self._free):
            while self._joined:
                node = self._joined.pop()
                self._pair_producers(node, self.partner[node])
                self._pair_consumers(node, self.partner[node])
        self._joined.clear()
        self._drop_joined()

    def _are_alike(self, one: int, other: int) -> bool:
        return (
            one >= 0
            and other >= 0
            and self.partner[one] < 0
            and self.back[other] < 0
            and self._left.ops[one] == self._right.ops[other]
        )

    def _pair_producers(self, one: int, other: int) -> None:
        left, right = self._left.graph, self._right.graph
        for value, found in zip(left.inputs(one), right.inputs(other), strict=False):
            if value >= 0 and found >= 0:
                makers = left.producers[value], right.producers[found]
                if self._are_alike(*makers) and self._are_in_step(*makers):
                    self.join(*makers, _NEIGHBOURS)

    def _pair_consumers(self, one: int, other: int) -> None:
        left, right = self._left, self._right
        for value, found in zip(left.graph.outputs(one), right.graph.outputs(other), strict=False):
            if value < 0 or found < 0:
                continue
            readers = _grouped(left.ops, _each_once(left.graph.consumers(value)))
            others = _grouped(right.ops, _each_once(right.graph.consumers(found)))
            for op, nodes in readers.items():
                free = [node for node in nodes if self.partner[node] < 0]
                rest = [node for node in others.get(op, ()) if self.back[node] < 0]
                if free and len(free) == len(rest):
                    for pair in zip(free, rest, strict=True):
                        if self._are_in_step(*pair):
                            self.join(*pair, _NEIGHBOURS)

    def _are_in_step(self, one: int, other: int) -> bool:
        """Whether the scopes of two nodes belong together: at the border of a subgraph one is outside."""
        left, right = self._left.graph, self._right.graph
        scope, found = left.ints("node_scope")[one], right.ints("node_scope")[other]
        owner, holder = left.ints("scope_owner")[scope], right.ints("scope_owner")[found]
        return (owner < 0) == (holder < 0) and (owner < 0 or self.partner[owner] == holder)

    def _by_order(self, lefts: list[int], rights: list[int]) -> None:
        """Lay what is free between two pairs side by side, as a comparison of texts does with lines."""
        pairs = [(node, self.partner[node]) for node in lefts if self.partner[node] >= 0]
        fences = [(-1, -1), *_increasing(pairs), (lefts[-1] + 1 if lefts else 0, rights[-1] + 1 if rights else 0)]
        free_left, free_right = self._free
        for (start, begin), (stop, end) in itertools.pairwise(fences):
            one = free_left[bisect.bisect(free_left, start) : bisect.bisect_left(free_left, stop)]
            other = free_right[bisect.bisect(free_right, begin) : bisect.bisect_left(free_right, end)]
            if one and other:
                self._check()
                self._lay_side_by_side(one, other)
        self._drop_joined()

    def _lay_side_by_side(self, lefts: list[int], rights: list[int]) -> None:
        for start in range(0, max(len(lefts), len(rights)), _LONGEST):
            one, other = lefts[start : start + _LONGEST], rights[start : start + _LONGEST]
            matcher = difflib.SequenceMatcher(
                None,
                [self._left.ops[node] for node in one],
                [self._right.ops[node] for node in other],
                autojunk=False,
            )
            for at, found, length in matcher.get_matching_blocks():
                for i in range(length):
                    self.join(one[at + i], other[found + i], _ORDER)

    def _by_place(self) -> None:
        """Nodes of another op type in the same place: of one name, or between the same neighbours."""
        left, right = self._left, self._right
        self._pair_unique(_sure_names(left, is_typed=False), _sure_names(right, is_typed=False), _NAME)
        self._pair_unique(_outputs(left), _outputs(right), _NAME)
        self._pair_unique(self._neighbours(left, is_left=True), self._neighbours(right, is_left=False), _NEIGHBOURS)

    def _neighbours(self, side: Features, *, is_left: bool) -> Keys:
        """For each free node the pairs around it, by the numbers of their right nodes."""
        graph = side.graph
        keys: list[Any] = [None] * len(side.ops)
        for node in self._free[0 if is_left else 1]:
            makers = [graph.producers[value] for value in graph.inputs(node) if value >= 0]
            readers = [
                reader for value in graph.outputs(node) if value >= 0 for reader in graph.consumers(value)[:64]
            ]
            if is_left:
                around = [
                    [self.partner[maker] if maker >= 0 else -2 for maker in nodes] for nodes in (makers, readers)
                ]
            else:
                around = [
                    [(maker if self.back[maker] >= 0 else -1) if maker >= 0 else -2 for maker in nodes]
                    for nodes in (makers, readers)
                ]
            known = [tuple(sorted({other for other in nodes if other >= 0})) for nodes in around]
            if known[0] and known[1]:
                keys[node] = tuple(known)
        return keys


def _attribute_of(graph: Graph, scope: int) -> str:
    return graph.text("scope_title", scope).rpartition(" / ")[2]


def _outputs(side: Features) -> Keys:
    """Names of first outputs; None where there is none, and for what only quantises the output of another."""
    texts, ops = side.graph.texts, side.graph.ints("node_op_type")
    return [
        name if name and texts[op] not in _AROUND else None for name, op in zip(side.first_outputs, ops, strict=True)
    ]


def _known_pairs(numbers: Sequence[int], ops: Sequence[int]) -> Keys:
    return [(number, op) if number else None for number, op in zip(numbers, ops, strict=True)]


def _names_in_modules(side: Features) -> Keys:
    """Names, op types and modules; None where one is not known."""
    return [key if key[0] and key[1] else None for key in zip(side.names, side.modules, side.ops, strict=True)]


def _sure_names(side: Features, *, is_typed: bool = True) -> Keys:
    """Names that no exporter has numbered; None for others."""
    texts, found = side.graph.texts, []
    for name, text, op in zip(side.names, side.graph.ints("node_name"), side.ops, strict=True):
        is_sure = name and not _NUMBERED.search(texts[text])
        found.append((name, op if is_typed else 0) if is_sure else None)
    return found


def _once(keys: Keys, nodes: Sequence[int]) -> dict[Any, int]:
    """The node of each key; -1 where several have it."""
    found: dict[Any, int] = {}
    for node in nodes:
        key = keys[node]
        if key is not None:
            found[key] = -1 if key in found else node
    return found


def _grouped(keys: Keys, nodes: Iterable[int]) -> dict[Any, list[int]]:
    found: dict[Any, list[int]] = {}
    for node in nodes:
        if keys[node] is not None:
            found.setdefault(keys[node], []).append(node)
    return found


def _each_once(nodes: Iterable[int]) -> Iterable[int]:
    return dict.fromkeys(nodes)


def _increasing(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The most of some pairs, ordered by their first, whose second grows too (patience sorting)."""
    tails: list[int] = []  # the smallest end of a run of each length
    places: list[int] = []
    before = [-1] * len(pairs)
    for i, (_, other) in enumerate(pairs):
        at = bisect.bisect_left(tails, other)
        if at == len(tails):
            tails.append(other)
            places.append(i)
        else:
            tails[at], places[at] = other, i
        before[i] = places[at - 1] if at else -1
    found, i = [], places[-1] if places else -1
    while i >= 0:
        found.append(pairs[i])
        i = before[i]
    return found[::-1]
