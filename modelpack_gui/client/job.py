"""A job as the client sees it: its listener, its cancel, its one terminal event."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable
from pathlib import Path

from modelpack_gui.client.api import Listener
from modelpack_gui.core.events import Cancelled, Done, Event, Failed, TerminalEvent
from modelpack_gui.core.locations import is_folder
from modelpack_gui.core.records import Request

logger = logging.getLogger(__name__)

_numbers = itertools.count(1)


class WorkerJob:
    """A job of a lane or of the director; see `client.api.Job`.

    Args:
        is_at_home_anywhere: Whether a worker of another folder can run it as well: it imports nothing of the user's.
    """

    def __init__(
        self,
        stage: str,
        request: Request,
        listener: Listener,
        base: Path,
        deadline_s: float | None,
        *,
        is_at_home_anywhere: bool = False,
    ) -> None:
        self.id = f"{stage}-{next(_numbers)}"
        self.stage = stage
        self.request = request
        self.base = base
        self.is_at_home_anywhere = is_at_home_anywhere
        self.deadline_s = deadline_s
        self.ticket = 0
        self._listener = listener
        self._terminal: TerminalEvent | None = None
        self._ended = threading.Event()
        self._cancel = threading.Event()
        self._on_cancel: Callable[[], None] | None = None

    @property
    def is_cancel_requested(self) -> bool:
        """Whether somebody asked it to stop."""
        return self._cancel.is_set()

    def may_run_in(self, folder: Path) -> bool:
        """Whether a worker of a folder, which may have imported the user's modules in it, is one for this job."""
        return is_folder(self.base) and (folder == self.base or (self.is_at_home_anywhere and is_folder(folder)))

    def cancel(self) -> None:
        """Ask it to stop."""
        self._cancel.set()
        if self._on_cancel is not None:
            self._on_cancel()

    def on_cancel(self, wake: Callable[[], None]) -> None:
        """Have whoever runs it told of a cancel."""
        self._on_cancel = wake

    def wait(self, timeout_s: float | None = None) -> TerminalEvent | None:
        """Block until the terminal event; None if the time passed first."""
        self._ended.wait(timeout_s)
        return self._terminal if self._ended.is_set() else None

    def emit(self, event: Event) -> None:
        """Tell the listener. What comes after the terminal event is dropped, and a listener that raises is logged."""
        if self._terminal is not None:
            return
        if isinstance(event, (Done, Failed, Cancelled)):
            self._terminal = event
        try:
            self._listener(event)
        except Exception:
            logger.exception("A listener of job %s raised", self.id)
        if self._terminal is not None:
            self._ended.set()
