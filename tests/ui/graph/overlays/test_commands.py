from __future__ import annotations

from collections.abc import Sequence

import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from modelpack_gui.core.graph.columns import floats
from modelpack_gui.core.graph.overlay import Overlay
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.overlays.commands import OverlayCommands
from modelpack_gui.ui.graph.overlays.state import GraphOverlays
from modelpack_gui.ui.graph.selection import NodePick
from modelpack_gui.ui.settings import Settings


class Menu:
    """What the commands were put into last."""

    def __init__(self) -> None:
        self.actions: Sequence[QAction | None] = ()
        self.times = 0

    def put(self, actions: Sequence[QAction | None]) -> None:
        self.actions = actions
        self.times += 1

    def action(self, text: str) -> QAction:
        return next(one for one in self.actions if one is not None and one.text().replace("&", "") == text)


@pytest.fixture
def menu() -> Menu:
    return Menu()


@pytest.fixture
def parent(controller: Controller) -> QObject:
    return QObject(controller)


@pytest.fixture
def commands(
    controller: Controller, settings: Settings, overlays: GraphOverlays, menu: Menu, parent: QObject
) -> OverlayCommands:
    return OverlayCommands(controller.graph, settings, menu.put, parent)


def test_command_chooses_the_colours_and_shows_what_is_chosen(
    overlays: GraphOverlays, commands: OverlayCommands, menu: Menu
) -> None:
    assert menu.action("No colours").isChecked()
    menu.action("Colour by dtype").trigger()
    assert overlays.chosen == "dtype"
    assert menu.action("Colour by MACs").isEnabled()
    overlays.choose("op-type")
    assert commands.choices["op-type"].isChecked()


def test_commands_are_made_anew_only_when_there_are_others(
    overlays: GraphOverlays, commands: OverlayCommands, menu: Menu
) -> None:
    overlays.refresh()
    assert menu.times == 1
    overlays.add(Overlay("mine", "Mine", "", "sequential", floats([1.0] * 12)))
    assert menu.times == 2
    assert menu.action("Colour by mine").isChecked()


def test_worst_node_is_selected_and_shown(
    qtbot: QtBot, controller: Controller, overlays: GraphOverlays, commands: OverlayCommands, menu: Menu
) -> None:
    assert not menu.action("Go to the worst node").isEnabled()
    overlays.add(Overlay("mine", "Mine", "", "sequential", floats([1.0, 2.0, 9.0, *[0.0] * 9])))
    with qtbot.waitSignal(overlays.fit_wanted) as told:
        menu.action("Go to the worst node").trigger()
    assert told.args == [(2,)]
    assert controller.graph.selection.current == NodePick(2)


def test_choice_is_remembered_where_every_graph_has_it(
    controller: Controller, settings: Settings, overlays: GraphOverlays, commands: OverlayCommands, parent: QObject
) -> None:
    overlays.choose("dtype")
    overlays.choose("parity-error")
    overlays.chosen = ""
    OverlayCommands(controller.graph, settings, lambda _actions: None, parent)
    assert overlays.chosen == "dtype"
