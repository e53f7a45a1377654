"""Docks whose content is made late, and that keep the height that the user gave them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import QLabel, QMainWindow
from pytestqt.qtbot import QtBot

from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.window.lazy_dock import SizedDock

pytestmark = pytest.mark.usefixtures("_themed")
FIRST = 300


def window_with_dock(qtbot: QtBot, settings: Settings) -> tuple[QMainWindow, SizedDock]:
    window = QMainWindow()
    qtbot.addWidget(window)
    window.setCentralWidget(QLabel("The page"))
    dock = SizedDock("Notes", "notes-dock", QLabel, window, settings, FIRST)
    window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
    dock.hide()
    window.resize(800, 700)
    window.show()
    return window, dock


def test_a_dock_comes_up_in_its_own_height_once_and_then_in_the_users(qtbot: QtBot, settings: Settings) -> None:
    window, dock = window_with_dock(qtbot, settings)
    dock.bring_up()
    qtbot.waitUntil(lambda: dock.height() == FIRST)
    window.resizeDocks([dock], [120], Qt.Orientation.Vertical)
    qtbot.waitUntil(lambda: dock.height() == 120)
    dock.hide()
    dock.bring_up()
    qtbot.waitUntil(lambda: dock.isVisible() and dock.height() == 120)


def test_a_height_that_was_kept_with_the_window_is_not_overruled(qtbot: QtBot, settings: Settings) -> None:
    first, dock = window_with_dock(qtbot, settings)
    dock.bring_up()
    first.resizeDocks([dock], [120], Qt.Orientation.Vertical)
    qtbot.waitUntil(lambda: dock.height() == 120)
    state: QByteArray = first.saveState()
    settings.set_state("docks", state)
    second, again = window_with_dock(qtbot, settings)
    second.restoreState(state)
    again.bring_up()
    qtbot.waitUntil(lambda: again.height() == 120)
