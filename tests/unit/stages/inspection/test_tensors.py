from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from onnx.external_data_helper import convert_model_to_external_data

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import TensorStatsRequest, TensorValues, TensorValuesRequest
from modelpack_gui.stages.common.warnings import capture
from modelpack_gui.stages.inspection.tensors import stats as tensor_stats
from modelpack_gui.stages.inspection.tensors import values as tensor_values
from modelpack_gui.stages.inspection.tensors.stored import widened

GRID = np.arange(24, dtype=np.float32).reshape(2, 3, 4) - 5


def save(path: Path, initializers: list[Any], nodes: list[Any] | None = None, **more: Any) -> Path:
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    made = nodes or [helper.make_node("Identity", ["x"], ["y"])]
    graph = helper.make_graph(made, "net", [value], [], initializers, **more)
    onnx.save(helper.make_model(graph), path)
    return path


def find(path: Path, name: str, folder: Path) -> TensorValues:
    return tensor_values.run(TensorValuesRequest(str(path), name, str(folder / "copies")), PlainContext())


def elements(found: TensorValues) -> Any:
    """As the window reads them."""
    count = int(np.prod(found.shape, dtype=np.int64))
    dtype = np.dtype("<u2" if found.storage == "bfloat16" else found.storage)
    flat = np.fromfile(found.file, dtype, count, offset=found.offset)
    return (widened(flat) if found.storage == "bfloat16" else flat).reshape(found.shape)


def test_a_tensor_in_the_model_file_is_read_where_it_lies(tmp_path: Path) -> None:
    first = numpy_helper.from_array(np.ones(100, np.int64), "other")
    path = save(tmp_path / "m.onnx", [first, numpy_helper.from_array(GRID, "w")])
    found = find(path, "w", tmp_path)
    assert (found.file, found.is_copy, found.storage) == (str(path), False, "<f4")
    assert np.array_equal(elements(found), GRID)
    assert not (tmp_path / "copies").exists()


def test_a_tensor_in_a_data_file_is_read_where_it_lies(tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("Identity", ["w"], ["y"])],
        "net",
        [],
        [],
        [numpy_helper.from_array(np.ones(9, np.float32), "v"), numpy_helper.from_array(GRID, "w")],
    )
    model = helper.make_model(graph)
    convert_model_to_external_data(model, location="m.data", size_threshold=0)
    onnx.save(model, tmp_path / "m.onnx")
    found = find(tmp_path / "m.onnx", "w", tmp_path)
    assert (Path(found.file).name, found.is_copy) == ("m.data", False)
    assert np.array_equal(elements(found), GRID)
    (tmp_path / "weights").mkdir()
    (tmp_path / "m.data").rename(tmp_path / "weights" / "m.data")
    moved = find(tmp_path / "m.onnx", "w", tmp_path)
    assert np.array_equal(elements(moved), GRID)
    (tmp_path / "weights" / "m.data").write_bytes(b"short")
    with pytest.raises(UserError) as caught:
        find(tmp_path / "m.onnx", "w", tmp_path)
    assert caught.value.info.code == "initializer-corrupt"
    (tmp_path / "weights" / "m.data").unlink()
    with pytest.raises(UserError) as caught:
        find(tmp_path / "m.onnx", "w", tmp_path)
    assert (caught.value.info.code, "m.data is missing" in caught.value.info.message) == ("tensor-data-missing", True)


@pytest.mark.parametrize(
    ("kind", "storage"),
    [
        (TensorProto.BFLOAT16, "bfloat16"),
        (TensorProto.FLOAT16, "<f2"),
        (TensorProto.FLOAT8E4M3FN, "<f4"),
        (TensorProto.INT4, "|i1"),
        (TensorProto.UINT4, "|u1"),
        (TensorProto.BOOL, "|b1"),
        (TensorProto.COMPLEX64, "<c8"),
    ],
)
@pytest.mark.parametrize("is_raw", [True, False])
def test_values_of_every_width_are_exact(tmp_path: Path, kind: int, storage: str, *, is_raw: bool) -> None:
    values = np.array([1, 0, 3, 2, 0, 1, 7], np.float32)
    if kind == TensorProto.BOOL:
        values = values != 0
    dtype = helper.tensor_dtype_to_np_dtype(kind)
    tensor = numpy_helper.from_array(values.astype(dtype), "w")
    if not is_raw:
        tensor = helper.make_tensor("w", kind, [7], values.astype(dtype))
    found = find(save(tmp_path / "m.onnx", [tensor]), "w", tmp_path)
    is_widened = storage == "bfloat16" and not is_raw  # what is not there byte by byte is copied
    assert found.storage == ("<f4" if is_widened else storage)
    assert np.array_equal(elements(found).astype(np.complex64), values.astype(np.complex64))


