"""The steps after an export in the equivalent Python do what the app does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from modelpack_gui.core.preview.export import needs_onnx
from modelpack_gui.core.preview.post_steps import post_step_lines
from modelpack_gui.core.records import ExportSpec
from modelpack_gui.stages.export.post import registry

NAMES = tuple(step.id for step in registry.STEPS)


def make_model(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    weight = np.linspace(-1, 1, 256, dtype=np.float32).reshape(16, 16)
    nodes = [helper.make_node("Identity", ["x"], ["y"]), helper.make_node("MatMul", ["y", "w"], ["z"])]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 16])]
    outputs = [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["batch", 16])]
    graph = helper.make_graph(nodes, "g", inputs, outputs, [numpy_helper.from_array(weight, "w")])
    onnx.save(helper.make_model(graph, ir_version=9, opset_imports=[helper.make_opsetid("", 18)]), path)
    return weight


@pytest.mark.parametrize("external", [False, True])
def test_the_lines_run_every_step_and_leave_a_right_file(tmp_path: Path, external: bool) -> None:
    path = tmp_path / "m.onnx"
    weight = make_model(path)
    spec = ExportSpec(post_steps=NAMES, external_data=external)
    assert needs_onnx(spec)
    exec("\n".join(post_step_lines(spec)), {"onnx": onnx, "output_path": path})
    onnx.checker.check_model(str(path))
    x = np.ones((3, 16), np.float32)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"x": x})[0], x @ weight, rtol=1e-2, atol=5e-3)
    if external:
        assert (tmp_path / "m.onnx.data").stat().st_size <= weight.nbytes  # nothing of earlier steps
    assert {item.name for item in tmp_path.iterdir()} == ({"m.onnx", "m.onnx.data"} if external else {"m.onnx"})


def test_there_are_lines_for_every_step_and_none_for_other_formats() -> None:
    for name in NAMES:
        assert post_step_lines(ExportSpec(post_steps=(name,))), name
    assert post_step_lines(ExportSpec(format="pt2", post_steps=NAMES)) == []
