from __future__ import annotations

import json
import math
import pickle
from typing import Any

import pytest

from modelpack_gui.core import events, serde
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.events import (
    Cancel,
    Cancelled,
    Command,
    Done,
    Event,
    Failed,
    Log,
    Outcome,
    Partial,
    Prepare,
    Progress,
    Run,
    Sample,
    Shutdown,
    Started,
)
from modelpack_gui.core.records import (
    InputSpec,
    KeyReport,
    LatencyTurn,
    LoadRequest,
    MatrixCell,
    MatrixChoice,
    ModelSource,
    TensorStats,
)

ALL_EVENTS: tuple[Event, ...] = (
    Started("1", "load"),
    Progress("1", "Exporting", 0.25),
    Progress("1", "Exporting"),
    Log("1", "warning", 'odd "text"\nin two lines', "stderr"),
    Sample("1", "eager", "timed", (1.5, 2.25)),
    Partial("1", MatrixCell(MatrixChoice("onnx", "dynamo", 20), "running", "Exporting")),
    Done("1", LatencyTurn("eager", (0.1, math.inf))),
    Failed("1", Outcome.CRASHED, ErrorInfo("worker-died", "gone", "start it again")),
    Cancelled("1"),
    Cancelled("1", LatencyTurn("eager", ())),
)

ALL_COMMANDS: tuple[Command, ...] = (
    Run("1", "load", LoadRequest(ModelSource(file="a.py", name="A", arguments={"n": 1}), (InputSpec("x", (2,)),))),
    Prepare("inspect"),
    Cancel("1"),
    Shutdown(),
)


@pytest.mark.parametrize("event", ALL_EVENTS)
def test_an_event_is_one_line_and_reads_back_equal(event: Event) -> None:
    line = events.to_line(event)
    assert "\n" not in line
    assert events.event_from_data(json.loads(line)) == event


@pytest.mark.parametrize("command", ALL_COMMANDS)
def test_a_command_is_one_line_and_reads_back_equal(command: Command) -> None:
    line = events.to_line(command)
    assert "\n" not in line
    assert events.command_from_data(json.loads(line)) == command


def test_every_member_of_the_unions_is_in_these_tests() -> None:
    assert {type(event) for event in ALL_EVENTS} == set(serde.kinds_of(Event).values())
    assert {type(command) for command in ALL_COMMANDS} == set(serde.kinds_of(Command).values())


@pytest.mark.parametrize(
    "data",
    [
        None,
        "Done",
        {"kind": "Done", "job": "1"},
        {"kind": "Done", "job": "1", "result": None},
        {"kind": "Done", "job": "1", "result": {"kind": "InputSpec", "name": "x", "shape": []}},
        {"kind": "Done", "job": "1", "result": {"kind": "LatencyTurn", "runner": "eager"}},
        {"kind": "Failed", "job": "1", "outcome": "exploded", "error": {"code": "a", "message": "b"}},
        {"kind": "Cancel", "job": "1"},
        {"kind": "Started", "job": 1, "stage": "load"},
    ],
)
def test_what_is_no_event_is_refused(data: Any) -> None:
    with pytest.raises(serde.DecodeError):
        events.event_from_data(data)


def test_a_result_is_not_taken_for_a_request() -> None:
    data = json.loads(events.to_line(Run("1", "load", LatencyTurn("eager", ()))))
    with pytest.raises(serde.DecodeError):
        events.command_from_data(data)


def test_a_not_finite_statistic_crosses_the_boundary() -> None:
    nan = math.nan
    stats = TensorStats("w", "float32", (1,), 1, 4, nan, math.inf, -math.inf, 0.0, 0, 1, 0, (1,), (0.0, 1.0))
    back = events.event_from_data(json.loads(events.to_line(Done("1", stats))))
    assert isinstance(back, Done)
    assert math.isnan(back.result.minimum)
    assert (back.result.maximum, back.result.mean) == (math.inf, -math.inf)


def test_terminal_events_carry_their_outcome() -> None:
    assert Done("1", KeyReport(1)).outcome is Outcome.SUCCEEDED
    assert Cancelled("1").outcome is Outcome.CANCELLED


def test_a_user_error_can_be_copied_with_all_it_says() -> None:
    error = UserError("a-code", "message", "hint", "details")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.info, str(again)) == (UserError, error.info, "message")