def test_strings_are_copied_and_long_ones_cut(tmp_path: Path) -> None:
    tensor = helper.make_tensor("w", TensorProto.STRING, [4], [b"ab", "grüß".encode(), b"x" * 1000, b"\xff"])
    found = find(save(tmp_path / "m.onnx", [tensor]), "w", tmp_path)
    assert (found.dtype, found.is_copy) == ("string", True)
    assert elements(found).tolist() == ["ab", "grüß", "x" * 255 + "…", "\\xff"]


def test_sizes_that_no_tensor_has_are_an_error_and_not_a_fault(tmp_path: Path) -> None:
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[-3, 2], raw_data=b"1234")
    path = save(tmp_path / "m.onnx", [tensor])
    for read in (
        lambda: find(path, "w", tmp_path),
        lambda: tensor_stats.run(TensorStatsRequest(str(path), "w"), PlainContext()),
    ):
        with pytest.raises(UserError) as caught:
            read()
        assert caught.value.info.code == "initializer-corrupt"


def test_a_sparse_tensor_with_room_for_all_of_the_memory_is_not_unfolded(tmp_path: Path) -> None:
    one, place = np.ones(1, np.float32), np.zeros(1, np.int64)
    sparse = helper.make_sparse_tensor(
        numpy_helper.from_array(one, "w"), numpy_helper.from_array(place, "places"), [100_000, 100_000]
    )
    path = save(tmp_path / "m.onnx", [], sparse_initializer=[sparse])
    with pytest.raises(UserError, match="room for 10,000,000,000 elements") as caught:
        find(path, "w", tmp_path)
    assert caught.value.info.code == "tensor-too-large"


def test_constants_sparse_tensors_and_those_of_subgraphs_are_found(tmp_path: Path) -> None:
    places = numpy_helper.from_array(np.array([1, 3], np.int64), "places")
    sparse = helper.make_sparse_tensor(numpy_helper.from_array(np.array([5, 7], np.float32), "s"), places, [4])
    inner = helper.make_graph(
        [helper.make_node("Identity", ["inside"], ["z"])], "then", [], [], [numpy_helper.from_array(GRID, "inside")]
    )
    nodes = [
        helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(GRID, "any name")),
        helper.make_node("Constant", [], ["list"], value_ints=[3, 1, 2]),
        helper.make_node("If", ["x"], ["y"], then_branch=inner, else_branch=inner),
    ]
    path = save(tmp_path / "m.onnx", [], nodes, sparse_initializer=[sparse])
    assert np.array_equal(elements(find(path, "c", tmp_path)), GRID)
    assert elements(find(path, "list", tmp_path)).tolist() == [3, 1, 2]
    assert np.array_equal(elements(find(path, "inside", tmp_path)), GRID)
    assert elements(find(path, "s", tmp_path)).tolist() == [0, 5, 0, 7]
    stats = tensor_stats.run(TensorStatsRequest(str(path), "c"), PlainContext())
    assert (stats.minimum, stats.maximum) == (-5.0, 18.0)
    with pytest.raises(UserError) as caught:
        find(path, "y", tmp_path)
    assert caught.value.info.code == "initializer-unknown"


def test_a_parameter_of_a_torchscript_archive_is_copied(tmp_path: Path) -> None:
    module = torch.nn.Linear(3, 2).to(torch.bfloat16)
    with capture():  # the deprecation of TorchScript
        script: Any = torch.jit.script(module)
    script.save(str(tmp_path / "m.pt"))
    found = find(tmp_path / "m.pt", "weight", tmp_path)
    assert (found.dtype, found.shape, found.is_copy) == ("bfloat16", (2, 3), True)
    assert np.array_equal(elements(found), module.weight.detach().float().numpy())


