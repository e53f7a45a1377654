"""The table of example inputs on the Source page."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton, QTableView, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.core.inputs.proposals import proposed_inputs
from modelpack_gui.core.records import DynamicDim, InputSpec
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import mono_font
from modelpack_gui.ui.models.input_rules import changed, parse_shape
from modelpack_gui.ui.models.input_rules import spell as spell_input
from modelpack_gui.ui.models.input_table import InputTableModel
from modelpack_gui.ui.pages.source import SourcePage
from tests.ui.source.page.parts import ENCODER, NET, child, inputs_of


@pytest.fixture
def with_inputs(page: SourcePage, project: Controller) -> InputTableModel:
    inputs = (InputSpec("image", (2, 3, 8, 8)), InputSpec("mask", (2, 8), "bool"))
    project.edit(dataclasses.replace(project.recipe, inputs=inputs), "add inputs")
    return page.inputs.model


@pytest.mark.usefixtures("_themed")
def test_the_inputs_model_keeps_qts_rules(qtbot: QtBot) -> None:
    model = InputTableModel(mono_font())
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.inputs_edited.connect(lambda inputs, _text: model.set_inputs(inputs))
    model.insert(InputSpec("a", (1,)))
    model.insert(InputSpec("b", (1,)))
    model.setData(model.index(1, 1), "2, 2")
    model.setData(model.index(1, 1), "two")
    model.move(1, 0)
    model.remove(1)
    assert model.inputs == (InputSpec("b", (2, 2)),)


def test_a_typed_shape_goes_to_the_recipe_and_undo_brings_it_back(
    page: SourcePage, project: Controller, with_inputs: InputTableModel, qtbot: QtBot
) -> None:
    view = page.inputs.view
    view.setCurrentIndex(with_inputs.index(0, 1))
    view.edit(with_inputs.index(0, 1))
    editor = view.viewport().findChild(QLineEdit)
    assert editor is not None
    editor.selectAll()
    qtbot.keyClicks(editor, "4x3x16x16")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: project.recipe.inputs[0].shape == (4, 3, 16, 16))
    project.undo_stack.undo()
    assert with_inputs.index(0, 1).data() == "2, 3, 8, 8"


def test_a_wrong_cell_is_marked_and_not_committed(
    page: SourcePage, project: Controller, with_inputs: InputTableModel
) -> None:
    before = project.recipe
    with_inputs.setData(with_inputs.index(0, 1), "2, three")
    assert project.recipe is before
    assert with_inputs.index(0, 1).data() == "2, three"
    note = child(page, QWidget, "inputs-problem")
    assert note.accessibleName() == "A shape is whole numbers such as 1, 3, 224, 224."
    with_inputs.setData(with_inputs.index(1, 0), "image")
    assert with_inputs.problems[-1] == "Another input is called image."
    with_inputs.setData(with_inputs.index(0, 1), "2, 3")
    with_inputs.setData(with_inputs.index(1, 0), "mask")
    assert with_inputs.problems == ()
    assert note.isHidden()


def test_renaming_an_input_takes_its_dynamic_axes_along(
    project: Controller, page: SourcePage, with_inputs: InputTableModel
) -> None:
    export = dataclasses.replace(project.recipe.export, dynamic=(DynamicDim("image", 0, "batch"),))
    project.edit(dataclasses.replace(project.recipe, export=export), "dynamic")
    with_inputs.setData(with_inputs.index(0, 0), "picture")
    assert project.recipe.export.dynamic == (DynamicDim("picture", 0, "batch"),)


def test_rows_are_added_moved_and_removed(
    page: SourcePage, project: Controller, with_inputs: InputTableModel
) -> None:
    view = child(page, QTableView, "inputs-table")
    assert isinstance(view, QTableView)
    child(page, QPushButton, "add-input").click()  # type: ignore[attr-defined]
    assert [item.name for item in project.recipe.inputs] == ["image", "mask", "input_2"]
    assert view.currentIndex().row() == 2
    child(page, QToolButton, "move-input-up").click()  # type: ignore[attr-defined]
    assert [item.name for item in project.recipe.inputs] == ["image", "input_2", "mask"]
    child(page, QToolButton, "remove-input").click()  # type: ignore[attr-defined]
    assert [item.name for item in project.recipe.inputs] == ["image", "mask"]
    for _ in range(3):
        project.undo_stack.undo()
    assert [item.name for item in project.recipe.inputs] == ["image", "mask"]


def test_a_dtype_can_be_typed_to_its_end(
    qtbot: QtBot, page: SourcePage, project: Controller, with_inputs: InputTableModel
) -> None:
    view = child(page, QTableView, "inputs-table")
    assert isinstance(view, QTableView)
    with qtbot.waitActive(page):
        page.activateWindow()
    view.setCurrentIndex(with_inputs.index(1, 2))
    assert inputs_of(project)[1].dtype == "bool"
    view.edit(view.currentIndex())
    editor = view.viewport().findChild(QComboBox)
    assert editor is not None
    qtbot.keyClicks(editor, "float64")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: inputs_of(project)[1].dtype == "float64")


@pytest.mark.parametrize(
    ("text", "shape"),
    [("2, 3", (2, 3)), ("2 × 3", (2, 3)), ("[7]", (7,)), ("()", ()), ("scalar", ()), ("(4,)", (4,))],
)
def test_a_shape_can_be_spelled_in_many_ways(text: str, shape: tuple[int, ...]) -> None:
    assert parse_shape(text) == shape
    assert parse_shape(spell_input(InputSpec("x", shape), "shape")) == shape


@pytest.mark.parametrize(
    ("dtype", "field", "text"),
    [("int64", "low", "0.5"), ("uint8", "low", "-1"), ("float32", "high", "nan"), ("float32", "high", "-3")],
)
def test_a_range_that_cannot_be_drawn_is_refused(dtype: str, field: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        changed(InputSpec("x", (1,), dtype), field, text)


def test_inputs_are_proposed_for_required_parameters_only() -> None:
    assert [item.name for item in proposed_inputs(ENCODER.forward)] == ["input_ids", "attention_mask"]
    assert proposed_inputs(NET.forward) == (InputSpec("image", (1, 3, 224, 224)),)
