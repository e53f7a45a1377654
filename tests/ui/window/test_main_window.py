"""The window as a user meets it: start page, opening and dropping files, saving, commands, docks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QAction, QDropEvent
from PySide6.QtWidgets import QApplication, QDialog, QFrame, QMenu, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.client.recipe_file import load_recipe, save_recipe
from modelpack_gui.core.events import Log
from modelpack_gui.core.pipeline import ORDER, Stage, stages_of
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import CaseChoice, ParityRequest
from modelpack_gui.ui import app as gui
from modelpack_gui.ui.inspection import Inspection
from modelpack_gui.ui.main_window import MainWindow
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.command_palette import CommandPalette
from modelpack_gui.ui.widgets.inspector import InspectorPanel
from modelpack_gui.ui.widgets.jobs_panel import JobsPanel
from modelpack_gui.ui.widgets.log_panel import LogPanel
from tests.ui import made_reports, samples
from tests.ui.fake_client import FakeClient


@pytest.fixture
def window(client: FakeClient, settings: Settings, _themed: None, qtbot: QtBot) -> Iterator[MainWindow]:
    settings.set_text("theme", "light")
    made = gui.make_window(client, settings)
    made.resize(1280, 800)
    made.show()
    yield made
    made.controller.undo_stack.setClean()  # else closing asks
    made.close()
    made.deleteLater()


@pytest.fixture
def recipe_path(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "model.py").write_text("class ShapesNet: ...\n")
    path = folder / "shapes.toml"
    save_recipe(samples.make_recipe(), path)
    return path


def test_the_page_of_the_first_file_is_made_while_the_start_page_is_seen(window: MainWindow) -> None:
    made: list[Stage] = []
    window._view().page_made.connect(lambda page: made.append(page.stage))
    window.make_ready()
    assert made == [Stage.GRAPH]
    assert window.start_page.isVisible()
    assert "Find…" not in [one.text().replace("&", "") for one in window.menus.actions]
    window.new_project()
    window.make_ready()
    window.show_stage(Stage.GRAPH)
    assert made.count(Stage.GRAPH) == 1


def command(window: MainWindow, text: str) -> None:
    """Trigger a command by its text."""
    found = action(window, text)
    assert found.isEnabled()
    found.trigger()


def action(window: MainWindow, text: str) -> QAction:
    """The command whose text begins so."""
    found = [one for one in window.menus.actions if one.text().replace("&", "").startswith(text)]
    assert len(found) == 1, [one.text() for one in window.menus.actions]
    return found[0]


def is_trust_bar_visible(window: MainWindow) -> bool:
    bar = window.findChild(QWidget, "trust-bar")
    assert isinstance(bar, QWidget)
    return bar.isVisible()


def answer_question(button: QMessageBox.StandardButton) -> None:
    """Press a button of the next message box."""

    def press() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        box.button(button).click()

    QTimer.singleShot(0, press)


def trust(window: MainWindow, qtbot: QtBot, button: str) -> None:
    """Press a button of the trust question."""
    dialog = window.findChild(QDialog, "trust-dialog")
    assert dialog is not None
    qtbot.mouseClick(dialog.findChild(QPushButton, button), Qt.MouseButton.LeftButton)


def test_it_starts_on_the_start_page_with_the_project_commands_off(window: MainWindow) -> None:
    assert window.start_page.isVisible()
    assert not window.docks.inspector.isVisible()
    enabled = {action.text() for action in window.menus.actions if action.isEnabled()}
    assert "&Save" not in enabled
    assert "Open the &demo" in enabled


def test_what_shows_something_of_a_project_goes_with_it_and_comes_back(window: MainWindow) -> None:
    shown = (window.docks.inspector, window.docks.source.dock, window.docks.tensor.dock)
    window.open_demo()
    window.docks.tensor.dock.show()
    window.close_project()
    assert not any(dock.isVisible() for dock in shown)
    window.open_demo()
    assert [dock.isHidden() for dock in shown] == [False, True, False]


def test_the_inspector_follows_the_page(window: MainWindow) -> None:
    window.open_demo()
    window.show_stage(Stage.CHECK)
    window.controller.inspect(Inspection("ONNX checker"), Stage.CHECK)
    panel = window.docks.inspector.content()
    assert isinstance(panel, InspectorPanel)
    assert panel.inspection == Inspection("ONNX checker")
    window.show_stage(Stage.EXPORT)
    assert panel.inspection is None


def test_the_demo_card_opens_the_demo_ready_to_run(window: MainWindow, client: FakeClient, qtbot: QtBot) -> None:
    card = window.start_page.findChild(QFrame, "start-demo")
    assert card is not None
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    assert window.controller.is_trusted
    assert window.controller.recipe.source.name == "ShapesNet"
    assert window.current_stage is Stage.SOURCE
    assert {job.stage for job in client.jobs} == {"hello", "scan", "scan-checkpoint"}


@pytest.mark.parametrize("stage", ORDER)
def test_every_stage_has_a_page_reached_by_its_shortcut(window: MainWindow, qtbot: QtBot, stage: Stage) -> None:
    window.open_demo()
    number = ORDER.index(stage) + 1
    qtbot.keyClick(window, Qt.Key(Qt.Key.Key_0 + number), Qt.KeyboardModifier.AltModifier)
    assert window.current_stage is stage
    assert window.page(stage).isVisible()


def test_a_recipe_from_elsewhere_is_shown_but_not_run_before_the_user_agrees(
    window: MainWindow, client: FakeClient, recipe_path: Path, qtbot: QtBot
) -> None:
    window.open_path(recipe_path)
    assert client.jobs == []
    trust(window, qtbot, "trust-reject")
    assert client.jobs == []
    assert is_trust_bar_visible(window)
    window.ask_trust()
    trust(window, qtbot, "trust-accept")
    assert not is_trust_bar_visible(window)
    assert {job.stage for job in client.jobs} == {"hello", "scan"}


def test_return_at_the_trust_question_runs_nothing(
    window: MainWindow, client: FakeClient, recipe_path: Path, qtbot: QtBot
) -> None:
    window.open_path(recipe_path)
    dialog = window.findChild(QDialog, "trust-dialog")
    assert dialog is not None
    with qtbot.waitActive(dialog):
        dialog.activateWindow()
    focused = dialog.focusWidget()
    assert focused is not None
    assert focused.objectName() == "trust-reject"
    qtbot.keyClick(focused, Qt.Key.Key_Return)
    assert client.jobs == []
    assert is_trust_bar_visible(window)


def test_a_recent_file_opens_from_the_menu(window: MainWindow, recipe_path: Path) -> None:
    window.open_path(recipe_path)
    window.close_project()
    recent = next(menu for menu in window.findChildren(QMenu) if menu.title() == "Open &recent")
    recent.aboutToShow.emit()
    recent.actions()[0].trigger()
    assert window.controller.path == recipe_path.resolve()


def test_a_bad_recipe_is_explained_and_the_project_stays(window: MainWindow, tmp_path: Path) -> None:
    window.open_demo()
    before = window.controller.recipe
    bad = tmp_path / "bad.toml"
    bad.write_text("schema_version = 99\n")
    window.open_path(bad)
    assert window.message_bar.isVisible()
    assert window.controller.recipe is before


@pytest.mark.parametrize("name", ["missing.toml", "strange.xyz"])
def test_a_file_that_cannot_be_opened_is_explained(window: MainWindow, tmp_path: Path, name: str) -> None:
    if name == "strange.xyz":
        (tmp_path / name).write_text("?")
    window.open_path(tmp_path / name)
    assert window.message_bar.isVisible()
    assert window.start_page.isVisible()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes in folders here")
def test_a_pipe_is_refused_and_not_waited_for(window: MainWindow, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.onnx")
    window.open_path(tmp_path / "pipe.onnx")
    assert window.message_bar.isVisible()
    assert window.start_page.isVisible()


def drop(window: MainWindow, path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(QPoint(200, 200)),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(event)


def test_dropping_a_model_file_begins_a_project_with_it(window: MainWindow, recipe_path: Path, qtbot: QtBot) -> None:
    drop(window, recipe_path.parent / "model.py")
    qtbot.waitUntil(lambda: window.controller.recipe.source.file.endswith("model.py"))
    assert window.current_stage is Stage.SOURCE
    assert window.isWindowModified()


def test_dropping_a_checkpoint_is_an_edit_that_can_be_undone(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window.open_demo()
    other = tmp_path / "other.safetensors"
    other.write_bytes(b"")
    drop(window, other)

    def checkpoint() -> str:
        found = window.controller.recipe.source.checkpoint
        return found.path if found is not None else ""

    qtbot.waitUntil(lambda: checkpoint().endswith("other.safetensors"))
    command(window, "Undo")
    assert checkpoint() == "shapes.pt"


def test_an_onnx_file_opens_on_the_graph_page_without_a_source(
    window: MainWindow, client: FakeClient, tmp_path: Path
) -> None:
    artifact = tmp_path / "net.onnx"
    artifact.write_bytes(b"x")
    window.open_path(artifact)
    assert window.current_stage is Stage.GRAPH
    assert client.last("inspect").stage == "inspect"
    assert window.windowTitle().startswith("net.onnx")


def test_unsaved_changes_are_asked_about_before_they_would_be_lost(
    window: MainWindow, recipe_path: Path, qtbot: QtBot
) -> None:
    window.open_demo()
    drop(window, recipe_path.parent / "model.py")
    qtbot.waitUntil(lambda: window.controller.is_modified)
    answer_question(QMessageBox.StandardButton.Cancel)
    window.new_project()
    assert window.controller.recipe.source.file.endswith("model.py")
    answer_question(QMessageBox.StandardButton.Discard)
    window.new_project()
    assert window.controller.recipe.source.file == ""


def test_saving_from_the_question_writes_the_file(window: MainWindow, recipe_path: Path, qtbot: QtBot) -> None:
    window.open_path(recipe_path)
    trust(window, qtbot, "trust-accept")
    checkpoint = recipe_path.parent / "new.pt"
    checkpoint.write_bytes(b"")
    drop(window, checkpoint)
    qtbot.waitUntil(lambda: window.controller.is_modified)
    answer_question(QMessageBox.StandardButton.Save)
    window.close_project()
    saved = load_recipe(recipe_path).source.checkpoint
    assert saved is not None
    assert saved.path == "new.pt"
    assert window.start_page.isVisible()


def test_closing_can_be_refused(window: MainWindow, recipe_path: Path, client: FakeClient, qtbot: QtBot) -> None:
    window.open_demo()
    drop(window, recipe_path.parent / "model.py")
    qtbot.waitUntil(lambda: window.controller.is_modified)
    answer_question(QMessageBox.StandardButton.Cancel)
    window.close()
    assert window.isVisible()
    assert not client.is_closed


@pytest.mark.usefixtures("_themed")
def test_closing_ends_the_workers_and_remembers_the_geometry(client: FakeClient, settings: Settings) -> None:
    window = gui.make_window(client, settings)
    window.resize(799, 600)  # the offscreen screen has 800 x 800
    window.show()
    window.close()
    assert client.is_closed
    again = gui.make_window(FakeClient(), settings)
    assert again.size() == window.size()
    again.close()


def test_f5_runs_the_shown_stage_and_escape_cancels_it(window: MainWindow, client: FakeClient, qtbot: QtBot) -> None:
    window.open_demo()
    window.show_stage(Stage.EXPORT)
    qtbot.keyClick(window, Qt.Key.Key_F5)
    job = client.last("export")
    assert window.controller.state(Stage.EXPORT).status is Status.RUNNING
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert job.is_cancelled


def test_run_all_runs_every_stage_in_order(window: MainWindow, client: FakeClient, qtbot: QtBot) -> None:
    window.open_demo()
    client.answers.update(
        {stage.value: samples.FAULT for stage in stages_of(Recipe())}
        | {"load": samples.make_load_report(), "export": samples.make_export_record()}
    )
    button = window.findChild(QPushButton, "run-all")
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    wanted = [stage.value for stage in stages_of(Recipe())]
    qtbot.waitUntil(lambda: [job.stage for job in client.jobs if job.stage in wanted] == wanted)


def test_sweeping_and_going_on_are_commands_too(window: MainWindow, client: FakeClient, qtbot: QtBot) -> None:
    assert not action(window, "Sweep").isEnabled()
    window.open_demo()
    action(window, "Sweep").trigger()
    assert window.current_stage is Stage.PARITY
    assert window.controller.recipe.parity.sweep
    assert action(window, "Sweep").isChecked()
    window.controller.undo_stack.undo()
    assert not action(window, "Sweep").isChecked()
    assert not action(window, "Go on").isEnabled()
    report = made_reports.swept(left=(CaseChoice({"batch": 5}),))
    client.answers.update(export=samples.make_export_record(), parity=report)
    window.controller.run(Stage.PARITY)
    qtbot.waitUntil(action(window, "Go on").isEnabled)
    job = client.last("parity")
    action(window, "Go on").trigger()
    qtbot.waitUntil(lambda: client.last("parity") is not job)
    request = client.last("parity").request
    assert isinstance(request, ParityRequest)
    assert len(request.known) == len(report.cases)


def test_quantising_in_the_usual_ways_is_a_command_too(window: MainWindow, client: FakeClient, qtbot: QtBot) -> None:
    client.answers.update(export=samples.make_export_record())
    window.open_demo()
    action(window, "Try the usual").trigger()
    qtbot.waitUntil(lambda: client.jobs[-1].stage == "quantize")


def test_the_palette_finds_and_runs_a_command(window: MainWindow, qtbot: QtBot) -> None:
    window.open_demo()
    window.show_palette()
    palette = window.findChild(CommandPalette)
    assert isinstance(palette, CommandPalette)
    qtbot.keyClicks(palette.field, "pari")
    assert palette.list.count() == 1
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert window.current_stage is Stage.PARITY


def test_the_log_shows_lines_that_came_before_it_was_opened(
    window: MainWindow, client: FakeClient, qtbot: QtBot
) -> None:
    window.open_demo()
    job = client.last("hello")
    job.give(Log(job.id, "warning", "a model printed this", "stdout"))
    qtbot.waitUntil(lambda: len(window.controller.jobs.log) == 1)
    window.docks.log.show()
    panel = window.docks.log.content()
    assert isinstance(panel, LogPanel)
    assert "a model printed this" in panel.text()
    panel.set_filter("something else")
    assert panel.text() == ""


def test_a_running_job_is_cancelled_from_the_jobs_dock(window: MainWindow, client: FakeClient, qtbot: QtBot) -> None:
    window.open_demo()
    window.docks.jobs.show()
    window.show_stage(Stage.EXPORT)
    window.controller.run(Stage.EXPORT)
    panel = window.docks.jobs.content()
    assert isinstance(panel, JobsPanel)
    panel.select(client.last("export").id)
    qtbot.mouseClick(panel.cancel_button, Qt.MouseButton.LeftButton)
    assert client.last("export").is_cancelled


def test_the_status_bar_names_the_interpreter(window: MainWindow, client: FakeClient, qtbot: QtBot) -> None:
    window.open_demo()
    client.last("hello").answer(samples.make_capabilities())
    qtbot.waitUntil(lambda: window.controller.capabilities is not None)
    assert "torch 2.13.0" in window.interpreter_label.text()


def test_the_theme_is_remembered(window: MainWindow, settings: Settings) -> None:
    command(window, "Dark")
    assert settings.text("theme") == "dark"
    command(window, "Light")
    assert settings.text("theme") == "light"


def test_the_window_imports_no_torch_onnx_or_onnxruntime() -> None:
    """In a process of its own, with every page made: the window stays light and survives what happens to workers."""
    code = """
import sys
from modelpack_gui.ui import app as gui
from modelpack_gui.ui.settings import Settings
from modelpack_gui.core.pipeline import ORDER
from tests.ui.fake_client import FakeClient
app = gui.make_application()
window = gui.make_window(FakeClient(), Settings())
window.show()
assert "pyqtgraph" not in sys.modules, "the start page pays for charts"
window.open_demo()
for stage in ORDER:
    window.show_stage(stage)
    app.processEvents()
found = {"torch", "onnx", "onnxruntime", "onnxscript"} & set(sys.modules)
assert not found, found
window.close()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
