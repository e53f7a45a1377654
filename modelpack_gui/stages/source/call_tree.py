"""The values in a call of `forward`, as trees: lists, tuples, dicts and objects of tensors and values.

A tree is made once, and built again for every set of tensors. It can also be written as a Python expression, which is
what the exporters get to see: they follow Python code, and need not know of the classes in it.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.inputs import argument_path
from modelpack_gui.core.records import InputSpec
from modelpack_gui.stages.source.arguments import hints_of

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Leaf:
    """A tensor, by its position among the tensors."""

    index: int

    def build(self, tensors: Sequence[torch.Tensor]) -> Any:
        """The tensor."""
        return tensors[self.index]

    def expression(self, names: Sequence[str], scope: dict[str, Any]) -> str:  # noqa: ARG002 (one shape for all nodes)
        """The name of the tensor."""
        return names[self.index]


@dataclass(frozen=True)
class Constant:
    """An int, float, bool, str or None."""

    value: Any

    def build(self, tensors: Sequence[torch.Tensor]) -> Any:  # noqa: ARG002 (one shape for all nodes)
        """The value."""
        return self.value

    def expression(self, names: Sequence[str], scope: dict[str, Any]) -> str:  # noqa: ARG002 (one shape for all nodes)
        """The value as Python writes it."""
        text = repr(self.value)
        return f'float("{text}")' if text in ("inf", "-inf", "nan") else text


@dataclass(frozen=True)
class Items:
    """A list, or a tuple."""

    parts: tuple[Node, ...]
    is_tuple: bool

    def build(self, tensors: Sequence[torch.Tensor]) -> Any:
        """The list or tuple."""
        built = [part.build(tensors) for part in self.parts]
        return tuple(built) if self.is_tuple else built

    def expression(self, names: Sequence[str], scope: dict[str, Any]) -> str:
        """`[a, b]` or `(a, b)`."""
        inner = ", ".join(part.expression(names, scope) for part in self.parts)
        if not self.is_tuple:
            return f"[{inner}]"
        return f"({inner},)" if len(self.parts) == 1 else f"({inner})"


@dataclass(frozen=True)
class Keys:
    """A dict."""

    parts: Mapping[str | int, Node]

    def build(self, tensors: Sequence[torch.Tensor]) -> Any:
        """The dict."""
        return {key: part.build(tensors) for key, part in self.parts.items()}

    def expression(self, names: Sequence[str], scope: dict[str, Any]) -> str:
        """`{'a': a}`."""
        return "{" + ", ".join(f"{key!r}: {part.expression(names, scope)}" for key, part in self.parts.items()) + "}"


@dataclass(frozen=True)
class Fields:
    """An object that is constructed by keywords: a dataclass, a named tuple, or another class that was annotated."""

    kind: type[Any]
    parts: Mapping[str, Node]

    def build(self, tensors: Sequence[torch.Tensor]) -> Any:
        """The object.

        Raises:
            UserError: `inputs-do-not-fit`.
        """
        built = {key: part.build(tensors) for key, part in self.parts.items()}
        try:
            return self.kind(**built)
        except TypeError as error:
            raise UserError(
                "inputs-do-not-fit",
                f"{self.kind.__name__} cannot be made from the example inputs for {', '.join(built)}: {error}.",
                "Give an example input, or a value, for each field that has no default.",
            ) from error

    def expression(self, names: Sequence[str], scope: dict[str, Any]) -> str:
        """`Batch(image=a)`; the class is put into `scope` under the name that the expression has for it."""
        name = self.kind.__name__
        while scope.setdefault(name, self.kind) is not self.kind:
            name += "_"
        inner = ", ".join(f"{key}={part.expression(names, scope)}" for key, part in self.parts.items())
        return f"{name}({inner})"


Node = Leaf | Constant | Items | Keys | Fields


@dataclass
class _Branch:
    """A node while inputs are still put into it: the input itself, or the parts by step."""

    spec: InputSpec | None = None
    leaf: Leaf | Constant | None = None
    parts: dict[str | int, _Branch] = dataclasses.field(default_factory=dict)

    def first(self) -> InputSpec:
        """An input at or below it, to name in errors."""
        return self.spec if self.spec is not None else next(iter(self.parts.values())).first()


def grow(
    inputs: Sequence[InputSpec], paths: Sequence[argument_path.Path], hints: Mapping[str, Any]
) -> dict[str | int, Node]:
    """The tree of each parameter that inputs go to.

    Args:
        paths: Of each input; a number in the first place is a position for which no name is known.
        hints: Evaluated annotations by parameter; they say what a parameter with parts is made of.

    Raises:
        UserError: `input-argument` where two paths contradict each other.
    """
    root = _Branch()
    tensors = 0
    for spec, path in zip(inputs, paths, strict=True):
        branch = root
        for depth, step in enumerate(path):
            if branch.spec is not None:
                raise _contradiction(spec, branch.spec, f"which is all of {argument_path.spell(path[:depth])}")
            other = next((key for key in branch.parts if isinstance(key, str) is not isinstance(step, str)), None)
            if other is not None and depth:
                raise _contradiction(spec, branch.parts[other].first(), "and a value has either items or fields")
            branch = branch.parts.setdefault(step, _Branch())
        if branch.spec is not None or branch.parts:
            raise _contradiction(spec, branch.first(), "which is the same place or a part of it")
        branch.spec = spec
        branch.leaf = Constant(spec.value) if spec.is_value else Leaf(tensors)
        tensors += not spec.is_value
    return {step: _node(branch, hints.get(str(step)), (step,)) for step, branch in root.parts.items()}


def is_nested(node: Node) -> bool:
    """Whether there are only tensors in it, in lists, tuples and dicts."""
    if isinstance(node, Items):
        return all(map(is_nested, node.parts))
    if isinstance(node, Keys):
        return all(map(is_nested, node.parts.values()))
    return isinstance(node, Leaf)


def items(node: Node) -> tuple[Node, ...]:
    """The nodes that a `*args` parameter stands for."""
    return node.parts if isinstance(node, Items) else (node,)


def named_parts(node: Node) -> dict[str, Node]:
    """The nodes that a `**kwargs` parameter stands for.

    Raises:
        UserError: `input-argument` if it has no names.
    """
    if isinstance(node, (Keys, Fields)):
        return {str(key): part for key, part in node.parts.items()}
    raise UserError(
        "input-argument",
        "An example input goes to the ** parameter of forward as a whole.",
        "Give the name of the keyword instead.",
    )


def _node(branch: _Branch, hint: Any, path: argument_path.Path) -> Node:
    if branch.leaf is not None:
        return branch.leaf
    hint = with_parts(hint)
    if isinstance(next(iter(branch.parts)), int):
        return _item_node(branch, hint, path)
    children = {str(key): part for key, part in branch.parts.items()}
    kind = get_origin(hint) or hint
    if not isinstance(kind, type) or issubclass(kind, Mapping) or typing.is_typeddict(kind):
        key_type, value_hint = (*get_args(hint), None, None)[:2]
        field_hints = hints_of(kind) if isinstance(kind, type) and typing.is_typeddict(kind) else {}
        return Keys(
            {
                int(key) if key_type is int and key.isdigit() else key: _node(
                    part, field_hints.get(key, value_hint), (*path, key)
                )
                for key, part in children.items()
            }
        )
    field_hints = hints_of(kind)
    return Fields(kind, {key: _node(part, field_hints.get(key), (*path, key)) for key, part in children.items()})


def _item_node(branch: _Branch, hint: Any, path: argument_path.Path) -> Node:
    count = len(branch.parts)
    missing = [index for index in range(count) if index not in branch.parts]
    if missing:
        place = argument_path.spell((*path, missing[0]))
        raise UserError(
            "input-argument",
            f"No example input goes to {place}, and one goes to {branch.first().argument}.",
            "Items count from [0], without a gap.",
        )
    kind = get_origin(hint) or hint
    names = getattr(kind, "_fields", ()) if isinstance(kind, type) and issubclass(kind, tuple) else ()
    if names:
        field_hints = hints_of(kind)
        parts = {name: branch.parts[index] for index, name in enumerate(names[:count])}
        return Fields(kind, {name: _node(part, field_hints.get(name), (*path, name)) for name, part in parts.items()})
    inner = get_args(hint)
    is_tuple = isinstance(kind, type) and issubclass(kind, tuple)

    def hint_of(index: int) -> Any:
        if is_tuple and not (len(inner) == 2 and inner[1] is Ellipsis):
            return inner[index] if index < len(inner) else None
        return inner[0] if inner else None

    return Items(tuple(_node(branch.parts[i], hint_of(i), (*path, i)) for i in range(count)), is_tuple)


def with_parts(hint: Any) -> Any:
    """The annotation if it says what the parts make, and of a union its first such member; else None."""
    import torch

    members = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    without_parts = (type(None), object, Any, torch.Tensor)
    return next((member for member in members if member not in without_parts), None)


def _contradiction(spec: InputSpec, other: InputSpec, why: str) -> UserError:
    return UserError(
        "input-argument",
        f"The example input {spec.name!r} goes to {spec.argument or 'the next position'}, and {other.name!r} goes to"
        f" {other.argument or 'its position'}, {why}.",
        "Give each example input a place of its own in the call of forward.",
    )
