"""The call of a TorchScript archive, whose `forward` is the model's own or takes the tensors one by one."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.inputs import argument_path
from modelpack_gui.core.records import InputSpec, tensor_inputs
from modelpack_gui.stages.source.call import CallPlan, plan_for

if TYPE_CHECKING:
    import torch

_FIELD = re.compile(r"(\w+) : ")


def plan_script_call(module: torch.jit.ScriptModule, inputs: Sequence[InputSpec]) -> CallPlan:
    """Find the argument of each example input by the schema in the archive.

    Raises:
        UserError: `inputs-do-not-match`.
    """
    schema = module.forward.schema  # type: ignore[attr-defined]  # untyped in torch
    arguments = schema.arguments[1:]  # the first one is `self`
    parameters = [_parameter(argument) for argument in arguments]
    if _is_flat(arguments, inputs):
        inputs = [InputSpec(spec.name, spec.shape) for spec in tensor_inputs(inputs)]
        parameters = [parameter.replace(kind=inspect.Parameter.POSITIONAL_OR_KEYWORD) for parameter in parameters]
    try:
        return plan_for(
            "the archive's forward",
            inspect.Signature(parameters),
            {argument.name: _hint(argument.type) for argument in arguments},
            inputs,
        )
    except UserError as error:
        raise UserError(
            "inputs-do-not-match",
            f"The example inputs do not fit the archive: {error.info.message}",
            f"It takes {', '.join(f'{argument.name}: {argument.type}' for argument in arguments) or 'no inputs'}.",
            error.info.details,
        ) from error


def _is_flat(arguments: Sequence[Any], inputs: Sequence[InputSpec]) -> bool:
    """Whether it takes the tensors, no more, in the order of their rows: `batch_image` for `batch.image`."""
    tensors = tensor_inputs(inputs)
    if len(tensors) != len(arguments) or any(argument.type.kind() != "TensorType" for argument in arguments):
        return False
    names = [_flat_name(spec) for spec in tensors]
    given = [argument.name for argument in arguments]
    return not any(argument.kwarg_only for argument in arguments) and all(
        not name or name == argument for name, argument in zip(names, given, strict=True)
    )


def _flat_name(spec: InputSpec) -> str:
    try:
        return "_".join(map(str, argument_path.parse(spec.argument)))
    except ValueError:
        return ""


def _parameter(argument: Any) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY if argument.kwarg_only else inspect.Parameter.POSITIONAL_OR_KEYWORD
    default = argument.default_value if argument.has_default_value() else inspect.Parameter.empty
    return inspect.Parameter(argument.name, kind, default=default)


def _hint(kind: Any) -> Any:
    """As much of a TorchScript type as an annotation as says what its parts make."""
    name = kind.kind()
    if name == "OptionalType":
        return _hint(kind.getElementType())
    if name == "TupleType":
        parts = [_hint(item) for item in kind.elements()]
        names = _FIELD.findall(kind.str())
        if kind.str().startswith("NamedTuple(") and len(names) == len(parts):
            fields = list(zip(names, parts, strict=True))
            return NamedTuple("Fields", fields)  # the archive takes it for its own
        return tuple[tuple(parts)]  # type: ignore[misc]
    if name == "ListType":
        return list[_hint(kind.getElementType())]  # type: ignore[misc]
    if name == "DictType":
        key = int if kind.getKeyType().kind() == "IntType" else str
        return dict[key, _hint(kind.getValueType())]  # type: ignore[misc,valid-type]
    return object
