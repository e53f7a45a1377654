from __future__ import annotations

import ast
import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QSpinBox, QTableView, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import Capabilities, DynamicDim, ExporterInfo, ExportSpec, InputSpec, PostStepInfo
from modelpack_gui.ui.dialogs.export_options import ExportOptionsDialog
from modelpack_gui.ui.models.dimension_table import DYNAMIC, MAX, MIN, NAME, DimensionTableModel
from modelpack_gui.ui.models.exporter_choices import output_path_problem
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.theme import mono_font
from modelpack_gui.ui.widgets.form_parts import CommandRow
from tests.ui.samples import make_capabilities, make_recipe

ONNX_OPTIONS = ("opset_version", "input_names", "output_names", "constant_folding", "external_data")
EXPORTERS = (
    ExporterInfo(
        "onnx", "dynamo", "ONNX, dynamo", 18, 23, 20, (), "Captures the whole graph.", (*ONNX_OPTIONS, "strict")
    ),
    ExporterInfo("onnx", "trace", "ONNX, trace", 7, 20, 17, (), "Records one run.", ONNX_OPTIONS),
    ExporterInfo(
        "torchscript", "trace", "TorchScript, trace", None, None, None, (), "",
        ("freeze", "optimize_for_inference", "check_trace"),
    ),
    ExporterInfo("pt2", "export", "torch.export", None, None, None, (), "", ("strict", "draft_report")),
)  # fmt: skip
TICKS = (
    "strict", "draft-report", "check-trace", "constant-folding", "external-data", "freeze", "optimize-for-inference",
)  # fmt: skip
CHECKED = Qt.CheckState.Checked
TICK = Qt.ItemDataRole.CheckStateRole

pytestmark = pytest.mark.usefixtures("_themed")


STEPS = (
    PostStepInfo("slim", "onnx", "Slim", (), "Simplifies the graph."),
    PostStepInfo("half", "onnx", "Half", (), "Half the size."),
    PostStepInfo("lacking", "onnx", "Lacking", ("nowhere-to-get",), ""),
)


def capabilities(*exporters: ExporterInfo) -> Capabilities:
    return dataclasses.replace(make_capabilities(), exporters=exporters or EXPORTERS, post_steps=STEPS)


def open_dialog(
    qtbot: QtBot, recipe: Recipe | None = None, base: Path = Path("/models"), found: Capabilities | None = None
) -> ExportOptionsDialog:
    dialog = ExportOptionsDialog(recipe or make_recipe(), found or capabilities(), base)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def button(dialog: QWidget, name: str) -> QAbstractButton:
    found = dialog.findChild(QAbstractButton, name)
    assert isinstance(found, QAbstractButton), name
    return found


def field(dialog: QWidget, name: str) -> QLineEdit:
    found = dialog.findChild(QLineEdit, name)
    assert isinstance(found, QLineEdit), name
    return found


def opset(dialog: QWidget) -> QSpinBox:
    found = dialog.findChild(QSpinBox, "opset")
    assert isinstance(found, QSpinBox)
    return found


def axes(dialog: QWidget) -> DimensionTableModel:
    table = dialog.findChild(QTableView, "dimension-table")
    assert isinstance(table, QTableView)
    model = table.model()
    assert isinstance(model, DimensionTableModel)
    return model


def problem(dialog: QWidget) -> str:
    note = dialog.findChild(QWidget, "options-problem")
    assert isinstance(note, QWidget)
    return note.accessibleName() if not note.isHidden() else ""


def retype(qtbot: QtBot, line: QLineEdit, text: str) -> None:
    line.setFocus()
    line.selectAll()
    if text:
        qtbot.keyClicks(line, text)
    else:
        qtbot.keyClick(line, Qt.Key.Key_Delete)


def test_an_untouched_dialog_gives_the_recipe_back(qtbot: QtBot) -> None:
    recipe = make_recipe()
    dialog = open_dialog(qtbot, recipe)
    assert dialog.recipe() == recipe
    assert problem(dialog) == ""


def test_another_exporter_clamps_the_opset_and_says_so(qtbot: QtBot) -> None:
    recipe = make_recipe()
    recipe = dataclasses.replace(recipe, export=dataclasses.replace(recipe.export, opset_version=23))
    dialog = open_dialog(qtbot, recipe)
    button(dialog, "exporter-trace").click()
    assert dialog.recipe().export.opset_version == 20
    assert (opset(dialog).minimum(), opset(dialog).maximum(), opset(dialog).value()) == (6, 20, 20)
    assert dialog.exporter.opset_note.text() == "23 became 20: this exporter does 7 to 20."
    assert "opset_version=20" in dialog.preview.text


