"""A model file in the source view."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.widgets.code.source_view import SourceView
from tests.ui.source.view.parts import CODE, choose


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.py"
    path.write_text(CODE, encoding="utf-8")
    return path


@pytest.fixture
def view(qtbot: QtBot, controller: Controller, model: Path) -> SourceView:
    made = SourceView(controller)
    qtbot.addWidget(made)
    made.resize(800, 260)
    made.show()
    choose(controller, model)
    return made
