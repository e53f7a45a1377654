"""The whole script of a recipe does what the stages do, with nothing of ours on its path."""

from __future__ import annotations

import ast
import dataclasses
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from modelpack_gui.client.recipe_file import load_recipe
from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.preview.script import script_code
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    CheckpointSpec,
    DynamicDim,
    ExportRequest,
    ExportSpec,
    ImageSpec,
    InputSpec,
    ModelSource,
    ParameterInfo,
    ParitySpec,
)
from modelpack_gui.stages.export import stage
from tests.places import DEMO

CALLED = """
from dataclasses import dataclass
import torch

@dataclass
class Batch:
    image: torch.Tensor
    scale: torch.Tensor

class Net(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = torch.nn.Linear(4, 3)

    def forward(self, batch: Batch, pair: tuple[torch.Tensor, torch.Tensor], *, gain: float, extra=None):
        return {"sum": self.body(batch.image) * batch.scale + pair[0] - pair[1] * gain}

class Lists(torch.nn.Module):
    def forward(self, items: list[torch.Tensor], gain: float) -> torch.Tensor:
        return items[0] * gain + items[1]
"""
INPUTS = (
    InputSpec("image", (2, 4), argument="batch.image"),
    InputSpec("scale", (2, 3), argument="batch.scale"),
    InputSpec("left", (2, 3), argument="pair[0]"),
    InputSpec("right", (2, 3), argument="pair[1]"),
    InputSpec("gain", (), is_value=True, value=0.5, argument="gain"),
)
FORWARD = (
    ParameterInfo("batch", "positional_or_keyword", "Batch"),
    ParameterInfo("pair", "positional_or_keyword", "tuple[torch.Tensor, torch.Tensor]"),
    ParameterInfo("gain", "keyword_only", "float"),
)
DYNAMIC = tuple(DynamicDim(item.name, 0, "batch") for item in INPUTS if not item.is_value)


def run_script(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "made.py").write_text(code, encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "made.py"],
        cwd=folder,
        env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def demo_in(folder: Path, name: str, **export: Any) -> Recipe:
    for file in ("shapes.py", "shapes.pt"):
        (folder / file).write_bytes((DEMO / file).read_bytes())
    recipe = load_recipe(DEMO / f"{name}.toml")
    parity = ParitySpec(sizes=(1, 3), seeds=(0,))
    return dataclasses.replace(recipe, export=dataclasses.replace(recipe.export, **export), parity=parity)


def content_of(path: Path) -> list[Any]:
    """What an ONNX file computes: its nodes, weights, inputs and outputs, without notes on where they come from."""
    import onnx

    graph = onnx.load(path).graph
    nodes = [
        (node.op_type, list(node.input), list(node.output), [item.SerializeToString() for item in node.attribute])
        for node in graph.node
    ]
    weights = {item.name: onnx.numpy_helper.to_array(item).tobytes() for item in graph.initializer}
    return [nodes, weights, *([item.SerializeToString() for item in part] for part in (graph.input, graph.output))]


