"""The naive way to time a model, for contrast: in a thread of the window's own process, which tells of every run."""

from __future__ import annotations

import threading
import time

from PySide6.QtCore import QEventLoop, QObject, QTimer, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.latency.chart import LatencyChart
from modelpack_gui.ui.widgets.latency.series import LatencySeries
from modelpack_gui.ui.window.main_window import MainWindow
from scripts.bench.bare_loops import CODE, Bare, Subject, names_of

LIVE_MS = 50
"""Between two updates of the chart."""

LEAST_S = 5.0
"""A short call is timed for so long, or the window would hardly paint meanwhile."""


class _News(QObject):
    measured = Signal(float)


def naive(
    window: MainWindow, settings: Settings, runner: str, subject: Subject, threads: int, runs: int, warmup: int
) -> Bare:
    """Time a runner's call in a thread; each run is told to the GUI thread, and a chart of them is painted live."""
    names = names_of(subject, threads)
    taken: list[float] = []
    news = _News()

    def measure() -> None:
        exec(CODE[runner], names)  # the code of the bare loop, in this process
        call = names["call"]
        assert callable(call)
        for _ in range(warmup):
            call()
        until_s = time.perf_counter() + LEAST_S
        while len(taken) < runs or time.perf_counter() < until_s:
            start = time.perf_counter_ns()
            call()
            latency_ms = (time.perf_counter_ns() - start) / 1e6
            taken.append(latency_ms)
            news.measured.emit(latency_ms)

    def run() -> None:
        if not runner.startswith("onnx"):
            import torch

            with torch.inference_mode():
                measure()
        else:
            measure()

    panel = QWidget()
    column = QVBoxLayout(panel)
    label, chart = QLabel(), LatencyChart(settings)
    column.addWidget(label)
    column.addWidget(chart)
    panel.resize(window.size())
    panel.show()
    loop, timer = QEventLoop(), QTimer()
    thread = threading.Thread(target=run, name="naive benchmark")

    def update() -> None:
        chart.show_series((LatencySeries(runner, runner, "#1f77b4", (), taken),), is_live=True)
        if not thread.is_alive():
            loop.quit()

    news.measured.connect(lambda latency_ms: label.setText(f"{latency_ms:.3f} ms"))
    timer.timeout.connect(update)
    timer.start(LIVE_MS)
    thread.start()
    loop.exec()
    timer.stop()
    panel.close()
    ordered = sorted(taken)
    if len(ordered) < runs:
        raise SystemExit(f"The thread that timed {runner} ended early.")
    return Bare(ordered[len(ordered) // 2], ordered[len(ordered) * 95 // 100])
