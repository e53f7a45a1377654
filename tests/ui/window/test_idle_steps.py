from __future__ import annotations

from pytestqt.qtbot import QtBot

from modelpack_gui.core.graph.steps import Steps
from modelpack_gui.ui.idle_steps import IdleSteps


def work(done: list[str], name: str, steps: int) -> Steps[None]:
    for step in range(steps):
        done.append(f"{name}{step}")
        yield


def test_one_follows_the_other_and_the_end_is_told(qtbot: QtBot) -> None:
    idle, done = IdleSteps(), list[str]()
    with qtbot.waitSignal(idle.finished):
        idle.start(work(done, "a", 2), work(done, "b", 1))
    assert done == ["a0", "a1", "b0"]


def test_what_is_wanted_later_takes_the_place_of_what_was_not_done(qtbot: QtBot) -> None:
    idle, done = IdleSteps(), list[str]()
    with qtbot.waitSignal(idle.finished):
        idle.start(work(done, "a", 2))
        idle.start(work(done, "b", 2))
    assert done == ["b0", "b1"]


def test_who_waits_does_not_wait_for_the_delay(qtbot: QtBot) -> None:
    idle, done = IdleSteps(), list[str]()
    idle.start(work(done, "a", 1), delay_ms=3_600_000)
    with qtbot.waitSignal(idle.finished):
        idle.hurry()
    assert done == ["a0"]


def test_what_is_stopped_is_not_gone_on_with(qtbot: QtBot) -> None:
    idle, other, done = IdleSteps(), IdleSteps(), list[str]()
    idle.start(work(done, "a", 1))
    idle.stop()
    idle.hurry()
    with qtbot.waitSignal(other.finished):
        other.start(work(done, "b", 1))
    assert done == ["b0"]