def test_all_zero_channels_are_counted(tmp_path: Path) -> None:
    values = np.ones((4, 3, 2), np.float32)
    values[1] = values[3] = 0.0
    values[0, 0, 0] = np.nan
    path = save(tmp_path / "m.onnx", [numpy_helper.from_array(values, "w"), numpy_helper.from_array(GRID[0, 0], "v")])
    assert tensor_stats.run(TensorStatsRequest(str(path), "w"), PlainContext()).zero_slices == 2
    assert tensor_stats.run(TensorStatsRequest(str(path), "v"), PlainContext()).zero_slices is None


@pytest.mark.parametrize("damage", [b"", b"\xff" * 40, b"\x08\x07\x3a\x7f"])
def test_a_file_that_became_none_says_so(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(damage)
    with pytest.raises(UserError):
        find(path, "w", tmp_path)
    with pytest.raises(UserError):
        find(tmp_path / "gone.onnx", "w", tmp_path)


def test_fewer_bytes_than_the_shape_says_are_called_damage(tmp_path: Path) -> None:
    tensor = numpy_helper.from_array(GRID, "w")
    tensor.dims[0] = 1000
    with pytest.raises(UserError) as caught:
        find(save(tmp_path / "m.onnx", [tensor]), "w", tmp_path)
    assert caught.value.info.code == "initializer-corrupt"


def test_a_data_file_outside_of_the_models_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(GRID.tobytes())
    tensor = numpy_helper.from_array(GRID, "w")
    raw_less = TensorProto(
        name="w", data_type=TensorProto.FLOAT, dims=tensor.dims, data_location=TensorProto.EXTERNAL
    )
    raw_less.external_data.add(key="location", value="../secret")
    (tmp_path / "inner").mkdir()
    with pytest.raises(UserError) as caught:
        find(save(tmp_path / "inner" / "m.onnx", [raw_less]), "w", tmp_path)
    assert caught.value.info.code == "tensor-data-missing"
    assert "outside" in caught.value.info.message


def test_a_name_that_is_no_utf_8_is_found_as_it_is_shown(tmp_path: Path) -> None:
    constant = helper.make_node("Constant", [], ["given"], value=numpy_helper.from_array(GRID, "any name"))
    path = save(tmp_path / "m.onnx", [numpy_helper.from_array(GRID, "weight")], [constant])
    path.write_bytes(path.read_bytes().replace(b"weight", b"wei\xffht").replace(b"given", b"giv\xffn"))
    for name in ("wei\\xffht", "giv\\xffn"):
        assert np.array_equal(elements(find(path, name, tmp_path)), GRID)


def test_damaged_files_give_an_error_or_a_tensor(tmp_path: Path) -> None:
    places = numpy_helper.from_array(np.array([1, 3], np.int64), "places")
    tensors = [
        numpy_helper.from_array(GRID, "plain"),
        helper.make_tensor("packed", TensorProto.INT4, [7], [1, 2, 3, -1, 0, 1, 2]),
        helper.make_tensor("text", TensorProto.STRING, [2], [b"x", b"yy"]),
    ]
    constant = helper.make_node("Constant", [], ["given"], value=numpy_helper.from_array(GRID, "any name"))
    sparse = helper.make_sparse_tensor(numpy_helper.from_array(np.array([5, 7], np.float32), "sparse"), places, [4])
    whole = save(tmp_path / "whole.onnx", tensors, [constant], sparse_initializer=[sparse]).read_bytes()
    path, seeded, read = tmp_path / "m.onnx", random.Random(7), 0
    hints: list[str] = []
    for _ in range(120):
        damaged = bytearray(whole)
        for _ in range(seeded.randint(1, 4)):
            damaged[seeded.randrange(len(damaged))] = seeded.randrange(256)
        path.write_bytes(bytes(damaged[: seeded.randrange(len(damaged))] if seeded.random() < 0.2 else damaged))
        for name in ("plain", "packed", "text", "given", "sparse"):
            try:
                tensor_stats.run(TensorStatsRequest(str(path), name), PlainContext())
                find(path, name, tmp_path)
            except UserError as error:
                hints.append(error.info.hint)
            else:
                read += 1
    assert read > 100
    assert hints
    assert all(hints)
