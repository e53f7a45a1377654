"""Example inputs: random tensors that come out the same each time."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import InputSpec, TensorInfo

if TYPE_CHECKING:
    import numpy.typing as npt
    import torch

_FLOATS = ("float16", "bfloat16", "float32", "float64")
_INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
DTYPES = (*_FLOATS, *_INTEGERS, "bool")
"""Names of the dtypes that example inputs can have."""

_SEED_STEP = 1_000_003
"""Between the generators of two inputs with the same seed, so that they differ and swapping them shows."""


def make_inputs(
    inputs: Sequence[InputSpec], *, seed_offset: int = 0, shapes: Mapping[str, tuple[int, ...]] | None = None
) -> tuple[torch.Tensor, ...]:
    """Draw the example inputs that are tensors, on the CPU, in order.

    The same arguments give the same values in every process. Inputs with equal seeds still differ.

    Args:
        seed_offset: Added to each input's seed, for other values of the same kind.
        shapes: Other shapes by name of input; the rest keep theirs.

    Raises:
        UserError: `input-dtype`, `input-shape`, `input-range`, `input-too-large`.
        ValueError: `shapes` names an input that is not there.
    """
    shapes = shapes or {}
    unknown = set(shapes) - {spec.name for spec in inputs}
    if unknown:
        raise ValueError(f"no such inputs: {sorted(unknown)}")
    return tuple(
        _draw(spec, shapes.get(spec.name, spec.shape), spec.seed + seed_offset + _SEED_STEP * index)
        for index, spec in enumerate(inputs)
        if not spec.is_value
    )


def to_numpy(tensor: torch.Tensor) -> npt.NDArray[Any]:
    """The values of a tensor as a numpy array of the same shape and dtype.

    bfloat16, which numpy lacks, takes the dtype of ml_dtypes where that is installed, else float32 (exactly).
    """
    import torch

    values = tensor.detach().cpu().resolve_conj().resolve_neg()
    if values.dtype is not torch.bfloat16:
        return values.numpy()
    try:
        import ml_dtypes
    except ImportError:
        return values.float().numpy()
    return values.contiguous().view(torch.int16).numpy().view(ml_dtypes.bfloat16)


def dtype_name(dtype: torch.dtype) -> str:
    """A dtype as numpy spells it: `float32`, `int64`, `bool`, also `bfloat16`."""
    return str(dtype).removeprefix("torch.")


def tensor_info(name: str, tensor: torch.Tensor) -> TensorInfo:
    """The name, dtype and shape of a tensor."""
    return TensorInfo(name, dtype_name(tensor.dtype), tuple(int(size) for size in tensor.shape))


def torch_dtype(spec: InputSpec) -> torch.dtype:
    """The dtype that an input asks for.

    Raises:
        UserError: `input-dtype`.
    """
    import torch

    dtype = getattr(torch, spec.dtype, None) if spec.dtype in DTYPES else None
    if isinstance(dtype, torch.dtype):
        return dtype
    close = difflib.get_close_matches(spec.dtype, DTYPES, n=1)
    raise UserError(
        "input-dtype",
        f"The example input {spec.name!r} has the dtype {spec.dtype!r}, which is not one of those known.",
        f"Did you mean {close[0]}?" if close else f"Take one of {', '.join(DTYPES)}.",
    )


def _draw(spec: InputSpec, shape: tuple[int, ...], seed: int) -> torch.Tensor:
    import torch

    dtype = torch_dtype(spec)
    if any(size < 0 for size in shape):
        raise UserError(
            "input-shape",
            f"The example input {spec.name!r} has the shape {list(shape)}, and a size cannot be negative.",
            "Give each axis a size of 0 or more; which axes are dynamic is said in the export options.",
        )
    generator = torch.Generator().manual_seed(seed % (1 << 63))
    try:
        if any(size >= 1 << 63 for size in shape):
            raise MemoryError("a size does not fit into 64 bits")
        if spec.dtype == "bool":
            return torch.randint(0, 2, shape, generator=generator, dtype=torch.uint8).bool()
        if dtype.is_floating_point:
            return _draw_floats(spec, shape, dtype, generator)
        return _draw_integers(spec, shape, dtype, generator)
    except (RuntimeError, MemoryError) as error:
        raise UserError(
            "input-too-large",
            f"The example input {spec.name!r} of shape {list(shape)} and dtype {spec.dtype} could not be made.",
            "Make its shape smaller; it may not fit in memory.",
            str(error),
        ) from error


def _draw_floats(
    spec: InputSpec, shape: tuple[int, ...], dtype: torch.dtype, generator: torch.Generator
) -> torch.Tensor:
    import torch

    low = 0.0 if spec.low is None else float(spec.low)
    high = max(1.0, low + 1.0) if spec.high is None else float(spec.high)
    if not low <= high or not torch.isfinite(torch.tensor([low, high], dtype=torch.float64).to(dtype)).all():
        raise _bad_range(spec, low, high)
    drawn_in = torch.float64 if dtype is torch.float64 else torch.float32
    values = torch.rand(shape, generator=generator, dtype=drawn_in)
    return values.mul_(high - low).add_(low).to(dtype)


def _draw_integers(
    spec: InputSpec, shape: tuple[int, ...], dtype: torch.dtype, generator: torch.Generator
) -> torch.Tensor:
    import torch

    low = 0.0 if spec.low is None else float(spec.low)
    high = max(9.0, low) if spec.high is None else float(spec.high)
    limits = torch.iinfo(dtype)
    if not (low <= high and low.is_integer() and high.is_integer()):
        raise _bad_range(spec, low, high)
    # randint draws int64 below 2**63: uint64 inputs reach no further.
    if not limits.min <= low <= high <= min(limits.max, 2**63 - 1025):
        raise _bad_range(spec, low, high)
    return torch.randint(int(low), int(high) + 1, shape, generator=generator, dtype=torch.int64).to(dtype)


def _bad_range(spec: InputSpec, low: float, high: float) -> UserError:
    return UserError(
        "input-range",
        f"The example input {spec.name!r} cannot be drawn from {low:g} to {high:g} in {spec.dtype}.",
        "Give a low that is not above high, both within the dtype and whole numbers for integers.",
    )
