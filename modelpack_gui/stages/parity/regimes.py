"""Other kinds of values for the example inputs: zeros, large, tiny, equal ones, and some that are not finite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from modelpack_gui.core.parity_plan import Case
from modelpack_gui.core.records import InputSpec, Regime, tensor_inputs

if TYPE_CHECKING:
    import numpy.typing as npt

    from modelpack_gui.stages.parity.reference import Reference

_LARGE, _TINY = 1e4, 1e-6
_HEADROOM = 4.0
"""How far below the largest number of its dtype a large value stays."""

_ABOVE_SUBNORMAL = 16.0
"""How far above the smallest normal number the largest of the tiny values stays: runtimes flush subnormal ones."""


class _Limits(Protocol):
    max: Any
    smallest_normal: Any


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
    return tuple(_changed(value, spec, regime) for value, spec in zip(values, tensor_inputs(inputs), strict=True))


def _changed(value: Any, spec: InputSpec, regime: Regime) -> Any:
    if not hasattr(value, "detach"):
        return _array_in(value, spec, regime, _limits_of(value))
    import torch

    has_limits = value.is_floating_point() or value.is_complex()
    narrow = value.is_floating_point() and value.dtype not in (torch.float32, torch.float64)
    array = (value.float() if narrow else value).numpy()
    changed = _array_in(array, spec, regime, torch.finfo(value.dtype) if has_limits else None)
    return torch.from_numpy(changed).to(value.dtype)


def _limits_of(values: npt.NDArray[Any]) -> _Limits | None:
    import numpy as np

    if values.dtype.kind in "fc":
        return np.finfo(values.dtype)
    if values.dtype.kind in "biu":
        return None
    import ml_dtypes  # what made the array

    found: _Limits = ml_dtypes.finfo(values.dtype)  # type: ignore[no-untyped-call]
    return found


def _array_in(values: npt.NDArray[Any], spec: InputSpec, regime: Regime, limits: _Limits | None) -> npt.NDArray[Any]:
    import numpy as np

    if not values.size:
        return values
    if values.dtype.kind == "b":
        is_same = regime in (Regime.ZEROS, Regime.LARGE, Regime.EQUAL)
        return np.full_like(values, regime is not Regime.ZEROS) if is_same else values
    if limits is None:
        return _whole_numbers(values, spec, regime)
    wide = values if values.dtype.kind == "c" or values.dtype.itemsize >= 4 else values.astype(np.float32)
    return np.asarray(_floats(wide, regime, limits)).astype(values.dtype)


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
