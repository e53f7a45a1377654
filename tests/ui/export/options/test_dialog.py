"""The export dialog: exporter, opset, names, path, and what it gives back."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit, QSpinBox, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.core.records import ExportSpec
from modelpack_gui.ui.dialogs.export_options import ExportOptionsDialog
from modelpack_gui.ui.models.exporter_choices import output_path_problem
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.form_parts import CommandRow
from tests.ui.export.options.dialogs import EXPORTERS, button, capabilities, field, open_dialog, problem
from tests.ui.samples import make_recipe

pytestmark = pytest.mark.usefixtures("_themed")


def opset(dialog: QWidget) -> QSpinBox:
    found = dialog.findChild(QSpinBox, "opset")
    assert isinstance(found, QSpinBox)
    return found


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
