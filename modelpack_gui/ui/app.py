"""Start the window."""

from __future__ import annotations

import argparse
import functools
import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from modelpack_gui.client import results
from modelpack_gui.client.api import Client
from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.early_imports import EarlyImports
from modelpack_gui.ui.garbage import GarbageCollector
from modelpack_gui.ui.job_center import JobCenter
from modelpack_gui.ui.look.theme import app_icon, theme
from modelpack_gui.ui.project import my_defaults
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.window.main_window import MainWindow

SWITCH_INTERVAL_S = 0.0005


def main(argv: Sequence[str] | None = None) -> int:
    """Run the window until it is closed; gives the exit status.

    Args:
        argv: `[file] [--demo [NAME]]`, without the program's name.
    """
    parser = argparse.ArgumentParser(prog="modelpack-gui", description="Open the window.")
    parser.add_argument("file", nargs="?", type=Path, help="recipe, model file, checkpoint or artifact to open")
    parser.add_argument("--demo", nargs="?", const="demo", default="", metavar="NAME", help="open a demo project")
    options = parser.parse_args(argv)
    app = make_application()
    collector = GarbageCollector()
    client = WorkerClient(is_drawing=True)
    window = make_window(client, Settings())
    _show_faults(window)
    window.show()
    threading.Thread(target=results.remove_left_overs, name="left-overs", daemon=True).start()  # gigabytes, perhaps
    # After the first paint: opening a project imports its pages, starts processes and reads files.
    imports = EarlyImports(
        client.prepare, window.make_ready if options.file is None else lambda: window.open_path(options.file)
    )
    QTimer.singleShot(0, (lambda: window.open_demo(options.demo)) if options.demo else imports.start)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C in a terminal ends it; workers end when their stdin closes
    status = app.exec()
    imports.join()
    collector.stop()
    return status


def make_application() -> QApplication:
    """The QApplication, with our names and icon."""
    # Qt paints large areas on several threads, and waits for each: while workers use every core, a repaint that takes
    # 10 ms of computing took 150. Alone on the machine it is no slower without them (scripts/bench/canvas_frames.py).
    os.environ.setdefault("QT_NO_GUI_THREADPOOL", "1")
    # Each call from Qt into Python waits for the interpreter lock. While a background thread reads a result or
    # imports the charts, the usual 5 ms a wait add up to 100 ms for one repaint.
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("modelpack-gui")
    app.setApplicationDisplayName("")
    app.setDesktopFileName("modelpack-gui")
    app.setWindowIcon(app_icon())
    return app


def make_window(client: Client, settings: Settings) -> MainWindow:
    """A window around a client, themed, not yet shown."""
    theme().start(settings.text("theme", "system"))
    jobs = JobCenter(client)
    controller = Controller(jobs)
    controller.project.new_recipe = functools.partial(my_defaults.new_recipe, settings)
    window = MainWindow(controller, jobs, settings)
    controller.setParent(window)  # deleted with it, on its thread: the collector may run on any
    # What its signals are connected to holds it, and the collector does not see through them: closed, it would stay.
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return window


def _show_faults(window: MainWindow) -> None:
    """A fault of ours in a slot is shown in the window and printed; Qt would only print it."""

    def on_fault(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
        text = "".join(traceback.format_exception(kind, fault, trace))
        sys.stderr.write(text)
        if issubclass(kind, Exception):
            hint = "Your project is untouched; save it. Please report this with the details."
            window.message_bar.show_error(
                ErrorInfo("window-fault", f"A fault in the window itself: {kind.__name__}: {fault}", hint, text)
            )

    sys.excepthook = on_fault
