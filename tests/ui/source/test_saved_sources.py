"""Saved models in the window: what is shown, consent, what a dropped file becomes, and files that change on disk."""

from __future__ import annotations

import dataclasses
import os
import pickle
import zipfile
from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import (
    CallableInfo,
    CheckpointSpec,
    DynamicDim,
    FileStamp,
    InputSpec,
    LoadReport,
    SavedModel,
    SourceScan,
    TensorInfo,
    runner_specs,
)
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.file_kinds import FileKind, kind_of
from modelpack_gui.ui.models.runner_entries import Surroundings, runner_offers
from modelpack_gui.ui.pages.export import ExportPage
from modelpack_gui.ui.pages.source import SourcePage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.form_parts import NoteLabel
from modelpack_gui.ui.widgets.window.changed_bar import ChangedBar
from tests.ui.fake_client import FakeClient
from tests.ui.made_reports import capabilities as bench_capabilities
from tests.ui.samples import make_capabilities, make_check_report, make_export_record, make_load_report

PICKLED = SavedModel(
    "pickled-module", "Net", globals=("net.Net", "torch.nn.modules.linear.Linear"), producer="torch.save"
)
PROGRAM = SavedModel(
    "exported-program",
    "Net",
    inputs=(TensorInfo("x", "float32", ("batch", 3)),),
    outputs=(TensorInfo("y", "float32", ("batch", 4)),),
    proposed=(InputSpec("x", (2, 3)),),
    dynamic=(DynamicDim("x", 0, "batch", 1, 64),),
)
NET = CallableInfo("Net", "module", 1)


def archive(path: Path, *names: str, content: bytes = b"") -> Path:
    with zipfile.ZipFile(path, "w") as made:
        for name in names:
            made.writestr(name, content)
    return path


def script(path: Path) -> Path:
    return archive(path, "net/constants.pkl", "net/code/__torch__.py", "net/data.pkl")


def program(path: Path) -> Path:
    return archive(path, "net/archive_format", "net/models/model.json")


class Module:
    def __init__(self) -> None:
        self.training = False
        self._parameters: dict[str, float] = {}


def pickled(path: Path) -> Path:
    return archive(path, "net/data.pkl", content=pickle.dumps(Module(), protocol=2))


def state_dict(path: Path) -> Path:
    return archive(path, "net/data.pkl", content=pickle.dumps({"_parameters": 1.0}, protocol=2))


@pytest.fixture
def project(controller: Controller, client: FakeClient, qtbot: QtBot, tmp_path: Path) -> Controller:
    (tmp_path / "model.py").write_text("class Net: ...\n")
    (tmp_path / "weights.pt").write_bytes(b"x")
    path = tmp_path / "recipe.toml"
    path.write_text('schema_version = 1\n[source]\nfile = "model.py"\nname = "Net"\n', encoding="utf-8")
    client.answers |= {"hello": make_capabilities(), "scan": SourceScan(str(tmp_path / "model.py"), (NET,))}
    controller.open_recipe(path, is_trusted=True)
    qtbot.waitUntil(lambda: controller.scan is not None and controller.capabilities is not None)
    return controller


@pytest.fixture
def page(project: Controller, settings: Settings, qtbot: QtBot) -> SourcePage:
    page = SourcePage(project, settings)
    qtbot.addWidget(page)
    page.resize(1000, 900)
    page.show()
    return page


def choose(page: SourcePage, client: FakeClient, path: Path, saved: SavedModel, qtbot: QtBot) -> None:
    client.answers["scan"] = SourceScan(str(path), (), saved)
    page.model_field.location_edited.emit(path.name, "", "")
    qtbot.waitUntil(lambda: page.controller.scan is not None and page.controller.scan.saved is saved)


def button(page: QWidget, name: str) -> QPushButton:
    found = page.findChild(QPushButton, name)
    assert found is not None
    return found


def texts(widget: QWidget) -> str:
    labels = [label.text() for label in widget.findChildren(QLabel)]
    return "\n".join([*labels, *(note.text for note in widget.findChildren(NoteLabel))])


# What a file becomes


@pytest.mark.parametrize(
    ("make", "name", "kind"),
    [
        (script, "net.pt", FileKind.ARTIFACT),
        (script, "net.bin", FileKind.ARTIFACT),
        (program, "net.pt2", FileKind.ARTIFACT),
        (program, "net.pth", FileKind.ARTIFACT),
        (pickled, "net.pt", FileKind.SAVED_MODULE),
        (state_dict, "net.pt", FileKind.CHECKPOINT),
    ],
)
def test_what_is_inside_an_archive_decides_what_it_is_opened_as(
    tmp_path: Path, make: object, name: str, kind: FileKind
) -> None:
    assert callable(make)
    assert kind_of(make(tmp_path / name)) is kind


