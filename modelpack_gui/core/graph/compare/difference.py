"""What became of each node from one graph to another, and what differs between the two of a pair."""

from __future__ import annotations

import enum
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

from modelpack_gui.core.graph.columns import Column, ColumnsError, ints, read_columns, write_columns
from modelpack_gui.core.graph.compare.align import WAYS
from modelpack_gui.core.graph.graph import Graph


class State(enum.IntEnum):
    """What became of a node, the mildest first.

    A pair is the same, or has other names only, or reads what other nodes make, or is itself another: its op type,
    attributes, shapes or weights. What an optimiser takes together is fused, what it computes beforehand folded.
    """

    SAME = 0
    RENAMED = 1
    REWIRED = 2
    CHANGED = 3
    FUSED = 4
    FOLDED = 5
    REMOVED = 6
    ADDED = 7


ASPECTS: Mapping[str, State] = {
    "name": State.RENAMED,
    "output name": State.RENAMED,
    "input": State.REWIRED,
    "operator": State.CHANGED,
    "attribute": State.CHANGED,
    "shape": State.CHANGED,
    "dtype": State.CHANGED,
    "weights": State.CHANGED,
    "quantised": State.CHANGED,
}
"""What can differ between the two nodes of a pair, and what that makes of it."""

NAMES = frozenset(aspect for aspect, state in ASPECTS.items() if state is State.RENAMED)
"""Those of `ASPECTS` that change nothing."""

