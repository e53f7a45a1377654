from __future__ import annotations

import os
import subprocess
import sys

REPAINTS = """
from PySide6.QtWidgets import QApplication, QWidget

application = QApplication([])
widget = QWidget()
for _ in range(20_000):
    widget.update()
print("survived")
"""


def test_qt_survives_twenty_thousand_void_calls() -> None:
    """PySide6 6.12.0 loses a reference to None at each and aborts Python 3.11 after about 5,700."""
    done = subprocess.run(
        [sys.executable, "-c", REPAINTS],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "survived"), done.stderr
