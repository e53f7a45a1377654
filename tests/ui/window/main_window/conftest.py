"""The window on a client that plays back answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.ui import app as gui
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.window.main_window import MainWindow
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
