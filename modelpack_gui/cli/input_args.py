"""Example inputs as they are written on the command line."""

from __future__ import annotations

import argparse
import ast
import dataclasses
import re
from pathlib import Path
from typing import Any

from modelpack_gui.core.dtypes import DTYPES
from modelpack_gui.core.inputs import argument_path
from modelpack_gui.core.records import ImageSpec, InputSpec

INPUT_FORM = "NAME:DTYPE:SHAPE[:LOW:HIGH] | NAME=@FILE[#KEY][:DTYPE][:SHAPE] | NAME:=VALUE"
INPUT_HELP = (
    "example input, in the order of forward (repeat it): drawn at random; from an array or a picture (one of"
    " shape 2x3x224x224 is resized to 224 x 224 and repeated); or a plain value. A NAME such as mask@mask,"
    " batch.image or images[0] says where it goes"
)

_PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")
_SHAPE = re.compile(r"scalar|\d+(?:x\d+)*")


def parse_input(text: str) -> InputSpec:
    """`name:dtype:2x3x32x32[:low:high]`, `name=@file[#key][:dtype][:shape]` or `name:=value`.

    A scalar has the shape `scalar`. The name may be followed by where it goes: `mask@batch.mask`; a name that is a
    path (`batch.image`, `images[0]`) goes there by itself.
    """
    head = re.match(r"[^:=]+", text)
    if head is None:
        raise _bad(text)
    spec, rest = _named(head[0], text), text[head.end() :]
    if rest.startswith(":="):
        return dataclasses.replace(spec, is_value=True, value=_value(rest[2:], text))
    if rest.startswith("=") and not _SHAPE.fullmatch(rest[1:]):  # a shape is meant, not a file of that name
        return _from_file(spec, rest[1:].removeprefix("@"), text)
    return _drawn(spec, rest.removeprefix(":"), text)


def _named(head: str, text: str) -> InputSpec:
    name, _, place = head.partition("@")
    if not place and re.search(r"[.\[]", name):
        place = name
    try:
        steps = argument_path.parse(place)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None
    if not name or name == place:
        name = "_".join(map(str, steps)) if len(steps) > 1 else name
    if not name:
        raise _bad(text)
    return InputSpec(name, (), argument=place)


def _drawn(spec: InputSpec, rest: str, text: str) -> InputSpec:
    parts = rest.split(":")
    if len(parts) not in (2, 4):
        raise _bad(text)
    try:
        low, high = (float(parts[2]), float(parts[3])) if len(parts) == 4 else (None, None)
        shape = _shape(parts[1])
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} has a size or a bound that is not a number") from None
    return dataclasses.replace(spec, shape=shape, dtype=parts[0] or "float32", low=low, high=high)


def _from_file(spec: InputSpec, rest: str, text: str) -> InputSpec:
    shape: tuple[int, ...] = ()
    dtype = ""
    path, colon, tail = rest.rpartition(":")
    if colon and _SHAPE.fullmatch(tail):
        shape, rest = _shape(tail), path
        path, colon, tail = rest.rpartition(":")
    if colon and tail in DTYPES:
        dtype, rest = tail, path
    file, _, key = rest.partition("#")
    if not file:
        raise _bad(text)
    image = None
    if Path(file).suffix.lower() in _PICTURES:
        dtype = dtype or "float32"
        if len(shape) == 4:
            image = ImageSpec((shape[2], shape[3]), channels=1 if shape[1] == 1 else 3)
    return dataclasses.replace(
        spec, file=str(Path(file).absolute()), file_key=key, shape=shape, dtype=dtype, image=image
    )


def _shape(text: str) -> tuple[int, ...]:
    return () if text in ("", "scalar") else tuple(int(size) for size in text.split("x"))


def _value(written: str, text: str) -> Any:
    words = {"true": True, "false": False, "none": None, "null": None}
    if written.lower() in words:
        return words[written.lower()]
    try:
        value = ast.literal_eval(written)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return written
    if value is not None and not isinstance(value, (bool, int, float, str)):
        raise argparse.ArgumentTypeError(f"{text!r} is no number, text, true, false or none")
    return value


def _bad(text: str) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(
        f"{text!r} is not of the form name:dtype:2x3x32x32, name:dtype:shape:low:high, name=@file or name:=value"
    )
