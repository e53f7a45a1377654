from __future__ import annotations

from pathlib import Path

from onnx import TensorProto, helper

from modelpack_gui.core.context import PlainContext
from modelpack_gui.stages.layers.onnx_model import OnnxModel


def test_metadata_and_names_that_are_no_utf_8_are_spelled_with_escapes(tmp_path: Path) -> None:
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in ("x", "y")]
    node = helper.make_node("Relu", ["x"], ["y"], name="n0de")
    node.metadata_props.add(key="pkg.torch.onnx.name_scopes", value="['', 'fc0', 'relu']")
    node.metadata_props.add(key="pkg.torch.onnx.stack_trace", value='File "/home/st0ck.py", line 3, in forward')
    model = helper.make_model(helper.make_graph([node], "g", ports[:1], ports[1:]), ir_version=10)
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString().replace(b"0", b"\xff"))
    graph = OnnxModel(path, PlainContext(scratch=tmp_path)).graph({}, frozenset())
    (found,) = graph.nodes
    assert (found.name, found.module_path) == (r"n\xffde", r"fc\xff")
    assert found.location == r"/home/st\xffck.py:3"
