"""Files with everything that ONNX allows, and files that are odd: read, with a word on what is odd."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import TensorInfo
from modelpack_gui.stages.inspection import onnx_shapes
from tests.unit.stages.inspection.inspected import Inspected, inspect

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def _value(name: str, shape: list[Any] | None = None, dtype: int = FLOAT) -> Any:
    return helper.make_tensor_value_info(name, dtype, shape)


def _model(nodes: list[Any], inputs: list[Any], outputs: list[Any], weights: Any = (), **options: Any) -> Any:
    options.setdefault("opset_imports", [helper.make_opsetid("", 20)])
    return helper.make_model(helper.make_graph(nodes, "net", inputs, outputs, weights), ir_version=10, **options)


def _read(model: Any, folder: Path) -> Inspected:
    path = folder / "m.onnx"
    path.write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
    return inspect(path, folder / "columns")


def _relu(count: int = 1, **options: Any) -> Any:
    names = ["x", *(f"v{i}" for i in range(count - 1)), "y"]
    nodes = [helper.make_node("Relu", [names[i]], [names[i + 1]], name=f"relu{i}") for i in range(count)]
    return _model(nodes, [_value("x", ["n", 4])], [_value("y", ["n", 4])], **options)


@pytest.fixture
def external(tmp_path: Path) -> Path:
    """A model whose weights are in `weights.bin` beside it."""
    weights = [numpy_helper.from_array(np.ones((8, 4), np.float32), f"w{i}") for i in range(2)]
    nodes = [helper.make_node("MatMul", ["x", "w0"], ["h"]), helper.make_node("MatMul", ["h", "w1"], ["y"])]
    model = _model(nodes, [_value("x", ["n", 8])], [_value("y")], weights)
    path = tmp_path / "m.onnx"
    onnx.save(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    return path


def _states(path: Path) -> tuple[list[tuple[str, str]], set[str]]:
    found = inspect(path, path.parent / "columns")
    assert [node.op_type for node in found.nodes] == ["MatMul", "MatMul"]
    return [(file.name, file.state) for file in found.index.data_files], {item.note for item in found.initializers}


def test_a_data_file_that_is_there_counts_to_the_size_of_the_artifact(external: Path) -> None:
    assert _states(external) == ([("weights.bin", "present")], {""})
    found = inspect(external, external.parent / "columns")
    (file,) = found.index.data_files
    assert (file.tensors, file.size_bytes, file.needed_bytes) == (2, 256, 256)
    assert found.index.artifact.size_bytes == external.stat().st_size + 256
    assert found.index.artifact.external_files == (str(external.parent / "weights.bin"),)


def test_a_missing_moved_or_cut_data_file_is_told_and_the_graph_shown(external: Path) -> None:
    data = external.parent / "weights.bin"
    whole = data.read_bytes()
    data.write_bytes(whole[:200])
    assert _states(external) == ([("weights.bin", "short")], {"", "weights.bin ends before it"})
    data.unlink()
    assert _states(external) == ([("weights.bin", "missing")], {"weights.bin is missing"})
    (external.parent / "weights").mkdir()
    (external.parent / "weights" / "weights.bin").write_bytes(whole)
    assert _states(external) == ([("weights.bin", "moved")], {"weights.bin was moved"})
    artifact = inspect(external, external.parent / "columns").index.artifact
    assert (artifact.external_files, artifact.size_bytes) == ((), external.stat().st_size)


def test_a_data_file_outside_the_folder_of_the_model_is_not_looked_at(external: Path) -> None:
    model = onnx.load(external, load_external_data=False)
    for tensor, place in zip(model.graph.initializer, ("/etc/passwd", "../weights.bin"), strict=True):
        tensor.external_data[0].value = place
    external.write_bytes(model.SerializeToString())
    files, notes = _states(external)
    assert files == [("../weights.bin", "outside"), ("/etc/passwd", "outside")]
    assert all(note.endswith("is outside the model's folder") for note in notes)


def test_sequence_optional_map_and_sparse_types_are_spelled(tmp_path: Path) -> None:
    floats = helper.make_tensor_type_proto(FLOAT, [2])
    inputs = [
        helper.make_value_info("list", helper.make_sequence_type_proto(floats)),
        helper.make_value_info("maybe", helper.make_optional_type_proto(helper.make_sequence_type_proto(floats))),
        helper.make_value_info("map", helper.make_map_type_proto(INT64, floats)),
        helper.make_value_info("sparse", helper.make_sparse_tensor_type_proto(FLOAT, [3, 4])),
        _value("text", [1], TensorProto.STRING),
        _value("packed", [5], TensorProto.INT4),
    ]
    nodes = [helper.make_node("SequenceLength", ["list"], ["y"])]
    found = _read(_model(nodes, inputs, [_value("y", [], INT64)]), tmp_path)
    assert [(found.values[item.name].dtype, found.values[item.name].shape) for item in inputs] == [
        ("sequence(float32)", None),
        ("optional(sequence(float32))", None),
        ("map(int64, float32)", None),
        ("sparse(float32)", (3, 4)),
        ("string", (1,)),
        ("int4", (5,)),
    ]


def test_a_function_with_a_subgraph_and_the_graphs_of_training_are_scopes(tmp_path: Path) -> None:
    branch = helper.make_graph([helper.make_node("Neg", ["a"], ["t"])], "branch", [], [_value("t")])
    body = [helper.make_node("If", ["c"], ["b"], then_branch=branch, else_branch=branch)]
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("my", 1)]
    function = helper.make_function("my", "Maybe", ["c", "a"], ["b"], body, opsets[:1])
    nodes = [helper.make_node("Maybe", ["flag", "x"], ["y"], domain="my")]
    inputs = [_value("flag", [], TensorProto.BOOL), _value("x", [2])]
    model = _model(nodes, inputs, [_value("y", [2])], functions=[function], opset_imports=opsets)
    step = model.training_info.add()
    step.algorithm.CopyFrom(
        helper.make_graph([helper.make_node("Abs", ["y"], ["loss"])], "step", [], [_value("loss")])
    )
    found = _read(model, tmp_path)
    assert [(scope.title, scope.kind, scope.parent, scope.owner) for scope in found.graph.scopes] == [
        ("", "graph", -1, -1),
        ("function my::Maybe", "function", -1, -1),
        ("node 1 / else_branch", "subgraph", 1, 1),
        ("node 1 / then_branch", "subgraph", 1, 1),
        ("training 0 / algorithm", "training", 0, -1),
    ]
    assert [(node.op_type, node.subgraph) for node in found.nodes] == [
        ("Maybe", ""),
        ("If", "function my::Maybe"),
        ("Neg", "node 1 / else_branch"),
        ("Neg", "node 1 / then_branch"),
        ("Abs", "training 0 / algorithm"),
    ]
    inner = found.graph.inputs(2)[0]
    assert inner == found.graph.scopes[1].inputs[1], "a branch reads what the function takes"
    assert found.graph.inputs(4)[0] == found.graph.outputs(0)[0], "training goes on from the main graph"


def test_a_function_that_calls_itself_is_shown_without_shapes(tmp_path: Path) -> None:
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("my", 1)]
    functions = [
        helper.make_function("my", name, ["a"], ["b"], [helper.make_node(other, ["a"], ["b"], domain="my")], opsets)
        for name, other in (("Ping", "Pong"), ("Pong", "Ping"))
    ]
    nodes = [helper.make_node("Ping", ["x"], ["y"], domain="my")]
    model = _model(nodes, [_value("x", [2])], [_value("y", [2])], functions=functions, opset_imports=opsets)
    found = _read(model, tmp_path)
    assert "calls itself" in found.index.shape_inference_error
    assert len(found.nodes) == 3


def test_a_crash_of_shape_inference_costs_the_shapes_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx.shape_inference, "infer_shapes", lambda *_, **__: os.kill(os.getpid(), signal.SIGSEGV))
    found = _read(_relu(3), tmp_path)
    assert "crashed (SIGSEGV)" in found.index.shape_inference_error
    assert [node.name for node in found.nodes] == ["relu0", "relu1", "relu2"]
    assert found.values["y"].shape == ("n", 4)


def test_shape_inference_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx.shape_inference, "infer_shapes", lambda *_, **__: signal.pause())
    monkeypatch.setattr(onnx_shapes, "LONGEST_S", 0.1)
    found = _read(_relu(), tmp_path)
    assert "was ended" in found.index.shape_inference_error
    assert len(found.nodes) == 1


def test_shapes_are_the_same_without_a_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apart = _read(_relu(3), tmp_path)
    monkeypatch.setattr(onnx_shapes, "CAN_FORK", False)
    here = _read(_relu(3), tmp_path)
    assert here.values == apart.values
    assert here.values["v0"] == TensorInfo("v0", "float32", ("n", 4))


def test_names_with_nul_and_bytes_that_are_no_text_are_kept_apart_and_told(tmp_path: Path) -> None:
    data = _relu(3).SerializeToString().replace(b"relu1", b"re\xff\xfe1").replace(b"relu2", b"re\0u2")
    found = _read(data.replace(b"v0", b"\xed\xa0"), tmp_path)
    assert [node.name for node in found.nodes] == ["relu0", "re\\xff\\xfe1", "re\0u2"]
    assert found.nodes[0].outputs == found.nodes[1].inputs == ("\\xed\\xa0",)
    assert found.graph.producers[found.graph.inputs(1)[0]] == 0
    assert any("not valid UTF-8" in note for note in found.index.notes)


def test_a_value_made_twice_is_told(tmp_path: Path) -> None:
    nodes = [helper.make_node("Relu", ["x"], ["y"]), helper.make_node("Abs", ["x"], ["y"])]
    found = _read(_model(nodes, [_value("x", [1])], [_value("y", [1])]), tmp_path)
    assert found.index.notes == ("Values that more than one node makes: 1. They are shown as the last one's.",)


def test_a_file_of_an_early_version_names_no_operator_set(tmp_path: Path) -> None:
    model = _relu()
    model.ir_version = 2
    del model.opset_import[:]
    found = _read(model, tmp_path)
    assert len(found.nodes) == 1
    assert found.index.artifact.opset_imports == {}
    assert any("no operator set" in note for note in found.index.notes)


def test_a_file_that_names_no_operator_set_though_it_should_is_no_onnx_model(tmp_path: Path) -> None:
    model = _relu()
    del model.opset_import[:]
    with pytest.raises(UserError, match="not an ONNX model"):
        _read(model, tmp_path)


def test_shapes_of_too_many_axes_and_sizes_that_none_can_have_are_unknown(tmp_path: Path) -> None:
    wide = TensorProto(name="wide", data_type=FLOAT, dims=[2] * 100_000)
    negative = TensorProto(name="negative", data_type=FLOAT, dims=[-3, 4])
    vast = TensorProto(name="vast", data_type=FLOAT, dims=[2**62] * 3)
    nodes = [helper.make_node("Sum", ["wide", "negative", "vast", "x"], ["y"])]
    found = _read(_model(nodes, [_value("x", [1] * 1000)], [_value("y")], [wide, negative, vast]), tmp_path)
    assert [(item.name, item.shape, item.size_bytes, item.note) for item in found.initializers] == [
        ("wide", (), 0, "100000 axes"),
        ("negative", (-3, 4), 0, ""),
        ("vast", (2**62,) * 3, 2**63 - 1, ""),
    ]
    assert found.values["wide"].shape is None
    assert found.values["x"].shape is None


def test_attributes_of_every_type_have_a_text(tmp_path: Path) -> None:
    tensor = numpy_helper.from_array(np.array([1.5], np.float32))
    sparse = helper.make_sparse_tensor(tensor, numpy_helper.from_array(np.array([2], np.int64)), [4])
    kind = helper.make_tensor_type_proto(FLOAT, [2, "n"])
    graph = helper.make_graph([], "inner", [], [])
    node = helper.make_node("Odd", [], ["y"], domain="my", t=tensor, ts=[tensor, tensor], s=b"\xff", g=graph, tp=kind)
    node.attribute.append(helper.make_attribute("sp", sparse))
    node.attribute.append(helper.make_attribute("tps", [kind, kind]))
    node.attribute.add(name="old", i=7)  # as files of ir_version 1 have it: no type
    model = _model([node], [], [_value("y")], opset_imports=[helper.make_opsetid("my", 1)])
    texts = {item.name: (item.type, item.value) for item in _read(model, tmp_path).nodes[0].attributes}
    assert texts == {
        "t": ("TENSOR", "float32 1: 1.5"),
        "ts": ("TENSORS", "[float32 1: 1.5, float32 1: 1.5]"),
        "s": ("STRING", "\\xff"),
        "g": ("GRAPH", "graph inner, 0 nodes"),
        "tp": ("TYPE_PROTO", "float32 2 × n"),
        "sp": ("SPARSE_TENSOR", "sparse float32 4, 1 stored: float32 1: 1.5 at int64 1: 2"),
        "tps": ("TYPE_PROTOS", "[float32 2 × n, float32 2 × n]"),
        "old": ("INT", "7"),
    }
