"""Constructor arguments checked against the signature before the call, so that the error names the parameter."""

from __future__ import annotations

import difflib
import functools
import inspect
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin

from modelpack_gui.core.errors import UserError


def bind(function: Callable[..., Any], name: str, arguments: Mapping[str, Any]) -> inspect.BoundArguments | None:
    """Fit arguments given by name to a signature; lists become tuples where a tuple is annotated.

    A parameter `*args` takes a list under its own name. None if the function has no signature to check.

    Raises:
        UserError: `argument-missing`, `argument-unexpected`, `argument-type`.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    parameters = signature.parameters
    _check_names(name, parameters, arguments)
    hints = hints_of(function)
    positional: list[Any] = []
    named: dict[str, Any] = {}
    gap = False
    for parameter in parameters.values():
        if parameter.name not in arguments or parameter.kind is parameter.VAR_KEYWORD:
            gap = True
            continue
        value = arguments[parameter.name]
        hint = hints.get(parameter.name, parameter.annotation)
        if parameter.kind is parameter.VAR_POSITIONAL:
            if not isinstance(value, (list, tuple)):
                raise _wrong_type(name, parameter.name, value, "a list")
            positional.extend(value)
            continue
        may_be_none = value is None and parameter.default is None  # `width: int = None` is common
        if hint is not parameter.empty and not may_be_none and not _accepts(hint, value):
            raise _wrong_type(name, parameter.name, value, _describe(hint))
        value = _as_annotated(hint, value)
        if parameter.kind is parameter.POSITIONAL_ONLY or (parameter.kind is not parameter.KEYWORD_ONLY and not gap):
            positional.append(value)
        else:
            named[parameter.name] = value
    named.update({key: value for key, value in arguments.items() if key not in parameters})
    try:
        return signature.bind(*positional, **named)
    except TypeError as error:
        raise UserError(
            "argument-missing",
            f"{name} cannot be called with the arguments {', '.join(arguments) or '(none)'}: {error}.",
            f"Its signature is {name}{signature}.",
        ) from error


def _check_names(name: str, parameters: Mapping[str, inspect.Parameter], arguments: Mapping[str, Any]) -> None:
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    known = [key for key, parameter in parameters.items() if parameter.kind is not parameter.VAR_KEYWORD]
    for key in arguments:
        if key in known or takes_any:
            continue
        close = difflib.get_close_matches(key, known, n=1)
        hint = f"Did you mean {close[0]}?" if close else f"It takes {', '.join(known) or 'no arguments'}."
        raise UserError("argument-unexpected", f"{name} has no parameter {key!r}.", hint)
    missing = [
        key
        for key, parameter in parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        and key not in arguments
    ]
    if missing:
        plural = "s" if len(missing) > 1 else ""
        raise UserError(
            "argument-missing",
            f"{name} needs the argument{plural} {', '.join(missing)}.",
            "Fill in every parameter that has no default.",
        )


def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Evaluated annotations; empty where they cannot be evaluated, as with names imported for typing only."""
    while isinstance(function, functools.partial):
        function = function.func
    target = function.__init__ if inspect.isclass(function) else function
    try:
        return typing.get_type_hints(target)
    except Exception:  # noqa: BLE001 (annotations are user code; without them the call itself decides)
        return {}


def _accepts(hint: Any, value: Any) -> bool:
    """Whether a JSON-like value fits a simple annotation; anything not simple accepts everything."""
    if isinstance(hint, str):
        return True
    if hint is None or hint is type(None):
        return value is None
    if hint in (int, float, str, bool):
        return _accepts_scalar(hint, value)
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return any(_accepts(member, value) for member in get_args(hint))
    if origin is Literal:
        return value in get_args(hint)
    kind = origin or hint
    if kind in (list, tuple, Sequence):
        return isinstance(value, (list, tuple)) and _accepts_items(kind, get_args(hint), value)
    if kind in (dict, Mapping):
        return isinstance(value, Mapping)
    return True


def _accepts_scalar(hint: type, value: Any) -> bool:
    if hint is bool or isinstance(value, bool):
        return hint is bool and isinstance(value, bool)
    return isinstance(value, (int, float) if hint is float else hint)


def _accepts_items(kind: Any, item_hints: tuple[Any, ...], value: Sequence[Any]) -> bool:
    if not item_hints:
        return True
    if kind is tuple and not (len(item_hints) == 2 and item_hints[1] is Ellipsis):
        return len(item_hints) == len(value) and all(map(_accepts, item_hints, value))
    return all(_accepts(item_hints[0], item) for item in value)


def _as_annotated(hint: Any, value: Any) -> Any:
    if not isinstance(value, list):
        return value
    members = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    fitting = [member for member in members if _accepts(member, value)]
    if fitting and (get_origin(fitting[0]) or fitting[0]) is tuple:
        return tuple(value)
    return value


def _wrong_type(name: str, parameter: str, value: Any, wanted: str) -> UserError:
    text = repr(value)
    shown = text if len(text) <= 40 else text[:37] + "..."
    return UserError(
        "argument-type",
        f"The parameter {parameter!r} of {name} takes {wanted}, and {shown} ({type(value).__name__}) is given.",
        "Change the value to that type.",
    )


def _describe(hint: Any) -> str:
    simple = {int: "a whole number", float: "a number", str: "a string", bool: "true or false"}
    if isinstance(hint, type) and get_origin(hint) is None:
        return simple.get(hint, hint.__name__)
    return str(hint).replace("typing.", "")
