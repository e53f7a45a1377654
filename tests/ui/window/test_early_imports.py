"""What the first file needs is imported while the window waits."""

from __future__ import annotations

import sys

from pytestqt.qtbot import QtBot

from modelpack_gui.ui.early_imports import CANVAS, PAGE, EarlyImports


def test_all_is_imported_and_it_is_told_when_a_file_can_be_opened(qtbot: QtBot) -> None:
    ready: list[bool] = []
    imports = EarlyImports(lambda: ready.append(set(PAGE) <= sys.modules.keys()))
    imports.join()  # not begun: there is nothing to wait for
    imports.start()
    qtbot.waitUntil(lambda: bool(ready))
    imports.join()
    assert ready == [True]
    assert set(CANVAS) <= sys.modules.keys()
