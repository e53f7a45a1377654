"""What the eager run does between two aligned values that the artifact does not: a branch that an export froze."""

from __future__ import annotations

import ast
import functools
from collections.abc import Sequence
from pathlib import Path

from modelpack_gui.core.explain.explanation import place_of
from modelpack_gui.stages.layers.aligned import Aligned
from modelpack_gui.stages.layers.eager_trace import EagerOp, EagerTrace, Ref
from modelpack_gui.stages.layers.graph import ArtifactGraph
from modelpack_gui.stages.layers.kinds import families_of, may_end_in


def missing_operations(
    graph: ArtifactGraph, trace: EagerTrace, item: Aligned, parents: Sequence[Aligned]
) -> tuple[EagerOp, ...]:
    """Operations on eager's way from the parents to a value that no node on the artifact's way stands for."""
    nodes, _ = graph.back_to(item.value, {parent.value for parent in parents})
    types = [node.op_type for node in nodes]
    named = {name for node in nodes if node.operation for name in families_of(node.operation)}
    ends = {parent.ref for parent in parents}
    found: dict[int, EagerOp] = {}
    stack = list(trace.ops[item.ref.op].inputs)
    seen: set[Ref] = set(stack)
    while stack:
        ref = stack.pop()
        if ref in ends or ref.op < 0:
            continue
        op = trace.ops[ref.op]
        if not _is_idle(op, trace) and not _is_there(op, types, named):
            found[op.index] = op
        fresh = [other for other in op.inputs if other not in seen]
        seen.update(fresh)
        stack += fresh
    return tuple(found[index] for index in sorted(found))


def _is_idle(op: EagerOp, trace: EagerTrace) -> bool:
    """Whether it gives what it was given, as far as one can tell without values."""
    families = families_of(op.name)
    if "copy" in families:
        return True
    same = len(op.outputs) == 1 and bool(op.inputs) and trace.value(op.inputs[0]) == op.outputs[0]
    return same and not families.isdisjoint(("slice", "reshape", "expand"))


def _is_there(op: EagerOp, types: Sequence[str], named: set[str]) -> bool:
    if named:
        return not named.isdisjoint(families_of(op.name))
    return any(may_end_in(op.name, op_type) for op_type in types)


def condition_of(location: str) -> tuple[str, int] | None:
    """The test of the innermost `if` around a line, and the line of that; None if there is none that can be read."""
    place = place_of(location)
    return None if place is None else _condition(place.file, place.line)


@functools.lru_cache(maxsize=64)
def _condition(file: str, line: int) -> tuple[str, int] | None:
    try:
        source = Path(file).read_text(encoding="utf-8")
        tree = ast.parse(source)
    except (OSError, ValueError, SyntaxError):
        return None
    found = None
    for node in ast.walk(tree):
        if isinstance(node, (ast.If, ast.While)):
            for body in (node.body, node.orelse):
                is_inside = bool(body) and body[0].lineno <= line <= (body[-1].end_lineno or 0)
                if is_inside and (found is None or node.lineno > found[1]):
                    found = (ast.unparse(node.test), node.lineno)
    return found
