from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QTableView,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.input_proposals import proposed_inputs
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.recipe import InterpreterSpec, Recipe
from modelpack_gui.core.records import (
    CallableInfo,
    CapturedWarning,
    CheckpointSpec,
    DynamicDim,
    InputSpec,
    KeyReport,
    LoadReport,
    LoadRequest,
    ModelSource,
    ModuleInfo,
    PackageInfo,
    ParameterInfo,
    ShapeMismatch,
    SourceScan,
)
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.dialogs.allow_globals import AllowGlobalsDialog, meaning
from modelpack_gui.ui.inspection import Inspection
from modelpack_gui.ui.models.argument_kinds import Kind, editor_for, parse, spell
from modelpack_gui.ui.models.input_rules import changed, parse_shape
from modelpack_gui.ui.models.input_rules import spell as spell_input
from modelpack_gui.ui.models.input_table import InputTableModel
from modelpack_gui.ui.models.module_tree import ModuleTreeModel
from modelpack_gui.ui.pages.source import SourcePage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.theme import mono_font
from modelpack_gui.ui.widgets.form_parts import LABEL_WIDTH
from tests.ui.fake_client import FakeClient
from tests.ui.samples import make_capabilities, make_load_report

TENSOR = ParameterInfo("image", "positional_or_keyword", "Tensor")
NET = CallableInfo(
    "ShapesNet",
    "module",
    38,
    "Say which shape is in a picture.",
    parameters=(
        ParameterInfo("num_classes", "positional_or_keyword", "int", "5", 5),
        ParameterInfo("norm", "positional_or_keyword", "Literal['batch', 'group']", "'batch'", "batch"),
        ParameterInfo("dropout", "positional_or_keyword", "float", "0.0", 0.0),
        ParameterInfo("bias", "keyword_only", "bool", "True", True),
        ParameterInfo("widths", "keyword_only", "Sequence[int] | None", "None", None),
        ParameterInfo("rest", "var_keyword"),
    ),
    forward=(TENSOR,),
)
BLOCK = CallableInfo(
    "Block", "module", 24, parameters=(ParameterInfo("channels", "positional_or_keyword", "int"),), forward=(TENSOR,)
)
STRICT = dataclasses.replace(NET, name="Strict", parameters=NET.parameters[:-1])
ENCODER = CallableInfo(
    "Encoder",
    "module",
    90,
    forward=(
        ParameterInfo("input_ids", "positional_or_keyword"),
        ParameterInfo("attention_mask", "positional_or_keyword"),
        ParameterInfo("labels", "positional_or_keyword", "", "None"),
    ),
)
BASE = CallableInfo("BaseNet", "module", 70, abstract=("forward",))
SCAN = SourceScan("/models/model.py", (NET, BLOCK, STRICT, ENCODER, BASE))


@pytest.fixture
def recipe_path(tmp_path: Path) -> Path:
    (tmp_path / "model.py").write_text("", encoding="utf-8")
    (tmp_path / "other.py").write_text("", encoding="utf-8")
    (tmp_path / "weights.pt").write_bytes(b"x")
    path = tmp_path / "recipe.toml"
    path.write_text('schema_version = 1\n[source]\nfile = "model.py"\nname = "ShapesNet"\n', encoding="utf-8")
    return path


@pytest.fixture
def project(controller: Controller, client: FakeClient, qtbot: QtBot, recipe_path: Path) -> Controller:
    client.answers |= {"hello": make_capabilities(), "scan": SCAN}
    controller.open_recipe(recipe_path, is_trusted=True)
    qtbot.waitUntil(lambda: controller.scan is not None and controller.capabilities is not None)
    return controller


@pytest.fixture
def page(qtbot: QtBot, project: Controller, settings: Settings) -> SourcePage:
    made = SourcePage(project, settings)
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    return made


def child(parent: QWidget, kind: type[QWidget], name: str) -> QWidget:
    found = parent.findChild(kind, name)
    assert found is not None, name
    return found


def line(page: QWidget, name: str) -> QLineEdit:
    found = child(page, QLineEdit, name)
    assert isinstance(found, QLineEdit)
    return found


def retype(qtbot: QtBot, field: QLineEdit, text: str) -> None:
    field.setFocus()
    field.selectAll()
    if text:
        qtbot.keyClicks(field, text)
    else:
        qtbot.keyClick(field, Qt.Key.Key_Delete)


