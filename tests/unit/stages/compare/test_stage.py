from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from modelpack_gui.core import records, serde
from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.graph.compare.difference import Difference, State
from modelpack_gui.core.graph.compare.text import summary
from modelpack_gui.core.records import FactChange, GraphCompareRequest, GraphComparison, GraphOptimizedRequest, Result
from modelpack_gui.stages.compare import optimized, stage


def tensor(name: str, *shape: int, seed: int = 0) -> Any:
    values = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    return numpy_helper.from_array(values, name)


def saved(
    path: Path, nodes: Sequence[Any], weights: Sequence[Any] = (), *, opset: int = 17, width: int | str = 1
) -> Path:
    made = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [width, 3, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        weights,
    )
    onnx.save(helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)], ir_version=9), path)
    return path


def convolutions(path: Path, *, seed: int = 0, between: str = "Relu", opset: int = 17, width: int | str = 1) -> Path:
    nodes = [
        helper.make_node("Conv", ["x", "w1"], ["a"], "conv1", pads=[1, 1, 1, 1]),
        helper.make_node(between, ["a"], ["b"], "act"),
        helper.make_node("Conv", ["b", "w2"], ["c"], "conv2"),
        helper.make_node("Relu", ["c"], ["y"], "last"),
    ]
    weights = [tensor("w1", 4, 3, 3, 3), tensor("w2", 4, 4, 3, 3, seed=seed + 1)]
    return saved(path, nodes, weights, opset=opset, width=width)


def compared(before: Path, after: Path, **more: Any) -> tuple[GraphComparison, Difference]:
    folder = str(before.parent / "out")
    found = stage.run(GraphCompareRequest(str(before), str(after), folder=folder, **more), PlainContext())
    return found, Difference.read(Path(found.columns))


def test_a_file_is_the_same_as_its_copy(tmp_path: Path) -> None:
    found, _ = compared(convolutions(tmp_path / "a.onnx"), convolutions(tmp_path / "b.onnx"))
    assert found.counts == {"same": 4}
    assert found.facts == ()


def test_it_says_which_weight_is_another(tmp_path: Path) -> None:
    found, difference = compared(convolutions(tmp_path / "a.onnx"), convolutions(tmp_path / "b.onnx", seed=5))
    assert found.counts == {"same": 3, "changed": 1}
    (change,) = difference.changes(2)
    assert (change.aspect, change.what) == ("weights", "w2")


def test_weights_can_be_left_unread(tmp_path: Path) -> None:
    found, _ = compared(
        convolutions(tmp_path / "a.onnx"), convolutions(tmp_path / "b.onnx", seed=5), reads_weights=False
    )
    assert found.counts == {"same": 4}
    assert "not compared" in found.notes[0]


def test_one_weight_stored_in_another_way_is_the_same(tmp_path: Path) -> None:
    plain, other = convolutions(tmp_path / "a.onnx"), tmp_path / "b.onnx"
    model = onnx.load(plain)
    onnx.save(model, other, save_as_external_data=True, location="b.data", size_threshold=0)
    typed = tmp_path / "c.onnx"
    model = onnx.load(plain)
    for item in model.graph.initializer:
        values = numpy_helper.to_array(item).reshape(-1).tolist()
        item.CopyFrom(helper.make_tensor(item.name, item.data_type, item.dims, values))
    onnx.save(model, typed)
    assert compared(plain, other)[0].counts == {"same": 4}
    assert compared(plain, typed)[0].counts == {"same": 4}


def test_a_data_file_outside_the_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    plain, other = convolutions(tmp_path / "in" / "a.onnx"), tmp_path / "in" / "b.onnx"
    onnx.save(onnx.load(plain), other, save_as_external_data=True, location="b.data", size_threshold=0)
    (tmp_path / "in" / "b.data").rename(tmp_path / "b.data")
    model = onnx.load(other, load_external_data=False)
    for item in model.graph.initializer:
        next(entry for entry in item.external_data if entry.key == "location").value = "../b.data"
    onnx.save(model, other)
    found, _ = compared(plain, other)
    assert found.counts == {"same": 4}  # nothing is known of its values


def test_an_operator_and_shapes_that_follow_from_it(tmp_path: Path) -> None:
    before = convolutions(tmp_path / "a.onnx")
    found, difference = compared(before, convolutions(tmp_path / "b.onnx", between="Tanh", width=2))
    assert difference.aspects(1) == ("operator", "shape")
    assert difference.aspect_counts == {"operator": 1, "shape": 4}
    assert FactChange("input", "x", "float32 1 × 3 × 8 × 8", "float32 2 × 3 × 8 × 8") in found.facts


