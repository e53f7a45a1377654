from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import JobCancelled, UserError
from modelpack_gui.core.records import TensorInfo, TensorStats, TensorStatsRequest
from modelpack_gui.stages.inspection.tensors import stats as tensor_stats
from modelpack_gui.stages.inspection.tensors import stored as stored_tensor
from tests.unit.stages.inspection.inspected import Inspected, inspect

FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


def _value(name: str, shape: list[Any] | None, dtype: int = FLOAT) -> Any:
    return helper.make_tensor_value_info(name, dtype, shape)


def _save(path: Path, graph: Any, **options: Any) -> Path:
    options.setdefault("opset_imports", [helper.make_opsetid("", 20)])
    onnx.save(helper.make_model(graph, ir_version=10, **options), path)
    return path


def _inspect(path: Path, context: PlainContext | None = None) -> Inspected:
    return inspect(path, path.parent / "columns", context)


def _linear(path: Path) -> Path:
    weight = numpy_helper.from_array(np.arange(12, dtype=np.float32).reshape(4, 3), "weight")
    nodes = [
        helper.make_node("MatMul", ["x", "weight"], ["hidden"], name="/fc/MatMul"),
        helper.make_node("Relu", ["hidden"], ["active"], name="/act/Relu"),
        helper.make_node("Relu", ["active"], ["y"], name="/act_1/Relu"),
    ]
    graph = helper.make_graph(nodes, "net", [_value("x", ["n", 4])], [_value("y", ["n", 3])], [weight])
    return _save(path, graph)


def test_nodes_carry_inferred_types_and_module_paths(tmp_path: Path) -> None:
    found = _inspect(_linear(tmp_path / "m.onnx"))
    assert [node.op_type for node in found.nodes] == ["MatMul", "Relu", "Relu"]
    assert [node.module_path for node in found.nodes] == ["fc", "act", "act_1"]
    assert found.nodes[0].output_infos == (TensorInfo("hidden", "float32", ("n", 3)),)
    assert found.values["active"] == TensorInfo("active", "float32", ("n", 3))
    assert found.values["weight"].shape == (4, 3)
    assert list(found.index.op_counts.items()) == [("Relu", 2), ("MatMul", 1)]
    assert found.index.shape_inference_error == ""
    assert [(item.name, item.dtype, item.shape, item.size_bytes) for item in found.initializers] == [
        ("weight", "float32", (4, 3), 48)
    ]


def test_sizes_that_shape_inference_made_up_a_name_for_are_unknown(tmp_path: Path) -> None:
    nodes = [helper.make_node("NonZero", ["x"], ["places"]), helper.make_node("Relu", ["x"], ["y"])]
    outputs = [_value("y", ["unk", 4]), _value("places", None, INT64)]
    found = _inspect(_save(tmp_path / "m.onnx", helper.make_graph(nodes, "g", [_value("x", ["unk", 4])], outputs)))
    assert found.nodes[0].output_infos == (TensorInfo("places", "int64", (2, None)),)
    assert found.nodes[1].output_infos == (TensorInfo("y", "float32", ("unk", 4)),)


def test_nodes_of_subgraphs_follow_their_owner_and_see_outer_values(tmp_path: Path) -> None:
    def branch(name: str, op: str) -> Any:
        node = helper.make_node(op, ["x"], [f"{name}_out"])
        return helper.make_graph([node], name, [], [_value(f"{name}_out", ["n"])])

    choose = helper.make_node(
        "If", ["flag"], ["y"], then_branch=branch("then", "Abs"), else_branch=branch("else", "Neg")
    )
    last = helper.make_node("Relu", ["y"], ["z"])
    graph = helper.make_graph(
        [choose, last], "net", [_value("flag", [], BOOL), _value("x", ["n"])], [_value("z", ["n"])]
    )
    found = _inspect(_save(tmp_path / "m.onnx", graph))
    assert [(node.index, node.op_type, node.subgraph) for node in found.nodes] == [
        (0, "If", ""),
        (1, "Neg", "node 0 / else_branch"),
        (2, "Abs", "node 0 / then_branch"),
        (3, "Relu", ""),
    ]
    assert found.values["then_out"].shape == ("n",)
    values = {item.name: item.value for item in found.nodes[0].attributes}
    assert values["then_branch"] == "graph then, 1 node"


