"""The suggest-inputs stage: example inputs that the model takes, found by its signature, layers and errors."""

from __future__ import annotations

import dataclasses
import inspect
import time
import typing
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from modelpack_gui.core import serde
from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import Explanation, Fix, RecipeEdit
from modelpack_gui.core.inputs.proposals import IMAGE_SHAPE, proposed, proposed_inputs, proposed_tensor
from modelpack_gui.core.records import (
    InputSpec,
    ParameterInfo,
    SuggestedInputs,
    SuggestInputsRequest,
    TensorInfo,
    tensor_inputs,
)
from modelpack_gui.stages.source.arguments import hints_of
from modelpack_gui.stages.source.build import build_model
from modelpack_gui.stages.source.call import plan_call
from modelpack_gui.stages.source.call_tree import with_parts
from modelpack_gui.stages.source.corrections import corrections
from modelpack_gui.stages.source.first_layers import Wanted, watched
from modelpack_gui.stages.source.forward import name_outputs, set_eval
from modelpack_gui.stages.source.inputs import complete_inputs, make_inputs, tensor_info
from modelpack_gui.stages.source.usercode import guarded

if TYPE_CHECKING:
    import torch

_MOST_TRIES = 40
_BUDGET_S = 30.0
_EXPLAIN_TRIES = 16
_EXPLAIN_BUDGET_S = 5.0
_CODES = ("forward-failed", "inputs-do-not-fit")


def run(request: SuggestInputsRequest, context: Context) -> SuggestedInputs:
    """Suggest inputs; where the model refuses all that is tried, the result says so and holds the first guess.

    Raises:
        UserError: The model cannot be built, or the file of an input cannot be read.
        JobCancelled: The user asked to stop.
    """
    module = build_model(request.source, context).module
    start, reasons = _start(module, complete_inputs(request.inputs, context))
    found = find(module, start, context, _MOST_TRIES, _BUDGET_S)
    return dataclasses.replace(found, reasons=(*reasons, *found.reasons))


@contextmanager
def explained(module: torch.nn.Module, inputs: Sequence[InputSpec], context: Context) -> Iterator[None]:
    """Give the error of a forward pass the inputs that the model does take as a fix, if a short search finds some.

    Raises:
        UserError: The same error.
        JobCancelled: The user asked to stop.
    """
    try:
        yield
    except UserError as error:
        if error.info.code not in _CODES or error.info.explanation is not None:
            raise
        raise _with_explanation(error, module, inputs, context) from error.__cause__


def _with_explanation(
    error: UserError, module: torch.nn.Module, inputs: Sequence[InputSpec], context: Context
) -> UserError:
    info = error.info
    try:
        start, reasons = _start(module, tuple(inputs))
        found = find(module, start, context, _EXPLAIN_TRIES, _EXPLAIN_BUDGET_S)
    except UserError:  # what keeps the search from starting is no better explanation
        return error
    if found.error is not None or found.inputs == tuple(inputs):
        return error
    why = " ".join((*reasons, *found.reasons))
    fix = Fix(
        _in_short(inputs, found.inputs), (RecipeEdit("inputs", serde.encode(found.inputs)),), f"{why} Tried: it runs."
    )
    cause = f"forward does not take the example inputs as they are. {why}"
    explanation = Explanation("inputs-do-not-fit", "The example inputs do not fit the model", cause, (), (fix,))
    return UserError(info.code, info.message, info.hint, info.details, explanation)


def find(
    module: torch.nn.Module, start: tuple[InputSpec, ...], context: Context, most_tries: int, budget_s: float
) -> SuggestedInputs:
    """Try inputs, and correct them by what the layers and the errors say, until the model takes them.

    Raises:
        JobCancelled: The user asked to stop.
    """
    ends_s = time.monotonic() + budget_s
    waiting: list[tuple[tuple[InputSpec, ...], tuple[str, ...]]] = [(start, ())]
    seen = {start}
    first_error: UserError | None = None
    tries = 0
    while waiting and tries < most_tries and (not tries or time.monotonic() < ends_s):
        context.check_cancelled()
        inputs, reasons = waiting.pop()
        tries += 1
        context.progress(f"Trying example inputs ({tries})")
        try:
            outputs = _try(module, inputs, context)
        except UserError as error:
            if first_error is None:
                first_error = error
            ways = list(_ways(error, inputs))
            for way, reason in reversed(ways):  # the likeliest is tried next
                if way not in seen:
                    seen.add(way)
                    waiting.append((way, (*reasons, reason)))
            continue
        return SuggestedInputs(inputs, reasons, outputs, tries)
    assert first_error is not None
    return SuggestedInputs(start, (), (), tries, first_error.info)


def _try(module: torch.nn.Module, inputs: tuple[InputSpec, ...], context: Context) -> tuple[TensorInfo, ...]:
    import torch

    plan = plan_call(module, inputs)
    tensors = make_inputs(inputs, context)
    set_eval(module)
    arguments, named = plan.bind(tensors)
    with (
        guarded("forward-failed", "running forward on suggested inputs", "Give the example inputs by hand."),
        torch.inference_mode(),
        watched(module, inputs, tensors),
    ):
        result = module(*arguments, **named)
    return tuple(tensor_info(name, tensor) for name, tensor in name_outputs(result))


