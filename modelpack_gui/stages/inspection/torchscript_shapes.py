"""Shapes and dtypes of what a TorchScript archive computes for example inputs, since an archive keeps none.

Its graph is gone through node by node with torch's fake tensors, which have a shape and a dtype and no elements: it
takes neither the memory of the tensors nor the time of the arithmetic. What depends on elements is not known, and
neither is what follows from it.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import NoneType
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.dtypes import DTYPES
from modelpack_gui.core.graph.graph import Shape
from modelpack_gui.core.records import InputSpec

MOST_ROUNDS = 64
"""Rounds of a loop that are gone through; what it hands on is known after that only if it stays of one shape."""
MOST_NODES = 400_000
LONGEST_LIST = 100_000
CHECK_EVERY = 200

_SETTINGS = frozenset({"is_grad_enabled", "is_autocast_enabled", "is_autocast_cpu_enabled"})
_DENIED = frozenset({"from_file", "save", "manual_seed", "set_data", "warn", "format"})
"""Operators that do something else than to compute, or need not be computed."""
_ON_LISTS: Mapping[str, Callable[..., Any]] = {
    "__contains__": lambda items, item: item in items,
    "__getitem__": lambda items, place: items[place],
    "add": lambda items, others: items + others,
    "copy": list,
    "eq": lambda one, other: one == other,
    "len": len,
    "list": list,
    "mul": lambda items, times: items * times,
    "ne": lambda one, other: one != other,
    "slice": lambda items, start, end, step: items[start:end:step],
}
"""Operators on what is no tensor, that torch has for its own interpreter alone."""


class _Unknown:
    """What stands for a value of which nothing is known."""


UNKNOWN = _Unknown()


@dataclass
class ScriptTypes:
    """What was found.

    Attributes:
        types: Dtype and shape by name of the value.
        idle: Titles of the blocks that are not run with these inputs, as the reader titles their scopes.
    """

    types: dict[str, tuple[str, Shape]] = field(default_factory=dict)
    idle: set[str] = field(default_factory=set)


def script_types(module: Any, inputs: Sequence[InputSpec], context: Context) -> ScriptTypes:
    """Go through the inlined graph of a module.

    Args:
        module: A loaded ScriptModule.
        inputs: By name where the graph has those names, else in order.
    """
    from torch._subclasses.fake_tensor import FakeTensorMode

    graph = module.inlined_graph
    walk = _Walk(FakeTensorMode(allow_non_fake_inputs=True), context)
    ports = list(graph.inputs())
    env: _Env = {ports[0].debugName(): module} if ports else {}
    for value, spec in zip(ports[1:], _in_order([value.debugName() for value in ports[1:]], inputs), strict=False):
        if spec is not None:
            env[value.debugName()] = walk.given(value, spec)
    with (
        _unlogged(),
        contextlib.suppress(_Raised),
    ):  # the module refuses such inputs; what it computed before is known
        walk.block(graph, env, 0)
    walk.found.idle -= walk.ran
    return walk.found


@contextlib.contextmanager
def _unlogged() -> Iterator[None]:
    """Keep torch from logging each operator that does not fit the inputs, with a traceback."""
    logger = logging.getLogger("torch._subclasses.fake_tensor")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _in_order(names: Sequence[str], inputs: Sequence[InputSpec]) -> list[InputSpec | None]:
    by_name = {spec.name: spec for spec in inputs}
    plain = [name.rpartition(".")[0] or name for name in names]  # TorchScript numbers them: `image.1`
    if by_name.keys() <= {*plain}:
        return [by_name.get(name) for name in plain]
    return [] if any(spec.argument for spec in inputs) else [*inputs[: len(names)]]


_Env = dict[str, Any]


class _Raised(Exception):  # noqa: N818 (a module's own exception, which ends the walk)
    """A node raises, whatever the elements are."""


class _Walk:
    def __init__(self, mode: Any, context: Context) -> None:
        self._mode, self._context = mode, context
        self._done = 0
        self._fakes: dict[int, Any] = {}
        self._kept: list[Any] = []  # what `_fakes` goes by stays alive
        self.found = ScriptTypes()
        self.ran: set[str] = set()

    def given(self, value: Any, spec: InputSpec) -> Any:
        """What an input of the graph is: a tensor of the dtype and sizes of an example, or a plain value."""
        import torch

        is_tensor = value.type().kind() == "TensorType"
        if spec.is_value or not is_tensor:
            return spec.value if spec.is_value and not is_tensor else UNKNOWN
        if spec.dtype not in DTYPES or (spec.file and not spec.shape):
            return UNKNOWN
        with self._mode:
            made = torch.empty(spec.shape, dtype=getattr(torch, spec.dtype))
        self.note(value, made)
        return made

    def note(self, value: Any, found: Any) -> None:
        """Keep the dtype and shape of a value, the first that it has."""
        import torch

        if isinstance(found, torch.Tensor):
            dtype = str(found.dtype).removeprefix("torch.")
            self.found.types.setdefault(value.debugName(), (dtype, tuple(map(int, found.shape))))

    def block(self, block: Any, env: _Env, number: int) -> list[Any]:
        """Run a block; what it hands on.

        Args:
            number: Of its first node, as the reader counts them.
        """
        for node in block.nodes():
            self._done += 1
            if self._done % CHECK_EVERY == 0:
                self._context.check_cancelled()
            outputs = list(node.outputs())
            try:
                made = self._made(node, env, number) if self._done <= MOST_NODES else []
            except _Raised:
                raise
            except Exception:  # noqa: BLE001 (torch raises anything for what it does not know; so it is not known)
                made = []
            made += [UNKNOWN] * (len(outputs) - len(made))
            for value, item in zip(outputs, made, strict=False):
                env[value.debugName()] = item
                self.note(value, item)
            number += _size(node)
        return [env.get(value.debugName(), UNKNOWN) for value in block.outputs()]

    def _made(self, node: Any, env: _Env, number: int) -> list[Any]:
        domain, _, name = node.kind().partition("::")
        args = [env.get(value.debugName(), UNKNOWN) for value in node.inputs()]
        if domain == "prim":
            return self._primitive(node, name, args, env, number)
        if domain != "aten" or name in _DENIED or any(map(_is_unknown, args)):
            return []
        return self._called(node, name, args)

    def _primitive(self, node: Any, name: str, args: list[Any], env: _Env, number: int) -> list[Any]:
        import torch

        if name == "Constant":
            value = next(iter(node.outputs())).toIValue()
            return [self._constant(value)]
        if name == "GetAttr":
            value = getattr(args[0], node.s("name"))
            return [self._faked(value) if isinstance(value, torch.Tensor) else value]
        if name == "If":
            return self._if(node, args[0], env, number)
        if name == "Loop":
            return self._loop(node, args, env, number)
        if name == "RaiseException":
            raise _Raised
        if name in ("ListConstruct", "TupleConstruct"):
            return [args if name == "ListConstruct" else tuple(args)]
        if any(map(_is_unknown, args)) and name not in ("TupleUnpack", "TupleIndex", "ListUnpack"):
            return []
        tensor: Callable[[Any], Any] = torch.tensor  # untyped in torch
        simple: Mapping[str, Callable[[], list[Any]]] = {
            "ListUnpack": lambda: list(args[0]),
            "TupleUnpack": lambda: list(args[0]),
            "TupleIndex": lambda: [args[0][args[1]]],
            "DictConstruct": lambda: [dict(zip(args[::2], args[1::2], strict=True))],
            "NumToTensor": lambda: [tensor(args[0])],
            "unchecked_cast": lambda: [args[0]],
            "dtype": lambda: [args[0].dtype],
            "device": lambda: [args[0].device],
            "layout": lambda: [args[0].layout],
            "type": lambda: [args[0].type],
            "is_cuda": lambda: [False],
            "requires_grad": lambda: [False],
            "min": lambda: [min(args)],
            "max": lambda: [max(args)],
        }
        return simple[name]() if name in simple else []

    def _constant(self, value: Any) -> Any:
        import torch

        if isinstance(value, torch.Tensor):
            return value if value.dim() == 0 else self._faked(value)
        return value

    def _faked(self, tensor: Any) -> Any:
        key = id(tensor)
        if key not in self._fakes:
            self._kept.append(tensor)
            self._fakes[key] = self._mode.from_tensor(tensor)
        return self._fakes[key]

    def _called(self, node: Any, name: str, args: list[Any]) -> list[Any]:
        import torch

        if name in _SETTINGS:
            return [False]
        if name in ("__is__", "__isnot__"):
            return [(args[0] is args[1]) is (name == "__is__")]
        if name in _ON_LISTS and isinstance(args[0], (list, str, dict, tuple, NoneType)):
            of_list: Any = args[0]
            if name == "mul" and len(of_list) * args[1] > LONGEST_LIST:
                return []
            made = _ON_LISTS[name](*args)
            return [] if isinstance(made, (list, str)) and len(made) > LONGEST_LIST else [made]
        if name == "append":
            args[0].append(args[1])
            return [args[0]]
        schema = torch._C.parse_schema(node.schema())
        operator = getattr(getattr(torch.ops.aten, name), schema.overload_name or "default")
        positional = [arg for arg, item in zip(args, schema.arguments, strict=True) if not item.kwarg_only]
        named = {item.name: arg for arg, item in zip(args, schema.arguments, strict=True) if item.kwarg_only}
        tensors = [item for item in _flat(args) if isinstance(item, torch.Tensor)]
        if tensors and all(type(item) is torch.Tensor for item in tensors):
            made = operator(*positional, **named)  # numbers as tensors, which sizes are made of
        else:
            with self._mode, torch.no_grad():
                made = operator(*positional, **named)
        return list(made) if isinstance(made, tuple) and len(list(node.outputs())) > 1 else [made]

    def _if(self, node: Any, condition: Any, env: _Env, number: int) -> list[Any]:
        blocks = list(node.blocks())
        starts = [number + 1, number + 1 + _nodes_in(blocks[0])]
        titles = [f"node {number} / block {place}" for place in range(2)]
        if isinstance(condition, bool):
            taken = 0 if condition else 1
            self.ran.add(titles[taken])
            self.found.idle.add(titles[1 - taken])
            return self.block(blocks[taken], env, starts[taken])
        self.ran.update(titles)
        made = []
        for block, start in zip(blocks, starts, strict=True):
            try:
                made.append(self.block(block, env, start))
            except _Raised:
                continue
        if not made:
            raise _Raised
        return made[0] if len(made) == 1 else [_common(*pair) for pair in zip(*made, strict=True)]

    def _loop(self, node: Any, args: list[Any], env: _Env, number: int) -> list[Any]:
        (body,) = node.blocks()
        rounds, condition, *carried = args
        for round_ in range(MOST_ROUNDS):
            if condition is False or (isinstance(rounds, int) and round_ >= rounds):
                return carried
            for value, item in zip(body.inputs(), [round_, *carried], strict=True):
                env[value.debugName()] = item
                self.note(value, item)
            condition, *after = self.block(body, env, number + 1)
            is_sure = isinstance(rounds, int) and isinstance(condition, bool)
            if not is_sure:
                return [_common(one, other) for one, other in zip(carried, after, strict=True)]
            carried_before, carried = carried, after
        return [_common(one, other) for one, other in zip(carried_before, carried, strict=True)]


def _is_unknown(item: Any) -> bool:
    return item is UNKNOWN or (isinstance(item, (list, tuple)) and any(map(_is_unknown, item)))


def _flat(items: Sequence[Any]) -> Iterator[Any]:
    for item in items:
        if isinstance(item, (list, tuple)):
            yield from _flat(item)
        else:
            yield item


def _common(one: Any, other: Any) -> Any:
    """What two values have in common that may both be the one: a tensor of one dtype and shape, or a like number."""
    import torch

    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        return one if one.dtype == other.dtype and one.shape == other.shape else UNKNOWN
    return (
        one
        if type(one) is type(other) and isinstance(one, (int, float, str, type(None))) and one == other
        else UNKNOWN
    )


def _size(node: Any) -> int:
    """Nodes that it is, with those in its blocks."""
    return 1 + sum(_nodes_in(block) for block in node.blocks())


def _nodes_in(block: Any) -> int:
    return sum(_size(node) for node in block.nodes())
