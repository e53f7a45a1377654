"""Whether a process of this machine still lives: what the others left behind may be taken."""

from __future__ import annotations

import os


def is_running(pid: int) -> bool:
    """Whether there is a process with that id. Ids are used again, so that now and then it is another one."""
    if pid == os.getpid():
        return True
    if os.name == "nt":
        return _is_running_on_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_running_on_windows(pid: int) -> bool:
    import ctypes

    still_active, query = 259, 0x1000  # STILL_ACTIVE, PROCESS_QUERY_LIMITED_INFORMATION
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 (not there on other systems, for type checkers too)
    handle = kernel.OpenProcess(query, False, pid)
    if not handle:
        return False
    status = ctypes.c_ulong()
    kernel.GetExitCodeProcess(handle, ctypes.byref(status))
    kernel.CloseHandle(handle)
    return status.value == still_active
