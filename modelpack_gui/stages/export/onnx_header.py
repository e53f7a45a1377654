"""Cut the weights out of the bytes of an ONNX file, so that reading its facts does not copy gigabytes.

Works on the wire format of protobuf, where a message is a sequence of (field number, wire type, content): the
initializers of the main graph lose the fields that hold their elements, everything else is taken over as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from mmap import mmap
from typing import NamedTuple

_MODEL_GRAPH = 7
_GRAPH_INITIALIZER = 5
_TENSOR_NAME, _TENSOR_RAW = 8, 9
_TENSOR_ELEMENTS = frozenset({4, 5, 6, 7, 9, 10, 11})  # float_data ... raw_data ... uint64_data
_MOST_BYTES = (1 << 31) - 1
"""Of one message, in protobuf."""
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
        WireError: The data is cut short, no protobuf message, or too large for one even without weights.
    """

    def light(field: int, content: int, end: int) -> bytes | None:
        is_graph = field == _MODEL_GRAPH
        return _with_length(field, _graph(data, content, end, above_bytes)) if is_graph else None

    return _replaced(data, 0, len(data), light)


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
    def light(field: int, content: int, end: int) -> bytes | None:
        is_cut = field == _GRAPH_INITIALIZER and end - content > above_bytes
        return _with_length(field, _tensor(data, content, end)) if is_cut else None

    return _replaced(data, position, limit, light)


def _tensor(data: bytes | mmap, position: int, limit: int) -> bytes:
    return _replaced(data, position, limit, lambda field, *_: b"" if field in _TENSOR_ELEMENTS else None)


def _replaced(
    data: bytes | mmap, position: int, limit: int, instead: Callable[[int, int, int], bytes | None]
) -> bytes:
    """The fields of a message, some of them replaced; those that are taken over are copied in runs.

    Args:
        instead: Given the number of a field and where its content is, gives what stands in its place; None keeps it.

    Raises:
        WireError: Also where more is left than protobuf reads.
    """
    kept: list[bytes] = []
    run, size_bytes = position, 0
    for field, start, content, end in _fields(data, position, limit):
        new = instead(field, content, end)
        if new is None:
            continue
        size_bytes += start - run + len(new)
        _check_size(size_bytes)
        kept += filter(None, (data[run:start], new))  # millions of small fields may be cut one by one
        run = end
    _check_size(size_bytes + limit - run)
    kept.append(data[run:limit])
    return b"".join(kept)


def _check_size(size_bytes: int) -> None:
    if size_bytes > _MOST_BYTES:
        raise WireError(
            f"besides its weights there are more than {_MOST_BYTES:,} bytes, which protobuf does not read"
        )


def _fields(data: bytes | mmap, position: int, limit: int) -> Iterator[tuple[int, int, int, int]]:
    """Number of each field, where it starts, where its content starts, and where it ends."""
    while position < limit:
        start = position
        key, position = _varint(data, position, limit)
        kind = key & 7
        content = position
        if key < 1 << 3:
            raise WireError(f"a field without a number at byte {start}")
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
