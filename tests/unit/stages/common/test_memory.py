from __future__ import annotations

import subprocess
import sys

import pytest

from modelpack_gui.stages.common.memory import peak_rss_bytes, rss_bytes

# A process with much memory that starts one with little, which tells its own peak.
_PARENT = """
import subprocess, sys
ballast = bytearray(300_000_000)
child = "from modelpack_gui.stages.common.memory import peak_rss_bytes as p; print(p())"
print(subprocess.run([sys.executable, "-c", child], capture_output=True, text=True, check=True).stdout)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone hands the peak on")
def test_the_peak_of_a_process_is_not_that_of_the_one_that_started_it() -> None:
    done = subprocess.run([sys.executable, "-c", _PARENT], capture_output=True, text=True, check=True, timeout=60)
    assert 2**20 < int(done.stdout) < 200_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not say it without further packages")
def test_memory_grows_with_what_is_held() -> None:
    before = rss_bytes()
    ballast = bytearray(b"x") * 50_000_000
    assert rss_bytes() - before > 40_000_000
    assert peak_rss_bytes() >= rss_bytes() - 2**20
    assert len(ballast) == 50_000_000
