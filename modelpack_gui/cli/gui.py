"""Start the window. The one module here that names it, and only when asked to."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Sequence
from pathlib import Path

from modelpack_gui.cli.console import Console
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.locations import is_there


def run_gui(arguments: argparse.Namespace, _console: Console) -> int:
    """Open the window, on a file or the demo if one is named.

    Raises:
        UserError: `file-missing`, `qt-missing`, `qt-not-loadable`.
    """
    argv: list[str] = []
    if arguments.file is not None:
        if not is_there(arguments.file):
            raise UserError("file-missing", f"There is no file {arguments.file}.", "Check the name and the folder.")
        argv.append(str(Path(arguments.file).absolute()))
    if arguments.demo:
        argv += ["--demo", arguments.demo]
    gc.disable()  # what is imported stays, so looking for garbage in it is in vain; the window collects by itself
    try:
        return _open_window(argv)
    finally:
        gc.enable()


def _open_window(argv: Sequence[str]) -> int:
    try:
        from modelpack_gui.ui.app import main
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("PySide6", "shiboken6", "pyqtgraph"):
            raise
        hint = (
            "Install it: python -m pip install PySide6-Essentials pyqtgraph. Without it, see `modelpack run --help`."
        )
        raise UserError("qt-missing", f"The window needs {error.name}, which is not installed.", hint) from error
    except ImportError as error:
        hint = (
            "On Debian or Ubuntu: apt-get install libgl1 libegl1 libxkbcommon0 libglib2.0-0 libfontconfig1"
            " libdbus-1-3 libxcb-cursor0. Without a window, see `modelpack run --help`."
        )
        raise UserError("qt-not-loadable", f"Qt could not be loaded: {error}.", hint) from error
    return main(argv)
