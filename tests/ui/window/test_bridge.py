"""Events reach the GUI thread whole, in order, merged where that loses nothing, and never after the end."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import Cancelled, Event, Failed, Log, Outcome, Progress, Sample, Started
from modelpack_gui.ui.bridge import EventBridge, merged


@pytest.fixture
def bridge(qapp: object) -> EventBridge:
    return EventBridge()


def _collect(bridge: EventBridge) -> list[Event]:
    got: list[Event] = []
    bridge.event_received.connect(got.append)
    return got


def test_only_the_latest_progress_of_each_job_is_kept() -> None:
    events: list[Event] = [
        Progress("a", "one", 0.1),
        Progress("b", "other", 0.5),
        Progress("a", "two", 0.2),
    ]
    assert merged(events) == [Progress("b", "other", 0.5), Progress("a", "two", 0.2)]


def test_samples_of_one_runner_and_phase_are_joined_in_order() -> None:
    events: list[Event] = [
        Sample("a", "eager", "timed", (1.0, 2.0)),
        Sample("a", "onnxruntime", "timed", (9.0,)),
        Sample("a", "eager", "timed", (3.0,)),
    ]
    assert merged(events) == [
        Sample("a", "eager", "timed", (1.0, 2.0, 3.0)),
        Sample("a", "onnxruntime", "timed", (9.0,)),
    ]


def test_samples_of_other_phases_and_jobs_stay_apart() -> None:
    events: list[Event] = [
        Sample("a", "eager", "warmup", (1.0,)),
        Sample("a", "eager", "timed", (2.0,)),
        Sample("b", "eager", "timed", (3.0,)),
    ]
    assert merged(events) == events


def test_logs_and_ends_are_never_merged_and_keep_their_order() -> None:
    events: list[Event] = [
        Started("a", "export"),
        Log("a", "info", "first"),
        Log("a", "info", "first"),
        Failed("a", Outcome.CRASHED, ErrorInfo("crashed", "It crashed.")),
    ]
    assert merged(events) == events


def test_events_come_in_the_order_they_were_posted(bridge: EventBridge, qtbot: QtBot) -> None:
    got = _collect(bridge)
    posted: list[Event] = [Started("a", "export"), Log("a", "info", "x"), Cancelled("a")]
    for event in posted:
        bridge.post(event)
    assert got == []  # not inside `post`: a stage must never wait for the window
    qtbot.waitUntil(lambda: len(got) == 3)
    assert got == posted


def test_the_end_of_a_job_comes_at_once_with_what_came_before_it(bridge: EventBridge, qtbot: QtBot) -> None:
    got = _collect(bridge)
    bridge._timer.setInterval(3_600_000)
    posted: list[Event] = [Log("a", "info", "x"), Log("b", "info", "y"), Cancelled("a")]
    for event in posted:
        bridge.post(event)
    qtbot.waitUntil(lambda: len(got) == 3)
    assert got == posted
    bridge.post(Log("b", "info", "z"))
    qtbot.waitUntil(bridge._timer.isActive)
    assert len(got) == 3


def test_a_thousand_events_cost_one_delivery(bridge: EventBridge, qtbot: QtBot) -> None:
    got = _collect(bridge)
    for i in range(1000):
        bridge.post(Progress("a", f"step {i}", i / 1000))
    qtbot.waitUntil(lambda: bool(got))
    assert got == [Progress("a", "step 999", 0.999)]


def test_events_of_many_threads_all_arrive_on_the_thread_of_the_bridge(bridge: EventBridge, qtbot: QtBot) -> None:
    got: list[Log] = []
    threads_seen: set[bool] = set()

    def take(event: Log) -> None:
        threads_seen.add(QThread.currentThread() is bridge.thread())
        got.append(event)

    bridge.event_received.connect(take)

    def post(name: str) -> None:
        for i in range(200):
            bridge.post(Log(name, "info", str(i)))

    threads = [threading.Thread(target=post, args=(str(i),)) for i in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    qtbot.waitUntil(lambda: len(got) == 1000)
    assert threads_seen == {True}
    for i in range(5):
        assert [event.message for event in got if event.job == str(i)] == [str(j) for j in range(200)]


def test_an_event_posted_while_others_are_delivered_is_not_lost(bridge: EventBridge, qtbot: QtBot) -> None:
    got: list[Log] = []

    def take(event: Log) -> None:
        got.append(event)
        if event.message == "first":
            bridge.post(Log("a", "info", "second"))

    bridge.event_received.connect(take)
    bridge.post(Log("a", "info", "first"))
    qtbot.waitUntil(lambda: len(got) == 2)
    assert [event.message for event in got] == ["first", "second"]


def test_nothing_comes_after_close(bridge: EventBridge, qtbot: QtBot) -> None:
    got = _collect(bridge)
    bridge.post(Log("a", "info", "waits"))
    bridge.close()
    bridge.post(Log("a", "info", "too late"))
    other = EventBridge()  # what it gets later shows that the first had its chance
    with qtbot.waitSignal(other.event_received):
        other.post(Log("b", "info", "x"))
    assert got == []
