from __future__ import annotations

import onnx
import pytest

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.records import OperatorDocs, OperatorDocsRequest, parameter_at
from modelpack_gui.stages.inspection.operator_docs import run


def docs_of(op_type: str, domain: str = "ai.onnx", version: int | None = None) -> OperatorDocs:
    return run(OperatorDocsRequest(op_type, domain, version), PlainContext())


def test_it_says_what_the_operator_was_at_the_models_opset() -> None:
    found = docs_of("Softmax", version=12)
    assert (found.since_version, found.newest_version) == (11, 13)
    axis = found.attribute("axis")
    assert axis is not None
    assert (axis.type, axis.default, axis.is_required) == ("INT", "1", False)
    newer = docs_of("Softmax", version=20).attribute("axis")
    assert newer is not None
    assert newer.default == "-1"


def test_inputs_come_with_their_types_and_whether_they_may_be_left_out() -> None:
    found = docs_of("Conv", version=20)
    assert [(item.name, item.presence) for item in found.inputs] == [
        ("X", "required"),
        ("W", "required"),
        ("B", "optional"),
    ]
    assert found.inputs[0].types == ("float16", "float32", "float64")
    assert "batch size" in found.inputs[0].description
    assert found.link == "https://onnx.ai/onnx/operators/onnx__Conv.html"


def test_the_last_parameter_takes_all_that_follow_only_if_it_is_variadic() -> None:
    concat, conv = docs_of("Concat").inputs, docs_of("Conv").inputs
    assert parameter_at(concat, 7) is concat[0]
    assert parameter_at(conv, 2) is conv[2]
    assert parameter_at(conv, 3) is None
    assert parameter_at((), 0) is None


def test_every_version_of_every_operator_of_onnx_is_found_as_it_was() -> None:
    for schema in onnx.defs.get_all_schemas_with_history():
        found = docs_of(schema.name, schema.domain or "ai.onnx", schema.since_version)
        assert (found.is_known, found.since_version) == (True, schema.since_version), schema.name
        assert len(found.attributes) == len(schema.attributes)


def test_an_operator_that_is_newer_than_the_models_opset_is_still_explained() -> None:
    found = docs_of("Gelu", version=12)
    assert found.since_version == 20


def test_operators_of_onnxruntime_are_explained_by_it() -> None:
    pytest.importorskip("onnxruntime")
    found = docs_of("MatMulNBits", "com.microsoft", 1)
    assert found.source.startswith("onnxruntime ")
    bits = found.attribute("bits")
    assert bits is not None
    assert bits.default == "4"
    assert found.inputs[1].types == ("uint8",)


@pytest.mark.parametrize("op_type", ["conv2d", "conv2d.default"])
def test_operators_of_pytorch_give_their_signature(op_type: str) -> None:
    found = docs_of(op_type, "aten")
    assert found.signature.startswith("aten::conv2d(Tensor input, Tensor weight")
    assert [item.name for item in found.inputs][:3] == ["input", "weight", "bias"]
    assert found.link.endswith("torch.nn.functional.conv2d.html")


@pytest.mark.parametrize(("op_type", "domain"), [("GetAttr", "prim"), ("Frobnicate", "my.domain"), ("", "ai.onnx")])
def test_an_operator_that_nobody_knows_is_no_failure(op_type: str, domain: str) -> None:
    assert not docs_of(op_type, domain, 1).is_known
