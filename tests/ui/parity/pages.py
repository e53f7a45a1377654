"""The parity page of a recipe that is ready to run, on the fake client."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from modelpack_gui.core.recipe import Recipe
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.pages.parity import ParityPage
from modelpack_gui.ui.settings import Settings
from tests.ui import made_reports as made
from tests.ui.fake_client import FakeClient
from tests.ui.samples import make_export_record


def open_parity_page(
    qtbot: QtBot,
    client: FakeClient,
    controller: Controller,
    settings: Settings,
    recipe: Recipe | None = None,
    *,
    height: int = 700,
) -> ParityPage:
    """The page, shown; the export of its recipe succeeds, and there is nothing to undo."""
    client.answers["export"] = make_export_record()
    controller.edit(recipe or made.ready_recipe(), "start")
    controller.undo_stack.clear()
    page = ParityPage(controller, settings)
    qtbot.addWidget(page)
    page.resize(900, height)
    page.show()
    return page