def problems(page: SourcePage) -> tuple[str, ...]:
    return page.arguments.problems


def inputs_of(controller: Controller) -> tuple[InputSpec, ...]:
    return controller.recipe.inputs


def source(controller: Controller) -> ModelSource:
    return controller.recipe.source


# Interpreter


def test_the_interpreter_line_names_versions_cpu_and_threads(page: SourcePage) -> None:
    text = child(page, QLabel, "interpreter-facts")
    assert isinstance(text, QLabel)
    assert text.text() == "Python 3.11.7 · torch 2.13.0 · onnx 1.23.2 · no onnxruntime · A CPU · 4 threads"


def test_missing_packages_are_shown_with_one_pip_command_for_all(
    page: SourcePage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    missing = (
        PackageInfo("onnxscript", "", "ONNX export with dynamo.", "python -m pip install onnxscript"),
        PackageInfo("onnx", "", "Everything.", "python -m pip install onnx"),
    )
    client.answers["hello"] = dataclasses.replace(make_capabilities(), packages=missing)
    with qtbot.waitSignal(project.capabilities_changed):
        project.refresh_capabilities()
    qtbot.waitUntil(lambda: project.capabilities is not None)
    texts = [label.text() for label in page.interpreter.findChildren(QLabel)]
    assert "onnxscript is missing, needed for ONNX export with dynamo." in texts
    assert "onnx is missing, needed for everything." in texts
    copies = [
        button for button in page.interpreter.findChildren(QToolButton) if button.toolTip() == "Copy the command"
    ]
    copies[-1].click()
    assert QGuiApplication.clipboard().text() == "python -m pip install onnxscript onnx"


def test_choosing_an_interpreter_changes_the_recipe_and_undo_the_combo(page: SourcePage, project: Controller) -> None:
    page.interpreter.interpreter_edited.emit("/opt/env/bin/python")
    assert project.recipe.interpreter == InterpreterSpec("/opt/env/bin/python")
    assert page.interpreter.combo.currentText() == "/opt/env/bin/python"
    project.undo_stack.undo()
    assert page.interpreter.combo.currentIndex() == 0


def test_details_go_to_the_inspector(page: SourcePage, project: Controller, qtbot: QtBot) -> None:
    with qtbot.waitSignal(project.inspected) as shown:
        child(page, QPushButton, "interpreter-details").click()  # type: ignore[attr-defined]
    inspection = shown.args[0]
    assert isinstance(inspection, Inspection)
    assert [section.title for section in inspection.sections][:3] == ["Interpreter", "Packages", "Machine"]


def test_an_interpreter_that_does_not_answer_is_an_error_in_place(
    page: SourcePage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["hello"] = ErrorInfo("interpreter-missing", "There is no Python there.", "Choose another.")
    project.refresh_capabilities()
    qtbot.waitUntil(lambda: project.capabilities_error is not None)
    texts = [label.text() for label in page.interpreter.findChildren(QLabel) if label.isVisible()]
    assert "There is no Python there." in texts


# Model


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


def test_a_label_stands_on_one_line_with_its_field(page: SourcePage) -> None:
    def centre(widget: QWidget) -> float:
        return page.mapFromGlobal(widget.mapToGlobal(widget.rect().topLeft())).y() + widget.height() / 2

    labels = {
        one.text().replace("&", ""): one for one in page.findChildren(QLabel) if one.minimumWidth() == LABEL_WIDTH
    }
    for text, field in (
        ("Python", page.interpreter.combo),
        ("Kept in", child(page, QRadioButton, "source-is-file")),
        ("Model file", page.model_field.file.line),
        ("Class or factory", page.model_field.combo),
        ("Checkpoint", page.checkpoint.file.line),
    ):
        assert abs(centre(labels[text]) - centre(field)) <= 1.5, text


def test_every_mnemonic_leads_to_a_field_that_takes_the_focus(page: SourcePage) -> None:
    buddies = {one.text().replace("&", ""): one.buddy() for one in page.findChildren(QLabel) if "&" in one.text()}
    assert {"Python", "Model file", "Class or factory", "Checkpoint"} <= set(buddies)
    for text, buddy in buddies.items():
        assert buddy.focusPolicy() != Qt.FocusPolicy.NoFocus, text


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


# Arguments


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


# Checkpoint


def test_clearing_the_checkpoint_can_be_undone(page: SourcePage, project: Controller, qtbot: QtBot) -> None:
    retype(qtbot, line(page, "checkpoint-path"), "weights.pt")
    strict = child(page, QCheckBox, "checkpoint-strict")
    assert isinstance(strict, QCheckBox)
    strict.click()
    assert source(project).checkpoint == CheckpointSpec("weights.pt", strict=False)
    child(page, QToolButton, "checkpoint-clear").click()  # type: ignore[attr-defined]
    assert source(project).checkpoint is None
    assert line(page, "checkpoint-path").text() == ""
    project.undo_stack.undo()
    assert line(page, "checkpoint-path").text() == "weights.pt"
    assert not strict.isChecked()


def test_a_missing_checkpoint_is_marked(page: SourcePage, qtbot: QtBot) -> None:
    field = line(page, "checkpoint-path")
    retype(qtbot, field, "gone.pt")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert "There is no file" in field.toolTip()


def test_consent_names_each_class_adds_them_undoably_and_loads_again(
    page: SourcePage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    retype(qtbot, line(page, "checkpoint-path"), "weights.pt")
    names = ("numpy.dtype", "project.config.Config")
    client.answers["load"] = ErrorInfo("checkpoint-unsafe-global", "It asks for more.", "Allow.", "\n".join(names))
    button = child(page, QPushButton, "consent-button")
    assert isinstance(button, QPushButton)
    assert not button.isVisible()
    project.run(Stage.SOURCE)
    qtbot.waitUntil(button.isVisible)
    button.click()
    dialog = page.findChild(AllowGlobalsDialog)
    assert dialog is not None
    texts = [label.text() for label in dialog.findChildren(QLabel)]
    assert set(names) <= set(texts)
    client.answers["load"] = make_load_report()
    child(dialog, QPushButton, "allow-globals-accept").click()  # type: ignore[attr-defined]
    assert source(project).checkpoint == CheckpointSpec("weights.pt", True, names)
    qtbot.waitUntil(lambda: project.state(Stage.SOURCE).status is Status.PASSED)
    request = client.last("load").request
    assert isinstance(request, LoadRequest)
    assert request.source.checkpoint == CheckpointSpec("weights.pt", True, names)
    project.undo_stack.undo()
    assert source(project).checkpoint == CheckpointSpec("weights.pt")


def test_refusing_changes_nothing_and_an_allowed_class_can_be_taken_back(
    page: SourcePage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    spec = CheckpointSpec("weights.pt", True, ("numpy.dtype",))
    project.edit(
        dataclasses.replace(project.recipe, source=dataclasses.replace(source(project), checkpoint=spec)), "x"
    )
    client.answers["load"] = ErrorInfo("checkpoint-unsafe-global", "More.", "", "numpy.dtype\nproject.Config")
    project.run(Stage.SOURCE)
    button = child(page, QPushButton, "consent-button")
    qtbot.waitUntil(button.isVisible)
    button.click()  # type: ignore[attr-defined]
    dialog = page.findChild(AllowGlobalsDialog)
    assert dialog is not None
    assert dialog.names == ("project.Config",)
    focused = dialog.focusWidget()
    assert focused is not None
    assert focused.objectName() == "allow-globals-reject"
    dialog.reject()
    assert source(project).checkpoint == spec
    child(page, QToolButton, "disallow-numpy.dtype").click()  # type: ignore[attr-defined]
    assert source(project).checkpoint == CheckpointSpec("weights.pt")


def test_only_globals_known_by_full_name_are_called_harmless() -> None:
    assert "data only" in meaning("numpy.dtype")
    assert meaning("numpy.load") == "Code of the package numpy. The file decides what it is called with."
    assert "looked up in your model file" in meaning("__main__.Config")


# Example inputs


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


# The loaded model


def modules() -> tuple[ModuleInfo, ...]:
    return (
        ModuleInfo("", "ShapesNet", 100, 0, 400),
        ModuleInfo("stem", "Sequential", 40, 0, 160),
        ModuleInfo("stem.0", "Conv2d", 40, 40, 160),
        ModuleInfo("far.away.leaf", "Linear", 60, 60, 240),
    )


def doubtful_report() -> LoadReport:
    keys = KeyReport(38, ("stem.0.weight",), ("old.weight",), (ShapeMismatch("head.weight", (5, 64), (9, 64)),))
    return dataclasses.replace(
        make_load_report(), modules=modules(), keys=keys, warnings=(CapturedWarning("UserWarning", "Careful."),)
    )


@pytest.mark.usefixtures("_themed")
def test_the_module_tree_keeps_qts_rules() -> None:
    model = ModuleTreeModel(mono_font())
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_modules(modules())
    root = model.index(0, 0)
    assert [model.index(row, 0, root).data() for row in range(model.rowCount(root))] == ["stem", "leaf"]
    assert model.module(model.index_of("stem.0")).class_name == "Conv2d"
    assert model.parent(model.index_of("stem.0")) == model.index_of("stem")


def test_loading_shows_counts_tree_keys_and_warnings(
    page: SourcePage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["load"] = doubtful_report()
    page.run_button.click()
    qtbot.waitUntil(lambda: project.state(Stage.SOURCE).status is Status.WARNING)
    assert page.tabs.currentIndex() == 1
    assert "1 key missing, 1 key unexpected, 1 key of another shape; 38 matched" in page.sentence.text()
    assert [row.kind for row in page.keys.model.records] == ["missing", "unexpected", "other shape"]
    kind = child(page, QComboBox, "key-kind")
    assert isinstance(kind, QComboBox)
    kind.setCurrentIndex(3)
    assert [row.key for row in page.keys.model.records] == ["head.weight"]
    assert page.results.warnings.model.total == 1


def test_selecting_a_module_and_a_key_fills_the_inspector(
    page: SourcePage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["load"] = doubtful_report()
    project.run(Stage.SOURCE)
    qtbot.waitUntil(lambda: project.state(Stage.SOURCE).result is not None)
    shown: list[Inspection] = []
    project.inspected.connect(shown.append)
    proxy = page.results.tree.model()
    page.results.tree.setCurrentIndex(proxy.index(0, 0, proxy.index(0, 0)))
    assert shown[-1].title == "stem"
    assert shown[-1].sections[1].properties[0].name == "stem.0.weight"
    page.keys.table.select_record(page.keys.model.record(2))
    assert shown[-1].title == "head.weight"


def test_a_failed_load_stays_on_the_settings(
    page: SourcePage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["load"] = ErrorInfo("class-missing", "No such class.", "Choose another.")
    project.run(Stage.SOURCE)
    qtbot.waitUntil(page.error_panel.isVisible)
    assert page.tabs.currentIndex() == 0
    assert not page.tabs.isTabEnabled(1)


def test_a_new_project_empties_the_page(
    page: SourcePage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["load"] = doubtful_report()
    project.run(Stage.SOURCE)
    qtbot.waitUntil(lambda: page.tabs.currentIndex() == 1)
    project.new_project()
    assert page.tabs.currentIndex() == 0
    assert line(page, "source-path").text() == ""
    assert page.model_field.combo.currentText() == ""
    assert page.inputs.model.inputs == ()
    assert project.recipe == Recipe()


def test_tab_goes_through_the_form_from_the_top(page: SourcePage) -> None:
    names: list[str] = []
    widget = page.nextInFocusChain()
    while widget is not None and widget is not page:
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisibleTo(page):
            names.append(widget.objectName())
        widget = widget.nextInFocusChain()
    wanted = (
        "interpreter",
        "source-path",
        "source-name",
        "argument-num_classes",
        "argument-widths",
        "checkpoint-path",
    )
    places = [names.index(name) for name in (*wanted, "add-input")]
    assert places == sorted(places)


def test_reading_the_file_again_leaves_what_is_half_typed(
    page: SourcePage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    retype(qtbot, line(page, "argument-num_classes"), "12x")
    del client.answers["scan"]
    project.refresh_scan()
    assert project.scan is None
    assert line(page, "argument-num_classes").text() == "12x"
    client.last("scan").answer(SCAN)
    qtbot.waitUntil(lambda: project.scan is not None)
    assert line(page, "argument-num_classes").text() == "12x"
    assert len(problems(page)) == 1
