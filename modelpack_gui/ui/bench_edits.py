"""Edits of what a recipe says of the benchmark, each undoable."""

from __future__ import annotations

import dataclasses
from typing import Any

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
