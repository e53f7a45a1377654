"""A fix put into a recipe, or why it cannot be."""

from __future__ import annotations

from modelpack_gui.core import serde
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.explain import fixes
from modelpack_gui.core.explain.explanation import Fix
from modelpack_gui.core.recipe import Recipe


def fixed(recipe: Recipe, fix: Fix) -> tuple[Recipe | None, ErrorInfo | None]:
    """The recipe with the edits of a fix made; None with an error for the user if they cannot be."""
    try:
        return fixes.apply_fix(recipe, fix), None
    except (UserError, serde.DecodeError) as error:
        return None, ErrorInfo(
            "fix-not-applied",
            f"The fix {fix.text!r} could not be applied: {error}",
            "The recipe is as it was. Change the setting by hand.",
        )
