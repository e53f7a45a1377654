"""Which module of the model each node of a TorchScript archive is in.

The debug information of a node names the modules that were called on the way to it, each by the last part of its
path: of `downs.0` and `ups.0` it says `0`. The whole paths are in the graphs of the methods, which call one another
in the order in which their nodes follow in the inlined graph.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

_CALLS = re.compile(r"([^.()]+)\([^()]*\)")
_SELF, _FUNCTION = "SELF", "UNKNOWN_INSTANCE"


class _Call(NamedTuple):
    """A method that is called: of which module, by the last part of its path and by all of it.

    Attributes:
        works: Operators in it that make tensors; a function that it calls counts as one.
    """

    name: str
    path: str
    graph: Any
    module: Any
    works: int


class _Placed(NamedTuple):
    """A node by its number, with the names of the calls on the way to it."""

    number: int
    calls: list[str]
    works: bool


def module_paths(module: Any) -> list[str]:
    """By number of the node, the path of its module, as far as it can be told.

    Args:
        module: A loaded ScriptModule. The nodes of its inlined graph are numbered as they follow, those in the blocks
            of a node right after it.
    """
    nodes = [
        _Placed(number, _CALLS.findall(node.getModuleHierarchy()), _works(node))
        for number, node in enumerate(_all_nodes(module.inlined_graph))
    ]
    paths = [_joined("", node.calls) for node in nodes]
    forward = module._c._get_method("forward").graph
    _name(paths, nodes, 0, _Call("", "", forward, module._c, 0))
    return paths


def _name(paths: list[str], nodes: Sequence[_Placed], depth: int, caller: _Call) -> None:
    """Name the nodes that are in a call.

    Args:
        depth: Calls on the way to those of `caller`, which is one of them.
    """
    for node in nodes:
        paths[node.number] = _joined(caller.path, node.calls[depth:])
    inside = [node for node in nodes if len(node.calls) > depth and node.calls[depth] != _FUNCTION]
    runs = itertools.groupby((node for node in inside if node.works), lambda node: node.calls[depth])
    found = [(name, list(run)) for name, run in runs]
    every = _calls(caller)
    runs_of_calls = itertools.groupby((call for call in every if call.works), lambda call: call.name)
    calls = [(name, list(run)) for name, run in runs_of_calls]
    if [name for name, _ in found] != [name for name, _ in calls]:
        return
    ends: list[tuple[int, _Call]] = []  # by the last node that works in it
    for (_, run), (_, several) in zip(found, calls, strict=True):
        if sum(call.works for call in several) != len(run):
            several = several[:1]  # there is no telling where one ends and the next begins
        last = 0
        for call in several:
            last = last + call.works if len(several) > 1 else len(run)
            ends.append((run[last - 1].number, call))
    _share(paths, inside, ends, every, depth)


def _share(
    paths: list[str], inside: Sequence[_Placed], ends: Sequence[tuple[int, _Call]], every: Sequence[_Call], depth: int
) -> None:
    """Give each node to the call that it is in: the next one of its name to end, or else the last.

    Args:
        every: Also those calls in which nothing works, such as that of an Identity.
    """
    parts: dict[str, tuple[_Call, list[_Placed]]] = {}
    for node in inside:
        name = node.calls[depth]
        named = [(end, call) for end, call in ends if call.name == name]
        idle = next((call for call in every if call.name == name), None)
        call = next((call for end, call in named if end >= node.number), named[-1][1] if named else idle)
        if call is not None:
            parts.setdefault(call.path, (call, []))[1].append(node)
    for call, part in parts.values():
        _name(paths, part, depth + 1, call)


def _calls(caller: _Call) -> list[_Call]:
    """The methods that a method calls on modules, in order."""
    modules = {next(iter(caller.graph.inputs())).debugName(): (caller.path, caller.module)}
    found = []
    for node in _all_nodes(caller.graph):
        kind = node.kind()
        if kind not in ("prim::GetAttr", "prim::CallMethod"):
            continue
        owner = modules.get(next(iter(node.inputs())).debugName())
        if owner is None:
            continue
        path, module = owner
        name = str(node.s("name"))
        if kind == "prim::GetAttr":
            value = module.getattr(name) if module.hasattr(name) else None
            if hasattr(value, "_get_method"):
                modules[next(iter(node.outputs())).debugName()] = (f"{path}.{name}" if path else name, value)
            continue
        graph = module._get_method(name).graph
        is_own = path == caller.path
        name = _SELF if is_own else path.rpartition(".")[2]
        found.append(_Call(name, path, graph, module, _work(graph, module)))
    return found


def _work(graph: Any, module: Any) -> int:
    inner = sum(call.works for call in _calls(_Call("", "", graph, module, 0)))
    return inner + sum(map(_works, _all_nodes(graph)))


def _works(node: Any) -> bool:
    if node.kind() == "prim::CallFunction":
        return True
    return bool(node.kind().startswith("aten::")) and any(
        value.type().kind() == "TensorType" for value in node.outputs()
    )


def _joined(path: str, calls: Sequence[str]) -> str:
    return ".".join(name for name in (path, *calls) if name and name not in (_SELF, _FUNCTION))


def _all_nodes(block: Any) -> Iterator[Any]:
    for node in block.nodes():
        yield node
        for inner in node.blocks():
            yield from _all_nodes(inner)
