"""Example inputs and one forward pass on them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.dtypes import DTYPES
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.records import InputSpec, LoadReport, LoadRequest, ModelSource
from modelpack_gui.stages.source import load
from modelpack_gui.stages.source.build import build_model
from modelpack_gui.stages.source.forward import run_forward
from modelpack_gui.stages.source.inputs import make_inputs, to_numpy
from tests.places import DEMO, MODELS


def model(name: str) -> torch.nn.Module:
    return build_model(ModelSource(file="tiny.py", name=name), PlainContext(MODELS)).module


def input_error(spec: InputSpec) -> ErrorInfo:
    with pytest.raises(UserError) as caught:
        make_inputs([spec])
    return caught.value.info


def forward_error(name: str, *tensors: torch.Tensor) -> ErrorInfo:
    with pytest.raises(UserError) as caught:
        run_forward(model(name), tensors)
    return caught.value.info


def test_inputs_are_the_same_each_time_and_differ_between_seeds_and_places() -> None:
    specs = [InputSpec("a", (3, 4)), InputSpec("b", (3, 4))]
    first, again, other = make_inputs(specs), make_inputs(specs), make_inputs(specs, seed_offset=1)
    assert torch.equal(first[0], again[0])
    assert not torch.equal(first[0], other[0])
    assert not torch.equal(first[0], first[1])


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_is_drawn_within_its_default_range(dtype: str) -> None:
    (tensor,) = make_inputs([InputSpec("a", (200,), dtype)])
    assert str(tensor.dtype) == f"torch.{dtype}"
    values = torch.view_as_real(tensor).double() if tensor.is_complex() else tensor.double()
    highest = 9.0 if "int" in dtype else 1.0
    assert values.min() >= 0.0
    assert values.max() <= highest
    assert len(set(values.flatten().tolist())) >= 2


def test_integer_range_includes_both_ends() -> None:
    (tensor,) = make_inputs([InputSpec("a", (500,), "int64", low=-1, high=1)])
    assert set(tensor.tolist()) == {-1, 0, 1}


def test_float_range_is_kept() -> None:
    (tensor,) = make_inputs([InputSpec("a", (500,), "float32", low=-3.0, high=-2.0)])
    assert -3.0 <= tensor.min() < tensor.max() < -2.0


def test_shapes_can_be_replaced_by_name() -> None:
    specs = [InputSpec("a", (3, 4)), InputSpec("b", ())]
    tensors = make_inputs(specs, shapes={"a": (5, 4)})
    assert [tuple(tensor.shape) for tensor in tensors] == [(5, 4), ()]
    with pytest.raises(ValueError, match="no such inputs"):
        make_inputs(specs, shapes={"c": (1,)})


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        (InputSpec("a", (1,), "flaot32"), "input-dtype"),
        (InputSpec("a", (1,), "nn"), "input-dtype"),
        (InputSpec("a", (-1, 3)), "input-shape"),
        (InputSpec("a", (1,), low=2.0, high=1.0), "input-range"),
        (InputSpec("a", (1,), high=float("nan")), "input-range"),
        (InputSpec("a", (1,), "float16", high=1e6), "input-range"),
        (InputSpec("a", (1,), "uint8", high=300), "input-range"),
        (InputSpec("a", (1,), "int32", low=0.5), "input-range"),
        (InputSpec("a", (10**8, 10**8)), "input-too-large"),
        (InputSpec("a", (10**30,)), "input-too-large"),
    ],
)
def test_inputs_that_cannot_be_drawn_are_refused_by_name(spec: InputSpec, code: str) -> None:
    info = input_error(spec)
    assert info.code == code
    assert "'a'" in info.message


def test_dtypes_that_only_onnx_has_are_told_apart_from_misspelt_ones() -> None:
    assert "ONNX knows it" in input_error(InputSpec("a", (1,), "int4")).message


@pytest.mark.parametrize(("dtype", "high"), [("float8_e4m3fn", 500.0), ("float8_e5m2", 1e5), ("complex64", 1e39)])
def test_ranges_beyond_a_dtype_are_refused(dtype: str, high: float) -> None:
    assert input_error(InputSpec("a", (1,), dtype, high=high)).code == "input-range"


def test_misspelt_dtype_suggests_the_close_one() -> None:
    assert "float32" in input_error(InputSpec("a", (1,), "flaot32")).hint


def test_values_reach_numpy_unchanged() -> None:
    for dtype in DTYPES:
        (tensor,) = make_inputs([InputSpec("a", (4, 3), dtype)])
        array = to_numpy(tensor.t())
        assert array.shape == (3, 4)
        assert str(array.dtype) == dtype
        wide = torch.complex128 if tensor.is_complex() else torch.float64
        np.testing.assert_array_equal(array.astype(str(wide)[6:]), tensor.t().to(wide).numpy())


def test_lone_output_is_called_output() -> None:
    assert [name for name, _ in run_forward(model("Tiny"), make_inputs([InputSpec("x", (2, 4))]))] == ["output"]


def test_nested_outputs_are_flattened_in_order_and_none_left_out() -> None:
    x = torch.ones(2)
    named = run_forward(model("DictOutput"), [x])
    assert [name for name, _ in named] == ["double", "pair.0", "pair.2"]
    assert [tensor[0].item() for _, tensor in named] == [2.0, 2.0, 0.0]


def test_forward_does_not_change_the_callers_tensors() -> None:
    x = torch.ones(2)
    ((_, output),) = run_forward(model("WritesIntoInput"), [x])
    assert output.tolist() == [2.0, 2.0]
    assert x.tolist() == [1.0, 1.0]


def test_forward_sets_eval_on_every_module_first() -> None:
    norm = model("WithNorm")
    norm.train()
    run_forward(norm, make_inputs([InputSpec("x", (2, 4))]))
    assert not any(module.training for module in norm.modules())
    assert norm.get_submodule("norm").num_batches_tracked == 0


def test_module_that_stays_in_training_is_an_error() -> None:
    assert forward_error("StaysInTraining", torch.ones(1)).code == "not-in-eval"


def test_wrong_rank_and_dtype_tell_what_was_given() -> None:
    for x in (torch.ones(2, 5), torch.ones(2, 4, dtype=torch.int64)):
        info = forward_error("Tiny", x)
        assert info.code == "forward-failed"
        assert "RuntimeError" in info.message
        assert f"{str(x.dtype).removeprefix('torch.')} {list(x.shape)}" in info.message
        assert "example inputs" in info.hint
        assert "tiny.py" in info.details
        assert "forward.py" not in info.details


def test_wrong_number_of_inputs_names_the_parameters() -> None:
    info = forward_error("TwoInputs", torch.ones(1))
    assert info.code == "inputs-do-not-fit"
    assert "left, right, gain (optional)" in info.message


def test_output_that_is_not_a_tensor_is_named() -> None:
    info = forward_error("NumberOutput", torch.ones(1))
    assert info.code == "output-not-tensor"
    assert "int 7" in info.message


def test_class_without_a_forward_is_an_error_of_the_model() -> None:
    info = forward_error("ForwardsNothing", torch.ones(1))
    assert info.code == "forward-failed"
    assert "NotImplementedError" in info.message


def test_exit_in_forward_is_an_error_of_the_model() -> None:
    info = forward_error("Exits", torch.ones(1))
    assert info.code == "model-exits"
    assert "tiny.py" in info.message


def load_demo(**options: Any) -> LoadReport:
    base = DEMO
    source = ModelSource(file="shapes.py", name="ShapesNet", **options)
    return load.run(LoadRequest(source, (InputSpec("image", (2, 3, 32, 32)),)), PlainContext(base))


def test_load_report_counts_agree_with_the_module_tree() -> None:
    report = load_demo()
    root = report.modules[0]
    assert (root.path, root.class_name) == ("", "ShapesNet")
    assert root.parameters == report.parameters == sum(module.own_parameters for module in report.modules)
    assert root.size_bytes == report.size_bytes
    assert report.trainable_parameters == report.parameters
    assert [(info.name, info.shape) for info in report.inputs] == [("image", (2, 3, 32, 32))]
    assert [(info.name, info.dtype, info.shape) for info in report.outputs] == [("output", "float32", (2, 5))]
    paths = [module.path for module in report.modules]
    assert paths.index("stages.0.first") < paths.index("stages.1")


def test_load_without_inputs_tries_no_forward() -> None:
    report = load.run(LoadRequest(ModelSource(file="tiny.py", name="Exits")), PlainContext(MODELS))
    assert report.outputs == ()


def test_load_runs_forward_when_there_are_inputs() -> None:
    request = LoadRequest(ModelSource(file="tiny.py", name="Exits"), (InputSpec("x", (1,)),))
    with pytest.raises(UserError) as caught:
        load.run(request, PlainContext(MODELS))
    assert caught.value.info.code == "model-exits"
