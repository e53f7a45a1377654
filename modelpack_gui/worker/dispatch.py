"""Runs jobs, one after the other, on the main thread; a reader thread takes in commands meanwhile.

Every job ends in exactly one of Done, Failed and Cancelled, whatever its code raises.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import platform
import queue
import shutil
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from modelpack_gui.core.errors import ErrorInfo, JobCancelled, UserError
from modelpack_gui.core.events import (
    Cancel,
    Cancelled,
    Done,
    Failed,
    Log,
    Outcome,
    Partial,
    Prepare,
    Progress,
    Run,
    Started,
    command_from_data,
    to_line,
)
from modelpack_gui.core.records import PROTOCOL_VERSION, Result
from modelpack_gui.core.serde import DecodeError
from modelpack_gui.stages import registry
from modelpack_gui.stages.hello import PACKAGES
from modelpack_gui.worker.channel import Channel, end_output, marked_stdout

_ALLOCATION_FAILED = (
    "can't allocate memory",
    "cannot allocate memory",
    "not enough memory",
    "out of memory",
    "bad_alloc",
    "bad allocation",
)


class WorkerContext:
    """The context of one job, see `core.context.Context`."""

    def __init__(
        self, channel: Channel, job: str, base: Path, scratch: Path, session: dict[str, Any], flag: threading.Event
    ) -> None:
        self.base = base
        self.scratch = scratch
        self.session = session
        self._channel = channel
        self._job = job
        self._flag = flag

    def progress(self, message: str, fraction: float | None = None) -> None:
        """Tell the client what is being done."""
        self._channel.send(Progress(self._job, message, fraction))

    def log(self, level: str, message: str) -> None:
        """Tell the client one line."""
        self._channel.send(Log(self._job, level, message))

    def partial(self, part: Result) -> None:
        """Tell the client a part of the result."""
        self._channel.send(Partial(self._job, part))

    def check_cancelled(self) -> None:
        """Raise JobCancelled if the client asked to stop this job."""
        if self._flag.is_set():
            raise JobCancelled


class Dispatcher:
    """Takes commands from a channel and runs them."""

    def __init__(self, channel: Channel, base: Path, scratch: Path) -> None:
        self._channel = channel
        self._base = base
        self._scratch = scratch
        self._session: dict[str, Any] = {}
        self._jobs: queue.SimpleQueue[Run | Prepare | None] = queue.SimpleQueue()
        self._flags: dict[str, threading.Event] = {}

    def run(self) -> None:
        """Serve until the client says so or goes away."""
        threading.Thread(target=self._read, name="commands", daemon=True).start()
        while (command := self._jobs.get()) is not None:
            self._reset_process()
            if isinstance(command, Prepare):
                with contextlib.suppress(Exception):  # the first job of the stage meets it again, and tells
                    registry.prepare(command.stage)
                continue
            self._channel.send(Started(command.job, command.stage))
            line = self._run_job(command)
            end_output(command.job)
            self._flags.pop(command.job)
            self._channel.send_line(line)

    def _read(self) -> None:
        for line in self._channel.lines():
            try:
                command = command_from_data(json.loads(line))
            except (ValueError, DecodeError) as error:
                self._channel.send(Failed(_job_of(line), Outcome.FAILED, _malformed(error)))
                continue
            if isinstance(command, Run):
                self._flags[command.job] = threading.Event()
                self._jobs.put(command)
            elif isinstance(command, Prepare):
                self._jobs.put(command)
            elif isinstance(command, Cancel):
                flag = self._flags.get(command.job)
                if flag is not None:
                    flag.set()
            else:
                break
        shutil.rmtree(self._scratch, ignore_errors=True)  # whoever made it may have been killed
        if self._flags:  # nobody waits for this job any more, and it may never end by itself
            os._exit(0)
        self._jobs.put(None)

    def _reset_process(self) -> None:
        """Undo what an earlier job's code may have done to the process."""
        os.chdir(self._base)
        sys.stdout = marked_stdout()

    def _run_job(self, command: Run) -> str:
        """Run it and give its terminal event, already as text: a result that cannot be written is a failure too."""
        context = WorkerContext(
            self._channel,
            command.job,
            Path(command.base) if command.base else self._base,
            self._scratch,
            self._session,
            self._flags[command.job],
        )
        try:
            result = registry.resolve(command.stage)(command.request, context)
            return to_line(Done(command.job, result))
        except JobCancelled:
            return to_line(Cancelled(command.job))
        except UserError as error:
            cause = error.__cause__
            if cause is not None and is_out_of_memory(cause):  # a stage would blame the code that asked for it
                memory = fault(cause, command.stage)
                message = f"{memory.message.rstrip('.')}: {error.info.message}"  # it says where
                known, details = error.info.explanation, error.info.details or memory.details
                info = dataclasses.replace(memory, message=message, details=details, explanation=known)
                return to_line(Failed(command.job, Outcome.FAILED, info))
            return to_line(Failed(command.job, Outcome.FAILED, error.info))
        except BaseException as error:  # noqa: BLE001 (user code may raise anything, SystemExit too: each is an outcome)
            return to_line(Failed(command.job, Outcome.FAILED, fault(error, command.stage)))


