"""The highest memory of a process and all below it, added up in a process of its own, which does not hold these up.

What counts is the proportional set size, so that a page that two processes share counts once. Linux only.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

EVERY_S = 0.02


@dataclass(frozen=True)
class Peak:
    """The highest sum, and what each process had then, MB."""

    peak_mb: float
    at_peak: dict[str, float]


class MemoryWatch:
    """Looks every 20 ms, from now until `stop`."""

    def __init__(self, process: int) -> None:
        self._watcher = subprocess.Popen(
            [sys.executable, __file__, str(process)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def stop(self) -> Peak:
        """End, and say what was found."""
        output, _ = self._watcher.communicate()
        return Peak(**json.loads(output))


def _watch(process: int, own: int) -> Peak:
    """Until our standard input is closed."""
    ended = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    peak = Peak(0.0, {})
    while True:
        is_last = ended.wait(EVERY_S)
        parts = {f"{pid} {_title(pid)}": _proportional_mb(pid) for pid in _tree(process) if pid != own}
        total = sum(parts.values())
        if total > peak.peak_mb:
            peak = Peak(total, parts)
        if is_last:
            return peak


def _tree(process: int) -> list[int]:
    found = [process]
    for pid in found:  # it grows
        try:
            threads = list(Path(f"/proc/{pid}/task").iterdir())
            found += [int(child) for thread in threads for child in (thread / "children").read_text().split()]
        except OSError:  # it has ended meanwhile
            continue
    return found


def _proportional_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024 / 1e6


def _title(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return "ended"
    return "worker" if any(word.endswith("bootstrap.py") for word in words) else "window"


if __name__ == "__main__":
    import os

    found = _watch(int(sys.argv[1]), os.getpid())
    print(json.dumps({"peak_mb": found.peak_mb, "at_peak": found.at_peak}))
