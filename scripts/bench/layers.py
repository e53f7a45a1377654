"""Layer by layer on a network of ResNet-50's size: ours against Polygraphy and torch's verify_onnx_program.

All sides look at the same ONNX file, in turns, each in a new process, and Polygraphy in a throw-away environment.
Ours compares with eager PyTorch and with the exact result in float64, at optimisation off (one level, as the others)
and, on a line of its own, at off and all. Polygraphy compares ONNX Runtime with itself. Times:

- the comparison: of ours from the job's start with the model built, as in a worker that is up, to the report; of
  torch the call alone, without its export; of Polygraphy the process, less what `polygraphy --version` takes.
- the process: from its start to its end, imports and, on our side and torch's, building the model and all else.

`.venv/bin/python scripts/bench/layers.py [--rounds 3] [--torch-rounds 1]`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from scripts._environment import program_of, python_of, site_packages_of  # noqa: E402 (the path is set above)
from scripts.bench.ratios import describe, ratio_of_medians  # noqa: E402

POLYGRAPHY = "polygraphy==0.53.6"
FASTER_THAN_POLYGRAPHY, FASTER_THAN_TORCH = 3.0, 40.0
MEMORY_SHARE = 0.5
FIRST_ROWS_S = 1.0
SIZE = 224
MODEL = """
from torch import nn


class Bottleneck(nn.Module):
    def __init__(self, inside, width, stride=1):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inside, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or inside != 4 * width:
            outside = 4 * width
            self.downsample = nn.Sequential(
                nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside)
            )

    def forward(self, x):
        found = self.relu(self.bn1(self.conv1(x)))
        found = self.relu(self.bn2(self.conv2(found)))
        found = self.bn3(self.conv3(found))
        return self.relu(found + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self, depths=(3, 4, 6, 3)):
        super().__init__()
        self.conv1, self.bn1, self.relu = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        stages, inside = [], 64
        for number, depth in enumerate(depths):
            width = 64 << number
            blocks = [Bottleneck(inside, width, 1 + (number > 0))]
            blocks += [Bottleneck(4 * width, width) for _ in range(depth - 1)]
            stages.append(nn.Sequential(*blocks))
            inside = 4 * width
        self.stages = nn.Sequential(*stages)
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(inside, 1000)

    def forward(self, image):
        x = self.stages(self.maxpool(self.relu(self.bn1(self.conv1(image)))))
        return self.fc(self.avgpool(x).flatten(1))
"""
EXPORT = f"""
import torch
from net import ResNet
torch.manual_seed(0)
model = ResNet().eval()
torch.save(model.state_dict(), "net.pt")
torch.onnx.export(model, (torch.rand(1, 3, {SIZE}, {SIZE}),), "net.onnx", dynamo=False, opset_version=17,
                  input_names=["image"], output_names=["scores"], dynamic_axes={{"image": {{0: "batch"}}}})
"""
OURS = """
import json, sys, time
from pathlib import Path
import torch
from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.records import CheckpointSpec, InputSpec, LayersRequest, ModelSource, ParitySpec
from modelpack_gui.stages.layers.stage import run
from modelpack_gui.stages.source.build import build_model

size, levels = int(sys.argv[1]), tuple(sys.argv[2].split(","))
first = []

class Watched(PlainContext):
    def partial(self, part):
        first.append(time.perf_counter() - started)

context = Watched(Path.cwd(), Path.cwd())
source = ModelSource(file="net.py", name="ResNet", checkpoint=CheckpointSpec("net.pt"))
began = time.perf_counter()
built = build_model(source, context)
started = time.perf_counter()
image = InputSpec("image", (1, 3, size, size))
request = LayersRequest(source, (image,), "net.onnx", (), ParitySpec(), optimizations=levels)
report = run(request, context, built)
ended = time.perf_counter()
assert report.verdict.value == "passed", report.summary
print(json.dumps({"s": ended - started, "build_s": started - began, "first_s": first[0], "rows": len(report.rows),
                  "share": report.aligned_share}))
"""
TORCH = f"""
import json, time
import torch
from torch.onnx.verification import verify_onnx_program
from net import ResNet

model = ResNet().eval()
model.load_state_dict(torch.load("net.pt", weights_only=True))
program = torch.onnx.export(model, (torch.rand(1, 3, {SIZE}, {SIZE}),), dynamo=True, verbose=False)
started = time.perf_counter()
found = verify_onnx_program(program, compare_intermediates=True)
print(json.dumps({{"s": time.perf_counter() - started, "rows": len(found)}}))
"""


def measure(command: list[str], folder: Path, path: str = "") -> dict[str, Any]:
    """Run a process to its end: what it printed last as JSON, its wall time, and the peak of its resident memory."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), path)))}
    started_s = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started_s
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        errors.seek(0)
        printed = out.read().decode()
        if process.returncode:
            sys.exit(f"{' '.join(command[:3])} failed:\n{printed[-2000:]}\n{errors.read().decode()[-3000:]}")
    lines = [line for line in printed.splitlines() if line.startswith("{")]
    found: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    return {"process_s": wall_s, "peak_mb": usage.ru_maxrss / 1024, **found}


