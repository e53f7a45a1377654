from __future__ import annotations

import random
from pathlib import Path

import pytest

from modelpack_gui.core.graph.columns import MAGIC, Column, ColumnsError, floats, ints, read_columns, write_columns

COLUMNS: dict[str, Column] = {"numbers": ints([1, -2, 3]), "shares": floats([0.5]), "names": ["größe", "", "a\n"]}


def test_columns_are_read_as_they_were_written(tmp_path: Path) -> None:
    write_columns(tmp_path / "a.columns", COLUMNS)
    assert read_columns(tmp_path / "a.columns") == COLUMNS
    assert [path.name for path in tmp_path.iterdir()] == ["a.columns"]


def test_a_damaged_file_is_refused_or_read_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.columns"
    write_columns(path, COLUMNS)
    data, said = path.read_bytes(), list[str]()
    for number in range(200):
        chance = random.Random(number)
        damaged = bytearray(data)
        damaged[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged[: chance.choice((len(data), chance.randrange(len(data))))])
        try:
            read_columns(path)
        except ColumnsError as error:
            said.append(str(error))
    assert 100 < len(said) < 200
    assert all(str(path) in text for text in said)


@pytest.mark.parametrize(
    "table",
    [b"[]", b"17", b'{"a": 1}', b'{"a": ["i", []]}', b'{"a": ["i", [9' + b"0" * 30 + b"]]}", b'{"a": ["i", ["x"]]}',
     b'{"a": ["z", [0]]}', b"[" * 100_000],
)  # fmt: skip
def test_a_table_that_makes_no_sense_is_refused(table: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.columns").write_bytes(MAGIC + table + b"\n")
    with pytest.raises(ColumnsError):
        read_columns(tmp_path / "a.columns")