def test_nodes_of_local_functions_are_listed_after_the_graph(tmp_path: Path) -> None:
    opset = helper.make_opsetid("", 20)
    function = helper.make_function(
        "my.ops", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])], [opset]
    )
    graph = helper.make_graph(
        [helper.make_node("Twice", ["x"], ["y"], domain="my.ops")], "net", [_value("x", [2])], [_value("y", [2])]
    )
    path = _save(
        tmp_path / "m.onnx", graph, functions=[function], opset_imports=[opset, helper.make_opsetid("my.ops", 1)]
    )
    found = _inspect(path)
    assert [(node.domain, node.op_type, node.subgraph) for node in found.nodes] == [
        ("my.ops", "Twice", ""),
        ("ai.onnx", "Add", "function my.ops::Twice"),
    ]


def test_attributes_are_short_text(tmp_path: Path) -> None:
    small = numpy_helper.from_array(np.array([1, 2, 3], np.int64))
    large = numpy_helper.from_array(np.zeros((100, 4), np.float32))
    nodes = [
        helper.make_node("Constant", [], ["a"], value=small),
        helper.make_node("Constant", [], ["b"], value=large),
        helper.make_node("Constant", [], ["c"], value_ints=list(range(100))),
        helper.make_node("Constant", [], ["d"], value_float=0.1),
        helper.make_node("Constant", [], ["e"], value_string="tanh"),
    ]
    graph = helper.make_graph(nodes, "net", [], [_value("d", [])])
    texts = [node.attributes[0].value for node in _inspect(_save(tmp_path / "m.onnx", graph)).nodes]
    assert texts[0] == "int64 3: 1, 2, 3"
    assert texts[1] == "float32 100 × 4"
    assert texts[2].startswith("[0, 1, 2, ")
    assert texts[2].endswith(", … (100 items)]")
    assert texts[3:] == ["0.1", "tanh"]


def test_a_failed_shape_inference_is_recorded_and_the_graph_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **options: Any) -> None:
        raise onnx.shape_inference.InferenceError("no rule for MatMul")

    monkeypatch.setattr(onnx.shape_inference, "infer_shapes", fail)
    found = _inspect(_linear(tmp_path / "m.onnx"))
    assert [node.op_type for node in found.nodes] == ["MatMul", "Relu", "Relu"]
    assert found.index.shape_inference_error == "InferenceError: no rule for MatMul"
    assert found.values["y"].shape == ("n", 3)


def test_external_tensors_name_their_data_file_and_are_not_needed_in_memory(tmp_path: Path) -> None:
    path = _external(tmp_path)
    found = _inspect(path)
    assert found.initializers[0].external == "m.data"
    assert found.initializers[0].size_bytes == 48


def _external(folder: Path) -> Path:
    path = _linear(folder / "m.onnx")
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="m.data", size_threshold=0)
    return path


def test_a_sparse_initializer_has_its_dense_shape_and_its_stored_size(tmp_path: Path) -> None:
    model = onnx.load(_linear(tmp_path / "m.onnx"))
    del model.graph.initializer[:]
    values = numpy_helper.from_array(np.array([1.0, 2.0], np.float32), "weight")
    indices = numpy_helper.from_array(np.array([0, 5], np.int64))
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [4, 3]))
    onnx.save(model, tmp_path / "m.onnx")
    found = _inspect(tmp_path / "m.onnx")
    assert [(item.name, item.shape, item.size_bytes) for item in found.initializers] == [("weight", (4, 3), 24)]
    stats = tensor_stats.run(TensorStatsRequest(str(tmp_path / "m.onnx"), "weight"), PlainContext())
    assert (stats.shape, stats.elements, stats.zeros, stats.maximum, stats.preview[:4]) == (
        (4, 3),
        12,
        10,
        2.0,
        "1, 0",
    )
    assert (stats.mean, stats.size_bytes) == (0.25, 24)


def test_a_graph_that_does_not_fit_in_memory_is_inferred_from_file_to_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modelpack_gui.stages.inspection.onnx_shapes.IN_MEMORY_BYTES", 0)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    found = _inspect(_linear(tmp_path / "m.onnx"), PlainContext(scratch=scratch))
    assert found.values["hidden"].shape == ("n", 3)
    assert list(scratch.iterdir()) == []


def test_inspection_stops_when_cancelled(tmp_path: Path) -> None:
    class Cancelling(PlainContext):
        def check_cancelled(self) -> None:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        _inspect(_linear(tmp_path / "m.onnx"), Cancelling())


def _save_tensor(path: Path, tensor: Any) -> Path:
    node = helper.make_node("Identity", ["x"], ["y"])
    return _save(path, helper.make_graph([node], "net", [_value("x", [1])], [_value("y", [1])], [tensor]))


