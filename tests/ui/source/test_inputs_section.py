"""The example inputs in the window: places, values, files, sets and suggestions."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QInputDialog
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    DynamicDim,
    ImageSpec,
    InputFileInfo,
    InputFileRequest,
    InputSet,
    InputSpec,
    ModelSource,
    SuggestedInputs,
    SuggestInputsRequest,
)
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.models import input_sets
from modelpack_gui.ui.models.input_rules import (
    FIELDS,
    changed,
    default_text,
    is_editable,
    parse_value,
    spell,
    spell_value,
)
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.form_parts import NoteLabel
from modelpack_gui.ui.widgets.source.inputs_section import InputsSection
from tests.ui.fake_client import FakeClient

IMAGE = InputSpec("image", (2, 3, 8, 8))
MASK = InputSpec("mask", (2, 8), "bool")


@pytest.fixture
def section(controller: Controller, settings: Settings, tmp_path: Path, qtbot: QtBot) -> InputsSection:
    (tmp_path / "net.py").write_text("")
    controller.project.path = tmp_path / "recipe.toml"
    made = InputsSection(controller, settings)
    qtbot.addWidget(made)
    controller.recipe_changed.connect(lambda: made.show_inputs(None))
    recipe = Recipe(source=ModelSource(file="net.py", name="Net"), inputs=(IMAGE, MASK))
    controller.edit(recipe, "start")
    made.show()
    return made


def select(section: InputsSection, row: int) -> None:
    section.table.view.setCurrentIndex(section.table.model.index(row, 0))


def set_cell(section: InputsSection, row: int, field: str, text: str) -> None:
    section.table.model.setData(section.table.model.index(row, FIELDS.index(field)), text)


def press(section: InputsSection, name: str) -> None:
    button = section.findChild(QAbstractButton, name)
    assert button is not None, name
    button.click()


def choose_kind(section: InputsSection, kind: str) -> None:
    combo = section.details.kind
    combo.setCurrentIndex(combo.findData(kind))
    combo.activated.emit(combo.currentIndex())


@pytest.mark.parametrize("text", ["3", "-0.5", "true", "none", "fast", '"3"', '""', "1e-05"])
def test_a_plain_value_is_spelled_as_it_is_typed(text: str) -> None:
    assert spell_value(parse_value(text)) == text


@pytest.mark.parametrize(
    ("item", "field", "text"),
    [(IMAGE, "argument", "a["), (IMAGE, "argument", "[0]"), (InputSpec("n", (), is_value=True), "shape", '"a')],
)
def test_what_is_no_place_or_value_is_refused_with_a_sentence(item: InputSpec, field: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        changed(item, field, text)


def test_cells_that_mean_nothing_cannot_be_edited() -> None:
    value, file = InputSpec("n", (), is_value=True, value=3), dataclasses.replace(IMAGE, file="a.npy")
    assert [field for field in FIELDS if is_editable(value, field)] == ["name", "shape", "argument"]
    assert not {"low", "high", "seed"} & {field for field in FIELDS if is_editable(file, field)}
    assert [spell(value, "shape"), default_text(value, "dtype"), spell(value, "seed")] == ["3", "int", ""]
    assert default_text(file, "low") == "file"


def test_a_place_is_typed_and_undone(section: InputsSection, controller: Controller) -> None:
    set_cell(section, 1, "argument", "batch.mask")
    assert controller.recipe.inputs[1].argument == "batch.mask"
    controller.undo_stack.undo()
    assert controller.recipe.inputs[1].argument == ""
    set_cell(section, 1, "argument", "batch.")
    assert controller.recipe.inputs[1].argument == ""
    assert "images[0]" in section.table.model.problems[0]


def test_a_row_becomes_a_plain_value_and_a_tensor_again(section: InputsSection, controller: Controller) -> None:
    select(section, 1)
    choose_kind(section, "value")
    set_cell(section, 1, "shape", "0.5")
    assert controller.recipe.inputs[1] == InputSpec("mask", (), is_value=True, value=0.5)
    choose_kind(section, "random")
    assert controller.recipe.inputs[1] == InputSpec("mask", (1,))
    assert not section.details.file.isVisible()


def test_a_file_gives_the_row_its_shape_and_dtype_in_one_edit(
    section: InputsSection, controller: Controller, client: FakeClient, tmp_path: Path, qtbot: QtBot
) -> None:
    select(section, 0)
    before = controller.recipe
    choose_kind(section, "file")
    assert section.details.file.isVisible()
    section.details.file.choose(str(tmp_path / "a.npz"))
    assert section.details.key.isVisible()
    request = client.last("describe-input").request
    assert isinstance(request, InputFileRequest)
    assert request.spec.file == "a.npz"
    read = dataclasses.replace(request.spec, shape=(4, 3, 9, 9), dtype="float64")
    client.last("describe-input").answer(InputFileInfo(read))
    qtbot.waitUntil(lambda: controller.recipe.inputs[0] == read)
    controller.undo_stack.undo()
    assert controller.recipe == before


def test_a_picture_starts_at_the_size_of_the_row_and_its_options_are_edited(
    section: InputsSection, controller: Controller, client: FakeClient, tmp_path: Path, qtbot: QtBot
) -> None:
    select(section, 0)
    choose_kind(section, "file")
    section.details.file.choose(str(tmp_path / "a.png"))
    image = controller.recipe.inputs[0].image
    assert image is not None
    assert image.size == (8, 8)
    section.details.picture_size.selectAll()
    qtbot.keyClicks(section.details.picture_size, "4x6")
    section.details.mean.clear()
    section.details.mean.textEdited.emit("")
    assert controller.recipe.inputs[0].image == ImageSpec((4, 6), (), image.std)
    assert client.last("describe-input").request == InputFileRequest(
        dataclasses.replace(controller.recipe.inputs[0], image=dataclasses.replace(image, size=(4, 6)))
    )
    section.details.std.textEdited.emit("0, x")
    assert section.details.std.problem


def test_a_file_that_cannot_be_read_is_told_below_it(
    section: InputsSection, client: FakeClient, tmp_path: Path, qtbot: QtBot
) -> None:
    select(section, 0)
    choose_kind(section, "file")
    section.details.file.choose(str(tmp_path / "a.npy"))
    note = section.details.findChild(NoteLabel, "input-file-problem")
    assert note is not None
    client.last("describe-input").answer(ErrorInfo("input-file-missing", "It is not there.", "Choose another."))
    qtbot.waitUntil(lambda: note.text == "It is not there. Choose another.")
    select(section, 1)
    assert not note.isVisible()


def test_suggestions_are_one_edit_and_say_why(
    section: InputsSection, controller: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    button = section.findChild(QAbstractButton, "suggest-inputs")
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert not button.isEnabled()
    job = client.last("suggest-inputs")
    assert job.request == SuggestInputsRequest(controller.recipe.source, (IMAGE, MASK))
    better = (dataclasses.replace(IMAGE, shape=(2, 1, 8, 8)), MASK)
    job.answer(SuggestedInputs(better, ("image: the layer conv takes 1 channel.",), (), 2))
    qtbot.waitUntil(button.isEnabled)
    assert controller.recipe.inputs == better
    assert section.found.text == "image: the layer conv takes 1 channel. Tried: the model takes them."
    controller.undo_stack.undo()
    assert controller.recipe.inputs == (IMAGE, MASK)
    assert section.found.text == ""


def test_a_search_that_found_nothing_says_so(section: InputsSection, client: FakeClient, qtbot: QtBot) -> None:
    press(section, "suggest-inputs")
    error = ErrorInfo("forward-failed", "It never works.")
    client.last("suggest-inputs").answer(SuggestedInputs((IMAGE, MASK), (), (), 7, error))
    told = "After 7 tries the model refuses them still: It never works."
    qtbot.waitUntil(lambda: section.found.text == told)


def test_a_set_is_added_renamed_chosen_and_removed(
    section: InputsSection, controller: Controller, qtbot: QtBot
) -> None:
    press(section, "add-input-set")
    assert section.sets.combo.currentText() == "set 2"
    set_cell(section, 0, "shape", "4, 3, 8, 8")
    assert [controller.recipe.inputs[0].shape, controller.recipe.input_sets[0].inputs[0].shape] == [
        (2, 3, 8, 8),
        (4, 3, 8, 8),
    ]
    press(section, "rename-input-set")
    dialog = section.sets.findChild(QInputDialog)
    assert dialog is not None
    dialog.setTextValue("night")
    with qtbot.waitSignal(dialog.finished):
        dialog.accept()
    assert controller.recipe.input_sets[0].name == "night"
    section.sets.combo.activated.emit(0)
    assert section.table.model.inputs[0].shape == (2, 3, 8, 8)
    section.sets.combo.activated.emit(1)
    press(section, "remove-input-set")
    assert not controller.recipe.input_sets
    assert section.sets.index == 0
    controller.undo_stack.undo()
    assert [item.name for item in controller.recipe.input_sets] == ["night"]


RECIPE = Recipe(inputs=(IMAGE, MASK), input_sets=(InputSet("night", (dataclasses.replace(IMAGE, high=0.1), MASK)),))


def test_what_all_sets_share_changes_in_all_of_them() -> None:
    export = dataclasses.replace(RECIPE.export, dynamic=(DynamicDim("image", 0, "batch"),))
    start = dataclasses.replace(RECIPE, export=export)
    renamed = input_sets.with_inputs(
        start, 1, (dataclasses.replace(start.input_sets[0].inputs[0], name="picture"), MASK)
    )
    assert [spec.name for spec in renamed.inputs] == ["picture", "mask"]
    assert renamed.export.dynamic[0].input == "picture"
    placed = input_sets.with_inputs(RECIPE, 0, (dataclasses.replace(IMAGE, argument="x", dtype="float64"), MASK))
    assert [placed.input_sets[0].inputs[0].argument, placed.input_sets[0].inputs[0].dtype] == ["x", "float64"]
    assert placed.input_sets[0].inputs[0].high == 0.1
    moved = input_sets.with_inputs(RECIPE, 0, (MASK, IMAGE, InputSpec("new", (1,))))
    assert [spec.name for spec in moved.input_sets[0].inputs] == ["mask", "image", "new"]
    assert moved.input_sets[0].inputs[1].high == 0.1
    ranked = input_sets.with_inputs(RECIPE, 0, (dataclasses.replace(IMAGE, shape=(1, 2)), MASK))
    assert ranked.input_sets[0].inputs[0].shape == (1, 2)


@pytest.mark.parametrize("name", ["", " ", input_sets.FIRST_TITLE])
def test_a_set_cannot_take_no_name_or_that_of_another(name: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        input_sets.renamed(RECIPE, 1, name)
