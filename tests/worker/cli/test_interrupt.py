"""Ctrl+C, and a reader that has seen enough."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from modelpack_gui.cli.status import READER_GONE
from tests.places import ROOT
from tests.worker.cli.projects import read_json, stages_of


def interrupted(arguments: list[str], when: bytes, folder: Path) -> str:
    """Run the command line, send Ctrl+C when a line of its stderr holds `when`; gives its stdout."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "modelpack_gui", *arguments]
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    try:
        assert child.stderr is not None
        for line in child.stderr:
            if when in line:
                break
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=150)
    finally:
        child.kill()
        child.wait()
    assert child.returncode == 130, (out, err)
    assert b"Traceback" not in err
    return out.decode("utf-8")


no_signals = pytest.mark.skipif(os.name == "nt", reason="a console's Ctrl+C cannot be sent to one process there")


@no_signals
def test_ctrl_c_in_a_benchmark_prints_and_writes_what_was_measured(project: Path) -> None:
    options = ["--runners", "eager", "--iterations", "10000000", "--warmup", "3", "--json", "r.json"]
    printed = interrupted(["bench", "Net.toml", *options], b"Round", project)
    data = read_json(project / "r.json")
    assert stages_of(data) == {"bench": "cancelled skipped"}
    assert data["exit_status"] == 130
    runner = data["stages"][0]["result"]["runners"][0]
    assert 0 < len(runner["latencies_ms"]) < 10000000
    assert f"{runner['summary']['count']:,}" in printed
    assert "– Benchmark: cancelled" in printed


@no_signals
def test_ctrl_c_cancels_the_job_and_skips_the_rest(project: Path) -> None:
    printed = interrupted(["run", "Hangs.toml", "--json", "r.json"], b"Source:", project)
    assert "– Export: skipped. The run was cancelled." in printed
    data = read_json(project / "r.json")
    assert stages_of(data)["load"] == "cancelled skipped"
    assert stages_of(data)["export"] == "cancelled skipped"
    assert data["exit_status"] == 130


def test_a_reader_that_has_seen_enough_gets_no_traceback_and_a_status_that_claims_nothing(project: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-m", "modelpack_gui", "env"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        err = child.stderr.read()
        assert child.wait(150) == READER_GONE, err
    assert b"BrokenPipe" not in err
