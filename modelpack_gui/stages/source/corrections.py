"""Other example inputs to try, from the words of an error that the model gave on these."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from modelpack_gui.core.records import InputSpec

_SIDES = (224, 32, 28, 64, 256, 128, 96, 299, 384, 512, 16)
_DTYPES = {
    "double": "float64", "float": "float32", "half": "float16", "bfloat16": "bfloat16", "long": "int64",
    "int": "int32", "bool": "bool", "byte": "uint8", "char": "int8", "complexfloat": "complex64",
    "complexdouble": "complex128",
}  # fmt: skip


class Correction(NamedTuple):
    """Inputs with one thing changed, and why."""

    inputs: tuple[InputSpec, ...]
    reason: str


def corrections(text: str, inputs: Sequence[InputSpec]) -> Iterator[Correction]:
    """Corrected inputs that an error's text speaks for, the likeliest first; what comes from a file stays."""
    for pattern, rule in _RULES:
        match = re.search(pattern, text, re.IGNORECASE)
        if match is not None:
            yield from rule(match, tuple(inputs))


def _free(inputs: tuple[InputSpec, ...]) -> Iterator[tuple[int, InputSpec]]:
    for index, spec in enumerate(inputs):
        if not spec.is_value and not spec.file:
            yield index, spec


def _with(inputs: tuple[InputSpec, ...], index: int, reason: str, **changes: object) -> Correction:
    spec = dataclasses.replace(inputs[index], **changes)  # type: ignore[arg-type]
    return Correction((*inputs[:index], spec, *inputs[index + 1 :]), f"{spec.name}: {reason}.")


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in re.findall(r"\d+", text))


def _channels(match: re.Match[str], inputs: tuple[InputSpec, ...]) -> Iterator[Correction]:
    given, wanted = _numbers(match[1]), int(match[2])
    reason = f"the model takes {wanted} channel{'s' if wanted > 1 else ''}"
    rows = sorted(_free(inputs), key=lambda row: row[1].shape != given)
    for index, spec in rows:
        if len(spec.shape) == len(given) and len(given) > 1 and spec.shape[1] == given[1]:
            yield _with(inputs, index, reason, shape=(spec.shape[0], wanted, *spec.shape[2:]))


def _product(match: re.Match[str], inputs: tuple[InputSpec, ...]) -> Iterator[Correction]:
    given, wanted = int(match[1]), int(match[2])
    for index, spec in _free(inputs):
        if spec.shape and spec.shape[-1] == given and len(spec.shape) < 4:
            yield _with(inputs, index, f"a product takes {wanted} features", shape=(*spec.shape[:-1], wanted))
    for index, spec in _free(inputs):
        if len(spec.shape) == 4:
            for channels in dict.fromkeys((spec.shape[1], 1, 3)):
                side = round((wanted / channels) ** 0.5)
                if channels * side * side == wanted:
                    reason = f"a product takes {wanted} features, which are {channels} x {side} x {side}"
                    yield _with(inputs, index, reason, shape=(spec.shape[0], channels, side, side))
    yield from _sides(inputs, f"a layer behind takes {wanted} features, which come out at this size")


def _other_sides(match: re.Match[str], inputs: tuple[InputSpec, ...]) -> Iterator[Correction]:  # noqa: ARG001
    yield from _sides(inputs, "the model takes pictures of this size")


def _sides(inputs: tuple[InputSpec, ...], reason: str) -> Iterator[Correction]:
    for side in _SIDES:
        for index, spec in _free(inputs):
            if len(spec.shape) == 4 and spec.shape[2:] != (side, side):
                yield _with(inputs, index, reason, shape=(*spec.shape[:2], side, side))


def _last(match: re.Match[str], inputs: tuple[InputSpec, ...]) -> Iterator[Correction]:
    wanted, given = int(match[1]), int(match[2])
    for index, spec in _free(inputs):
        if spec.shape and spec.shape[-1] == given:
            yield _with(inputs, index, f"the model takes {wanted} features a step", shape=(*spec.shape[:-1], wanted))


