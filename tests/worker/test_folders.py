"""A worker of one folder reads files of another; what imports the user's modules has a worker of its own folder."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelpack_gui.client.job import WorkerJob
from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.client.lane import Lane
from modelpack_gui.client.process import Message, Ready, WorkerProcess
from modelpack_gui.core.events import Done, Progress
from modelpack_gui.core.records import (
    CheckRequest,
    GraphIndex,
    HelloRequest,
    InspectRequest,
    LayoutRequest,
    ScanRequest,
    SourceScan,
)
from scripts.made_graphs import flat
from tests.places import ROOT
from tests.worker.harness import PATIENCE_S, Recorder, ended


@pytest.fixture
def client() -> Iterator[WorkerClient]:
    made = WorkerClient()
    yield made
    made.close()


def test_the_next_file_is_read_in_its_own_folder_by_the_worker_that_is_there(
    client: WorkerClient, tmp_path: Path
) -> None:
    found = []
    for name, nodes in (("first", 10), ("second", 20)):
        flat(nodes, tmp_path / name / "model.onnx")
        told, scanned = Recorder(), Recorder()
        event = ended(client.run("inspect", InspectRequest("model.onnx"), told, base=tmp_path / name))
        assert isinstance(event, Done)
        assert isinstance(event.result, GraphIndex)
        assert event.result.artifact.path == str(tmp_path / name / "model.onnx")
        scan = ended(client.run("scan", ScanRequest("model.onnx"), scanned, base=tmp_path / name))
        assert isinstance(scan, Done)
        assert isinstance(scan.result, SourceScan)
        assert scan.result.path == str(tmp_path / name / "model.onnx")
        starts = [
            event for event in (*told.events, *scanned.events) if event == Progress(event.job, "Starting Python")
        ]
        found.append((event.result.node_count, len(starts)))
    assert found == [(10, 1), (20, 0)]


def test_the_processes_that_are_started_before_the_first_file_read_it_draw_it_and_check_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = threading.Semaphore(0)
    post = Lane._post

    def watched(lane: Lane, worker: WorkerProcess, message: Message) -> None:
        post(lane, worker, message)
        if isinstance(message, Ready):
            ready.release()

    monkeypatch.setattr(Lane, "_post", watched)
    path = flat(10, tmp_path / "model.onnx")
    client = WorkerClient(is_drawing=True)
    try:
        client.prepare()
        assert all(ready.acquire(timeout=PATIENCE_S) for _ in range(2))
        told = Recorder()
        read = ended(client.run("inspect", InspectRequest(str(path), str(tmp_path)), told, base=tmp_path))
        assert isinstance(read, Done)
        drawn = client.run("graph.layout", LayoutRequest(read.result.columns, str(tmp_path)), told, base=tmp_path)
        checked = client.run("check", CheckRequest(str(path)), told, base=tmp_path)
        assert [type(ended(job)) for job in (drawn, checked)] == [Done, Done]
        assert not [event for event in told.events if event == Progress(event.job, "Starting Python")]
    finally:
        client.close()


def test_what_is_prepared_for_an_inspection_is_all_that_reading_an_onnx_file_imports(tmp_path: Path) -> None:
    path = flat(10, tmp_path / "model.onnx")
    code = """
import sys
from pathlib import Path
from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.records import InspectRequest
from modelpack_gui.stages import registry
registry.prepare("inspect")
before = set(sys.modules)
registry.resolve("inspect")(InspectRequest(sys.argv[1]), PlainContext(Path(sys.argv[2])))
print(sorted(set(sys.modules) - before))
"""
    asked = [sys.executable, "-c", code, str(path), str(tmp_path)]
    done = subprocess.run(asked, check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_only_what_imports_nothing_of_the_users_runs_in_another_folder(tmp_path: Path) -> None:
    here, there, gone = tmp_path / "here", tmp_path / "there", tmp_path / "gone"
    here.mkdir()
    there.mkdir()
    asks = WorkerJob("hello", HelloRequest(), Recorder(), here, None, is_at_home_anywhere=True)
    imports = WorkerJob("load", HelloRequest(), Recorder(), here, None)
    assert [asks.may_run_in(folder) for folder in (here, there, gone)] == [True, True, False]
    assert [imports.may_run_in(folder) for folder in (here, there, gone)] == [True, False, False]
    here.rmdir()
    assert not asks.may_run_in(there)  # whoever starts a worker for it is told that the folder is missing
