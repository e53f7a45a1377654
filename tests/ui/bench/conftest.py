"""The benchmark page, and a benchmark under way on it."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.pages.bench import BenchPage
from modelpack_gui.ui.settings import Settings
from tests.ui import made_reports as made
from tests.ui.bench.runs import start
from tests.ui.fake_client import FakeClient, FakeJob
from tests.ui.samples import make_export_record


@pytest.fixture
def page(qtbot: QtBot, client: FakeClient, controller: Controller, settings: Settings) -> BenchPage:
    client.answers.update({"export": make_export_record(), "hello": made.capabilities()})
    controller.edit(made.ready_recipe(), "start")
    controller.undo_stack.clear()
    page = BenchPage(controller, settings)
    qtbot.addWidget(page)
    page.resize(900, 640)
    page.show()
    controller.refresh_capabilities()
    qtbot.waitUntil(lambda: controller.capabilities is not None)
    return page


@pytest.fixture
def job(page: BenchPage, controller: Controller, client: FakeClient, qtbot: QtBot) -> FakeJob:
    return start(controller, client, qtbot)
