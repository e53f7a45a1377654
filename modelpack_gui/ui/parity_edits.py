"""Edits of what a recipe says of parity, each undoable."""

from __future__ import annotations

import dataclasses
from typing import Any

from modelpack_gui.ui.controller import Controller


def edit_parity(controller: Controller, text: str, merge_key: str = "", **changes: Any) -> None:
    """Change fields of the recipe's ParitySpec.

    Args:
        text: What the change is, for the undo menu: `change relative tolerance`.
        merge_key: Changes in a row with the same key are undone as one.
    """
    recipe = controller.recipe
    parity = dataclasses.replace(recipe.parity, **changes)
    controller.edit(dataclasses.replace(recipe, parity=parity), text, merge_key)
