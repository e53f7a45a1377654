"""How much rounding to few bits costs the weight and the input of one node, before anything is quantised."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.records import QuantizeSpec

if TYPE_CHECKING:
    import numpy.typing as npt

_CHANNEL_AXES = {"Conv": 0, "ConvTranspose": 1, "MatMul": -1, "Gemm": -1}
"""Axis of the output channels in the weight."""


def weight_sqnr_db(node: Any, weight: npt.NDArray[Any], spec: QuantizeSpec, *, reduce_range: bool) -> float | None:
    """Signal over rounding noise of a weight as `spec` would round it, in dB; None without signal or noise."""
    import numpy as np

    values = weight.astype(np.float64)
    if spec.method == "float16":
        return _sqnr_db(values, values.astype(np.float16).astype(np.float64))
    levels = 63 if reduce_range else 127
    axis = _CHANNEL_AXES.get(node.op_type)
    if axis is None or not spec.per_channel or values.ndim < 2:
        largest = np.abs(values).max(initial=0.0)
    else:
        if node.op_type == "Gemm" and any(one.name == "transB" and one.i for one in node.attribute):
            axis = 0
        others = tuple(index for index in range(values.ndim) if index != axis % values.ndim)
        largest = np.abs(values).max(axis=others, keepdims=True, initial=0.0)
    scale = np.where(np.asarray(largest) > 0, np.asarray(largest) / levels, 1.0)
    return _sqnr_db(values, np.round(values / scale) * scale)


def activation_sqnr_db(values: npt.NDArray[Any]) -> float | None:
    """Signal over rounding noise of an activation with 256 levels over its own range, in dB.

    The noise of even rounding in steps of D is D^2 / 12.
    """
    import numpy as np

    flat = values.astype(np.float64).ravel()
    if not flat.size or not np.isfinite(flat).all():
        return None
    step = (max(float(flat.max()), 0.0) - min(float(flat.min()), 0.0)) / 255.0
    square = float(np.mean(np.square(flat)))
    return 10.0 * math.log10(square * 12.0 / step**2) if step and square else None


def together_db(*sqnrs: float | None) -> float:
    """Independent noises added up; infinite if there are none."""
    noise = sum(10.0 ** (-one / 10.0) for one in sqnrs if one is not None)
    return -10.0 * math.log10(noise) if noise > 0 else math.inf


def weights_of(graph: Any, names: Iterable[str]) -> Mapping[str, tuple[Any, Any]]:
    """For each of some nodes that has a weight: the node and the TensorProto of it."""
    stored = {tensor.name: tensor for tensor in graph.initializer}
    wanted = set(names)
    found = {}
    for node in graph.node:
        if node.name in wanted:
            tensor = next((stored[name] for name in node.input[:2] if name in stored), None)
            if tensor is not None:
                found[node.name] = (node, tensor)
    return found


def _sqnr_db(exact: npt.NDArray[Any], rounded: npt.NDArray[Any]) -> float | None:
    import numpy as np

    signal, noise = float(np.square(exact).sum()), float(np.square(exact - rounded).sum())
    return 10.0 * math.log10(signal / noise) if signal and noise and math.isfinite(noise) else None
