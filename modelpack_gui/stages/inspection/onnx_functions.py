"""Which local functions of an ONNX model call which."""

from __future__ import annotations

from typing import Any

from modelpack_gui.stages.inspection.onnx_types import text_of
from modelpack_gui.stages.inspection.onnx_walk import subgraphs_of


def calls_itself(model: Any) -> str:
    """A local function that calls itself, straight or by others; empty if none does.

    Such a model means nothing, and whatever takes functions for what they stand for never comes to an end with it.
    """
    called = {_key(function): _called(function.node) for function in model.functions}
    done: set[tuple[str, str]] = set()
    for start in called:
        path, stack = [start], [iter(called[start])]
        while stack:
            inner = next(stack[-1], None)
            if inner is None:
                stack.pop()
                done.add(path.pop())
            elif inner in path:
                return "::".join(inner)
            elif inner in called and inner not in done:
                path.append(inner)
                stack.append(iter(called[inner]))
    return ""


def _key(function: Any) -> tuple[str, str]:
    return text_of(function.domain) or "ai.onnx", text_of(function.name)


def _called(nodes: Any) -> set[tuple[str, str]]:
    found = set()
    for node in nodes:
        found.add((text_of(node.domain) or "ai.onnx", text_of(node.op_type)))
        for attribute in node.attribute:
            for graph in subgraphs_of(attribute):
                found |= _called(graph.node)
    return found
