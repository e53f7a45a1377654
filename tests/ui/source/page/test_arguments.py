"""The constructor form of the Source page: editors by annotation, faults, undo."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from modelpack_gui.core.records import ParameterInfo
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.models.argument_kinds import Kind, editor_for, parse, spell
from modelpack_gui.ui.pages.source import SourcePage
from tests.ui.source.page.parts import child, line, problems, retype, source


def test_typing_an_argument_is_one_undo_step_and_the_default_is_no_argument(
    page: SourcePage, project: Controller, qtbot: QtBot
) -> None:
    field = line(page, "argument-num_classes")
    assert field.placeholderText() == "5"
    retype(qtbot, field, "128")
    assert source(project).arguments == {"num_classes": 128}
    assert field.cursorPosition() == 3
    project.undo_stack.undo()
    assert source(project).arguments == {}
    assert field.text() == ""
    retype(qtbot, field, "5")
    assert source(project).arguments == {}


def test_a_wrong_argument_is_marked_and_the_recipe_stays(page: SourcePage, project: Controller, qtbot: QtBot) -> None:
    retype(qtbot, line(page, "argument-num_classes"), "12")
    qtbot.keyClicks(line(page, "argument-num_classes"), "x")
    assert source(project).arguments == {"num_classes": 12}
    assert problems(page) == ("num_classes must be a whole number, such as 64.",)
    retype(qtbot, line(page, "argument-dropout"), "0.5")  # another edit leaves what is half typed
    assert line(page, "argument-num_classes").text() == "12x"
    project.undo_stack.undo()
    project.undo_stack.undo()
    assert line(page, "argument-num_classes").text() == ""
    assert problems(page) == ()


def test_editors_follow_annotations(page: SourcePage, project: Controller, qtbot: QtBot) -> None:
    check, combo = child(page, QCheckBox, "argument-bias"), child(page, QComboBox, "argument-norm")
    assert isinstance(check, QCheckBox)
    assert isinstance(combo, QComboBox)
    assert check.isChecked()
    check.click()
    combo.setCurrentIndex(2)
    combo.activated.emit(2)
    retype(qtbot, line(page, "argument-widths"), "(8, 16)")
    assert source(project).arguments == {"bias": False, "norm": "group", "widths": [8, 16]}
    for _ in range(3):
        project.undo_stack.undo()
    assert check.isChecked()
    assert combo.currentIndex() == 0


def test_a_required_argument_is_asked_for(page: SourcePage, project: Controller, qtbot: QtBot) -> None:
    page.model_field.name_edited.emit("Block")
    assert problems(page) == ("channels has no default and must be given.",)
    retype(qtbot, line(page, "argument-channels"), "8")
    assert problems(page) == ()
    assert source(project).arguments == {"channels": 8}


def test_an_argument_that_the_signature_lacks_is_shown_and_can_be_removed(
    page: SourcePage, project: Controller
) -> None:
    changed_source = dataclasses.replace(source(project), name="Strict", arguments={"depth": 3, "num_classes": 7})
    project.edit(dataclasses.replace(project.recipe, source=changed_source), "change")
    texts = [label.text() for label in page.arguments.findChildren(QLabel) if not label.isHidden()]
    assert "The signature has no parameter depth." in texts
    child(page, QToolButton, "remove-argument-depth").click()  # type: ignore[attr-defined]
    assert source(project).arguments == {"num_classes": 7}


def test_a_stored_argument_of_the_wrong_type_is_marked(page: SourcePage, project: Controller) -> None:
    wrong = dataclasses.replace(source(project), arguments={"num_classes": "many"})
    project.edit(dataclasses.replace(project.recipe, source=wrong), "change")
    assert problems(page) == ("num_classes is 'many' and must be a whole number.",)
    child(page, QToolButton, "reset-argument-num_classes").click()  # type: ignore[attr-defined]
    assert source(project).arguments == {}


@pytest.mark.parametrize(
    ("annotation", "default", "kind", "allows_none"),
    [
        ("int", "1", Kind.INT, False),
        ("Optional[int]", "None", Kind.INT, True),
        ("typing.Union[float, None]", "None", Kind.FLOAT, True),
        ("'str'", "'a'", Kind.STR, False),
        ("bool | None", "None", Kind.CHOICE, True),
        ("Literal[1, 2]", "1", Kind.CHOICE, False),
        ("int | str", "1", Kind.LITERAL, False),
        ("list[int", "None", Kind.LITERAL, True),
        ("Sequence[int]", "(1, 2)", Kind.LITERAL, False),
    ],
)
def test_the_annotation_chooses_the_editor(annotation: str, default: str, kind: Kind, allows_none: bool) -> None:
    editor = editor_for(ParameterInfo("x", "positional_or_keyword", annotation, default))
    assert (editor.kind, editor.allows_none) == (kind, allows_none)


@pytest.mark.parametrize("value", ["plain", "", " padded ", "None", "it's", '"quoted"', "a b"])
def test_a_text_argument_is_read_back_as_it_was_spelled(value: str) -> None:
    editor = editor_for(ParameterInfo("x", "positional_or_keyword", "str | None", "None"))
    assert parse(spell(value, editor), editor) == value


@pytest.mark.parametrize("text", ["{1, 2}", "b'x'", "open('x')", "[1,", "1j", "{1: 2}", "__import__('os')"])
def test_what_a_recipe_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(a|made) "):
        parse(text, editor_for(ParameterInfo("x", "positional_or_keyword")))
