"""From double-click to a table that can be sorted and a graph on the canvas, against the bare onnx calls.

    QT_QPA_PLATFORM=offscreen python scripts/bench/graph_open.py [--nodes 20000 100000] [--shape attention] [--cold]

The bare interpreter does `onnx.load` without external data and `infer_shapes`, imports not counted. The window is the
real one with its real workers; it has shown another file before, whose interpreter is up, unless `--cold` is given:
then the file is the first that the window opens, after `--idle` seconds in which its start page was seen and the
window made ready for it (after the first window of a run, nothing of ours is left to import: with one repeat there is
no second one). The longest gap is the longest time in which the GUI thread handled no event. Memory is that of all
processes at its highest (see `memory_watch.py`), of a window in a process of its own: to look at it stops these
processes for a few milliseconds each time.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from modelpack_gui.client.jobs import WorkerClient  # noqa: E402 (the checkout is put on the path above)
from modelpack_gui.core.pipeline import Stage  # noqa: E402 (as above)
from modelpack_gui.ui import app as gui  # noqa: E402 (as above)
from modelpack_gui.ui.early_imports import EarlyImports  # noqa: E402 (as above)
from modelpack_gui.ui.garbage import GarbageCollector  # noqa: E402 (as above)
from modelpack_gui.ui.pages.graph import GraphPage  # noqa: E402 (as above)
from modelpack_gui.ui.settings import Settings  # noqa: E402 (as above)
from modelpack_gui.ui.window.main_window import MainWindow  # noqa: E402 (as above)
from scripts.bench.memory_watch import MemoryWatch  # noqa: E402 (as above)
from scripts.made_graphs import SHAPES  # noqa: E402 (as above)

TICK_MS = 5
GAP_LIMIT_MS = 50.0
CANVAS_LIMIT_MS = 300.0
MEMORY_LIMIT_MB = 1500.0
RATIO_LIMITS = {20_000: 2.0, 100_000: 3.0}
TIMEOUT_MS = 180_000
QUIET_MS = 1500
VERBOSE = bool(os.environ.get("VERBOSE"))
"""Whether each job is listed that ran until the table was there."""
BARE = """
import sys, time, onnx
started = time.perf_counter()
model = onnx.load(sys.argv[1], load_external_data=False)
onnx.shape_inference.infer_shapes(model)
print(time.perf_counter() - started)
"""


@dataclass
class Opened:
    """What one opening took, milliseconds."""

    table_ms: float = 0.0
    canvas_ms: float = 0.0
    gaps_ms: list[float] = field(default_factory=list)


class Watch(QObject):
    """Ticks on the GUI thread, and sees the canvas being painted."""

    def __init__(self) -> None:
        super().__init__()
        self.gaps_ms: list[float] = []
        self.painted = QTimer(self, singleShot=True, interval=0)
        self._last_s = time.perf_counter()
        self._tick = QTimer(self, timerType=Qt.TimerType.PreciseTimer, interval=TICK_MS)
        self._tick.timeout.connect(self._on_tick)

    def start(self) -> None:
        self._last_s = time.perf_counter()
        self._tick.start()

    def stop(self) -> None:
        self._tick.stop()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and not self.painted.isActive():
            self.painted.start()
        return super().eventFilter(watched, event)

    def _on_tick(self) -> None:
        now_s = time.perf_counter()
        self.gaps_ms.append((now_s - self._last_s) * 1000.0 - TICK_MS)
        self._last_s = now_s


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--nodes", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--shape", default="attention", choices=("residual", "attention", "long_skips", "flat"))
    parser.add_argument("--cold", action="store_true", help="the file is the first that the window opens")
    parser.add_argument("--idle", type=float, default=3.0, help="seconds on the start page before the first file")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--memory-of", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory_of is not None:
        print(_peak_mb(options.memory_of))
        return 0
    is_kept = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["MODELPACK_DATA_DIR"] = name
        app = gui.make_application()
        collector = GarbageCollector()  # as in the app: Python's own would collect on any thread
        for nodes in options.nodes:
            path = SHAPES[options.shape](nodes, folder / f"{options.shape}_{nodes}.onnx")
            bare_ms = min(_bare_ms(path) for _ in range(options.repeats))
            small = SHAPES[options.shape](50, folder / f"small_{nodes}.onnx")
            opened = []
            for number in range(options.repeats):
                window = _shown(Settings(folder / f"s{nodes}_{number}.ini"), options.idle)
                if not options.cold:
                    _open(window, small)
                opened.append(_open(window, path))
                window.close()
                app.processEvents()
            is_kept &= _say(path.name, nodes, bare_ms, opened, _peak_mb_in_a_process(path))
        collector.stop()
    return 0 if is_kept else 1


def _shown(settings: Settings, idle_s: float) -> MainWindow:
    """A window as the app makes it, after a while on its start page."""
    client = WorkerClient(is_drawing=True)
    window = gui.make_window(client, settings)
    window.resize(1280, 800)
    window.show()
    imports = EarlyImports(client.prepare, window.make_ready)
    QTimer.singleShot(0, imports.start)
    loop = QEventLoop()
    QTimer.singleShot(round(idle_s * 1000), loop.quit)
    loop.exec()
    imports.join()
    return window


def _peak_mb_in_a_process(path: Path) -> float:
    asked = [sys.executable, __file__, "--memory-of", str(path)]
    return float(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)


def _peak_mb(path: Path) -> float:
    """Of all processes while a first window opens a file."""
    with tempfile.TemporaryDirectory() as name:
        os.environ["MODELPACK_DATA_DIR"] = name
        gui.make_application()
        collector = GarbageCollector()
        memory = MemoryWatch(os.getpid())
        window = _shown(Settings(Path(name) / "settings.ini"), 1.0)
        _open(window, path)
        window.close()
        collector.stop()
        return memory.stop().peak_mb


def _bare_ms(path: Path) -> float:
    done = subprocess.run([sys.executable, "-c", BARE, str(path)], check=True, capture_output=True, text=True)
    return float(done.stdout) * 1000.0


def _open(window: MainWindow, path: Path) -> Opened:
    """Open a file as a double-click does, and wait until all of it is there."""
    controller = window.controller
    found, watch = Opened(), Watch()
    watch.start()
    started_s = time.perf_counter()

    def since_ms() -> float:
        return (time.perf_counter() - started_s) * 1000.0

    window.open_path(path)
    page = window.page(Stage.GRAPH)
    assert isinstance(page, GraphPage)
    model = page.view.side.nodes.model
    index = controller.graph.index
    _wait(
        lambda: controller.graph.index is not None and controller.graph.index is not index, controller.graph.changed
    )
    assert model.rowCount() == len(controller.graph.graph.nodes if controller.graph.graph is not None else ())
    found.table_ms = since_ms()
    if VERBOSE:
        for view in controller.jobs.jobs.values():
            print(f"    {view.title}: {view.status.value}, {view.elapsed_s:.3f} s since it was asked")
        print(f"    the stage itself: {controller.graph.index.duration_s if controller.graph.index else 0.0:.3f} s")
    if page.view.canvas is None:
        _wait(lambda: page.view.canvas is not None, page.view.canvas_made)
    assert page.view.canvas is not None
    scenes = controller.graph.scenes
    page.view.canvas.canvas.installEventFilter(watch)
    _wait(lambda: not scenes.is_running and page.view.canvas is not None, scenes.came)
    _wait(lambda: False, watch.painted.timeout, at_most_ms=2000)
    found.canvas_ms = since_ms() - found.table_ms
    _settle(window)
    watch.stop()
    found.gaps_ms = watch.gaps_ms
    return found


def _wait(is_there: Callable[[], bool], signal: object, at_most_ms: int = TIMEOUT_MS) -> None:
    """Until it is there, or the signal came once where it never is."""
    if is_there():
        return
    loop = QEventLoop()
    came: list[bool] = []

    def on_signal(*_: object) -> None:
        came.append(True)
        loop.quit()

    signal.connect(on_signal)  # type: ignore[attr-defined]
    limit = QTimer(singleShot=True, interval=at_most_ms)
    limit.timeout.connect(loop.quit)
    limit.start()
    while limit.isActive() and not is_there():
        loop.exec()
        if came and not is_there() and at_most_ms != TIMEOUT_MS:
            break
    signal.disconnect(on_signal)  # type: ignore[attr-defined]


def _settle(window: MainWindow) -> None:
    """Until no job has run for a while: what is counted and checked once a graph is there is done too."""
    loop = QEventLoop()
    jobs = window.controller.jobs
    quiet = QTimer(singleShot=True, interval=QUIET_MS)
    quiet.timeout.connect(lambda: loop.quit() if all(job.ended_s is not None for job in jobs.jobs.values()) else None)
    jobs.job_changed.connect(quiet.start)
    quiet.start()
    QTimer.singleShot(TIMEOUT_MS, loop.quit)
    loop.exec()


def _say(name: str, nodes: int, bare_ms: float, opened: list[Opened], peak_mb: float) -> bool:
    """Print what was found against the limits."""
    best = min(opened, key=lambda one: one.table_ms)
    gap_ms = max(max(one.gaps_ms) for one in opened)
    ratio, limit = best.table_ms / bare_ms, RATIO_LIMITS.get(nodes)
    canvas_ms = min(one.canvas_ms for one in opened)
    print(f"{name}: onnx.load and infer_shapes in a bare interpreter {bare_ms:.0f} ms")
    lines = [
        (f"table that can be sorted {best.table_ms:7.0f} ms, {ratio:.2f} x", limit is None or ratio <= limit, limit),
        (f"first canvas frame after {canvas_ms:7.0f} ms", canvas_ms <= CANVAS_LIMIT_MS, CANVAS_LIMIT_MS),
        (f"longest gap on the GUI   {gap_ms:7.1f} ms", gap_ms <= GAP_LIMIT_MS, GAP_LIMIT_MS),
        (f"memory of all processes  {peak_mb:7.0f} MB", peak_mb <= MEMORY_LIMIT_MB, MEMORY_LIMIT_MB),
    ]
    for text, is_within, allowed in lines:
        print(f"  {text:48} {'within' if is_within else 'BEYOND'} {allowed if allowed is not None else 'no limit'}")
    return all(is_within for _, is_within, _ in lines)


if __name__ == "__main__":
    sys.exit(main())
