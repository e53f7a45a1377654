"""Imports what the first file needs while the window waits for the user, who is then not kept waiting.

The processes that will read it are started before: they import on another core what they need.

The window itself is to be seen as soon as can be, and imports none of it. Imports hold the interpreter's lock for
moments only: the window answers meanwhile, where an import in a slot would stop it for a quarter of a second.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal

PAGE = (
    "modelpack_gui.core.graph.search",
    "modelpack_gui.core.records.scan",
    "modelpack_gui.ui.project.view",
    "modelpack_gui.ui.pages.graph",
    "modelpack_gui.ui.widgets.window.inspector",
    "modelpack_gui.ui.graph.numbers.modules_view",
    "modelpack_gui.ui.graph.tables.nodes_view",
    "modelpack_gui.ui.graph.overlays.state",
    "modelpack_gui.ui.graph.checks",
    "modelpack_gui.ui.graph.node_data",
)
"""For the tables of a graph."""
CANVAS = ("modelpack_gui.ui.graph.canvas_pane.pane", "numpy.ma")
"""It comes after them; numpy imports its masked arrays when the first colours are counted."""


class EarlyImports(QObject):
    """Imports on a thread of its own, once `start` is called.

    Args:
        prepare: Called on that thread before anything is imported: it has processes started.
        ready: Called on the GUI thread when a file can be opened: all but the canvas is imported.
    """

    _ready = Signal()

    def __init__(self, prepare: Callable[[], None], ready: Callable[[], None]) -> None:
        super().__init__()
        self._prepare = prepare
        self._call = ready
        self._ready.connect(self._on_ready, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._run, name="early imports", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self) -> None:
        """Wait until all is imported, if it was begun."""
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            self._prepare()
            for module in PAGE:
                importlib.import_module(module)
        finally:  # what cannot be imported is met again, and told, where it is needed
            self._ready.emit()
        for module in CANVAS:
            importlib.import_module(module)

    def _on_ready(self) -> None:
        self._call()
