"""Collects garbage on the GUI thread only.

Python collects on whatever thread happens to allocate. A cycle that holds a widget would be freed by the thread that
reads a worker's answers, and Qt's objects may only be destroyed on their own thread: the process would crash later,
somewhere else.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 1000


class GarbageCollector(QObject):
    """Takes over from Python's own collector while it lives; young objects are looked at first, as there."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self, interval=INTERVAL_MS)
        self._timer.timeout.connect(self.check)
        self._timer.start()

    def check(self) -> None:
        """Collect the oldest generation that is due."""
        due = [
            generation
            for generation, (count, threshold) in enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True))
            if threshold and count > threshold
        ]
        if due:
            gc.collect(max(due))

    def stop(self) -> None:
        """Give the work back to Python."""
        self._timer.stop()
        gc.enable()
