"""Example inputs of another batch size."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import DynamicDim, InputSpec

_BATCH_NAMES = ("batch", "batch_size", "n", "b", "bs")


def with_batch(
    inputs: Sequence[InputSpec], dynamic: Sequence[DynamicDim], batch_size: int | None
) -> tuple[InputSpec, ...]:
    """The inputs with that size of their batch axis; as they are if it is None.

    The batch axes are those of the dynamic dimension that is called so, or else of the one that most inputs have as
    their first axis. Without any, it is the first axis of all inputs where that has the same size as in the first:
    then only what takes any size runs, such as the model itself.

    Raises:
        UserError: `batch-axis-unknown`, `batch-size-outside`.
    """
    if batch_size is None:
        return tuple(inputs)
    axes, bounds = batch_axes(inputs, dynamic)
    if not axes:
        raise UserError(
            "batch-axis-unknown",
            f"The batch size cannot be set to {batch_size}: no example input has an axis for it.",
            "Leave the batch size empty, or mark the batch axis as dynamic on the Export page.",
        )
    for dim in bounds:
        _check(dim, batch_size)
    return tuple(_resized(item, axes, batch_size) for item in inputs)


def batch_axes(
    inputs: Sequence[InputSpec], dynamic: Sequence[DynamicDim]
) -> tuple[frozenset[tuple[str, int]], tuple[DynamicDim, ...]]:
    """The batch axes as pairs of input and axis, and the dynamic dimensions that set their range."""
    known = {item.name: item.shape for item in inputs if not item.is_value}
    dims = [dim for dim in dynamic if dim.axis < len(known.get(dim.input, ()))]
    name = _batch_name(dims)
    if name is not None:
        chosen = tuple(dim for dim in dims if dim.name == name)
        return frozenset((dim.input, dim.axis) for dim in chosen), chosen
    firsts = {item: shape[0] for item, shape in known.items() if shape}
    size = next(iter(firsts.values()), None)
    return frozenset((item, 0) for item, own in firsts.items() if own == size), ()


def batch_size_of(inputs: Sequence[InputSpec], dynamic: Sequence[DynamicDim]) -> int | None:
    """Size of the batch axis in the inputs as they are; None if there is no such axis."""
    axes, _ = batch_axes(inputs, dynamic)
    sizes = (item.shape[axis] for item in inputs for name, axis in sorted(axes) if name == item.name)
    return next(sizes, None)


def _batch_name(dims: Sequence[DynamicDim]) -> str | None:
    named = [dim.name for dim in dims if dim.name.lower() in _BATCH_NAMES]
    firsts = Counter(named or [dim.name for dim in dims if dim.axis == 0])
    return firsts.most_common(1)[0][0] if firsts else None


def _check(dim: DynamicDim, size: int) -> None:
    low, high, step = dim.min or 1, dim.max, dim.multiple_of or 1
    if size >= low and (high is None or size <= high) and size % step == 0:
        return
    limits = f"from {low}" if high is None else f"from {low} to {high}"
    multiple = f", in multiples of {step}" if step > 1 else ""
    raise UserError(
        "batch-size-outside",
        f"The batch size {size} is outside of what the artifact takes: {dim.name!r} goes {limits}{multiple}.",
        "Choose a batch size in that range, or export with a wider one.",
    )


def _resized(item: InputSpec, axes: frozenset[tuple[str, int]], size: int) -> InputSpec:
    shape = tuple(size if (item.name, axis) in axes else own for axis, own in enumerate(item.shape))
    return item if shape == item.shape else dataclasses.replace(item, shape=shape)