def test_opset_and_metadata_are_facts(tmp_path: Path) -> None:
    after = convolutions(tmp_path / "b.onnx", opset=18)
    model = onnx.load(after)
    helper.set_model_props(model, {"trained": "today"})
    onnx.save(model, after)
    found, _ = compared(convolutions(tmp_path / "a.onnx"), after)
    assert FactChange("opset", "ai.onnx", "17", "18") in found.facts
    assert FactChange("metadata", "trained", "", "today") in found.facts


def test_long_constants_differ_though_their_text_is_cut(tmp_path: Path) -> None:
    def with_constant(path: Path, last: float) -> Path:
        values = np.ones((1, 3, 8, 8), np.float32)
        values[0, 2, 7, 7] = last
        nodes = [
            helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(values)),
            helper.make_node("Add", ["x", "c"], ["y"]),
        ]
        return saved(path, nodes)

    one, other = with_constant(tmp_path / "a.onnx", 1.0), with_constant(tmp_path / "b.onnx", 2.0)
    found, difference = compared(one, other)
    assert found.counts == {"changed": 2}
    assert difference.aspects(0) == ("attribute",)
    assert difference.aspects(1) == ("weights",)
    assert compared(one, with_constant(tmp_path / "c.onnx", 1.0))[0].counts == {"same": 2}


def test_nodes_of_a_branch_are_paired_within_it(tmp_path: Path) -> None:
    def with_branches(path: Path, op: str) -> Path:
        def branch(name: str, op_type: str) -> Any:
            nodes = [helper.make_node(op_type, ["x"], [f"{name}_out"], f"{name}_act")]
            return helper.make_graph(
                nodes, name, [], [helper.make_tensor_value_info(f"{name}_out", TensorProto.FLOAT, None)]
            )

        nodes = [
            helper.make_node("Constant", [], ["flag"], value=numpy_helper.from_array(np.array(True))),
            helper.make_node("If", ["flag"], ["y"], then_branch=branch("one", "Relu"), else_branch=branch("two", op)),
        ]
        return saved(path, nodes)

    found, difference = compared(
        with_branches(tmp_path / "a.onnx", "Tanh"), with_branches(tmp_path / "b.onnx", "Abs")
    )
    states = [State(state).name for state in difference.state]
    assert states.count("SAME") == 3
    assert "operator" in difference.aspects(states.index("CHANGED"))
    assert found.counts == {"same": 3, "changed": 1}


def test_two_different_models_are_said_to_be_so(tmp_path: Path) -> None:
    nodes = [helper.make_node("Abs", ["x"], ["v0"])]
    nodes += [helper.make_node("Neg", [f"v{i}"], [f"v{i + 1}"]) for i in range(8)]
    nodes.append(helper.make_node("Abs", ["v8"], ["y"]))
    found, _ = compared(convolutions(tmp_path / "a.onnx"), saved(tmp_path / "b.onnx", nodes))
    assert "two different models" in found.notes[0]


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        compared(convolutions(tmp_path / "a.onnx"), tmp_path / "none.onnx")
    assert caught.value.info.code == "artifact-missing"


def optimised(path: Path, level: str) -> tuple[GraphComparison, Difference]:
    found = optimized.run(
        GraphOptimizedRequest(str(path), level, folder=str(path.parent / "out")), PlainContext(scratch=path.parent)
    )
    return found, Difference.read(Path(found.columns))


def batch_norm(path: Path, *, is_named: bool = True) -> Path:
    """Conv and BatchNormalization, which become one; an Identity that goes; a sum that is known beforehand."""
    names = ["conv", "norm", "relu", "hand", "known", "add"] if is_named else [""] * 6
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], names[0]),
        helper.make_node("BatchNormalization", ["a", "s", "b", "m", "v"], ["n"], names[1]),
        helper.make_node("Relu", ["n"], ["r"], names[2]),
        helper.make_node("Identity", ["r"], ["i"], names[3]),
        helper.make_node("Add", ["one", "two"], ["three"], names[4]),
        helper.make_node("Add", ["i", "three"], ["y"], names[5]),
    ]
    weights = [tensor("w", 4, 3, 3, 3), *(tensor(name, 4) for name in "sbm"), tensor("one", 1), tensor("two", 1)]
    weights.append(numpy_helper.from_array(np.ones(4, np.float32), "v"))
    return saved(path, nodes, weights)


