"""What the inspection of an ONNX file takes over what nobody can do without: `onnx.load` and `infer_shapes`.

Each side reads the same file in a new process that has imported what it needs, in turns: the bare side loads without
external data and infers shapes; ours runs the stage, from the path to the file of columns, and reads these columns as
the window does. The issue allows 2 x for 20,000 nodes and 3 x for 100,000 from the double-click on
(`graph_open.py`); this is the part of it that the worker has.
`.venv/bin/python scripts/bench/graph_read.py [--nodes 20000] [--shapes residual flat] [--runs 7] [FILE...]`.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from scripts.bench.ratios import describe, ratio_of_medians, verdict_line  # noqa: E402 (the checkout is put on the path above)
from scripts.made_graphs import SHAPES  # noqa: E402 (as above)

LIMITS = {20_000: 2.0, 100_000: 3.0}

BARE = """
import sys, time, onnx
from onnx import shape_inference
started = time.perf_counter()
shape_inference.infer_shapes(onnx.load(sys.argv[1], load_external_data=False))
print((time.perf_counter() - started) * 1000)
"""

OURS = """
import sys, time, onnx
from pathlib import Path
from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import InspectRequest
from modelpack_gui.stages.inspection import onnx_graph, stage
started = time.perf_counter()
index = stage.run(InspectRequest(sys.argv[1], sys.argv[2]), PlainContext(scratch=Path(sys.argv[2])))
Graph.read(Path(index.columns))
print((time.perf_counter() - started) * 1000)
Path(index.columns).unlink()
"""


def timed_ms(code: str, *arguments: str) -> float:
    """What a new interpreter says that its work took."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return float(done.stdout)


def measure(path: Path, scratch: Path, runs: int, limit: float) -> bool:
    """Read one file in turns; whether the limit is kept."""
    ours, bare = [], []
    for _ in range(runs):
        ours.append(timed_ms(OURS, str(path), str(scratch)))
        bare.append(timed_ms(BARE, str(path)))
    ratio = ratio_of_medians(ours, bare)
    print(f"{path.stem}: {path.stat().st_size / 1e6:.1f} MB, ours {describe(ours)}, bare {describe(bare)}")
    print(f"  over the bare time: {statistics.median(ours) - statistics.median(bare):.0f} ms")
    print(f"  {verdict_line('ratio', ratio, limit)}")
    return ratio[0] <= limit


def main() -> int:
    """Measure; 1 if a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="files to read instead of made ones")
    parser.add_argument("--nodes", type=int, default=20_000)
    parser.add_argument("--shapes", nargs="+", choices=sorted(SHAPES), default=sorted(SHAPES))
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    limit = LIMITS.get(options.nodes, 3.0)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        files = list(options.files)
        for shape in () if files else options.shapes:
            path = scratch / f"{shape}-{options.nodes}.onnx"
            SHAPES[shape](options.nodes, path)
            files.append(path)
        kept = [measure(path, scratch, options.runs, limit) for path in files]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
