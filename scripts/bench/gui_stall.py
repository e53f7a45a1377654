"""The longest time that the GUI thread was blocked while every stage of the demo ran.

The real window with real workers; a watchdog timer ticks every 5 ms on the GUI thread, and a gap beyond that is time
in which no event could be handled. All pages are visited while the jobs run, so that their drawing is in it.
`xvfb-run -a .venv/bin/python scripts/bench/gui_stall.py`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtCore import QEventLoop, Qt, QTimer

from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.core.pipeline import ORDER
from modelpack_gui.ui import app as gui
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.window.main_window import MainWindow

TICK_MS = 5
LIMIT_MS = 50.0


class Watchdog:
    """Notes every gap between two ticks on the GUI thread, and what was going on."""

    def __init__(self, window: MainWindow) -> None:
        self.gaps: list[tuple[float, str]] = []
        self._window = window
        self._last_s = time.perf_counter()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_tick)

    def start(self) -> None:
        self._last_s = time.perf_counter()
        self._timer.start(TICK_MS)

    def stop(self) -> None:
        self._timer.stop()

    def _on_tick(self) -> None:
        now_s = time.perf_counter()
        running = [view.title for view in self._window.controller.jobs.jobs.values() if view.ended_s is None]
        where = f"page {self._window.current_stage.label}, running {', '.join(running) or 'nothing'}"
        self.gaps.append(((now_s - self._last_s) * 1000.0 - TICK_MS, where))
        self._last_s = now_s


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--top", type=int, default=8, help="how many of the longest gaps to print")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MODELPACK_DATA_DIR"] = folder
        app = gui.make_application()
        window = gui.make_window(WorkerClient(), Settings(Path(folder) / "settings.ini"))
        window.resize(1280, 800)
        window.show()
        window.open_demo()
        for stage in ORDER:  # pages are made on first use; that is navigation, not a job
            window.show_stage(stage)
            app.processEvents()
        watchdog = Watchdog(window)
        loop = QEventLoop()
        tour = QTimer(interval=700)
        tour.timeout.connect(lambda: window.show_stage(ORDER[(ORDER.index(window.current_stage) + 1) % len(ORDER)]))
        window.controller.stage_changed.connect(lambda _stage: loop.quit() if not window.controller.is_busy else None)
        watchdog.start()
        tour.start()
        window.controller.run_all()
        while window.controller.is_busy:
            loop.exec()
        QTimer.singleShot(500, loop.quit)  # the last results are drawn
        loop.exec()
        watchdog.stop()
        states = {stage.label: window.controller.state(stage).status.value for stage in ORDER}
        window.close()
    gaps = sorted(watchdog.gaps, reverse=True)
    total_s = sum(gap + TICK_MS for gap, _ in gaps) / 1000.0
    print(f"stages: {states}")
    print(f"{len(gaps)} ticks in {total_s:.1f} s; gaps over {LIMIT_MS:.0f} ms: {sum(g > LIMIT_MS for g, _ in gaps)}")
    for gap, where in gaps[: options.top]:
        print(f"  {gap:7.1f} ms  {where}")
    kept = "within" if gaps[0][0] <= LIMIT_MS else "BEYOND"
    print(f"worst gap on the GUI thread: {gaps[0][0]:.1f} ms, {kept} the limit of {LIMIT_MS:.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
