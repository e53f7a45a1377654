"""Other kinds of values for the example inputs: zeros, large, tiny, equal ones, and some that are not finite."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from modelpack_gui.core.parity.plan import Case
from modelpack_gui.core.records import InputSpec, Regime, tensor_inputs

if TYPE_CHECKING:
    import numpy.typing as npt

    from modelpack_gui.stages.parity.reference import Reference

_LARGE, _TINY = 1e4, 1e-6
_HEADROOM = 4.0
"""How far below the largest number of its dtype a large value stays."""

_ABOVE_SUBNORMAL = 16.0
"""How far above the smallest normal number the largest of the tiny values stays: runtimes flush subnormal ones."""


_NUDGE = 256.0
"""How far a nudge goes at most, in roundings of the largest value: layers take away most of it before it counts."""

_NUDGE_MOST = 1e-4
"""How far it goes at most in shares of the largest value, where two roundings are less than that."""


class _Limits(Protocol):
    eps: Any
    max: Any
    smallest_normal: Any


_Change = Callable[["npt.NDArray[Any]", "_Limits | None"], "npt.NDArray[Any]"]


def case_inputs(reference: Reference, case: Case) -> Sequence[Any]:
    """The inputs of a case, as the reference makes them: its sizes, its seed, its kind of values.

    Raises:
        UserError: They cannot be made.
    """
    drawn = reference.make_inputs(case.inputs, case.seed, case.shapes)
    return in_regime(drawn, case.inputs, case.regime)


def in_regime(values: Sequence[Any], inputs: Sequence[InputSpec], regime: Regime) -> Sequence[Any]:
    """Tensors or arrays with other values in their place.

    Floating-point values are scaled or replaced, those from files too. Whole numbers stay within their range, as they
    may be indices: they become 0 or what is next to it, the largest, or all the same; booleans all false or true.
    """
    if regime is Regime.NORMAL:
        return values
    return tuple(
        _as_array(value, functools.partial(_array_in, spec, regime))
        for value, spec in zip(values, tensor_inputs(inputs), strict=True)
    )


def nudged(values: Sequence[Any], inputs: Sequence[InputSpec], regime: Regime) -> Sequence[Any]:
    """The values of a regime, each changed by hardly more than rounding; whole numbers stay as they are.

    A model whose answer to these is another one has none that an artifact could be held to: such as the places of the
    largest of equal scores.
    """
    import numpy as np

    noise = np.random.default_rng(0)

    def change(array: npt.NDArray[Any], limits: _Limits | None) -> npt.NDArray[Any]:
        if limits is None or not array.size:
            return array
        unit = 1.0 if regime is Regime.ZEROS else float(np.abs(array).max())
        eps = float(limits.eps)
        share = min(_NUDGE * eps, max(2 * eps, _NUDGE_MOST))
        return np.asarray(array + share * unit * noise.uniform(-1.0, 1.0, array.shape)).astype(array.dtype)

    return tuple(_as_array(value, change) for value, _ in zip(values, tensor_inputs(inputs), strict=True))


def _as_array(value: Any, change: _Change) -> Any:
    """A tensor or array after a change, which is made on an array in a precision that numpy has."""
    import numpy as np

    if not hasattr(value, "detach"):
        narrow = value.dtype.kind not in "biuc" and value.dtype.itemsize < 4
        return change(value.astype(np.float32) if narrow else value, _limits_of(value)).astype(value.dtype)
    import torch

    has_limits = value.is_floating_point() or value.is_complex()
    narrow = value.is_floating_point() and value.dtype not in (torch.float32, torch.float64)
    array = (value.float() if narrow else value).numpy()
    return torch.from_numpy(change(array, torch.finfo(value.dtype) if has_limits else None)).to(value.dtype)


def _limits_of(values: npt.NDArray[Any]) -> _Limits | None:
    import numpy as np

    if values.dtype.kind in "fc":
        return np.finfo(values.dtype)
    if values.dtype.kind in "biu":
        return None
    import ml_dtypes  # what made the array

    found: _Limits = ml_dtypes.finfo(values.dtype)  # type: ignore[no-untyped-call]
    return found


def _array_in(spec: InputSpec, regime: Regime, values: npt.NDArray[Any], limits: _Limits | None) -> npt.NDArray[Any]:
    import numpy as np

    if not values.size:
        return values
    if values.dtype.kind == "b":
        is_same = regime in (Regime.ZEROS, Regime.LARGE, Regime.EQUAL)
        return np.full_like(values, regime is not Regime.ZEROS) if is_same else values
    if limits is None:
        return _whole_numbers(values, spec, regime)
    return _floats(values, regime, limits)


def _floats(values: npt.NDArray[Any], regime: Regime, limits: _Limits) -> npt.NDArray[Any]:
    import numpy as np

    if regime is Regime.ZEROS:
        return np.zeros_like(values)
    if regime is Regime.EQUAL:
        return np.full_like(values, values.flat[int(np.argmax(values != 0))])
    if regime in (Regime.NAN, Regime.INF):
        changed = values.copy()
        # Two places in the first half, so that the last of several rows stays as it is, and shows what spreads.
        changed.flat[values.size // 3] = np.nan if regime is Regime.NAN else -np.inf
        changed.flat[0] = np.nan if regime is Regime.NAN else np.inf
        return changed
    largest = float(np.abs(values).max())
    if not np.isfinite(largest) or largest == 0:  # a file may hold anything: scaling means nothing then
        return values
    if regime is Regime.LARGE:
        factor = min(_LARGE, max(1.0, float(limits.max) / _HEADROOM / largest))
    else:
        factor = max(_TINY, min(1.0, float(limits.smallest_normal) * _ABOVE_SUBNORMAL / largest))
    return np.asarray(values * values.dtype.type(factor))


def _whole_numbers(values: npt.NDArray[Any], spec: InputSpec, regime: Regime) -> npt.NDArray[Any]:
    import numpy as np

    if spec.file:
        low, high = int(values.min()), int(values.max())
    else:  # as they are drawn
        low = int(spec.low or 0)
        high = int(max(9, low) if spec.high is None else spec.high)
    if regime is Regime.ZEROS:
        return np.full_like(values, min(max(0, low), high))
    if regime is Regime.LARGE:
        return np.full_like(values, high)
    if regime is Regime.EQUAL:
        return np.full_like(values, values.flat[0])
    return values
