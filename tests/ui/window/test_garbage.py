from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.ui.garbage import GarbageCollector


class Cycle:
    """Garbage that says where it was freed."""

    def __init__(self, freed: list[threading.Thread]) -> None:
        self.itself = self
        weakref.finalize(self, lambda: freed.append(threading.current_thread()))


@pytest.fixture
def collector(qtbot: QtBot) -> Iterator[GarbageCollector]:
    made = GarbageCollector()
    yield made
    made.stop()


def allocate() -> None:
    kept = [[number] for number in range(50_000)]
    assert len(kept) == 50_000


def test_garbage_is_left_by_other_threads_and_freed_on_the_gui_thread(
    collector: GarbageCollector, qtbot: QtBot
) -> None:
    freed: list[threading.Thread] = []
    Cycle(freed)
    thread = threading.Thread(target=allocate)
    thread.start()
    thread.join()
    assert freed == []
    assert not gc.isenabled()
    kept = [[number] for number in range(5_000)]
    collector.check()
    assert len(kept) == 5_000
    assert freed == [threading.main_thread()]


def test_python_collects_again_once_it_is_stopped(collector: GarbageCollector) -> None:
    collector.stop()
    assert gc.isenabled()
