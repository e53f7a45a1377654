"""What differs between the two nodes of each pair of an alignment."""

from __future__ import annotations

import itertools
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass

from modelpack_gui.core.graph.compare.align import Alignment
from modelpack_gui.core.graph.compare.difference import Difference, DifferenceBuilder, State
from modelpack_gui.core.graph.compare.features import Features, places_of_inputs
from modelpack_gui.core.graph.graph import Graph, Shape

OTHER_VALUES = "other values"
_MANGLED = re.compile(r"___torch_mangle_\d+\.")  # TorchScript numbers classes of one name, in each process anew
_COMMUTATIVE = frozenset(
    {"Add", "And", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "Equal", "Max", "Mean", "Min", "Mul", "Or", "Sum", "Xor"}
)


def difference_of(aligned: Alignment) -> Difference:
    """Compare the pairs; what has no partner is removed, or added."""
    left, right = aligned.left.graph, aligned.right.graph
    builder = DifferenceBuilder(len(aligned.partner), len(aligned.back))
    compare_pairs(aligned, builder)
    for node, other in enumerate(aligned.partner):
        if other < 0:
            builder.state[node] = State.REMOVED
        else:
            builder.back_state[other] = builder.state[node]
    for other, node in enumerate(aligned.back):
        if node < 0:
            builder.back_state[other] = State.ADDED
    origins = [[node] if node >= 0 else [] for node in aligned.back]
    assert len(left.nodes) == len(builder.state)
    assert len(right.nodes) == len(origins)
    return builder.finish(aligned.partner, aligned.back, aligned.ways, origins)


@dataclass(frozen=True)
class Optimised:
    """What is no difference where the second graph was made of the first.

    Attributes:
        shared: Left nodes that share their partner with others: what they read and give lies within it.
        folded: Left nodes whose results are weights now.
        other_values: How to say that a weight of one dtype and shape holds something else.
    """

    shared: Container[int] = frozenset()
    folded: Container[int] = frozenset()
    other_values: str = OTHER_VALUES


def compare_pairs(aligned: Alignment, builder: DifferenceBuilder, known: Optimised | None = None) -> None:
    """Put what differs between the nodes of each pair into a builder."""
    known = known or Optimised()
    pairs = _Pairs(aligned, builder, known)
    for node, other in enumerate(aligned.partner):
        if other >= 0 and node not in known.shared:
            pairs.compare(node, other)


