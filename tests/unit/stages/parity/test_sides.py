from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.parity.rounding import ROUNDING_RATIO, coarseness, nearness, spacing
from modelpack_gui.core.records import InputSpec, NoiseFigures, TensorInfo
from modelpack_gui.stages.parity.reference import EagerReference
from modelpack_gui.stages.parity.runtimes import Output
from modelpack_gui.stages.parity.sides import FurtherSides, aligned, noise_of

X = InputSpec("x", (4, 8), low=-1.0, high=1.0)


def _out(values: Any, dtype: str = "", name: str = "y") -> Output:
    array = np.asarray(values)
    return Output(TensorInfo(name, dtype or str(array.dtype), array.shape), array)


def _exact(module: nn.Module, dtype: str = "float32") -> tuple[Output, Output | None]:
    reference = EagerReference(module, [InputSpec("x", X.shape, dtype, -1.0, 1.0)], PlainContext())
    tensors = reference.make_inputs([InputSpec("x", X.shape, dtype, -1.0, 1.0)])
    outputs = reference.run(tensors)
    return outputs[0], reference.exact(tensors, outputs)[0]


class Casts(nn.Module):
    """Asks for float32 and float16 in all the ways there are, and holds constants that are no buffers."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.linspace(-1.0, 1.0, 64).reshape(8, 8))
        self.constant = torch.linspace(0.1, 0.9, 8)  # not a buffer: .double() leaves it

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.softmax((x.float() @ self.weight).to(torch.float32), -1, dtype=torch.float32)
        y = y + self.constant * torch.arange(8, dtype=torch.float32).sin()
        made = torch.zeros(4, 8)
        made[:] = y.type_as(self.constant)
        rounded: torch.Tensor = made.half().float().type(torch.float32)
        return rounded


def _casts_in_float64(x: np.ndarray[Any, Any], model: Casts) -> np.ndarray[Any, Any]:
    scores = x.astype(np.float64) @ model.weight.detach().numpy().astype(np.float64)
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    constant = model.constant.numpy().astype(np.float64)
    found: np.ndarray[Any, Any] = powers / powers.sum(-1, keepdims=True) + constant * np.sin(np.arange(8.0))
    return found


def test_the_exact_side_is_in_float64_wherever_the_model_asks_for_less() -> None:
    model = Casts().eval()
    reference = EagerReference(model, [X], PlainContext())
    tensors = reference.make_inputs([X])
    outputs = reference.run(tensors)

    (exact,) = reference.exact(tensors, outputs)

    assert exact is not None
    np.testing.assert_allclose(exact.values, _casts_in_float64(tensors[0].numpy(), model), rtol=1e-13)
    assert torch.get_default_dtype() is torch.float32
    assert np.abs(outputs[0].values - exact.values).max() > 1e-5, "the cast to float16 is among eager's own errors"


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_model_of_low_precision_has_an_exact_side_too(dtype: str) -> None:
    model = nn.Linear(8, 3).to(getattr(torch, dtype)).eval()

    output, exact = _exact(model, dtype)

    assert output.info.dtype == dtype
    assert exact is not None
    assert exact.values.dtype == np.float64


def test_what_is_float64_already_has_no_exact_side() -> None:
    assert _exact(nn.Linear(8, 3).double().eval(), "float64")[1] is None


KEPT = torch.zeros(4, 8)


class WritesIntoFloat32(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return KEPT.copy_(x / 3.0).double() * 3.0


class LeavesFloat32(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy((x / 3.0).detach().numpy().astype(np.float32))


@pytest.mark.parametrize("model", [WritesIntoFloat32(), LeavesFloat32()], ids=lambda model: type(model).__name__)
def test_a_result_that_was_rounded_on_the_way_is_not_taken_for_exact(model: nn.Module) -> None:
    assert _exact(model.eval())[1] is None


def test_the_figures_are_those_of_each_side_against_the_exact_one() -> None:
    exact = np.array([1.0, -2.0, 4.0, 0.0])
    eager, actual, plain = exact + np.array([[1e-6, 0, 0, 0], [0, 3e-6, 4e-6, 0], [0, 0, 0, 2e-6]])

    noise = noise_of(_out(eager, "float32"), _out(actual, "float32"), _out(exact), _out(plain, "float32"))

    assert noise is not None
    assert (noise.eager, noise.actual, noise.plain) == pytest.approx((1e-6, 4e-6, 2e-6), rel=1e-9)
    assert (noise.eager_rms, noise.actual_rms) == pytest.approx((0.5e-6, 2.5e-6), rel=1e-9)
    assert noise.floor == noise.eager
    assert noise.ratio == pytest.approx(4.0)
    assert noise.plain_ratio == pytest.approx(2.0)


def test_an_eager_result_that_is_exact_by_luck_leaves_half_a_spacing_as_the_floor() -> None:
    exact = np.array([1.0, 3.0])

    noise = noise_of(_out(exact, "float32"), _out(exact + 2.0**-23, "float32"), _out(exact))

    assert noise is not None
    assert noise.floor == 2.0**-23  # numbers from 2 to 4 are 2**-22 apart
    assert noise.ratio == 1.0


def test_nan_and_inf_count_as_errors_of_no_side() -> None:
    exact, values = np.array([1.0, 2.0, 3.0]), np.array([1.5, math.nan, math.inf])

    noise = noise_of(_out(values, "float32"), _out(values, "float32"), _out(exact))

    assert noise is not None
    assert (noise.eager, noise.actual) == (0.5, 0.5)


@pytest.mark.parametrize("actual", [_out(np.zeros(3)), _out(np.zeros(2, np.int64))], ids=["shape", "integer"])
def test_what_cannot_be_compared_has_no_figures(actual: Output) -> None:
    assert noise_of(_out(np.zeros(2, np.float32)), actual, _out(np.zeros(2))) is None
    assert noise_of(_out(np.zeros(2, np.float32)), _out(np.zeros(2, np.float32)), None) is None


@pytest.mark.parametrize(
    ("dtype", "kind"), [("float32", np.float32), ("float16", np.float16), ("float64", np.float64)]
)
@pytest.mark.parametrize("value", [0.0, 1.0, 0.1, -3.0, 1000.5, 1e-7, 6e4])
def test_the_spacing_is_that_of_numpy(dtype: str, kind: Any, value: float) -> None:
    assert spacing(dtype, value) == abs(float(np.spacing(kind(value))))


def test_an_artifact_in_float16_is_measured_by_the_numbers_of_float16() -> None:
    assert coarseness("float16", "float32") == 2.0**13
    assert coarseness("float16", "float16") == coarseness("", "float32") == coarseness("float16", "bfloat16") == 1.0
    exact = np.array([1.0, 3.0])

    noise = noise_of(_out(exact, "float32"), _out(exact + 1e-3, "float32"), _out(exact), None, "float16")

    assert noise is not None
    assert noise.ratio == pytest.approx(1e-3 / 2.0**-10)


def _noise(ratio: float) -> NoiseFigures:
    return NoiseFigures(1e-6, ratio * 1e-6, None, 1e-7, 1e-7, None, 1e-6)


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (0.9, "as near to the exact result as eager is (0.9x)"),
        (4.0, "nearly as near to the exact result as eager is (4.0x)"),
        (ROUNDING_RATIO * 12, "120x the noise floor"),
    ],
)
def test_the_ratio_is_put_in_words(ratio: float, text: str) -> None:
    assert nearness(_noise(ratio)) == text


def test_outputs_are_aligned_by_name_or_else_by_place() -> None:
    a, b, c = (_out([0.0], name=name) for name in "abc")

    assert aligned([a, b], [b, a]) == (a, b)
    assert aligned([a, b], [c, a]) == (c, a)
    assert aligned([a, b], [a]) == ()


class Refuses:
    title = description = "Refuses"

    def fixed_size(self, input_name: str, axis: int) -> int | None:
        raise NotImplementedError

    def run(self, tensors: Sequence[Any]) -> tuple[Output, ...]:
        raise UserError("artifact-run-failed", "Not without optimisation.")


def test_a_plain_side_that_does_not_run_is_left_out() -> None:
    reference = EagerReference(nn.Linear(8, 3).eval(), [X], PlainContext())
    tensors = reference.make_inputs([X])
    outputs = reference.run(tensors)

    further = FurtherSides(reference, Refuses(), "", PlainContext()).run(tensors, outputs, outputs)

    assert further.plain == (None,)
    (noise,) = further.noise
    assert noise is not None
    assert noise.plain is None
    assert noise.ratio is not None
    assert noise.ratio <= 1.0


def test_the_exact_side_does_not_import_the_compiler_of_torch() -> None:
    code = (
        "import sys, torch\n"
        "from modelpack_gui.stages.parity.widening import Widening\n"
        "with torch.no_grad(), Widening():\n"
        "    assert (torch.ones(1).float() / 3).dtype is torch.float64\n"
        "assert 'torch._dynamo' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
