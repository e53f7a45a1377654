"""Small models and their recipes, and what a run leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

NETS = """\
import os, sys, time
import torch

class Net(torch.nn.Module):
    def __init__(self, width: int = 4, kind: str = "small"):
        super().__init__()
        print("a model that prints", width, kind)
        self.linear = torch.nn.Linear(3, width)

    def forward(self, x):
        return self.linear(x)

class Branches(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(3, 4)

    def forward(self, x):
        y = self.linear(x)
        if x.shape[0] > 2:
            y = y * 2
        return y

class Exits(torch.nn.Module):
    def __init__(self):
        super().__init__()
        print("last words", file=sys.stderr, flush=True)
        os._exit(7)

class Hangs(torch.nn.Module):
    def __init__(self):
        super().__init__()
        open("hanging", "w").close()
        while True:
            time.sleep(0.01)
"""

RECIPE = """\
schema_version = 1
[source]
file = "nets.py"
name = "{name}"
[[inputs]]
name = "x"
shape = [2, 3]
[export]
exporter = "trace"
output_path = "build/net.onnx"
dynamic = [{{ input = "x", axis = 0, name = "batch" }}]
"""


def read_json(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


def stages_of(data: dict[str, Any]) -> dict[str, str]:
    return {stage["stage"]: f"{stage['outcome']} {stage['verdict']}" for stage in data["stages"]}
