"""Events from background threads to the GUI thread, rate-limited.

Any number of events cost the event loop one wake-up for each interval, and one for each job that ends: somebody waits
for that. Samples of one runner and phase that meet in an interval become one event, and only the latest progress of a
job is passed on; order among the rest is kept.
"""

from __future__ import annotations

import threading
from collections import deque

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from modelpack_gui.core.events import Event, Progress, Sample, TerminalEvent

INTERVAL_MS = 50


class EventBridge(QObject):
    """Takes events on any thread by `post`, gives them on its own by `event_received`."""

    event_received = Signal(object)
    _woken = Signal(bool)  # whether at once

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._waiting: deque[Event] = deque()
        self._is_closed = False
        self._timer = QTimer(self, singleShot=True, interval=INTERVAL_MS)
        self._timer.timeout.connect(self._deliver)
        self._woken.connect(self._on_woken, Qt.ConnectionType.QueuedConnection)

    def post(self, event: Event) -> None:
        """Take an event. Safe on any thread, never blocks for long."""
        with self._lock:
            if self._is_closed:
                return
            is_first, is_end = not self._waiting, isinstance(event, TerminalEvent)
            self._waiting.append(event)
            if is_first or is_end:
                self._woken.emit(is_end)

    def close(self) -> None:
        """Drop what waits and whatever comes."""
        with self._lock:
            self._is_closed = True
            self._waiting.clear()
        self._timer.stop()

    def _on_woken(self, is_end: bool) -> None:
        if is_end:
            self._timer.stop()
            self._deliver()
        elif not self._timer.isActive():
            self._timer.start()

    def _deliver(self) -> None:
        with self._lock:
            events = list(self._waiting)
            self._waiting.clear()
        for event in merged(events):
            self.event_received.emit(event)


def merged(events: list[Event]) -> list[Event]:
    """The same events, with samples joined and outdated progress left out."""
    last_progress = {event.job: i for i, event in enumerate(events) if isinstance(event, Progress)}
    kept: list[Event] = []
    sample_places: dict[tuple[str, str, str], int] = {}
    for i, event in enumerate(events):
        if isinstance(event, Progress) and last_progress[event.job] != i:
            continue
        if isinstance(event, Sample):
            key = (event.job, event.runner, event.phase)
            place = sample_places.get(key)
            if place is not None:
                earlier = kept[place]
                assert isinstance(earlier, Sample)
                kept[place] = Sample(*key, earlier.latencies_ms + event.latencies_ms)
                continue
            sample_places[key] = len(kept)
        kept.append(event)
    return kept
