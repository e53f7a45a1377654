"""Which module calls which operator, found in one run that is not timed: marks around modules cost time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from modelpack_gui.stages.bench.profile.torch_trace import MODULE, Call, Operator, is_operator, trace

if TYPE_CHECKING:
    import torch

_WRAPPER = "model."  # before the paths of a model whose own hooks forbid that its call is rewritten


def call_sites(
    model: object, call: Callable[[], object], check_cancelled: Callable[[], None]
) -> tuple[Operator, ...]:
    """The operators that one run calls, in order, each with its module and, of an exported program, its node.

    Of a compiled graph neither is known, and the calls of an operator are numbered.

    Args:
        model: What `call` runs; of any type.
    """
    import torch

    if isinstance(model, torch.fx.GraphModule):
        (_, calls), *_ = trace(call, 1, check_cancelled)
        return _of_graph(model, calls)
    is_compiled = isinstance(model, (torch.jit.ScriptModule, torch._dynamo.OptimizedModule))
    if isinstance(model, torch.nn.Module) and not is_compiled:
        with marked_modules(model):
            (_, calls), *_ = trace(call, 1, check_cancelled)
        return tuple(one.operator for one in calls)
    (_, calls), *_ = trace(call, 1, check_cancelled)
    return _numbered([one.operator for one in calls])


def _numbered(operators: Sequence[Operator]) -> tuple[Operator, ...]:
    """A compiled graph calls its operators in one order: the calls of each are told apart by it."""
    counts = Counter(operator.name for operator in operators)
    seen: Counter[str] = Counter()
    found = []
    for operator in operators:
        seen[operator.name] += 1
        found.append(replace(operator, call=seen[operator.name] if counts[operator.name] > 1 else 0))
    return tuple(found)


@contextmanager
def marked_modules(model: torch.nn.Module) -> Iterator[None]:
    """Put marks around the calls of all modules below a model. One that is called by several names has the first.

    Not by hooks: a module that has some may take another way, as the layers of `torch.nn.TransformerEncoder` do.
    """
    import torch

    prefix = _WRAPPER if [name for name, _ in model.named_children()] == ["model"] else ""
    paths = {id(module): name.removeprefix(prefix) for name, module in model.named_modules() if name}
    own_call = torch.nn.Module.__call__

    def marked_call(self: torch.nn.Module, *arguments: Any, **named: Any) -> Any:
        path = paths.get(id(self))
        if path is None:
            return own_call(self, *arguments, **named)
        with torch.autograd.profiler.record_function(MODULE + path):
            return own_call(self, *arguments, **named)

    torch.nn.Module.__call__ = marked_call  # type: ignore[method-assign]
    try:
        yield
    finally:
        torch.nn.Module.__call__ = own_call  # type: ignore[method-assign]


def _of_graph(model: torch.fx.GraphModule, calls: list[Call]) -> tuple[Operator, ...]:
    """An exported program runs its graph node by node, so the n-th operator is the n-th node that calls one."""
    nodes = [node for node in model.graph.nodes if is_operator(_event_name(node))]
    operators = tuple(call.operator for call in calls)
    if [_event_name(node) for node in nodes] != [operator.name for operator in operators]:
        return operators
    return tuple(
        replace(operator, module=_module_of(node), node=node.name)
        for operator, node in zip(operators, nodes, strict=True)
    )


def _event_name(node: Any) -> str:
    """The profiler's name of what a node calls: `aten::conv2d`; empty if it calls no operator."""
    schema = getattr(node.target, "_schema", None)
    return schema.name if node.op == "call_function" and schema is not None else ""


def _module_of(node: Any) -> str:
    stack = node.meta.get("nn_module_stack") or {}
    path = str(next(reversed(stack.values()))[0]) if stack else ""
    return path.removeprefix("L['self'].").removeprefix("L['self']")
