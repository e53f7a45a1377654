"""Opens a line of code in the user's own editor."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from PySide6.QtCore import QProcess, QUrl
from PySide6.QtGui import QDesktopServices

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import SourcePlace
from modelpack_gui.core.locations import is_file
from modelpack_gui.ui.models.editor_commands import Editor, editor_command, found_editors
from modelpack_gui.ui.settings import Settings

COMMAND_KEY = "editor/command"


def editors_here() -> list[Editor]:
    """The editors of this machine."""
    return found_editors(os.environ, sys.platform, shutil.which)


def chosen_command(settings: Settings) -> str:
    """The command that the user chose, else that of the first editor found; empty if there is none."""
    chosen = settings.text(COMMAND_KEY)
    if chosen:
        return chosen
    found = editors_here()
    return found[0].template if found else ""


def open_in_editor(command: str, place: SourcePlace) -> None:
    """Open a place; without a command the system decides with what.

    Raises:
        UserError: `source-missing`, `editor-command-not-valid`, `editor-missing`, `editor-failed`.
    """
    if not is_file(Path(place.file)):
        raise UserError("source-missing", f"There is no file {place.file}.", "It was moved or made elsewhere.")
    if not command:
        # Linux only: elsewhere there is always an editor. Windows would run a Python file instead of showing it.
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(place.file)):
            raise UserError(
                "editor-failed",
                f"The desktop opened no program for {place.file}.",
                "Choose an editor by its command.",
            )
        return
    program, *arguments = editor_command(command, place, sys.platform)
    found = shutil.which(program)
    if found is None:
        raise UserError(
            "editor-missing",
            f"There is no program {program!r}, which the editor's command {command!r} starts.",
            "Install it, write its full path, or choose another editor.",
        )
    is_started, _pid = QProcess.startDetached(found, arguments, str(Path(place.file).parent))
    if not is_started:
        raise UserError("editor-failed", f"{found} could not be started.", "Choose another editor.")
