"""Cut the weights out of the bytes of an ONNX file, so that reading its facts does not copy gigabytes.

Works on the wire format of protobuf, where a message is a sequence of (field number, wire type, content): the
initializers of the main graph lose the fields that hold their elements, everything else is taken over as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from mmap import mmap

_MODEL_GRAPH = 7
_GRAPH_INITIALIZER = 5
_TENSOR_ELEMENTS = frozenset({4, 5, 6, 7, 9, 10, 11})  # float_data ... raw_data ... uint64_data
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class WireError(ValueError):
    """Bytes that are no protobuf message, or end before it does."""


def without_weights(data: bytes | mmap) -> bytes:
    """The same ModelProto without the elements of its initializers.

    Raises:
        WireError: The data is cut short or no protobuf message.
    """
    kept: list[bytes] = []
    for field, start, content, end in _fields(data, 0, len(data)):
        kept.append(_with_length(field, _graph(data, content, end)) if field == _MODEL_GRAPH else data[start:end])
    return b"".join(kept)


def _graph(data: bytes | mmap, position: int, limit: int) -> bytes:
    kept: list[bytes] = []
    run = position  # fields that are taken over are copied in one piece
    for field, start, content, end in _fields(data, position, limit):
        if field == _GRAPH_INITIALIZER:
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