@pytest.mark.parametrize("is_named", [True, False])
def test_it_says_what_the_optimiser_took_together_and_what_it_left_out(tmp_path: Path, *, is_named: bool) -> None:
    found, difference = optimised(batch_norm(tmp_path / "net.onnx", is_named=is_named), "basic")
    patterns = {(pattern.before, pattern.after, pattern.why): pattern.befores for pattern in found.patterns}
    assert patterns[("Conv", "BatchNormalization"), "Conv", ""] == (0, 1)
    assert patterns[("Identity",), "", "left out, it changes nothing"] == (3,)
    assert patterns[("Add",), "", "computed beforehand"] == (4,)
    assert [State(state).name for state in difference.state[:3]] == ["FUSED", "FUSED", "SAME"]
    assert [State(state).name for state in difference.state[3:]] == ["REMOVED", "FOLDED", "SAME"]
    assert list(difference.origins(0)) == [0, 1]


def test_every_node_of_the_optimised_graph_is_accounted_for(tmp_path: Path) -> None:
    found, difference = optimised(batch_norm(tmp_path / "net.onnx"), "all")
    taken = {node for pattern in found.patterns for node in pattern.befores}
    kept = {node for node, state in enumerate(difference.state) if state < State.FUSED}
    assert taken | kept == set(range(6))
    assert len(difference.back_state) == found.after.node_count


def test_the_same_computed_twice_is_left_out_once(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Sin", ["x"], ["a"], "one"),
        helper.make_node("Sin", ["x"], ["b"], "two"),
        helper.make_node("Sub", ["a", "b"], ["y"], "sub"),
    ]
    found, difference = optimised(saved(tmp_path / "net.onnx", nodes), "basic")
    assert [(pattern.before, pattern.why) for pattern in found.patterns] == [(("Sin",), "left out, a duplicate")]
    assert difference.state[2] == State.SAME


def test_a_node_that_is_copied_for_each_of_its_readers_is_not_fused(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["q"], "q"),
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["d"], "dq"),
        helper.make_node("Sin", ["d"], ["s"], "sin"),
        helper.make_node("Sub", ["d", "s"], ["y"], "sub"),
    ]
    weights = [
        numpy_helper.from_array(np.array(0.1, np.float32), "scale"),
        numpy_helper.from_array(np.array(3, np.uint8), "zero"),
    ]
    found, difference = optimised(saved(tmp_path / "net.onnx", nodes, weights), "basic")
    (pattern,) = found.patterns
    assert (pattern.before, pattern.after, pattern.nodes) == ((), "DequantizeLinear", 1)
    assert pattern.why == "put in, a copy for each reader"
    assert list(difference.state) == [State.SAME] * 4
    assert summary(found) == "ONNX Runtime makes 4 nodes into 5: 1 DequantizeLinear put in. 4 are as in the file."


def test_what_the_runtime_refuses_is_told_with_its_own_words(tmp_path: Path) -> None:
    path = saved(tmp_path / "net.onnx", [helper.make_node("Magic", ["x"], ["y"], domain="my.own")])
    with pytest.raises(UserError) as caught:
        optimised(path, "basic")
    assert caught.value.info.code == "optimizer-refused"
    assert "my.own" in caught.value.info.details


def test_weights_in_a_data_file_are_optimised_too(tmp_path: Path) -> None:
    path = batch_norm(tmp_path / "net.onnx")
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="net.data", size_threshold=0)
    found, _ = optimised(path, "basic")
    assert found.counts["fused"] == 2


def test_a_comparison_crosses_the_process_boundary(tmp_path: Path) -> None:
    found, _ = optimised(batch_norm(tmp_path / "net.onnx"), "basic")
    data = json.loads(serde.dumps(serde.encode_tagged(found)))
    assert serde.decode_tagged(serde.kinds_of(Result, records), data) == found


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_torchscript_and_an_exported_program_of_one_model_differ_in_the_weight_that_was_changed(
    tmp_path: Path,
) -> None:
    import torch
    from torch import nn

    torch.manual_seed(0)
    last = nn.Linear(8, 2)
    model: Any = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), last).eval()
    trace: Any = torch.jit.trace
    example = torch.randn(1, 4)
    before, after, program = tmp_path / "a.pt", tmp_path / "b.pt", tmp_path / "b.pt2"
    trace(model, example).save(str(before))
    with torch.no_grad():
        last.weight += 0.5
    trace(model, example).save(str(after))
    torch.export.save(torch.export.export(model, (example,)), program)
    for other in (after, program):
        found, difference = compared(before, other)
        assert found.aspects["weights"] == 1
        assert found.counts["changed"] == 1
        (node,) = difference.nodes_with("weights")
        assert [change.what for change in difference.changes(node) if change.aspect == "weights"] == ["2.weight"]
