"""What the window does not need any more is freed: a closed window, a graph that another one took the place of."""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.core.events import Done, Event
from modelpack_gui.core.pipeline import ORDER, Stage
from modelpack_gui.core.records import HelloRequest
from modelpack_gui.ui.app import make_window
from modelpack_gui.ui.graph.selection import NodePick
from modelpack_gui.ui.job_center import JOB_LIMIT, JobCenter
from modelpack_gui.ui.pages.graph import GraphPage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.window.main_window import MainWindow
from tests.ui.fake_client import FakeClient
from tests.ui.graph.canvas_pane.canvas_panes import answer_layout
from tests.ui.graph.opening import located, open_index
from tests.ui.graph.records import small_graph

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def collect() -> None:
    """Do what was put off until the next round of the event loop, then free what nobody can reach."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()


def make_shown_window(client: FakeClient, settings: Settings) -> MainWindow:
    window = make_window(client, settings)
    window.show()
    return window


def open_graph(qtbot: QtBot, window: MainWindow, client: FakeClient, folder: Path) -> GraphPage:
    """Read a file of the small graph, with its canvas."""
    folder.mkdir(exist_ok=True)
    client.answers["graph.layout"] = answer_layout
    page = window.page(Stage.GRAPH)
    assert isinstance(page, GraphPage)
    open_index(qtbot, window.controller, client, folder, located(small_graph(folder), folder))
    qtbot.waitUntil(lambda: page.view.canvas is not None and window.controller.graph.scenes.arrays is not None)
    return page


def test_a_closed_window_is_freed_with_all_its_pages_and_its_graph(
    qtbot: QtBot, client: FakeClient, settings: Settings, tmp_path: Path
) -> None:
    window = make_shown_window(client, settings)
    open_graph(qtbot, window, client, tmp_path)
    for stage in ORDER:
        window.show_stage(stage)
    controller, graph = window.controller, window.controller.graph
    left: list[weakref.ref[object]]
    left = [weakref.ref(one) for one in (window, controller, graph, graph.graph, graph.search, graph.scenes.arrays)]
    left += [weakref.ref(one) for one in window.findChildren(QWidget)]
    window.close()
    del window, controller, graph
    collect()
    assert [type(one()).__name__ for one in left if one() is not None] == []


def test_reading_file_after_file_makes_the_window_hold_no_more(
    qtbot: QtBot, client: FakeClient, settings: Settings, tmp_path: Path
) -> None:
    window = make_shown_window(client, settings)
    qtbot.addWidget(window)

    def use(folder: Path) -> None:
        page = open_graph(qtbot, window, client, folder)
        overlays = window.controller.graph.overlays
        overlays.choose("parameters")
        overlays.refresh()  # as when more is measured: the columns of the table are made anew
        overlays.choose("")
        window.controller.graph.selection.select(NodePick(0))
        page.commands.changed.emit()
        for menu in window.findChildren(QMenu):
            menu.aboutToShow.emit()

    held = []
    for turn in range(4):
        use(tmp_path / f"project{turn}")
        collect()
        held.append(Counter(type(one).__name__ for one in gc.get_objects() if issubclass(type(one), QObject)))
    assert held[3] - held[1] == Counter()  # the first ones make what is made once


def test_a_graph_is_freed_when_the_file_is_read_again(
    qtbot: QtBot, client: FakeClient, settings: Settings, tmp_path: Path
) -> None:
    window = make_shown_window(client, settings)
    qtbot.addWidget(window)
    open_graph(qtbot, window, client, tmp_path)
    state = window.controller.graph
    before = [weakref.ref(one) for one in (state.graph, state.search, state.scenes.arrays)]
    client.answers["inspect"] = located(small_graph(tmp_path), tmp_path)
    window.controller.run(Stage.GRAPH)
    qtbot.waitUntil(lambda: state.graph is not before[0]() and not state.scenes.is_running)
    collect()
    assert [one() for one in before] == [None, None, None]


def test_what_the_inspector_showed_is_freed_when_another_project_is_opened(
    qtbot: QtBot, client: FakeClient, settings: Settings, tmp_path: Path
) -> None:
    window = make_shown_window(client, settings)
    qtbot.addWidget(window)
    open_graph(qtbot, window, client, tmp_path)
    before = set(QApplication.topLevelWidgets())
    window.controller.graph.selection.select(NodePick(0))
    window.controller.new_project()
    collect()
    assert set(QApplication.topLevelWidgets()) - before == set()


def test_of_jobs_that_have_ended_the_latest_are_kept(qtbot: QtBot, client: FakeClient) -> None:
    jobs = JobCenter(client)
    ended: list[Event] = []
    running = jobs.run("hello", HelloRequest(), "runs on", ended.append)
    qtbot.waitUntil(lambda: jobs.jobs[running].message == "Starting")
    for number in range(JOB_LIMIT + 5):
        jobs.run("hello", HelloRequest(), f"Job {number}", ended.append)
        job = client.jobs[-1]
        job.give(Done(job.id, None))
    qtbot.waitUntil(lambda: len(ended) == JOB_LIMIT + 5)
    assert [view.title for view in jobs.jobs.values()] == [
        "runs on",
        *(f"Job {number}" for number in range(5, JOB_LIMIT + 5)),
    ]
    jobs.close()