def test_statistics_cover_the_finite_elements_and_count_the_rest(tmp_path: Path) -> None:
    values = np.array([[1.0, 2.0, 3.0], [np.nan, np.inf, 0.0]], np.float32)
    path = _save_tensor(tmp_path / "m.onnx", numpy_helper.from_array(values, "w"))
    stats = tensor_stats.run(TensorStatsRequest(str(path), "w"), PlainContext())
    assert (stats.elements, stats.nans, stats.infs, stats.zeros) == (6, 1, 1, 1)
    assert (stats.minimum, stats.maximum, stats.mean) == (0.0, 3.0, 1.5)
    assert stats.std == pytest.approx(np.std([0, 1, 2, 3]))
    assert len(stats.counts) == 64
    assert len(stats.edges) == 65
    assert sum(stats.counts) == 4
    assert stats.preview == "1, 2, 3, nan, inf, 0"


@pytest.mark.parametrize(
    ("onnx_type", "dtype", "size_bytes"),
    [
        (TensorProto.BFLOAT16, "bfloat16", 8),
        (TensorProto.FLOAT16, "float16", 8),
        (TensorProto.FLOAT8E4M3FN, "float8_e4m3fn", 4),
        (TensorProto.INT4, "int4", 2),
        (TensorProto.INT8, "int8", 4),
    ],
)
def test_statistics_read_narrow_types(tmp_path: Path, onnx_type: int, dtype: str, size_bytes: int) -> None:
    tensor = helper.make_tensor("w", onnx_type, [4], np.array([1, -2, 3, 0], np.float32))
    stats = tensor_stats.run(TensorStatsRequest(str(_save_tensor(tmp_path / "m.onnx", tensor)), "w"), PlainContext())
    assert (stats.dtype, stats.size_bytes) == (dtype, size_bytes)
    assert (stats.minimum, stats.maximum, stats.mean, stats.zeros) == (-2.0, 3.0, 0.5, 1)


def _described(dtype: str, values: Any) -> TensorStats:
    tensor = stored_tensor.StoredTensor("w", dtype, values.shape, values.nbytes, values.size, values=values)
    return tensor_stats.describe(tensor, PlainContext())


@pytest.mark.parametrize(
    "values", [np.full(5, 7.0), np.array([1.0, np.nextafter(1.0, 2.0)]), np.array([-1e308, 1e308])]
)
def test_the_histogram_holds_every_finite_element_whatever_the_range(values: Any) -> None:
    stats = _described("float64", values)
    assert sum(stats.counts) == values.size
    assert list(stats.edges) == sorted(set(stats.edges))


def test_statistics_of_nothing_and_of_strings_have_no_figures() -> None:
    empty = _described("float32", np.zeros((0, 3), np.float32))
    assert (empty.elements, empty.minimum, empty.mean, empty.std, sum(empty.counts)) == (0, None, None, None, 0)
    texts = _described("string", np.array([b"ab", b"c"], object))
    assert (texts.elements, texts.minimum, texts.preview) == (2, None, "ab, c")


def test_statistics_are_the_same_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(size=1000)
    whole = _described("float64", values)
    monkeypatch.setattr(stored_tensor, "CHUNK", 7)
    parts = _described("float64", values)
    assert parts.counts == whole.counts
    assert parts.mean == pytest.approx(whole.mean)
    assert parts.std == pytest.approx(whole.std)


def test_statistics_read_external_tensors_and_name_a_damaged_data_file(tmp_path: Path) -> None:
    path = _external(tmp_path)
    assert tensor_stats.run(TensorStatsRequest(str(path), "weight"), PlainContext()).maximum == 11.0
    (tmp_path / "m.data").write_bytes(b"\0" * 10)
    with pytest.raises(UserError) as caught:
        tensor_stats.run(TensorStatsRequest(str(path), "weight"), PlainContext())
    assert caught.value.info.code == "initializer-corrupt"


def test_an_unknown_initializer_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        tensor_stats.run(TensorStatsRequest(str(_linear(tmp_path / "m.onnx")), "bias"), PlainContext())
    assert caught.value.info.code == "initializer-unknown"


def test_a_file_cut_short_is_a_user_error(tmp_path: Path) -> None:
    path = _linear(tmp_path / "m.onnx")
    shutil.copyfile(path, tmp_path / "cut.onnx")
    (tmp_path / "cut.onnx").write_bytes(path.read_bytes()[:60])
    with pytest.raises(UserError):
        _inspect(tmp_path / "cut.onnx")
