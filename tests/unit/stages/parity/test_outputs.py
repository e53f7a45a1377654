"""Outputs of all kinds: sequences, maps, optionals, texts, scalars, empty ones and none at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.parity.plan import plan
from modelpack_gui.core.records import InputSpec, ModelSource, ParityReport, ParityRequest, ParitySpec, Verdict
from modelpack_gui.stages.parity.judge import judge
from modelpack_gui.stages.parity.runtimes.leaves import leaves
from modelpack_gui.stages.parity.runtimes.onnxruntime_runtime import OnnxRuntime, open_session
from modelpack_gui.stages.parity.stage import run

FLOAT = TensorProto.FLOAT
EXAMPLE = plan((InputSpec("x", (2, 4)),), (), ParitySpec())[1][0]


def _save(path: Path, nodes: Sequence[Any], outputs: Sequence[Any], initializers: Sequence[Any] = ()) -> Path:
    x = helper.make_tensor_value_info("x", FLOAT, [2, 4])
    graph = helper.make_graph(nodes, "kinds", [x], outputs, initializers)
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("ai.onnx.ml", 3)]
    onnx.save(helper.make_model(graph, ir_version=10, opset_imports=opsets), path)
    return path


def _split(path: Path) -> Path:
    pair = helper.make_tensor_sequence_value_info("pair", FLOAT, None)
    return _save(path, [helper.make_node("SplitToSequence", ["x"], ["pair"], axis=1, keepdims=1)], [pair])


def _run(path: Path) -> tuple[Any, ...]:
    return OnnxRuntime(open_session(path), ["x"]).run([np.arange(8, dtype=np.float32).reshape(2, 4)])


def test_a_sequence_is_compared_element_by_element(tmp_path: Path) -> None:
    outputs = _run(_split(tmp_path / "m.onnx"))
    assert [(item.info.name, item.info.dtype, item.info.shape) for item in outputs] == [
        (f"pair[{place}]", "float32", (2, 1)) for place in range(4)
    ]


def test_maps_are_compared_by_key(tmp_path: Path) -> None:
    zipmap = helper.make_node(
        "ZipMap", ["x"], ["scores"], domain="ai.onnx.ml", classlabels_strings=["a", "b", "c", "d"]
    )
    kind = helper.make_map_type_proto(TensorProto.STRING, helper.make_tensor_type_proto(FLOAT, []))
    scores = helper.make_value_info("scores", helper.make_sequence_type_proto(kind))
    outputs = _run(_save(tmp_path / "m.onnx", [zipmap], [scores]))
    assert [item.info.name for item in outputs[:2]] == ["scores[0].a", "scores[0].b"]
    assert {(item.info.dtype, item.info.shape) for item in outputs} == {("float32", ())}
    assert len(outputs) == 8


def test_an_empty_optional_gives_no_output_and_texts_are_texts() -> None:
    assert list(leaves("maybe", None)) == []
    (text,) = leaves("label", np.array(["cat", "dog"], object))
    assert (text.info.dtype, text.info.shape) == ("string", (2,))
    with pytest.raises(TypeError, match="the output 'odd' is no tensor"):
        list(leaves("odd", object()))


def test_texts_of_onnx_runtime_are_compared(tmp_path: Path) -> None:
    label = helper.make_node("Cast", ["x"], ["label"], to=TensorProto.STRING)
    outputs = _run(
        _save(tmp_path / "m.onnx", [label], [helper.make_tensor_value_info("label", TensorProto.STRING, [2, 4])])
    )
    other = (outputs[0]._replace(values=np.where(outputs[0].values == "3", "4", outputs[0].values)),)
    same, wrong = (judge(EXAMPLE, outputs, found, ParitySpec(), (None,)).outputs[0] for found in (outputs, other))
    assert (same.verdict, same.mismatched, same.allclose) == (Verdict.PASSED, 0, None)
    assert (wrong.verdict, wrong.mismatched, wrong.elements) == (Verdict.FAILED, 1, 8)


def _compare(folder: Path, expected: Path, actual: Path) -> ParityReport:
    inputs = (InputSpec("x", (2, 4)),)
    request = ParityRequest(ModelSource(file=str(expected)), inputs, str(actual), (), ParitySpec())
    return run(request, PlainContext(folder, folder))


def test_two_files_with_a_sequence_agree_and_one_of_another_length_fails_with_the_reason(tmp_path: Path) -> None:
    one = _split(tmp_path / "one.onnx")
    assert _compare(tmp_path, one, one).verdict is Verdict.PASSED
    tensor = helper.make_tensor_value_info("pair", FLOAT, [2, 4])
    two = _save(tmp_path / "two.onnx", [helper.make_node("Identity", ["x"], ["pair"])], [tensor])
    report = _compare(tmp_path, one, two)
    assert report.verdict is Verdict.FAILED
    assert "gives 1 output (pair)" in report.summary
    assert "4 outputs (pair[0], pair[1], pair[2], pair[3])" in report.summary


def test_no_output_on_either_side_proves_nothing() -> None:
    case = judge(EXAMPLE, (), (), ParitySpec(), ())
    assert case.error is not None
    assert (case.verdict, case.error.code) == (Verdict.WARNING, "no-outputs")


@pytest.mark.parametrize("values", [np.float32(2.5), np.zeros((0, 3), np.float32), np.array(True), np.array(3)])
def test_scalars_and_empty_outputs_get_a_verdict(values: Any) -> None:
    (output,) = leaves("y", values)
    judged = judge(EXAMPLE, (output,), (output,), ParitySpec(), (None,))
    assert judged.verdict is (Verdict.PASSED if output.values.size else Verdict.WARNING)
