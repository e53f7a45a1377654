"""The sets of example inputs of a recipe: the first one, and others with names. All of them hold the same inputs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import InputSet, InputSpec

FIRST_TITLE = "Example (the first)"


def titles(recipe: Recipe) -> tuple[str, ...]:
    """Of all sets, the first one in front."""
    return (FIRST_TITLE, *(item.name for item in recipe.input_sets))


def inputs_of(recipe: Recipe, index: int) -> tuple[InputSpec, ...]:
    """The inputs of a set; the first one where there is no such set."""
    return recipe.input_sets[index - 1].inputs if 0 < index <= len(recipe.input_sets) else recipe.inputs


def with_inputs(recipe: Recipe, index: int, inputs: tuple[InputSpec, ...]) -> Recipe:
    """Other inputs in one set. What all sets share (names, order, places, kinds) changes in all of them.

    Dynamic axes follow an input that was renamed.
    """
    before = inputs_of(recipe, index)
    renamed = _renamed(before, inputs)
    old_names = {new: old for old, new in renamed.items()}
    first = inputs if index == 0 else _followed(recipe.inputs, inputs, old_names)
    sets = tuple(
        InputSet(item.name, inputs if place == index else _followed(item.inputs, inputs, old_names))
        for place, item in enumerate(recipe.input_sets, 1)
    )
    dynamic = tuple(
        dataclasses.replace(dim, input=renamed.get(dim.input, dim.input)) for dim in recipe.export.dynamic
    )
    export = dataclasses.replace(recipe.export, dynamic=dynamic)
    return dataclasses.replace(recipe, inputs=first, input_sets=sets, export=export)


def added(recipe: Recipe, index: int) -> Recipe:
    """Another set at the end, a copy of one; what it draws comes from another seed."""
    name, number = "set 2", 2
    while name in titles(recipe):
        number += 1
        name = f"set {number}"
    copied = tuple(dataclasses.replace(spec, seed=spec.seed + 100) for spec in inputs_of(recipe, index))
    return dataclasses.replace(recipe, input_sets=(*recipe.input_sets, InputSet(name, copied)))


def renamed(recipe: Recipe, index: int, name: str) -> Recipe:
    """A set under another name.

    Raises:
        ValueError: It is empty or taken; the message is a sentence for the user.
    """
    name = name.strip()
    if not name:
        raise ValueError("A set needs a name.")
    if name in titles(recipe)[:index] + titles(recipe)[index + 1 :]:
        raise ValueError(f"Another set is called {name}.")
    sets = [
        dataclasses.replace(item, name=name) if i == index else item for i, item in enumerate(recipe.input_sets, 1)
    ]
    return dataclasses.replace(recipe, input_sets=tuple(sets))


def removed(recipe: Recipe, index: int) -> Recipe:
    """Without a set; the first one stays."""
    sets = tuple(item for i, item in enumerate(recipe.input_sets, 1) if i != index)
    return dataclasses.replace(recipe, input_sets=sets)


def _renamed(before: Sequence[InputSpec], after: Sequence[InputSpec]) -> dict[str, str]:
    if len(before) != len(after):
        return {}
    return {
        old.name: new.name
        for old, new in zip(before, after, strict=True)
        if old.name != new.name and dataclasses.replace(old, name=new.name) == new
    }


def _followed(
    own: Sequence[InputSpec], wanted: Sequence[InputSpec], old_names: dict[str, str]
) -> tuple[InputSpec, ...]:
    """The inputs of another set, brought to the same names, order, places and kinds."""
    by_name = {spec.name: spec for spec in own}
    rows = []
    for spec in wanted:
        there = by_name.get(old_names.get(spec.name, spec.name), spec)
        is_like = there.is_value == spec.is_value and len(there.shape) == len(spec.shape)
        row = there if is_like else spec
        rows.append(
            dataclasses.replace(row, name=spec.name, argument=spec.argument, dtype=spec.dtype, value=spec.value)
        )
    return tuple(rows)
