"""Example inputs that are found by the signature, the first layers and the errors of a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from modelpack_gui.core import serde
from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import JobCancelled, UserError
from modelpack_gui.core.explain.fixes import apply_fix
from modelpack_gui.core.inputs.proposals import proposed_inputs
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    InputSpec,
    LoadRequest,
    ModelSource,
    ParameterInfo,
    SuggestedInputs,
    SuggestInputsRequest,
)
from modelpack_gui.stages.source import load, suggest
from modelpack_gui.stages.source.corrections import corrections
from tests.places import MODELS

CONTEXT = PlainContext(MODELS)


class Calls(nn.Module):
    """Its forward is a function that was handed over, with layers to use."""

    def __init__(self, function: Callable[..., Any], **layers: nn.Module) -> None:
        super().__init__()
        self._function = function
        for name, layer in layers.items():
            setattr(self, name, layer)

    def forward(self, x: Tensor) -> Any:
        return self._function(self, x)


def find(module: nn.Module, *start: InputSpec) -> SuggestedInputs:
    return suggest.find(module.eval(), start, CONTEXT, 40, 30.0)


def _conv(_: nn.Module, x: Tensor) -> Tensor:
    return nn.functional.conv2d(x, torch.ones(1, 3, 1, 1))


def _unpack(_: nn.Module, x: Tensor) -> Tensor:
    batch, steps, channels = x.shape
    return x * batch * steps * channels


IMAGE = InputSpec("x", (1, 3, 224, 224))
IDS = InputSpec("x", (1, 16), "int64")


@pytest.mark.parametrize(
    ("module", "start", "shape", "dtype", "high"),
    [
        (nn.Sequential(nn.Conv2d(1, 2, 3)), IMAGE, (1, 1, 224, 224), "float32", None),
        (nn.Sequential(nn.Conv1d(5, 2, 3)), IMAGE, (1, 5, 1000), "float32", None),
        (nn.Sequential(nn.Conv3d(2, 2, 3)), IMAGE, (1, 2, 16, 64, 64), "float32", None),
        (nn.Sequential(nn.Conv2d(3, 2, 3).double()), IMAGE, (1, 3, 224, 224), "float64", None),
        (nn.Sequential(nn.Embedding(7, 2)), IMAGE, (1, 16), "int64", 6.0),
        (nn.Sequential(nn.Embedding(7, 2)), IDS, (1, 16), "int64", 6.0),
        (nn.Sequential(nn.Linear(12, 2)), IMAGE, (1, 12), "float32", None),
        (nn.Sequential(nn.Linear(12, 2)), InputSpec("x", (2, 8, 5)), (2, 8, 12), "float32", None),
        (nn.Sequential(nn.Flatten(), nn.Linear(784, 2)), IMAGE, (1, 1, 28, 28), "float32", None),
        (nn.Sequential(nn.Flatten(), nn.Linear(3072, 2)), IMAGE, (1, 3, 32, 32), "float32", None),
        (nn.LSTM(9, 2, batch_first=True), IMAGE, (1, 16, 9), "float32", None),
        (nn.GRU(9, 2), InputSpec("x", (4, 1, 5)), (4, 1, 9), "float32", None),
        (nn.Sequential(nn.LayerNorm(6)), IMAGE, (1, 16, 6), "float32", None),
        (nn.Sequential(nn.BatchNorm2d(4)), IMAGE, (1, 4, 224, 224), "float32", None),
        (
            nn.Sequential(nn.Conv2d(3, 2, 3, stride=2), nn.Flatten(), nn.Linear(2 * 15 * 15, 2)),
            IMAGE,
            (1, 3, 32, 32),
            "float32",
            None,
        ),
    ],
)
def test_the_first_layers_say_what_an_input_must_be(
    module: nn.Module, start: InputSpec, shape: tuple[int, ...], dtype: str, high: float | None
) -> None:
    if not isinstance(module, nn.RNNBase):
        module = Calls(lambda self, x: self.layers(x), layers=module)
    found = find(module, start)
    assert found.error is None
    (spec,) = found.inputs
    assert (spec.shape, spec.dtype, spec.high) == (shape, dtype, high)
    assert found.reasons
    assert all(reason.startswith("x: ") and reason.endswith(".") for reason in found.reasons)


@pytest.mark.parametrize(
    ("function", "start", "expected"),
    [
        (lambda _, x: x @ torch.ones(8, 2), InputSpec("x", (2, 5)), {"shape": (2, 8)}),
        (lambda _, x: x + torch.ones(1, 3), InputSpec("x", (2, 4)), {"shape": (2, 3)}),
        (lambda _, x: torch.arange(2)[x], InputSpec("x", (3,), "int64"), {"high": 1.0}),
        (lambda _, x: torch.arange(9.0)[x], InputSpec("x", (3,)), {"dtype": "int64"}),
        (lambda _, x: nn.functional.embedding(x, torch.ones(9, 2)), InputSpec("x", (3,)), {"dtype": "int64"}),
        (lambda _, x: x @ torch.ones(4, 2), InputSpec("x", (2, 4), "float64"), {"dtype": "float32"}),
        (_conv, InputSpec("x", (1, 1, 8, 8)), {"shape": (1, 3, 8, 8)}),
        (_conv, InputSpec("x", (1, 3, 8, 8), "float64"), {"dtype": "float32"}),
        (_unpack, InputSpec("x", (2, 4)), {"shape": (1, 16, 64)}),
    ],
)
def test_the_errors_of_the_model_correct_its_inputs(
    function: Callable[..., Any], start: InputSpec, expected: dict[str, Any]
) -> None:
    found = find(Calls(function), start)
    assert found.error is None
    (spec,) = found.inputs
    assert {key: getattr(spec, key) for key in expected} == expected


def test_what_comes_from_a_file_and_plain_values_stay() -> None:
    inputs = [InputSpec("x", (1, 1, 8, 8), file="a.npy"), InputSpec("n", (), is_value=True, value=1)]
    text = "expected input[1, 1, 8, 8] to have 3 channels, but got 1 channels instead"
    assert list(corrections(text, inputs)) == []


def test_a_model_that_refuses_everything_gives_its_first_error_and_the_first_guess() -> None:
    def refuse(_: nn.Module, x: Tensor) -> Tensor:
        raise ValueError("never")

    found = find(Calls(refuse), IMAGE)
    assert (found.inputs, found.tries) == ((IMAGE,), 1)
    assert found.error is not None
    assert "never" in found.error.message


def test_a_search_that_leads_nowhere_ends() -> None:
    found = find(
        Calls(lambda _, x: nn.functional.linear(x, torch.ones(2, 7)).reshape(1, 1, 5)), InputSpec("x", (1, 9))
    )
    assert found.error is not None
    assert found.tries <= 40


def test_a_search_can_be_cancelled() -> None:
    class Cancelled(PlainContext):
        def check_cancelled(self) -> None:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        suggest.find(nn.Linear(1, 1), (IMAGE,), Cancelled(), 40, 30.0)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("TakesList", ["images[0]", "images[1]"]),
        ("TakesTuple", ["images[0]", "images[1]"]),
        ("TakesDataclass", ["batch.image"]),
        ("TakesNamedTuple", ["pair.left", "pair.right"]),
        ("KeywordOnly", ["", "mask"]),
        ("TakesValues", [""]),
    ],
)
def test_the_signature_says_which_inputs_there_are(name: str, arguments: list[str]) -> None:
    found = suggest.run(SuggestInputsRequest(ModelSource(file="nested.py", name=name)), CONTEXT)
    assert [spec.argument for spec in found.inputs] == arguments
    assert found.error is None, found.error
    assert found.inputs[0].shape[-1] == 4


def test_inputs_that_the_model_takes_stay_as_they_are() -> None:
    inputs = (InputSpec("a", (7, 4), high=2.0),)
    found = suggest.run(SuggestInputsRequest(ModelSource(file="tiny.py", name="Tiny"), inputs), CONTEXT)
    assert (found.inputs, found.reasons, found.tries) == (inputs, (), 1)


def test_a_missing_argument_is_added_beside_those_there() -> None:
    inputs = (InputSpec("left", (2, 5)),)
    found = suggest.run(SuggestInputsRequest(ModelSource(file="tiny.py", name="TwoInputs"), inputs), CONTEXT)
    assert [spec.name for spec in found.inputs] == ["left", "right"]
    assert found.inputs[0] == inputs[0]
    assert found.error is None


@pytest.mark.parametrize(
    ("name", "inputs", "text"),
    [
        ("Tiny", (InputSpec("x", (2, 5)),), "Give x the shape 2 x 4"),
        ("Tiny", (InputSpec("x", (2, 4), "float64"),), "Make x float32"),
        ("TwoInputs", (InputSpec("left", (2, 4)),), "Use inputs that the model takes"),
    ],
)
def test_a_failed_load_offers_the_inputs_that_the_model_takes(
    name: str, inputs: tuple[InputSpec, ...], text: str
) -> None:
    source = ModelSource(file="tiny.py", name=name)
    with pytest.raises(UserError) as caught:
        load.run(LoadRequest(source, inputs), CONTEXT)
    explanation = caught.value.info.explanation
    assert explanation is not None
    (fix,) = explanation.fixes
    assert fix.text == text
    assert serde.decode(type(explanation), serde.encode(explanation)) == explanation
    recipe = apply_fix(Recipe(source=source, inputs=inputs), fix)
    assert load.run(LoadRequest(source, recipe.inputs), CONTEXT).outputs


def parameter(name: str, annotation: str = "", default: str | None = None) -> ParameterInfo:
    return ParameterInfo(name, "positional_or_keyword", annotation, default)


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("Tensor", [("x", "", False)]),
        ("list[Tensor]", [("x_0", "x[0]", False), ("x_1", "x[1]", False)]),
        ("typing.List[torch.Tensor]", [("x_0", "x[0]", False), ("x_1", "x[1]", False)]),
        ("Tuple[Tensor, Tensor, Tensor] | None", [(f"x_{i}", f"x[{i}]", False) for i in range(3)]),
        ("dict[str, Tensor]", [("x_input", "x.input", False)]),
        ("Optional[Tensor]", [("x", "", False)]),
        ("int", [("x", "", True)]),
        ("bool | None", [("x", "", True)]),
    ],
)
def test_annotations_say_how_many_rows_a_parameter_has(
    annotation: str, expected: list[tuple[str, str, bool]]
) -> None:
    rows = proposed_inputs([parameter("x", annotation)])
    assert [(row.name, row.argument, row.is_value) for row in rows] == expected


def test_a_required_parameter_behind_an_optional_one_goes_by_name() -> None:
    rows = proposed_inputs([parameter("a"), parameter("b", default="None"), ParameterInfo("c", "keyword_only")])
    assert [(row.name, row.argument) for row in rows] == [("a", ""), ("c", "c")]
