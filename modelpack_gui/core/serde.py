"""Records to JSON and back, strictly.

`encode` gives plain dicts, lists, strings, numbers, booleans and None. Numbers that JSON cannot hold are spelled
out: `"NaN"`, `"Infinity"`, `"-Infinity"`; in a field of any type, where a string could be meant, as
`{"$float": "NaN"}`. `decode` is strict: an unknown key, a missing one or a wrong type raises
DecodeError with the path of the fault, so that a recipe written by hand gets a useful answer.

`loads` reads what anybody may have written: whatever is wrong with it is a ValueError.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import json
import math
import types
import typing
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

T = TypeVar("T")

_NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_FLOAT_KEY = "$float"
_FREE_TYPES = ("Any", "Mapping[str, Any]")  # as the records spell them; their annotations are strings
_DEEPEST = 100
"""Lists and tables in one another, where their depth is not that of a record: Python's own limit is near 500."""


class DecodeError(ValueError):
    """Data that does not fit the record.

    Attributes:
        path: Where, such as `inputs[0].shape`; empty for the whole.
        problem: What is wrong there.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}" if path else problem)
        self.path = path
        self.problem = problem


def encode(value: Any) -> Any:
    """Turn a record into JSON-like data."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: (_encode_free if field.type in _FREE_TYPES else encode)(getattr(value, field.name))
            for field in dataclasses.fields(value)
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def _encode_free(value: Any) -> Any:
    """As `encode`, for a value that will be read without a type to say what it is."""
    if isinstance(value, float) and not math.isfinite(value):
        return {_FLOAT_KEY: encode(value)}
    if isinstance(value, Mapping):
        return {str(key): _encode_free(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encode_free(item) for item in value]
    return encode(value)


def _decode_free(data: Any, path: str, depth: int = 0) -> Any:
    if depth > _DEEPEST:
        raise DecodeError(path, f"is nested more than {_DEEPEST} deep")
    if isinstance(data, dict):
        spelled = data.get(_FLOAT_KEY) if len(data) == 1 else None
        if isinstance(spelled, str) and spelled in _NON_FINITE:
            return _NON_FINITE[spelled]
        return {key: _decode_free(item, path, depth + 1) for key, item in data.items()}
    return [_decode_free(item, path, depth + 1) for item in data] if isinstance(data, list) else data


def encode_tagged(record: Any) -> dict[str, Any]:
    """Turn a record into JSON-like data that names its type under `kind`."""
    return {"kind": type(record).__name__, **encode(record)}


def decode_tagged(kinds: Mapping[str, type[T]], data: Any) -> T:
    """Read what `encode_tagged` wrote; `kinds` are the record types allowed, by name.

    Raises:
        DecodeError: The kind is not among them, or the data does not fit it.
    """
    if not isinstance(data, dict) or not isinstance(data.get("kind"), str):
        raise DecodeError("kind", "is missing")
    rest = dict(data)
    kind = rest.pop("kind")
    if kind not in kinds:
        raise DecodeError("kind", f"{kind!r} is not known here")
    return decode(kinds[kind], rest)


def kinds_of(union: Any, module: types.ModuleType | None = None) -> Mapping[str, Any]:
    """The members of a union of record types, by name, for `decode_tagged`.

    Args:
        module: Where the members of a union are that is spelled as a text; each is taken from it when it is wanted.
    """
    return {one.__name__: one for one in get_args(union)} if module is None else _NamedKinds(union, module)


class _NamedKinds(Mapping[str, Any]):
    def __init__(self, union: str, module: types.ModuleType) -> None:
        self._names = dict.fromkeys(union.split(" | "))
        self._module = module

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        return getattr(self._module, name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def dumps(data: Any, *, indent: int | None = None) -> str:
    """JSON text of encoded data; never `NaN` literals, which are not JSON.

    It always can be written as UTF-8: what stands for bytes that are none, as in names of files, is escaped.
    """
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, indent=indent)
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def loads(text: str | bytes) -> Any:
    """What JSON text of any origin says.

    Raises:
        ValueError: It is no JSON, no text, or nested deeper than Python goes.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def decode(cls: type[T], data: Any, path: str = "") -> T:
    """Build a record (or any annotated type) from JSON-like data.

    Raises:
        DecodeError: The data does not fit; the error says where and how.
    """
    return typing.cast("T", _decode(cls, data, path))


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _decode(hint: Any, data: Any, path: str) -> Any:
    if hint is Any:
        return _decode_free(data, path)
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _decode_union(hint, data, path)
    if origin is Literal:
        if data not in get_args(hint):
            allowed = ", ".join(repr(item) for item in get_args(hint))
            raise DecodeError(path, f"{_shown(data)} is not one of {allowed}")
        return data
    if origin is tuple:
        return _decode_tuple(hint, data, path)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(data, dict):
            raise DecodeError(path, f"expected a table, got {_shown(data)}")
        item_hint = get_args(hint)[1]
        return {str(key): _decode(item_hint, item, _join(path, str(key))) for key, item in data.items()}
    if dataclasses.is_dataclass(hint):
        return _decode_record(typing.cast("type", hint), data, path)
    if isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint(data)
        except ValueError:
            allowed = ", ".join(repr(item.value) for item in hint)
            raise DecodeError(path, f"{_shown(data)} is not one of {allowed}") from None
    return _decode_scalar(hint, data, path)


def _decode_scalar(hint: Any, data: Any, path: str) -> Any:
    if hint is float:
        if isinstance(data, str) and data in _NON_FINITE:
            return _NON_FINITE[data]
        if isinstance(data, (int, float)) and not isinstance(data, bool):
            try:
                return float(data)
            except OverflowError:
                raise DecodeError(path, f"{_shown(data)} is more than a number can hold") from None
    elif hint is int:
        if isinstance(data, int) and not isinstance(data, bool):
            return data
    elif hint is type(None):
        if data is None:
            return None
    elif isinstance(data, hint):
        return data
    raise DecodeError(path, f"expected {_type_name(hint)}, got {_shown(data)}")


def _decode_union(hint: Any, data: Any, path: str) -> Any:
    members = get_args(hint)
    if data is None and type(None) in members:
        return None
    errors = []
    for member in members:
        if member is type(None):
            continue
        try:
            return _decode(member, data, path)
        except DecodeError as error:
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    names = " or ".join(_type_name(member) for member in members if member is not type(None))
    raise DecodeError(path, f"expected {names}, got {_shown(data)}")


def _decode_tuple(hint: Any, data: Any, path: str) -> tuple[Any, ...]:
    if not isinstance(data, (list, tuple)):
        raise DecodeError(path, f"expected a list, got {_shown(data)}")
    item_hints = get_args(hint)
    if len(item_hints) == 2 and item_hints[1] is Ellipsis:
        return tuple(_decode(item_hints[0], item, f"{path}[{i}]") for i, item in enumerate(data))
    if len(item_hints) != len(data):
        raise DecodeError(path, f"expected {len(item_hints)} items, got {len(data)}")
    return tuple(_decode(h, item, f"{path}[{i}]") for i, (h, item) in enumerate(zip(item_hints, data, strict=True)))


def _decode_record(cls: type, data: Any, path: str) -> Any:
    if not isinstance(data, dict):
        raise DecodeError(path, f"expected a table, got {_shown(data)}")
    fields = {field.name: field for field in dataclasses.fields(cls)}
    for key in data:
        if key not in fields:
            close = difflib.get_close_matches(str(key), list(fields), n=1)
            close = close or [name for name in fields if name.startswith(f"{key}_")]  # opset for opset_version
            advice = f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(fields)}"
            raise DecodeError(_join(path, str(key)), f"is not a known key{advice}")
    hints = _hints(cls)
    values = {}
    for name, field in fields.items():
        if name in data:
            values[name] = _decode(hints[name], data[name], _join(path, name))
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise DecodeError(_join(path, name), "is missing")
    return cls(**values)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _type_name(hint: Any) -> str:
    names = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}
    if hint in names:
        return names[hint]
    return "a list" if get_origin(hint) is tuple else getattr(hint, "__name__", str(hint))


def _shown(data: Any) -> str:
    text = repr(data)
    return text if len(text) <= 60 else text[:57] + "..."
