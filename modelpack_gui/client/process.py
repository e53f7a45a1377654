"""One worker process: find the interpreter, start it, talk to it, end it with all its children."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import modelpack_gui
from modelpack_gui.client.launch import CHOOSE, clean_environment, resolve_interpreter
from modelpack_gui.core import serde
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.events import Command, Event, event_from_data, to_line
from modelpack_gui.core.locations import is_folder
from modelpack_gui.core.records import PROTOCOL_VERSION

MARK = b"\x1e"  # as in worker/channel.py, which the client does not import
TAIL_LINES = 50
OUTPUT_LINES = 5000  # of one job; a model that prints for ever must not flood the window
_LINE_BYTES = 8192
_EXIT_S = 2.0


@dataclass(frozen=True)
class Ready:
    """The worker waits for jobs."""


@dataclass(frozen=True)
class Refused:
    """The worker cannot work, and says why."""

    error: ErrorInfo


@dataclass(frozen=True)
class Output:
    """One line that was printed; `source` is `stdout` or `stderr`."""

    text: str
    source: str


@dataclass(frozen=True)
class OutputCut:
    """From here on output of this job is not passed on."""


@dataclass(frozen=True)
class OutputEnd:
    """All that a job printed has come."""

    job: str


@dataclass(frozen=True)
class Garbage:
    """A line on the channel that is none of the protocol."""

    text: str
    problem: str


@dataclass(frozen=True)
class Gone:
    """The process has ended (`returncode` as in subprocess), or closed its channel (None)."""

    returncode: int | None


Message = Ready | Refused | Output | OutputCut | OutputEnd | Garbage | Gone | Event


class WorkerProcess:
    """A started worker. What it says is posted, in order, from threads of its own.

    Args:
        interpreter: As chosen; see `resolve_interpreter`.
        base: Its working folder.
        post: Called with this worker and each message; the last one is Gone.
        is_measuring: Whether the times of what it runs are what is asked for.

    Raises:
        UserError: It cannot be started.
    """

    def __init__(
        self,
        interpreter: str,
        base: Path,
        post: Callable[[WorkerProcess, Message], None],
        *,
        is_measuring: bool = False,
    ) -> None:
        self._is_measuring = is_measuring
        self.executable = resolve_interpreter(interpreter, base)
        self.base = base
        if not is_folder(base):
            raise UserError(
                "folder-missing", f"There is no folder {base}.", "Choose the folder of the model or recipe."
            )
        self._post = post
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._printed = 0
        self._is_cut = False
        self._is_gone = False
        self.scratch = make_scratch()
        try:
            self._process = self._spawn()
        except OSError as error:
            shutil.rmtree(self.scratch, ignore_errors=True)
            raise UserError(
                "interpreter-not-usable", f"{self.executable} could not be started: {error.strerror}.", CHOOSE
            ) from error
        self._listen_to_output = threading.Thread(target=self._read_output, name="worker output", daemon=True)
        self._listen_to_events = threading.Thread(target=self._read_events, name="worker events", daemon=True)
        self._listen_to_output.start()
        self._listen_to_events.start()

    @property
    def pid(self) -> int:
        """Of the process, which also leads its group on POSIX."""
        return self._process.pid

    @property
    def output(self) -> str:
        """The last lines it printed."""
        return "\n".join(tuple(self._tail))

    def send(self, command: Command) -> None:
        """Give it a command; if it is gone already, Gone is on its way."""
        stdin = self._pipe(self._process.stdin)
        with contextlib.suppress(OSError, ValueError):
            stdin.write(to_line(command).encode("utf-8", "backslashreplace") + b"\n")
            stdin.flush()

    def send_raw(self, line: bytes) -> None:
        """Write any line; for tests of the worker's answer to one that is malformed."""
        stdin = self._pipe(self._process.stdin)
        stdin.write(line + b"\n")
        stdin.flush()

    def begin_job(self) -> None:
        """Count printed lines anew."""
        self._printed = 0
        self._is_cut = False
        self._tail.clear()

    def terminate(self) -> None:
        """Ask the process group to end."""
        if self._is_gone:
            return
        if sys.platform == "win32":
            self.kill()
        else:
            self._signal_group(signal.SIGTERM)

    def kill(self) -> None:
        """End the process and its children, without asking."""
        if self._is_gone:  # its number may belong to another process by now
            return
        if sys.platform == "win32":
            taskkill = shutil.which("taskkill") or "taskkill"
            subprocess.run([taskkill, "/T", "/F", "/PID", str(self.pid)], capture_output=True, check=False)
            with contextlib.suppress(OSError):
                self._process.kill()
        else:
            self._signal_group(signal.SIGKILL)

    def join(self, timeout_s: float) -> bool:
        """Wait until it is gone and its scratch folder deleted; False if the time passed first."""
        self._listen_to_events.join(timeout_s)
        return not self._listen_to_events.is_alive()

    def _spawn(self) -> subprocess.Popen[bytes]:
        bootstrap = Path(modelpack_gui.__file__).with_name("worker") / "bootstrap.py"
        base = self.base.absolute()
        command = [self.executable, "-u", str(bootstrap), str(PROTOCOL_VERSION), str(base), str(self.scratch)]
        options: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=base,
            env=clean_environment(os.environ, is_measuring=self._is_measuring),
            **options,
        )

    def _signal_group(self, number: int) -> None:
        if sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError, PermissionError):  # gone, or only a zombie is left
                os.killpg(self.pid, number)

    def _read_events(self) -> None:
        stdout = self._pipe(self._process.stdout)
        with contextlib.suppress(OSError, ValueError):
            for line in iter(stdout.readline, b""):
                if line.strip():
                    self._post(self, _parse(line))
        returncode: int | None = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            returncode = self._process.wait(_EXIT_S)
        self.kill()  # children that outlived it; or itself, if it only closed the channel
        self._process.wait()
        self._is_gone = True
        self._listen_to_output.join(_EXIT_S)
        self._post(self, Gone(returncode))
        shutil.rmtree(self.scratch, ignore_errors=True)
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                self._pipe(pipe).close()

    def _read_output(self) -> None:
        stderr = self._pipe(self._process.stderr)
        pending = b""
        with contextlib.suppress(OSError, ValueError):
            while chunk := os.read(stderr.fileno(), 65536):
                *lines, pending = (pending + chunk).split(b"\n")
                if len(pending) > _LINE_BYTES:
                    lines.append(pending)
                    pending = b""
                self._take_lines(lines)
        self._take_lines([pending])
        stderr.close()

    def _take_lines(self, lines: list[bytes]) -> None:
        room = max(OUTPUT_LINES - self._printed, TAIL_LINES)
        skipped = max(0, len(lines) - room)
        for number, line in enumerate(lines):
            if number >= skipped or MARK + b"e" in line:
                self._take_line(line)
            else:
                self._printed += 1

    def _take_line(self, line: bytes) -> None:
        """Split a line at the marks in it: what another process or thread left unfinished may stand before one."""
        first, *marked = line.split(MARK)
        self._take_text(first, "stderr")
        printed = b""
        for part in marked:
            if part.startswith(b"e"):
                self._take_text(printed, "stdout")
                printed = b""
                self._post(self, OutputEnd(part[1:].decode("utf-8", "replace")))
            else:
                printed += part.removeprefix(b"o")  # one line that was printed in pieces
        self._take_text(printed, "stdout")

    def _take_text(self, raw: bytes, source: str) -> None:
        shown = raw.rstrip(b"\r").rpartition(b"\r")[2]  # of a progress bar, its last state
        text = shown[:_LINE_BYTES].decode("utf-8", "replace")
        if not text.strip():
            return
        self._tail.append(text)
        self._printed += 1
        if self._printed <= OUTPUT_LINES:
            self._post(self, Output(text, source))
        elif not self._is_cut:
            self._is_cut = True
            self._post(self, OutputCut())

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
        assert pipe is not None
        return pipe


def make_scratch() -> Path:
    """A new folder for intermediate files; whoever asks deletes it.

    Raises:
        UserError: `scratch-not-writable`.
    """
    try:
        return Path(tempfile.mkdtemp(prefix="modelpack-worker-"))
    except OSError as error:
        raise UserError(
            "scratch-not-writable",
            f"No folder for intermediate files could be made: {error.strerror or error}.",
            "Free some space on the disk of temporary files, or set TMPDIR to a folder that can be written.",
        ) from error


def _parse(line: bytes) -> Message:
    try:
        data = serde.loads(line)
        if isinstance(data, dict) and "ready" in data:
            return Ready()
        if isinstance(data, dict) and "refused" in data:
            return Refused(serde.decode(ErrorInfo, data["refused"]))
        return event_from_data(data)
    except (ValueError, serde.DecodeError) as error:
        return Garbage(line[:_LINE_BYTES].decode("utf-8", "replace").rstrip(), str(error))
