"""Resident memory of this process, standard library only."""

from __future__ import annotations

import sys
from pathlib import Path


def peak_rss_bytes() -> int:
    """The most so far; 0 where the system does not say.

    On Linux by VmHWM: what `getrusage` says there is at least what the process had that started this one, such as
    the window.
    """
    if sys.platform == "win32":
        return 0
    known = _of_status("VmHWM")
    if known:
        return known
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # macOS counts bytes, others kilobytes


def rss_bytes() -> int:
    """Now; 0 where the system does not say."""
    return _of_status("VmRSS")


def _of_status(name: str) -> int:
    """A size in Linux's /proc/self/status; 0 if it is not there."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    words = next((line.split() for line in lines if line.startswith(f"{name}:")), [])
    return int(words[1]) * 1024 if len(words) > 1 and words[1].isdigit() else 0
