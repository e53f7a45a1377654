"""Named columns of numbers and texts in one file.

A graph of 100,000 nodes is a few dozen columns: written and read in milliseconds, where as many records would take
seconds to spell out as JSON, and hold the interpreter's lock meanwhile. The file starts with a magic line and a line
of JSON that says how long each column is; numbers are little-endian, texts are JSON in chunks.
"""

from __future__ import annotations

import json
import os
import sys
from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, TypeAlias

MAGIC = b"modelpack columns 1\n"
TEXTS_AT_ONCE = 4096
"""Texts in a chunk: one takes about a millisecond to read, and threads get their turn between two."""

_DAMAGE = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError, MemoryError)

Numbers: TypeAlias = "array[int] | array[float]"
Column: TypeAlias = "Numbers | Sequence[str]"


class ColumnsError(ValueError):
    """The file is no file of columns, or a damaged one; the text says what is wrong."""


def ints(values: Sequence[int] = ()) -> array[int]:
    """A column of signed 32-bit integers."""
    return array("i", values)


def longs(values: Sequence[int] = ()) -> array[int]:
    """A column of signed 64-bit integers."""
    return array("q", values)


def floats(values: Sequence[float] = ()) -> array[float]:
    """A column of float64."""
    return array("d", values)


def write_columns(path: Path, columns: Mapping[str, Column]) -> None:
    """Write columns to a file; another of that name is replaced once everything is written.

    Raises:
        OSError: It cannot be written; what was there before is whole.
    """
    parts: list[bytes] = []
    table: dict[str, tuple[str, list[int]]] = {}
    for name, column in columns.items():
        if isinstance(column, array):
            table[name] = (column.typecode, [_add(parts, _little(column))])
        else:
            chunks = [column[start : start + TEXTS_AT_ONCE] for start in range(0, len(column), TEXTS_AT_ONCE)]
            table[name] = ("texts", [_add(parts, json.dumps(list(chunk)).encode()) for chunk in chunks])
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            file.write(MAGIC)
            file.write(json.dumps(table).encode() + b"\n")
            file.writelines(parts)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def read_columns(path: Path) -> dict[str, Column]:
    """Read all columns of a file.

    Raises:
        OSError: It cannot be read.
        ColumnsError: It is no such file, or it was cut.
    """
    with path.open("rb") as file:
        if file.readline(len(MAGIC)) != MAGIC:
            raise ColumnsError(f"{path} is no file of columns of this version")
        try:
            table = json.loads(file.readline())
            return {name: _column(kind, sizes, file) for name, (kind, sizes) in table.items()}
        except EOFError as error:
            raise ColumnsError(f"{path} ends within a column") from error
        except _DAMAGE as error:
            raise ColumnsError(f"{path} is damaged: {error}") from error


def _column(kind: str, sizes: list[int], file: BinaryIO) -> Column:
    chunks = [file.read(size) for size in sizes]
    if sum(map(len, chunks)) != sum(sizes):
        raise EOFError
    return _texts(chunks) if kind == "texts" else _numbers(kind, chunks[0])


def _add(parts: list[bytes], part: bytes) -> int:
    parts.append(part)
    return len(part)


def _little(column: Numbers) -> bytes:
    if sys.byteorder == "little":
        return column.tobytes()
    swapped = array(column.typecode, column)
    swapped.byteswap()
    return swapped.tobytes()


def _numbers(kind: str, data: bytes) -> Numbers:
    column: Numbers = array(kind)
    column.frombytes(data)
    if sys.byteorder != "little":
        column.byteswap()
    return column


def _texts(chunks: Sequence[bytes]) -> list[str]:
    return [text for chunk in chunks for text in json.loads(chunk)]
