"""The example inputs of a benchmark, with the same values in every runner's process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import BenchPrepareRequest

if TYPE_CHECKING:
    import numpy.typing as npt
    import torch


def example_tensors(request: BenchPrepareRequest, context: Context, seed_offset: int = 0) -> tuple[torch.Tensor, ...]:
    """The example inputs that are tensors, in order.

    Args:
        seed_offset: Added to each input's seed, for other values of the same kind; what comes from a file stays.

    Raises:
        UserError: The inputs are at fault.
    """
    import torch

    from modelpack_gui.stages.source.arrays import make_arrays
    from modelpack_gui.stages.source.inputs import make_inputs
    from modelpack_gui.stages.source.onnx_source import onnx_source

    if onnx_source(request.source, context) is None:
        return make_inputs(request.inputs, context, seed_offset=seed_offset)
    arrays = make_arrays(request.inputs, context, seed_offset=seed_offset)  # as those who have no torch draw them
    return tuple(torch.tensor(array) for array in arrays)


def example_arrays(
    request: BenchPrepareRequest, context: Context, seed_offset: int = 0
) -> tuple[npt.NDArray[Any], ...]:
    """The same as arrays.

    Raises:
        UserError: The inputs are at fault.
    """
    from modelpack_gui.stages.source.arrays import make_arrays
    from modelpack_gui.stages.source.inputs import make_inputs, to_numpy
    from modelpack_gui.stages.source.onnx_source import onnx_source

    if onnx_source(request.source, context) is not None:  # then there may be no torch
        return make_arrays(request.inputs, context, seed_offset=seed_offset)
    return tuple(to_numpy(tensor) for tensor in make_inputs(request.inputs, context, seed_offset=seed_offset))
