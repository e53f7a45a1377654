"""How long the views of an output's values take with ten million elements, from the request to the painted window.

Writes a made-up output (float32, 2,500 x 4,000, a thousand wrong elements) to .npy files, opens the real view on it,
and measures on the GUI thread's clock: judging anew after a tolerance changed, until the count is painted, and each
view from its first request until it is painted. Prints median and spread; exits with 1 where a limit is not kept.
`QT_QPA_PLATFORM=offscreen .venv/bin/python scripts/bench/values_view.py`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QObject, QTimer
from PySide6.QtWidgets import QWidget

from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.core.records import OutputParity, ParityCase, TensorInfo, ValueFiles, Verdict
from modelpack_gui.ui import app as gui
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.job_center import JobCenter
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.values import view as views
from modelpack_gui.ui.widgets.values.view import ValuesView

SHAPE = (2500, 4000)
JUDGE_LIMIT_MS, DRAW_LIMIT_MS = 50.0, 300.0
DEADLINE_MS = 60_000


class PaintWatch(QObject):
    """Counts the paintings of a widget."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.painted = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.painted += event.type() == QEvent.Type.Paint
        return super().eventFilter(watched, event)


class Bench:
    """The view, and a clock."""

    def __init__(self, folder: Path) -> None:
        self.app = gui.make_application()
        self.folder = folder
        self.jobs = JobCenter(WorkerClient())
        self.controller = Controller(self.jobs)
        self.view = ValuesView(self.controller, Settings(folder / "settings.ini"))
        self.view.resize(1020, 560)
        self.view.show()
        self.output = self._made()
        self.case = ParityCase("example", {}, 0, True, Verdict.FAILED, (self.output,))
        self.misses = 0
        self.counts = 0
        self.view.source.counted.connect(self._on_counted)

    def _on_counted(self) -> None:
        self.counts += 1

    def _made(self) -> OutputParity:
        draw = np.random.default_rng(0)
        expected = draw.standard_normal(SHAPE, dtype=np.float32)
        actual = expected + np.float32(1e-6) * draw.standard_normal(SHAPE, dtype=np.float32)
        actual.reshape(-1)[draw.integers(0, actual.size, 1000)] += 0.01
        actual[1234, 777] += 3.0
        for name, array in (("expected", expected), ("actual", actual)):
            np.save(self.folder / f"{name}.npy", array)
        info = TensorInfo("y", "float32", SHAPE)
        files = ValueFiles(str(self.folder / "expected.npy"), str(self.folder / "actual.npy"))
        rest = (None,) * 6
        return OutputParity(
            "y", Verdict.FAILED, "", info, info, expected.size, 0, *rest, (1234, 777), None, None, 0, 0, 0, 0, None,
            None, 1e-3, 1e-5, values=files,
        )  # fmt: skip

    def until(self, is_done: Callable[[], bool]) -> None:
        """Let the window live until something holds."""
        loop = QEventLoop()
        poll = QTimer(interval=1)  # 0 would keep the interpreter's lock from the threads that compute
        poll.timeout.connect(lambda: loop.quit() if is_done() else None)
        poll.start()
        QTimer.singleShot(DEADLINE_MS, loop.quit)
        if not is_done():
            loop.exec()
        if not is_done():
            raise SystemExit(f"not done within {DEADLINE_MS / 1000:.0f} s")

    def tell(self, what: str, samples_ms: list[float], limit_ms: float | None) -> None:
        middle = statistics.median(samples_ms)
        verdict = "" if limit_ms is None else f"  limit {limit_ms:.0f}  {'ok' if middle <= limit_ms else 'MISSED'}"
        self.misses += limit_ms is not None and middle > limit_ms
        print(f"{what:34} median {middle:6.1f} ms  {min(samples_ms):6.1f} to {max(samples_ms):6.1f}{verdict}")

    def open(self) -> None:
        """Forget what is shown, and open the output anew."""
        self.view.show_output(None, None, None)
        self.view.show_output(None, self.case, self.output)
        self.until(lambda: self.view.source.mismatched is not None)

    def judge(self, runs: int, tolerances: Callable[[int], tuple[float, float]]) -> list[float]:
        """From `set_tolerance` until the sentence with the new count is painted."""
        watch = PaintWatch(self.view.sentence)
        found = []
        for i in range(runs):
            self.until(lambda: not self.view.source.is_busy)
            self.app.processEvents()
            counts, paintings, start = self.counts, watch.painted, time.perf_counter()
            self.view.set_tolerance(*tolerances(i))
            self.until(lambda c=counts, p=paintings: self.counts > c and watch.painted > p)  # type: ignore[misc]
            found.append((time.perf_counter() - start) * 1000)
        return found

    def draw(self, name: str, is_drawn: Callable[[], bool], runs: int) -> list[float]:
        """From `show_view` on an output that was opened, with nothing of this view computed, until it is painted."""
        found = []
        for _ in range(runs):
            self.view.show_view(views.FRONTIER)
            self.open()
            self.until(lambda: not self.view.source.is_busy)
            self.app.processEvents()
            start = time.perf_counter()
            self.view.show_view(name)
            self.until(is_drawn)
            self.app.processEvents()  # paints
            found.append((time.perf_counter() - start) * 1000)
        return found


def _slider(i: int) -> tuple[float, float]:
    """(rtol, atol) near those of the output."""
    return 1e-3, 1e-5 * (1.05 + i / 10)


def _jumps(i: int) -> tuple[float, float]:
    """So tight that most elements are beyond, and none can be left out."""
    return 1e-7 / (i + 1), 1e-7 / (i + 1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MODELPACK_DATA_DIR"] = folder
        bench = Bench(Path(folder))
        view = bench.view
        view.show_view(views.HISTOGRAMS)  # imports pyqtgraph and numpy: once in a session
        bench.open()
        bench.until(lambda: view.histograms.absolute.has_picture)
        opened = []
        for _ in range(options.runs):
            start = time.perf_counter()
            bench.open()
            opened.append((time.perf_counter() - start) * 1000)
        size = SHAPE[0] * SHAPE[1]
        print(f"{size:,} elements, float32; window {view.width()} x {view.height()}; {options.runs} runs each")
        bench.tell("open, count and measure", opened, None)
        for what, tolerances in (("a slider moves", _slider), ("every element anew", _jumps)):
            bench.tell(f"judge anew, {what}", bench.judge(options.runs, tolerances), JUDGE_LIMIT_MS)
        drawings: tuple[tuple[str, Callable[[], bool]], ...] = (
            (views.HISTOGRAMS, lambda: view.histograms.is_counted and view.histograms.absolute.is_up_to_date),
            (views.SCATTER, lambda: view.scatter.is_counted and view.scatter.is_up_to_date),
            (views.HEAT_MAP, lambda: view.heat_map.has_picture),
            (views.WORST, lambda: view.worst.model.total > 0),
        )
        for name, is_drawn in drawings:
            limit = None if name == views.WORST else DRAW_LIMIT_MS
            bench.tell(name, bench.draw(name, is_drawn, options.runs), limit)
        view.show_view(views.HEAT_MAP)
        view.heat_map.shade.setCurrentIndex(view.heat_map.shade.findData("budget"))
        bench.open()
        bench.tell("judge anew beside a budget map", bench.judge(options.runs, _slider), JUDGE_LIMIT_MS)
        bench.jobs.close()
        view.close()
    return 1 if bench.misses else 0


if __name__ == "__main__":
    sys.exit(main())
