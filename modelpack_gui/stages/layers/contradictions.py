"""Alignments that the flow of data speaks against: the two sides are computed from nothing in common.

Kinds, shapes and order can fit by chance, most of all among the helpers that an exporter writes.
"""

from __future__ import annotations

from collections.abc import Mapping

from modelpack_gui.core.records import AlignedBy
from modelpack_gui.stages.layers.aligned import Aligned
from modelpack_gui.stages.layers.eager_trace import EagerTrace, Ref
from modelpack_gui.stages.layers.graph import ArtifactGraph

_ROUNDS = 3


def contradictions(
    graph: ArtifactGraph, trace: EagerTrace, found: Mapping[str, Aligned], inputs: Mapping[str, Ref]
) -> list[str]:
    """Values aligned by operation whose nearest aligned ancestors are none of the operation's."""
    left = dict(found)
    for _ in range(_ROUNDS):  # without one, others have other ancestors
        wrong = [value for value, item in left.items() if _is_contradicted(graph, trace, left, inputs, item)]
        if not wrong:
            break
        for value in wrong:
            del left[value]
    return [value for value in found if value not in left]


def _is_contradicted(
    graph: ArtifactGraph,
    trace: EagerTrace,
    found: Mapping[str, Aligned],
    inputs: Mapping[str, Ref],
    item: Aligned,
) -> bool:
    if item.by is not AlignedBy.OPERATION:
        return False
    _, borders = graph.back_to(item.value, set(found))
    refs = {found[name].ref if name in found else inputs.get(name) for name in borders}
    return refs.isdisjoint(_ancestors(trace, item.ref, {one.ref for one in found.values()}))


def _ancestors(trace: EagerTrace, ref: Ref, known: set[Ref]) -> set[Ref]:
    """The nearest known values that one is computed from, and the inputs of the model."""
    stack = list(trace.ops[ref.op].inputs)
    seen = set(stack)
    found = set()
    while stack:
        one = stack.pop()
        if one in known or one.op < 0:
            found.add(one)
            continue
        fresh = [other for other in trace.ops[one.op].inputs if other not in seen]
        seen.update(fresh)
        stack += fresh
    return found
