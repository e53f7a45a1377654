"""Apply a fix to a recipe."""

from __future__ import annotations

import copy
from typing import Any

from modelpack_gui.core import serde
from modelpack_gui.core.explain.explanation import Fix
from modelpack_gui.core.recipe import Recipe, check_values


def apply_fix(recipe: Recipe, fix: Fix) -> Recipe:
    """The recipe with the edits of a fix made, in order.

    Raises:
        DecodeError: An edit names no setting, or has a value that the setting cannot take.
        UserError: `recipe-not-valid`, the settings do not go together.
    """
    data = copy.deepcopy(serde.encode(recipe))
    for edit in fix.edits:
        _set(data, edit.path, edit.value)
    changed: Recipe = serde.decode(Recipe, data)
    check_values(changed, "The fix")
    return changed


def _set(data: dict[str, Any], path: str, value: Any) -> None:
    *parents, leaf = path.split(".")
    scope = data
    for parent in parents:
        inner = scope.get(parent)
        if not isinstance(inner, dict):
            raise serde.DecodeError(path, f"there is no {parent} to change it in")
        scope = inner
    scope[leaf] = value
