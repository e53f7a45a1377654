"""The ticks of the export dialog, and the steps after an export."""

from __future__ import annotations

import dataclasses

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.ui.widgets.form_parts import CommandRow
from tests.ui.export.options.dialogs import button, field, open_dialog, problem
from tests.ui.samples import make_recipe

pytestmark = pytest.mark.usefixtures("_themed")

TICKS = (
    "strict", "draft-report", "check-trace", "constant-folding", "external-data", "freeze", "optimize-for-inference",
)  # fmt: skip


def test_ticks_go_to_the_spec(qtbot: QtBot) -> None:
    dialog = open_dialog(qtbot)
    button(dialog, "constant-folding").click()
    button(dialog, "external-data").click()
    spec = dialog.recipe().export
    assert (spec.constant_folding, spec.external_data) == (False, True)
    assert "external_data=True" in dialog.preview.text


@pytest.mark.parametrize(
    ("format_", "exporter", "shown"),
    [
        ("onnx", "dynamo", {"strict", "constant-folding", "external-data"}),
        ("onnx", "trace", {"constant-folding", "external-data"}),
        ("torchscript", "trace", {"check-trace", "freeze", "optimize-for-inference"}),
        ("pt2", "export", {"strict", "draft-report"}),
    ],
)
def test_the_ticks_are_those_that_the_exporter_heeds(
    qtbot: QtBot, format_: str, exporter: str, shown: set[str]
) -> None:
    dialog = open_dialog(qtbot)
    button(dialog, f"format-{format_}").click()
    button(dialog, f"exporter-{exporter}").click()
    assert {name for name in TICKS if button(dialog, name).isVisible()} == shown
    assert field(dialog, "input-names").isVisible() == (format_ == "onnx")


def test_optimizing_for_the_machine_ticks_freeze_and_says_why(qtbot: QtBot) -> None:
    dialog = open_dialog(qtbot)
    button(dialog, "format-torchscript").click()
    button(dialog, "optimize-for-inference").click()
    freeze = button(dialog, "freeze")
    assert (freeze.isChecked(), freeze.isEnabled()) == (True, False)
    assert freeze.toolTip() == "Optimising for this machine freezes the model."
    button(dialog, "optimize-for-inference").click()
    assert (freeze.isChecked(), freeze.isEnabled()) == (False, True)


def test_options_that_the_exporter_does_not_heed_are_kept_in_the_dialog_but_not_in_the_recipe(qtbot: QtBot) -> None:
    dialog = open_dialog(qtbot)
    button(dialog, "external-data").click()
    button(dialog, "format-pt2").click()
    spec = dialog.recipe().export
    assert (spec.format, spec.exporter, spec.output_path) == ("pt2", "export", "build/shapes.pt2")
    assert (spec.external_data, spec.output_names) == (False, ())
    button(dialog, "format-onnx").click()
    spec = dialog.recipe().export
    assert (spec.external_data, spec.output_names) == (True, ("logits",))


def test_steps_run_in_the_order_they_were_ticked_until_they_are_moved(qtbot: QtBot) -> None:
    dialog = open_dialog(qtbot)
    button(dialog, "post-step-half").click()
    assert not button(dialog, "post-step-up-half").isVisible()  # alone there is nothing to order
    button(dialog, "post-step-slim").click()
    assert dialog.recipe().export.post_steps == ("half", "slim")
    assert button(dialog, "post-step-slim").text() == "2. Slim"
    assert not button(dialog, "post-step-down-slim").isEnabled()
    button(dialog, "post-step-up-slim").click()
    assert dialog.recipe().export.post_steps == ("slim", "half")
    assert dialog.post_steps.choice._column.itemAt(0).widget().step == "slim"  # type: ignore[union-attr]
    button(dialog, "post-step-slim").click()
    assert dialog.recipe().export.post_steps == ("half",)


def test_a_step_that_lacks_its_package_cannot_be_ticked_and_says_what_to_install(qtbot: QtBot) -> None:
    dialog = open_dialog(qtbot)
    assert not button(dialog, "post-step-lacking").isEnabled()
    commands = [row.command for row in dialog.post_steps.findChildren(CommandRow)]
    assert commands == ['"/usr/bin/python3" -m pip install nowhere-to-get']


def test_a_step_of_the_recipe_that_cannot_be_run_is_a_problem_until_it_is_unticked(qtbot: QtBot) -> None:
    recipe = make_recipe()
    recipe = dataclasses.replace(recipe, export=dataclasses.replace(recipe.export, post_steps=("lacking", "magic")))
    dialog = open_dialog(qtbot, recipe)
    assert problem(dialog) == "Lacking needs nowhere-to-get; install it or untick the step."
    button(dialog, "post-step-lacking").click()
    assert problem(dialog) == "There is no step magic; untick it."
    button(dialog, "post-step-magic").click()
    assert problem(dialog) == ""
    assert dialog.recipe().export.post_steps == ()


def test_formats_without_steps_show_none_and_forget_them(qtbot: QtBot) -> None:
    dialog = open_dialog(qtbot)
    button(dialog, "post-step-slim").click()
    button(dialog, "format-torchscript").click()
    assert not dialog.post_steps.isVisible()
    assert dialog.recipe().export.post_steps == ()
    assert problem(dialog) == ""
    button(dialog, "format-onnx").click()
    assert dialog.recipe().export.post_steps == ("slim",)
