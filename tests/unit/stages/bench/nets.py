"""Small models and artifacts for the tests of runners."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.records import (
    BenchPrepareRequest,
    InputSpec,
    ModelSource,
    OptionValue,
    PreparedRunner,
    RunnerSpec,
)
from modelpack_gui.stages.bench import prepare

CODE = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 4, 3)
        self.linear = nn.Linear(4, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(torch.relu(self.conv(x)).mean((2, 3)))


class Writes(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x.add_(1.0)
        return x * 1.0
"""

PICTURE = InputSpec("x", (2, 3, 8, 8))


def context_of(folder: Path) -> PlainContext:
    """A context in a folder with the models' file."""
    (folder / "nets.py").write_text(CODE)
    return PlainContext(folder, folder)


def request_of(
    runner: str,
    options: Mapping[str, OptionValue] | None = None,
    *,
    name: str = "Net",
    artifact: str = "",
    inputs: tuple[InputSpec, ...] = (PICTURE,),
    **more: Any,
) -> BenchPrepareRequest:
    """What prepares a runner of a model in `nets.py`."""
    spec = RunnerSpec(runner, options or {})
    return BenchPrepareRequest(spec, ModelSource(file="nets.py", name=name), inputs, artifact, threads=1, **more)


def prepared(request: BenchPrepareRequest, context: PlainContext) -> PreparedRunner:
    """Prepare it."""
    return prepare.run(request, context)


def save_linear(
    path: Path, *, scale: float = 1.0, dtype: type[np.generic] = np.float32, batch: str | int = 2
) -> None:
    """An ONNX file: x of 8 numbers, times a matrix, rectified; 4 numbers."""
    weights = (scale * np.random.default_rng(0).normal(size=(8, 4))).astype(dtype)
    kind = helper.np_dtype_to_tensor_dtype(weights.dtype)
    assert kind in (TensorProto.FLOAT, TensorProto.FLOAT16)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"]), helper.make_node("Relu", ["y"], ["z"])],
        "linear",
        [helper.make_tensor_value_info("x", kind, [batch, 8])],
        [helper.make_tensor_value_info("z", kind, [batch, 4])],
        [numpy_helper.from_array(weights, "w")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
