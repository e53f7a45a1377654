"""Files in the window: opened, trusted, dropped, saved, and asked about before they would be lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.client.recipe_file import load_recipe, save_recipe
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.ui import app as gui
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.window.main_window import MainWindow
from tests.ui import samples
from tests.ui.fake_client import FakeClient
from tests.ui.window.main_window.parts import command


@pytest.fixture
def recipe_path(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "model.py").write_text("class ShapesNet: ...\n")
    path = folder / "shapes.toml"
    save_recipe(samples.make_recipe(), path)
    return path


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
