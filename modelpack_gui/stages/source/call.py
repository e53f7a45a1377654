"""The call of `forward`: which argument each example input becomes, or which part of one.

An artifact knows nothing of this. It takes the tensors, one by one, in the order of their rows; the plain values
are part of it. `stages/source/flat.py` makes the module that is called in that way.
"""

from __future__ import annotations

import difflib
import inspect
import keyword
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.inputs import argument_path
from modelpack_gui.core.records import InputSpec
from modelpack_gui.stages.source import call_tree
from modelpack_gui.stages.source.arguments import hints_of
from modelpack_gui.stages.source.call_tree import Leaf, Node

if TYPE_CHECKING:
    import torch

_HINT = "Give one example input for each required parameter of forward, in order, or say where each one goes."
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True)
class CallPlan:
    """How tensors and values become the arguments of one call.

    Attributes:
        positional: Passed by position.
        named: Passed by keyword.
        flat_names: A name for each tensor, in the order of the rows: the parameters of the flat call. A tensor that
            is a whole argument has the name of its parameter.
        is_plain: Whether the call is just the tensors by position, in order.
        is_nested: Whether it is by position alone, in lists, tuples and dicts of tensors: what a trace can take.
    """

    positional: tuple[Node, ...]
    named: Mapping[str, Node]
    flat_names: tuple[str, ...]
    is_plain: bool
    is_nested: bool

    def bind(self, tensors: Sequence[torch.Tensor]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The positional and keyword arguments with these tensors in their places.

        Raises:
            UserError: `inputs-do-not-fit`, a class that holds several of them does not take what it is given.
        """
        if len(tensors) != len(self.flat_names):
            raise ValueError(f"{len(tensors)} tensors for a call of {len(self.flat_names)}")
        arguments = tuple(node.build(tensors) for node in self.positional)
        return arguments, {name: node.build(tensors) for name, node in self.named.items()}


def plan_call(module: torch.nn.Module | Callable[..., Any], inputs: Sequence[InputSpec]) -> CallPlan:
    """Find the argument of each example input, and check them against the signature of `forward`.

    Args:
        module: The model; or a function instead of its `forward`.

    Raises:
        UserError: `input-argument` for a path that is none or contradicts another, `inputs-do-not-fit` where the
            signature does not take them.
    """
    import torch

    from modelpack_gui.stages.source.script_call import plan_script_call

    if isinstance(module, torch.jit.ScriptModule):
        return plan_script_call(module, inputs)
    forward = getattr(module, "forward", module)
    name = f"{type(module).__name__}.forward" if forward is not module else "forward"
    try:
        signature = inspect.signature(forward)
    except (TypeError, ValueError):  # a scripted or built-in forward has none
        return plan_for(name, None, {}, inputs)
    by_name = _keywords_of_program(module)
    parameters = [
        parameter.replace(kind=parameter.KEYWORD_ONLY) if parameter.name in by_name else parameter
        for parameter in signature.parameters.values()
    ]
    signature = signature.replace(parameters=sorted(parameters, key=lambda item: item.kind))
    return plan_for(name, signature, hints_of(forward), inputs)


def _keywords_of_program(module: object) -> Sequence[str]:
    """The parameters that an ExportedProgram was captured with by keyword: it takes them in no other way."""
    codegen = getattr(getattr(module, "graph", None), "_codegen", None)
    spec: Any = getattr(getattr(codegen, "pytree_info", None), "in_spec", None)
    if spec is None:
        return ()
    children = (
        spec.children() if hasattr(spec, "children") else spec.children_specs
    )  # as torch 2.12 and older have it
    is_call = len(children) == 2 and children[1].type is dict
    return tuple(children[1].context or ()) if is_call else ()


def plan_positional(module: torch.nn.Module, count: int) -> CallPlan:
    """The plan of a call with that many tensors and nothing else, by position.

    Raises:
        UserError: `inputs-do-not-fit`.
    """
    return plan_call(module, [InputSpec(f"input_{index}", ()) for index in range(count)])


def plan_for(
    name: str, signature: inspect.Signature | None, hints: Mapping[str, Any], inputs: Sequence[InputSpec]
) -> CallPlan:
    """`plan_call` for a signature; without one, nothing is known of names and types.

    Args:
        hints: Evaluated annotations by parameter.
    """
    parameters = dict(signature.parameters) if signature is not None else {}
    paths = list(_paths(inputs, list(parameters.values())))
    trees = call_tree.grow(inputs, paths, hints)
    positional, named = _arranged(name, trees, parameters, known=signature is not None)
    if signature is not None:
        _check(name, signature, positional, named, inputs)
    tensors = [path for spec, path in zip(inputs, paths, strict=True) if not spec.is_value]
    is_simple = not named and not any(item.kind is item.VAR_POSITIONAL for item in parameters.values())
    return CallPlan(
        positional=positional,
        named=named,
        flat_names=tuple(_flat_names(tensors)),
        is_plain=is_simple and positional == tuple(Leaf(index) for index in range(len(positional))),
        is_nested=is_simple and all(map(call_tree.is_nested, positional)),
    )


def _paths(inputs: Sequence[InputSpec], parameters: Sequence[inspect.Parameter]) -> Iterator[argument_path.Path]:
    """The full path of each input: those without one go to the parameters by position, then into `*args`."""
    by_position = [parameter.name for parameter in parameters if parameter.kind in _POSITIONAL]
    rest = next((item.name for item in parameters if item.kind is item.VAR_POSITIONAL), None)
    position = 0
    for spec in inputs:
        if spec.argument.strip():
            try:
                yield argument_path.parse(spec.argument)
            except ValueError as error:
                raise _no_path(spec, str(error)) from None
            continue
        if position < len(by_position):
            yield (by_position[position],)
        elif rest is not None:
            yield (rest, position - len(by_position))
        else:
            yield (position,)
        position += 1


def _arranged(
    name: str, trees: Mapping[str | int, Node], parameters: Mapping[str, inspect.Parameter], *, known: bool
) -> tuple[tuple[Node, ...], dict[str, Node]]:
    """By position as long as none is left out, then by keyword."""
    trees = dict(trees)
    positional: list[Node] = []
    named: dict[str, Node] = {}
    has_gap = False
    takes_any = False
    for parameter in parameters.values():
        takes_any = takes_any or parameter.kind is parameter.VAR_KEYWORD
        if parameter.kind is parameter.VAR_KEYWORD and parameter.name in trees:
            named.update(call_tree.named_parts(trees.pop(parameter.name)))
        elif parameter.name not in trees:
            has_gap = has_gap or parameter.kind in _POSITIONAL
        elif parameter.kind is parameter.VAR_POSITIONAL:
            positional += call_tree.items(trees.pop(parameter.name))
        elif parameter.kind is parameter.POSITIONAL_ONLY or (parameter.kind in _POSITIONAL and not has_gap):
            positional.append(trees.pop(parameter.name))
        else:
            named[parameter.name] = trees.pop(parameter.name)
    left = {key: trees[key] for key in trees if isinstance(key, str)}
    positional += [trees[key] for key in trees if isinstance(key, int)]
    if known and left and not takes_any:
        unknown = next(iter(left))
        close = difflib.get_close_matches(unknown, list(parameters), n=1)
        raise UserError(
            "inputs-do-not-fit",
            f"{name} has no parameter {unknown!r}, to which an example input goes.",
            f"Did you mean {close[0]}?" if close else f"It takes {', '.join(parameters) or 'no inputs'}.",
        )
    return tuple(positional), {**named, **left}


def _check(
    name: str,
    signature: inspect.Signature,
    positional: Sequence[Node],
    named: Mapping[str, Node],
    inputs: Sequence[InputSpec],
) -> None:
    try:
        signature.bind(*positional, **named)
    except TypeError as error:
        names = ", ".join(
            f"{parameter.name} (optional)" if parameter.default is not parameter.empty else str(parameter)
            for parameter in (item.replace(annotation=item.empty) for item in signature.parameters.values())
        )
        raise UserError(
            "inputs-do-not-fit",
            f"{name} takes {names or 'no inputs'}; {len(inputs)} example inputs are given.",
            _HINT,
            str(error),
        ) from error


def _flat_names(paths: Sequence[argument_path.Path]) -> Iterator[str]:
    taken: set[str] = {"self"}
    for index, path in enumerate(paths):
        whole = "_".join(str(step) for step in path) if isinstance(path[0], str) else f"input_{index}"
        name = re.sub(r"\W", "_", whole)
        while name in taken or keyword.iskeyword(name):
            name += "_"
        taken.add(name)
        yield name


def _no_path(spec: InputSpec, problem: str) -> UserError:
    return UserError(
        "input-argument",
        f"The example input {spec.name!r} cannot go to {spec.argument!r}: {problem}.",
        "Write a parameter of forward, and where it holds several: images[0], batch.image or pair[1].left.",
    )
