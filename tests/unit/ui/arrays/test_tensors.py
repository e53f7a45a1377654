"""Slices of a tensor read from its file, against numpy on the whole of it."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import TensorValues
from modelpack_gui.ui.arrays import elements as elements_module
from modelpack_gui.ui.arrays import tensor_pooling
from modelpack_gui.ui.arrays.elements import Elements
from modelpack_gui.ui.arrays.pooling import SliceChoice, Window


def stored(folder: Path, values: Any, storage: str = "", before: int = 7) -> Elements:
    path = folder / "weights.bin"
    data = values if not storage else (values.view(np.uint32) >> 16).astype(np.uint16)
    path.write_bytes(b"x" * before + data.tobytes() + b"behind")
    status = path.stat()
    return Elements(
        TensorValues(
            "w", str(values.dtype), values.shape, str(path), before, storage or values.dtype.str, False,
            status.st_mtime_ns, status.st_size,
        )
    )  # fmt: skip


def choices(shape: tuple[int, ...]) -> list[SliceChoice]:
    index = tuple(size // 2 for size in shape)
    if len(shape) < 2:
        return [SliceChoice(index, None, 0 if shape else None)]
    return [SliceChoice(index, *axes) for axes in itertools.permutations(range(len(shape)), 2)]


@pytest.mark.parametrize("shape", [(), (5,), (4, 6), (3, 4, 5), (2, 3, 4, 5), (1, 1), (7, 1, 3)])
@pytest.mark.parametrize("span", [1 << 22, 10, 1])
def test_every_slice_is_what_numpy_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...], span: int
) -> None:
    monkeypatch.setattr(elements_module, "_SPAN", span)
    values = np.arange(int(np.prod(shape, dtype=int)), dtype=np.float32).reshape(shape)
    held = stored(tmp_path, values)
    for choice in choices(shape):
        expected = choice.cut(values)
        rows, columns = expected.shape
        assert np.array_equal(held.cut(choice, 0, 0, rows, columns), expected)
        top, left = rows // 3, columns // 2
        assert np.array_equal(held.cut(choice, top, left, rows, columns), expected[top:, left:])
        assert held.cut(choice, rows, 0, rows, columns).shape == (0, columns)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_tiles_keep_the_largest_of_their_elements_and_count_the_odd_ones(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shape = tuple(data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=3)))
    numbers = st.sampled_from([0.0, 1.0, -2.5, 3e30, np.nan, np.inf, -np.inf])
    flat = data.draw(st.lists(numbers, min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
    values = np.array(flat, np.float64).reshape(shape)
    held = stored(tmp_path_factory.mktemp("tiles"), values)
    choice = data.draw(st.sampled_from(choices(shape)))
    whole = choice.cut(values)
    tall, wide = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 5))
    window = Window(0, 0, whole.shape[0], whole.shape[1], tall, wide)
    band, tensor_pooling._BAND = tensor_pooling._BAND, data.draw(st.integers(1, 50))
    try:
        tiles = tensor_pooling.tiles_of(held, choice, window)
    finally:
        tensor_pooling._BAND = band
    assert np.array_equal(tiles.values, whole[tiles.rows, tiles.columns], equal_nan=True)
    for row, column in np.ndindex(tiles.values.shape):
        part = whole[row * tall : (row + 1) * tall, column * wide : (column + 1) * wide]
        found = abs(tiles.values[row, column])
        assert not np.isfinite(found) if not np.isfinite(part).all() else found == np.abs(part).max()
        assert row * tall <= tiles.rows[row, column] < (row + 1) * tall
        assert column * wide <= tiles.columns[row, column] < (column + 1) * wide
    finite = whole[np.isfinite(whole)]
    assert (tiles.low, tiles.high) == ((finite.min(), finite.max()) if finite.size else (None, None))
    assert (tiles.nans, tiles.infs) == (np.isnan(whole).sum(), np.isinf(whole).sum())


def test_bfloat16_is_read_and_saved_as_float32(tmp_path: Path) -> None:
    values = np.array([[1.0, -2.0], [0.5, 256.0]], np.float32)
    held = stored(tmp_path, values, "bfloat16")
    assert np.array_equal(held.cut(SliceChoice((0, 0), 0, 1), 0, 0, 2, 2), values)
    held.save(tmp_path / "w.npy")
    assert np.array_equal(np.load(tmp_path / "w.npy"), values)


@pytest.mark.parametrize("dtype", ["<f2", "|i1", "<c8", "|b1", "<U3"])
def test_what_is_saved_is_what_numpy_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: str) -> None:
    monkeypatch.setattr(elements_module, "_SPAN", 4)
    values = np.arange(12).reshape(3, 4).astype(dtype)
    stored(tmp_path, values).save(tmp_path / "w.npy")
    loaded = np.load(tmp_path / "w.npy")
    assert (loaded.dtype, loaded.shape) == (values.dtype, (3, 4))
    assert np.array_equal(loaded, values)


def test_a_file_that_was_written_anew_or_is_gone_says_so_and_leaves_no_half_file(tmp_path: Path) -> None:
    held = stored(tmp_path, np.ones((8, 8), np.float32))
    path = Path(held.found.file)
    path.write_bytes(b"other")
    for act in (lambda: held.flat(0, 4), lambda: held.save(tmp_path / "w.npy")):
        with pytest.raises(UserError) as caught:
            act()
        assert caught.value.info.code == "tensor-changed"
    path.unlink()
    with pytest.raises(UserError):
        held.flat(0, 4)
    assert list(tmp_path.glob("*.npy*")) == []
