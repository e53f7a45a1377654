"""What is remembered between sessions, and that nobody waits for the disk."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings, QThread
from pytestqt.qtbot import QtBot

from modelpack_gui.ui.settings import Settings
from tests.places import ROOT

STORES_AND_ENDS = """
import sys
from pathlib import Path
from PySide6.QtCore import QByteArray, QCoreApplication
from modelpack_gui.ui.settings import Settings
app = QCoreApplication([]) if sys.argv[2] == "app" else None
settings = Settings(Path(sys.argv[1]))
settings.set_text("theme", "dark")
settings.set_state("geometry", QByteArray(b"\\x01\\x00,"))
"""


def on_disk(path: Path) -> dict[str, object]:
    file = QSettings(str(path), QSettings.Format.IniFormat)
    return {key: file.value(key) for key in file.allKeys()}


def test_it_is_written_by_a_thread_of_its_own_and_windows_share_it(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "s.ini"
    settings = Settings(path)
    settings.set_text("theme", "dark")
    settings.set_state("split", QByteArray(b"\x00\x01"))
    assert Settings(path).text("theme") == "dark"
    qtbot.waitUntil(path.exists)
    assert on_disk(path) == {"theme": "dark", "split": QByteArray(b"\x00\x01")}
    writer = settings._store._file.thread()
    assert writer is not None
    assert writer is not QThread.currentThread()
    assert writer.isRunning()


def test_what_is_set_to_what_it_is_is_not_written_again(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "s.ini"
    settings = Settings(path)
    settings.set_text("theme", "dark")
    qtbot.waitUntil(path.exists)
    settings.set_text("theme", "dark")
    assert settings._store._later is not None
    assert not settings._store._later.isActive()


def test_what_was_set_just_before_the_end_is_there_in_the_next_session(tmp_path: Path) -> None:
    for way in ("app", "none"):
        path = tmp_path / f"{way}.ini"
        done = subprocess.run(
            [sys.executable, "-c", STORES_AND_ENDS, str(path), way], cwd=ROOT, capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert Settings(path).text("theme") == "dark"
        assert Settings(path).state("geometry") == QByteArray(b"\x01\x00,")
        assert Settings(path).text("geometry") == ""