def fault(error: BaseException, stage: str) -> ErrorInfo:
    """Describe an exception that no stage turned into a UserError."""
    details = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    text = _text_of(error)
    if is_out_of_memory(error):
        return ErrorInfo(
            "out-of-memory",
            f"The job {stage!r} ran out of memory.",
            "Use smaller example inputs, close other programs, or use a machine with more memory.",
            details,
        )
    if isinstance(error, SystemExit):
        return ErrorInfo(
            "stage-exit",
            f"The code called sys.exit({error.code!r}) during the job {stage!r}.",
            "Put the call under `if __name__ == '__main__':`. The traceback says where it is.",
            details,
        )
    missing = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    if missing in PACKAGES:
        return ErrorInfo(
            "package-missing",
            f"The interpreter {sys.executable} has no {missing}, which the job {stage!r} needs.",
            f'Choose another interpreter, or install it in this one: "{sys.executable}" -m pip install {missing}',
            details,
        )
    return ErrorInfo(
        "stage-fault",
        f"{type(error).__name__} in the job {stage!r}: {text}" if text else f"{type(error).__name__} in {stage!r}.",
        "The traceback says where. If it is not in your own code, report it with the traceback.",
        details,
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory could not be had; torch raises a RuntimeError for it."""
    text = _text_of(error).lower()
    return isinstance(error, MemoryError) or any(sign in text for sign in _ALLOCATION_FAILED)


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 (the exception's own code; what it meant to say is in the traceback)
        return ""


def _job_of(line: bytes) -> str:
    """The job that a malformed line names; empty if that cannot be told."""
    try:
        data = json.loads(line)
    except ValueError:
        return ""
    job = data.get("job") if isinstance(data, dict) else None
    return job if isinstance(job, str) else ""


def _malformed(error: Exception) -> ErrorInfo:
    return ErrorInfo(
        "protocol-malformed",
        f"The worker could not read a command: {error}.",
        "Two versions of modelpack-gui may be mixed: restart it, and reinstall it if that does not help.",
    )


def serve(commands: int, events: int, *, protocol: int, base: str, scratch: str) -> None:
    """Say that this worker is ready, then run jobs.

    Args:
        commands: File descriptor to read commands from.
        events: File descriptor to write events to.
        protocol: Version that the client speaks.
        base: Folder that relative paths start from.
        scratch: Folder for intermediate files, made by the client; deleted by whoever of the two lives longer.
    """
    channel = Channel(commands, events)
    if protocol != PROTOCOL_VERSION:
        error = {
            "code": "protocol-version",
            "message": f"The worker speaks protocol {PROTOCOL_VERSION}, the app speaks {protocol}.",
            "hint": "Two versions of modelpack-gui are mixed: reinstall it and restart.",
        }
        channel.write_raw({"refused": error})
        return
    channel.write_raw({"ready": {"protocol": PROTOCOL_VERSION, "python": platform.python_version()}})
    Dispatcher(channel, Path(base), Path(scratch)).run()