def test_an_exported_program_opens_as_the_source_with_its_graph(
    controller: Controller, client: FakeClient, tmp_path: Path, qtbot: QtBot
) -> None:
    path = program(tmp_path / "net.pt2")
    client.answers |= {
        "scan": SourceScan(str(path), (), PROGRAM),
        "inspect": ErrorInfo("graph-not-readable", "It cannot be read."),
        "check": make_check_report(),
    }
    controller.open_artifact(path)
    qtbot.waitUntil(lambda: controller.recipe.inputs == PROGRAM.proposed)
    assert controller.recipe.source.file == str(path)
    assert controller.recipe.export.dynamic == PROGRAM.dynamic
    assert controller.looks_at_source
    assert not controller.problem(Stage.EXPORT)
    client.answers["export"] = make_export_record()
    controller.run(Stage.PARITY)  # against itself it would prove nothing
    qtbot.waitUntil(lambda: any(job.stage == "parity" for job in client.jobs))
    assert any(job.stage == "export" for job in client.jobs)
    assert not controller.looks_at_source


def test_an_onnx_source_hides_what_is_about_making_and_exporting_a_model(
    page: SourcePage, settings: Settings, client: FakeClient, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "net.onnx").write_bytes(b"x")
    saved = dataclasses.replace(PROGRAM, kind="onnx")
    choose(page, client, tmp_path / "net.onnx", saved, qtbot)
    assert not page.checkpoint.isVisible()
    assert page.controller.recipe.bench.runners == runner_specs("onnxruntime")
    export = ExportPage(page.controller, settings)
    qtbot.addWidget(export)
    export.show()
    assert not export.run_button.isEnabled()
    assert not export.options_button.isVisible()
    assert "there is nothing to export. The other stages look at that file." in texts(export)
    offers = runner_offers(Surroundings(bench_capabilities(), has_model=False), ())
    offered = {offer.info.id: offer.problem for offer in offers}
    assert offered["onnxruntime"] == ""
    assert offered["eager"] == "needs a PyTorch model"


# What is shown


def test_a_saved_model_is_described_in_the_place_of_the_class_list(
    page: SourcePage, client: FakeClient, tmp_path: Path, qtbot: QtBot
) -> None:
    choose(page, client, program(tmp_path / "net.pt2"), PROGRAM, qtbot)
    shown = texts(page.model_field.saved)
    assert "ExportedProgram of Net." in shown
    assert "x: float32 batch × 3" in shown
    assert "y: float32 batch × 4" in shown
    assert not page.model_field.combo.isVisible()
    assert not page.arguments.isVisible()
    assert page.run_button.isEnabled()
    page.controller.undo_stack.undo()  # what the file takes
    page.controller.undo_stack.undo()  # the file
    assert page.model_field.combo.isVisible()
    assert page.arguments.isVisible()


def test_what_a_file_takes_becomes_the_example_inputs_undoably(
    page: SourcePage, client: FakeClient, tmp_path: Path, qtbot: QtBot
) -> None:
    choose(page, client, program(tmp_path / "net.pt2"), PROGRAM, qtbot)
    controller = page.controller
    assert controller.recipe.inputs == PROGRAM.proposed
    assert controller.recipe.export.output_path == "build/net.onnx"
    controller.undo_stack.undo()
    assert controller.recipe.inputs == ()
    assert controller.recipe.source.file == "net.pt2"


def test_consent_names_what_would_run_and_loads(
    page: SourcePage, client: FakeClient, tmp_path: Path, qtbot: QtBot
) -> None:
    choose(page, client, pickled(tmp_path / "net.pt"), PICKLED, qtbot)
    assert "net.Net" in texts(page.model_field.saved)
    button(page, "saved-consent-button").click()
    dialog = page.findChild(QDialog, "allow-globals-dialog")
    assert dialog is not None
    assert "Let the saved model use these 2 classes?" in texts(dialog)
    assert page.controller.recipe.source.allowed_globals == ()
    button(dialog, "allow-globals-accept").click()
    assert page.controller.recipe.source.allowed_globals == PICKLED.globals
    assert client.last("load").request.source.allowed_globals == PICKLED.globals  # type: ignore[union-attr]
    remove = page.findChild(QToolButton, "disallow-net.Net")
    assert remove is not None
    remove.click()
    assert page.controller.recipe.source.allowed_globals == PICKLED.globals[1:]


def test_a_refused_load_offers_the_same_consent(
    page: SourcePage, client: FakeClient, tmp_path: Path, qtbot: QtBot
) -> None:
    choose(page, client, pickled(tmp_path / "net.pt"), dataclasses.replace(PICKLED, globals=()), qtbot)
    client.answers["load"] = ErrorInfo("saved-model-unsafe-global", "It wants more.", "", "net.Other")
    page.controller.run(Stage.SOURCE)
    qtbot.waitUntil(lambda: button(page, "consent-button").isVisible())
    button(page, "consent-button").click()
    dialog = page.findChild(QDialog, "allow-globals-dialog")
    assert dialog is not None
    button(dialog, "allow-globals-accept").click()
    assert page.controller.recipe.source.allowed_globals == ("net.Other",)


