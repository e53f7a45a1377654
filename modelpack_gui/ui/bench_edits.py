"""Edits of what a recipe says of the benchmark, each undoable."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from modelpack_gui.core.records import RunnerSpec
from modelpack_gui.ui.controller import Controller


def edit_bench(controller: Controller, text: str, merge_key: str = "", **changes: Any) -> None:
    """Change fields of the recipe's BenchSpec.

    Args:
        text: What the change is, for the undo menu: `change timed runs`.
        merge_key: Changes in a row with the same key are undone as one.
    """
    recipe = controller.recipe
    bench = dataclasses.replace(recipe.bench, **changes)
    controller.edit(dataclasses.replace(recipe, bench=bench), text, merge_key)


def add_runners(controller: Controller, specs: Sequence[RunnerSpec], text: str) -> tuple[RunnerSpec, ...]:
    """Put runners at the end of the list, and give those that were not in it."""
    there = controller.recipe.bench.runners
    known = {one.key for one in there}
    new = tuple({one.key: one for one in specs if one.key not in known}.values())
    if new:
        edit_bench(controller, text, runners=(*there, *new))
    return new
