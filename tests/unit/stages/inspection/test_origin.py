from __future__ import annotations

import pytest

from modelpack_gui.stages.inspection.origin import (
    Origin,
    location_of_source_range,
    location_of_stack,
    origin_of_hierarchy,
    origin_of_onnx,
    path_of_node_name,
)

STACK = (
    'File "/home/u/model.py", line 62, in forward\n    return self.body(x)\n'
    '  File "/env/lib/python3.11/site-packages/torch/nn/modules/container.py", line 253, in forward\n    x = m(x)\n'
    '  File "/home/u/blocks.py", line 38, in forward\n    return torch.relu(x)\n'
    '  File "/env/lib/python3.11/site-packages/torch/nn/modules/linear.py", line 134, in forward\n    return F(x)'
)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("/layers/0/conv1/Conv", "layers.0.conv1"),
        ("/stages/stages.2/second/second.0/Conv", "stages.2.second.0"),
        ("/features/features.0/features.0.1/Relu", "features.0.1"),
        ("/encoder/layer.0/attention/self/query/MatMul", "encoder.layer.0.attention.self.query"),
        ("/Relu_3", ""),
        ("Conv_12", ""),
        ("model/conv1/Conv2D", ""),
        ("", ""),
    ],
)
def test_a_torchscript_node_name_gives_its_module(name: str, path: str) -> None:
    assert path_of_node_name(name) == path


def test_dynamo_metadata_gives_module_class_and_the_users_innermost_line() -> None:
    metadata = {
        "pkg.torch.onnx.name_scopes": "['', 'stem', 'stem.1', 'batch_norm']",
        "pkg.torch.onnx.class_hierarchy": "['m.Net', 'nn.Sequential', 'torch.nn.BatchNorm2d', 'aten.bn']",
        "pkg.torch.onnx.stack_trace": STACK,
    }
    assert origin_of_onnx("node_x", metadata) == Origin("stem.1", "torch.nn.BatchNorm2d", "/home/u/blocks.py:38")


def test_a_node_of_the_root_module_has_an_empty_path_and_the_roots_class() -> None:
    metadata = {
        "pkg.torch.onnx.name_scopes": "['', 'mul']",
        "pkg.torch.onnx.class_hierarchy": "['m.Net', 'aten.mul.Tensor']",
    }
    assert origin_of_onnx("/misleading/Name", metadata) == Origin("", "m.Net", "")


def test_without_a_frame_of_the_user_the_library_above_torch_is_named() -> None:
    torch_frame = 'File "/e/site-packages/torch/nn/modules/conv.py", line 3, in h'
    above = 'File "/e/site-packages/timm/a.py", line 1, in f\nFile "/e/site-packages/timm/b.py", line 2, in g\n'
    stack = above + torch_frame
    assert location_of_stack(stack) == "/e/site-packages/timm/b.py:2"
    assert location_of_stack(torch_frame) == "/e/site-packages/torch/nn/modules/conv.py:3"
    assert location_of_stack("") == ""


def test_a_traced_source_range_lists_the_innermost_frame_first() -> None:
    traced = "/e/site-packages/torch/nn/functional.py(10): relu\n/home/u/m.py(7): forward\n/home/u/m.py(3): outer"
    assert location_of_source_range(traced) == "/home/u/m.py:7"


def test_a_scripted_source_range_is_printed_as_python_does() -> None:
    scripted = (
        '  File "/home/u/m.py", line 12\n        return x + 1\n               ~~~~~ <--- HERE\n'
        'Serialized   File "code/__torch__/m.py", line 3\n    return torch.add(x, 1)\n'
    )
    assert location_of_source_range(scripted) == "/home/u/m.py:12"


def test_a_module_hierarchy_gives_path_and_class() -> None:
    assert origin_of_hierarchy("stages(Sequential).0(Block).first(Linear)") == Origin("stages.0.first", "Linear")
    assert origin_of_hierarchy("") == Origin()


def test_methods_and_functions_in_a_hierarchy_are_no_modules() -> None:
    assert origin_of_hierarchy("1(B).SELF(B).b(Sequential).0(Linear)") == Origin("1.b.0", "Linear")
    unknown = "UNKNOWN_INSTANCE(UNKNOWN_TYPE)"
    assert origin_of_hierarchy(f"2(BatchNorm1d).{unknown}.{unknown}") == Origin("2", "BatchNorm1d")
