"""What the window remembers between sessions: geometry, splits, columns, theme, recent files, last folders.

Kept apart from recipes: deleting it loses no work. Keys are versioned by their name; an unreadable value is as good
as none.
"""

from __future__ import annotations

import atexit
import functools
import os
from pathlib import Path

from PySide6.QtCore import QByteArray, QCoreApplication, QSettings, QThread, QTimer

from modelpack_gui.core.locations import is_file, is_folder

RECENT_LIMIT = 12
_WRITE_AFTER_MS = 250
"""The last change: a splitter that is dragged is written once."""


class _Store:
    """The values of one file, for every window of this process: read once, and written where nobody waits for it.

    A busy disk takes a quarter of a second to say that it has written, which `QSettings` waits for with Python's lock
    held if Python called it. On a thread that runs no Python, its own events have it write.
    """

    def __init__(self, file: QSettings) -> None:
        self._file = file
        self._changed: set[str] = set()
        self._later: QTimer | None = None
        self.values = {key: file.value(key) for key in file.allKeys()}

    def put(self, key: str, value: str | QByteArray) -> None:
        """Remember a value, and write it in a moment."""
        before = self.values.get(key)
        if type(before) is type(value) and before == value:
            return
        self.values[key] = value
        self._changed.add(key)
        if self._later is None:
            self._later = QTimer(singleShot=True, interval=_WRITE_AFTER_MS)
            self._later.timeout.connect(self.write)
        if QCoreApplication.instance() is not None:
            self._later.start()

    def write(self) -> None:
        """Have it written."""
        if self._file.thread() is not _writer():
            self._file.moveToThread(_writer())
        for key in self._changed:
            self._file.setValue(key, self.values[key])
        self._changed.clear()
        for key in self._file.allKeys():  # another process may have changed some
            self.values[key] = self._file.value(key)

    def finish(self) -> None:
        """Write what is to be written yet, and wait for it."""
        for key in self._changed:
            self._file.setValue(key, self.values[key])
        self._file.sync()


_stores: dict[str, _Store] = {}


@functools.cache
def _writer() -> QThread:
    """The thread of the files that something was written to."""
    thread = QThread()
    thread.setObjectName("settings")
    thread.start()
    return thread


@atexit.register
def _finish() -> None:
    for store in _stores.values():
        store.finish()
    if _writer.cache_info().currsize:
        _writer().quit()
        _writer().wait()


class Settings:
    """Typed access to the settings file. `MODELPACK_SETTINGS` names another file (tests, portable use)."""

    def __init__(self, path: Path | None = None) -> None:
        override = os.environ.get("MODELPACK_SETTINGS", "")
        where = path or (Path(override) if override else None)
        if where is not None:
            file = QSettings(str(where), QSettings.Format.IniFormat)
        else:
            file = QSettings("modelpack-gui", "modelpack-gui")
        name = file.fileName()
        if name not in _stores:
            _stores[name] = _Store(file)
        self._store = _stores[name]

    def text(self, key: str, default: str = "") -> str:
        """A string."""
        value = self._store.values.get(key, default)
        return value if isinstance(value, str) else default

    def set_text(self, key: str, value: str) -> None:
        """Remember a string."""
        self._store.put(key, value)

    def state(self, key: str) -> QByteArray:
        """What a widget's `saveState` or `saveGeometry` gave; empty if there is none."""
        value = self._store.values.get(key)
        return value if isinstance(value, QByteArray) else QByteArray()

    def set_state(self, key: str, value: QByteArray) -> None:
        """Remember a widget's state."""
        self._store.put(key, value)

    def last_folder(self, purpose: str) -> str:
        """Folder a file dialog of this purpose was last in; at first that of the file opened last, else home."""
        folder = self.text(f"folders/{purpose}")
        if folder and is_folder(Path(folder)):
            return folder
        return str(next((path.parent for path in self.recent()), Path.home()))

    def set_last_folder(self, purpose: str, path: str) -> None:
        """Remember the folder of a path that was picked."""
        self.set_text(f"folders/{purpose}", str(Path(path).parent))

    def recent(self) -> list[Path]:
        """Recently opened files that still exist, newest first."""
        paths = [Path(line) for line in self.text("recent").split("\n") if line]
        return [path for path in paths if is_file(path)]

    def add_recent(self, path: Path) -> None:
        """Put a file first."""
        others = [item for item in self.recent() if item != path]
        self.set_text("recent", "\n".join(str(item) for item in [path, *others][:RECENT_LIMIT]))

    def clear_recent(self) -> None:
        """Forget them."""
        self.set_text("recent", "")