@pytest.mark.parametrize(
    "changes", [{"exporter": "dynamo"}, {"exporter": "trace", "opset_version": 17, "constant_folding": False}]
)
def test_the_script_makes_the_same_artifact_as_the_export_stage(changes: dict[str, Any], tmp_path: Path) -> None:
    recipe = demo_in(tmp_path, "demo", **changes)
    done = run_script(script_code(recipe), tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "All 3 cases agree" in done.stdout
    export = dataclasses.replace(recipe.export, output_path="ours.onnx")

    stage.run(ExportRequest(recipe.source, recipe.inputs, export), PlainContext(tmp_path, tmp_path))

    assert content_of(tmp_path / recipe.export.output_path) == content_of(tmp_path / "ours.onnx")


def test_the_script_ends_with_status_1_where_the_artifact_is_silently_wrong(tmp_path: Path) -> None:
    recipe = demo_in(tmp_path, "batch_branch", exporter="trace")
    done = run_script(script_code(recipe), tmp_path)
    assert done.returncode == 1, done.stderr[-3000:]
    lines = done.stdout.splitlines()
    assert any(line.startswith("FAILED   batch = 3, seed 0: ") for line in lines)
    assert any(line.startswith("passed   batch = 1") for line in lines)
    assert lines[-1] == "1 of 3 cases failed"


@pytest.mark.parametrize(
    ("format_", "exporter", "path"), [("onnx", "trace", "net.onnx"), ("pt2", "export", "net.pt2")]
)
def test_nested_inputs_and_values_reach_the_model_by_the_script_too(
    format_: Any, exporter: str, path: str, tmp_path: Path
) -> None:
    (tmp_path / "net.py").write_text(CALLED, encoding="utf-8")
    export = ExportSpec(format=format_, exporter=exporter, dynamic=DYNAMIC, output_path=path)
    recipe = Recipe(
        source=ModelSource(file="net.py", name="Net"),
        inputs=INPUTS,
        export=export,
        parity=ParitySpec(sizes=(1, 3), seeds=(0, 1)),
    )
    done = run_script(script_code(recipe, FORWARD), tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "All 6 cases agree" in done.stdout


def test_a_compiled_model_keeps_its_own_signature_in_the_script(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(CALLED, encoding="utf-8")
    inputs = (
        InputSpec("first", (2, 4), argument="items[0]"),
        InputSpec("second", (2, 4), argument="items[1]"),
        InputSpec("gain", (), is_value=True, value=2.0, argument="gain"),
    )
    export = ExportSpec(format="torchscript", exporter="script", output_path="net.pt")
    recipe = Recipe(source=ModelSource(file="net.py", name="Lists"), inputs=inputs, export=export)
    done = run_script(script_code(recipe), tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "All 2 cases agree" in done.stdout


@pytest.mark.parametrize(
    "checkpoint",
    [
        CheckpointSpec("w.pt", key="ema.module", prefix="net.", dtype="float64"),
        CheckpointSpec("model.safetensors.index.json"),
        CheckpointSpec("pytorch_model.bin.index.json", strict=False),
        CheckpointSpec("w.pt", allowed_globals=("pkg.Config",)),
    ],
)
def test_every_kind_of_checkpoint_gives_python_that_parses(checkpoint: CheckpointSpec) -> None:
    source = ModelSource(file="net.py", name="Net", checkpoint=checkpoint)
    code = script_code(Recipe(source=source, inputs=(InputSpec("x", (1, 3)),)))
    ast.parse(code)
    if checkpoint.key:
        assert 'checkpoint["ema"]["module"]' in code
        assert 'removeprefix("net.")' in code
        assert "model.to(torch.float64)" in code


def test_a_dimension_is_tried_at_the_sizes_that_it_allows_only() -> None:
    dims = (DynamicDim("x", 0, "n", 2, 8, multiple_of=2),)
    recipe = Recipe(
        source=ModelSource(file="net.py", name="Net"),
        inputs=(InputSpec("x", (4, 3)),),
        export=ExportSpec(dynamic=dims),
        parity=ParitySpec(sizes=(1, 2, 3, 4, 6, 8, 10), seeds=(0,)),
    )
    code = script_code(recipe)
    assert 'cases = [({}, 0), ({"n": 2}, 0), ({"n": 6}, 0), ({"n": 8}, 0)]' in code
    assert '(sizes.get("n", 4), 3)' in code


FROM_FILES = """
import torch

class Net(torch.nn.Module):
    def forward(self, picture: torch.Tensor, scale: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        return picture.mean(dim=(2, 3)) * scale + bias
"""


def test_inputs_from_files_are_the_same_in_the_script_as_in_the_stages(tmp_path: Path) -> None:
    import numpy as np
    import torch
    from PIL import Image

    from modelpack_gui.stages.source.inputs import make_inputs

    (tmp_path / "net.py").write_text(FROM_FILES, encoding="utf-8")
    draw = np.random.default_rng(0)
    Image.fromarray(draw.integers(0, 255, (9, 7, 3), dtype=np.uint8)).save(tmp_path / "cat.png")
    np.savez(tmp_path / "scale.npz", scale=draw.normal(size=(1, 3)).astype(np.float32))
    torch.save({"deep": {"bias": torch.ones(2, 3)}}, tmp_path / "bias.pt")
    image = ImageSpec(size=(6, 8), mean=(0.5, 0.4, 0.3), std=(0.2, 0.2, 0.3))
    inputs = (
        InputSpec("picture", (2, 3, 6, 8), file="cat.png", image=image),
        InputSpec("scale", (2, 3), file="scale.npz"),
        InputSpec("bias", (2, 3), file="bias.pt", file_key="deep.bias"),
    )
    export = ExportSpec(
        exporter="trace",
        dynamic=tuple(DynamicDim(item.name, 0, "batch") for item in inputs),
        post_steps=("onnxruntime-offline", "onnxscript-optimizer"),
        output_path="net.onnx",
    )
    recipe = Recipe(
        source=ModelSource(file="net.py", name="Net"),
        inputs=inputs,
        export=export,
        parity=ParitySpec(sizes=(1, 3), seeds=(0,)),
    )
    code = script_code(recipe)
    keep = 'np.savez("seen.npz", *[tensor.numpy() for tensor in inputs])\n\noutput_path ='

    done = run_script(code.replace("output_path =", keep, 1), tmp_path)

    assert done.returncode == 0, done.stderr[-3000:]
    assert "All 3 cases agree" in done.stdout
    expected = make_inputs(inputs, context=PlainContext(tmp_path, tmp_path))
    with np.load(tmp_path / "seen.npz") as seen:
        for ours, theirs in zip(expected, seen.values(), strict=True):
            np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-6, atol=1e-6)


def test_an_artifact_in_half_precision_is_judged_by_the_tolerances_for_it() -> None:
    recipe = Recipe(source=ModelSource(file="net.py", name="Net"), inputs=(InputSpec("x", (2, 4)),))
    rtol, atol = ParitySpec().low_precision["float16"]
    halved = dataclasses.replace(recipe, export=ExportSpec(post_steps=("float16",), output_path="net.onnx"))
    plain = dataclasses.replace(recipe, export=ExportSpec(post_steps=("onnxslim",), output_path="net.onnx"))
    assert f"default_tolerances = ({rtol}, {atol})" in script_code(halved)
    assert "computes in float16" in script_code(halved)
    assert "default_tolerances = (0.001, 1e-05)" in script_code(plain)


def test_the_script_of_a_recipe_that_was_not_loaded_takes_a_usual_prefix_off(tmp_path: Path) -> None:
    import torch

    recipe = demo_in(tmp_path, "demo", exporter="trace")
    wrapped = {f"module.{key}": value for key, value in torch.load(DEMO / "shapes.pt", weights_only=True).items()}
    torch.save({"state_dict": wrapped, "epoch": 3}, tmp_path / "shapes.pt")

    done = run_script(script_code(recipe), tmp_path)

    assert done.returncode == 0, done.stderr[-3000:]
    assert "All 3 cases agree" in done.stdout
