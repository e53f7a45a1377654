"""Random tensors of every dtype, within a range, the same for the same seed."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from modelpack_gui.core.dtypes import DTYPES, NOT_IN_TORCH
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import InputSpec

if TYPE_CHECKING:
    import torch


def torch_dtype(spec: InputSpec) -> torch.dtype:
    """The dtype that an input asks for.

    Raises:
        UserError: `input-dtype`.
    """
    import torch

    dtype = getattr(torch, spec.dtype, None) if spec.dtype in DTYPES else None
    if isinstance(dtype, torch.dtype):
        return dtype
    message = f"The example input {spec.name!r} has the dtype {spec.dtype!r}, which is not one of those known."
    close = difflib.get_close_matches(spec.dtype, DTYPES, n=1)
    hint = f"Did you mean {close[0]}?" if close else f"Take one of {', '.join(DTYPES)}."
    if spec.dtype in NOT_IN_TORCH:
        message = (
            f"The example input {spec.name!r} has the dtype {spec.dtype}: ONNX knows it, torch has no such tensors."
        )
        hint = "Take int8 or uint8 for small integers; a text can be a plain value."
    elif spec.dtype in DTYPES:
        message = (
            f"The example input {spec.name!r} has the dtype {spec.dtype}, which torch {torch.__version__} lacks."
        )
        hint = "Take another dtype, or choose an interpreter with a newer torch."
    raise UserError("input-dtype", message, hint)


def draw(spec: InputSpec, shape: tuple[int, ...], seed: int) -> torch.Tensor:
    """Draw a tensor.

    Raises:
        UserError: `input-dtype`, `input-shape`, `input-range`, `input-too-large`.
    """
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
        if dtype.is_complex:
            part = torch.float64 if dtype is torch.complex128 else torch.float32
            real, imaginary = (_draw_floats(spec, shape, part, generator) for _ in range(2))
            return torch.complex(real, imaginary)
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
    ends = torch.tensor([low, high], dtype=torch.float64)
    largest = torch.finfo(dtype).max  # an 8-bit float without Inf would take a number beyond it for its largest
    if not low <= high or not bool((ends.abs() <= largest).all()):
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
