"""Small float32 ONNX models, and how the quantising stages are run on them. No torch is needed for any of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import JobCancelled
from modelpack_gui.core.records import (
    CalibrationSpec,
    InputSet,
    InputSpec,
    ModelSource,
    QuantizeRequest,
    QuantizeSpec,
    Result,
)

IMAGE = InputSpec("image", (2, 3, 8, 8), low=-1.0, high=1.0)
FEW = CalibrationSpec(samples=24)


class Watching(PlainContext):
    """Keeps what a stage says, and asks it to stop when it says a certain thing."""

    def __init__(self, base: Path, scratch: Path, stop_at: str = "") -> None:
        super().__init__(base, scratch)
        self.parts: list[Any] = []
        self.lines: list[tuple[str, str]] = []
        self.said: list[str] = []
        self.fractions: list[float | None] = []
        self._stop_at = stop_at
        self.is_cancelled = False

    def progress(self, message: str, fraction: float | None = None) -> None:
        self.said.append(message)
        self.fractions.append(fraction)
        self.is_cancelled |= bool(self._stop_at) and self._stop_at in message

    def log(self, level: str, message: str) -> None:
        self.lines.append((level, message))

    def partial(self, part: Result) -> None:
        self.parts.append(part)

    def check_cancelled(self) -> None:
        if self.is_cancelled:
            raise JobCancelled


def save(model: onnx.ModelProto, path: Path, *, has_data: bool = False) -> Path:
    onnx.checker.check_model(model)
    onnx.save_model(model, str(path), save_as_external_data=has_data, location=f"{path.name}.data", size_threshold=0)
    return path


def conv_net(
    folder: Path, batch: int | str = "n", *, opset: int = 17, spread: float = 1.0, width: int = 8, **saving: bool
) -> Path:
    """Two convolutions, the second depthwise, and a classifier of four.

    Args:
        spread: How many times larger the weights of the last depthwise channel are than those of the first.
    """
    random = np.random.default_rng(0)
    scale = np.geomspace(1.0, spread, width).reshape(width, 1, 1, 1)
    weights = {
        "w1": random.normal(0, 0.3, (width, 3, 3, 3)),
        "b1": random.normal(0, 0.1, width),
        "w2": random.normal(0, 0.3, (width, 1, 3, 3)) * scale,
        "w3": random.normal(0, 0.5, (width, 4)) / scale[:, :, 0, 0],
        "b3": random.normal(0, 0.1, 4),
    }
    nodes = [
        helper.make_node("Conv", ["image", "w1", "b1"], ["c1"], name="first", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c1"], ["r1"], name="relu"),
        helper.make_node("Conv", ["r1", "w2"], ["c2"], name="depthwise", group=width),
        helper.make_node("GlobalAveragePool", ["c2"], ["p"], name="pool"),
        helper.make_node("Flatten", ["p"], ["f"], name="flatten"),
        helper.make_node("Gemm", ["f", "w3", "b3"], ["logits"], name="head"),
    ]
    inputs = [helper.make_tensor_value_info("image", TensorProto.FLOAT, [batch, 3, 8, 8])]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch, 4])]
    stored = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "conv_net", inputs, outputs, stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return save(model, folder / "net.onnx", **saving)


def attention_net(folder: Path) -> Path:
    """Products of matrices, one with a softmax between, from two inputs."""
    random = np.random.default_rng(1)
    weights = {name: random.normal(0, 0.4, (16, 16)) for name in ("wq", "wk", "wv")}
    nodes = [
        helper.make_node("MatMul", ["x", "wq"], ["q"], name="query"),
        helper.make_node("MatMul", ["y", "wk"], ["k"], name="key"),
        helper.make_node("Transpose", ["k"], ["kt"], name="turn", perm=[0, 2, 1]),
        helper.make_node("MatMul", ["q", "kt"], ["s"], name="scores"),
        helper.make_node("Softmax", ["s"], ["a"], name="softmax", axis=-1),
        helper.make_node("MatMul", ["y", "wv"], ["v"], name="value"),
        helper.make_node("MatMul", ["a", "v"], ["hidden"], name="mix"),
    ]
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 5, 16]) for name in ("x", "y")]
    outputs = [helper.make_tensor_value_info("hidden", TensorProto.FLOAT, ["n", 5, 16])]
    stored = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "attention_net", inputs, outputs, stored)
    return save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / "attention.onnx"
    )


def request_for(
    path: Path,
    *specs: QuantizeSpec,
    inputs: Sequence[InputSpec] = (IMAGE,),
    sets: Sequence[InputSet] = (),
) -> QuantizeRequest:
    return QuantizeRequest(ModelSource(file=path.name), tuple(inputs), tuple(sets), path.name, specs)


def end_at_once(_path: str) -> None:
    """As a crash in native code would; called in a process of its own."""
    os._exit(11)
