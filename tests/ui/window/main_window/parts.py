"""Commands, questions and files, as a user gives them to the window."""

from __future__ import annotations

from PySide6.QtGui import QAction

from modelpack_gui.ui.window.main_window import MainWindow


def command(window: MainWindow, text: str) -> None:
    """Trigger a command by its text."""
    found = action(window, text)
    assert found.isEnabled()
    found.trigger()


def action(window: MainWindow, text: str) -> QAction:
    """The command whose text begins so."""
    found = [one for one in window.menus.actions if one.text().replace("&", "").startswith(text)]
    assert len(found) == 1, [one.text() for one in window.menus.actions]
    return found[0]
