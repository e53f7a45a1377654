"""The table of nodes at 100,000 rows: a letter typed into its filter, a sort, and what filling it costs the window.

    QT_QPA_PLATFORM=offscreen python scripts/bench/graph_table.py [--nodes 100000] [--shape attention]

The graph is made and read by another process, as the window's worker would. Each time holds the repainting that
follows; sorting is by columns that nothing was sorted by before.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

FILTER_LIMIT_MS, SORT_LIMIT_MS, GAP_LIMIT_MS = 30.0, 150.0, 50.0
TYPED = (
    "matmul",
    "layers.12",
    "softmax -layers.1",
    "op:MatMul",
    "name:node_add_1",
    "module:attn",
    "under:layers.3.attn",
    "in:weight",
    "out:v12",
    "shape:?x8x",
    "dtype:float32",
    "attr:perm=0x2x1",
    "op:Transpose attr:perm -layers.2",
)
"""Typed letter by letter."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--shape", default="attention", choices=("residual", "attention", "long_skips", "flat"))
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make is not None:
        return _make(options.shape, options.nodes, options.make)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MODELPACK_DATA_DIR"] = folder
        made = Path(folder) / "index.json"
        asked = ["--shape", options.shape, "--nodes", str(options.nodes), "--make", str(made)]
        subprocess.run([sys.executable, __file__, *asked], check=True)
        return _measure(Path(folder), made)


def _make(shape: str, nodes: int, target: Path) -> int:
    from modelpack_gui.core import serde
    from modelpack_gui.core.context import PlainContext
    from modelpack_gui.core.records import InspectRequest
    from modelpack_gui.stages.inspection.stage import run
    from scripts.made_graphs import SHAPES

    path = SHAPES[shape](nodes, target.with_name("model.onnx"))
    index = run(InspectRequest(str(path), str(target.parent)), PlainContext(target.parent))
    target.write_text(serde.dumps(serde.encode(index)))
    return 0


def _measure(folder: Path, made: Path) -> int:
    from PySide6.QtCore import QEventLoop, Qt

    from modelpack_gui.client.jobs import WorkerClient
    from modelpack_gui.core import serde
    from modelpack_gui.core.graph.graph import Graph
    from modelpack_gui.core.records import GraphIndex
    from modelpack_gui.ui import app as gui
    from modelpack_gui.ui.graph.tables.nodes_view import NodesView
    from modelpack_gui.ui.settings import Settings

    app = gui.make_application()
    settings = Settings(folder / "settings.ini")
    window = gui.make_window(WorkerClient(), settings)
    state = window.controller.graph
    view = NodesView(window.controller, settings)
    view.resize(900, 700)
    view.show()
    app.processEvents()
    index = serde.decode(GraphIndex, json.loads(made.read_text()))

    def shown(step: Callable[[], object]) -> float:
        started = time.perf_counter()
        step()
        app.processEvents()
        return (time.perf_counter() - started) * 1000.0

    started = time.perf_counter()
    graph = Graph.read(Path(index.columns))
    read_ms = (time.perf_counter() - started) * 1000.0
    loop = QEventLoop()
    state.search_ready.connect(loop.quit)
    fill_ms = shown(lambda: state._put(index, graph, None))
    started = time.perf_counter()
    loop.exec()
    prepared_ms = (time.perf_counter() - started) * 1000.0
    print(f"{view.model.rowCount():,} rows; columns read in {read_ms:.0f} ms on a thread")
    _say("filling the table", [fill_ms], GAP_LIMIT_MS)
    print(f"  ready for any word {prepared_ms:.0f} ms later")

    times: list[float] = []
    for text in TYPED:
        letters = [shown(lambda part=text[:end]: view.set_filter(part)) for end in range(1, len(text) + 1)]  # type: ignore[misc]
        letters.append(shown(lambda: view.set_filter("")))
        _say(f"typing {text!r}", letters, FILTER_LIMIT_MS)
        times += letters
    _say("all keystrokes", times, FILTER_LIMIT_MS)

    sorts: list[float] = []
    for place, column in enumerate(view.table.columns):
        if view.table.isColumnHidden(place):
            continue
        both = [
            shown(lambda place=place, order=order: view.table.sortByColumn(place, order))  # type: ignore[misc]
            for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder)
        ]
        _say(f"sorting by {column.title}", both, SORT_LIMIT_MS)
        sorts += both
    _say("all sorts", sorts, SORT_LIMIT_MS)
    view.table.selectRow(0)
    by_name = shown(lambda: view.table.sortByColumn(3, Qt.SortOrder.AscendingOrder))
    _say("sorting with a row selected", [by_name], SORT_LIMIT_MS)
    _say("typing with a row selected", [shown(lambda: view.set_filter("matmul"))], FILTER_LIMIT_MS)
    window.close()
    return 0 if max(times) <= FILTER_LIMIT_MS and max(sorts) <= SORT_LIMIT_MS and fill_ms <= GAP_LIMIT_MS else 1


def _say(what: str, times: list[float], limit_ms: float) -> None:
    worst = max(times)
    kept = "within" if worst <= limit_ms else "BEYOND"
    print(f"  {what:38} median {statistics.median(times):6.1f} ms, worst {worst:6.1f} ms, {kept} {limit_ms:.0f} ms")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    sys.exit(main())
