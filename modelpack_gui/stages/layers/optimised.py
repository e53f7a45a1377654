"""Which values of a model are left when ONNX Runtime has optimised it, and what makes each one then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelpack_gui.stages.inspection.onnx_walk import reads

BLOCKED = "com.microsoft.nchwc"
BLOCKED_NAME = "_nchwc"
_SUM_INPUT = 3


def makers_of(optimised: Sequence[Any], original: Sequence[Any]) -> dict[str, str]:
    """What type of node makes each value that is left.

    In its blocked layout the runtime renames what is between two convolutions, though nothing is fused across it and
    the values are there: such a node is named after the value that it made before a sum was taken into it.

    Args:
        optimised: Nodes of the optimised graph.
        original: Nodes of the graph as it is in the file.
    """
    readers: dict[str, list[Any]] = {}
    for node in original:
        for name in reads(node):
            readers.setdefault(name, []).append(node)
    known = {name for node in original for name in node.output}
    found: dict[str, str] = {}
    for node in optimised:
        name = node.name.removesuffix(BLOCKED_NAME)
        if node.domain == BLOCKED and name in known and name != node.name:
            found.setdefault(after_sum(node, name, readers), _type_of(node))
        found.update(
            {name: node.op_type for name in node.output if name in known and node.op_type != "ReorderOutput"}
        )
    for node in optimised:  # a value that is reordered on its way out is made by the node before that
        for name in node.output:
            if name in known:
                found.setdefault(name, node.op_type)
    return found


def after_sum(node: Any, name: str, readers: Mapping[str, Sequence[Any]]) -> str:
    """The value that a blocked node makes: behind the addition, and what is done to the sum, that it has taken in.

    Args:
        name: The value that it made before, which it is named after.
        readers: Nodes of the graph as it is in the file that read a value.
    """
    if len(node.input) <= _SUM_INPUT or not node.input[_SUM_INPUT]:
        return name
    steps = 1 + any(attribute.name == "activation" for attribute in node.attribute)
    for _ in range(steps):
        after = readers.get(name, ())
        if len(after) != 1:
            return name
        name = str(after[0].output[0])
    return name


def _type_of(node: Any) -> str:
    """`Conv + Relu`: with what was taken into it."""
    parts = [node.op_type]
    if len(node.input) > _SUM_INPUT and node.input[_SUM_INPUT]:
        parts.append("Add")
    parts += [attribute.s.decode() for attribute in node.attribute if attribute.name == "activation"]
    return " + ".join(parts)
