"""No worker outlives the app, however the app ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.places import WORKER_FIXTURES
from tests.worker.harness import PATIENCE_S, ProcessWatch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pidfd is Linux only")

_APP = f"""
import sys
from pathlib import Path
from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.core.records import LoadRequest, ModelSource
def tell(event):
    message = getattr(event, "message", "")
    if message.startswith(("pid ", "looping")):
        print(message, flush=True)
client = WorkerClient()
base = Path({str(WORKER_FIXTURES)!r})
def load(name):
    return client.run("load", LoadRequest(ModelSource(file="misbehaving.py", name=name)), tell, base=base)
load("tells_pid").wait()
load("loops")
sys.stdin.readline()
"""


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_busy_worker_ends_with_the_app_that_forgot_to_close_and_leaves_no_files(
    is_killed: bool, tmp_path: Path
) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", _APP], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as app:
        assert app.stdin is not None
        assert app.stdout is not None
        worker = ProcessWatch(int(app.stdout.readline().removeprefix("pid ")))
        assert app.stdout.readline() == "looping\n"
        if is_killed:
            app.kill()
        else:
            app.stdin.write("end\n")
            app.stdin.flush()
        assert app.wait(PATIENCE_S) == (-signal.SIGKILL if is_killed else 0)
    assert worker.has_ended()
    assert not list(tmp_path.glob("modelpack-*"))
