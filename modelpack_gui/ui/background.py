"""Computes off the GUI thread, within this process: for what is read from files that a worker has left."""

from __future__ import annotations

import threading
import traceback
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from modelpack_gui.core.errors import ErrorInfo, UserError

Check = Callable[[], None]
Work = Callable[[Check], Any]
Answered = Callable[[Any, ErrorInfo | None], None]


class Dropped(Exception):  # noqa: N818 (it is no error)
    """Nobody waits for the answer any more."""


class Background(QObject):
    """One thread that does what is asked for, in order; it ends when there is nothing to do.

    What is asked for under a key takes the place of what was asked for under it before, whether that waits or runs.
    """

    _ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._waiting: deque[tuple[int, Work]] = deque()
        self._done: deque[tuple[int, Any, ErrorInfo | None]] = deque()
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._last = 0
        self._wanted: dict[str, int] = {}  # the newest of each key; the thread only looks
        # Not on the thread: the last reference to a widget's method may only go on the GUI thread.
        self._answered: dict[int, tuple[str, Answered]] = {}
        self._ended.connect(self._on_ended, Qt.ConnectionType.QueuedConnection)
        if parent is not None:
            # Python may free this one before its parent: then no thread runs, which would hold it.
            living = weakref.ref(self)
            parent.destroyed.connect(lambda: _close(living()))

    def ask(self, key: str, work: Work, answered: Answered) -> None:
        """Have `work(check)` done, and `answered(result, error)` called here.

        `work` calls `check` now and then, which raises `Dropped` when it is not wanted any more, and is let out.
        """
        if self._is_closed:
            return
        self.drop(key)
        self._last += 1
        self._answered[self._last] = (key, answered)
        with self._lock:
            self._wanted[key] = self._last
            self._waiting.append((self._last, work))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="values", daemon=True)
                self._thread.start()

    def drop(self, key: str) -> None:
        """Want nothing under a key."""
        with self._lock:
            number = self._wanted.pop(key, 0)
            self._waiting = deque(item for item in self._waiting if item[0] != number)
        self._answered.pop(number, None)

    def drop_all(self) -> None:
        """Want nothing at all."""
        for key in list(self._wanted):
            self.drop(key)

    @property
    def is_busy(self) -> bool:
        """Whether an answer is to come."""
        return bool(self._answered)

    def close(self) -> None:
        """Want nothing from now on, and wait for the thread: it looks up within milliseconds."""
        with self._lock:
            self._is_closed = True
            self._wanted.clear()
            self._waiting.clear()
            thread = self._thread
        self._answered.clear()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                number, work = self._waiting.popleft()
            result, error = None, None
            try:
                result = work(lambda number=number: self._check(number))  # type: ignore[misc]
            except Dropped:
                continue
            except UserError as failure:
                error = failure.info
            except Exception as failure:  # noqa: BLE001 (a file may hold anything; the view says what happened)
                what = f"The values could not be read: {type(failure).__name__}: {failure}."
                error = ErrorInfo("values-failed", what, "Compare this case again.", traceback.format_exc())
            with self._lock:
                if self._is_closed:
                    return
                self._done.append((number, result, error))
                self._ended.emit()

    def _check(self, number: int) -> None:
        with self._lock:
            is_wanted = number in self._wanted.values()
        if not is_wanted:
            raise Dropped

    def _on_ended(self) -> None:
        while True:
            with self._lock:
                if not self._done:
                    return
                number, result, error = self._done.popleft()
            key, answered = self._answered.pop(number, ("", None))
            if answered is None:
                continue
            with self._lock:
                self._wanted.pop(key, None)
            answered(result, error)


def _close(background: Background | None) -> None:
    if background is not None:
        background.close()