def _normalized(match: re.Match[str], inputs: tuple[InputSpec, ...]) -> Iterator[Correction]:
    wanted, given = _numbers(match[1]), _numbers(match[2])
    for index, spec in _free(inputs):
        if spec.shape[-len(wanted) :] == given[-len(wanted) :]:
            shape = (*spec.shape[: -len(wanted)], *wanted)
            yield _with(inputs, index, f"a norm is over {' x '.join(map(str, wanted))}", shape=shape)


def _too_high(match: re.Match[str], inputs: tuple[InputSpec, ...]) -> Iterator[Correction]:  # noqa: ARG001
    for high in (1.0, 0.0):
        for index, spec in _free(inputs):
            if "int" in spec.dtype and (9.0 if spec.high is None else spec.high) > high:
                yield _with(inputs, index, f"an index above {high:.0f} is out of range", low=0.0, high=high)


def _to_index(match: re.Match[str], inputs: tuple[InputSpec, ...]) -> Iterator[Correction]:  # noqa: ARG001
    for index, spec in _free(inputs):
        if spec.dtype not in ("int64", "int32"):
            shape = spec.shape if len(spec.shape) < 4 else (1, 16)
            yield _with(
                inputs, index, "it is an index, a whole number", dtype="int64", low=None, high=None, shape=shape
            )


def _dtype(match: re.Match[str], inputs: tuple[InputSpec, ...]) -> Iterator[Correction]:
    names = [_DTYPES.get(match[group].lower().replace("torch.", "").removesuffix("tensor")) for group in ("a", "b")]
    for given, wanted in (names, names[::-1]):
        for index, spec in _free(inputs):
            if wanted is not None and spec.dtype == given != wanted:
                yield _with(inputs, index, f"the model computes in {wanted}", dtype=wanted, low=None, high=None)


def _sizes(match: re.Match[str], inputs: tuple[InputSpec, ...]) -> Iterator[Correction]:
    first, second, axis = int(match[1]), int(match[2]), int(match[3])
    for given, wanted in ((first, second), (second, first)):
        for index, spec in _free(inputs):
            places = [axis, *(place for place in range(len(spec.shape)) if place != axis)]
            for place in places:
                if place < len(spec.shape) and spec.shape[place] == given:
                    shape = (*spec.shape[:place], wanted, *spec.shape[place + 1 :])
                    yield _with(
                        inputs, index, f"axis {place} must have size {wanted}, as another tensor", shape=shape
                    )


def _unpacked(match: re.Match[str], inputs: tuple[InputSpec, ...]) -> Iterator[Correction]:
    usual = {1: (1,), 2: (1, 16), 3: (1, 16, 64), 4: (1, 3, 224, 224), 5: (1, 3, 16, 64, 64)}
    wanted = int(match[1])
    for index, spec in _free(inputs):
        if wanted in usual and len(spec.shape) != wanted:
            yield _with(inputs, index, f"forward unpacks {wanted} axes", shape=usual[wanted])


_PAIR = r"(?P<a>[\w.]+) and (?P<b>[\w.]+)"
_RULES = (
    (r"expected input\[([\d, ]+)\] to have (\d+) channels", _channels),
    (r"mat1 and mat2 shapes cannot be multiplied \(\d+x(\d+) and (\d+)x\d+\)", _product),
    (r"input\.size\(-1\) must be equal to input_size\. Expected (\d+), got (\d+)", _last),
    (r"normalized_shape=\[([\d, ]+)\].*?input of size\s?\[([\d, ]+)\]", _normalized),
    (r"index out of range|out of bounds", _too_high),
    (r"scalar types?: Long, Int|must be integers or booleans|tensors used as indices", _to_index),
    (rf"must have the same dtype, but got {_PAIR}", _dtype),
    (r"expected scalar type (?P<b>\w+) but found (?P<a>\w+)", _dtype),
    (r"expected m1 and m2 to have the same dtype, but got: (?P<a>\w+) != (?P<b>\w+)", _dtype),
    (r"Input type \((?P<a>[\w.]+)\) and (?:weight|bias) type \((?P<b>[\w.]+)\)", _dtype),
    (r"tensor a \((\d+)\) must match the size of tensor b \((\d+)\) at non-singleton dimension (\d+)", _sizes),
    (r"values to unpack \(expected (\d+)", _unpacked),
    (r"size too small|smaller than kernel|Kernel size can't be greater|shape '.*' is invalid", _other_sides),
)  # fmt: skip
