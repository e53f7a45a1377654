"""Fixtures for window tests: a fake client, settings and data of their own, the theme applied once."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np  # noqa: F401 (pytest.approx takes it half imported, while a chart's thread imports it)
import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.job_center import JobCenter
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.settings import Settings
from tests.ui.fake_client import FakeClient

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before the first QApplication: no window pops up

PATIENCE_MS = 60_000
"""How long a test waits for what must come: pytest-qt's five seconds pass on a busy machine too."""

for wait in (QtBot.waitUntil, QtBot.waitSignal, QtBot.waitSignals, QtBot.waitActive, QtBot.waitExposed):
    assert wait.__kwdefaults__
    wait.__kwdefaults__["timeout"] = PATIENCE_MS


def delete_what_shall_go() -> None:
    """Delete the widgets of a test: at its end they are asked to go, which waits for an event loop of a later one."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(autouse=True)
def _private_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELPACK_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("MODELPACK_SETTINGS", str(tmp_path / "settings.ini"))


@pytest.fixture(autouse=True, scope="module")
def _no_collector() -> Iterator[None]:
    """Cycles that hold widgets must not be freed by whatever thread allocates: see modelpack_gui.ui.garbage.

    For each file: tests of other folders may follow in this process, and a file may start the collector again.
    """
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture(autouse=True)
def _collected(_no_collector: None) -> Iterator[None]:
    """What a test leaves behind is freed on its own thread, before the next one starts."""
    yield
    delete_what_shall_go()
    gc.collect(1)


@pytest.fixture(scope="session")
def _themed(qapp: QApplication) -> None:
    theme().start("light")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "settings.ini")


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def controller(client: FakeClient, _themed: None) -> Iterator[Controller]:
    jobs = JobCenter(client)
    made = Controller(jobs)
    yield made
    delete_what_shall_go()  # it would call this one from its timers
    jobs.close()
    shiboken6.delete(made)  # any thread may collect a cycle, and a watcher of files belongs to this one
