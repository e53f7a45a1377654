"""Work on another thread than the one of the GUI, answered there."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.ui.background import Background, Check


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[Background]:
    made_one = Background()
    yield made_one
    made_one.close()


def test_work_runs_on_another_thread_and_is_answered_here(background: Background, qtbot: QtBot) -> None:
    told: list[tuple[Any, Any, Any]] = []
    here = threading.current_thread()
    background.ask(
        "one",
        lambda _: threading.current_thread(),
        lambda result, error: told.append((result, error, threading.current_thread())),
    )
    qtbot.waitUntil(lambda: bool(told))
    result, error, answered_on = told[0]
    assert (error, answered_on) == (None, here)
    assert result is not here


def test_newer_work_under_a_key_takes_the_place_of_what_runs(background: Background, qtbot: QtBot) -> None:
    told: list[Any] = []
    started = threading.Event()

    def endless(check: Check) -> None:
        started.set()
        while True:
            check()

    background.ask("key", endless, lambda *_: told.append("endless"))
    assert started.wait(60)
    background.ask("key", lambda _: "newer", lambda result, _: told.append(result))
    qtbot.waitUntil(lambda: bool(told))
    assert told == ["newer"]


def test_closing_ends_what_runs(background: Background) -> None:
    started = threading.Event()

    def endless(check: Check) -> None:
        started.set()
        while True:
            check()

    background.ask("key", endless, lambda *_: None)
    assert started.wait(60)
    background.close()
    assert not background.is_busy
    background.ask("key", endless, lambda *_: None)
    assert not background.is_busy


def test_what_python_frees_with_its_owner_leaves_without_a_word(qtbot: QtBot) -> None:
    class Owner(QObject):
        def __init__(self) -> None:
            super().__init__()
            self.background = Owned(self)
            self.background.owner = self  # as the one that waits for an answer is held

    class Owned(Background):
        owner: QObject

    freed = weakref.ref(Owner())
    with qtbot.captureExceptions() as raised:
        gc.collect()
    assert freed() is None
    assert raised == []


def test_a_fault_of_the_work_is_an_error_with_its_trace(background: Background, qtbot: QtBot) -> None:
    told: list[ErrorInfo | None] = []
    background.ask("key", lambda _: 1 / 0, lambda _, error: told.append(error))
    qtbot.waitUntil(lambda: bool(told))
    assert told[0] is not None
    assert told[0].code == "values-failed"
    assert "ZeroDivisionError" in told[0].details
