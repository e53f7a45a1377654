"""Which axes of the outputs change with a dimension, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modelpack_gui.core.records import Follower, TensorInfo
from modelpack_gui.stages.probe.trials import Trial

_LARGEST_SHIFT = 32  # of kernels and paddings


def followers(name: str, example: int, trials: Mapping[int, Trial]) -> tuple[Follower, ...]:
    """The axes of outputs that differ between the sizes of a dimension that the model took.

    Args:
        name: Of the dimension, for the relation.
        example: Its size in the example inputs.
        trials: By size; that of the example is among them.
    """
    taken = {size: trial.outputs for size, trial in trials.items() if trial.is_taken}
    base = taken[example]
    found = []
    for place, info in enumerate(base):
        for axis in range(len(info.shape or ())):
            sizes = {size: _size(outputs, place, axis) for size, outputs in taken.items()}
            known = {size: got for size, got in sizes.items() if got is not None}
            if len(set(known.values())) > 1 or len(known) < len(sizes):
                found.append(Follower(info.name, axis, _relation(name, known) if len(known) == len(sizes) else ""))
    return tuple(found)


def symbolic(outputs: Sequence[TensorInfo], units: Sequence[Sequence[Follower]]) -> tuple[TensorInfo, ...]:
    """The outputs with what each axis follows; None for one that changes in no way that one name says.

    Args:
        units: For each dimension, its followers; a dimension of several names has several for one axis.
    """
    return tuple(
        TensorInfo(
            info.name,
            info.dtype,
            None
            if info.shape is None
            else tuple(_symbol(_relations(units, info.name, axis), size) for axis, size in enumerate(info.shape)),
        )
        for info in outputs
    )


def _relations(units: Sequence[Sequence[Follower]], output: str, axis: int) -> list[list[str]]:
    """For each unit that changes the axis, in how many ways one can say it."""
    found = [[item.relation for item in unit if (item.output, item.axis) == (output, axis)] for unit in units]
    return [relations for relations in found if relations]


def _symbol(relations: list[list[str]], size: int | str | None) -> int | str | None:
    if not relations:
        return size
    common = [text for text in relations[0] if text and all(text in others for others in relations)]
    return min(common, key=lambda text: (not text.isidentifier(), len(text)), default=None)


def _size(outputs: Sequence[TensorInfo], place: int, axis: int) -> int | None:
    shape = outputs[place].shape if place < len(outputs) else None
    size = shape[axis] if shape is not None and axis < len(shape) else None
    return size if isinstance(size, int) else None


def _relation(name: str, sizes: Mapping[int, int]) -> str:
    """The simplest formula that all pairs of sizes obey; empty if there is none."""
    pairs = sorted(sizes.items())
    (small, small_out), (large, large_out) = pairs[0], pairs[-1]
    if all(got == size for size, got in pairs):
        return name
    shift = small_out - small
    if all(got == size + shift for size, got in pairs):
        return f"{name} {'+' if shift > 0 else '-'} {abs(shift)}"
    if small_out and large_out % large == 0 and all(got * large == size * large_out for size, got in pairs):
        return f"{name} * {large_out // large}"
    if small_out == large_out:
        return ""
    divisor = max(1, round((large - small) / (large_out - small_out)))
    for shift in sorted(range(-_LARGEST_SHIFT, _LARGEST_SHIFT + 1), key=abs):
        if all(got == (size + shift) // divisor for size, got in pairs):
            return _divided(name, shift, divisor, pairs)
    return ""


def _divided(name: str, shift: int, divisor: int, pairs: Sequence[tuple[int, int]]) -> str:
    if all(got * divisor == size for size, got in pairs):
        return f"{name} / {divisor}"
    if shift == 0:
        return f"{name} / {divisor}, rounded down"
    if shift == divisor - 1:
        return f"{name} / {divisor}, rounded up"
    return f"({name} {'+' if shift > 0 else '-'} {abs(shift)}) / {divisor}, rounded down"
