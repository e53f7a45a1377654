"""Arrays of results on disk while a window looks at them: too large for a report, and of no use without the window.

Each window has a folder of its own, named after its process, below the user's cache. It goes when the window does;
one whose process is gone was left by a crash or a kill, and goes when the next window opens.
"""

from __future__ import annotations

import os
import shutil
import threading
import uuid
from pathlib import Path

from modelpack_gui.client.files import cache_folder
from modelpack_gui.client.running import is_running


class ResultsFolder:
    """The arrays of one window. Nothing is made on disk before it is asked for a place."""

    def __init__(self) -> None:
        self._name = f"{os.getpid()}-{uuid.uuid4().hex[:12]}"
        self._number = 0
        self._removing: threading.Thread | None = None

    @property
    def path(self) -> Path:
        """The folder; it may not exist yet."""
        return _folder() / self._name

    def new(self, name: str) -> Path:
        """A fresh folder for one run of a job. Where it cannot be made, whoever writes there says so."""
        self._number += 1
        return self.path / f"{name}-{self._number}"

    def keep_only(self, kept: Path | None) -> None:
        """Another run has taken the place of the earlier ones: their arrays are not needed any more.

        They go on a thread: a busy disk takes a tenth of a second to delete a folder.
        """
        earlier = [folder for folder in self.path.iterdir() if folder != kept] if self.path.is_dir() else []
        if earlier:
            self._removing = threading.Thread(target=_remove_all, args=[earlier], name="earlier results", daemon=True)
            self._removing.start()

    def remove(self) -> None:
        """The window closes, or shows another project."""
        if self._removing is not None:
            self._removing.join()
        _remove(self.path)


def remove_left_overs() -> None:
    """Free what windows left behind that were killed."""
    if not _folder().is_dir():
        return
    for folder in _folder().iterdir():
        pid = folder.name.partition("-")[0]
        if pid.isdecimal() and not is_running(int(pid)):
            _remove(folder)


def _folder() -> Path:
    return cache_folder() / "results"


def _remove_all(folders: list[Path]) -> None:
    for folder in folders:
        _remove(folder)


def _remove(folder: Path) -> None:
    """What is still mapped into memory stays on some systems, and is a left-over then."""
    shutil.rmtree(folder, ignore_errors=True)
