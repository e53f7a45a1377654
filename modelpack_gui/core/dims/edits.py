"""Fixes that change which axes are dynamic, or the sizes of example inputs."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Mapping, Sequence

from modelpack_gui.core import serde
from modelpack_gui.core.explain.explanation import Fix, RecipeEdit
from modelpack_gui.core.records import DynamicDim, ExportSpec, InputSpec

HOW_TO_KEEP_A_SIZE = (
    "Write x.reshape(x.shape[0], -1) instead of x.reshape(2, -1), do not convert sizes with int() or .item(), and do "
    "not branch on a size that shall be dynamic. The warnings of the export may name the line."
)


def place(dim: DynamicDim) -> str:
    """`image[0]`."""
    return f"{dim.input}[{dim.axis}]"


def make_static(spec: ExportSpec, *dims: DynamicDim) -> Fix:
    """These axes are not asked for any more."""
    gone = {(dim.input, dim.axis) for dim in dims}
    kept = [dim for dim in spec.dynamic if (dim.input, dim.axis) not in gone]
    return Fix(f"Make {' and '.join(place(dim) for dim in dims)} static", (dynamic_edit(kept),))


def ask_for(spec: ExportSpec, *dims: DynamicDim) -> Fix:
    """These axes are asked for, too."""
    names = " and ".join(f"{place(dim)} = {dim.name}" for dim in dims)
    gone = {(dim.input, dim.axis) for dim in dims}
    kept = [dim for dim in spec.dynamic if (dim.input, dim.axis) not in gone]
    return Fix(f"Ask for {names}", (dynamic_edit((*kept, *dims)),))


def share_name(spec: ExportSpec, dim: DynamicDim, name: str) -> Fix:
    """An axis gets the name and the range that another axis has."""
    other = next((item for item in spec.dynamic if item.name == name), dim)

    def renamed(item: DynamicDim) -> DynamicDim:
        if item.name != dim.name:
            return item
        return dataclasses.replace(other, input=item.input, axis=item.axis)

    return Fix(f"Name both axes {name}", (changed(spec, renamed),))


def share_names(spec: ExportSpec, one: str, other: str) -> Fix:
    """All axes of one name get another, with its range."""
    dim = next((item for item in spec.dynamic if item.name == one), None)
    return Fix(f"Name both axes {other}") if dim is None else share_name(spec, dim, other)


def moved(spec: ExportSpec, dim: DynamicDim, name: str) -> Fix:
    """A misspelt input."""

    def corrected(item: DynamicDim) -> DynamicDim:
        return dataclasses.replace(item, input=name) if item == dim else item

    return Fix(f"Correct {dim.input} to {name}", (changed(spec, corrected),))


def resized(inputs: Sequence[InputSpec], dim: DynamicDim, size: int) -> Fix:
    """Another size in the example input."""
    return resized_all(inputs, {(dim.input, dim.axis): size})


def resized_all(inputs: Sequence[InputSpec], sizes: Mapping[tuple[str, int], int]) -> Fix:
    """Other sizes in the example inputs, by input and axis."""
    text = " and ".join(f"{name}[{axis}] {size}" for (name, axis), size in sizes.items())
    return Fix(f"Make the example size of {text}", (sizes_edit(inputs, sizes),))


def changed(spec: ExportSpec, change: Callable[[DynamicDim], DynamicDim]) -> RecipeEdit:
    """Each dynamic axis changed."""
    return dynamic_edit([change(dim) for dim in spec.dynamic])


def dynamic_edit(dims: Sequence[DynamicDim]) -> RecipeEdit:
    """These dynamic axes instead of those there are."""
    return RecipeEdit("export.dynamic", serde.encode(tuple(dims)))


def inputs_edit(inputs: Sequence[InputSpec]) -> RecipeEdit:
    """These example inputs instead of those there are."""
    return RecipeEdit("inputs", serde.encode(tuple(inputs)))


def sizes_edit(inputs: Sequence[InputSpec], sizes: Mapping[tuple[str, int], int]) -> RecipeEdit:
    """Example inputs with other sizes, by input and axis."""
    found = []
    for item in inputs:
        shape = tuple(sizes.get((item.name, axis), size) for axis, size in enumerate(item.shape))
        found.append(dataclasses.replace(item, shape=shape))
    return inputs_edit(found)


def closest(name: str, known: Sequence[str]) -> str:
    """The name that was likely meant; empty if none is like it."""
    return next(iter(difflib.get_close_matches(name, known, n=1)), "")
