"""ONNX models of any number of nodes, shaped as real ones are, for tests and benchmarks of the graph inspector.

    python scripts/made_graphs.py attention 20000 build/attention.onnx

Weights are tiny: what is tested is the graph. All can be run, and are named as their exporters would name them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WIDTH = 16
_OPSET = 18


class _Made:
    """A model under construction; `node` gives the name of what the node makes."""

    def __init__(self, *, is_named: bool = True) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self._is_named = is_named

    def __len__(self) -> int:
        return len(self.nodes)

    def node(
        self, op_type: str, inputs: list[str], module: str = "", module_class: str = "", **attributes: Any
    ) -> str:
        """Add a node with one output, with the metadata of the dynamo exporter if a module is given."""
        number = len(self.nodes)
        output = f"v{number}"
        name = f"node_{op_type}_{number}" if self._is_named else ""
        made = helper.make_node(op_type, inputs, [output], name=name, **attributes)
        if module:
            scopes = ["", *_above(module), f"{op_type.lower()}_{number}"]
            classes = [
                "Net",
                *(["Block"] * (len(scopes) - 3)),
                module_class or "Module",
                f"aten.{op_type.lower()}.default",
            ]
            for key, value in (("name_scopes", scopes), ("class_hierarchy", classes)):
                made.metadata_props.add(key=f"pkg.torch.onnx.{key}", value=str(value))
            stack = f'File "/home/me/net.py", line {10 + len(module) % 30}, in forward'
            made.metadata_props.add(key="pkg.torch.onnx.stack_trace", value=stack)
        self.nodes.append(made)
        return output

    def weight(self, name: str, *shape: int) -> str:
        """Add an initializer of small numbers."""
        values = np.linspace(-0.1, 0.1, int(np.prod(shape)), dtype=np.float32).reshape(shape)
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def save(self, path: Path, output: str) -> Path:
        """Write the model, whose output is the value of that name."""
        port = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 8, WIDTH])]
        result = [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["batch", 8, WIDTH])]
        graph = helper.make_graph(self.nodes, "net", port, result, self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=10)
        path.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(model, path)
        return path


def _above(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[: i + 1]) for i in range(len(parts))]


def residual(nodes: int, path: Path) -> Path:
    """Blocks in a chain, each with a short cut round it; named by modules, as dynamo exports are."""
    made, x = _Made(), "x"
    block = 0
    while len(made) < nodes:
        at = f"stages.{block // 12}.{block % 12}"
        fc = f"{at}.fc1"
        hidden = made.node("MatMul", [x, made.weight(f"{fc}.weight", WIDTH, WIDTH)], fc, "Linear")
        hidden = made.node("Add", [hidden, made.weight(f"{fc}.bias", WIDTH)], fc, "Linear")
        hidden = made.node("Relu", [hidden], f"{at}.act", "ReLU")
        x = made.node("Add", [x, hidden], at, "Residual")
        block += 1
    return made.save(path, x)


def attention(nodes: int, path: Path) -> Path:
    """Transformer blocks; one mask is made first and read by every one of them."""
    made, x = _Made(), "x"
    mask = made.node("Mul", ["x", made.weight("zero", 1)], "mask", "Mask")
    mask = made.node("MatMul", [mask, made.node("Transpose", ["x"], "mask", "Mask", perm=[0, 2, 1])], "mask", "Mask")
    block = 0
    while len(made) < nodes:
        at = f"layers.{block}"
        self_at = f"{at}.attn"
        normed = _norm(made, x, f"{at}.norm1")
        q, k, v = (
            made.node(
                "MatMul", [normed, made.weight(f"{self_at}.{n}.weight", WIDTH, WIDTH)], f"{self_at}.{n}", "Linear"
            )
            for n in ("q", "k", "v")
        )
        keys = made.node("Transpose", [k], self_at, "Attention", perm=[0, 2, 1])
        scores = made.node("Add", [made.node("MatMul", [q, keys], self_at, "Attention"), mask], self_at, "Attention")
        scores = made.node("Softmax", [scores], self_at, "Attention", axis=-1)
        mixed = made.node("MatMul", [scores, v], self_at, "Attention")
        x = made.node("Add", [x, mixed], at, "Block")
        mlp = f"{at}.mlp"
        hidden = _norm(made, x, f"{at}.norm2")
        hidden = made.node(
            "MatMul", [hidden, made.weight(f"{mlp}.up.weight", WIDTH, 2 * WIDTH)], f"{mlp}.up", "Linear"
        )
        hidden = made.node("Sigmoid", [hidden], f"{mlp}.act", "Sigmoid")
        hidden = made.node(
            "MatMul", [hidden, made.weight(f"{mlp}.down.weight", 2 * WIDTH, WIDTH)], f"{mlp}.down", "Linear"
        )
        x = made.node("Add", [x, hidden], at, "Block")
        block += 1
    return made.save(path, x)


def _norm(made: _Made, x: str, at: str) -> str:
    scale, bias = made.weight(f"{at}.weight", WIDTH), made.weight(f"{at}.bias", WIDTH)
    return made.node("LayerNormalization", [x, scale, bias], at, "LayerNorm", axis=-1)


def long_skips(nodes: int, path: Path) -> Path:
    """An encoder and a decoder of half the nodes each; each step of one is added to its mirror image in the other."""
    made, x = _Made(), "x"
    kept: list[str] = []
    step = 0
    while len(made) < nodes // 2:
        at = f"encoder.{step}"
        x = made.node(
            "Tanh", [made.node("MatMul", [x, made.weight(f"{at}.weight", WIDTH, WIDTH)], at, "Down")], at, "Down"
        )
        kept.append(x)
        step += 1
    for step, skip in enumerate(reversed(kept)):
        at = f"decoder.{step}"
        x = made.node("Tanh", [made.node("Add", [x, skip], at, "Up")], at, "Up")
    return made.save(path, x)


def flat(nodes: int, path: Path) -> Path:
    """No names and no modules: each node reads the one before, and now and then one of some steps earlier."""
    made, x = _Made(is_named=False), "x"
    kept = ["x"]
    kinds = ("Relu", "Tanh", "Sigmoid", "Neg", "Abs")
    while len(made) < nodes:
        number = len(made)
        if number % 7 == 6:
            x = made.node("Add", [x, kept[max(0, number - 5 - number % 11)]])
        else:
            x = made.node(kinds[number % len(kinds)], [x])
        kept.append(x)
    return made.save(path, x)


SHAPES: dict[str, Callable[[int, Path], Path]] = {
    "residual": residual,
    "attention": attention,
    "long_skips": long_skips,
    "flat": flat,
}
"""By name; each makes about so many nodes, and gives the path."""


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("shape", choices=SHAPES)
    parser.add_argument("nodes", type=int)
    parser.add_argument("path", type=Path)
    given = parser.parse_args(arguments)
    print(SHAPES[given.shape](given.nodes, given.path))
    return 0


if __name__ == "__main__":
    sys.exit(main())
