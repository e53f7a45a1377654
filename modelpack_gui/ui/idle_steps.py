"""Does long computations between the events of the window, a few milliseconds at a time."""

from __future__ import annotations

import time
from collections import deque

from PySide6.QtCore import QObject, QTimer, Signal

from modelpack_gui.core.graph.steps import Steps

_SLICE_S = 0.003


class IdleSteps(QObject):
    """Runs one computation after the other, and tells when there is none left."""

    finished = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: deque[Steps[None]] = deque()
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._go_on)

    def start(self, *works: Steps[None], delay_ms: int = 0) -> None:
        """Do these in the place of what was not done yet; after a delay, what the user waits for comes first."""
        self._waiting = deque(works)
        self._timer.start(delay_ms)

    def hurry(self) -> None:
        """Somebody waits: do not delay it any more."""
        if self._waiting:
            self._timer.start(0)

    def stop(self) -> None:
        """Do nothing more of it."""
        self._waiting.clear()
        self._timer.stop()

    def _go_on(self) -> None:
        end_s = time.perf_counter() + _SLICE_S
        while self._waiting and time.perf_counter() < end_s:
            try:
                next(self._waiting[0])
            except StopIteration:
                self._waiting.popleft()
        if self._waiting:
            self._timer.start(0)
        else:
            self.finished.emit()
