"""What the app's load stage takes from "Load" to the key report, over doing the same by hand.

By hand: construct the model, `torch.load(mmap=True)`, `load_state_dict`. Each side runs in a new process that has
torch loaded before the clock starts, in turns; memory is the peak over that bare interpreter, as a share of the
checkpoint. The page cache holds the file for both.
`.venv/bin/python scripts/bench/checkpoint_load.py [--gigabytes 1] [--format safetensors]`.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from scripts.bench.ratios import describe, ratio_of_medians, verdict_line  # noqa: E402 (the checkout is put on the path above)

TIME_LIMIT = 1.2
MEMORY_LIMIT = 1.2
WIDTH = 1024
WRITERS = {
    "torch": "torch.save(state, 'net.pt')",
    "safetensors": "from safetensors.torch import save_file; save_file(state, 'net.safetensors')",
    "sharded": """
from safetensors.torch import save_file
files = {key: f"net-{1 + (i >= half)}.safetensors" for i, key in enumerate(keys)}
for name in sorted(set(files.values())):
    save_file({key: state[key] for key in keys if files[key] == name}, name)
with open("model.safetensors.index.json", "w") as stream:
    json.dump({"weight_map": files}, stream)
""",
}
MODEL = """
from torch import nn

class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        return x + self.down(self.up(self.norm(x)).relu())

class Net(nn.Module):
    def __init__(self, width, depth):
        super().__init__()
        self.embedding = nn.Embedding(width * 8, width)
        self.blocks = nn.ModuleList(Block(width) for _ in range(depth))

    def forward(self, tokens):
        x = self.embedding(tokens)
        for block in self.blocks:
            x = block(x)
        return x
"""


def by_hand(folder: Path, depth: int) -> dict[str, float]:
    """Construct and load; seconds, and those of the construction alone."""
    import torch

    started_s = time.perf_counter()
    spec = importlib.util.spec_from_file_location("bench_model", folder / "net.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = module.Net(WIDTH, depth).eval()
    constructed_s = time.perf_counter()
    if (folder / "net.pt").exists():
        state = torch.load(folder / "net.pt", map_location="cpu", weights_only=True, mmap=True)
    else:
        from safetensors.torch import load_file

        state = {}
        for file in sorted(folder.glob("*.safetensors")):
            state |= load_file(file)
    result = model.load_state_dict(state, strict=False)
    ended_s = time.perf_counter()
    assert not result.missing_keys
    return {"time_s": ended_s - started_s, "construction_s": constructed_s - started_s}


def checkpoint_of(folder: Path) -> str:
    """The file that the app is given."""
    names = ("net.pt", "model.safetensors.index.json", "net.safetensors")
    return next(name for name in names if (folder / name).exists())


def by_the_app(folder: Path, depth: int) -> dict[str, float]:
    """The load stage without example inputs; seconds."""
    from modelpack_gui.core.context import PlainContext
    from modelpack_gui.core.records import CheckpointSpec, LoadRequest, ModelSource
    from modelpack_gui.stages.registry import resolve

    arguments = {"width": WIDTH, "depth": depth}
    source = ModelSource(
        file="net.py", name="Net", arguments=arguments, checkpoint=CheckpointSpec(checkpoint_of(folder))
    )
    started_s = time.perf_counter()
    report = resolve("load")(LoadRequest(source), PlainContext(folder))
    ended_s = time.perf_counter()
    assert report.keys.matched > 0
    assert report.keys.missing == ()
    return {"time_s": ended_s - started_s}


SIDES: dict[str, Callable[[Path, int], dict[str, float]]] = {"hand": by_hand, "app": by_the_app}


def peak_bytes() -> int:
    """The most memory that was resident in this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def measure(side: str, folder: Path, depth: int) -> dict[str, float]:
    """One side in a new process."""
    command = [sys.executable, __file__, "--side", side, "--folder", str(folder), "--depth", str(depth)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.exit(ran.stderr)
    found: dict[str, float] = json.loads(ran.stdout)
    return found


def run_side(side: str, folder: Path, depth: int) -> None:
    """In the new process: print what was measured."""
    import torch

    torch.rand(2).sum()
    bare_bytes = peak_bytes()
    found: dict[str, Any] = SIDES[side](folder, depth)
    print(json.dumps({**found, "peak_bytes": peak_bytes() - bare_bytes}))


def make_files(folder: Path, depth: int, kind: str) -> int:
    """Write the model file and its checkpoint, in a process of its own; the size of the checkpoint."""
    (folder / "net.py").write_text(MODEL, encoding="utf-8")
    code = f"state = Net({WIDTH}, {depth}).state_dict(); keys = list(state); half = len(keys) // 2\n" + WRITERS[kind]
    head = "import json, torch\nfrom net import Net\n"
    subprocess.run([sys.executable, "-c", head + code], cwd=folder, check=True, env={**os.environ, "PYTHONPATH": "."})
    return sum(file.stat().st_size for file in folder.iterdir() if file.suffix in (".pt", ".safetensors"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--gigabytes", type=float, default=1.0, help="size of the checkpoint")
    parser.add_argument("--format", choices=WRITERS, default="torch")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--depth", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        run_side(given.side, given.folder, given.depth)
        return 0
    per_block = 4 * (8 * WIDTH * WIDTH + 7 * WIDTH)
    depth = max(1, round((given.gigabytes * 1e9 - 4 * 8 * WIDTH * WIDTH) / per_block))
    runs: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
    with tempfile.TemporaryDirectory() as name:
        size = make_files(Path(name), depth, given.format)
        print(f"checkpoint: {given.format}, {size / 1e9:.2f} GB, {depth} blocks")
        for side in SIDES:  # so that the file is in the page cache, and the bytecode is compiled
            measure(side, Path(name), depth)
        for number in range(given.rounds):
            for side in SIDES if number % 2 else reversed(SIDES):  # neither always comes after the other
                runs[side].append(measure(side, Path(name), depth))
    hand_ms, app_ms = ([run["time_s"] * 1e3 for run in runs[side]] for side in ("hand", "app"))
    print(f"by hand: {describe(hand_ms)}")
    print(f"  of which the construction: {describe([run['construction_s'] * 1e3 for run in runs['hand']])}")
    print(f"the app's load stage: {describe(app_ms)}")
    print(verdict_line("load, ours over by hand", ratio_of_medians(app_ms, hand_ms), TIME_LIMIT))
    shares = {side: [run["peak_bytes"] / size for run in runs[side]] for side in SIDES}
    print(f"peak memory by hand: {max(shares['hand']):.2f} x the checkpoint")
    worst, best = max(shares["app"]), min(shares["app"])
    print(verdict_line("peak memory, ours over the checkpoint", (worst, best, worst), MEMORY_LIMIT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
