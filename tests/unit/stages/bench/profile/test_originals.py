"""Which nodes of a file the nodes of ONNX Runtime's optimised graph stand for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

from modelpack_gui.stages.bench.profile.onnx_settings import optimised_path, profile_session
from modelpack_gui.stages.bench.profile.onnx_trace import read_trace
from modelpack_gui.stages.bench.profile.originals import Originals


def weight(name: str, *shape: int) -> onnx.TensorProto:
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    return numpy_helper.from_array(values, name)


def residual_model() -> onnx.ModelProto:
    """Two convolutions in a row, a residual sum over the second, then a product with a bias."""
    conv = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    nodes = [
        helper.make_node("Conv", ["x", "w1"], ["a"], "first", **conv),
        helper.make_node("Relu", ["a"], ["b"], "relu_1"),
        helper.make_node("Conv", ["b", "w2"], ["c"], "second", **conv),
        helper.make_node("Add", ["c", "b"], ["d"], "sum"),
        helper.make_node("Relu", ["d"], ["e"], "relu_2"),
        helper.make_node("GlobalAveragePool", ["e"], ["f"], "pool"),
        helper.make_node("Flatten", ["f"], ["g"], "flatten"),
        helper.make_node("MatMul", ["g", "w3"], ["h"], "product"),
        helper.make_node("Add", ["h", "b3"], ["y"], "bias"),
    ]
    graph = helper.make_graph(
        nodes,
        "residual",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 16, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])],
        [weight("w1", 16, 16, 3, 3), weight("w2", 16, 16, 3, 3), weight("w3", 16, 4), weight("b3", 4)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def traced_originals(model: onnx.ModelProto, folder: Path) -> dict[str, tuple[str, ...]]:
    """Node of the trace to names of the nodes of the file, with all optimisations of the runtime that is here."""
    file = folder / "model.onnx"
    onnx.save(model, str(file))
    options = ort.SessionOptions()
    profile_session(options, str(folder))
    session = ort.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    session.run(None, {"x": np.zeros((1, 16, 8, 8), np.float32)})
    trace = read_trace(Path(session.end_profiling()))
    nodes = list(model.graph.node)
    optimised = list(onnx.load(str(optimised_path(str(folder))), load_external_data=False).graph.node)
    originals = Originals(nodes, optimised, frozenset(tensor.name for tensor in model.graph.initializer))
    assert len(trace.runs) == 1
    return {
        node.name: tuple(nodes[place].name for place in originals.of(node.name, node.op_type, node.index))
        for node in trace.runs[0].own_us
    }


def test_every_node_of_the_file_has_one_node_that_does_its_work(tmp_path: Path) -> None:
    model = residual_model()
    found = traced_originals(model, tmp_path)
    named = [name for names in found.values() for name in names]
    assert sorted(named) == sorted(node.name for node in model.graph.node)
    assert ("first", "relu_1") in found.values()
    assert ("product", "bias") in found.values()


def test_what_the_runtime_adds_by_itself_stands_for_nothing(tmp_path: Path) -> None:
    found = traced_originals(residual_model(), tmp_path)
    assert all(not names for node, names in found.items() if "Reorder" in node)


def test_a_node_whose_inputs_the_file_does_not_know_is_left_open() -> None:
    file = [
        helper.make_node("Relu", ["x"], ["a"], "one"),
        helper.make_node("Neg", ["a"], ["b"], "two"),
        helper.make_node("Exp", ["b"], ["y"], "three"),
    ]
    other = [helper.make_node("Strange", ["from elsewhere"], ["y"], "fused")]
    assert Originals(file, other, frozenset()).of("fused", "Strange", 7) == ()


def test_a_value_that_another_node_makes_is_not_counted_twice() -> None:
    file = [
        helper.make_node("Relu", ["x"], ["a"], "one"),
        helper.make_node("Neg", ["a"], ["y"], "two"),
    ]
    other = [
        helper.make_node("Relu", ["x"], ["a"], "one"),
        helper.make_node("Strange", ["x"], ["y"], "fused"),
    ]
    assert Originals(file, other, frozenset()).of("fused", "Strange", 7) == ()


def test_a_name_that_the_runtime_has_made_longer_tells_the_node() -> None:
    file = [helper.make_node("QLinearAdd", ["x"], ["a"], "sum"), helper.make_node("MatMul", ["a"], ["y"], "product")]
    other = [
        helper.make_node("QLinearAdd", ["p"], ["q"], "sum_token_4"),
        helper.make_node("Gemm", ["q"], ["r"], "product/MatMulAddFusion"),
        helper.make_node("Softmax", ["r"], ["s"], "sum_token_5"),
    ]
    originals = Originals(file, other, frozenset())
    assert originals.of("sum_token_4", "QLinearAdd", 9) == (0,)
    assert originals.of("product/MatMulAddFusion", "Gemm", 10) == (1,)
    assert originals.of("sum_token_5", "Softmax", 11) == ()


def test_a_node_without_a_name_is_told_by_its_number_and_type() -> None:
    file = [
        helper.make_node("Constant", [], ["k"], value_float=1.0),
        helper.make_node("Relu", ["x"], ["a"]),
        helper.make_node("Neg", ["a"], ["y"]),
    ]
    originals = Originals(file, [], frozenset())
    assert originals.of("Relu_0", "Relu", 0) == (1,)
    assert originals.of("Neg_1", "Neg", 1) == (2,)
    assert originals.of("Exp_1", "Exp", 1) == ()