def test_the_lowest_step_of_the_opset_is_the_exporters_default(qtbot: QtBot) -> None:
    dialog = open_dialog(qtbot)
    opset(dialog).setValue(opset(dialog).minimum())
    assert opset(dialog).text() == "Default (20)"
    assert dialog.recipe().export.opset_version is None
    assert "opset_version" not in dialog.preview.text
    button(dialog, "exporter-trace").click()
    assert opset(dialog).text() == "Default (17)"


def test_torchscript_takes_an_exporter_that_makes_it_and_another_suffix(qtbot: QtBot) -> None:
    dialog = open_dialog(qtbot)
    button(dialog, "format-torchscript").click()
    spec = dialog.recipe().export
    assert (spec.format, spec.exporter, spec.output_path) == ("torchscript", "trace", "build/shapes.pt")
    assert field(dialog, "output-path").text() == "build/shapes.pt"
    assert not opset(dialog).isVisible()
    assert "torch.jit.save" in dialog.preview.text
    button(dialog, "format-onnx").click()
    assert dialog.recipe().export.output_path == "build/shapes.onnx"


def test_an_exporter_that_lacks_packages_cannot_be_chosen_and_says_what_to_install(qtbot: QtBot) -> None:
    lacking = dataclasses.replace(EXPORTERS[0], missing=("onnxscript>=0.5", "onnx"))
    dialog = open_dialog(qtbot, found=capabilities(lacking, EXPORTERS[1]))
    assert not button(dialog, "exporter-dynamo").isEnabled()
    assert problem(dialog).startswith("ONNX, dynamo needs onnxscript>=0.5, onnx;")
    assert not button(dialog, "options-export").isEnabled()
    command = dialog.findChild(CommandRow)
    assert isinstance(command, CommandRow)
    assert command.command == '"/usr/bin/python3" -m pip install "onnxscript>=0.5" onnx'
    button(dialog, "exporter-trace").click()
    assert problem(dialog) == ""
    assert button(dialog, "options-export").isEnabled()


def test_without_an_answer_of_the_interpreter_the_usual_exporters_are_offered(qtbot: QtBot) -> None:
    dialog = ExportOptionsDialog(make_recipe(), None, Path("/models"))
    qtbot.addWidget(dialog)
    assert button(dialog, "exporter-script").isEnabled()
    assert problem(dialog) == ""


def test_ticking_an_axis_proposes_a_name_and_the_preview_follows(qtbot: QtBot) -> None:
    dialog = open_dialog(qtbot)
    model = axes(dialog)
    assert model.setData(model.index(2, DYNAMIC), CHECKED, TICK)
    assert model.setData(model.index(2, MIN), "8")
    assert dialog.recipe().export.dynamic == (
        DynamicDim("image", 0, "batch"),
        DynamicDim("image", 2, "height", 8),
    )
    assert 'torch.export.Dim("height", min=8)' in dialog.preview.text
    ast.parse(dialog.preview.text)


def test_ranges_can_be_edited_for_the_exporter_that_uses_them(qtbot: QtBot) -> None:
    dialog = open_dialog(qtbot)
    model = axes(dialog)
    assert model.flags(model.index(0, MIN)) & Qt.ItemFlag.ItemIsEditable
    assert not model.flags(model.index(1, NAME)) & Qt.ItemFlag.ItemIsEditable  # not dynamic
    button(dialog, "exporter-trace").click()
    assert not model.flags(model.index(0, MIN)) & Qt.ItemFlag.ItemIsEditable


@pytest.mark.parametrize(
    ("row", "column", "text", "sentence"),
    [
        (0, NAME, "", "The name of image axis 0 must be a word such as batch."),
        (0, MIN, "few", "Min of image axis 0 must be a whole number above zero, or empty."),
        (0, MIN, "4", "The example size 2 of image axis 0 is outside its range."),
        (0, MAX, "0", "Max of image axis 0 must be a whole number above zero, or empty."),
    ],
)
def test_an_axis_that_cannot_be_used_is_explained_and_ok_is_off(
    qtbot: QtBot, row: int, column: int, text: str, sentence: str
) -> None:
    dialog = open_dialog(qtbot)
    axes(dialog).setData(axes(dialog).index(row, column), text)
    assert problem(dialog) == sentence
    assert not button(dialog, "options-export").isEnabled()
    assert not button(dialog, "options-save").isEnabled()


def test_axes_with_one_name_must_have_one_size(qtbot: QtBot) -> None:
    dialog = open_dialog(qtbot)
    model = axes(dialog)
    model.setData(model.index(1, DYNAMIC), CHECKED, TICK)
    model.setData(model.index(1, NAME), "batch")
    assert problem(dialog).startswith("batch is 2 on image axis 0 and 3 on image axis 1")


