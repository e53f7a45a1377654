"""The checkpoint on the Source page: what is in the file, how it is read, and the report on its keys."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    CheckpointEntry,
    CheckpointScan,
    CheckpointScanRequest,
    CheckpointSpec,
    KeyPrefix,
    KeyReport,
    KeySuggestion,
    ShapeMismatch,
    StateDictInfo,
    TensorInfo,
)
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.inspection import Inspection
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.source.checkpoint_field import CheckpointField
from modelpack_gui.ui.widgets.source.key_report import KeyReportView
from tests.ui.fake_client import FakeClient
from tests.ui.samples import make_capabilities, make_load_report, make_recipe

MODEL = StateDictInfo(
    "model", 56, 314_000, ("float32", "int64"), (KeyPrefix("module.", 56),),
    (TensorInfo("module.stem.0.weight", "float32", (16, 3, 3, 3)),),
)  # fmt: skip
EMA = dataclasses.replace(MODEL, key="ema.module", prefixes=())
SCAN = CheckpointScan(
    "/models/weights.pt", "torch", 640_000, (), (MODEL, EMA), "model", (CheckpointEntry("epoch", "int 12"),)
)


@pytest.fixture
def project(controller: Controller, client: FakeClient, tmp_path: Path) -> Controller:
    client.answers |= {"hello": make_capabilities(), "scan-checkpoint": SCAN}
    for name in ("weights.pt", "other.pt"):
        (tmp_path / name).write_bytes(b"x")
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("schema_version = 1\n")
    controller.open_recipe(recipe, is_trusted=True)
    return controller


@pytest.fixture
def field(qtbot: QtBot, project: Controller, settings: Settings) -> CheckpointField:
    field = CheckpointField(project, settings)
    qtbot.addWidget(field)

    def edit(spec: CheckpointSpec | None, text: str) -> None:
        source = dataclasses.replace(project.recipe.source, checkpoint=spec)
        project.edit(dataclasses.replace(project.recipe, source=source), text)

    field.checkpoint_edited.connect(edit)
    project.recipe_changed.connect(field.follow)
    field.resize(700, 500)
    field.show()
    field.checkpoint_edited.emit(CheckpointSpec("weights.pt"), "choose checkpoint")
    qtbot.waitUntil(lambda: field.reader.scan is not None)
    return field


def spec(project: Controller) -> CheckpointSpec:
    assert project.recipe.source.checkpoint is not None
    return project.recipe.source.checkpoint


def combo(field: CheckpointField, name: str) -> QComboBox:
    found = field.findChild(QComboBox, name)
    assert found is not None
    return found


def choose(box: QComboBox, index: int) -> None:
    """As a person does: `activated` comes too."""
    box.setCurrentIndex(index)
    box.activated.emit(index)


def problem(field: CheckpointField) -> str:
    return field._note.text


def test_the_file_is_described_without_loading_it(field: CheckpointField, client: FakeClient) -> None:
    assert client.last("scan-checkpoint").request == CheckpointScanRequest("weights.pt")
    assert field._facts.whole == "torch.save · 640 kB · also holds epoch (int 12)"
    assert all(job.stage != "load" for job in client.jobs)


def test_state_dicts_are_listed_and_the_choice_can_be_undone(field: CheckpointField, project: Controller) -> None:
    box = combo(field, "checkpoint-key")
    assert [box.itemText(i) for i in range(box.count())] == [
        "Automatic (model: 56 tensors, 314 kB)",
        "model: 56 tensors, 314 kB",
        "ema.module: 56 tensors, 314 kB",
    ]
    choose(box, 2)
    assert spec(project).key == "ema.module"
    project.undo_stack.undo()
    assert spec(project).key == ""
    assert box.currentIndex() == 0


def test_the_first_keys_are_shown_on_demand(field: CheckpointField) -> None:
    assert not field.options._fold.is_open
    assert "module.stem.0.weight  float32  16 × 3 × 3 × 3" in field.options._preview.toPlainText()
    assert "and 55 more" in field.options._preview.toPlainText()


def test_a_prefix_is_offered_and_another_one_can_be_typed(
    field: CheckpointField, project: Controller, qtbot: QtBot
) -> None:
    box = combo(field, "checkpoint-prefix")
    assert [box.itemText(i) for i in range(box.count())] == ["module."]
    choose(box, 0)
    assert spec(project).prefix == "module."
    line = box.lineEdit()
    assert isinstance(line, QLineEdit)
    line.clear()
    qtbot.keyClicks(line, "student.")
    line.editingFinished.emit()
    assert spec(project).prefix == "student."
    project.undo_stack.undo()
    project.undo_stack.undo()
    assert line.text() == ""


def test_the_dtype_and_strictness_are_edits_of_the_recipe(field: CheckpointField, project: Controller) -> None:
    box = combo(field, "checkpoint-dtype")
    choose(box, box.findData("float16"))
    tick = field.findChild(QCheckBox, "checkpoint-strict")
    assert tick is not None
    tick.click()
    assert spec(project) == CheckpointSpec("weights.pt", strict=False, dtype="float16")
    project.undo_stack.undo()
    assert tick.isChecked()


def test_another_file_forgets_key_and_prefix_of_the_one_before(
    field: CheckpointField, project: Controller, qtbot: QtBot
) -> None:
    choose(combo(field, "checkpoint-key"), 2)
    choose(combo(field, "checkpoint-dtype"), 2)
    field.file.choose(str(project.base / "other.pt"))
    assert spec(project) == CheckpointSpec("other.pt", dtype="float16")


def test_a_file_that_was_written_anew_is_read_again(
    field: CheckpointField, project: Controller, client: FakeClient
) -> None:
    asked = sum(job.stage == "scan-checkpoint" for job in client.jobs)
    field.follow()
    assert sum(job.stage == "scan-checkpoint" for job in client.jobs) == asked
    path = project.base / "weights.pt"
    os.utime(path, ns=(1, 1))
    field.follow()
    assert sum(job.stage == "scan-checkpoint" for job in client.jobs) == asked + 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"refused": ("numpy.dtype",)}, "needs your consent"),
        ({"refused": ("posix.system",), "forbidden": ("posix.system",)}, "can run any command"),
        ({"state_dicts": (), "is_whole_module": True}, "whole pickled model"),
        ({"state_dicts": ()}, "no state dict"),
    ],
)
def test_what_stands_in_the_way_of_loading_is_said_before_it(
    field: CheckpointField,
    client: FakeClient,
    project: Controller,
    qtbot: QtBot,
    changes: dict[str, object],
    said: str,
) -> None:
    client.answers["scan-checkpoint"] = dataclasses.replace(SCAN, **changes)  # type: ignore[arg-type]
    field.file.choose(str(project.base / "other.pt"))
    qtbot.waitUntil(lambda: said in problem(field))


def test_a_file_that_cannot_be_read_says_so(
    field: CheckpointField, client: FakeClient, project: Controller, qtbot: QtBot
) -> None:
    client.answers["scan-checkpoint"] = ErrorInfo("checkpoint-truncated", "It is cut short.")
    field.file.choose(str(project.base / "other.pt"))
    qtbot.waitUntil(lambda: problem(field) == "It is cut short.")
    assert not combo(field, "checkpoint-key").isVisible()


def test_without_a_checkpoint_there_is_nothing_to_set(field: CheckpointField) -> None:
    field.checkpoint_edited.emit(None, "clear checkpoint")
    for name in ("checkpoint-key", "checkpoint-prefix", "checkpoint-dtype"):
        assert not combo(field, name).isVisible()


def test_nothing_is_asked_of_an_interpreter_that_is_not_trusted(
    controller: Controller, client: FakeClient, settings: Settings, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "weights.pt").write_bytes(b"x")
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('schema_version = 1\n[source]\nfile = "a.py"\ncheckpoint = { path = "weights.pt" }\n')
    controller.open_recipe(recipe, is_trusted=False)
    qtbot.addWidget(CheckpointField(controller, settings))
    assert client.jobs == []


def test_the_key_report_says_how_it_was_loaded_and_what_a_key_probably_is(settings: Settings, qtbot: QtBot) -> None:
    view = KeyReportView(settings)
    qtbot.addWidget(view)
    keys = KeyReport(
        38, ("head.weight", "head.bias"), ("classifier.weight",), key="ema", prefix="module.", dtype="float16",
        suggestions=(KeySuggestion("head.weight", "classifier.weight", "same shape [5, 64], same last name"),),
    )  # fmt: skip
    view.show_report(dataclasses.replace(make_load_report(), keys=keys))
    sentence = view._sentence.text()
    assert "2 tensors of the model are as the constructor made them." in sentence
    assert sentence.endswith("From ema, prefix module. taken off, cast to float16.")
    rows = {row.key: row.probably for row in view.model.records}
    assert rows == {"head.weight": "classifier.weight", "head.bias": "", "classifier.weight": "head.weight"}
    shown: list[Inspection] = []
    view.inspection_made.connect(shown.append)
    view.table.select_record(view.model.record(0))
    properties = {item.name: item.value for item in shown[-1].sections[0].properties}
    assert properties["because of"] == "same shape [5, 64], same last name"


def test_columns_of_the_key_report_that_have_nothing_to_say_are_hidden(settings: Settings, qtbot: QtBot) -> None:
    view = KeyReportView(settings)
    qtbot.addWidget(view)
    shapes = KeyReport(38, mismatched=(ShapeMismatch("head.weight", (5, 64), (9, 64)),))
    view.show_report(dataclasses.replace(make_load_report(), keys=shapes))
    assert [view.table.isColumnHidden(column) for column in range(5)] == [False, False, True, False, False]
    view.show_report(dataclasses.replace(make_load_report(), keys=KeyReport(38, ("head.weight",))))
    assert [view.table.isColumnHidden(column) for column in range(5)] == [False, False, True, True, True]


def test_a_recipe_with_a_key_that_the_file_lacks_shows_it(
    field: CheckpointField, project: Controller, qtbot: QtBot
) -> None:
    recipe: Recipe = make_recipe()
    source = dataclasses.replace(recipe.source, checkpoint=CheckpointSpec("weights.pt", key="student"))
    project.edit(dataclasses.replace(recipe, source=source), "x")
    assert combo(field, "checkpoint-key").currentText() == "student (not found in the file)"
