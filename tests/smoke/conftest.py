"""Windows of these tests run in this process without a screen; the demo tour starts one of its own on a display."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before the first QApplication: no window pops up
