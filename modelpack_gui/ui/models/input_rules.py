"""Example inputs as they are typed: what each cell means, and what to propose for a `forward`."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Sequence
from typing import Any

from modelpack_gui.core import dtypes
from modelpack_gui.core.dtypes import INTEGERS
from modelpack_gui.core.inputs import argument_path
from modelpack_gui.core.inputs.proposals import proposed
from modelpack_gui.core.records import CallableInfo, InputSpec

_COMMON = ("float32", "int64", "bool")
DTYPES = (*_COMMON, *(name for name in dtypes.DTYPES if name not in _COMMON))
"""The common ones first."""

FIELDS = ("name", "shape", "dtype", "low", "high", "seed", "argument")
_RANDOM_FIELDS = ("low", "high", "seed")


def is_editable(item: InputSpec, field: str) -> bool:
    """Whether a cell means something: a plain value has no dtype and no range, what is in a file no range."""
    if item.is_value:
        return field in ("name", "shape", "argument")
    if field in _RANDOM_FIELDS:
        return not item.file and not (field != "seed" and item.dtype == "bool")
    return True


def spell(item: InputSpec, field: str) -> str:
    """A cell as it is typed. A plain value stands where a tensor has its shape."""
    if item.is_value and field == "shape":
        return spell_value(item.value)
    if not is_editable(item, field):
        return ""
    if field == "shape":
        return ", ".join(map(str, item.shape)) or "scalar"
    value = getattr(item, field)
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{int(value)}" if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)


def default_text(item: InputSpec, field: str) -> str:
    """What an empty cell stands for."""
    if field == "argument":
        return "by position"
    if item.is_value and field == "dtype":
        return "None" if item.value is None else type(item.value).__name__
    if not is_editable(item, field):
        return "file" if field == "low" and item.file else ""
    if field == "low":
        return "" if item.dtype == "bool" else "0"
    if field == "high" and item.dtype not in (*INTEGERS, "bool"):
        return f"{max(1.0, (item.low or 0.0) + 1.0):g}"
    if field == "high" and item.dtype in INTEGERS:
        return f"{max(9.0, item.low or 0.0):g}"
    return ""


def changed(item: InputSpec, field: str, text: str, others: Sequence[InputSpec] = ()) -> InputSpec:
    """The input with a cell typed anew.

    Args:
        others: The other inputs, whose names are taken.

    Raises:
        ValueError: The text does not fit; the message is a sentence for the user.
    """
    text = text.strip()
    if field == "name":
        if not text:
            raise ValueError("An input needs a name.")
        if any(other.name == text for other in others):
            raise ValueError(f"Another input is called {text}.")
        return dataclasses.replace(item, name=text)
    if field == "argument":
        return dataclasses.replace(item, argument=parse_place(text))
    if field == "shape" and item.is_value:
        return dataclasses.replace(item, value=parse_value(text))
    if field == "shape":
        return dataclasses.replace(item, shape=parse_shape(text))
    if field == "dtype":
        if text not in DTYPES:
            raise ValueError(f"{text or 'Nothing'} is not a known dtype.")
        return dataclasses.replace(item, dtype=text)
    if field == "seed":
        try:
            seed = int(text)
        except ValueError:
            raise ValueError("The seed must be a whole number.") from None
        if seed < 0:
            raise ValueError("The seed must be 0 or more.")
        return dataclasses.replace(item, seed=seed)
    number = _parse_number(text, field)
    new = dataclasses.replace(item, low=number) if field == "low" else dataclasses.replace(item, high=number)
    problem = range_problem(new)
    if problem:
        raise ValueError(problem)
    return new


def range_problem(item: InputSpec) -> str:
    """Why the stages could not draw from the range, as a sentence; empty if they can."""
    if item.is_value or item.file:
        return ""
    ends = [float(value) for value in (item.low, item.high) if value is not None]
    if item.dtype in INTEGERS and any(not value.is_integer() for value in ends):
        return f"The range of {item.dtype} must be whole numbers."
    if item.dtype.startswith("uint") and any(value < 0 for value in ends):
        return f"{item.dtype} has no negative values."
    low = 0.0 if item.low is None else item.low
    if item.high is not None and low > item.high:
        return f"The low end {low:g} is above the high end {item.high:g}."
    return ""


def parse_place(text: str) -> str:
    """Where an input goes in the call of `forward`; empty for its position.

    Raises:
        ValueError: It is no path; the message is a sentence for the user.
    """
    try:
        return argument_path.spell(argument_path.parse(text))
    except ValueError as error:
        raise ValueError(f"{error}; write mask, images[0] or batch.image, or nothing for its position.") from None


def parse_value(text: str) -> Any:
    """A plain value: a number, true, false, none, or else a text, in quotes if it looks like one of those.

    Raises:
        ValueError: Quotes that do not end; the message is a sentence for the user.
    """
    words = {"true": True, "false": False, "none": None, "null": None}
    if text.lower() in words:
        return words[text.lower()]
    if text[:1] in ("'", '"'):
        if len(text) < 2 or text[-1] != text[0]:
            raise ValueError("A text in quotes must end with the same quote.")
        return text[1:-1]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def spell_value(value: Any) -> str:
    """A plain value as it is typed."""
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    if not isinstance(value, str):
        return repr(value)
    is_plain = value and value == value.strip() and value[0] not in "'\""
    return value if is_plain and parse_value(value) == value else f'"{value}"'


def parse_shape(text: str) -> tuple[int, ...]:
    """`2, 3, 32, 32`, also with x, × or spaces between and brackets around; `scalar` or `()` for no axes.

    Raises:
        ValueError: It is not a shape; the message is a sentence for the user.
    """
    bare = text.strip().strip("()[]").strip()
    if text.strip().lower() == "scalar" or (not bare and text.strip()):
        return ()
    if not bare:
        raise ValueError("A shape is sizes such as 1, 3, 224, 224; write scalar for none.")
    try:
        sizes = tuple(int(word) for word in re.split(r"[\s,x×]+", bare) if word)
    except ValueError:
        raise ValueError("A shape is whole numbers such as 1, 3, 224, 224.") from None
    if any(size < 0 for size in sizes):
        raise ValueError("A size cannot be negative; dynamic axes are chosen in the export options.")
    return sizes


def _parse_number(text: str, field: str) -> float | None:
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"The {field} end must be a number, or empty.") from None
    if not math.isfinite(number):
        raise ValueError(f"The {field} end must be finite.")
    return number


def new_input(inputs: Sequence[InputSpec], info: CallableInfo | None) -> InputSpec:
    """Another row: the first parameter of `forward` that has none yet, else `input_1`, `input_2`..."""
    taken = {item.name for item in inputs}
    for parameter in info.forward if info is not None else ():
        if parameter.name not in taken and not parameter.kind.startswith("var_"):
            return next(proposed(parameter))
    number = len(inputs)
    while f"input_{number}" in taken:
        number += 1
    return InputSpec(f"input_{number}" if inputs else "input", (1, 3, 224, 224))
