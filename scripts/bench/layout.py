"""How long it takes to lay a graph out: the first picture, a group of some 500 nodes opened, and everything open.

Graphs of four shapes and several sizes, as `made_graphs.py` makes them, read as the window reads them. Each time is
the median of some runs of the job `graph.layout` in this process, its scene written to a file included; the first
picture also reads the graph's columns. The target is that a group of 500 opens within 150 ms.

    .venv/bin/python scripts/bench/layout.py --sizes 1000 20000
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import InspectRequest, LayoutReport, LayoutRequest
from modelpack_gui.stages.inspection import layout, stage
from scripts.made_graphs import SHAPES

LIMIT_MS = 150.0
GROUP_NODES = 500
MOST_BOXES = 60_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 5_000, 20_000, 100_000])
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    print(f"{'shape':12}{'nodes':>9}{'first ms':>11}{'group ms':>11}{'boxes':>8}{'all ms':>10}{'boxes':>8}")
    is_within = True
    for shape in options.shapes:
        for size in options.sizes:
            with tempfile.TemporaryDirectory() as folder:
                is_within &= _measure(shape, size, options.runs, Path(folder))
    print("within" if is_within else "ABOVE", f"{LIMIT_MS:.0f} ms for a group of {GROUP_NODES}")
    return 0 if is_within else 1


def _measure(shape: str, size: int, runs: int, folder: Path) -> bool:
    model = SHAPES[shape](size, folder / "model.onnx")
    index = stage.run(InspectRequest(str(model), str(folder)), PlainContext())
    graph = Graph.read(Path(index.columns))
    group = _group_of(graph, GROUP_NODES)
    opened = (*graph.groups_above(group), *_below(graph, group))
    first_ms, _ = _timed(LayoutRequest(index.columns, str(folder)), runs, is_cold=True)
    group_ms, group_report = _timed(LayoutRequest(index.columns, str(folder), opened=opened), runs)
    everything = LayoutRequest(
        index.columns, str(folder), opened=tuple(range(len(graph.groups))), most_boxes=MOST_BOXES
    )
    try:
        all_ms, all_report = _timed(everything, 1)
        all_text = f"{all_ms:10.0f}{all_report.box_count:8}"
    except UserError as refused:
        all_text = f"  {refused.info.code}"
    print(f"{shape:12}{index.node_count:9}{first_ms:11.0f}{group_ms:11.0f}{group_report.box_count:8}{all_text}")
    return group_ms <= LIMIT_MS


def _timed(request: LayoutRequest, runs: int, *, is_cold: bool = False) -> tuple[float, LayoutReport]:
    """Median milliseconds of a layout, and its report; the graph is read anew each time if it is cold."""
    context = PlainContext(scratch=Path(request.folder))
    if not is_cold:
        layout.run(LayoutRequest(request.columns, request.folder), context)
    times = []
    for _ in range(runs):
        if is_cold:
            context.session.clear()
        started = time.perf_counter()
        report = layout.run(request, context)
        times.append((time.perf_counter() - started) * 1000.0)
        Path(report.scene).unlink()
    return statistics.median(times), report


def _below(graph: Graph, group: int) -> list[int]:
    found = [group]
    for inner in found:  # it grows
        found.extend(graph.group_children[inner])
    return found


def _group_of(graph: Graph, nodes: int) -> int:
    """The group that has nearest to so many nodes in it."""
    counts = [
        sum(len(graph.group_nodes[inner]) for inner in _below(graph, group)) for group in range(len(graph.groups))
    ]
    return min(range(len(counts)), key=lambda group: (abs(counts[group] - nodes), group))


if __name__ == "__main__":
    sys.exit(main())
