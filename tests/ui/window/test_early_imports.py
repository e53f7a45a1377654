"""What the first file needs is imported while the window waits."""

from __future__ import annotations

import sys

from pytestqt.qtbot import QtBot

from modelpack_gui.ui.early_imports import CANVAS, PAGE, EarlyImports


def test_processes_are_started_first_and_it_is_told_when_a_file_can_be_opened(qtbot: QtBot) -> None:
    told: list[str] = []

    def on_ready() -> None:
        told.append("ready" if set(PAGE) <= sys.modules.keys() else "too early")

    imports = EarlyImports(lambda: told.append("prepared"), on_ready)
    imports.join()  # not begun: there is nothing to wait for
    imports.start()
    qtbot.waitUntil(lambda: len(told) == 2)
    imports.join()
    assert told == ["prepared", "ready"]
    assert set(CANVAS) <= sys.modules.keys()