class _Pairs:
    def __init__(self, aligned: Alignment, builder: DifferenceBuilder, known: Optimised) -> None:
        self._aligned, self._builder, self._known = aligned, builder, known
        self._left, self._right = aligned.left, aligned.right
        self._input_places = tuple(places_of_inputs(side.graph) for side in (aligned.left, aligned.right))

    def compare(self, node: int, other: int) -> None:
        """All aspects, the names last."""
        left, right = self._left, self._right
        if left.ops[node] != right.ops[other]:
            self._builder.add(
                node, "operator", "", operator_text(left.graph, node), operator_text(right.graph, other)
            )
        if left.attribute_sets[node] != right.attribute_sets[other]:
            self._compare_attributes(node, other)
        self._compare_inputs(node, other)
        self._compare_outputs(node, other)
        if left.names[node] != right.names[other]:
            before, after = left.graph.text("node_name", node), right.graph.text("node_name", other)
            self._builder.add(node, "name", "", before, after)

    def _compare_attributes(self, node: int, other: int) -> None:
        left, right = self._left, self._right
        befores, afters = left.attributes(node), right.attributes(other)
        for name in dict.fromkeys((*befores, *afters)):
            row, found = befores.get(name), afters.get(name)
            before = left.graph.text("attribute_texts", row) if row is not None else left.default_text(node, name)
            after = (
                right.graph.text("attribute_texts", found) if found is not None else right.default_text(other, name)
            )
            if row is not None and found is not None:
                if left.attribute_number(row) == right.attribute_number(found):
                    continue
                if before == after:
                    after = f"{after} ({OTHER_VALUES})"
            if before != after:
                self._builder.add(node, "attribute", name, before, after)

    def _compare_inputs(self, node: int, other: int) -> None:
        left, right = self._left, self._right
        reads, matches = left.graph.inputs(node), right.graph.inputs(other)
        values = [left.sources[value] if value >= 0 else -1 for value in reads]
        others = [right.sources[value] if value >= 0 else -1 for value in matches]
        self._compare_precision(node, reads, matches)
        if (
            len(values) == len(others) == 2
            and left.graph.text("node_op_type", node) in _COMMUTATIVE
            and not all(map(self._is_same, values, others))
            and all(map(self._is_same, values, others[::-1]))
        ):
            return
        for place, (value, found) in enumerate(itertools.zip_longest(values, others, fillvalue=-1)):
            if self._is_same(value, found):
                continue
            before, after = _input_text(left, value), _input_text(right, found)
            if value in left.stored or found in right.stored:
                what = _weight_name(left, value) or _weight_name(right, found) or f"input {place + 1}"
                self._builder.add(
                    node, "weights", what, before, self._known.other_values if before == after else after
                )
            else:
                self._builder.add(node, "input", f"input {place + 1}", before, after)

    def _compare_precision(self, node: int, reads: Sequence[int], matches: Sequence[int]) -> None:
        """Whether what is computed, not what is stored, goes through integers on its way here."""
        left, right = self._left, self._right
        for place, (value, found) in enumerate(zip(reads, matches, strict=False)):
            before, after = left.quantized.get(value, ""), right.quantized.get(found, "")
            if before != after and value not in left.stored and found not in right.stored:
                self._builder.add(node, "quantised", f"input {place + 1}", before, after)

    def _is_same(self, value: int, found: int) -> bool:
        """Whether two inputs are the same, as far as that is known."""
        left, right = self._left, self._right
        if value < 0 or found < 0:
            return value == found
        if value in left.stored and found in right.stored:
            digests = left.digest(value), right.digest(found)
            if all(digests):
                return digests[0] == digests[1]
            return _input_text(left, value) == _input_text(right, found)
        if value in left.stored or found in right.stored:
            return found in right.stored and left.graph.producers[value] in self._known.folded
        maker, other = left.graph.producers[value], right.graph.producers[found]
        if maker < 0 or other < 0:
            places = [
                side.get(one, (-1, -1))[1] for side, one in zip(self._input_places, (value, found), strict=True)
            ]
            return maker == other and places[0] == places[1]
        if self._aligned.partner[maker] != other:
            return False
        places = [list(left.graph.outputs(maker)).index(value), list(right.graph.outputs(other)).index(found)]
        return maker in self._known.shared or places[0] == places[1]

    def _compare_outputs(self, node: int, other: int) -> None:
        left, right = self._left.graph, self._right.graph
        values, others = left.outputs(node), right.outputs(other)
        for place, (value, found) in enumerate(zip(values, others, strict=False)):
            if value < 0 or found < 0:
                continue
            before, after = left.value_info(value), right.value_info(found)
            what = f"output {place + 1}" if len(values) > 1 else ""
            dtypes = [_MANGLED.sub("", info.dtype) for info in (before, after)]
            if all(dtypes) and dtypes[0] != dtypes[1]:
                self._builder.add(node, "dtype", what, before.dtype, after.dtype)
            if before.shape is not None and after.shape is not None and not _is_one_shape(before.shape, after.shape):
                self._builder.add(node, "shape", what, shape_text(before.shape), shape_text(after.shape))
            if before.name != after.name:
                self._builder.add(node, "output name", what, before.name, after.name)


def shape_text(shape: Shape) -> str:
    """`batch × 3 × ?`."""
    return " × ".join("?" if size is None else str(size) for size in shape) or "scalar"


def _is_one_shape(before: Shape, after: Shape) -> bool:
    """Whether two shapes may be the same: a size that is not known says nothing."""
    return len(before) == len(after) and all(
        one == other or one is None or other is None for one, other in zip(before, after, strict=True)
    )


def operator_text(graph: Graph, node: int) -> str:
    """Its op type, with the domain where that is not the default one."""
    op, domain = graph.text("node_op_type", node), graph.text("node_domain", node)
    return op if domain == "ai.onnx" else f"{domain}::{op}"


def _input_text(side: Features, value: int) -> str:
    """`float32 64 × 3 × 7 × 7` of what is stored in the file, else which node makes it."""
    graph = side.graph
    if value < 0:
        return ""
    if value in side.stored:
        info = graph.value_info(value)
        known = f"{info.dtype} {shape_text(info.shape)}" if info.shape is not None else ""
        return side.stored_text(value) or known
    maker = graph.producers[value]
    name = graph.value_name(value)
    return f"{name} of {operator_text(graph, maker)}" if maker >= 0 else name


def _weight_name(side: Features, value: int) -> str:
    return side.graph.value_name(value) if value in side.stored else ""
