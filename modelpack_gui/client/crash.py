"""What the end of a worker that did not finish its job means, in words."""

from __future__ import annotations

import re
import signal
import traceback
from pathlib import Path

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import ModelSource, Request

_HINTS = {
    "SIGKILL": "The system probably ended it for want of memory. Use smaller example inputs, close other programs, "
    "or use a machine with more memory.",
    "SIGSEGV": "Native code touched memory that is not its own: often two libraries that do not fit each other, or a "
    "fault in an extension of the model. The Python lines it was in are in the details.",
    "SIGABRT": "Native code gave up on a failed check of its own; its last words are in the details.",
    "SIGILL": "A library uses an instruction that this CPU does not have. Install a build of it for this CPU.",
    "SIGBUS": "A file mapped to memory has shrunk, or its disk is full: check the checkpoint and the free space.",
    "SIGFPE": "Native code divided a whole number by zero. The Python lines it was in are in the details.",
    "SIGTERM": "Something outside ended it: another program, a session manager, or a limit on this account.",
    "SIGXCPU": "The limit on processor time of this account was reached.",
}
_WINDOWS = {0xC0000005: "SIGSEGV", 0xC000001D: "SIGILL", 0xC0000094: "SIGFPE", 0xC0000409: "SIGABRT"}
_STACK_OVERFLOW = 0xC00000FD
_OURS = str(Path(__file__).resolve().parents[1])
_LIBRARY = re.compile(r"(site|dist)-packages|[\\/]lib[\\/]python3|\\Lib\\")


_DONE_BY_FILES = ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE")


def file_of(request: Request) -> str:
    """The file that a job reads before all others: a model, an artifact, node data; empty if there is none."""
    for name in ("path", "artifact_path"):
        if isinstance(path := getattr(request, name, ""), str) and path:
            return path
    source = getattr(request, "source", None)
    return source.file if isinstance(source, ModelSource) and source.is_saved_model else ""


def crash_error(returncode: int | None, stage: str, output: str, file: str = "") -> ErrorInfo:
    """Describe a worker that ended before its job did.

    Args:
        returncode: As `subprocess` gives it: minus the signal's number on POSIX; None if it did not end.
        stage: What it was running.
        output: Its last lines of output, which become the details.
        file: That it was reading; see `file_of`.
    """
    name = signal_name(returncode)
    if name:
        place = _place(output)
        hint = _HINTS.get(name, "Its last output is in the details.")
        if file and not place and name in _DONE_BY_FILES:  # no code of the user's was running
            hint = f"The file may be damaged, or made to do that: copy or export it again. {hint}"
        message = f"The worker was ended by {name} while it ran {stage!r}{f' on {file}' if file else ''}{place}."
        return ErrorInfo("worker-crashed", message, hint, output)
    if returncode is None:
        message = f"The worker closed its channel while it ran {stage!r}."
        return ErrorInfo("worker-crashed", message, "Code of the model closes files that are not its own.", output)
    if returncode & 0xFFFFFFFF == _STACK_OVERFLOW:
        message = f"The worker ran out of stack while it ran {stage!r}."
        return ErrorInfo("worker-crashed", message, "Look for a recursion without an end in the model.", output)
    message = f"The worker left with exit code {returncode} while it ran {stage!r}."
    hint = "Code of the model, or a library, ended the process: look for os._exit and for exit in native code."
    return ErrorInfo("worker-crashed", message, hint, output)


def start_error(executable: str, returncode: int | None, output: str) -> ErrorInfo:
    """Describe an interpreter that ended before it could take a job."""
    return ErrorInfo(
        "interpreter-not-usable",
        f"{executable} ended (exit code {returncode}) before it could take a job.",
        "Is it a Python 3.10 or newer? Run it in a terminal, or choose another interpreter.",
        output,
    )


def start_timeout_error(limit_s: float, output: str) -> ErrorInfo:
    """Describe an interpreter that did not get ready in time."""
    return ErrorInfo(
        "worker-start-timeout",
        f"The interpreter did not get ready within {limit_s:g} s.",
        "Is it a Python 3.10 or newer? Run it in a terminal to see what it waits for.",
        output,
    )


def job_timeout_error(stage: str, limit_s: float, output: str) -> ErrorInfo:
    """Describe a job that did not end in time."""
    return ErrorInfo(
        "job-timed-out",
        f"The job {stage!r} did not end within {limit_s:g} s and was stopped.",
        "Look for a loop without an end in the model, use smaller inputs, or allow more time.",
        output,
    )


def malformed_error(problem: str, details: str) -> ErrorInfo:
    """Describe a worker that sent what is none of the protocol."""
    return ErrorInfo(
        "protocol-malformed",
        f"The worker sent a line that is not of the protocol: {problem}.",
        "Try again: the next job starts a fresh worker. If it comes back, report it with the line.",
        details,
    )


def fault(error: Exception) -> ErrorInfo:
    """Describe an exception of our own while looking after workers."""
    return ErrorInfo(
        "client-fault",
        f"{type(error).__name__} while looking after the worker: {error}",
        "This is a fault of modelpack-gui; report it with the traceback.",
        "".join(traceback.format_exception(error)),
    )


def _place(output: str) -> str:
    """`, at file.py:12`: the user's innermost line, where faulthandler told of it; else empty."""
    _, mark, frames = output.partition("Current thread ")
    for file, line in re.findall(r'^ +File "(.+)", line (\d+) in ', frames if mark else "", re.MULTILINE):
        if not file.startswith((_OURS, "<")) and not _LIBRARY.search(file):
            return f", at {file}:{line}"
    return ""


def signal_name(returncode: int | None) -> str:
    """Name of the signal that ended a process, or of what comes nearest to it on Windows; empty if none did."""
    if returncode is None:
        return ""
    if returncode < 0:
        try:
            return signal.Signals(-returncode).name
        except ValueError:
            return f"signal {-returncode}"
    return _WINDOWS.get(returncode & 0xFFFFFFFF, "")
