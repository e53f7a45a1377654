"""Fixes are edits of a recipe that leave it valid, or are refused."""

from __future__ import annotations

import pytest

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import Fix, RecipeEdit
from modelpack_gui.core.explain.fixes import apply_fix
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import CheckpointSpec, DynamicDim, ExportSpec, InputSpec, ModelSource
from modelpack_gui.core.serde import DecodeError, encode

RECIPE = Recipe(
    source=ModelSource(file="net.py", name="Net", checkpoint=CheckpointSpec("net.pt")),
    inputs=(InputSpec("x", (2, 3)),),
    export=ExportSpec(dynamic=(DynamicDim("x", 0, "batch"), DynamicDim("x", 1, "seq"))),
)


def test_a_fix_changes_the_settings_it_names_and_no_others() -> None:
    fix = Fix("Use script", (RecipeEdit("export.exporter", "script"), RecipeEdit("source.checkpoint.prefix", "net.")))

    fixed = apply_fix(RECIPE, fix)

    assert fixed.export.exporter == "script"
    assert fixed.source.checkpoint == CheckpointSpec("net.pt", prefix="net.")
    assert fixed.export.dynamic == RECIPE.export.dynamic
    assert fixed.inputs == RECIPE.inputs


def test_a_fix_can_replace_a_whole_list() -> None:
    fix = Fix("Make seq static", (RecipeEdit("export.dynamic", encode(RECIPE.export.dynamic[:1])),))

    assert apply_fix(RECIPE, fix).export.dynamic == (DynamicDim("x", 0, "batch"),)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("export.exportr", "script"),
        ("export.exporter", 3),
        ("nowhere.exporter", "script"),
        ("export.format", "tflite"),
    ],
)
def test_an_edit_that_fits_no_setting_is_refused(path: str, value: object) -> None:
    with pytest.raises(DecodeError):
        apply_fix(RECIPE, Fix("Wrong", (RecipeEdit(path, value),)))


def test_an_edit_that_makes_the_recipe_invalid_is_refused() -> None:
    with pytest.raises(UserError, match="both file and module"):
        apply_fix(RECIPE, Fix("Wrong", (RecipeEdit("source.module", "net"),)))
