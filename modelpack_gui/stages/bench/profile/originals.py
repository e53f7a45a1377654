"""Which nodes of the file a node of the optimised graph stands for.

ONNX Runtime keeps the names of the values that are left: one that both graphs have is the same value in both. So a
node that makes it stands for what lies in the file's graph between that value and those that the node reads. Where
that walk ends anywhere else than at what the node reads, the node's name may still tell a part: the runtime names a
node that replaces or fuses others after one of them. Where neither tells, nothing is said.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from modelpack_gui.stages.inspection.onnx_walk import reads
from modelpack_gui.stages.layers.optimised import BLOCKED, BLOCKED_NAME, after_sum

_MOST = 400
"""Nodes that one may stand for: a whole layer of attention has some dozens."""

_LAYOUT = frozenset({"Reshape", "ReorderInput", "ReorderOutput", "Squeeze", "Transpose", "Unsqueeze"})
_SAID_BY_RUNTIME = re.compile(r"(_token_\d+|/duplicated|/\w+Fusion/?|_nchwc)$")
_FUSED = re.compile(r"/\w+Fusion/?$")


class Originals:
    """Finds them for one model.

    Args:
        original: Nodes of the main graph of the file, in its order.
        optimised: Nodes of the main graph as the session runs it.
        constants: Names of the file's initializers.
    """

    def __init__(self, original: Sequence[Any], optimised: Sequence[Any], constants: frozenset[str]) -> None:
        self._original = original
        self._place = {id(node): place for place, node in enumerate(original)}
        self._maker: dict[str, Any] = {name: node for node in original for name in node.output if name}
        self._reads = {id(node): reads(node) for node in original}
        self._readers: dict[str, list[Any]] = {}
        for node in original:
            for name in self._reads[id(node)]:
                self._readers.setdefault(name, []).append(node)
        self._fixed = self._find_fixed(constants)
        self._named = _by_unique_name(original)
        # The runtime turns Constant nodes into initializers before it numbers what is left.
        self._numbered = [node for node in original if node.op_type != "Constant"]
        self._optimised = _by_unique_name(optimised)
        self._alias = self._find_aliases(optimised)
        self._made_in = {
            self._alias.get(name, name): id(node)
            for node in optimised
            if not self._is_inserted_layout(node)  # the value is the same one before
            for name in node.output
            if name
        }

    def of(self, name: str, op_type: str, index: int) -> tuple[int, ...]:
        """Places in the file's graph of the nodes that a node of the trace stands for, in order; empty if unknown.

        Args:
            name, op_type, index: As the trace has them.
        """
        node = self._optimised.get(name)
        if node is not None and self._is_inserted_layout(node):
            return ()
        found = self._between(node) if node is not None else None
        return found or self._same(name, op_type, index) or self._named_after(name, op_type)

    def of_node(self, node: Any) -> tuple[int, ...]:
        """As `of`, for a node of the optimised graph itself; it may have no name."""
        if self._is_inserted_layout(node):
            maker = self._maker.get(node.output[0])
            is_kept = maker is not None and not maker.name and maker.op_type == node.op_type
            return (self._place[id(maker)],) if is_kept else ()
        return self._between(node) or self._named_after(node.name, node.op_type)

    def _same(self, name: str, op_type: str, index: int) -> tuple[int, ...]:
        """The node itself, where it is one of the file."""
        if index < len(self._numbered):
            node = self._numbered[index]
            is_named = node.name == name or (not node.name and name == f"{op_type}_{index}")
            if node.op_type == op_type and is_named:
                return (self._place[id(node)],)
        return ()

    def _named_after(self, name: str, op_type: str) -> tuple[int, ...]:
        """The node of the file that this one is named after, where their types fit: `QLinearAdd` does an `Add`."""
        is_fused = False
        while True:
            node = self._named.get(name)
            if node is not None and (is_fused or node.op_type.lower() in op_type.lower()):
                return (self._place[id(node)],)
            shorter = _SAID_BY_RUNTIME.sub("", name)
            if shorter == name:
                return ()
            is_fused = is_fused or _FUSED.search(name) is not None
            name = shorter

    def _between(self, node: Any) -> tuple[int, ...] | None:
        """Places of the nodes between what a node reads and what it makes; None if that is not certain."""
        made = {self._alias.get(name, name) for name in node.output if name}
        open_names = [name for name in made if name in self._maker]
        if not open_names:
            return None
        stops = {self._alias.get(name, name) for name in reads(node)} | (self._fixed - made)
        found: set[int] = set()
        while open_names:
            name = open_names.pop()
            if name in stops:
                continue
            maker = self._maker.get(name)
            if maker is None or self._made_in.get(name, id(node)) != id(node):
                return None  # an input of the graph, or a value that another node makes
            place = self._place[id(maker)]
            if place not in found:
                found.add(place)
                if len(found) > _MOST:
                    return None
                open_names += self._reads[id(maker)]
        return tuple(sorted(found))

    def _find_fixed(self, constants: frozenset[str]) -> set[str]:
        """Values that depend on no input but by its shape, and so may have been computed beforehand."""
        fixed = set(constants)
        for node in self._original:
            if node.op_type in ("Constant", "Shape") or all(name in fixed for name in self._reads[id(node)]):
                fixed.update(name for name in node.output if name)
        return fixed

    def _is_inserted_layout(self, node: Any) -> bool:
        """Whether a node only lays a value out anew, and is none of the file's."""
        return node.op_type in _LAYOUT and node.name not in self._named

    def _find_aliases(self, optimised: Sequence[Any]) -> dict[str, str]:
        """Names that values have in the optimised graph only, and the file's own names for the same values.

        A value that the runtime lays out anew on its way has its own name on the other side of that. In the blocked
        layout there may be no such node between two others: then the one that makes it is named after it.
        """
        known = self._maker.keys()
        aliases: dict[str, str] = {}
        layouts = [node for node in optimised if self._is_inserted_layout(node)]
        readers = Counter(name for node in optimised for name in reads(node))
        for node in reversed(layouts):  # from the known name back, through one after the other
            before, after = node.input[0], aliases.get(node.output[0], node.output[0])
            if before not in known and after in known and readers[before] == 1:
                aliases[before] = after
        for node in _blocked(optimised):
            name = node.name.removesuffix(BLOCKED_NAME)
            if name in known and name != node.name and node.output[0] not in known:
                aliases.setdefault(node.output[0], after_sum(node, name, self._readers))
        for node in layouts:
            before, after = aliases.get(node.input[0], node.input[0]), node.output[0]
            if after not in known:
                aliases.setdefault(after, before)
        return aliases


def _blocked(nodes: Sequence[Any]) -> Iterator[Any]:
    return (node for node in nodes if node.domain == BLOCKED)


def _by_unique_name(nodes: Sequence[Any]) -> dict[str, Any]:
    """Nodes by their names; those that share one, or have none, are left out."""
    counts = Counter(node.name for node in nodes)
    return {node.name: node for node in nodes if node.name and counts[node.name] == 1}