def make_environment(folder: Path) -> Path:
    """A virtual environment with Polygraphy, which otherwise sees the packages of this interpreter."""
    venv.create(folder, with_pip=True)
    here = [path for path in sys.path if path.endswith("site-packages")]
    (site_packages_of(folder) / "here.pth").write_text("\n".join(here), encoding="utf-8")
    command = [str(python_of(folder)), "-m", "pip", "install", "-q", "--no-deps", POLYGRAPHY]
    subprocess.run(command, check=True)
    return program_of(folder, "polygraphy")


def line(name: str, runs: list[dict[str, Any]], key: str) -> str:
    """One side's times."""
    times = [run[key] * 1e3 for run in runs]
    peak = max(run["peak_mb"] for run in runs)
    shown = describe(times) if len(times) > 1 else f"{times[0]:.0f} ms (one run)"
    return f"{name}: {shown}, peak memory {peak:.0f} MB"


def times_line(name: str, theirs: list[float], ours: list[float], wanted: float) -> str:
    """How many times faster ours is."""
    if min(len(theirs), len(ours)) > 1:
        value, low, high = ratio_of_medians(theirs, ours)
        spread = f" ({low:.2f} to {high:.2f})"
    else:
        value, spread = theirs[0] / sorted(ours)[len(ours) // 2], ""
    reached = "reaches" if value >= wanted else "BELOW"
    return f"{name}: {value:.2f} x faster{spread}, {reached} the target of {wanted:g} x"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--torch-rounds", type=int, default=1, help="it takes minutes; 0 leaves it out")
    given = parser.parse_args()
    python = sys.executable
    ours, both, polygraphy, start, of_torch = [], [], [], [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = make_environment(folder / "environment")
        (folder / "net.py").write_text(MODEL, encoding="utf-8")
        measure([python, "-W", "ignore", "-c", EXPORT], folder)
        compare = [str(program), "run", "net.onnx", "--onnxrt", "--onnxrt", "--onnx-outputs", "mark", "all"]
        compare += ["--input-shapes", f"image:[1,3,{SIZE},{SIZE}]"]
        for number in range(given.rounds + 1):  # the first round fills the page cache and compiles the bytecode
            found = measure([python, "-c", OURS, str(SIZE), "off"], folder)
            together = measure([python, "-c", OURS, str(SIZE), "off,all"], folder)
            other = measure(compare, folder)
            bare = measure([str(program), "--version"], folder)
            if number:
                ours.append(found)
                both.append(together)
                polygraphy.append(other)
                start.append(bare)
        for _ in range(given.torch_rounds):
            of_torch.append(measure([python, "-W", "ignore", "-c", TORCH], folder))
    start_s = min(run["process_s"] for run in start)
    for run in polygraphy:
        run["s"] = run["process_s"] - start_s
    print(line("ours, off: the comparison", ours, "s"), f"{ours[0]['rows']} rows, {ours[0]['share']:.0%} aligned")
    print(line("ours, off: the process", ours, "process_s"))
    print(line("ours, off and all: the comparison", both, "s"), f"{both[0]['rows']} rows")
    print(line("Polygraphy: the comparison", polygraphy, "s"))
    print(line("Polygraphy: the process", polygraphy, "process_s"))
    if of_torch:
        print(line("verify_onnx_program: the call", of_torch, "s"), f"{of_torch[0]['rows']} rows")
    for key, title in (("s", "the comparison"), ("process_s", "the process")):
        times = [run[key] for run in ours]
        theirs = [run[key] for run in polygraphy]
        print(times_line(f"against Polygraphy, {title}", theirs, times, FASTER_THAN_POLYGRAPHY))
    if of_torch:
        theirs, times = [run["s"] for run in of_torch], [run["s"] for run in ours]
        print(times_line("against verify_onnx_program", theirs, times, FASTER_THAN_TORCH))
    for title, runs in (("off", ours), ("off and all", both)):
        share = max(run["peak_mb"] for run in runs) / min(run["peak_mb"] for run in polygraphy)
        kept = "within" if share <= MEMORY_SHARE else "BEYOND"
        print(f"peak memory, {title}: {share:.2f} x Polygraphy's, {kept} the limit of {MEMORY_SHARE:g} x")
        first_s = max(run["first_s"] for run in runs)
        kept = "within" if first_s <= FIRST_ROWS_S else "BEYOND"
        print(f"first rows, {title}: after {first_s:.2f} s at most, {kept} the limit of {FIRST_ROWS_S:g} s")
        print(f"  (before it, the model was built in {min(run['build_s'] for run in runs):.2f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
