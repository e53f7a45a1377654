from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from modelpack_gui.client import lane as lanes
from modelpack_gui.client.job import WorkerJob
from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.client.lane import Lane
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.events import Failed, Outcome
from modelpack_gui.core.records import BenchRequest, BenchSpec, HelloRequest, ModelSource, runner_specs


def _failures_of_two_jobs(base: Path) -> list[Failed]:
    lane = Lane("")
    lane.start()
    jobs = [WorkerJob("hello", HelloRequest(), lambda event: None, base, 60.0) for _ in range(2)]
    for job in jobs:
        lane.submit(job)
    ends = [job.wait(60.0) for job in jobs]
    lane.stop()
    assert lane.join_workers(30.0)
    failures = [end for end in ends if isinstance(end, Failed)]
    assert len(failures) == 2, ends
    assert [failed.outcome for failed in failures] == [Outcome.FAILED] * 2
    return failures


def test_a_full_disk_for_temporary_files_fails_the_job_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(**_: Any) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "mkdtemp", no_room)
    for failed in _failures_of_two_jobs(tmp_path):
        assert failed.error.code == "scratch-not-writable"
        assert "No space left" in failed.error.message
        assert failed.error.hint


def test_only_the_processes_of_a_benchmark_are_for_measuring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def refused(*_: Any, is_measuring: bool) -> None:
        asked.append(is_measuring)
        raise UserError("not-started", "It was only asked for.")

    monkeypatch.setattr(lanes, "WorkerProcess", refused)
    client = WorkerClient()
    measured = BenchRequest(ModelSource(), (), "", BenchSpec(runners=runner_specs("eager")))
    for stage, request in (("hello", HelloRequest()), ("bench", measured)):
        ended = client.run(stage, request, lambda _: None, base=tmp_path).wait(60.0)
        assert isinstance(ended, Failed)
        assert ended.error.code == "not-started"
    client.close()

    assert asked == [False, True]


def test_a_fault_of_the_client_ends_the_job_and_the_next_one_still_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ValueError("embedded null byte")

    monkeypatch.setattr(lanes, "WorkerProcess", broken)
    for failed in _failures_of_two_jobs(tmp_path):
        assert failed.error.code == "client-fault"
        assert "embedded null byte" in failed.error.message
        assert "Traceback" in failed.error.details
