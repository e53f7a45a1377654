"""A worker of one folder reads files of another; what imports the user's modules has a worker of its own folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelpack_gui.client.job import WorkerJob
from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.core.events import Done, Progress
from modelpack_gui.core.records import GraphIndex, HelloRequest, InspectRequest, ScanRequest, SourceScan
from scripts.made_graphs import flat
from tests.worker.harness import Recorder, ended


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
