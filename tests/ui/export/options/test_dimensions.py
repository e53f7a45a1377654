"""The dimensions in the export dialog: which are open, their names and their ranges."""

from __future__ import annotations

import ast
import dataclasses

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QTableView, QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.core.records import DynamicDim, InputSpec
from modelpack_gui.ui.look.theme import mono_font
from modelpack_gui.ui.models.dimension_table import DYNAMIC, MAX, MIN, NAME, DimensionTableModel
from tests.ui.export.options.dialogs import button, open_dialog, problem
from tests.ui.samples import make_recipe

pytestmark = pytest.mark.usefixtures("_themed")

CHECKED = Qt.CheckState.Checked
TICK = Qt.ItemDataRole.CheckStateRole


def axes(dialog: QWidget) -> DimensionTableModel:
    table = dialog.findChild(QTableView, "dimension-table")
    assert isinstance(table, QTableView)
    model = table.model()
    assert isinstance(model, DimensionTableModel)
    return model


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
