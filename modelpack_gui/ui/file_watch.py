"""Tells when a file changes on disk, however an editor saves it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

from modelpack_gui.core.locations import is_file, is_folder

_SETTLE_MS = 100


class FileWatch(QObject):
    """Watches one file at a time.

    Many editors write a new file and rename it over the old one, which ends a watch on the old one: the folder is
    watched too, and the file anew after each change.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path: Path | None = None
        self._stamp: tuple[int, int, int] | None = None
        self._watcher = QFileSystemWatcher(self)
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self._look)
        self._watcher.fileChanged.connect(lambda _path: self._settle.start())
        self._watcher.directoryChanged.connect(lambda _path: self._settle.start())

    def watch(self, file: str) -> None:
        """Watch another file; empty watches none."""
        watched = [*self._watcher.files(), *self._watcher.directories()]
        if watched:
            self._watcher.removePaths(watched)
        self._path = Path(file) if file else None
        self._stamp = self._stamp_now()
        self._hold()

    def _hold(self) -> None:
        if self._path is None:
            return
        if is_file(self._path) and not self._watcher.files():
            self._watcher.addPath(str(self._path))
        if is_folder(self._path.parent) and not self._watcher.directories():
            self._watcher.addPath(str(self._path.parent))

    def _look(self) -> None:
        self._hold()
        stamp = self._stamp_now()
        if stamp != self._stamp:
            self._stamp = stamp
            self.changed.emit()

    def _stamp_now(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat() if self._path is not None else None
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_size, found.st_ino) if found is not None else None