_COLUMNS = frozenset(
    {
        "texts", "partner", "back", "ways", "state", "back_state", "change_node", "change_aspect", "change_what",
        "change_before", "change_after", "origin_starts", "origin_nodes",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One thing that differs between the two nodes of a pair.

    Attributes:
        node: The left one.
        aspect: One of `ASPECTS`.
        what: Which attribute, output or weight; empty where there is only one.
        before, after: As text; empty if there is none.
    """

    node: int
    aspect: str
    what: str
    before: str
    after: str

    @property
    def title(self) -> str:
        """`attribute group`; `input 1` alone."""
        return self.what if self.what.startswith(self.aspect) else f"{self.aspect} {self.what}".rstrip()


CLUTTER = frozenset({"Constant", "DequantizeLinear", "GetAttr", "Identity", "QuantizeLinear"})
"""Op types that are put in and taken out without a change to what is computed, but for its precision: that is told of
the nodes between them."""
_UNPAIRED = (State.FOLDED, State.REMOVED, State.ADDED)


def is_clutter(state: State, op_type: str) -> bool:
    """Whether a node that has no counterpart is no loss."""
    return op_type in CLUTTER and state in _UNPAIRED


class Difference:
    """Columns, as `DifferenceBuilder` makes them.

    Attributes:
        partner: Of each left node the right one; -1 if it has none.
        back: Of each right node the left one; of one that stands for several, the one whose value it makes.
        state, back_state: A `State` of each left and right node.
    """

    def __init__(self, columns: Mapping[str, Column]) -> None:
        missing = _COLUMNS - columns.keys()
        if missing:
            raise ColumnsError(f"The columns {', '.join(sorted(missing))} are missing")
        self.columns = columns
        self._texts = cast("Sequence[str]", columns["texts"])
        self.partner, self.back = self._ints("partner"), self._ints("back")
        self.state, self.back_state = self._ints("state"), self._ints("back_state")

    @classmethod
    def read(cls, path: Path) -> Difference:
        """Read what was written with `write`.

        Raises:
            OSError, ColumnsError: The file is not there, or no such file.
        """
        return cls(read_columns(path))

    def write(self, path: Path) -> None:
        """Write it to a file, for `read`."""
        write_columns(path, self.columns)

    @cached_property
    def counts(self) -> dict[str, int]:
        """Nodes by state: pairs and what is gone by the left node, what is added by the right one."""
        found = Counter(self.state)
        found[State.ADDED] = Counter(self.back_state)[State.ADDED]
        return {state.name.lower(): found[state] for state in State if found[state]}

    def clutter(self, before: Graph, after: Graph) -> dict[str, dict[str, int]]:
        """How many of `counts` are `CLUTTER`, by state and op type."""
        found: dict[str, Counter[str]] = {}
        for states, graph, wanted in (
            (self.state, before, (State.FOLDED, State.REMOVED)),
            (self.back_state, after, (State.ADDED,)),
        ):
            for state, op in zip(states, graph.ints("node_op_type"), strict=True):
                if state in wanted and graph.texts[op] in CLUTTER:
                    found.setdefault(State(state).name.lower(), Counter())[graph.texts[op]] += 1
        return {state: dict(counts) for state, counts in found.items()}

    def way(self, node: int) -> str:
        """How a left node was found, one of `align.WAYS`."""
        return WAYS[self._ints("ways")[node]]

    def changes(self, node: int) -> list[Change]:
        """What differs between a left node and its partner."""
        return [self._change(row) for row in self._rows.get(node, ())]

    def aspects(self, node: int) -> tuple[str, ...]:
        """What kinds of things differ there, each once."""
        aspects = self._ints("change_aspect")
        return tuple(dict.fromkeys(self._texts[aspects[row]] for row in self._rows.get(node, ())))

    @cached_property
    def aspect_counts(self) -> dict[str, int]:
        """In how many pairs each kind of thing differs."""
        pairs = set(zip(self._ints("change_node"), self._ints("change_aspect"), strict=True))
        found = Counter(self._texts[aspect] for _, aspect in pairs)
        return {aspect: found[aspect] for aspect in ASPECTS if found[aspect]}

    def nodes_with(self, aspect: str) -> frozenset[int]:
        """The left nodes where some kind of thing differs."""
        wanted = self._texts.index(aspect) if aspect in self._texts else -1
        pairs = zip(self._ints("change_node"), self._ints("change_aspect"), strict=True)
        return frozenset(node for node, found in pairs if found == wanted)

    def origins(self, node: int) -> array[int]:
        """The left nodes that a right one stands for."""
        starts = self._ints("origin_starts")
        return self._ints("origin_nodes")[starts[node] : starts[node + 1]]

    @cached_property
    def _rows(self) -> Mapping[int, list[int]]:
        found: dict[int, list[int]] = {}
        for row, node in enumerate(self._ints("change_node")):
            found.setdefault(node, []).append(row)
        return found

    def _change(self, row: int) -> Change:
        texts = [self._texts[self._ints(f"change_{name}")[row]] for name in ("aspect", "what", "before", "after")]
        return Change(self._ints("change_node")[row], *texts)

    def _ints(self, name: str) -> array[int]:
        return cast("array[int]", self.columns[name])


class DifferenceBuilder:
    """Gathers changes pair by pair, in the order of the left nodes."""

    def __init__(self, left_count: int, right_count: int) -> None:
        self._texts: dict[str, int] = {"": 0}
        self.state = ints([State.SAME]) * left_count
        self.back_state = ints([State.SAME]) * right_count
        self._changes = {name: ints() for name in ("node", "aspect", "what", "before", "after")}

    def add(self, node: int, aspect: str, what: str, before: str, after: str) -> None:
        """Something that differs between a left node and its partner."""
        row = [node, *(self._texts.setdefault(text, len(self._texts)) for text in (aspect, what, before, after))]
        for column, number in zip(self._changes.values(), row, strict=True):
            column.append(number)
        self.state[node] = max(self.state[node], ASPECTS[aspect])

    def finish(
        self, partner: array[int], back: array[int], ways: array[int], origins: Sequence[Sequence[int]]
    ) -> Difference:
        """All of it.

        Args:
            origins: For each right node the left ones that it stands for.
        """
        starts, nodes = ints([0]), ints()
        for found in origins:
            nodes.extend(found)
            starts.append(len(nodes))
        return Difference(
            {
                "texts": list(self._texts),
                "partner": partner,
                "back": back,
                "ways": ways,
                "state": self.state,
                "back_state": self.back_state,
                "origin_starts": starts,
                "origin_nodes": nodes,
                **{f"change_{name}": column for name, column in self._changes.items()},
            }
        )
