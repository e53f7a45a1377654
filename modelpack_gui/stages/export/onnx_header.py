"""Cut the weights out of the bytes of an ONNX file, so that reading its facts does not copy gigabytes.

Works on the wire format of protobuf, where a message is a sequence of (field number, wire type, content): the
initializers of the main graph lose the fields that hold their elements, everything else is taken over as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from mmap import mmap
from typing import NamedTuple

_MODEL_GRAPH = 7
_GRAPH_INITIALIZER = 5
_TENSOR_NAME, _TENSOR_RAW = 8, 9
_TENSOR_ELEMENTS = frozenset({4, 5, 6, 7, 9, 10, 11})  # float_data ... raw_data ... uint64_data
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class WireError(ValueError):
    """Bytes that are no protobuf message, or end before it does."""


class StoredWeight(NamedTuple):
    """Where the bytes of an initializer are in the file, if they are there as they are in memory."""

    name: str
    start: int
    end: int


class FoundInitializer(NamedTuple):
    """Where an initializer is in the file.

    Attributes:
        message: Start and end of its TensorProto.
        raw: Start and end of its elements, if they are there as they are in memory.
    """

    message: tuple[int, int]
    raw: tuple[int, int] | None


def without_weights(data: bytes | mmap, above_bytes: int = 0) -> bytes:
    """The same ModelProto without the elements of its initializers.

    Args:
        above_bytes: Initializers up to this size, elements and all, are left whole.

    Raises:
        WireError: The data is cut short or no protobuf message.
    """
    kept: list[bytes] = []
    for field, start, content, end in _fields(data, 0, len(data)):
        is_graph = field == _MODEL_GRAPH
        kept.append(_with_length(field, _graph(data, content, end, above_bytes)) if is_graph else data[start:end])
    return b"".join(kept)


def stored_weights(data: bytes | mmap, above_bytes: int = 0) -> Iterator[StoredWeight]:
    """The initializers of the main graph that `without_weights` cuts and whose bytes are in the file as they are.

    Raises:
        WireError: As above.
    """
    for field, _, content, end in _fields(data, 0, len(data)):
        if field != _MODEL_GRAPH:
            continue
        for inner, _, start, stop in _fields(data, content, end):
            if inner != _GRAPH_INITIALIZER or stop - start <= above_bytes:
                continue
            places = {number: (first, last) for number, _, first, last in _fields(data, start, stop)}
            if _TENSOR_RAW in places and _TENSOR_NAME in places:
                first, last = places[_TENSOR_NAME]
                yield StoredWeight(data[first:last].decode(), *places[_TENSOR_RAW])


def find_initializer(data: bytes | mmap, name: str) -> FoundInitializer | None:
    """The first initializer of the main graph that has a name, as it is spelled in the graph; None if none has.

    Raises:
        WireError: As above.
    """
    for field, _, content, end in _fields(data, 0, len(data)):
        if field != _MODEL_GRAPH:
            continue
        for inner, _, start, stop in _fields(data, content, end):
            if inner != _GRAPH_INITIALIZER:
                continue
            places = {number: (first, last) for number, _, first, last in _fields(data, start, stop)}
            first, last = places.get(_TENSOR_NAME, (0, 0))
            if data[first:last].decode("utf-8", "backslashreplace") == name:
                return FoundInitializer((start, stop), places.get(_TENSOR_RAW))
    return None


def initializer_header(data: bytes | mmap, found: FoundInitializer) -> bytes:
    """The TensorProto of an initializer without its elements."""
    return _tensor(data, *found.message)


def _graph(data: bytes | mmap, position: int, limit: int, above_bytes: int) -> bytes:
    kept: list[bytes] = []
    run = position  # fields that are taken over are copied in one piece
    for field, start, content, end in _fields(data, position, limit):
        if field == _GRAPH_INITIALIZER and end - content > above_bytes:
            kept += (data[run:start], _with_length(field, _tensor(data, content, end)))
            run = end
    kept.append(data[run:limit])
    return b"".join(kept)


def _tensor(data: bytes | mmap, position: int, limit: int) -> bytes:
    fields = _fields(data, position, limit)
    return b"".join(data[start:end] for field, start, _, end in fields if field not in _TENSOR_ELEMENTS)


def _fields(data: bytes | mmap, position: int, limit: int) -> Iterator[tuple[int, int, int, int]]:
    """Number of each field, where it starts, where its content starts, and where it ends."""
    while position < limit:
        start = position
        key, position = _varint(data, position, limit)
        kind = key & 7
        content = position
        if kind == _VARINT:
            _, position = _varint(data, position, limit)
        elif kind == _FIXED64:
            position += 8
        elif kind == _FIXED32:
            position += 4
        elif kind == _BYTES:
            length, content = _varint(data, position, limit)
            position = content + length
        else:
            raise WireError(f"unknown wire type {kind} at byte {start}")
        if position > limit:
            raise WireError(f"the field at byte {start} ends {position - limit} bytes behind the end")
        yield key >> 3, start, content, position


def _varint(data: bytes | mmap, position: int, limit: int) -> tuple[int, int]:
    value = shift = 0
    while position < limit and shift < 70:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise WireError(f"a number is cut short at byte {position}")


def _with_length(field: int, content: bytes) -> bytes:
    return _encoded(field << 3 | _BYTES) + _encoded(len(content)) + content


def _encoded(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
