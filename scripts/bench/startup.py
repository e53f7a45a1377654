"""Time from process start to the first painted window, against a bare PySide6 QMainWindow shown the same way.

Both sides run in turn, in fresh processes, in one run of this script. Needs a display (or QT_QPA_PLATFORM=offscreen):
`xvfb-run -a .venv/bin/python scripts/bench/startup.py`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from scripts.bench.ratios import describe, ratio_of_medians, verdict_line  # noqa: E402 (the checkout is put on the path above)

LIMIT = 2.5

# Both children print the time (nanoseconds since the epoch) right after the first paint of their window.
_PAINTED = """
from PySide6.QtCore import QEvent, QObject, QTimer
import time
class Watch(QObject):
    painted = False
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and not self.painted:
            self.painted = True
            QTimer.singleShot(0, self.report)
        return False
    def report(self):
        print(time.time_ns(), flush=True)
        window.close()
        app.quit()
watch = Watch()
"""

BARE = f"""
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow
app = QApplication([])
window = QMainWindow()
window.setCentralWidget(QLabel("Hello"))
window.resize(1280, 800)
{_PAINTED}
window.centralWidget().installEventFilter(watch)
window.show()
app.exec()
"""

OURS = f"""
import gc
gc.disable()  # as cli.gui does
from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.ui import app as ours
from modelpack_gui.ui.settings import Settings
app = ours.make_application()
window = ours.make_window(WorkerClient(), Settings())
{_PAINTED}
window.start_page.installEventFilter(watch)
window.show()
app.exec()
"""


def start_to_paint_ms(code: str, settings: Path) -> float:
    """Run a child once; milliseconds from just before its start to its first paint."""
    environment = {**os.environ, "MODELPACK_SETTINGS": str(settings), "MODELPACK_DATA_DIR": str(settings.parent)}
    started_ns = time.time_ns()
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60, env=environment
    )
    return (int(done.stdout.split()[-1]) - started_ns) / 1e6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "settings.ini"
        for code in (BARE, OURS):  # once for the disk cache
            start_to_paint_ms(code, settings)
        bare, ours = [], []
        for _ in range(rounds):
            bare.append(start_to_paint_ms(BARE, settings))
            ours.append(start_to_paint_ms(OURS, settings))
    print(f"bare QMainWindow: {describe(bare)}")
    print(f"modelpack-gui:    {describe(ours)}")
    print(verdict_line("start to first paint, ours over bare", ratio_of_medians(ours, bare), LIMIT))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