def test_a_command_in_a_saved_model_cannot_be_consented_to(
    page: SourcePage, client: FakeClient, tmp_path: Path, qtbot: QtBot
) -> None:
    evil = dataclasses.replace(PICKLED, globals=("posix.system",), forbidden=("posix.system",))
    choose(page, client, pickled(tmp_path / "net.pt"), evil, qtbot)
    assert "It cannot be loaded." in texts(page.model_field.saved)
    assert page.findChild(QPushButton, "saved-consent-button") is None


def test_another_file_takes_the_consent_along_with_it(
    page: SourcePage, client: FakeClient, tmp_path: Path, qtbot: QtBot
) -> None:
    choose(page, client, pickled(tmp_path / "net.pt"), PICKLED, qtbot)
    page.model_field.allowed_edited.emit(("net.Net",))
    page.model_field.location_edited.emit("other.pt", "", "")
    assert page.controller.recipe.source.allowed_globals == ()


# Files that change on disk


def loaded(project: Controller, client: FakeClient, qtbot: QtBot, *files: Path) -> None:
    stamps = [(path, path.stat()) for path in files]
    report: LoadReport = dataclasses.replace(
        make_load_report(),
        files=tuple(FileStamp(str(path), stat.st_size, stat.st_mtime_ns) for path, stat in stamps),
    )
    client.answers["load"] = report
    project.run(Stage.SOURCE)
    qtbot.waitUntil(lambda: project.state(Stage.SOURCE).result is report)


def test_an_edit_of_the_model_file_turns_results_stale_and_one_click_loads_again(
    project: Controller, client: FakeClient, tmp_path: Path, qtbot: QtBot
) -> None:
    bar = ChangedBar(project)
    bar.resize(700, 40)
    qtbot.addWidget(bar)
    loaded(project, client, qtbot, tmp_path / "model.py")
    assert project.state(Stage.SOURCE).status is Status.PASSED
    assert bar.isHidden()
    scans = sum(job.stage == "scan" for job in client.jobs)
    with qtbot.waitSignal(project.files_changed):
        (tmp_path / "model.py").write_text("class Net:\n    changed = True\n")
    assert project.state(Stage.SOURCE).status is Status.STALE
    assert sum(job.stage == "scan" for job in client.jobs) == scans + 1
    assert not bar.isHidden()
    assert "model.py changed on disk" in texts(bar)
    loads = sum(job.stage == "load" for job in client.jobs)
    stat = (tmp_path / "model.py").stat()
    fresh = FileStamp(str(tmp_path / "model.py"), stat.st_size, stat.st_mtime_ns)
    client.answers["load"] = dataclasses.replace(make_load_report(), files=(fresh,))
    button(bar, "load-again").click()
    qtbot.waitUntil(lambda: project.state(Stage.SOURCE).status is Status.PASSED)
    assert sum(job.stage == "load" for job in client.jobs) == loads + 1
    assert bar.isHidden()


def test_a_file_that_an_editor_replaces_is_seen_each_time(
    project: Controller, client: FakeClient, tmp_path: Path, qtbot: QtBot
) -> None:
    for text in ("first", "the second", "yet another"):
        (tmp_path / "new").write_text(f"# {text}\n")
        with qtbot.waitSignal(project.files_changed):
            os.replace(tmp_path / "new", tmp_path / "model.py")  # noqa: PTH105 (as editors do it)


def test_a_neighbour_that_the_model_imported_is_watched_too(
    project: Controller, client: FakeClient, tmp_path: Path, qtbot: QtBot
) -> None:
    layers = tmp_path / "layers"
    layers.mkdir()
    (layers / "blocks.py").write_text("WIDTH = 3\n")
    loaded(project, client, qtbot, tmp_path / "model.py", layers / "blocks.py")
    with qtbot.waitSignal(project.files_changed):
        (layers / "blocks.py").write_text("WIDTH = 1234\n")
    assert project.changed_files == (str(layers / "blocks.py"),)


def test_a_checkpoint_that_was_written_anew_turns_results_stale(
    project: Controller, client: FakeClient, tmp_path: Path, qtbot: QtBot
) -> None:
    source = dataclasses.replace(project.recipe.source, checkpoint=CheckpointSpec("weights.pt"))
    project.edit(dataclasses.replace(project.recipe, source=source), "choose checkpoint")
    client.answers["load"] = make_load_report()  # without files, as of an older worker
    project.run(Stage.SOURCE)
    qtbot.waitUntil(lambda: project.state(Stage.SOURCE).result is not None)
    with qtbot.waitSignal(project.files_changed):
        (tmp_path / "weights.pt").write_bytes(b"other weights")
    assert project.state(Stage.SOURCE).status is Status.STALE


def test_other_files_in_the_folder_change_nothing(
    project: Controller, client: FakeClient, tmp_path: Path, qtbot: QtBot
) -> None:
    loaded(project, client, qtbot, tmp_path / "model.py")
    with qtbot.assertNotEmitted(project.files_changed, wait=500):
        (tmp_path / "notes.txt").write_text("nothing to do with it")
    assert project.state(Stage.SOURCE).status is Status.PASSED
