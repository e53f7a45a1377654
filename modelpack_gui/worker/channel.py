"""The worker's end of the channel: commands in, events out, and marked lines on stderr."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any, TextIO

from modelpack_gui.core.events import Event, to_line

MARK = b"\x1e"
"""Starts what is ours in the stderr stream: `o` and a line printed to stdout, or `e` and the end of a job."""


class Channel:
    """Writes events, one line each, from any thread; reads commands."""

    def __init__(self, commands: int, events: int) -> None:
        self._commands = os.fdopen(commands, "rb")
        self._events = events
        self._lock = threading.Lock()

    def write_raw(self, data: dict[str, Any]) -> None:
        """Write a line of JSON that is not an event: what the start of a worker says.

        The empty line before it ends whatever a start-up hook of the interpreter printed without a newline.
        """
        self._write(b"\n" + json.dumps(data).encode() + b"\n")

    def send(self, event: Event) -> None:
        """Write one event."""
        self.send_line(to_line(event))

    def send_line(self, line: str) -> None:
        """Write an event that `to_line` has already turned to text."""
        # A lone surrogate, as in a file name that is not UTF-8, must not break the stream.
        self._write(line.encode("utf-8", "backslashreplace") + b"\n")

    def lines(self) -> Iterator[bytes]:
        """Commands as they come, until the other side closes the channel."""
        with contextlib.suppress(OSError):
            yield from iter(self._commands.readline, b"")

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        with self._lock:
            while view:
                view = view[os.write(self._events, view) :]


class _MarkedStdout(io.RawIOBase):
    """Sends what is printed to stdout to the stderr stream, each piece marked, in order with what stderr gets.

    `fileno` is that of stdout, which also leads to stderr: children and native code may write there unmarked.
    """

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1

    def write(self, data: Any) -> int:
        raw = bytes(data)
        marked = b"".join(MARK + b"o" + line for line in raw.splitlines(keepends=True))
        while marked:
            marked = marked[os.write(2, marked) :]
        return len(raw)


def marked_stdout() -> TextIO:
    """A `sys.stdout` whose lines the client can tell from those of stderr."""
    return io.TextIOWrapper(
        io.BufferedWriter(_MarkedStdout()), encoding="utf-8", errors="backslashreplace", line_buffering=True
    )


def end_output(job: str) -> None:
    """Flush what was printed and mark the end of the job's output, so that the client can wait for all of it."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    with contextlib.suppress(OSError):  # stderr was closed by the job: the client waits no longer than a moment
        os.write(2, MARK + b"e" + job.encode() + b"\n")
