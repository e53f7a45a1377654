"""How long it takes to lay two graphs side by side, by size and shape.

    python scripts/bench/graph_compare.py [--nodes 20000] [--shapes residual flat]

Each graph is compared with itself after a node was put in, so that every name behind it shifts. What is timed is the
whole job: both files are read, weights hashed, nodes aligned and their differences written.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import onnx
from onnx import helper

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.graph.compare.align import align
from modelpack_gui.core.graph.compare.features import Digests
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import GraphCompareRequest
from modelpack_gui.stages.compare.stage import run
from scripts.made_graphs import SHAPES


def edited(path: Path, target: Path) -> None:
    """The file with a Sigmoid put in at a quarter of it, and every name behind it numbered anew."""
    model = onnx.load(str(path))
    nodes = list(model.graph.node)
    place = len(nodes) // 4
    made = nodes[place].output[0]
    nodes[place].output[0] = f"{made}_before"
    nodes.insert(place + 1, helper.make_node("Sigmoid", [f"{made}_before"], [made]))
    for number, node in enumerate(nodes):
        if node.name:
            node.name = f"node_{node.op_type}_{number}"
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, str(target))


def main() -> None:
    """Print a line for each shape and size."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--nodes", type=int, nargs="+", default=[1_000, 5_000, 20_000, 100_000])
    parser.add_argument("--shapes", nargs="+", default=list(SHAPES), choices=list(SHAPES))
    options = parser.parse_args()
    print(f"{'shape':<12}{'nodes':>9}{'job s':>9}{'of that aligning s':>20}  what was found")
    for shape in options.shapes:
        for nodes in options.nodes:
            with tempfile.TemporaryDirectory() as folder:
                before, after = Path(folder) / "before.onnx", Path(folder) / "after.onnx"
                SHAPES[shape](nodes, before)
                edited(before, after)
                started = time.perf_counter()
                found = run(GraphCompareRequest(str(before), str(after), folder=folder), PlainContext(Path(folder)))
                whole = time.perf_counter() - started
                graphs = [Graph.read(Path(index.columns)) for index in (found.before, found.after)]
                started = time.perf_counter()
                align(graphs[0], graphs[1], Digests(), Digests(), lambda: None)
                alone = time.perf_counter() - started
                print(f"{shape:<12}{nodes:>9,}{whole:>9.2f}{alone:>20.2f}  {dict(found.counts)}", flush=True)


if __name__ == "__main__":
    main()
