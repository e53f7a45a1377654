"""What is set for the whole process before there is a window."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.places import ROOT

PAINTS = """
import threading
from pathlib import Path
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter, QRadialGradient
from modelpack_gui.ui import app as gui

app = gui.make_application()
image = QImage(3000, 3000, QImage.Format.Format_ARGB32_Premultiplied)
painter = QPainter(image)
gradient = QRadialGradient(QPointF(1500.0, 1500.0), 1500.0)
gradient.setColorAt(0.0, QColor(255, 0, 0, 99))
before = len(list(Path("/proc/self/task").iterdir()))
for _ in range(5):
    painter.fillRect(image.rect(), gradient)
painter.end()
print(len(list(Path("/proc/self/task").iterdir())) - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts threads in /proc")
def test_large_areas_are_painted_without_threads_that_a_busy_machine_lets_wait() -> None:
    done = subprocess.run([sys.executable, "-c", PAINTS], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0"]
