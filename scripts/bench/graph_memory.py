"""Memory of all processes while the window opens a large graph, and one with gigabytes of weights beside it.

Opens the real window (offscreen) on a file, waits until its table and its first drawing are there, and adds up, every
20 ms, what the window, its workers and their children have in memory (see `memory_watch.py`). Linux only.
`.venv/bin/python scripts/bench/graph_memory.py [--nodes 100000] [--gigabytes 3]`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from scripts.bench.memory_watch import MemoryWatch  # noqa: E402 (the checkout is put on the path above)
from scripts.made_graphs import SHAPES  # noqa: E402 (as above)

GRAPH_LIMIT_MB, WEIGHTS_LIMIT_MB = 1500.0, 300.0
DEADLINE_S = 300.0
LAYERS = 24

WINDOW = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.ui import app as ours
from modelpack_gui.ui.settings import Settings
app = ours.make_application()
window = ours.make_window(WorkerClient(is_drawing=True), Settings(Path(sys.argv[2]) / "settings.ini"))
window.resize(1280, 800)
window.show()
graph = window.controller.graph
def on_changed():
    if graph.graph is not None:
        print(f"table {len(graph.graph.nodes)}", flush=True)
        QTimer.singleShot(int(sys.argv[3]), leave)
def leave():
    window.close()
    app.quit()
graph.changed.connect(on_changed)
QTimer.singleShot(0, lambda: window.open_path(Path(sys.argv[1])))
app.exec()
"""


def write_external(path: Path, gigabytes: float) -> None:
    """A chain of layers whose weights are in a sparse file beside it: it takes no room on the disk."""
    import onnx
    from onnx import TensorProto, helper

    width = int((gigabytes * 1e9 / LAYERS / 4) ** 0.5)
    weights, nodes, end = [], [], 0
    for i in range(LAYERS):
        weight = TensorProto(name=f"layers.{i}.weight", data_type=TensorProto.FLOAT, dims=[width, width])
        weight.data_location = TensorProto.EXTERNAL
        size = width * width * 4
        for key, value in (("location", "weights.bin"), ("offset", str(end)), ("length", str(size))):
            weight.external_data.add(key=key, value=value)
        end += size
        weights.append(weight)
        nodes.append(helper.make_node("MatMul", [f"h{i}", weight.name], [f"h{i + 1}"], name=f"/layers.{i}/MatMul"))
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width]) for name in ("h0", f"h{LAYERS}")]
    graph = helper.make_graph(nodes, "net", ports[:1], ports[1:], weights)
    onnx.save(helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 20)]), path)
    with (path.parent / "weights.bin").open("wb") as file:
        file.truncate(end)


def measure(path: Path, folder: Path, limit_mb: float, settle_ms: int) -> bool:
    """Open a file; whether the limit is kept."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "MODELPACK_DATA_DIR": str(folder / "data")}
    window = subprocess.Popen(
        [sys.executable, "-c", WINDOW, str(path), str(folder), str(settle_ms)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    watch = MemoryWatch(window.pid)
    try:
        output, _ = window.communicate(timeout=DEADLINE_S)
    finally:
        window.kill()
        found = watch.stop()
    is_kept = found.peak_mb <= limit_mb
    shown = output.strip() or "nothing was shown"
    print(f"{path.stem}: {shown} nodes, peak {found.peak_mb:.0f} MB in all processes, limit {limit_mb:.0f} MB")
    for name, size_mb in sorted(found.at_peak.items(), key=lambda item: -item[1]):
        print(f"  {name}: {size_mb:.0f} MB")
    return is_kept and output.startswith("table")


def main() -> int:
    """Measure; 1 if a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--shape", choices=sorted(SHAPES), default="attention")
    parser.add_argument("--gigabytes", type=float, default=3.0)
    parser.add_argument("--settle-ms", type=int, default=6000, help="for the first drawing, after the table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        graph, weights = folder / f"{options.shape}-{options.nodes}.onnx", folder / "weights.onnx"
        SHAPES[options.shape](options.nodes, graph)
        write_external(weights, options.gigabytes)
        kept = [
            measure(weights, folder, WEIGHTS_LIMIT_MB, options.settle_ms),
            measure(graph, folder, GRAPH_LIMIT_MB, options.settle_ms),
        ]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
