"""One window for all tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.ui import app as gui
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.window.main_window import MainWindow
from tests.fixtures.bad_input import NETS
from tests.smoke.bad_input.driving import MISBEHAVING, OLD_ARTIFACT


@pytest.fixture(scope="module")
def main_window(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MainWindow]:
    """One for all tests here: its workers import torch once, and whatever a test did, the next one can go on."""
    private = tmp_path_factory.mktemp("private")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELPACK_DATA_DIR", str(private / "data"))
        settings = Settings(private / "settings.ini")
        settings.set_text("theme", "light")
        made = gui.make_window(WorkerClient(), settings)
        made.resize(1280, 800)
        made.show()
        yield made
        made.controller.undo_stack.setClean()  # else closing asks
        made.close()
        made.deleteLater()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests: a worker belongs to a folder, and another would need another worker."""
    return tmp_path_factory.mktemp("project")


@pytest.fixture
def project(folder: Path) -> Iterator[Path]:
    """The folder with a good model file and an artifact of an earlier export."""
    (folder / "nets.py").write_text(NETS, encoding="utf-8")
    shutil.copy(MISBEHAVING, folder)
    (folder / "build").mkdir()
    (folder / "build" / "net.onnx").write_bytes(OLD_ARTIFACT)
    yield folder
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.fixture
def window(main_window: MainWindow) -> Iterator[MainWindow]:
    """The window as the test before left it, except that nothing counts as unsaved: opening would ask about that."""
    main_window.controller.undo_stack.setClean()
    main_window.message_bar.hide()
    yield main_window
    main_window.controller.cancel()
