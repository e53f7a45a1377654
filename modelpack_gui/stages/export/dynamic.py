"""Dynamic axes: checked before anything runs, and spelled as each exporter wants them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from modelpack_gui.core.dims import edits as dim_edits
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import Explanation
from modelpack_gui.core.records import DynamicDim, ExportSpec, InputSpec
from modelpack_gui.stages.export.base import ExportCall


def check_dims(dims: Sequence[DynamicDim], inputs: Sequence[InputSpec]) -> None:
    """Check that every dynamic axis exists and agrees with the example inputs and with others of its name.

    Raises:
        UserError: `dynamic-input-unknown`, `dynamic-axis`, `dynamic-name`, `dynamic-twice`, `export-dynamic-shape`.
    """
    shapes = {item.name: item.shape for item in inputs}
    spec = ExportSpec(dynamic=tuple(dims))  # what the fixes change
    first: dict[str, tuple[DynamicDim, int]] = {}
    seen: set[tuple[str, int]] = set()
    for dim in dims:
        _check_place(dim, shapes, spec)
        if (dim.input, dim.axis) in seen:
            raise UserError(
                "dynamic-twice",
                f"Axis {dim.axis} of {dim.input} is listed twice as dynamic.",
                "Keep one of the two.",
                explanation=Explanation(
                    "dim-listed-twice",
                    "An axis is listed twice",
                    f"Axis {dim.axis} of {dim.input} is asked for as {' and as '.join(_names_of(dims, dim))}.",
                    fixes=(dim_edits.ask_for(spec, dim),),
                ),
            )
        seen.add((dim.input, dim.axis))
        size = shapes[dim.input][dim.axis]
        _check_range(dim, size)
        other, other_size = first.setdefault(dim.name, (dim, size))
        if other_size != size:
            raise _bad(
                f"{_place(other)} and {_place(dim)} share the name {dim.name!r}, and the example inputs have the"
                f" sizes {other_size} and {size} there.",
                "Axes with one name have one size: change the example inputs, or give them different names.",
            )
        if (other.min, other.max, other.multiple_of) != (dim.min, dim.max, dim.multiple_of):
            raise _bad(
                f"{_place(other)} and {_place(dim)} share the name {dim.name!r} with different ranges.",
                "Give both the same smallest and largest size and multiple, or different names.",
            )


def axes_by_input(call: ExportCall) -> dict[str, dict[int, str]]:
    """The dynamic axes as `dynamic_axes` of the TorchScript-based exporter: artifact's name, axis, symbolic name."""
    renamed = dict(zip(call.example_names, call.input_names, strict=True))
    found: dict[str, dict[int, str]] = {}
    for dim in call.spec.dynamic:
        found.setdefault(renamed[dim.input], {})[dim.axis] = dim.name
    return found


def dynamic_shapes(call: ExportCall) -> tuple[Any, ...] | None:
    """The dynamic axes as `dynamic_shapes` of torch.export: one entry per tensor; None if there are none."""
    if not call.spec.dynamic:
        return None
    symbols: dict[str, Any] = {}
    for dim in call.spec.dynamic:
        if dim.name not in symbols:
            symbols[dim.name] = _symbol(dim) if call.spec.format == "pt2" else _plain_symbol(dim, 1, dim.name)
    return tuple(
        {dim.axis: symbols[dim.name] for dim in call.spec.dynamic if dim.input == name} or None
        for name in call.example_names
    )


def _symbol(dim: DynamicDim) -> Any:
    """The symbol for torch.export itself, which wants multiples spelled `8*_height`.

    Its ONNX exporter does without, and would write that spelling into the file as the name of the axis.
    """
    multiple = dim.multiple_of or 1
    if multiple == 1:
        return _plain_symbol(dim, 1, dim.name)
    return multiple * _plain_symbol(dim, multiple, f"_{dim.name}")


def _plain_symbol(dim: DynamicDim, divisor: int, name: str) -> Any:
    from torch.export import Dim

    limits: dict[str, int] = {}
    if dim.min is not None:
        limits["min"] = -(-dim.min // divisor)
    if dim.max is not None:
        limits["max"] = dim.max // divisor
    return Dim(name, **limits)


def _names_of(dims: Sequence[DynamicDim], dim: DynamicDim) -> list[str]:
    return [other.name for other in dims if (other.input, other.axis) == (dim.input, dim.axis)]


def _check_place(dim: DynamicDim, shapes: dict[str, tuple[int, ...]], spec: ExportSpec) -> None:
    if dim.input not in shapes:
        close = dim_edits.closest(dim.input, list(shapes))
        hint = f"Did you mean {close}?" if close else f"The example inputs are {', '.join(shapes) or 'none'}."
        message = f"The dynamic axes name {dim.input!r}, which is not an example input."
        corrected = (dim_edits.moved(spec, dim, close),) if close else ()
        known = Explanation(
            "dim-input-unknown",
            "A dynamic axis of no input",
            message,
            fixes=(*corrected, dim_edits.make_static(spec, dim)),
        )
        raise UserError("dynamic-input-unknown", message, hint, explanation=known)
    rank = len(shapes[dim.input])
    if not 0 <= dim.axis < rank:
        raise UserError(
            "dynamic-axis",
            f"Axis {dim.axis} of {dim.input} cannot be dynamic: the example input has {rank} axes.",
            f"Axes count from 0 to {rank - 1}." if rank else "A scalar has no axes.",
            explanation=Explanation(
                "dim-axis-unknown",
                "A dynamic axis that is not there",
                f"{dim.input} has {rank} axes in the example, and axis {dim.axis} of it is asked for.",
                fixes=(dim_edits.make_static(spec, dim),),
            ),
        )
    if not dim.name.isidentifier():
        raise UserError(
            "dynamic-name",
            f"The name {dim.name!r} of {_place(dim)} is not a name: letters, digits and underscores, no digit first.",
            "Call it batch, height or the like.",
        )


def _check_range(dim: DynamicDim, size: int) -> None:
    low, high = dim.min or 0, dim.max
    if low < 0 or (high is not None and high < max(low, 1)):
        raise _bad(
            f"The range of {_place(dim)} is from {low} to {high}, which holds no size.",
            "Make the smallest size 0 or more and the largest not below it.",
        )
    if dim.multiple_of is not None and (dim.multiple_of < 1 or size % dim.multiple_of):
        raise _bad(
            f"The example input has size {size} at {_place(dim)}, which is no multiple of {dim.multiple_of}.",
            "Change the example input's shape or the multiple.",
        )
    if size < low or (high is not None and size > high):
        raise _bad(
            f"The example input has size {size} at {_place(dim)}, outside its range"
            f" {low} to {'any' if high is None else high}.",
            "Change the example input's shape or the range.",
        )


def _place(dim: DynamicDim) -> str:
    return f"axis {dim.axis} of {dim.input}"


def _bad(message: str, hint: str) -> UserError:
    return UserError("export-dynamic-shape", message[0].upper() + message[1:], hint)
