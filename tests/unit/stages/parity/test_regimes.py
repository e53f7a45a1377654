from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from modelpack_gui.core.records import InputSpec, Regime
from modelpack_gui.stages.parity.regimes import in_regime
from modelpack_gui.stages.source.draw import draw

FLOATS = ("float16", "bfloat16", "float32", "float64", "complex64", "float8_e4m3fn", "float8_e5m2")
FINITE = (Regime.ZEROS, Regime.LARGE, Regime.TINY, Regime.EQUAL)


def _in(regime: Regime, dtype: str = "float32", shape: tuple[int, ...] = (4, 6), **more: Any) -> torch.Tensor:
    spec = InputSpec("x", shape, dtype, **more)
    (found,) = in_regime((draw(spec, shape, 0),), (spec,), regime)
    assert isinstance(found, torch.Tensor)
    assert (found.dtype, found.shape) == (getattr(torch, dtype), shape)
    return found


def _wide(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.to(torch.complex128 if tensor.is_complex() else torch.float64)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("regime", FINITE)
def test_only_the_regimes_that_say_so_have_values_that_are_not_finite(dtype: str, regime: Regime) -> None:
    assert bool(torch.isfinite(_wide(_in(regime, dtype, high=200.0))).all())


@pytest.mark.parametrize("dtype", FLOATS)
def test_zeros_are_zeros_and_equal_values_are_one_that_is_not_zero(dtype: str) -> None:
    assert bool((_wide(_in(Regime.ZEROS, dtype)) == 0).all())
    equal = _wide(_in(Regime.EQUAL, dtype))
    assert bool((equal == equal.flatten()[0]).all())
    assert bool(equal.flatten()[0] != 0)


@pytest.mark.parametrize("dtype", FLOATS)
def test_large_and_tiny_values_are_those_of_the_example_scaled(dtype: str) -> None:
    usual = float(_wide(_in(Regime.NORMAL, dtype)).abs().max())
    limits = torch.finfo(getattr(torch, dtype))
    large = float(_wide(_in(Regime.LARGE, dtype)).abs().max())
    assert large == pytest.approx(min(1e4 * usual, limits.max / 4), rel=0.1)
    tiny = float(_wide(_in(Regime.TINY, dtype)).abs().max())
    assert tiny == pytest.approx(max(1e-6 * usual, 16 * limits.smallest_normal), rel=0.1)
    assert tiny > limits.smallest_normal


@pytest.mark.parametrize("shape", [(1,), (2,), (4, 6)])
def test_some_values_are_nan_or_inf_and_the_last_row_stays(shape: tuple[int, ...]) -> None:
    normal, nan, inf = (_in(regime, shape=shape) for regime in (Regime.NORMAL, Regime.NAN, Regime.INF))
    assert bool(nan.isnan().any())
    assert bool((inf == torch.inf).any())
    if shape[0] > 2:
        assert bool((inf == -torch.inf).any())
        assert torch.equal(nan[-1], normal[-1])
        assert torch.equal(inf[-1], normal[-1])


def test_whole_numbers_stay_within_their_range() -> None:
    assert bool((_in(Regime.ZEROS, "int64", low=2.0, high=30.0) == 2).all())
    assert bool((_in(Regime.ZEROS, "int64", low=-5.0, high=5.0) == 0).all())
    assert bool((_in(Regime.LARGE, "int64", low=2.0, high=30.0) == 30).all())
    assert len(set(_in(Regime.EQUAL, "int32").flatten().tolist())) == 1
    for regime in (Regime.TINY, Regime.NAN, Regime.INF):
        assert torch.equal(_in(regime, "uint8"), _in(Regime.NORMAL, "uint8"))


def test_booleans_are_all_false_or_all_true() -> None:
    assert not bool(_in(Regime.ZEROS, "bool").any())
    assert bool(_in(Regime.LARGE, "bool").all())
    assert bool(_in(Regime.EQUAL, "bool").all())
    assert torch.equal(_in(Regime.NAN, "bool"), _in(Regime.NORMAL, "bool"))


def test_values_from_files_are_scaled_and_their_whole_numbers_keep_to_what_is_in_the_file() -> None:
    inputs = (InputSpec("x", (3,), file="x.npy"), InputSpec("i", (3,), "int64", file="i.npy"))
    values = (torch.tensor([1.0, -2.0, 0.5]), torch.tensor([3, 9, 4]))
    floats, whole = in_regime(values, inputs, Regime.LARGE)
    assert floats.tolist() == [1e4, -2e4, 5e3]
    assert whole.tolist() == [9, 9, 9]
    assert in_regime(values, inputs, Regime.NORMAL) is values


def test_values_that_are_all_zero_or_not_finite_are_not_scaled() -> None:
    spec = InputSpec("x", (2,), file="x.npy")
    for values in (torch.zeros(2), torch.tensor([torch.inf, 1.0])):
        (found,) = in_regime((values,), (spec,), Regime.LARGE)
        assert torch.equal(found, values)


def test_inputs_that_are_plain_values_are_passed_over() -> None:
    inputs = (InputSpec("mode", (), is_value=True, value="fast"), InputSpec("x", (2,)))
    (found,) = in_regime((torch.ones(2),), inputs, Regime.ZEROS)
    assert found.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("dtype", ["float16", "float32", "complex64", "int64", "bool", "bfloat16"])
@pytest.mark.parametrize("regime", list(Regime))
def test_arrays_are_changed_as_tensors_are(dtype: str, regime: Regime) -> None:
    if dtype == "bfloat16":
        kind: Any = pytest.importorskip("ml_dtypes").bfloat16
    else:
        kind = np.dtype(dtype)
    spec = InputSpec("x", (3, 4), dtype)
    tensor = draw(spec, spec.shape, 3)
    wide = tensor.float() if dtype == "bfloat16" else tensor
    (array,) = in_regime((wide.numpy().astype(kind),), (spec,), regime)
    (other,) = in_regime((tensor,), (spec,), regime)
    assert array.dtype == kind
    same = (other.float() if dtype == "bfloat16" else other).numpy()
    np.testing.assert_array_equal(array.astype(same.dtype), same)


def test_an_empty_input_stays_empty() -> None:
    for regime in Regime:
        assert _in(regime, shape=(0, 4)).numel() == 0
