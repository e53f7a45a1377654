"""The Quantise page of a project that was exported, on a client that answers when it is told to."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.pages.quantize import QuantizePage
from modelpack_gui.ui.settings import Settings
from tests.ui.fake_client import FakeClient
from tests.ui.quantize.pages import open_project, open_quantize_page, write_project


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    return write_project(tmp_path)


@pytest.fixture
def page(
    qtbot: QtBot, controller: Controller, client: FakeClient, artifact: Path, settings: Settings
) -> QuantizePage:
    open_project(controller, client, artifact)
    return open_quantize_page(qtbot, controller, settings)
