"""The file or module and the class on the Source page, typed, chosen and dropped."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import CheckpointSpec, InputSpec, ModelSource
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.pages.source import SourcePage
from modelpack_gui.ui.settings import Settings
from tests.ui.fake_client import FakeClient
from tests.ui.samples import make_capabilities
from tests.ui.source.page.parts import SCAN, child, inputs_of, line, retype, source


def test_the_scan_fills_the_combo_with_kinds_and_marks_abstract_classes(page: SourcePage) -> None:
    combo = page.model_field.combo
    texts = [combo.itemText(i) for i in range(combo.count())]
    assert texts[0] == "ShapesNet   (nn.Module: Say which shape is in a picture.)"
    assert texts[4] == "BaseNet   (abstract)"
    assert combo.currentText() == "ShapesNet"


def test_an_abstract_class_says_which_method_is_to_be_written(page: SourcePage) -> None:
    page.model_field.name_edited.emit("BaseNet")
    assert "forward is still to be written" in page.model_field._note.text


def test_a_name_that_is_not_in_the_file_stays_visible_and_is_marked(
    page: SourcePage, project: Controller, qtbot: QtBot
) -> None:
    project.edit(dataclasses.replace(project.recipe, source=ModelSource("model.py", name="Gone")), "change")
    assert page.model_field.combo.currentText() == "Gone"
    assert page.model_field._note.text == "Gone is not among what model.py defines."


def test_a_file_that_cannot_be_read_says_so_in_place(
    page: SourcePage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["scan"] = ErrorInfo("source-syntax", "model.py, line 3: invalid syntax.", "Correct it.")
    project.refresh_scan()
    qtbot.waitUntil(lambda: project.scan_error is not None)
    texts = [label.text() for label in page.model_field.findChildren(QLabel) if label.isVisible()]
    assert "model.py, line 3: invalid syntax." in texts


def test_a_typed_path_counts_when_it_is_a_file_and_not_before(
    page: SourcePage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    scans = sum(job.stage == "scan" for job in client.jobs)
    retype(qtbot, line(page, "source-path"), "other.p")
    assert source(project).file == "model.py"
    qtbot.keyClicks(line(page, "source-path"), "y")
    assert source(project).file == "other.py"
    assert sum(job.stage == "scan" for job in client.jobs) == scans + 1
    project.undo_stack.undo()
    assert line(page, "source-path").text() == "model.py"


def test_a_chosen_file_below_the_recipe_is_kept_relative_and_another_absolute(
    page: SourcePage, project: Controller, tmp_path: Path
) -> None:
    page.model_field.file.choose(str(tmp_path / "other.py"))
    assert source(project).file == "other.py"
    outside = str(Path(tmp_path.anchor) / "elsewhere" / "net.py")
    page.model_field.file.choose(outside)
    assert source(project).file == outside


def test_a_dropped_checkpoint_is_taken_and_another_kind_is_not(
    page: SourcePage, project: Controller, tmp_path: Path
) -> None:
    def drop(path: Path) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        page.checkpoint.file.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, buttons, keys))

    drop(tmp_path / "other.py")
    assert source(project).checkpoint is None
    drop(tmp_path / "weights.pt")
    assert source(project).checkpoint == CheckpointSpec("weights.pt")


def test_a_module_replaces_the_file(page: SourcePage, project: Controller, qtbot: QtBot) -> None:
    child(page, QWidget, "source-is-module").click()  # type: ignore[attr-defined]
    retype(qtbot, line(page, "source-module"), "package.net")
    qtbot.keyClick(line(page, "source-module"), Qt.Key.Key_Return)
    assert (source(project).file, source(project).module) == ("", "package.net")
    project.undo_stack.undo()
    assert (source(project).file, source(project).module) == ("model.py", "")
    assert page.model_field.file.isVisible()


def test_a_module_typed_with_its_class_sets_both_in_one_undo(
    page: SourcePage, project: Controller, qtbot: QtBot
) -> None:
    child(page, QWidget, "source-is-module").click()  # type: ignore[attr-defined]
    retype(qtbot, line(page, "source-module"), "package.net:Encoder")
    qtbot.keyClick(line(page, "source-module"), Qt.Key.Key_Return)
    assert (source(project).module, source(project).name) == ("package.net", "Encoder")
    assert line(page, "source-module").text() == "package.net"
    project.undo_stack.undo()
    assert (source(project).file, source(project).name) == ("model.py", "ShapesNet")


def test_choosing_a_class_first_proposes_inputs_and_an_output_path_in_one_undo(
    page: SourcePage, project: Controller
) -> None:
    steps = project.undo_stack.count()
    page.model_field.name_edited.emit("Encoder")
    assert inputs_of(project) == (
        InputSpec("input_ids", (1, 16), "int64"),
        InputSpec("attention_mask", (1, 16), "int64", 1.0, 1.0),
    )
    assert project.recipe.export.output_path == "build/model.onnx"
    assert project.undo_stack.count() == steps + 1
    project.undo_stack.undo()
    assert inputs_of(project) == ()
    assert source(project).name == "ShapesNet"


def test_before_the_recipe_has_a_file_the_output_is_proposed_beside_the_model(
    controller: Controller, client: FakeClient, qtbot: QtBot, settings: Settings
) -> None:
    client.answers |= {"hello": make_capabilities(), "scan": SCAN}
    page = SourcePage(controller, settings)
    qtbot.addWidget(page)
    page.model_field.location_edited.emit("/models/nets/model.py", "", "")
    qtbot.waitUntil(lambda: controller.scan is not None)
    page.model_field.name_edited.emit("Encoder")
    assert controller.recipe.export.output_path == "/models/nets/build/model.onnx"


def test_choosing_from_the_list_shows_the_bare_name(page: SourcePage, project: Controller) -> None:
    combo = page.model_field.combo
    combo.setCurrentIndex(1)
    combo.activated.emit(1)
    assert source(project).name == "Block"
    assert combo.currentText() == "Block"
    project.undo_stack.undo()
    assert combo.currentText() == "ShapesNet"


def test_typing_a_name_of_the_file_chooses_it(page: SourcePage, project: Controller, qtbot: QtBot) -> None:
    editor = page.model_field.combo.lineEdit()
    assert editor is not None
    retype(qtbot, editor, "Encode")
    assert source(project).name == "ShapesNet"
    qtbot.keyClicks(editor, "r")
    assert source(project).name == "Encoder"


def test_choosing_another_class_keeps_the_inputs_that_are_there(page: SourcePage, project: Controller) -> None:
    mine = (InputSpec("mine", (2, 2)),)
    project.edit(dataclasses.replace(project.recipe, inputs=mine), "add")
    page.model_field.name_edited.emit("Block")
    assert project.recipe.inputs == mine
