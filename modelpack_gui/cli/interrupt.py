"""Ctrl+C while jobs run: the first asks them to stop, the second gives up waiting."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any


class Interrupt:
    """Within it, Ctrl+C sets `is_set` instead of raising; a second one raises KeyboardInterrupt.

    A flag, since a handler that itself cancelled the job could meet a lock that the interrupted code holds.
    """

    def __init__(self) -> None:
        self._flag = threading.Event()
        self._before: Any = None

    def is_set(self) -> bool:
        """Whether the user asked to stop."""
        return self._flag.is_set()

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._flag.is_set():
            raise KeyboardInterrupt
        self._flag.set()
