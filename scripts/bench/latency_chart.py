"""How long the latency chart holds the window up: 8 runners with 100,000 runs each.

On the GUI thread's clock, drawing and painting together: the first paint of a new report (from `show_series` until it
is painted), and each update while runs come in (every runner gets one more turn), in each mode. Prints median and
spread, modes interleaved; exits with 1 where a limit is not kept.
`QT_QPA_PLATFORM=offscreen .venv/bin/python scripts/bench/latency_chart.py`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEventLoop, QTimer

from modelpack_gui.ui import app as gui
from modelpack_gui.ui.look.colors import RUNNER_COLORS
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.latency.chart import MODES, LatencyChart, LatencySeries

RUNNERS, RUNS, TURN = 8, 100_000, 25
UPDATE_LIMIT_MS, FIRST_LIMIT_MS = 8.0, 150.0
DEADLINE_MS = 30_000


def made(runner: int, runs: int) -> list[float]:
    """Latencies with a tail, a second mode, and rare stalls."""
    draw = np.random.default_rng(runner)
    centre = 1.0 + 0.25 * runner
    values = centre * np.exp(draw.normal(0.0, 0.03, runs)) * np.where(draw.random(runs) < 0.2, 1.15, 1.0)
    values[draw.random(runs) < 0.002] *= 4.0
    return [float(value) for value in values]


def series_of(latencies: list[list[float]]) -> list[LatencySeries]:
    """As the page gives them while a benchmark runs."""
    return [
        LatencySeries(
            f"runner{i}",
            f"Runner {i}",
            RUNNER_COLORS[i % len(RUNNER_COLORS)],
            timed[:50],
            timed,
            (TURN,) * (len(timed) // TURN),
            is_valid=i != RUNNERS - 1,
            dash=i >= len(RUNNER_COLORS),
        )
        for i, timed in enumerate(latencies)
    ]


class Bench:
    """The chart, and a clock."""

    def __init__(self, folder: Path, latencies: list[list[float]]) -> None:
        self.app = gui.make_application()
        self.settings = Settings(folder / "settings.ini")
        self.latencies = latencies
        self.turns = iter(made(99, 1_000_000))
        self.misses = 0

    def open(self, mode: str) -> LatencyChart:
        """A chart that is shown, with everything imported and little drawn."""
        chart = LatencyChart(self.settings)
        chart.resize(1000, 420)
        chart.set_mode(mode)
        chart.show()
        self.draw(chart, [[1.0, 1.1] * 10])
        return chart

    def draw(self, chart: LatencyChart, latencies: list[list[float]]) -> float:
        """Milliseconds of the GUI thread from the call until all of it is painted."""
        loop = QEventLoop()
        chart.drawn.connect(loop.quit)
        QTimer.singleShot(DEADLINE_MS, loop.quit)
        series = series_of(latencies)
        start = time.thread_time()
        chart.show_series(series, is_live=True)
        if not chart.is_up_to_date:
            loop.exec()
        self.app.processEvents()  # the painting that was asked for
        took = 1000.0 * (time.thread_time() - start)
        chart.drawn.disconnect(loop.quit)
        if not chart.is_up_to_date:
            raise SystemExit("the chart was not drawn in time")
        return took

    def update(self, chart: LatencyChart) -> float:
        """One more turn of every runner."""
        for timed in self.latencies:
            timed.extend(next(self.turns) for _ in range(TURN))
        return self.draw(chart, self.latencies)

    def tell(self, what: str, samples_ms: list[float], limit_ms: float) -> None:
        middle = statistics.median(samples_ms)
        self.misses += middle > limit_ms
        low, high = min(samples_ms), max(samples_ms)
        verdict = "ok" if middle <= limit_ms else "MISSED"
        print(f"{what:28} median {middle:6.1f} ms  {low:6.1f} to {high:6.1f}  limit {limit_ms:.0f}  {verdict}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--updates", type=int, default=60)
    parser.add_argument("--opens", type=int, default=7)
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), [made(i, RUNS) for i in range(RUNNERS)])
        print(f"{RUNNERS} runners x {RUNS:,} runs, offscreen, drawing and painting together")
        first: dict[str, list[float]] = {mode: [] for mode in MODES}
        updates: dict[str, list[float]] = {mode: [] for mode in MODES}
        for _ in range(arguments.opens):
            for mode in MODES:
                chart = bench.open(mode)
                first[mode].append(bench.draw(chart, bench.latencies))
                chart.close()
                chart.deleteLater()
        charts = {mode: bench.open(mode) for mode in MODES}
        for chart in charts.values():
            bench.draw(chart, bench.latencies)
            chart.hide()
        for mode, chart in charts.items():
            chart.show()
            bench.app.processEvents()
            bench.update(chart)
            updates[mode] = [bench.update(chart) for _ in range(arguments.updates)]
            chart.hide()
        for mode, title in MODES.items():
            bench.tell(f"first paint, {title}", first[mode], FIRST_LIMIT_MS)
        for mode, title in MODES.items():
            bench.tell(f"update, {title}", updates[mode], UPDATE_LIMIT_MS)
    return 1 if bench.misses else 0


if __name__ == "__main__":
    sys.exit(main())
