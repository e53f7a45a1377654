"""How tests open, press, wait and look in the window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QLabel, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.window.main_window import MainWindow
from tests.fixtures.bad_input import recipe_text
from tests.places import WORKER_FIXTURES

MISBEHAVING = WORKER_FIXTURES / "misbehaving.py"
PATIENCE_MS = 60_000
OLD_ARTIFACT = b"the old one"


def open_recipe(window: MainWindow, qtbot: QtBot, path: Path) -> Recipe:
    """Open a recipe and let it run; gives it as the window holds it."""
    window.open_path(path)
    assert not window.message_bar.isVisible()
    if not window.controller.is_trusted:
        answer_trust(window, qtbot, "trust-accept")
    assert window.controller.is_trusted
    return window.controller.recipe


def answer_trust(window: MainWindow, qtbot: QtBot, button: str) -> None:
    """Press a button of the question what may run."""
    dialog = window.findChild(QDialog, "trust-dialog")
    assert dialog is not None
    qtbot.mouseClick(dialog.findChild(QPushButton, button), Qt.MouseButton.LeftButton)


def press(window: MainWindow, qtbot: QtBot, stage: Stage, what: str = "run") -> None:
    """Click a button of a stage's page."""
    button = window.page(stage).findChild(QPushButton, f"{what}-{stage.name.lower()}")
    assert button is not None
    assert button.isVisible()
    assert button.isEnabled(), button.toolTip()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def run(window: MainWindow, qtbot: QtBot, stage: Stage) -> None:
    """Run a stage by its page's button, to its end."""
    press(window, qtbot, stage)
    assert window.controller.is_busy
    qtbot.waitUntil(lambda: not window.controller.is_busy, timeout=PATIENCE_MS)


def seen(panel: QWidget) -> str:
    """All that its labels say to the eye."""
    return "\n".join(found.text() for found in panel.findChildren(QLabel) if found.isVisible())


def ways_out(panel: QWidget) -> list[str]:
    """What to do next: the hint, or the fixes of a known kind of trouble."""
    labels = [found for found in panel.findChildren(QLabel) if found.objectName() in ("error-hint", "fix-text")]
    buttons = panel.findChildren(QAbstractButton, "apply-fix")
    shown: list[str] = [found.text() for found in labels if found.isVisible()]
    return shown + [button.text() for button in buttons if button.isVisible()]


def assert_shown(panel: QWidget, part: str) -> None:
    """The panel is seen, names the culprit, and tells what to do next."""
    assert panel.isVisible()
    QApplication.sendPostedEvents()  # a layout shows what was put into it a moment ago by such an event
    said = seen(panel)
    assert part in said
    assert "Traceback" not in said
    assert any(words.strip() for words in ways_out(panel))


def assert_page_shows(window: MainWindow, stage: Stage, code: str, part: str) -> None:
    state = window.controller.state(stage)
    assert state.status is Status.FAILED
    assert state.error is not None
    assert state.error.code == code
    assert_shown(window.page(stage).error_panel, part)
    explanation = state.error.explanation
    words = state.error.message if explanation is None else explanation.cause
    assert words in seen(window.page(stage).error_panel)


def assert_run_fails(
    window: MainWindow, qtbot: QtBot, project: Path, stage: Stage, code: str, part: str, **changes: Any
) -> None:
    """Run a stage of a changed recipe: the page shows the error, and recipe, folder and artifact stay as they are."""
    path = project / "r.toml"
    path.write_text(recipe_text(**changes), encoding="utf-8")
    before, files = path.read_bytes(), sorted(project.rglob("[!_]*"))
    recipe = open_recipe(window, qtbot, path)
    run(window, qtbot, stage)
    assert_page_shows(window, stage, code, part)
    assert window.controller.recipe is recipe
    assert not window.isWindowModified()
    assert path.read_bytes() == before
    assert (project / "build" / "net.onnx").read_bytes() == OLD_ARTIFACT
    assert [file for file in sorted(project.rglob("[!_]*")) if "__pycache__" not in file.parts] == files


def answer_question(button: QMessageBox.StandardButton) -> None:
    """Press a button of the next message box."""

    def press_it() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        box.button(button).click()

    QTimer.singleShot(0, press_it)
