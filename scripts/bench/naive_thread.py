"""The naive way to time a model, for contrast: in a thread of the window's own process, while its charts fill."""

from __future__ import annotations

import threading
import time

from PySide6.QtCore import QEventLoop, QTimer

from modelpack_gui.ui.main_window import MainWindow
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.latency_chart import LatencyChart
from modelpack_gui.ui.widgets.latency_series import LatencySeries
from scripts.bench.bare_loops import CODE, Bare, Subject

LIVE_MS = 50
"""Between two updates of the chart."""


def naive(
    window: MainWindow, settings: Settings, runner: str, subject: Subject, threads: int, runs: int, warmup: int
) -> Bare:
    """Time a runner's call in a thread, with a chart of it that is painted live on the GUI thread."""
    names = {
        "MODEL_FILE": subject.file,
        "CLASS": subject.name,
        "CHECKPOINT": subject.checkpoint,
        "SHAPE": subject.shape,
        "ARTIFACT": subject.artifact,
        "THREADS": threads,
    }
    taken: list[float] = []

    def measure() -> None:
        exec(CODE[runner], names)  # the code of the bare loop, in this process
        call = names["call"]
        assert callable(call)
        for _ in range(warmup):
            call()
        for _ in range(runs):
            start = time.perf_counter_ns()
            call()
            taken.append((time.perf_counter_ns() - start) / 1e6)

    def run() -> None:
        if not runner.startswith("onnx"):
            import torch

            with torch.inference_mode():
                measure()
        else:
            measure()

    chart = LatencyChart(settings)
    chart.resize(window.size())
    chart.show()
    loop, timer = QEventLoop(), QTimer()
    thread = threading.Thread(target=run, name="naive benchmark")

    def update() -> None:
        chart.show_series((LatencySeries(runner, runner, "#1f77b4", (), taken),), is_live=True)
        chart.repaint()
        if not thread.is_alive():
            loop.quit()

    timer.timeout.connect(update)
    timer.start(LIVE_MS)
    thread.start()
    loop.exec()
    timer.stop()
    chart.close()
    ordered = sorted(taken)
    if len(ordered) < runs:
        raise SystemExit(f"The thread that timed {runner} ended early.")
    return Bare(ordered[len(ordered) // 2], ordered[len(ordered) * 95 // 100])
