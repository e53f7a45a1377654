"""Example inputs: tensors that come out the same each time, drawn at random or read from files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.dtypes import SMALL_FLOATS
from modelpack_gui.core.records import InputSpec, TensorInfo
from modelpack_gui.stages.source.draw import draw
from modelpack_gui.stages.source.input_files import read_values, resized, with_file_facts

if TYPE_CHECKING:
    import numpy.typing as npt
    import torch

_SEED_STEP = 1_000_003
"""Between the generators of two inputs with the same seed, so that they differ and swapping them shows."""

_ML_DTYPES = ("bfloat16", *SMALL_FLOATS)
"""Dtypes that numpy lacks and ml_dtypes has."""


def make_inputs(
    inputs: Sequence[InputSpec],
    context: Context | None = None,
    *,
    seed_offset: int = 0,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
) -> tuple[torch.Tensor, ...]:
    """Make the example inputs that are tensors, on the CPU, in order.

    The same arguments give the same values in every process. Inputs with equal seeds still differ. What comes from
    a file is the same for every seed; at other sizes it is repeated or cut off along the axes that differ.

    Args:
        context: Of the job, for the folder that the paths of files start from; needed if there are files.
        seed_offset: Added to each input's seed, for other values of the same kind.
        shapes: Other shapes by name of input; the rest keep theirs.

    Raises:
        UserError: `input-dtype`, `input-shape`, `input-range`, `input-too-large`, and those of `read_values`.
        ValueError: `shapes` names an input that is not there.
    """
    shapes = shapes or {}
    unknown = set(shapes) - {spec.name for spec in inputs}
    if unknown:
        raise ValueError(f"no such inputs: {sorted(unknown)}")
    tensors = []
    for index, spec in enumerate(inputs):
        if spec.is_value:
            continue
        shape = shapes.get(spec.name, spec.shape)
        if spec.file:
            if context is None:
                raise ValueError(f"the input {spec.name} comes from a file, and there is no folder to look in")
            values = read_values(spec, context)
            tensors.append(resized(values, shape or values.shape))
        else:
            tensors.append(draw(spec, shape, spec.seed + seed_offset + _SEED_STEP * index))
    return tuple(tensors)


def complete_inputs(inputs: Sequence[InputSpec], context: Context) -> tuple[InputSpec, ...]:
    """The same inputs; those without a dtype get that of their file, and a scalar's shape becomes that of the file.

    Raises:
        UserError: Those of `read_values`.
    """
    return tuple(
        with_file_facts(spec, context) if spec.file and (not spec.dtype or not spec.shape) else spec
        for spec in inputs
    )


def to_numpy(tensor: torch.Tensor | npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The values of a tensor as a numpy array of the same shape and dtype; an array is given back as it is.

    bfloat16 and the 8-bit floats, which numpy lacks, take the dtype of ml_dtypes where that is installed, else
    float32 (exactly).
    """
    if not hasattr(tensor, "detach"):
        return tensor
    import torch

    values = tensor.detach().cpu().resolve_conj().resolve_neg()
    name = dtype_name(values.dtype)
    if name not in _ML_DTYPES:
        return values.numpy()
    try:
        import ml_dtypes
    except ImportError:
        return values.float().numpy()
    bits = torch.int16 if name == "bfloat16" else torch.int8
    return values.contiguous().view(bits).numpy().view(getattr(ml_dtypes, name))


def dtype_name(dtype: torch.dtype) -> str:
    """A dtype as numpy spells it: `float32`, `int64`, `bool`, also `bfloat16`."""
    return str(dtype).removeprefix("torch.")


def tensor_info(name: str, tensor: torch.Tensor) -> TensorInfo:
    """The name, dtype and shape of a tensor."""
    return TensorInfo(name, dtype_name(tensor.dtype), tuple(int(size) for size in tensor.shape))
