"""pyqtgraph, imported on a background thread when the first chart has something to draw.

Importing it takes most of a second: on the GUI thread that would be a frozen window, at start-up a late one.
"""

from __future__ import annotations

import functools
import importlib
import threading
from types import ModuleType

from PySide6.QtCore import QObject, Qt, Signal


class ChartLibrary(QObject):
    """Brings pyqtgraph in; there is one, see `chart_library()`.

    Attributes:
        module: pyqtgraph; None until it is there.
        problem: Why it cannot be imported; empty if it can, or was not tried.
    """

    ready = Signal()  # imported, or it cannot be
    _ended = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.module: ModuleType | None = None
        self.problem = ""
        self._thread: threading.Thread | None = None
        self._ended.connect(self._on_ended, Qt.ConnectionType.QueuedConnection)

    def want(self) -> None:
        """Start the import, unless it was started before."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._import, name="import-charts")
            self._thread.start()

    def _import(self) -> None:
        try:
            importlib.import_module("pyqtgraph")
        except Exception as error:  # noqa: BLE001 (a broken package may raise anything; the charts say so)
            self.problem = f"Charts cannot be drawn: pyqtgraph does not import ({type(error).__name__}: {error})."
        self._ended.emit()

    def _on_ended(self) -> None:
        if not self.problem:
            module = importlib.import_module("pyqtgraph")
            module.setConfigOptions(antialias=False)
            self.module = module
        self.ready.emit()


@functools.cache
def chart_library() -> ChartLibrary:
    """The one of this process. First called on the GUI thread."""
    return ChartLibrary()
