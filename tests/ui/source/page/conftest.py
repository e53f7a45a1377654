"""The Source page of a recipe whose file was scanned."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.pages.source import SourcePage
from modelpack_gui.ui.settings import Settings
from tests.ui.fake_client import FakeClient
from tests.ui.samples import make_capabilities
from tests.ui.source.page.parts import SCAN


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
