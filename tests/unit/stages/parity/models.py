"""Tiny models, an ONNX file beside them, and how the parity stage is run on both."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.records import (
    DynamicDim,
    InputSpec,
    ModelSource,
    ParityReport,
    ParityRequest,
    ParitySpec,
)
from modelpack_gui.stages.parity.stage import run

X = InputSpec("x", (2, 4), low=-1.0, high=1.0)
N = DynamicDim("x", 0, "n")

MODELS = """
import torch
from torch import nn

class Affine(nn.Module):
    def forward(self, x):
        return x * 2.0 + 1.0

class Random(nn.Module):
    def forward(self, x):
        return torch.nn.functional.dropout(x * 2.0 + 1.0, 0.5)

class HalfRandom(nn.Module):
    def forward(self, x):
        return torch.nn.functional.dropout(x * 2.0 + 1.0, 0.5), x * 2.0

class OnlyPairs(nn.Module):
    def forward(self, x):
        if x.shape[0] % 2:
            raise ValueError("pairs only")
        return x * 2.0 + 1.0

class Two(nn.Module):
    def forward(self, x):
        return {"scaled": x * 2.0 + 1.0, "rank": x.argsort(dim=1)}

class Halves(nn.Module):
    def forward(self, x):
        return (x * 2.0 + 1.0).bfloat16()

WRITTEN = torch.zeros(1, 4)

class Writes(nn.Module):
    def forward(self, x):
        return torch.cat([WRITTEN.copy_(row * 2.0 + 1.0).clone() for row in x.split(1)])

class Nothing(nn.Module):
    def forward(self, x):
        return x * 0.0
"""


def affine(path: Path, *, batch: int | str = "n", scale: float = 2.0, extra: Sequence[Any] = ()) -> Path:
    """An ONNX file of `x * scale + 1`, called `y`; `extra` nodes may make more outputs of it."""
    constants = [
        numpy_helper.from_array(np.array(scale, np.float32), "scale"),
        numpy_helper.from_array(np.array(1.0, np.float32), "one"),
    ]
    nodes = [helper.make_node("Mul", ["x", "scale"], ["m"]), helper.make_node("Add", ["m", "one"], ["y"])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, 4])]
    for node, output in extra:
        nodes.append(node)
        outputs.append(output)
    graph = helper.make_graph(
        nodes, "affine", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 4])], outputs, constants
    )
    onnx.save(helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 20)]), path)
    return path


def run_parity(
    folder: Path,
    name: str,
    artifact: Path,
    *,
    dynamic: tuple[DynamicDim, ...] = (N,),
    spec: ParitySpec | None = None,
    context: PlainContext | None = None,
    inputs: tuple[InputSpec, ...] = (X,),
) -> ParityReport:
    """Compare a model of MODELS, written to `models.py` in the folder, with an artifact."""
    request = ParityRequest(
        ModelSource(file="models.py", name=name), inputs, str(artifact), dynamic, spec or ParitySpec(seeds=(0,))
    )
    return run(request, context or PlainContext(folder, folder))