def _ways(error: UserError, inputs: tuple[InputSpec, ...]) -> Iterator[tuple[tuple[InputSpec, ...], str]]:
    cause = error.__cause__
    if isinstance(cause, Wanted):
        yield tuple(cause.spec if spec.name == cause.spec.name else spec for spec in inputs), cause.reason
    elif cause is not None:
        yield from corrections(str(cause), inputs)


def _start(module: torch.nn.Module, inputs: tuple[InputSpec, ...]) -> tuple[tuple[InputSpec, ...], tuple[str, ...]]:
    """The inputs if the signature takes them; else what it proposes, with those that fit it by name."""
    if inputs:
        try:
            plan_call(module, inputs)
        except UserError:
            pass
        else:
            return inputs, ()
    by_place = {(spec.name, spec.is_value): spec for spec in inputs}
    like = next(iter(tensor_inputs(inputs)), None)
    rows = tuple(_kept(spec, by_place.get((spec.name, spec.is_value)), like) for spec in _from_signature(module))
    names = ", ".join(spec.name for spec in rows) or "nothing"
    return rows, (f"The signature of forward asks for {names}.",)


def _kept(spec: InputSpec, existing: InputSpec | None, like: InputSpec | None) -> InputSpec:
    """The input there is for a place; a new one of which nothing is known is like the others."""
    if existing is not None:
        return dataclasses.replace(existing, argument=spec.argument)
    if like is not None and spec.shape == IMAGE_SHAPE:
        return dataclasses.replace(spec, shape=like.shape, dtype=like.dtype)
    return spec


def _from_signature(module: torch.nn.Module) -> tuple[InputSpec, ...]:
    try:
        signature = inspect.signature(module.forward)
    except (TypeError, ValueError):
        return (proposed_tensor("x", "x", ""),)
    hints = hints_of(module.forward)
    parameters = [_parameter_info(item) for item in signature.parameters.values()]
    expanded = {name: fields for name in signature.parameters if (fields := _fields(name, hints.get(name)))}
    if not expanded:
        return proposed_inputs(parameters)
    rows: list[InputSpec] = []
    for parameter in parameters:
        if parameter.is_required:
            rows += expanded.get(parameter.name) or proposed(parameter)
    return tuple(rows)


def _fields(name: str, hint: Any) -> list[InputSpec]:
    """A row for each field of a dataclass or named tuple that has no default; none for other annotations."""
    kind = with_parts(hint)
    if not isinstance(kind, type):
        return []
    if dataclasses.is_dataclass(kind):
        missing = dataclasses.MISSING
        required = [
            item.name
            for item in dataclasses.fields(kind)
            if item.init and item.default is missing and item.default_factory is missing
        ]
    elif issubclass(kind, tuple) and hasattr(kind, "_fields"):
        defaults: Mapping[str, Any] = getattr(kind, "_field_defaults", {})
        required = [field for field in kind._fields if field not in defaults]
    elif typing.is_typeddict(kind):
        required = list(getattr(kind, "__required_keys__", ()))
    else:
        return []
    return [proposed_tensor(field, f"{name}_{field}", f"{name}.{field}") for field in required]


def _parameter_info(parameter: inspect.Parameter) -> ParameterInfo:
    is_empty = parameter.annotation is parameter.empty
    annotation = "" if is_empty else inspect.formatannotation(parameter.annotation)
    default = None if parameter.default is parameter.empty else repr(parameter.default)
    kind: Any = parameter.kind.name.lower()
    return ParameterInfo(parameter.name, kind, annotation, default)


def _in_short(before: Sequence[InputSpec], after: Sequence[InputSpec]) -> str:
    """What a fix does, short enough for a button."""
    changed = [new for new in after if new not in before]
    by_name = {spec.name: spec for spec in before}
    if len(before) != len(after) or len(changed) != 1 or changed[0].name not in by_name:
        return "Use inputs that the model takes"
    new, old = changed[0], by_name[changed[0].name]
    if new.dtype != old.dtype:
        shape = "" if new.shape == old.shape else f" of shape {' x '.join(map(str, new.shape))}"
        return f"Make {new.name} {new.dtype}{shape}"
    if len(new.shape) == len(old.shape) > 1:
        places = [axis for axis, size in enumerate(new.shape) if size != old.shape[axis]]
        if places == [1] and len(new.shape) >= 3:
            size = new.shape[1]
            return f"Give {new.name} {size} channel{'s' if size > 1 else ''}" if len(new.shape) > 3 else _shaped(new)
    if new.shape != old.shape:
        return _shaped(new)
    return f"Draw {new.name} from {new.low or 0:g} to {new.high or 0:g}"


def _shaped(spec: InputSpec) -> str:
    return f"Give {spec.name} the shape {' x '.join(map(str, spec.shape)) or 'of a scalar'}"
