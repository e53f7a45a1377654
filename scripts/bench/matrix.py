"""The export matrix of the demo against its bare exports, shared among the cores.

A bare export is what a person would run by hand for one cell: a fresh Python that imports torch, builds the demo's
class, loads its checkpoint and calls the exporter. Their sum divided by the cores is what a perfect division of that
work would take. The matrix does more in its time: it also checks, loads and compares each artifact at every size, and
looks at its latency. `.venv/bin/python scripts/bench/matrix.py`.

Wall times need a quiet machine: a neighbour takes more from two workers than from one bare export. So the load is
printed, and the processor time of both sides beside the wall time, which neighbours hardly change.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.client.recipe_file import load_recipe
from modelpack_gui.client.resources import resource_path
from modelpack_gui.core.events import Done, Event, Started
from modelpack_gui.core.matrix import choices, title
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    Capabilities,
    HelloRequest,
    MatrixChoice,
    MatrixReport,
    MatrixRequest,
    MatrixSpec,
)

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from scripts.bench.ratios import describe, ratio_of_medians, verdict_line  # noqa: E402 (the checkout is put on the path above)

LIMIT = 1.30

BARE = """\
import sys, warnings
warnings.simplefilter("ignore")
format, exporter, opset, target = sys.argv[1:]
import torch
from shapes import ShapesNet

model = ShapesNet(num_classes=5, width=16, in_channels=3)
model.load_state_dict(torch.load("shapes.pt", weights_only=True))
model.eval()
image = torch.rand(2, 3, 32, 32)
names = dict(input_names=["image"], output_names=["logits"], opset_version=int(opset or 0) or None)
shapes = ({0: torch.export.Dim("batch")},)
if (format, exporter) == ("onnx", "dynamo"):
    torch.onnx.export(model, (image,), target, dynamo=True, dynamic_shapes=shapes, external_data=False,
                      verbose=False, **names)
elif format == "onnx":
    module = torch.jit.script(model) if exporter == "script" else model
    torch.onnx.export(module, (image,), target, dynamo=False, dynamic_axes={"image": {0: "batch"}}, **names)
elif format == "torchscript":
    module = torch.jit.script(model) if exporter == "script" else torch.jit.trace(model, (image,))
    torch.jit.save(module, target)
else:
    torch.export.save(torch.export.export(model, (image,), dynamic_shapes=shapes), target)
"""


def processor_s() -> float:
    """Processor time of all processes that were started from here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def bare_s(choice: MatrixChoice, folder: Path) -> float:
    """Wall time of one bare export, from the start of its Python to its end."""
    target = str(folder / "bare.bin.pt2") if choice.format == "pt2" else str(folder / "bare.bin")
    arguments = [choice.format, choice.exporter, str(choice.opset_version or ""), target]
    started_s = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-c", BARE, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise SystemExit(f"The bare export of {title(choice)} failed:\n{ended.stderr}")
    return time.perf_counter() - started_s


def matrix_s(client: WorkerClient, recipe: Recipe, cells: Sequence[MatrixChoice], folder: Path, runs: int) -> float:
    """Wall time of the whole matrix, from nothing kept."""
    started: list[float] = []

    def listen(event: Event) -> None:
        if isinstance(event, Started):
            started.append(time.perf_counter())

    spec = MatrixSpec(tuple(cells), latency_runs=runs)
    request = MatrixRequest(recipe.source, recipe.inputs, recipe.export, recipe.parity, spec, is_fresh=True)
    ended = client.run("matrix", request, listen, base=folder).wait()
    took = time.perf_counter() - started[0]
    if not isinstance(ended, Done) or not isinstance(ended.result, MatrixReport):
        raise SystemExit(f"The matrix failed: {ended}")
    lost = [title(cell.choice) for cell in ended.result.cells if cell.outcome != "exported"]
    if lost:
        raise SystemExit(f"Not exported, so that the two sides did not do the same: {', '.join(lost)}")
    return took


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    recipe = load_recipe(resource_path("demo", "demo.toml"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "demo"
        shutil.copytree(resource_path("demo"), folder, ignore=shutil.ignore_patterns("build", "__pycache__"))
        client = WorkerClient()
        found = client.run("hello", HelloRequest(), lambda _: None, base=folder).wait()
        assert isinstance(found, Done)
        assert isinstance(found.result, Capabilities)
        cores = found.result.physical_cores or os.cpu_count() or 1
        cells = choices(found.result.exporters)
        bare_s(cells[0], folder)  # what the disk holds is in memory for both sides
        shares: list[float] = []
        ours: list[float] = []
        without: list[float] = []
        processor: list[tuple[float, float]] = []
        for number in range(max(2, options.rounds)):
            before = processor_s()
            each = [bare_s(cell, folder) for cell in cells]
            between = processor_s()
            shares.append(1000.0 * sum(each) / cores)
            ours.append(1000.0 * matrix_s(client, recipe, cells, folder, MatrixSpec(()).latency_runs))
            processor.append((between - before, processor_s() - between))
            without.append(1000.0 * matrix_s(client, recipe, cells, folder, 0))
            times = ", ".join(f"{title(cell)} {took:.1f} s" for cell, took in zip(cells, each, strict=True))
            print(f"round {number + 1}, load {os.getloadavg()[0]:.1f} on {cores} cores: {times}", flush=True)
        client.close()
    print(f"{len(cells)} bare exports / {cores} cores: {describe(shares)}")
    print(f"the matrix: {describe(ours)}")
    print(f"the matrix without the latencies: {describe(without)}")
    print(verdict_line("matrix, over the bare exports' share", ratio_of_medians(ours, shares), LIMIT))
    bare_cpu, our_cpu = (statistics.median(side) for side in zip(*processor, strict=True))
    print(f"processor time: {bare_cpu:.1f} s bare, {our_cpu:.1f} s the matrix: {our_cpu / bare_cpu:.2f} x")
    print(verdict_line("the same without the latencies", ratio_of_medians(without, shares), LIMIT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
