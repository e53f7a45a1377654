"""What a job tells whoever watches it, and what a worker can be told. One union for all sides.

Each job gives, in order: Started, any number of Progress, Log, Sample and Partial, and exactly one of the terminal
events Done, Failed and Cancelled.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import Enum
from typing import Any

from modelpack_gui.core import records, serde
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import Request, Result


class Outcome(str, Enum):
    """How a job ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True)
class Started:
    """The job runs now."""

    job: str
    stage: str


@dataclass(frozen=True)
class Progress:
    """What is being done; `fraction` is 0..1, or None where it cannot be known."""

    job: str
    message: str
    fraction: float | None = None


@dataclass(frozen=True)
class Log:
    """One line. `level` is debug, info, warning or error; `source` is `stage`, `stdout` or `stderr`."""

    job: str
    level: str
    message: str
    source: str = "stage"


@dataclass(frozen=True)
class Sample:
    """Latencies just measured, milliseconds, in order; `phase` is `warmup` or `timed`."""

    job: str
    runner: str
    phase: str
    latencies_ms: tuple[float, ...]


@dataclass(frozen=True)
class Partial:
    """A part of the result, as it comes: a cell of a matrix. A later one of the same cell replaces it."""

    job: str
    result: Any  # a Result; written with its kind, see to_line


@dataclass(frozen=True)
class Done:
    """The job succeeded and gave a record. A check or parity that failed is a Done with that verdict."""

    job: str
    result: Any  # a Result; written with its kind, see to_line

    @property
    def outcome(self) -> Outcome:
        """Always SUCCEEDED."""
        return Outcome.SUCCEEDED


@dataclass(frozen=True)
class Failed:
    """The job gave no record: `outcome` is FAILED, CRASHED or TIMED_OUT."""

    job: str
    outcome: Outcome
    error: ErrorInfo


@dataclass(frozen=True)
class Cancelled:
    """The user stopped the job. `result` holds what was measured until then, where that is worth keeping."""

    job: str
    result: Any = None  # a Result or None; written with its kind

    @property
    def outcome(self) -> Outcome:
        """Always CANCELLED."""
        return Outcome.CANCELLED


Event = Started | Progress | Log | Sample | Partial | Done | Failed | Cancelled
TerminalEvent = Done | Failed | Cancelled


@dataclass(frozen=True)
class Run:
    """Tell a worker to run a job.

    Attributes:
        base: Folder that relative paths start from, where it is not the worker's own.
    """

    job: str
    stage: str
    request: Any  # a Request; written with its kind
    base: str = ""


@dataclass(frozen=True)
class Prepare:
    """Tell a worker to import what a stage needs, before there is a job for it. It answers nothing."""

    stage: str


@dataclass(frozen=True)
class Cancel:
    """Tell a worker to stop a job at the next step."""

    job: str


@dataclass(frozen=True)
class Shutdown:
    """Tell a worker to end. Closing its stdin does the same."""


Command = Run | Prepare | Cancel | Shutdown

_EVENTS = serde.kinds_of(Event)
_COMMANDS = serde.kinds_of(Command)
_REQUESTS = serde.kinds_of(Request, records)
_RESULTS = serde.kinds_of(Result, records)


def to_line(message: Event | Command) -> str:
    """One line of JSON, without the newline."""
    data: dict[str, Any]
    if isinstance(message, Run):
        request = serde.encode_tagged(message.request)
        data = {"kind": "Run", "job": message.job, "stage": message.stage, "request": request, "base": message.base}
    elif isinstance(message, (Partial, Done, Cancelled)):
        result = None if message.result is None else serde.encode_tagged(message.result)
        data = {"kind": type(message).__name__, "job": message.job, "result": result}
    else:
        data = serde.encode_tagged(message)
    return serde.dumps(data)


def event_from_data(data: Any) -> Event:
    """Read an event that was written by `to_line` and parsed as JSON.

    Raises:
        DecodeError: It is not an event of this protocol.
    """
    event: Event = serde.decode_tagged(_EVENTS, data)
    if isinstance(event, Partial):
        return Partial(event.job, serde.decode_tagged(_RESULTS, event.result))
    if isinstance(event, Done):
        return Done(event.job, serde.decode_tagged(_RESULTS, event.result))
    if isinstance(event, Cancelled) and event.result is not None:
        return Cancelled(event.job, serde.decode_tagged(_RESULTS, event.result))
    return event


def command_from_data(data: Any) -> Command:
    """Read a command that was written by `to_line` and parsed as JSON.

    Raises:
        DecodeError: It is not a command of this protocol.
    """
    command: Command = serde.decode_tagged(_COMMANDS, data)
    if isinstance(command, Run):
        return dataclasses.replace(command, request=serde.decode_tagged(_REQUESTS, command.request))
    return command
