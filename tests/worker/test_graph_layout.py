"""Pictures of graphs are made in a process of their own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelpack_gui.client import lane as lanes
from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.client.process import Message, Ready, WorkerProcess
from modelpack_gui.core.events import Done, Failed, Progress
from modelpack_gui.core.graph.builder import graph_of
from modelpack_gui.core.graph.scene import Scene
from modelpack_gui.core.records import InspectRequest, LayoutReport, LayoutRequest, NodeInfo, TensorInfo
from tests.places import WORKER_FIXTURES
from tests.worker.harness import PATIENCE_S, Recorder, ended, load


@pytest.fixture
def drawing() -> Iterator[WorkerClient]:
    client = WorkerClient(is_drawing=True)
    yield client
    client.close()


def request(folder: Path) -> LayoutRequest:
    made = TensorInfo("y", "float32", (1,))
    node = NodeInfo(0, "Relu", "ai.onnx", "", "", ("x",), ("y",), (made,))
    graph_of([node], (), [TensorInfo("x", "float32", (1,))], [made]).write(folder / "graph.columns")
    return LayoutRequest(str(folder / "graph.columns"), str(folder))


def test_a_picture_does_not_wait_for_a_job_that_takes_long(drawing: WorkerClient, tmp_path: Path) -> None:
    busy = Recorder()
    hanging = drawing.run("load", load("loops"), busy, base=WORKER_FIXTURES)
    event = ended(drawing.run("graph.layout", request(tmp_path), Recorder()))

    assert isinstance(event, Done)
    assert isinstance(event.result, LayoutReport)
    assert len(Scene.read(Path(event.result.scene)).box_kind) == 3
    assert not busy.terminals
    hanging.cancel()
    ended(hanging)


def test_the_process_for_pictures_is_started_with_the_inspection(
    drawing: WorkerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_ready = threading.Event()
    started: list[WorkerProcess] = []
    post = lanes.Lane._post

    def watched(lane: lanes.Lane, worker: WorkerProcess, message: Message) -> None:
        post(lane, worker, message)
        if isinstance(message, Ready) and not worker.base.samefile(tmp_path):
            started.append(worker)
            is_ready.set()

    monkeypatch.setattr(lanes.Lane, "_post", watched)
    missing = drawing.run("inspect", InspectRequest(str(tmp_path / "none.onnx")), Recorder(), base=tmp_path)
    assert is_ready.wait(PATIENCE_S)
    assert isinstance(ended(missing), Failed)

    seen = Recorder()
    assert isinstance(ended(drawing.run("graph.layout", request(tmp_path), seen)), Done)
    assert not [event for event in seen.events if isinstance(event, Progress) and event.message == "Starting Python"]
    assert len(started) == 1


def test_a_picture_that_is_asked_for_while_its_process_starts_comes_when_it_has(
    drawing: WorkerClient, tmp_path: Path
) -> None:
    drawing.run("inspect", InspectRequest(str(tmp_path / "none.onnx")), Recorder(), base=tmp_path)
    assert isinstance(ended(drawing.run("graph.layout", request(tmp_path), Recorder())), Done)
