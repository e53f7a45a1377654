"""Whatever the user's code does, the job ends in one terminal event and the next job runs."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelpack_gui.client import process
from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.core.events import Cancelled, Done, Failed, Log, Outcome, Started
from modelpack_gui.core.records import LoadReport
from tests.places import WORKER_FIXTURES
from tests.worker.harness import PATIENCE_S, ProcessWatch, Recorder, ended, load, run

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="there are no signals to die of")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="pidfd is Linux only")


@pytest.fixture(scope="module")
def client() -> Iterator[WorkerClient]:
    """One for all tests: each leaves a worker that is well, which the next one need not start."""
    client = WorkerClient()
    yield client
    client.close()


@pytest.fixture
def fresh_client() -> Iterator[WorkerClient]:
    client = WorkerClient()
    yield client
    client.close()


def assert_next_job_succeeds(client: WorkerClient) -> None:
    event, _ = run(client, "load", load("good"))
    assert isinstance(event, Done)
    assert isinstance(event.result, LoadReport)


def test_prints_reach_the_log_and_leave_the_channel_alone(client: WorkerClient) -> None:
    event, recorder = run(client, "load", load("noisy"))
    assert isinstance(event, Done), event
    lines = recorder.lines
    for line in (
        ("stdout", "printed to stdout"),
        ("stderr", "printed to stderr"),
        ("stdout", "without a newline"),
        ("stderr", "written to fd 1"),
        ("stderr", "written to fd 2"),
        ("stderr", "printed by a child"),
        ("stdout", '{"kind": "Done", "job": "x", "result": null}'),
    ):
        assert line in lines


def test_output_that_lags_behind_the_result_still_comes_before_it(
    client: WorkerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    result_came = threading.Event()
    parse, take_lines = process._parse, process.WorkerProcess._take_lines

    def parse_and_tell(line: bytes) -> process.Message:
        message = parse(line)
        if isinstance(message, Done):
            result_came.set()
        return message

    def take_late(worker: process.WorkerProcess, lines: list[bytes]) -> None:
        assert result_came.wait(PATIENCE_S)
        take_lines(worker, lines)

    monkeypatch.setattr(process, "_parse", parse_and_tell)
    monkeypatch.setattr(process.WorkerProcess, "_take_lines", take_late)
    event, recorder = run(client, "load", load("noisy"))
    assert isinstance(event, Done), event
    assert ("stdout", "printed to stdout") in recorder.lines


def test_a_flood_of_prints_is_cut_and_said_to_be(client: WorkerClient) -> None:
    event, recorder = run(client, "load", load("floods"))
    assert isinstance(event, Done), event
    printed = [line for source, line in recorder.lines if source == "stdout"]
    assert 1000 < len(printed) <= 5000
    cut = [event for event in recorder.events if isinstance(event, Log) and "not shown" in event.message]
    assert len(cut) == 1


def test_prints_between_jobs_disturb_neither(fresh_client: WorkerClient) -> None:
    assert isinstance(run(fresh_client, "load", load("leaves_thread_printing"))[0], Done)
    assert_next_job_succeeds(fresh_client)


def test_a_job_that_changes_folder_and_stdout_does_not_disturb_the_next(client: WorkerClient) -> None:
    assert isinstance(run(client, "load", load("moves_away"))[0], Done)
    event, recorder = run(client, "load", load("tells_pid"))
    assert isinstance(event, Done)
    assert recorder.lines[0][0] == "stdout"


@pytest.mark.parametrize(
    ("name", "code"), [("raises_odd", "stage-fault"), ("interrupts", "stage-fault"), ("exits", "model-exits")]
)
def test_an_exception_is_a_failure_with_a_traceback_and_the_worker_lives(
    client: WorkerClient, name: str, code: str
) -> None:
    event, _ = run(client, "load", load(name))
    assert isinstance(event, Failed)
    assert event.outcome is Outcome.FAILED
    assert event.error.code == code
    assert f"in {name}" in event.error.details
    assert_next_job_succeeds(client)


def test_a_hard_exit_is_a_crash_with_its_code_and_last_words(client: WorkerClient) -> None:
    event, _ = run(client, "load", load("hard_exit"))
    assert isinstance(event, Failed)
    assert event.outcome is Outcome.CRASHED
    assert "exit code 7" in event.error.message
    assert "last words" in event.error.details
    assert "os._exit" in event.error.hint
    assert_next_job_succeeds(client)


@posix_only
@pytest.mark.parametrize(
    ("name", "signal_name", "hint"),
    [("segfault", "SIGSEGV", "Native code"), ("abort", "SIGABRT", "Native code"), ("killed", "SIGKILL", "memory")],
)
def test_a_death_by_signal_is_a_crash_that_names_it(
    client: WorkerClient, name: str, signal_name: str, hint: str
) -> None:
    event, _ = run(client, "load", load(name))
    assert isinstance(event, Failed)
    assert event.outcome is Outcome.CRASHED
    assert signal_name in event.error.message
    assert hint in event.error.hint
    if name != "killed":
        assert f"in {name}" in event.error.details  # the Python line, from faulthandler
    assert_next_job_succeeds(client)


@linux_only
def test_a_model_that_asks_for_too_much_memory_is_told_so(client: WorkerClient) -> None:
    event, _ = run(client, "load", load("hogs_memory"))
    assert isinstance(event, Failed)
    assert (event.outcome, event.error.code) == (Outcome.FAILED, "out-of-memory")
    assert "in hogs_memory" in event.error.details


def test_a_frame_that_is_none_ends_the_job_as_crashed(client: WorkerClient) -> None:
    event, _ = run(client, "load", load("corrupts_channel"))
    assert isinstance(event, Failed)
    assert event.outcome is Outcome.CRASHED
    assert event.error.code == "protocol-malformed"
    assert "this is not a frame" in event.error.details
    assert_next_job_succeeds(client)


@posix_only
def test_a_channel_closed_by_the_model_ends_the_job_as_crashed(
    client: WorkerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_EXIT_S", 0.1)
    event, _ = run(client, "load", load("closes_channel"))
    assert isinstance(event, Failed)
    assert event.outcome is Outcome.CRASHED
    assert "closed its channel" in event.error.message
    assert_next_job_succeeds(client)


def test_an_endless_loop_is_cancelled_and_the_next_job_runs(client: WorkerClient) -> None:
    recorder = Recorder()
    job = client.run("load", load("loops"), recorder, base=WORKER_FIXTURES)
    recorder.wait_for_line("looping")
    job.cancel()
    assert isinstance(ended(job), Cancelled)
    assert len(recorder.terminals) == 1
    assert_next_job_succeeds(client)


@linux_only
def test_a_cancel_kills_a_process_that_ignores_it_and_its_children(client: WorkerClient) -> None:
    recorder = Recorder()
    job = client.run("load", load("refuses_to_stop"), recorder, base=WORKER_FIXTURES)
    worker = ProcessWatch(int(recorder.wait_for_line("pid ")))
    child = ProcessWatch(int(recorder.wait_for_line("child ")))
    job.cancel()
    assert isinstance(ended(job), Cancelled)
    assert worker.has_ended()
    assert child.has_ended()
    assert_next_job_succeeds(client)


def test_a_deadline_ends_an_endless_loop_as_timed_out(client: WorkerClient) -> None:
    event, _ = run(client, "load", load("loops"), deadline_s=0.5)
    assert isinstance(event, Failed)
    assert event.outcome is Outcome.TIMED_OUT
    assert "0.5 s" in event.error.message
    assert_next_job_succeeds(client)


def test_a_queued_job_is_cancelled_while_another_runs(client: WorkerClient) -> None:
    first, second = Recorder(), Recorder()
    running = client.run("load", load("loops"), first, base=WORKER_FIXTURES)
    waiting = client.run("load", load("good"), second, base=WORKER_FIXTURES)
    first.wait_for_line("looping")
    waiting.cancel()
    assert isinstance(ended(waiting), Cancelled)
    assert first.terminals == []
    running.cancel()
    assert isinstance(ended(running), Cancelled)


def test_a_cancel_before_the_worker_is_ready_ends_the_job(fresh_client: WorkerClient) -> None:
    recorder = Recorder()
    job = fresh_client.run("load", load("good"), recorder, base=WORKER_FIXTURES)
    job.cancel()
    assert isinstance(ended(job), Cancelled)
    assert_next_job_succeeds(fresh_client)


def test_a_listener_that_raises_is_logged_and_the_job_goes_on(
    client: WorkerClient, caplog: pytest.LogCaptureFixture
) -> None:
    def listener(_event: object) -> None:
        raise RuntimeError("the window is gone")

    job = client.run("load", load("good"), listener, base=WORKER_FIXTURES)
    assert isinstance(ended(job), Done)
    assert "the window is gone" in caplog.text


@linux_only
def test_a_worker_that_died_between_two_jobs_is_replaced(client: WorkerClient) -> None:
    _, recorder = run(client, "load", load("tells_pid"))
    os.kill(int(recorder.wait_for_line("pid ")), signal.SIGKILL)
    assert_next_job_succeeds(client)


@linux_only
def test_a_worker_that_is_stopped_when_killed_is_replaced_once_it_is_asked(client: WorkerClient) -> None:
    _, recorder = run(client, "load", load("tells_pid"))
    pid = int(recorder.wait_for_line("pid "))
    os.kill(pid, signal.SIGSTOP)  # it cannot take up the next job, and dies with that job in its pipe
    following = Recorder()
    job = client.run("load", load("good"), following, base=WORKER_FIXTURES)
    following.wait_for(lambda event: isinstance(event, Started))
    os.kill(pid, signal.SIGKILL)
    assert isinstance(ended(job), Done)
    assert len(following.terminals) == 1


@linux_only
def test_an_idle_worker_is_ended_to_give_its_memory_back() -> None:
    client = WorkerClient(worker_idle_s=0.1)
    recorder = Recorder()
    job = client.run("load", load("waits_for_file"), recorder, base=WORKER_FIXTURES)
    worker = ProcessWatch(int(recorder.wait_for_line("pid ")))
    Path(recorder.wait_for_line("waiting for ")).touch()
    assert isinstance(ended(job), Done)
    assert worker.has_ended()
    assert_next_job_succeeds(client)
    client.close()


@linux_only
def test_close_cancels_jobs_and_leaves_no_process() -> None:
    client = WorkerClient()
    recorder, queued = Recorder(), Recorder()
    job = client.run("load", load("refuses_to_stop"), recorder, base=WORKER_FIXTURES)
    waiting = client.run("load", load("good"), queued, base=WORKER_FIXTURES)
    worker = ProcessWatch(int(recorder.wait_for_line("pid ")))
    child = ProcessWatch(int(recorder.wait_for_line("child ")))
    client.close()
    assert isinstance(ended(job), Cancelled)
    assert isinstance(ended(waiting), Cancelled)
    assert worker.has_ended()
    assert child.has_ended()
    late = client.run("load", load("good"), Recorder(), base=WORKER_FIXTURES)
    assert isinstance(ended(late), Cancelled)
