"""Edits of what a recipe says of a stage, each undoable."""

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
    bench = dataclasses.replace(controller.recipe.bench, **changes)
    controller.edit(dataclasses.replace(controller.recipe, bench=bench), text, merge_key)


def edit_parity(controller: Controller, text: str, merge_key: str = "", **changes: Any) -> None:
    """Change fields of the recipe's ParitySpec; see `edit_bench`."""
    parity = dataclasses.replace(controller.recipe.parity, **changes)
    controller.edit(dataclasses.replace(controller.recipe, parity=parity), text, merge_key)


def edit_sweep(controller: Controller, text: str, merge_key: str = "", **changes: Any) -> None:
    """Change fields of the recipe's SweepSpec; see `edit_bench`."""
    sweep = dataclasses.replace(controller.recipe.sweep, **changes)
    controller.edit(dataclasses.replace(controller.recipe, sweep=sweep), text, merge_key)
