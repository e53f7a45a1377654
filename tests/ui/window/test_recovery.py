"""A killed window loses no edit."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from modelpack_gui.client import recovery
from modelpack_gui.client.recovery import RecoveryFile
from modelpack_gui.core import recipe as recipes
from modelpack_gui.core import serde
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.ui import app as gui
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.project.autosave import Autosave
from modelpack_gui.ui.settings import Settings
from tests.ui import samples
from tests.ui.fake_client import FakeClient


def lose(recipe: Recipe, path: Path | None) -> None:
    """Leave the recovery file of a process that has ended."""
    code = (
        "import json, sys\n"
        "from pathlib import Path\n"
        "from modelpack_gui.client.recovery import RecoveryFile\n"
        "from modelpack_gui.core import recipe\n"
        "data = json.loads(sys.argv[1])\n"
        "path = Path(sys.argv[2]) if sys.argv[2] else None\n"
        "RecoveryFile().write(recipe.from_data(data, 'test'), path, is_trusted=True)\n"
    )
    arguments = [serde.dumps(recipes.to_data(recipe)), str(path or "")]
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, timeout=60, env=dict(os.environ))


def test_what_a_gone_process_wrote_is_found_and_can_be_discarded(tmp_path: Path) -> None:
    lose(samples.make_recipe(), tmp_path / "a.toml")
    (found,) = recovery.find_lost()
    assert found.recipe == samples.make_recipe()
    assert found.path == tmp_path / "a.toml"
    recovery.discard(found)
    assert recovery.find_lost() == ()


def test_the_file_of_a_running_process_is_not_lost() -> None:
    own = RecoveryFile()
    own.write(samples.make_recipe(), None, is_trusted=True)
    assert recovery.find_lost() == ()


def test_an_unreadable_file_is_left_alone(tmp_path: Path) -> None:
    lose(samples.make_recipe(), None)
    (found,) = recovery.find_lost()
    found.record.write_text("{")
    assert recovery.find_lost() == ()
    assert found.record.exists()


def test_an_edit_is_written_and_cleared_once_it_is_undone(controller: Controller, qtbot: QtBot) -> None:
    autosave = Autosave(controller)
    folder = Path(os.environ["MODELPACK_DATA_DIR"]) / "recovery"
    controller.edit(dataclasses.replace(controller.recipe, source=samples.make_recipe().source), "choose model file")
    qtbot.waitUntil(lambda: len(list(folder.glob("*.json"))) == 1)
    controller.undo_stack.undo()
    qtbot.waitUntil(lambda: not list(folder.glob("*.json")))
    autosave.close()


@pytest.mark.usefixtures("_themed")
def test_the_start_page_offers_to_restore(client: FakeClient, settings: Settings, qtbot: QtBot) -> None:
    lose(samples.make_recipe(), None)
    window = gui.make_window(client, settings)
    window.show()
    button = window.start_page.findChild(QPushButton, "restore")
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.controller.recipe == samples.make_recipe()
    assert window.controller.is_modified
    assert recovery.find_lost() == ()
    window.controller.undo_stack.setClean()
    window.close()
