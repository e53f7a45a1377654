"""Call a function in a child of this process, which may crash, never end, or be ended at any moment.

The child has all that this process has in memory, so that nothing is handed over but the bytes that it gives back.
It must need no thread but its own: native code that computes by itself, and no torch.
"""

from __future__ import annotations

import faulthandler
import os
import select
import signal
import sys
import time
import traceback
import uuid
import warnings
from collections.abc import Callable
from pathlib import Path

CAN_FORK = sys.platform.startswith("linux")
"""macOS can as well, and has libraries that do not survive it."""

_CHECK_EVERY_S = 0.2
_RAISED = 1


class ChildError(Exception):
    """The child gave nothing; the text says why: `crashed (SIGSEGV)`, or the last line of a traceback."""


class ForkedCall:
    """Begins at once; a context manager, for the child is not to outlive it.

    Args:
        work: What the child does.
        scratch: Folder for what it writes.

    Raises:
        OSError: No child can be had.
    """

    def __init__(self, work: Callable[[], bytes], scratch: Path) -> None:
        self._written = scratch / f"child-{uuid.uuid4().hex[:12]}"
        self._ended, held = os.pipe()
        with warnings.catch_warnings():
            # Python 3.12 warns of the threads that the child lacks.
            warnings.simplefilter("ignore", DeprecationWarning)
            try:
                self._child = os.fork()
            except OSError:
                os.close(self._ended)
                os.close(held)
                raise
        if self._child:
            os.close(held)  # now the pipe ends when the child does
            return
        code = _RAISED
        try:
            faulthandler.disable()
            code = self._work(work)
        finally:
            os._exit(code)

    def __enter__(self) -> ForkedCall:
        return self

    def __exit__(self, *error: object) -> None:
        """End the child if it still runs, and forget what it wrote."""
        if self._child:
            os.kill(self._child, signal.SIGKILL)
            self._reap()
        self._written.unlink(missing_ok=True)

    def result(self, check_cancelled: Callable[[], None], longest_s: float) -> bytes:
        """What the function gave. To be asked once.

        Args:
            check_cancelled: Called while waiting; what it raises ends the wait.

        Raises:
            ChildError: It raised something, crashed, or took too long.
        """
        started = time.monotonic()
        while not select.select([self._ended], [], [], _CHECK_EVERY_S)[0]:
            check_cancelled()
            if time.monotonic() - started > longest_s:
                raise ChildError(f"took longer than {longest_s:.0f} s and was ended")
        code = self._reap()
        if code < 0:
            raise ChildError(f"crashed ({signal.Signals(-code).name})")
        data = self._written.read_bytes() if self._written.exists() else b""
        if code:
            raise ChildError(data.decode() or "ended without a word")
        return data

    def _work(self, work: Callable[[], bytes]) -> int:
        try:
            self._written.write_bytes(work())
        except Exception as error:  # noqa: BLE001 (it is told on the other side)
            text = traceback.format_exception_only(type(error), error)[-1].strip()
            self._written.write_text(text, encoding="utf-8", errors="backslashreplace")
            return _RAISED
        return 0

    def _reap(self) -> int:
        """Exit code of the child, or the negative number of the signal that ended it."""
        _, status = os.waitpid(self._child, 0)
        os.close(self._ended)
        self._child = 0
        return os.waitstatus_to_exitcode(status)
