"""What the window remembers between sessions: geometry, splits, columns, theme, recent files, last folders.

Kept apart from recipes: deleting it loses no work. Keys are versioned by their name; an unreadable value is as good
as none.
"""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from modelpack_gui.core.locations import is_file, is_folder

RECENT_LIMIT = 12


class Settings:
    """Typed access to the settings file. `MODELPACK_SETTINGS` names another file (tests, portable use)."""

    def __init__(self, path: Path | None = None) -> None:
        override = os.environ.get("MODELPACK_SETTINGS", "")
        where = path or (Path(override) if override else None)
        if where is not None:
            self._store = QSettings(str(where), QSettings.Format.IniFormat)
        else:
            self._store = QSettings("modelpack-gui", "modelpack-gui")

    def text(self, key: str, default: str = "") -> str:
        """A string."""
        value = self._store.value(key, default)
        return value if isinstance(value, str) else default

    def set_text(self, key: str, value: str) -> None:
        """Remember a string."""
        self._store.setValue(key, value)

    def state(self, key: str) -> QByteArray:
        """What a widget's `saveState` or `saveGeometry` gave; empty if there is none."""
        value = self._store.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()

    def set_state(self, key: str, value: QByteArray) -> None:
        """Remember a widget's state."""
        self._store.setValue(key, value)

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