def test_a_dynamic_axis_of_an_input_that_is_gone_has_to_be_unticked(qtbot: QtBot) -> None:
    recipe = dataclasses.replace(make_recipe(), inputs=(InputSpec("picture", (2, 3)),))
    dialog = open_dialog(qtbot, recipe)
    assert problem(dialog) == "image axis 0 is not in the example inputs; untick it."
    model = axes(dialog)
    model.setData(model.index(2, DYNAMIC), Qt.CheckState.Unchecked, TICK)
    assert problem(dialog) == ""
    assert dialog.recipe().export.dynamic == ()


def test_a_dynamic_axis_with_example_size_one_is_cautioned(qtbot: QtBot) -> None:
    recipe = dataclasses.replace(make_recipe(), inputs=(InputSpec("image", (1, 3, 8, 8)),))
    dialog = open_dialog(qtbot, recipe)
    assert "exporters may fix a dynamic axis at it" in dialog.dimensions.caution.text
    assert problem(dialog) == ""


def test_the_axes_model_keeps_qts_rules() -> None:
    model = DimensionTableModel(mono_font())
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_dims((InputSpec("a", (2, 3)),), (DynamicDim("a", 0, "n"),))
    model.setData(model.index(1, DYNAMIC), CHECKED, TICK)
    model.set_uses_ranges(uses_ranges=False)
    model.set_dims((), ())
    assert model.rowCount() == 0


def test_names_are_checked_against_inputs_and_each_other(qtbot: QtBot) -> None:
    dialog = open_dialog(qtbot)
    retype(qtbot, field(dialog, "input-names"), "x, y")
    assert problem(dialog) == "2 input names for 1 example input: name all of them or none."
    retype(qtbot, field(dialog, "input-names"), "x")
    assert dialog.recipe().export.input_names == ("x",)
    retype(qtbot, field(dialog, "output-names"), "a, a")
    assert problem(dialog) == "Two output names are the same."
    retype(qtbot, field(dialog, "output-names"), "x")
    assert problem(dialog) == "x is the name of an input and of an output."
    retype(qtbot, field(dialog, "output-names"), "")
    assert dialog.recipe().export.output_names == ()
    assert problem(dialog) == ""


def test_an_output_path_is_checked_as_it_is_typed(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    assert output_path_problem("folder", "onnx", tmp_path) == "folder is a folder; add a file name."
    assert output_path_problem("file/a.onnx", "onnx", tmp_path).endswith("is a file, not a folder.")
    assert output_path_problem("new/deep/a.onnx", "onnx", tmp_path) == ""
    assert output_path_problem("a.pt", "onnx", tmp_path) == "The file name must end in .onnx for ONNX."
    dialog = open_dialog(qtbot, base=tmp_path)
    retype(qtbot, field(dialog, "output-path"), "")
    assert problem(dialog) == "Choose an output path."
    qtbot.keyClicks(field(dialog, "output-path"), "new/a.onnx")
    assert problem(dialog) == ""
    assert dialog.recipe().export.output_path == "new/a.onnx"


def test_only_export_now_wants_an_export(qtbot: QtBot) -> None:
    dialog = open_dialog(qtbot)
    with qtbot.waitSignal(dialog.accepted):
        button(dialog, "options-save").click()
    assert not dialog.wants_export
    dialog = open_dialog(qtbot)
    with qtbot.waitSignal(dialog.accepted):
        button(dialog, "options-export").click()
    assert dialog.wants_export
    dialog = open_dialog(qtbot)
    with qtbot.waitSignal(dialog.rejected):
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)


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
    assert freeze.toolTip() == "Optimizing for this machine freezes the model."
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


def test_the_preview_can_be_copied(qtbot: QtBot) -> None:
    dialog = open_dialog(qtbot)
    copy = dialog.findChild(QToolButton, "copy-code")
    assert isinstance(copy, QToolButton)
    copy.click()
    assert "torch.onnx.export(" in QGuiApplication.clipboard().text()


def test_the_size_is_remembered(qtbot: QtBot, settings: Settings) -> None:
    first = ExportOptionsDialog(make_recipe(), None, Path("/models"), settings=settings)
    qtbot.addWidget(first)
    first.resize(798, 540)
    first.show()
    first.reject()
    second = ExportOptionsDialog(make_recipe(), None, Path("/models"), settings=settings)
    qtbot.addWidget(second)
    assert (second.width(), second.height()) == (798, 540)


def test_the_dialog_fits_a_small_screen(qtbot: QtBot) -> None:
    dialog = open_dialog(qtbot)
    hint = dialog.minimumSizeHint()
    assert hint.width() <= 1100
    assert hint.height() <= 700


def test_an_exporter_that_does_not_exist_is_a_problem_not_a_crash(qtbot: QtBot) -> None:
    recipe = dataclasses.replace(make_recipe(), export=ExportSpec(exporter="magic", output_path="a.onnx"))
    dialog = open_dialog(qtbot, recipe)
    assert problem(dialog) == "The exporter magic does not make ONNX; choose another."
